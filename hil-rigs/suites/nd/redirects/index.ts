/** Redirects. */
import type { Case } from "../../../contract/case.ts";
import { received } from "./received.ts";
import { sent } from "./sent.ts";

export const redirects: readonly Case[] = [...received, ...sent];
