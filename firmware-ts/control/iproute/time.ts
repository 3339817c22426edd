/** Time stamps as iproute2 writes them, in the local time zone. */

interface Stamp {
  year: string;
  month: string;
  /** Jan … Dec, Sun … Sat. */
  monthName: string;
  weekday: string;
  day: string;
  clock: string;
}

const FORMAT: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function stampOf(wallTime: number): Stamp {
  const parts = new Intl.DateTimeFormat("en-US", FORMAT).formatToParts(wallTime);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  const month = part("month");
  return {
    year: part("year"),
    month,
    monthName: MONTHS[Number(month) - 1] ?? "",
    weekday: part("weekday"),
    day: part("day"),
    clock: `${part("hour")}:${part("minute")}:${part("second")}`,
  };
}

function microseconds(wallTime: number): number {
  return Math.trunc((wallTime % 1000) * 1000);
}

/** `22:06:05.000001`, the time of day. */
export function clockTime(wallTime: number): string {
  return `${stampOf(wallTime).clock}.${String(microseconds(wallTime)).padStart(6, "0")}`;
}

/** The text that -ts puts in front of a line. */
export function shortStamp(wallTime: number): string {
  return `[${isoStamp(wallTime)}] `;
}

/** The same for programs. */
export function isoStamp(wallTime: number): string {
  const { year, month, day } = stampOf(wallTime);
  return `${year}-${month}-${day}T${clockTime(wallTime)}`;
}

/** The line that -t puts before a line. */
export function longStamp(wallTime: number): string {
  const { year, monthName, weekday, day, clock } = stampOf(wallTime);
  return `Timestamp: ${weekday} ${monthName} ${String(Number(day)).padStart(2)} ${clock} ${year} ${microseconds(wallTime)} usec`;
}

/** `2026-11-22 22:06:05`. */
export function dateTime(wallTime: number): string {
  const { year, month, day, clock } = stampOf(wallTime);
  return `${year}-${month}-${day} ${clock}`;
}
