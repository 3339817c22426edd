/** Frames that are wrong. */
import type { Case } from "../../../contract/case.ts";
import { basic } from "./basic.ts";
import { fields } from "./fields.ts";
import { probes } from "./probes.ts";

export const validation: readonly Case[] = [...basic, ...fields, ...probes];
