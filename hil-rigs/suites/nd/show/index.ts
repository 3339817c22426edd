/** The operator: keys with their defaults, and the words of ip. */
import type { Case } from "../../../contract/case.ts";
import { defaults } from "./defaults.ts";
import { words } from "./words.ts";

export const showing: readonly Case[] = [...defaults, ...words];
