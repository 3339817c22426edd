/** Proxy neighbour discovery. */
import type { Case } from "../../../contract/case.ts";
import { proxies } from "./proxy-ndp.ts";

export const proxying: readonly Case[] = [...proxies];
