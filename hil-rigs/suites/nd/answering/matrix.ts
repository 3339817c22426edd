/**
 * The result of a solicitation of each kind for the asker's entry in each state. A cell: `=` unchanged, `D` DELAY with the frame's
 * address (the answer uses the entry, so that it does not stay STALE), `d` DELAY with the address known, `I` INCOMPLETE, `-` no entry.
 * Behind it: `!` answered at once, `?` asked for first, `.` nothing is sent. Measured.
 */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { type Host, PLANS } from "../../../contract/plan.ts";
import { solicit, solicitAlone } from "../../../wire/build-nd.ts";
import { becomes, calm, make, STATES, type State, seenAs } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2 } = PLANS[6];

type Word = "group" | "alone" | "group-moved" | "alone-moved" | "group-bare" | "alone-bare";

const SPEAK: Readonly<Record<Word, Uint8Array>> = {
  group: solicit(),
  alone: solicitAlone(),
  /** With another link address than the entry's. */
  "group-moved": solicit({ lladdr: T2.mac }),
  "alone-moved": solicitAlone({ lladdr: T2.mac }),
  /** Without a link address. */
  "group-bare": solicit({ lladdr: null }),
  "alone-bare": solicitAlone({ lladdr: null }),
};

const TABLE: Readonly<Record<Word, string>> = {
  //                none NONE INCO FAIL STAL DELA REAC PROB NOAR PERM
  group: /*      */ "D!  D!   D!   D!   d!   =!   =!   =!   =!   =!",
  alone: /*      */ "D!  D!   D!   D!   d!   =!   =!   =!   =!   =!",
  "group-moved": /**/ "D! D!  D!   D!   D!   D!   D!   D!   =!   =!",
  "alone-moved": /**/ "D! D!  D!   D!   D!   D!   D!   D!   =!   =!",
  "group-bare": /**/ "-. I?   =.   I?   d!   =!   =!   =!   =!   =!",
  "alone-bare": /**/ "I? I?   =.   I?   d!   =!   =!   =!   =!   =!",
};

const cells: readonly Case[] = (Object.keys(SPEAK) as Word[]).flatMap((word) =>
  STATES.map((state, column): Case => {
    const cell = TABLE[word].split(/ +/)[column] ?? "";
    return {
      id: `ND-N-30/${state}/${word}`,
      title: `solicitation ${word}, entry ${state}: ${cell}`,
      source: "RFC 4861 7.2.3; kernel: ndisc_recv_ns, measured",
      run: (bench) => runCell(bench, state, word, cell),
    };
  }),
);

async function runCell(bench: Bench, state: State, word: Word, cell: string): Promise<void> {
  calm(bench);
  await make(bench, state, T1);
  const from: Host = word.endsWith("moved") ? T2 : T1;
  const results: Readonly<Record<string, string>> = {
    "-": "-",
    "=": seenAs(state, T1),
    D: `DELAY ${from.mac}`,
    d: `DELAY ${T1.mac}`,
    I: "INCOMPLETE",
  };
  const want = results[cell.charAt(0)] ?? "";
  await bench.say(SPEAK[word]);
  if (cell.endsWith("!"))
    await bench.hears("is answered", { kind: "nd", message: "na", destination: T1.ip, dst: want.split(" ")[1] ?? "" });
  if (cell.endsWith("?")) await bench.hears("is asked for", { kind: "nd", message: "ns", target: T1.ip });
  await becomes(bench, T1.ip, want);
  await bench.silence("nothing else is sent", 5);
}

export const matrix: readonly Case[] = overIpv6(cells);
