/**
 * Where the younger rules of the architecture do not hold yet. Everything that is not listed is held to them: to hold a room to a
 * rule, take it off the list.
 */

export type Rule = "folder circles" | "head comments" | "plain comments" | "browser";

/** Rooms by rule: a folder with all below it, a folder's own files as `folder/.`, or one file. */
export type NotYet = Readonly<Record<Rule, readonly string[]>>;

export const NOT_YET: NotYet = {
  "folder circles": [],
  "head comments": [],
  "plain comments": [],
  browser: [],
};

/** Every rule everywhere. */
export const NOWHERE: NotYet = { "folder circles": [], "head comments": [], "plain comments": [], browser: [] };

/** A room, written as in {@link NotYet}, has this file. */
export function hasFile(room: string, file: string): boolean {
  if (room.endsWith("/.")) return file.slice(0, file.lastIndexOf("/")) === room.slice(0, -2);
  return file === room || file.startsWith(`${room}/`);
}

/** The rule is held to in this file. */
export function isHeld(notYet: NotYet, rule: Rule, file: string): boolean {
  return !notYet[rule].some((room) => hasFile(room, file));
}
