/** Requests that the DUT receives. */
import type { Case } from "../../../contract/case.ts";
import { arpIgnore } from "./arp-ignore.ts";
import { basic } from "./basic.ts";
import { senders } from "./senders.ts";

export const answering: readonly Case[] = [...basic, ...arpIgnore, ...senders];
