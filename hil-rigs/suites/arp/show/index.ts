/** Output for the operator. */
import type { Case } from "../../../contract/case.ts";
import { forms } from "./forms.ts";
import { selected } from "./selection.ts";
import { words } from "./words.ts";

export const showing: readonly Case[] = [...words, ...selected, ...forms];
