/** A user's clock: do-not-disturb counts in the user's time zone, daylight-saving time included. */

/** `HH:MM` there, or `null` for a zone that this browser does not know. */
export function clock(millis: number, zone: string): string | null {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(millis);
  } catch {
    return null;
  }
}

/** Whether a daily window `HH:MM-HH:MM` covers a time of the day `HH:MM`. It may go over midnight. */
export function covers(window: string, time: string): boolean {
  const [start = "", end = ""] = window.split("-");
  if (start === end) {
    return false;
  }
  return start < end ? start <= time && time < end : time >= start || time < end;
}
