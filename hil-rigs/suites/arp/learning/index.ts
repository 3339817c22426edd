/** How hosts are learned. */
import type { Case } from "../../../contract/case.ts";
import { arpAccept } from "./arp-accept.ts";
import { basic } from "./basic.ts";

export const learning: readonly Case[] = [...basic, ...arpAccept];
