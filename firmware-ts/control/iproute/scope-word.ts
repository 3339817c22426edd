/** A scope as `ip` reads one: its name, or a number in any base. */
import { scopeNumber } from "../methods/address-view.ts";
import { unsigned } from "./words.ts";

/** Undefined for what is none. */
export function readScope(word: string): number | undefined {
  const number = unsigned(word);
  return scopeNumber(Number.isNaN(number) ? word : String(number));
}
