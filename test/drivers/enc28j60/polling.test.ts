/** Without an interrupt line: how long after a poll the next one comes, and when packets are counted though no flag tells of them. */
import t from "tap";
import { Bench, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";

const EIR = 0x1c;
const EPKTCNT = 0x19;

/** The times at which the driver reads a register of bank 0 or of all banks. */
function readsOf(bench: Bench, register: number): number[] {
  const times: number[] = [];
  const exchange = bench.faults.exchange.bind(bench.faults);
  bench.faults.exchange = (write, writeAt, writeLength, read, readAt, readLength) => {
    if (write[writeAt] === register && readLength === 1) times.push(bench.clock.now());
    exchange(write, writeAt, writeLength, read, readAt, readLength);
  };
  return times;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => Math.round((time - times[at]!) * 100) / 100);
}

t.test("idle: a poll every pollInterval", async (t) => {
  for (const pollInterval of [5, 20]) {
    const bench = new Bench({ interrupt: false, driver: { pollInterval } });
    await bench.open();
    const times = readsOf(bench, EIR);
    bench.clock.advanceSync(10 * pollInterval);
    const [first = 0, ...others] = gaps(times);
    t.ok(times.length >= 9 && times.length <= 11, `${times.length} polls`);
    t.ok(first <= pollInterval && others.every((gap) => gap === pollInterval), `${gaps(times)}`);
    await bench.close();
  }
});

t.test("after a poll that found frames the next comes a millisecond later", async (t) => {
  const bench = new Bench({ interrupt: false, driver: { pollInterval: 50 } });
  await bench.open();
  const times = readsOf(bench, EIR);
  bench.deliver(frameOf(60));
  bench.clock.advanceSync(60);
  t.equal(bench.host.received, 1);
  t.ok(gaps(times).includes(1), `${gaps(times)}`);
  await bench.close();
});

t.test("a frame that was sent is looked for when it has left, not a poll later", async (t) => {
  const bench = new Bench({ interrupt: false, driver: { pollInterval: 50 } });
  await bench.open();
  bench.host.send(frameOf(1514, 0, PEER, STATION));
  bench.clock.advanceSync(3);
  t.same(bench.host.settlements.length, 1);
  t.equal(bench.driver.statistics.txPackets, 1);
  await bench.close();
});

t.test("packets are counted at every eighth poll that found nothing", async (t) => {
  const bench = new Bench({ interrupt: false, driver: { pollInterval: 5 } });
  await bench.open();
  const [polls, counts] = [readsOf(bench, EIR), readsOf(bench, EPKTCNT)];
  bench.clock.advanceSync(400);
  t.ok(Math.abs(polls.length / counts.length - 8) < 1, `${polls.length} polls, ${counts.length} counts`);
  t.ok(
    gaps(counts).every((gap) => gap === 40),
    `${gaps(counts)}`,
  );
  await bench.close();
});
