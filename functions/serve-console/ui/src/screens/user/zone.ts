/** A user's clock: do-not-disturb counts in the user's time zone, daylight-saving time included. */

/** `HH:MM` there, or `null` for a zone that this browser does not know. */
export function clock(millis: number, zone: string): string | null {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(millis);
  } catch {
    return null;
  }
}

/** What the API shows of a user without a daily window. */
const OFF = ["", "00:00-00:00"];

/** Whether there is a daily window. */
export function isSet(window: string): boolean {
  return !OFF.includes(window);
}

/** Whether a daily window leaves no minute out: its ends are equal. */
export function isWholeDay(window: string): boolean {
  const [start, end] = window.split("-");
  return isSet(window) && start === end;
}

/** Whether a daily window `HH:MM-HH:MM` covers a time of the day `HH:MM`. It may go over midnight. */
export function covers(window: string, time: string): boolean {
  const [start = "", end = ""] = window.split("-");
  if (!isSet(window) || isWholeDay(window)) {
    return isSet(window);
  }
  return start < end ? start <= time && time < end : time >= start || time < end;
}
