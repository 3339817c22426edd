/** Requests that the DUT sends. */
import type { Case } from "../../../contract/case.ts";
import { arpAnnounce } from "./arp-announce.ts";
import { basic } from "./basic.ts";
import { soliciting } from "./solicit.ts";

export const asking: readonly Case[] = [...basic, ...soliciting, ...arpAnnounce];
