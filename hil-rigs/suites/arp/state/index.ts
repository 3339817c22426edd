/** The state machine. */
import type { Case } from "../../../contract/case.ts";
import { changing } from "./addresses.ts";
import { basic } from "./basic.ts";
import { matrix } from "./matrix.ts";
import { sending } from "./output.ts";
import { timed } from "./time.ts";

export const states: readonly Case[] = [...basic, ...sending, ...changing, ...timed, ...matrix];
