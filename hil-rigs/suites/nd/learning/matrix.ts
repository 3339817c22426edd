/**
 * The result of an advertisement of each kind for an entry in each state: RFC 4861 7.2.5 and appendix C, cell by cell as the kernel does
 * it. A cell: `-` no entry, `=` unchanged, `R` REACHABLE and `S` STALE with the frame's address, `r` and `s` with the address known;
 * `*` the change is told. Measured.
 */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertise, type NaFlags } from "../../../wire/build-nd.ts";
import { becomes, calm, make, STATES, type State, seenAs, told } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2 } = PLANS[6];

type Flags = Extract<NaFlags, "" | "S" | "O" | "SO">;
const FLAGS: readonly Flags[] = ["", "O", "S", "SO"];

/** The advertisement's link address: the entry's, another, or none. */
const LINKS = { same: T1.mac, other: T2.mac, none: null } as const;
type Link = keyof typeof LINKS;

const TABLE: Readonly<Record<Link, Readonly<Record<Flags, string>>>> = {
  //          none NONE INCO FAIL STAL DELA REAC PROB NOAR PERM
  same: {
    "": /**/ "-   S*   S*   =    =    =    =    =    =    =",
    O: /* */ "-   S*   S*   =    =    =    =    =    =    =",
    S: /* */ "-   R*   R*   =    R*   R*   =    R*   =    =",
    SO: /**/ "-   R*   R*   =    R*   R*   =    R*   =    =",
  },
  other: {
    "": /**/ "-   S*   S*   =    =    =    s*   =    =    =",
    O: /* */ "-   S*   S*   =    S*   S*   S*   S*   =    =",
    S: /* */ "-   R*   R*   =    =    =    s*   =    =    =",
    SO: /**/ "-   R*   R*   =    R*   R*   R*   R*   =    =",
  },
  none: {
    "": /**/ "-   =    =    =    =    =    =    =    =    =",
    O: /* */ "-   =    =    =    =    =    =    =    =    =",
    S: /* */ "-   =    =    =    r*   r*   =    r*   =    =",
    SO: /**/ "-   =    =    =    r*   r*   =    r*   =    =",
  },
};

const cells: readonly Case[] = (Object.keys(LINKS) as Link[]).flatMap((link) =>
  FLAGS.flatMap((flags) =>
    STATES.map((state, column): Case => {
      const cell = TABLE[link][flags].split(/ +/)[column] ?? "";
      return {
        id: `ND-A-30/${state}/${flags === "" ? "plain" : flags}-${link}`,
        title: `advertisement with flags "${flags}" and link address ${link}, entry ${state}: ${cell}`,
        source: "RFC 4861 7.2.5; v6LC.2.1.18-20; kernel, measured",
        run: (bench) => runCell(bench, { state, flags, link, cell }),
      };
    }),
  ),
);

interface Cell {
  state: State;
  flags: Flags;
  link: Link;
  cell: string;
}

async function runCell(bench: Bench, { state, flags, link, cell }: Cell): Promise<void> {
  calm(bench);
  await make(bench, state, T1);
  const results: Readonly<Record<string, string>> = {
    "-": "-",
    "=": seenAs(state, T1),
    R: `REACHABLE ${LINKS[link]}`,
    S: `STALE ${LINKS[link]}`,
    r: `REACHABLE ${T1.mac}`,
    s: `STALE ${T1.mac}`,
  };
  const want = results[cell.charAt(0)] ?? "";
  await bench.say(advertise({ lladdr: LINKS[link] }, flags));
  if (cell.startsWith("=") || cell === "-") await bench.sleep(5);
  await becomes(bench, T1.ip, want);
  bench.expect("what is told", told(bench, T1.ip), cell.endsWith("*") ? [`new ${want}`] : []);
  await bench.silence("nothing is sent", 5);
}

export const matrix: readonly Case[] = overIpv6(cells);
