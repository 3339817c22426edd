/** Requests with one thing wrong each: dropped without an answer and without an entry. */
import type { Case } from "../../../contract/case.ts";
import { type ArpFields, arpRequest } from "../../../wire/build.ts";
import { T1 } from "../../../wire/hosts.ts";

/** Requests for us with one thing wrong each: dropped without an answer and without an entry. */
const INVALID: readonly (readonly [id: string, what: string, source: string, fields: ArpFields])[] = [
  ["ARP-V-01", "hardware type 0", "IWL 003", { htype: 0 }],
  ["ARP-V-03", "hardware type 65535", "IWL 003", { htype: 65_535 }],
  ["ARP-V-05", "protocol type of IPv6", "IWL 005", { ptype: 0x86dd }],
  ["ARP-V-08/0", "hardware length 0", "TC8 ARP_24", { hlen: 0 }],
  ["ARP-V-08/8", "hardware length 8", "TC8 ARP_24", { hlen: 8 }],
  ["ARP-V-10", "protocol length 16", "IWL 012", { plen: 16 }],
  ["ARP-V-12/0", "operation 0", "IWL 015", { op: 0 }],
  ["ARP-V-13", "operation 3, of RARP", "RFC 903", { op: 3 }],
  ["ARP-V-20/41", "its last byte missing", "EDSA-402", { cut: 41 }],
];

export const basic: readonly Case[] = INVALID.map(([id, what, source, fields]) => ({
  id,
  title: `a request with ${what} is dropped`,
  source,
  async run(bench) {
    await bench.say(arpRequest({ from: T1, ...fields }));
    await bench.silence("no answer");
    await bench.expectState(T1.ip, "-");
  },
}));
