/** Static entries. */
import type { Case } from "../../../contract/case.ts";
import { basic } from "./basic.ts";
import { lasting } from "./lasting.ts";

export const statics: readonly Case[] = [...basic, ...lasting];
