/** A device whose controller failed: tried again at growing intervals for as long as it is up, told once, back by itself. */
import t from "tap";
import type { Neighbour } from "../../../firmware-ts/neigh/entry.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { Network } from "../../../firmware-ts/net/network.ts";
import { ipv4, Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import {
  ControllerHealth,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  type ReceiveMode,
} from "../../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../../hal/kit/capabilities.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { type SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";

const HOUR = 3_600_000;

/** A controller that opens when it is allowed to. */
class Frail implements EthernetController {
  readonly driver = "frail";
  readonly description = "frail";
  readonly simulated = true;
  address: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1);
  readonly capabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly health: ControllerHealth = new ControllerHealth();
  heals = false;
  host: ControllerHost | null = null;
  polls = 0;
  refusal: Error | null = null;
  linkless = false;
  /** Fails while it opens, and says that it opened. */
  faints = false;
  modes: ReceiveMode[] = [];
  /** When open() was called. */
  readonly openings: number[] = [];
  closings = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async open(host: ControllerHost): Promise<void> {
    if (this.host) throw new Error("open already");
    this.openings.push(this.#clock.now());
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    this.host = host;
    if (!this.linkless) host.carrier(true);
    if (this.faints) host.failed(new Error("fainted"));
  }

  async close(): Promise<void> {
    this.closings++;
    this.host = null;
  }

  transmit(skb: SkBuff): boolean {
    skb.consume();
    return true;
  }

  poll(): number {
    this.polls++;
    this.host?.complete(0);
    return 0;
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.modes.push(mode);
  }
}

interface Bench {
  clock: VirtualClock;
  nic: Frail;
  device: NetDevice;
  events: string[];
  send(): DropReason;
}

async function bench(): Promise<Bench> {
  const clock = new VirtualClock();
  const pool = new SkBuffPool();
  const network = new Network(clock, pool);
  const nic = new Frail(clock);
  const device = network.addDevice("eth0", nic);
  await device.open();
  const events: string[] = [];
  network.onDeviceEvent((_device, event) => events.push(event));
  const send = (): DropReason => {
    const skb = pool.allocate() as SkBuff;
    skb.put(60);
    return device.transmit(skb);
  };
  return { clock, nic, device, events, send };
}

/** Seconds between one attempt and the next, from the failure at 0 on. */
function gaps({ openings }: Frail): number[] {
  return openings.slice(1).map((at, n) => (at - (n === 0 ? 0 : openings[n]!)) / 1000);
}

t.test("1 s, doubling to 60 s, for as long as it takes; told once; then back as if it had never been away", async (t) => {
  const { clock, nic, device, events, send } = await bench();
  device.setPromiscuous(true);
  nic.refusal = new Error("no interface eth1");
  nic.host?.failed(new Error("removed"));
  t.same(events, ["carrier-down", "failed"]);
  t.equal(send(), DropReason.TX_CARRIER, "a frame is not said to be sent");
  await clock.advance(HOUR);
  t.same(gaps(nic).slice(0, 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  t.ok(nic.openings.length > 60, "and every minute after an hour");
  t.same(events, ["carrier-down", "failed"], "nothing more is said of it");
  t.match(device.health.report(), { failures: 1, recoveries: 0, failedFor: HOUR, attempts: nic.openings.length - 1 });
  t.equal(device.error?.message, "no interface eth1", "the latest reason can be asked for");
  nic.refusal = null;
  nic.modes = [];
  await clock.advance(60_000);
  t.same(events.splice(0), ["carrier-down", "failed", "recovered", "carrier-up"]);
  t.match(device.health.report(), { failures: 1, recoveries: 1, failedFor: null });
  t.same([device.error, device.up, device.hasCarrier, send()], [null, true, true, DropReason.NONE]);
  t.match(nic.modes, [{ promiscuous: true }], "and lets through what it did before");
  nic.host?.schedule();
  await clock.advance(1);
  t.equal(nic.polls, 1, "and is polled again");
  const { length } = nic.openings;
  await clock.advance(HOUR);
  t.equal(nic.openings.length, length, "what works is left alone");
  await device.close();
});

t.test("back with another address, and back without a link", async (t) => {
  const { clock, nic, device, events } = await bench();
  nic.host?.failed(new Error("removed"));
  nic.address = Uint8Array.of(2, 0, 0, 0, 0, 7);
  await clock.advance(1000);
  t.same(events.splice(0), ["carrier-down", "failed", "replaced", "recovered", "carrier-up"], "nobody hears of a link first");
  t.same([...device.address], [2, 0, 0, 0, 0, 7]);
  device.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 8));
  events.length = 0;
  nic.host?.failed(new Error("removed"));
  nic.linkless = true;
  await clock.advance(10_000);
  t.same(events.splice(0), ["carrier-down", "failed", "recovered"], "no address: what an operator set stays");
  t.same([...device.address], [2, 0, 0, 0, 0, 8]);
  nic.host?.carrier(true);
  t.same(events, ["carrier-up"]);
  await device.close();
});

t.test(
  "back with another address: static neighbours are kept, as a rig has set them; what was learnt is asked for anew",
  async (t) => {
    const clock = new VirtualClock();
    const stack = new Stack({ clock, random: new SeededRandom("replaced") });
    const nic = new Frail(clock);
    const device = stack.addDevice("eth0", nic);
    await device.open();
    stack.addAddress(device, "10.0.0.1/24");
    stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", device);
    const learnt = stack.neighbours(4).table.create(ipv4("10.0.0.3"), device, false) as Neighbour;
    update(learnt, Uint8Array.of(2, 0, 0, 0, 0, 3), 0, Nud.STALE, UpdateFlags.OVERRIDE);
    nic.host?.failed(new Error("removed"));
    nic.address = Uint8Array.of(2, 0, 0, 0, 0, 7);
    await clock.advance(1000);
    t.equal(stack.neighbours(4).table.find(ipv4("10.0.0.2"), device)?.nudState, Nud.PERMANENT);
    t.equal(stack.neighbours(4).table.find(ipv4("10.0.0.3"), device), null);
    device.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 8));
    t.equal(
      stack.neighbours(4).table.find(ipv4("10.0.0.2"), device),
      null,
      "an operator's new address takes them away, as the kernel's does",
    );
    await stack.close();
  },
);

t.test("one that comes back for a moment only is tried less and less often; one that lasts begins anew", async (t) => {
  const { clock, nic, device } = await bench();
  const fail = (): void => nic.host?.failed(new Error("loose contact"));
  fail();
  for (let round = 0; round < 8; round++) {
    const { length } = nic.openings;
    for (let waited = 0; nic.openings.length === length && waited < 100; waited++) await clock.advance(1000);
    fail();
  }
  t.same(gaps(nic), [1, 2, 4, 8, 16, 32, 60, 60]);
  await clock.advance(60_000 + HOUR);
  const since = clock.now();
  fail();
  await clock.advance(5000);
  t.equal((nic.openings.at(-1) as number) - since, 1000);
  await device.close();
});

t.test("an attempt that fails while it seems to succeed is none", async (t) => {
  const { clock, nic, device, events } = await bench();
  nic.faints = true;
  nic.linkless = true;
  nic.host?.failed(new Error("gone"));
  await clock.advance(20_000);
  t.same([nic.openings.length, events], [5, ["carrier-down", "failed"]]);
  nic.faints = false;
  await clock.advance(16_000);
  t.same(events, ["carrier-down", "failed", "recovered"]);
  await device.close();
});

t.test("set down, it is left in peace, at whatever moment; set up, it is opened once", async (t) => {
  for (const moment of [500, 1000, 1500, 3000]) {
    const { clock, nic, device, events } = await bench();
    nic.refusal = new Error("gone");
    nic.host?.failed(new Error("gone"));
    clock.advanceSync(moment);
    await device.close();
    const { length } = nic.openings;
    await clock.advance(HOUR);
    t.equal(nic.openings.length, length, `${moment} ms`);
    t.equal(nic.host, null);
    nic.refusal = null;
    await device.open();
    await clock.advance(HOUR);
    t.same([nic.openings.length, device.error, events.at(-1)], [length + 1, null, "up"]);
    await device.close();
  }
});

t.test("one that heals by itself is left to it", async (t) => {
  const { clock, nic, device, events } = await bench();
  nic.heals = true;
  nic.host?.failed(new Error("MISO is stuck"));
  await clock.advance(HOUR);
  t.same([nic.openings.length, nic.closings], [1, 0]);
  nic.host?.carrier(true);
  t.same(events, ["carrier-down", "failed", "recovered", "carrier-up"]);
  t.equal(device.health.outage, HOUR);
  nic.host?.repaired?.("RXEN was cleared");
  t.same([events.at(-1), device.health.repaired], ["repaired", "RXEN was cleared"]);
  await device.close();
});

t.test("given up where that is wanted: closed, not tried again, and an operator's to bring back", async (t) => {
  for (const heals of [false, true]) {
    const { clock, nic, device, events } = await bench();
    nic.heals = heals;
    device.health.retries = false;
    nic.host?.failed(new Error("gone"));
    t.equal(device.health.givenUp, true);
    await clock.advance(HOUR);
    t.same([nic.openings.length, nic.closings, events], [1, 1, ["carrier-down", "failed"]]);
    await device.close();
    await device.open();
    t.same([device.health.givenUp, device.hasCarrier], [false, true]);
    await device.close();
  }
});

t.test("trouble with what the controller stands on is told, and its controller left alone", async (t) => {
  const { clock, nic, device, events } = await bench();
  device.trouble(new Error("interface eth1 was removed"));
  device.trouble(new Error("no interface eth1"));
  await clock.advance(HOUR);
  t.same([events, nic.openings.length], [["failed"], 1]);
  device.trouble(null);
  t.same(events, ["failed", "recovered"]);
  await device.close();
  device.trouble(new Error("late"));
  t.same(events.at(-1), "down");
});

t.test("one that heals by itself and finds no link when it is back has recovered", async (t) => {
  const { nic, device, events } = await bench();
  nic.heals = true;
  nic.host?.carrier(false);
  nic.host?.failed(new Error("no chip"));
  t.same(events.splice(0), ["carrier-down", "failed"]);
  nic.host?.repaired?.("no chip");
  t.same([events.splice(0), device.error], [["recovered"], null]);
  nic.host?.repaired?.("RXEN was cleared");
  t.same(events, ["repaired"]);
  await device.close();
});

t.test("attempts are those since the last failure, whoever makes them", async (t) => {
  const { clock, nic, device } = await bench();
  nic.host?.failed(new Error("killed"));
  await clock.advance(1000);
  t.match(device.health.report(), { failures: 1, recoveries: 1, attempts: 1 });
  device.trouble(new Error("its wire was removed"));
  await clock.advance(7000);
  device.trouble(null);
  t.match(device.health.report(), { failures: 2, recoveries: 2, attempts: 0 });
  await device.close();
});
