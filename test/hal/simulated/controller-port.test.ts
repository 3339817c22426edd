/** A controller plugged into a simulated wire: frames both ways, link, budget, failures. */
import t from "tap";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { type ControllerHost, type EthernetController, LinkStatistics, MIN_FRAME, POLL_PENDING } from "../../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../../hal/kit/capabilities.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { ControllerPort, type ControllerPortOptions } from "../../../hal/simulated/controller-port.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Checksum, type SkBuff } from "../../../hal/skbuff.ts";
import { FakeHost } from "../../support/controller-host.ts";

/** A controller that does what the test tells it to. */
class Puppet implements EthernetController {
  readonly driver = "puppet";
  readonly description = "puppet";
  readonly simulated = true;
  readonly address = new Uint8Array(6);
  readonly capabilities = SOFTWARE_CAPABILITIES;
  readonly statistics = new LinkStatistics();
  host: ControllerHost | null = null;
  busy = false;
  /** Polls wait for finish() if set. */
  slow = false;
  sent: Uint8Array[] = [];
  inbox: Uint8Array[] = [];
  partial = false;
  polls: number[] = [];
  refuse: Error | null = null;
  promiscuous = false;

  async open(host: ControllerHost): Promise<void> {
    if (this.refuse) throw this.refuse;
    this.host = host;
  }

  async close(): Promise<void> {
    this.host = null;
  }

  transmit(skb: SkBuff): boolean {
    if (this.busy) return false;
    this.sent.push(skb.contents().slice());
    skb.consume();
    return true;
  }

  poll(budget: number): number {
    const work = this.#work(budget);
    this.polls.push(work);
    if (this.slow) return POLL_PENDING;
    return work;
  }

  finish(): void {
    this.slow = false;
    this.host?.polled(this.polls.at(-1) as number);
  }

  setReceiveMode(mode: { promiscuous: boolean; allMulticast: boolean }): void {
    this.promiscuous = mode.promiscuous && mode.allMulticast;
  }

  #work(budget: number): number {
    const host = this.host as ControllerHost;
    let work = 0;
    for (; work < budget && this.inbox.length > 0; work++) {
      const skb = host.pool.allocate() as SkBuff;
      const bytes = this.inbox.shift() as Uint8Array;
      skb.bytes.set(bytes, skb.put(bytes.length));
      if (this.partial) {
        skb.checksum = Checksum.PARTIAL;
        skb.csumStart = skb.data + 14;
        skb.csumOffset = 0;
      }
      host.receive(skb);
    }
    if (work < budget) host.complete(work);
    return work;
  }
}

class Bench {
  readonly clock = new VirtualClock();
  readonly segment = new EthernetSegment(this.clock, new SeededRandom(1));
  readonly puppet = new Puppet();
  readonly port: ControllerPort;
  readonly nic: WireNic;
  readonly host: FakeHost;

  constructor(options: ControllerPortOptions = {}) {
    this.nic = new WireNic(this.clock, this.segment, "nic", Uint8Array.of(2, 0, 0, 0, 0, 1));
    this.port = new ControllerPort(this.clock, this.segment, "port", this.puppet, options);
    this.host = new FakeHost(this.clock);
  }

  async open(): Promise<void> {
    await this.host.open(this.nic);
    this.nic.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    await this.port.open();
    this.puppet.host?.carrier(true);
  }

  /** From the wire towards the controller. */
  send(number: number, length = MIN_FRAME): void {
    this.nic.transmit(this.host.packet(new Uint8Array(length).fill(number)));
  }
}

t.test("frames pass from wire to controller and back", async (t) => {
  const bench = new Bench();
  await bench.open();
  t.equal(bench.puppet.promiscuous, true, "stations on the wire have addresses of their own");
  for (const length of [60, 256, 257, 1514]) bench.send(length & 0xff, length);
  bench.clock.advanceSync(1);
  t.strictSame(
    bench.puppet.sent.map((bytes) => [bytes[0], bytes.length]),
    [
      [60, 60],
      [0, 256],
      [1, 257],
      [1514 & 0xff, 1514],
    ],
  );
  bench.puppet.inbox.push(new Uint8Array(42).fill(9), new Uint8Array(1514).fill(8));
  bench.puppet.host?.schedule();
  bench.clock.advanceSync(1);
  t.strictSame(bench.host.frames, [new Uint8Array(60).fill(9, 0, 42), new Uint8Array(1514).fill(8)], "padded on the wire");
  t.equal(bench.port.drops.total, 0);
  t.strictSame(bench.host.breaches, []);
});

t.test("the controller is polled with a budget, and gives way in between", async (t) => {
  const bench = new Bench();
  await bench.open();
  for (let sent = 0; sent < 150; sent++) bench.puppet.inbox.push(new Uint8Array(60));
  const host = bench.puppet.host as ControllerHost;
  t.equal(host.schedule(), true);
  t.equal(host.schedule(), false, "one is due already");
  bench.clock.advanceSync(1);
  t.strictSame(bench.puppet.polls, [64, 64, 22, 0], "and the request in between is remembered");
  t.equal(host.schedule(), true);
  bench.clock.advanceSync(1);
  t.equal(bench.puppet.polls.length, 5);
  bench.puppet.slow = true;
  for (let sent = 0; sent < 70; sent++) bench.puppet.inbox.push(new Uint8Array(60));
  host.schedule();
  bench.clock.advanceSync(5);
  t.equal(bench.puppet.polls.length, 6, "a poll that waits for its bus is waited for");
  bench.puppet.finish();
  bench.clock.advanceSync(1);
  t.strictSame(bench.puppet.polls.slice(5), [64, 6]);
});

t.test("the wire has a link when the controller has one, and sees none in passing", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  await bench.port.open();
  t.strictSame(bench.host.carriers, [false]);
  bench.puppet.host?.carrier(false);
  t.strictSame(bench.host.carriers, [false]);
  bench.puppet.host?.carrier(true);
  bench.puppet.host?.carrier(false);
  bench.puppet.inbox.push(new Uint8Array(60));
  bench.puppet.host?.schedule();
  bench.clock.advanceSync(1);
  t.equal(bench.port.drops.get(DropReason.TX_CARRIER), 1);
  bench.puppet.host?.carrier(true);
  t.strictSame(bench.host.carriers, [false, true, false, true]);
  await bench.port.close();
  t.strictSame(bench.host.carriers, [false, true, false, true, false]);
  t.equal(bench.segment.ports.length, 1);
  await bench.port.open();
  bench.puppet.host?.carrier(true);
  t.equal(bench.host.carriers.at(-1), true, "and may be opened again");
});

t.test("a busy controller is waited for, in order, up to a bound", async (t) => {
  const bench = new Bench({ queue: 4 });
  await bench.open();
  bench.puppet.busy = true;
  for (let number = 1; number <= 6; number++) bench.send(number);
  bench.clock.advanceSync(1);
  t.equal(bench.port.drops.get(DropReason.QDISC_DROP), 2);
  bench.puppet.busy = false;
  bench.puppet.host?.wake();
  t.strictSame(
    bench.puppet.sent.map((bytes) => bytes[0]),
    [1, 2, 3, 4],
  );
  bench.puppet.busy = true;
  bench.send(5);
  bench.clock.advanceSync(1);
  bench.puppet.busy = false;
  bench.send(6);
  bench.clock.advanceSync(1);
  t.equal(bench.puppet.sent.length, 4, "nobody overtakes those that wait");
  bench.puppet.host?.wake();
  t.strictSame(
    bench.puppet.sent.slice(4).map((bytes) => bytes[0]),
    [5, 6],
  );
  bench.puppet.busy = true;
  bench.send(8);
  bench.clock.advanceSync(1);
  await bench.port.close();
  t.equal(bench.port.drops.get(DropReason.QUEUE_PURGE), 1);
});

t.test("a damaged frame is not passed on; an open checksum is filled in", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.segment.corruption = 1;
  bench.send(1);
  bench.clock.advanceSync(1);
  bench.segment.corruption = 0;
  t.equal(bench.port.fcsErrors, 1);
  t.equal(bench.puppet.sent.length, 0);
  bench.puppet.partial = true;
  const bytes = new Uint8Array(60);
  bytes.set([0, 0, 0x12, 0x34], 14);
  bench.puppet.inbox.push(bytes, new Uint8Array(15));
  bench.puppet.host?.schedule();
  bench.clock.advanceSync(1);
  t.strictSame([...(bench.host.frames[0] as Uint8Array).subarray(14, 18)], [0xed, 0xcb, 0x12, 0x34]);
  t.equal(bench.host.frames.length, 1);
  t.equal(bench.port.drops.get(DropReason.TX_ABORTED), 1, "one that points outside its frame is not sent");
});

t.test("a controller that fails, or does not open, is told", async (t) => {
  const errors: Error[] = [];
  const bench = new Bench({ onFailed: (error) => errors.push(error) });
  await bench.open();
  const reason = new Error("the chip is gone");
  bench.puppet.host?.failed(reason);
  t.equal(bench.port.failed, reason);
  t.strictSame(errors, [reason]);
  t.equal(bench.host.carriers.at(-1), false);
  await bench.port.close();
  bench.puppet.refuse = new Error("no chip");
  await t.rejects(bench.port.open(), { message: "no chip" });
  bench.puppet.refuse = null;
  await bench.port.open();
  await t.rejects(bench.port.open(), { message: "port is open already" });
  t.equal(bench.port.failed, null);
});

t.test("a controller that failed is opened again until it works: told once, back on the wire by itself", async (t) => {
  const told: string[] = [];
  const bench = new Bench({ onFailed: (error) => told.push(error.message), onBack: () => told.push("back") });
  await bench.open();
  bench.puppet.refuse = new Error("no interface");
  bench.puppet.host?.failed(new Error("removed"));
  await bench.clock.advance(10_000);
  t.strictSame(told, ["removed"], "once, whatever the attempts find");
  bench.puppet.refuse = null;
  bench.send(1);
  bench.clock.advanceSync(1);
  t.equal(bench.puppet.sent.length, 0);
  await bench.clock.advance(8000);
  t.strictSame([told, bench.port.failed], [["removed", "back"], null]);
  t.equal(bench.puppet.promiscuous, true);
  bench.puppet.host?.carrier(true);
  t.equal(bench.host.carriers.at(-1), true);
  bench.send(2);
  bench.puppet.inbox.push(new Uint8Array(60).fill(3));
  bench.puppet.host?.schedule();
  bench.clock.advanceSync(1);
  t.strictSame([bench.puppet.sent.length, bench.host.frames.length], [1, 1], "frames pass both ways");
  bench.puppet.host?.failed(new Error("again"));
  await bench.port.close();
  await bench.clock.advance(120_000);
  t.strictSame([told, bench.puppet.host], [["removed", "back", "again"], null], "closed: nothing is tried any more");
});

t.test("nothing is done for a controller that speaks after close()", async (t) => {
  const bench = new Bench();
  await bench.open();
  const host = bench.puppet.host as ControllerHost;
  host.schedule();
  await bench.port.close();
  host.carrier(true);
  host.wake();
  host.failed(new Error("late"));
  const skb = host.pool.allocate() as SkBuff;
  host.receive(skb);
  bench.clock.advanceSync(1);
  t.equal(bench.puppet.polls.length, 0);
  t.equal(bench.port.failed, null);
  t.equal(bench.segment.ports.length, 1);
  t.equal(bench.port.drops.get(DropReason.QUEUE_PURGE), 1);
});
