/** Duplicate address detection. */
import type { Case } from "../../../contract/case.ts";
import { detection } from "./detection.ts";

export const duplicates: readonly Case[] = [...detection];
