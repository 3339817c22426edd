/**
 * The result of each kind of ARP frame for an entry in each state: kernel 6.18, measured cell by cell. A cell: `-` no entry, `=`
 * unchanged, `R` REACHABLE and `S` STALE with the frame's address; `*` the change is told.
 */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { T1 } from "../../../wire/hosts.ts";
import { isForUs, moved, SPEAK, WORDS, type Word } from "../kit/frames.ts";
import { becomes, calm, make, STATES, type State, seenAs, told } from "../kit/setup.ts";

type Table = Readonly<Record<Word, string>>;

/** The frame has the entry's own address; locktime is of no matter. */
const SAME: Table = {
  //                    none NONE INCO FAIL STAL DELA REAC PROB NOAR PERM
  reply: /*          */ "-   R*   R*   R*   R*   R*   =    R*   =    =",
  "reply-foreign": /**/ "-   R*   R*   R*   R*   R*   =    R*   =    =",
  "reply-broadcast": /**/ "- S*   S*   S*   =    =    =    =    =    =",
  "reply-self": /*   */ "-   S*   S*   S*   =    =    =    =    =    =",
  "request-other": /**/ "-   S*   S*   S*   =    =    =    =    =    =",
  "garp-request": /* */ "-   S*   S*   S*   =    =    =    =    =    =",
  "garp-reply": /*   */ "-   S*   S*   S*   =    =    =    =    =    =",
  "garp-reply-unicast": "-   R*   R*   R*   R*   R*   =    R*   =    =",
  request: /*        */ "S*  S*   S*   S*   =    =    =    =    =    =",
  "request-unicast": /**/ "S* S*  S*   S*   =    =    =    =    =    =",
};

/** It has another address, and the entry changed less than locktime ago. */
const OTHER: Table = {
  reply: /*          */ "-   R*   R*   R*   =    =    =    =    =    =",
  "reply-foreign": /**/ "-   R*   R*   R*   =    =    =    =    =    =",
  "reply-broadcast": /**/ "- S*   S*   S*   =    =    =    =    =    =",
  "reply-self": /*   */ "-   S*   S*   S*   =    =    =    =    =    =",
  "request-other": /**/ "-   S*   S*   S*   =    =    =    =    =    =",
  "garp-request": /* */ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "garp-reply": /*   */ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "garp-reply-unicast": "-   R*   R*   R*   R*   R*   R*   R*   =    =",
  request: /*        */ "S*  S*   S*   S*   S*   S*   S*   S*   =    =",
  "request-unicast": /**/ "S* S*  S*   S*   S*   S*   S*   S*   =    =",
};

/** It has another address, and locktime is over. */
const LATE: Table = {
  reply: /*          */ "-   R*   R*   R*   R*   R*   R*   R*   =    =",
  "reply-foreign": /**/ "-   R*   R*   R*   R*   R*   R*   R*   =    =",
  "reply-broadcast": /**/ "- S*   S*   S*   S*   S*   S*   S*   =    =",
  "reply-self": /*   */ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "request-other": /**/ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "garp-request": /* */ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "garp-reply": /*   */ "-   S*   S*   S*   S*   S*   S*   S*   =    =",
  "garp-reply-unicast": "-   R*   R*   R*   R*   R*   R*   R*   =    =",
  request: /*        */ "S*  S*   S*   S*   S*   S*   S*   S*   =    =",
  "request-unicast": /**/ "S* S*  S*   S*   S*   S*   S*   S*   =    =",
};

/** 1/100 s: over in a moment, or not before the case ends. */
const LOCK = { short: 1, long: 30_000 };

const MATRIX: readonly (readonly [name: string, title: string, table: Table])[] = [
  ["same", "with the address known", SAME],
  ["other", "with another address, within locktime", OTHER],
  ["other-late", "with another address, after locktime", LATE],
];

export const matrix: readonly Case[] = MATRIX.flatMap(([name, title, table]) =>
  WORDS.flatMap((word) =>
    STATES.map((state, column): Case => {
      const cell = table[word].split(/ +/)[column] ?? "";
      return {
        id: `ARP-U-56/${state}/${word}-${name}`,
        title: `${word} ${title}, entry ${state}: ${cell}`,
        source: "kernel: arp_process and neigh_update, measured",
        run: (bench) => runCell(bench, { state, word, cell, other: name !== "same", late: name === "other-late" }),
      };
    }),
  ),
);

interface Cell {
  state: State;
  word: Word;
  cell: string;
  other: boolean;
  late: boolean;
}

async function runCell(bench: Bench, { state, word, cell, other, late }: Cell): Promise<void> {
  calm(bench);
  bench.param("locktime", late ? LOCK.short : LOCK.long);
  await make(bench, state);
  // Over for the short locktime; and some time for the long one, within which nothing may pass for it.
  if (other) await bench.sleep(40);
  const from = other ? moved(T1) : T1;
  const results: Readonly<Record<string, string>> = {
    "-": "-",
    "=": seenAs(state),
    R: `REACHABLE ${from.mac}`,
    S: `STALE ${from.mac}`,
  };
  const want = results[cell.charAt(0)] ?? "";
  await bench.say(SPEAK[word](from));
  if (isForUs(word)) await bench.hears("is answered", { kind: "arp", op: 2, dst: from.mac, tpa: from.ip });
  await becomes(bench, T1.ip, want);
  bench.expect("what is told", told(bench), cell.endsWith("*") ? [`new ${want}`] : []);
  await bench.silence("nothing else is sent", 5);
}
