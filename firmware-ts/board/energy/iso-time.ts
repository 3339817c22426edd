/** Times as ISO 8601 writes them, for what lies between two of them. */

const FORM = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d(?:[.,]\d{1,9})?)(?:Z|([+-])(\d\d):?(\d\d))?$/;
const MINUTE = 60;
const HOUR: number = 60 * MINUTE;
const DAY: number = 24 * HOUR;

/** Seconds since a moment that is the same for all of them; null for a text that is no time. */
export function isoSeconds(text: string): number | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number);
  const second = Number((match[6] ?? "").replace(",", "."));
  // A leap second is the 61st.
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second >= 61) return null;
  const offset = Number(match[8] ?? 0) * HOUR + Number(match[9] ?? 0) * MINUTE;
  const local = daysOf(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second;
  return match[7] === "-" ? local + offset : local - offset;
}

/** Days of the Gregorian calendar, whose years begin in March here: the leap day is the last of one. */
function daysOf(year: number, month: number, day: number): number {
  const months = (month + 9) % 12;
  const years = months >= 10 ? year - 1 : year;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return 365 * years + leapDays + Math.floor((months * 306 + 5) / 10) + day;
}
