/** Whether a name can be typed as it is read: letters, numbers, signs, and single blanks between them. */
export function typeable(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( [\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u.test(name);
}
