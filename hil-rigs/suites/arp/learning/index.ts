/** Hosts that the DUT learns. */
import type { Case } from "../../../contract/case.ts";
import { arpAccept } from "./arp-accept.ts";
import { basic } from "./basic.ts";

export const learning: readonly Case[] = [...basic, ...arpAccept];
