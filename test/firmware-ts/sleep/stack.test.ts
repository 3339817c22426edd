/** A stack falls asleep and wakes: what it finishes first, what it keeps, and what the first datagram afterwards costs. */
import t, { type Test } from "tap";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { GATEWAY, PORT, SleepyNode } from "./node.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function withNode(t: Test, run: (node: SleepyNode) => Promise<void>, wish = {}): Promise<void> {
  const node = await SleepyNode.open(wish);
  await run(node);
  t.equal(node.chip.violations.toString(), "", "nothing against the data sheet");
  await node.close();
  t.equal(node.stack.network.pool.inUse, 0, "every packet came back");
}

function state(node: SleepyNode): string {
  return nudName(node.stack.neighbours(4).table.find(ipv4(GATEWAY), node.eth0)?.nudState ?? Nud.NONE);
}

t.test("the first datagram after a wake needs no ARP, and at most 3 ms of bus time at 10 MHz, the wake included", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock, bus, eth0 } = node;
    const socket = stack.udp.open();
    const collector = socket.to(GATEWAY, PORT);
    socket.send(bytes("first"), collector);
    await clock.advance(100);
    t.same(node.received, ["first"]);
    t.same(node.arp, ["out request to all", "in reply to one"]);
    for (const [elapsed, timers] of [
      [60_000, "elapse"],
      [2_600_000_000, "elapse"],
      [60_000, "freeze"],
    ] as const) {
      await node.passes(stack.sleep());
      t.equal(eth0.power.controller, "down");
      t.ok(stack.power.asleep);
      const before = bus.counters.bytes;
      const asked = node.arp.length;
      await clock.advance(elapsed);
      t.equal(bus.counters.bytes, before, "asleep the bus is silent");
      const woken = stack.wake(undefined, timers);
      t.equal(socket.send(bytes("reading"), collector).status, "sent", "taken at once");
      await node.passes(woken);
      await clock.advance(5);
      const time = ((bus.counters.bytes - before) * 8) / 10_000;
      t.ok(time <= 3, `${time.toFixed(3)} ms of bus time`);
      t.comment(`wake and first datagram: ${bus.counters.bytes - before} bytes, ${time.toFixed(3)} ms of bus time at 10 MHz`);
      t.equal(node.received.at(-1), "reading");
      t.equal(node.arp.length, asked, "and no ARP");
    }
    socket.close();
  });
});

t.test("what waits for an address is sent before it sleeps, or has failed and is counted", async (t) => {
  await withNode(t, async (node) => {
    const { stack } = node;
    const socket = stack.udp.open();
    const fates: string[] = [];
    socket.onFate = (cookie, { status, reason }) => fates.push(`${cookie} ${status} ${reason}`.trim());
    socket.send(bytes("answered"), socket.to(GATEWAY, PORT), 1);
    const report = stack.sleep();
    await node.passes(report);
    t.equal(state(node), "REACHABLE");
    t.match(await report, { dropped: 0, kept: 0, devices: { eth0: { controller: "down", error: null } } });
    t.same(fates, ["1 sent"]);
    t.same(node.received, ["answered"]);
    await node.passes(stack.wake());

    socket.send(bytes("nobody"), socket.to("192.168.10.99", PORT), 2);
    const second = stack.sleep();
    const took = await node.passes(second);
    t.ok(took > 2900 && took < 3300, `it waits for the whole resolution: ${took} ms`);
    t.match(await second, { dropped: 0 });
    t.same(fates, ["1 sent", "2 failed NEIGH_FAILED"]);
    await node.passes(stack.wake());

    socket.send(bytes("hasty"), socket.to("192.168.10.98", PORT), 3);
    const third = stack.sleep({ patience: 50 });
    t.ok((await node.passes(third)) < 60);
    t.match(await third, { dropped: 1 });
    t.equal(fates.at(-1), "3 failed NEIGH_FAILED");
    t.equal(stack.neighbours(4).table.drops.get(DropReason.NEIGH_FAILED), 2, "each drop is counted once");
    socket.close();
  });
});

t.test("no probe is owed: it is put off, or made before the sleep once an hour", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock } = node;
    const socket = stack.udp.open();
    const collector = socket.to(GATEWAY, PORT);
    socket.send(bytes("0"), collector);
    await clock.advance(10);
    // A reading every ten minutes: without that rule it would be probed never, by Linux's timers each time.
    for (let n = 1; n <= 36; n++) {
      await node.passes(stack.sleep());
      await clock.advance(600_000);
      await node.passes(stack.wake());
      socket.send(bytes(`${n}`), collector);
    }
    await node.passes(stack.sleep());
    t.equal(node.received.length, 37, "no reading was lost");
    const probes = node.arp.filter((what) => what === "out request to one").length;
    t.ok(probes >= 5 && probes <= 6, `${probes} probes in six hours`);
    t.equal(node.arp.filter((what) => what === "out request to all").length, 1);
    t.equal(state(node), "REACHABLE", "the last hour's probe was answered before the sleep");

    await node.passes(stack.wake());
    await clock.advance(60_000);
    socket.send(bytes("x"), collector);
    t.equal(state(node), "DELAY");
    t.match(await asleep(node, { confirmEvery: Number.POSITIVE_INFINITY }), { putOff: 1 });
    t.equal(state(node), "STALE");
    await node.passes(stack.wake());
    socket.send(bytes("y"), collector);
    t.match(await asleep(node, { confirmEvery: 0 }), { putOff: 0 });
    t.equal(state(node), "REACHABLE");
    socket.close();
  });
});

async function asleep(node: SleepyNode, options = {}): ReturnType<SleepyNode["stack"]["sleep"]> {
  const report = node.stack.sleep(options);
  await node.passes(report);
  return report;
}

t.test("a gateway with a new link address is found within the hour that a proof lasts", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock, gateway } = node;
    const socket = stack.udp.open();
    const collector = socket.to(GATEWAY, PORT);
    socket.send(bytes("0"), collector);
    await clock.advance(10);
    await asleep(node);
    gateway.devices[0]?.setAddress(Uint8Array.of(2, 0, 0x5e, 0x10, 0, 0xfd));
    let lost = 0;
    for (let n = 0; n < 12; n++) {
      await clock.advance(600_000);
      await node.passes(stack.wake());
      const before = node.received.length;
      socket.send(bytes(`${n}`), collector);
      await asleep(node);
      if (node.received.length === before) lost++;
    }
    t.ok(lost >= 5 && lost <= 7, `${lost} readings went to the old address`);
    t.equal(node.received.at(-1), "11");
    socket.close();
  });
});

t.test("the time asleep means what the policy says", async (t) => {
  for (const [timers, after, requests] of [
    ["freeze", "REACHABLE", 0],
    ["elapse", "STALE", 0],
    ["expire", "", 1],
  ] as const) {
    await withNode(t, async (node) => {
      const { stack, clock } = node;
      stack.addNeighbour("192.168.10.77", "02:00:00:00:00:77", node.eth0);
      const socket = stack.udp.open();
      const collector = socket.to(GATEWAY, PORT);
      socket.send(bytes("0"), collector);
      await clock.advance(10);
      await asleep(node);
      t.equal(state(node), "REACHABLE", "kept as it is");
      await clock.advance(3_600_000);
      await node.passes(stack.wake(undefined, timers));
      t.equal(state(node), after, timers);
      const before = node.arp.length;
      socket.send(bytes("1"), collector);
      await clock.advance(20);
      t.equal(node.arp.slice(before).filter((what) => what === "out request to all").length, requests);
      t.equal(node.received.at(-1), "1");
      const fixed = stack.neighbours(4).table.find(ipv4("192.168.10.77"), node.eth0);
      t.equal(fixed?.nudState, Nud.PERMANENT, "an operator's entry stays");
      socket.close();
    });
  }
});

t.test("a clock that stood still is told how long it was", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock } = node;
    const socket = stack.udp.open();
    socket.send(bytes("0"), socket.to(GATEWAY, PORT));
    await clock.advance(10);
    await asleep(node);
    await node.passes(stack.wake(60_000));
    t.equal(state(node), "STALE");
    const entry = stack.neighbours(4).table.find(ipv4(GATEWAY), node.eth0);
    t.ok(clock.now() - (entry?.confirmed ?? 0) >= 60_000, "its last proof is a minute old");
    await t.rejects(stack.wake(-1), { code: "SLEEP_INVALID" });
    await t.rejects(stack.sleep({ patience: Number.NaN }), { code: "SLEEP_INVALID" });
    socket.close();
  });
});

t.test("listening it is woken by frames to its own address only, and answers them", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock, eth0, gateway, chip } = node;
    const events: string[] = [];
    stack.network.onDeviceEvent((device, event) => {
      if (event === "asleep" || event === "awake") events.push(`${event} ${device.power.controller}`);
    });
    const far = gateway.udp.open();
    await asleep(node, { controller: "listen" });
    t.ok(eth0.power.asleep);
    const before = eth0.statistics.rxPackets;
    gateway.ip.arp.announce(gateway.devices[0] as (typeof gateway.devices)[0]);
    await clock.advance(50);
    t.equal(eth0.statistics.rxPackets, before, "a broadcast does not wake it");
    gateway.addNeighbour("192.168.10.10", "02:00:5e:10:00:01", gateway.devices[0] as (typeof gateway.devices)[0]);
    const near = stack.udp.open(PORT);
    const heard: number[] = [];
    near.onDatagram = (_bytes, _at, length) => heard.push(length);
    far.send(bytes("wake up"), far.to("192.168.10.10", PORT));
    await clock.advance(50);
    t.same(heard, [7]);
    await node.passes(stack.wake());
    t.same(events, ["asleep listen", "awake on"]);
    gateway.ip.arp.announce(gateway.devices[0] as (typeof gateway.devices)[0]);
    await clock.advance(50);
    t.ok(eth0.statistics.rxPackets > before + 1, "awake it hears all again");
    t.equal(chip.counters.deaf, 0, "the chip was on all the time");
    near.close();
    far.close();
  });
});

t.test("asleep no timer of the node fires; twice is once; a device that goes down asleep comes up awake", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock, nodeClock, eth0 } = node;
    const fired: number[] = [];
    const timer = nodeClock.timer(() => fired.push(clock.now()));
    const [one, two] = [stack.sleep(), stack.sleep()];
    await node.passes(Promise.all([one, two]));
    t.equal(await one, await two);
    timer.arm(1000);
    await clock.advance(5000);
    t.same(fired, []);
    await node.passes(Promise.all([stack.wake(), stack.wake()]));
    t.equal(fired.length, 1, "it was due, and fires at the wake");
    await node.passes(stack.wake());

    await asleep(node);
    await node.passes(eth0.close());
    await node.passes(eth0.open());
    t.equal(eth0.power.controller, "on");
    await node.passes(stack.wake());
    await clock.advance(100);
    t.ok(eth0.hasCarrier);
  });
});

t.test("whoever expects an answer keeps it awake, for as long as its patience lasts", async (t) => {
  await withNode(t, async (node) => {
    const { stack, clock } = node;
    let busy = true;
    const end = stack.power.keepAwake(() => busy);
    clock
      .timer(() => {
        busy = false;
      })
      .arm(300);
    const took = await node.passes(stack.sleep());
    t.ok(took >= 300 && took < 400, `${took} ms`);
    await node.passes(stack.wake());
    busy = true;
    t.ok((await node.passes(stack.sleep({ patience: 200 }))) < 250);
    await node.passes(stack.wake());
    end();
    t.ok((await node.passes(stack.sleep())) < 10);
    await node.passes(stack.wake());
  });
});

t.test("a chip that does not fall asleep is told in the report, and the node sleeps", async (t) => {
  await withNode(t, async (node) => {
    const { stack } = node;
    stack.devices[0]!.controller.suspend = () => Promise.reject(new Error("no answer"));
    const report = await asleep(node);
    t.equal(report.devices["eth0"]?.controller, "on");
    t.match(report.devices["eth0"]?.error, { message: "no answer" });
    t.ok(stack.power.asleep);
    await node.passes(stack.wake());
  });
});

t.test("IPv6: nobody sleeps while its address is in question", async (t) => {
  await withNode(
    t,
    async (node) => {
      const { stack } = node;
      await asleep(node);
      const own = stack.ip6?.addresses.of(node.eth0) ?? [];
      t.ok(own.length > 0);
      t.ok(
        own.every(({ flags }) => (flags & 0x40) === 0),
        "no address is tentative any more",
      );
      await node.passes(stack.wake());
    },
    { families: [6] },
  );
});
