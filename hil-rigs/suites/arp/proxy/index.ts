/** Proxy ARP. */
import type { Case } from "../../../contract/case.ts";
import { proxyArp } from "./proxy-arp.ts";

export const proxies: readonly Case[] = [...proxyArp];
