/** Limits of the bus work of a node that wakes for one datagram, and Linux's driver at the same work. The figures: test/bench/wake.bench.ts. */
import t from "tap";
import { type BusWork, DATAGRAM, linuxCosts, ownCosts, serprogBytes, serprogTime, spiTime } from "../../bench/wake.ts";
import { missingForForeign } from "../../foreign/linux-source.ts";

/** Bytes of commands around a frame that is sent, and around one that is received, its check sequence among them. */
const AROUND_SENT = 20;
const AROUND_RECEIVED = 28;
const ARP_FRAME = 60;

function within(work: BusWork, transactions: number, bytes: number): boolean {
  return work.transactions <= transactions && work.bytes <= bytes;
}

t.test("from power save to a datagram sent: at most 50 transactions, 0.2 ms of a 10 MHz bus", async (t) => {
  const { wake, send, ask, hear, sleep } = await ownCosts();
  t.ok(within(wake, 40, 85), `wake: ${JSON.stringify(wake)}`);
  t.ok(within(send, 10, DATAGRAM + AROUND_SENT), `send: ${JSON.stringify(send)}`);
  t.ok(within(ask, 8, ARP_FRAME + AROUND_SENT), `ask: ${JSON.stringify(ask)}`);
  t.ok(within(hear, 9, ARP_FRAME + AROUND_RECEIVED), `hear: ${JSON.stringify(hear)}`);
  t.ok(within(sleep, 10, 20), `sleep: ${JSON.stringify(sleep)}`);
  t.ok(spiTime(wake, 10e6) + spiTime(send, 10e6) <= 0.2);
});

const missing = missingForForeign();

t.test("Linux's driver at the same work has more of it", missing === null ? {} : { skip: `needs ${missing}` }, async (t) => {
  const own = await ownCosts();
  const linux = linuxCosts();
  for (const step of ["wake", "send", "ask", "hear"] as const) {
    t.ok(
      own[step].transactions < linux[step].transactions,
      `${step}: ${own[step].transactions}, Linux ${linux[step].transactions}`,
    );
    t.ok(own[step].bytes < linux[step].bytes, `${step}: ${own[step].bytes} bytes, Linux ${linux[step].bytes}`);
  }
});

t.test("bytes and times by hand: 36 transactions of 183 bytes are 471 over serprog, 40.9 ms at 115,200 baud", async (t) => {
  const work: BusWork = { transactions: 36, bytes: 183, batches: null };
  t.equal(serprogBytes(work), 471);
  t.equal(serprogTime(work, 115_200).toFixed(3), "40.885");
  t.equal(spiTime(work, 10e6), 0.1464);
});
