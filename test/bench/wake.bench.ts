/** Prints the bus work of a node that wakes for a datagram: wake.ts. */
import { missingForForeign } from "../foreign/linux-source.ts";
import { type BusWork, ETHERCARD_COSTS, linuxCosts, ownCosts, serprogBytes, serprogTime, spiTime, type WakeCosts } from "./wake.ts";

type Row = readonly [driver: string, costs: Partial<WakeCosts>];

const missing = missingForForeign();
const rows: Row[] = [["this one", await ownCosts()]];
if (missing === null) rows.push(["Linux 6.1", linuxCosts()]);
rows.push(["EtherCard", ETHERCARD_COSTS]);

const STEPS = ["wake", "send", "ask", "hear", "sleep"] as const;
console.log("| driver | wake | send 106 | ask, 60 | reply, 60 | sleep |\n|---|---|---|---|---|---|");
for (const [driver, costs] of rows) console.log(`| ${driver} | ${STEPS.map((step) => countsText(costs[step])).join(" | ")} |`);

console.log(
  "\n| from wake to sent | transactions | SPI bytes | at 10 MHz | at 20 MHz | serprog bytes | at 115,200 baud | at 2 Mbaud |",
);
console.log("|---|---|---|---|---|---|---|---|");
for (const [driver, { wake, send, ask, hear }] of rows) {
  if (!wake || !send || !ask || !hear) continue;
  console.log(timesRow(`${driver}, static entry`, sum(wake, send)));
  console.log(timesRow(`${driver}, asked first`, sum(wake, ask, hear, send)));
}
if (missing !== null) console.log(`\nLinux's driver was left out: needs ${missing}`);

function countsText(work: BusWork | undefined): string {
  return work ? `${work.transactions}/${work.bytes}${work.batches === null ? "" : ` in ${work.batches}`}` : "";
}

function sum(...parts: readonly BusWork[]): BusWork {
  const add = (of: (part: BusWork) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return { transactions: add((part) => part.transactions), bytes: add((part) => part.bytes), batches: null };
}

function timesRow(what: string, work: BusWork): string {
  const times = [spiTime(work, 10e6), spiTime(work, 20e6)].map((ms) => `${(ms * 1000).toFixed(0)} us`);
  const serial = [serprogTime(work, 115_200), serprogTime(work, 2e6)].map((ms) => `${ms.toFixed(2)} ms`);
  return `| ${what} | ${work.transactions} | ${work.bytes} | ${times.join(" | ")} | ${serprogBytes(work)} | ${serial.join(" | ")} |`;
}
