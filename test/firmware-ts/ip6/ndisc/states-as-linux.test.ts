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
  for (const [at, { state }] of CELLS.entries()) make(lab, hostOf(at), state);
  lab.run(20);
  for (const [at, { frame }] of CELLS.entries()) lab.say(frame(hostOf(at)));
  return CELLS.map((_, at) => {
    const entry = lab.entry(hostOf(at));
    return `${lab.shown(hostOf(at))}${entry && entry.flags & NeighFlags.ROUTER ? " router" : ""}`;
  });
}

function make(lab: Lab6, host: string, state: Cell["state"]): void {
  const key = lab.address(host);
  const name = (state === "delay" ? "stale" : state).toUpperCase() as keyof typeof Nud;
  const address = state === "incomplete" || state === "failed" ? null : Uint8Array.from(mac(T1));
  const request = { key: key.d, rest: key, device: lab.eth0, state: Nud[name], create: true, exclusive: false, replace: true };
  const { table } = lab.stack.neighbours(6);
  neighAdd(table, { ...request, address });
  if (state === "delay") neighAdd(table, { ...request, flags: NeighFlags.USE });
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
  const entries = CELLS.flatMap(({ state }, at) => {
    const lladdr = state === "incomplete" || state === "failed" ? "" : `lladdr ${T1} `;
    const made = `neigh replace ${hostOf(at)} ${lladdr}dev ${dev} nud ${state === "delay" ? "stale" : state}`;
    // An operator's DELAY is over with the next tick; that of an entry which was used is not.
    return state === "delay" ? [made, `neigh change ${hostOf(at)} dev ${dev} use`] : [made];
  });
  kernel.batch(entries);
  await kernel.answers(...CELLS.map(({ frame }, at) => frame(hostOf(at))));
  const shown = new Map(kernel.neighbours().map((line) => [line.split(" ")[0], line]));
  const expected = CELLS.map((_, at) => shown.get(hostOf(at))?.slice(hostOf(at).length + 1) ?? "-");
  const found = await ours();
  for (const [at, { what }] of CELLS.entries()) t.equal(found[at], expected[at], what);
});
