/** Colours of `ip -c`, by what a value is. */

/** The kinds of value that have a colour: names of devices, link addresses, addresses of each family, and states of a device. */
export type Painted = "ifname" | "mac" | "inet" | "inet6" | "up" | "down";

/** Gives a text the colour of what it is. */
export type Paint = (what: Painted, text: string) => string;

/** Colours by their number in ECMA-48's SGR. */
const COLORS: Readonly<Record<Painted, number>> = { down: 31, up: 32, mac: 33, inet6: 34, inet: 35, ifname: 36 };

/** Without colours. */
export const PLAIN: Paint = (_what, text) => text;

/** In colours; those for a dark background are bright. */
export function colorsOn(dark: boolean): Paint {
  return (what, text) => `\x1b[${dark ? "1;" : ""}${COLORS[what]}m${text}\x1b[0m`;
}

/** A terminal says in COLORFGBG what its colours are: the last number is that of the background, of which 0 to 6 and 8 are dark. */
export function isDark(colorfgbg: string | undefined): boolean {
  return /;[0-68]$/.test(colorfgbg ?? "");
}

/** The colour of a device's state; states between have none. */
export function paintState(paint: Paint, operstate: string, text: string): string {
  if (operstate === "UP") return paint("up", text);
  return operstate === "DOWN" ? paint("down", text) : text;
}
