/** `ip neigh show` and `flush` with words that select entries. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import { type Last, LINES, several, sorted } from "./several.ts";

/** Entries that the words select, in the order of addresses. */
const PICKED: readonly (readonly [words: string, numbers: readonly Last[]])[] = [
  ["neigh show", [20, 21, 22, 23, 26, 27]],
  ["neigh list", [20, 21, 22, 23, 26, 27]],
  ["-o neigh show", [20, 21, 22, 23, 26, 27]],
  ["-d neigh show", [20, 21, 22, 23, 26, 27]],
  ["-4 neigh show", [20, 21, 22, 23, 26, 27]],
  ["-6 neigh show", []],
  ["neigh show unused", [20, 22, 23, 26, 27]],
  ["neigh show unused nud stale", [20, 26, 27]],
  ["neigh show nud stale", [20, 26, 27]],
  ["neigh show nud none", [25, 26]],
  ["neigh show nud noarp", [24, 26]],
  ["neigh show nud all", [20, 21, 22, 23, 24, 25, 26, 27]],
  ["neigh show nud failed nud reachable", [21, 23, 26]],
  ["neigh show nud 0x80", [22, 26]],
  ["neigh show nud delay", [26]],
  ["neigh show proto bgp", [26]],
  ["neigh show protocol static", [27]],
  ["neigh show protocol 4", [27]],
  ["neigh show proto kernel", []],
  ["neigh show 10.0.0.22", [22]],
  ["neigh show to 10.0.0.22", [22]],
  ["neigh show to 10.0.0.20/30", [20, 21, 22, 23]],
  ["neigh show to 10.0.0.24/30 nud all", [24, 25, 26, 27]],
  ["neigh show to 10.0.0.99", []],
  ["neigh show nomaster", [20, 21, 22, 23, 26, 27]],
];

const picked: readonly Case[] = PICKED.map(([words, numbers]) => ({
  id: `ARP-X-07/${words.replaceAll(" ", "_")}`,
  title: `ip ${words}: ${numbers.length === 0 ? "nothing" : numbers.map((n) => `.${n}`).join(" ")}`,
  source: "iproute2, measured",
  needs: ["neigh-flags"],
  async run(bench) {
    await several(bench);
    const result = await bench.ip(words);
    bench.expect("exit and errors", [result.exit, result.stderr], [0, ""]);
    bench.expect(
      "shown",
      sorted(result.stdout),
      numbers.map((n) => LINES[n]),
    );
  },
}));

/** Entries that a flush removes, and its output. The list that two -s print is left out, because it is in the table's order. */
const FLUSHED: readonly (readonly [words: string, gone: readonly Last[], stdout: string])[] = [
  ["neigh flush dev e0", [20, 21, 23, 25, 26, 27], ""],
  [
    "-s neigh flush dev e0",
    [20, 21, 23, 25, 26, 27],
    "\n*** Round 1, deleting 6 entries ***\n*** Flush is complete after 1 round ***\n",
  ],
  [
    "-s neigh flush dev e0 nud stale",
    [20, 26, 27],
    "\n*** Round 1, deleting 3 entries ***\n*** Flush is complete after 1 round ***\n",
  ],
  ["-s neigh flush dev e0 nud delay", [26], "\n*** Round 1, deleting 1 entries ***\n*** Flush is complete after 1 round ***\n"],
  ["-s neigh flush to 10.0.0.20/31", [20, 21], "\n*** Round 1, deleting 2 entries ***\n*** Flush is complete after 1 round ***\n"],
  ["-s neigh flush 10.0.0.99", [], "Nothing to flush.\n"],
  ["neigh flush 10.0.0.22", [], ""],
  ["neigh flush 10.0.0.22 nud permanent", [22], ""],
  ["neigh flush all", [20, 21, 23, 25, 26, 27], ""],
  ["neigh flush dev e0 proto static", [27], ""],
  ["neigh flush dev e0 unused", [20, 23, 25, 26, 27], ""],
];

const flushed: readonly Case[] = FLUSHED.map(([words, gone, stdout]) => ({
  id: `ARP-X-08/${words.replaceAll(" ", "_")}`,
  title: `ip ${words} takes ${gone.length === 0 ? "nothing" : gone.map((n) => `.${n}`).join(" ")}`,
  source: "iproute2, measured",
  needs: ["neigh-flags"],
  shuffled: ["events"],
  async run(bench) {
    await several(bench);
    const before = bench.dut.neighbours().map(({ dst }) => dst);
    const result = await bench.ip(words);
    bench.expect("printed", [result.exit, result.stdout, result.stderr], [0, stdout, ""]);
    const after = bench.dut.neighbours().map(({ dst }) => dst);
    bench.expect(
      "gone",
      before.filter((dst) => !after.includes(dst)).sort(),
      gone.map((n) => `10.0.0.${n}`),
    );
  },
}));

export const selected: readonly Case[] = [...picked, ...flushed];
