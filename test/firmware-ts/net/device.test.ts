/** The device between stack and controller: what it drops and tells, what it keeps for a busy controller, and its ups and downs. */
import t from "tap";
import { Network } from "../../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { type ControllerHost, type EthernetController, LinkStatistics } from "../../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../../hal/kit/capabilities.ts";
import { type SkBuff, type SkBuffOwner, SkBuffPool } from "../../../hal/skbuff.ts";

/** A controller that takes as many frames as it is told to have room for, and keeps them until told to send. */
class Busy implements EthernetController {
  readonly driver = "busy";
  readonly description = "a controller with little room";
  readonly simulated = true;
  readonly address: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1);
  readonly capabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  host: ControllerHost | null = null;
  room = 0;
  readonly taken: SkBuff[] = [];
  /** Thrown by open(). */
  refusal: Error | null = null;
  /** open() waits for it. */
  ready: Promise<void> = Promise.resolve();

  async open(host: ControllerHost): Promise<void> {
    this.host = host;
    host.carrier(true);
    await this.ready;
    if (this.refusal) throw this.refusal;
  }

  async close(): Promise<void> {
    for (const skb of this.taken.splice(0)) this.host?.drops.drop(skb, DropReason.QUEUE_PURGE);
  }

  transmit(skb: SkBuff): boolean {
    if (this.room === 0) return false;
    this.room--;
    this.taken.push(skb);
    return true;
  }

  poll(): number {
    this.host?.complete(0);
    return 0;
  }

  setReceiveMode(): void {}
}

async function bench() {
  const pool = new SkBuffPool();
  const network = new Network(new VirtualClock(), pool);
  const nic = new Busy();
  const device = network.addDevice("eth0", nic);
  const events: string[] = [];
  network.onDeviceEvent((_device, event) => events.push(event));
  /** Reports to the senders, as `cookie reason`. */
  const told: string[] = [];
  const owner: SkBuffOwner = {
    settled: (skb, reason) => told.push(`${skb.cookie} ${reason}`),
  };
  const send = (cookie: number, length = 60): DropReason => {
    const skb = pool.allocate() as SkBuff;
    skb.put(length);
    skb.owner = owner;
    skb.cookie = cookie;
    return device.transmit(skb);
  };
  const tapped: number[] = [];
  network.tap((skb, _device, outgoing) => outgoing && tapped.push(skb.cookie));
  return { pool, network, nic, device, events, told, send, tapped };
}

t.test("a frame that cannot go is counted once, its sender told once, its buffer back", async (t) => {
  const { pool, nic, device, told, send, tapped } = await bench();
  t.equal(send(1), DropReason.DEV_READY, "down");
  await device.open();
  device.carrier(false);
  t.equal(send(2), DropReason.TX_CARRIER, "no carrier");
  device.carrier(true);
  nic.room = 1;
  t.equal(send(3, 1515), DropReason.PKT_TOO_BIG);
  t.equal(send(4, 1514), DropReason.NONE, "1514 bytes are not too many");
  t.same(told, [`1 ${DropReason.DEV_READY}`, `2 ${DropReason.TX_CARRIER}`, `3 ${DropReason.PKT_TOO_BIG}`]);
  const { drops } = device;
  t.same([drops.get(DropReason.DEV_READY), drops.get(DropReason.TX_CARRIER), drops.get(DropReason.PKT_TOO_BIG)], [1, 1, 1]);
  t.same([drops.total, pool.inUse], [3, 1]);
  t.same(tapped, [4], "a capture sees only what goes out");
});

t.test("a tap that leaves while it sees a frame, or comes then, hides the frame from no other", async (t) => {
  const { network, nic, device, send } = await bench();
  await device.open();
  nic.room = 9;
  const seen: string[] = [];
  const see = (name: string) => (): unknown => seen.push(name);
  const leave = network.tap(() => {
    seen.push("leaves");
    leave();
    leave();
    network.tap(see("new"));
  });
  const last = see("last");
  const leaveTwin = network.tap(last);
  network.tap(last);
  send(1);
  t.same(seen.splice(0), ["leaves", "last", "last"]);
  leaveTwin();
  leaveTwin();
  send(2);
  t.same(seen, ["last", "new"], "one and the same function twice is two taps");
});

t.test("a busy controller: frames wait in order, at most txQueueLength of them", async (t) => {
  const { pool, nic, device, told, send, tapped } = await bench();
  await device.open();
  t.ok([...Array(1000).keys()].every((cookie) => send(cookie) === DropReason.NONE));
  t.equal(device.queued, 1000);
  t.equal(send(1000), DropReason.QDISC_DROP);
  t.same([told, device.drops.get(DropReason.QDISC_DROP), device.drops.total], [[`1000 ${DropReason.QDISC_DROP}`], 1, 1]);
  t.equal(tapped.length, 1000);
  nic.room = 3;
  device.wake();
  t.same(
    nic.taken.map((skb) => skb.cookie),
    [0, 1, 2],
  );
  nic.room = 1;
  t.equal(send(1001), DropReason.NONE, "does not overtake, though the controller has room");
  t.equal(nic.taken.length, 3);
  nic.room = 10_000;
  device.wake();
  t.same(
    nic.taken.map((skb) => skb.cookie),
    [...Array(1000).keys(), 1001],
  );
  t.equal(device.queued, 0);
  for (const skb of nic.taken.splice(0)) skb.consume();
  t.equal(pool.inUse, 0);
  t.same(told.length, 1002);
});

t.test("down, and the loss of the carrier, empty the queue and tell each sender", async (t) => {
  for (const how of ["close", "carrier"] as const) {
    const { pool, device, told, send, events } = await bench();
    await device.open();
    for (const cookie of [1, 2, 3]) send(cookie);
    if (how === "close") await device.close();
    else device.carrier(false);
    t.same(
      told,
      [1, 2, 3].map((cookie) => `${cookie} ${DropReason.QUEUE_PURGE}`),
      how,
    );
    t.same([device.drops.get(DropReason.QUEUE_PURGE), device.queued, pool.inUse], [3, 0, 0]);
    t.same(events, ["carrier-up", "up", how === "close" ? "down" : "carrier-down"]);
  }
});

t.test("what the controller still had comes back when it closes", async (t) => {
  const { pool, nic, device, told, send } = await bench();
  await device.open();
  nic.room = 1;
  send(1);
  send(2);
  await device.close();
  t.same(told.sort(), [`1 ${DropReason.QUEUE_PURGE}`, `2 ${DropReason.QUEUE_PURGE}`]);
  t.same([device.drops.total, pool.inUse, device.up, device.hasCarrier], [2, 0, false, false]);
  await device.open();
  t.equal(device.hasCarrier, true, "and it opens again");
});

t.test("a controller that cannot open leaves the device down, without carrier; the next try may succeed", async (t) => {
  const { pool, nic, device, send, events, told } = await bench();
  nic.refusal = new Error("no chip");
  const opening = device.open();
  t.equal(send(1), DropReason.NONE, "sent into the opening controller, which has no room");
  await t.rejects(opening, { message: "no chip" });
  t.same([device.up, device.hasCarrier, pool.inUse], [false, false, 0]);
  t.same(told, [`1 ${DropReason.QUEUE_PURGE}`]);
  nic.refusal = null;
  await device.open();
  t.same([device.up, device.hasCarrier, events.at(-1)], [true, true, "up"]);
});

t.test("closed while it opens: it stays down and says no `up`", async (t) => {
  const { nic, device, events } = await bench();
  let ready = (): void => {};
  nic.ready = new Promise((resolve) => {
    ready = resolve;
  });
  const opening = device.open();
  await device.close();
  ready();
  await opening;
  t.same([device.up, events], [false, ["carrier-up", "down"]]);
});

t.test("a controller that fails: no carrier, and the reason is kept", async (t) => {
  const { device, events, send } = await bench();
  await device.open();
  device.failed(new Error("bus is dead"));
  t.same([device.hasCarrier, device.error?.message, events.slice(-2)], [false, "bus is dead", ["carrier-down", "failed"]]);
  t.equal(send(1), DropReason.TX_CARRIER);
});

t.test("received: runts, strangers, unknown ethertypes; nothing at all once down", async (t) => {
  const { pool, device } = await bench();
  await device.open();
  const receive = (...bytes: number[]): void => {
    const skb = pool.allocate() as SkBuff;
    skb.bytes.set(bytes, skb.put(bytes.length));
    device.receive(skb);
  };
  const ours = [2, 0, 0, 0, 0, 1];
  const other = [2, 0, 0, 0, 0, 9];
  for (let length = 0; length < 14; length++) receive(...[...ours, ...other, 8].slice(0, length));
  t.equal(device.drops.get(DropReason.PKT_TOO_SMALL), 14);
  receive(...ours, ...other, 0x86, 0xdd);
  receive(...ours, ...other, 0x00, 0x20);
  receive(...ours, ...other, 0x80, 0x35);
  t.equal(device.drops.get(DropReason.UNHANDLED_PROTO), 3);
  receive(...other, ...ours, 0x86, 0xdd);
  t.equal(device.drops.get(DropReason.OTHERHOST), 1);
  await device.close();
  receive(...ours, ...other, 8, 0);
  t.equal(device.drops.get(DropReason.DEV_READY), 1);
  t.same([device.drops.total, pool.inUse], [19, 0]);
});

t.test("a name is given once", async (t) => {
  const { network, nic } = await bench();
  t.throws(() => network.addDevice("eth0", nic), { message: "a device named eth0 exists already" });
  t.equal(network.addDevice("eth1", new Busy()).ifindex, 2);
});

t.test("a listener that is taken away hears nothing more, and may be taken away while it listens", async (t) => {
  const { network, device, events } = await bench();
  const heard: string[] = [];
  const first = network.onDeviceEvent((_device, event) => {
    heard.push(`first ${event}`);
    first();
  });
  const second = network.onDeviceEvent((_device, event) => heard.push(`second ${event}`));
  events.length = 0;
  network.deviceEvent(device, "up");
  second();
  second();
  network.deviceEvent(device, "down");
  t.same(heard, ["first up", "second up"]);
  t.same(events, ["up", "down"], "others listen on");
});
