/** Advertisements received. */
import type { Case } from "../../../contract/case.ts";
import { drops } from "./dropped.ts";
import { matrix } from "./matrix.ts";
import { routerFlag } from "./router-flag.ts";
import { untracked } from "./untracked.ts";

export const learning: readonly Case[] = [...drops, ...matrix, ...routerFlag, ...untracked];
