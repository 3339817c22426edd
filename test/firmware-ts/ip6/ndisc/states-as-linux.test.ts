/**
 * Advertisements and solicitations to an entry in every state: whether they carry the known link address, another one or none, and by their
 * flags. The kernel's entry and ours end in the same state, with the same address and the same router flag (RFC 4861 7.2.5, appendix C).
 */
import t from "tap";
import { neighAdd } from "../../../../firmware-ts/neigh/admin.ts";
import { NeighFlags } from "../../../../firmware-ts/neigh/flags.ts";
import { Nud } from "../../../../firmware-ts/neigh/states.ts";
import type { Lab6 } from "../../../support/lab6.ts";
import { missingForNetns } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { mac, T1 } from "../../../support/wire-format.ts";
import { na, ns, OUR_LL } from "../../../support/wire-format6.ts";
import { Kernel6, openLab } from "../exchange.ts";

const T2 = "02:00:00:00:00:77";
const STATES = ["reachable", "stale", "delay", "probe", "permanent", "noarp"] as const;
const NEVER_VALID = ["incomplete", "failed"] as const;
const LINKS = { same: T1, different: T2, none: null } as const;
const FLAGS = ["", "O", "S", "SO", "R", "SR", "RO", "RSO"];

interface Cell {
  readonly what: string;
  readonly state: (typeof STATES)[number] | (typeof NEVER_VALID)[number];
  readonly frame: (host: string) => Uint8Array;
}

const CELLS: readonly Cell[] = [...STATES, ...NEVER_VALID].flatMap((state) =>
  (Object.keys(LINKS) as (keyof typeof LINKS)[]).flatMap((link) => [
    ...FLAGS.map((flags) => ({
      what: `${state}: advertisement ${flags || "-"}, ${link} link address`,
      state,
      frame: (source: string): Uint8Array => na({ source, flags, link: LINKS[link] }),
    })),
    {
      what: `${state}: solicited advertisement to all nodes, ${link} link address`,
      state,
      frame: (source: string): Uint8Array => na({ source, destination: "ff02::1", link: LINKS[link] }),
    },
    {
      what: `${state}: solicitation to our group, ${link} link address`,
      state,
      frame: (source: string): Uint8Array => ns({ source, link: LINKS[link] }),
    },
    {
      what: `${state}: solicitation to us alone, ${link} link address`,
      state,
      frame: (source: string): Uint8Array => ns({ source, destination: OUR_LL, link: LINKS[link] }),
    },
  ]),
);

/** Each cell has a host of its own. */
const hostOf = (at: number): string => `fe80::${(0x1000 + at).toString(16)}`;

async function ours(): Promise<string[]> {
  const lab = await openLab({ known: false });
  // A timer of the entry would end the state that is asked for.
  return CELLS.map(({ state, frame }, at) => {
    make(lab, hostOf(at), state);
    lab.say(frame(hostOf(at)));
    const entry = lab.entry(hostOf(at));
    return `${lab.shown(hostOf(at))}${entry && entry.flags & NeighFlags.ROUTER ? " router" : ""}`;
  });
}

function make(lab: Lab6, host: string, state: Cell["state"]): void {
  const key = lab.address(host);
  const name = state.toUpperCase() as keyof typeof Nud;
  const address = state === "incomplete" || state === "failed" ? null : Uint8Array.from(mac(T1));
  const flags = { create: true, exclusive: false, replace: true };
  neighAdd(lab.stack.neighbours(6).table, { key: key.d, rest: key, device: lab.eth0, address, state: Nud[name], ...flags });
}

realTime(t, "every state, every message", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open({ known: false });
  t.teardown(() => kernel.close());
  const dev = kernel.veth.farName;
  // The entries are not to move by themselves while they are made and looked at.
  kernel.veth.far.run(
    "sysctl",
    "-qw",
    ...["delay_first_probe_time=100", "retrans_time_ms=100000", "base_reachable_time_ms=3600000"].map(
      (key) => `net.ipv6.neigh.${dev}.${key}`,
    ),
  );
  const expected: string[] = [];
  for (const [at, { state, frame }] of CELLS.entries()) {
    const host = hostOf(at);
    const lladdr = state === "incomplete" || state === "failed" ? [] : ["lladdr", T1];
    // A DELAY of the operator's is over within 30 ms, so that a packet of the host's own makes it.
    kernel.ip("-6", "neigh", "replace", host, ...lladdr, "dev", dev, "nud", state === "delay" ? "stale" : state);
    if (state === "delay") kernel.veth.far.run("bash", "-c", `echo > /dev/udp/${host}%${dev}/9`);
    await kernel.answers(frame(host));
    const shown = kernel.neighbours().find((line) => line.startsWith(`${host} `));
    expected.push(shown?.slice(host.length + 1) ?? "-");
    kernel.ip("-6", "neigh", "del", host, "dev", dev);
  }
  const found = await ours();
  for (const [at, { what }] of CELLS.entries()) t.equal(found[at], expected[at], what);
});
