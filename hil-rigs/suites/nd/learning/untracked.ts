/** accept_untracked_na: an advertisement of an unknown host makes an entry, on one that forwards (RFC 9131). */
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertise, advertiseAll, type NaFlags } from "../../../wire/build-nd.ts";
import { becomes, calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1 } = PLANS[6];
const STRANGER = { ip: "2001:db8::7", mac: T1.mac };

interface Row {
  drop: 0 | 1;
  accept: 0 | 1 | 2;
  forwarding: 0 | 1;
  /** Its state afterwards. */
  state: "STALE" | "-";
}

/** The eight combinations of the kernel's own test ndisc_unsolicited_na, and value 2. */
const ROWS: readonly Row[] = [
  { drop: 0, accept: 0, forwarding: 0, state: "-" },
  { drop: 0, accept: 0, forwarding: 1, state: "-" },
  { drop: 0, accept: 1, forwarding: 0, state: "-" },
  { drop: 0, accept: 1, forwarding: 1, state: "STALE" },
  { drop: 1, accept: 0, forwarding: 0, state: "-" },
  { drop: 1, accept: 0, forwarding: 1, state: "-" },
  { drop: 1, accept: 1, forwarding: 0, state: "-" },
  { drop: 1, accept: 1, forwarding: 1, state: "-" },
  { drop: 0, accept: 2, forwarding: 1, state: "STALE" },
  { drop: 0, accept: 2, forwarding: 0, state: "-" },
];

const rows: readonly Case[] = ROWS.map(({ drop, accept, forwarding, state }) => ({
  id: `ND-A-50/drop-${drop}-accept-${accept}-forwarding-${forwarding}`,
  title: `an unsolicited advertisement of an unknown host with drop_unsolicited_na ${drop}, accept_untracked_na ${accept}, forwarding ${forwarding}: ${state}`,
  source: "RFC 9131; kernel: ndisc_unsolicited_na, measured",
  needs: ["forwarding"],
  async run(bench) {
    calm(bench);
    bench.conf("drop_unsolicited_na", drop);
    bench.conf("accept_untracked_na", accept);
    bench.conf("forwarding", forwarding);
    await bench.settle();
    await bench.say(advertiseAll());
    await bench.sleep(10);
    await becomes(bench, T1.ip, state === "-" ? "-" : `${state} ${T1.mac}`);
    await bench.silence("nothing is sent", 5);
  },
}));

/** Other things that make a difference, with accept_untracked_na and forwarding on. */
const KINDS: readonly (readonly [
  id: string,
  what: string,
  accept: 1 | 2,
  flags: NaFlags,
  known: boolean,
  link: boolean,
  learned: boolean,
])[] = [
  ["solicited", "S: stale all the same", 1, "SO", true, true, true],
  ["plain", "no flag", 1, "", true, true, true],
  ["no-link", "no link address", 1, "O", true, false, false],
  ["stranger-1", "a sender of no prefix of ours, with value 1", 1, "O", false, true, true],
  ["stranger-2", "a sender of no prefix of ours, with value 2", 2, "O", false, true, false],
];

const kinds: readonly Case[] = KINDS.map(([id, what, accept, flags, known, link, learned]) => ({
  id: `ND-A-51/${id}`,
  title: `an advertisement of an unknown host with ${what}: ${learned ? "learned" : "not learned"}`,
  source: "RFC 9131; kernel: accept_untracked_na, measured",
  needs: ["forwarding"],
  async run(bench) {
    calm(bench);
    bench.conf("accept_untracked_na", accept);
    bench.conf("forwarding", 1);
    await bench.settle();
    const from = known ? T1 : STRANGER;
    await bench.say(advertise(link ? { from } : { from, lladdr: null }, flags));
    await bench.sleep(10);
    await becomes(bench, from.ip, learned ? `STALE ${T1.mac}` : "-");
  },
}));

export const untracked: readonly Case[] = overIpv6([...rows, ...kinds]);
