/** Entries by hand: `ip neigh` adds, changes, deletes, flushes and refuses them. */
import type { Case } from "../../../contract/case.ts";
import { byHand } from "./by-hand.ts";
import { changes } from "./changes.ts";
import { flagged } from "./flags.ts";
import { managed } from "./managed.ts";
import { refusals } from "./refused.ts";

export const administration: readonly Case[] = [...refusals, ...changes, ...byHand, ...flagged, ...managed];
