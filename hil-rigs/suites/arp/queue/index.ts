/** Datagrams that wait for an address. */
import type { Case } from "../../../contract/case.ts";
import { bytes } from "./bytes.ts";
import { order } from "./order.ts";
import { traffic } from "./traffic.ts";

export const queue: readonly Case[] = [...order, ...bytes, ...traffic];
