/** Locktime. */
import type { Case } from "../../../contract/case.ts";
import { updates } from "./locktime.ts";

export const locktime: readonly Case[] = [...updates];
