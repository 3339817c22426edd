/** Solicitations sent. */
import type { Case } from "../../../contract/case.ts";
import { questions } from "./questions.ts";

export const asking: readonly Case[] = [...questions];
