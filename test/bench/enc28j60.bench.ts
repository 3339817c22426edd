/** Prints what ENC28J60 drivers spend on their bus: this one as measured (enc28j60.ts), others as found elsewhere. */
import { type Cost, type Hanging, Meter } from "./enc28j60.ts";

/**
 * Transactions / SPI bytes for set-up, empty poll, RX 60, RX 1514, TX 60, TX 1514. Measured: the published source was compiled and
 * run against a chip that counts, in steady state. Counted: by eye, in the source. RX is everything from the poll or interrupt that
 * finds the frame until all is quiet again, TX includes its completion.
 */
const OTHERS: readonly (readonly string[])[] = [
  ["EtherCard (measured)", "59/120", "1/2", "12/88", "12/1542", "12/83", "12/1537"],
  ["UIPEthernet (measured)", "58/118", "1/2", "18/95", "18/1549", "16/91", "16/1545"],
  ["RIOT (measured)", "116/234", "6/12", "44/157", "44/1611", "39/137", "39/1591"],
  ["Linux (counted)", "~73/153", "interrupt", "17/102", "17/1556", "18/95", "18/1549"],
];

type Row = readonly [what: string, cost: Cost];

async function measure(hanging: Hanging): Promise<Row[]> {
  const meter = new Meter(hanging);
  const rows: Row[] = [["set-up", await meter.open()]];
  meter.receive(60);
  rows.push(["idle second, interrupt line", meter.idle(1000)]);
  for (const length of [60, 1514]) rows.push([`RX ${length}`, meter.receive(length)]);
  rows.push(["TX 60, first after a quiet second", meter.send(60)]);
  // This frame has another length than the next one, so that ETXND changes.
  meter.send(1514);
  for (const length of [60, 1514]) rows.push([`TX ${length}`, meter.send(length)], [`TX ${length} again`, meter.send(length)]);
  rows.push(["second after a sent frame", meter.idle(1200)]);
  rows.push(["RX 10 x 60 at once, first time", meter.receive(60, 10)], ["RX 10 x 60 at once, again", meter.receive(60, 10)]);
  await meter.close();
  return rows;
}

const rows = await measure("line");
const oneByOne = await measure("one by one");
const polled = new Meter("polled");
await polled.open();
// EPKTCNT is asked for in every ninth.
const polls = Array.from({ length: 9 }, () => polled.idle(5)).filter(({ transactions }) => transactions > 0);
const [empty] = polls.sort((a, b) => a.transactions - b.transactions) as [Cost];
rows.splice(1, 0, ["empty poll", empty], ["idle second, polled every 5 ms", polled.idle(1000)]);
await polled.close();

console.log("| operation | transactions | SPI bytes | bridge up | bridge down | round trips |\n|---|---|---|---|---|---|");
for (const [what, c] of rows) console.log(`| ${what} | ${c.transactions} | ${c.spi} | ${c.up} | ${c.down} | ${c.roundTrips} |`);

console.log("\n| operation | pipelined: round trips, ms | one operation at a time: round trips, ms |\n|---|---|---|");
for (const [what, { roundTrips, time }] of oneByOne) {
  if (what.startsWith("idle") || what.startsWith("second")) continue;
  const [, pipelined] = rows.find(([name]) => name === what) as Row;
  console.log(`| ${what} | ${pipelined.roundTrips}, ${pipelined.time.toFixed(1)} | ${roundTrips}, ${time.toFixed(1)} |`);
}

const own = ["set-up", "empty poll", "RX 60", "RX 1514", "TX 60", "TX 1514"].map((name) => {
  const [, cost] = rows.find(([what]) => what === name) as Row;
  return `${cost.transactions}/${cost.spi}`;
});
console.log("\n| driver | set-up | empty poll | RX 60 | RX 1514 | TX 60 | TX 1514 |\n|---|---|---|---|---|---|---|");
for (const row of [["this one (measured)", ...own], ...OTHERS]) console.log(`| ${row.join(" | ")} |`);
