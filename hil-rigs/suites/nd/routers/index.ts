/** Routers: advertisements, their entries, prefixes, solicitations, the choice among them. */
import type { Case } from "../../../contract/case.ts";
import { advertisements } from "./advertisements.ts";
import { choices } from "./choice.ts";
import { entries } from "./entries.ts";
import { prefixes } from "./prefixes.ts";

export const routers: readonly Case[] = [...advertisements, ...entries, ...prefixes, ...choices];
