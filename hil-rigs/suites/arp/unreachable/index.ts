/** Hosts that do not answer. */
import type { Case } from "../../../contract/case.ts";
import { errors } from "./errors.ts";
import { forwarding } from "./forwarding.ts";

export const unreachable: readonly Case[] = [...errors, ...forwarding];
