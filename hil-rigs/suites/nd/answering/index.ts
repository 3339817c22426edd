/** Solicitations received. */
import type { Case } from "../../../contract/case.ts";
import { answers } from "./answers.ts";
import { drops } from "./dropped.ts";
import { matrix } from "./matrix.ts";

export const answering: readonly Case[] = [...answers, ...drops, ...matrix];
