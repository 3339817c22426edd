/** Settings. */
import type { Case } from "../../../contract/case.ts";
import { edges } from "./edges.ts";
import { values } from "./values.ts";

export const parameters: readonly Case[] = [...values, ...edges];
