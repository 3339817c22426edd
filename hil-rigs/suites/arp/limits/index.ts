/** A full table. */
import type { Case } from "../../../contract/case.ts";
import { attacks } from "./attack.ts";
import { thresholds } from "./thresholds.ts";

export const limits: readonly Case[] = [...thresholds, ...attacks];
