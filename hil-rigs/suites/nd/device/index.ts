/** The device below the entries. */
import type { Case } from "../../../contract/case.ts";
import { changes } from "./changes.ts";

export const device: readonly Case[] = [...changes];
