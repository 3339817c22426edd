/** From a rig to a running system and back, in virtual time: what comes up, with whom at the far end, and that nothing stays behind. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import t from "tap";
import { benchRig } from "../../../firmware-ts/board/bench.ts";
import { GATEWAY_MAC } from "../../../firmware-ts/board/gateway.ts";
import { needsRealTime } from "../../../firmware-ts/board/needs-real-time.ts";
import type { Rig } from "../../../firmware-ts/board/rig/rig.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, type SystemListener, type SystemOptions, startSystem } from "../../../firmware-ts/board/system.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { formatMac } from "../../../firmware-ts/net/ethernet.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { BENCH_RIG } from "../../support/bench-rig.ts";

const HOUR = 3_600_000;

interface Running {
  clock: VirtualClock;
  system: System;
  /** `ready`, `eth0 carrier-down`, `#1 sent` …, with the time. */
  log: string[];
}

async function make(rig: Rig, options: Omit<SystemOptions, "clock"> = {}): Promise<Running> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string): void => void log.push(`${Math.round(clock.now())} ${what}`);
  const listener: SystemListener = {
    ready: () => note("ready"),
    device: (device, event) => note(`${device.name} ${event}`),
    datagram: ({ seq, status, reason }) => note(`#${seq} ${status}${reason ? ` ${reason}` : ""}`),
  };
  return { clock, system: await System.make(rig, { listener, ...options, clock }), log };
}

async function start(rig: Rig, options: Omit<SystemOptions, "clock"> = {}): Promise<Running> {
  const made = await make(rig, options);
  await startSystem(made.system);
  return made;
}

/** The built-in bench with other lines: `devices: …` replaces the block of that name. */
function rig(text: string): Rig {
  return parseRig(`name: test\nboard: { io: simulated }\n${text}`, "test.yaml");
}

const device = (addresses: string, more = ""): string =>
  `devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [${addresses}]${more} } }\n`;

t.test("the built-in bench: an hour at 3 s is 1200 datagrams, one of which had to ask for the gateway", async (t) => {
  const { clock, system, log } = await start(benchRig(), { duration: HOUR });
  t.match(system.reports(), [
    {
      name: "eth0",
      description: /simulated ENC28J60/,
      simulated: true,
      addresses: ["192.168.10.10/24"],
      carrier: true,
      fallback: null,
      gateway: "192.168.10.1",
    },
  ]);
  t.equal(system.io, "simulated GPIO");
  let over = false;
  void system.finished.then(() => {
    over = true;
  });
  await clock.advance(system.deadline - clock.now() - 1);
  t.equal(over, false);
  await clock.advance(1);
  t.equal(over, true);
  await clock.advance(HOUR);
  t.match(
    system.summary(),
    { duration: HOUR, datagrams: { sent: 1200, queued: 1, failed: 0 }, drops: {}, missed: 0 },
    "and not one more",
  );
  system.stack.network.device("eth0")!.statistics.rxOverErrors += 3;
  t.equal(system.summary().missed, 3, "a chip that had no room");
  t.match(system.summary().arp, { requestsBroadcast: 1, requestsReceived: 0 });
  t.match(log.slice(0, 2), [/^\d+ ready$/, /#1 sent$/]);
  t.equal(log.length, 1201);
  await system.stop();
  await system.stop();
  await clock.advance(HOUR);
  t.equal(log.length, 1201, "silence");
  t.equal(system.stack.network.pool.inUse, 0);
});

t.test("the same seed makes the same bytes and readings; another seed does not", async (t) => {
  const run = async (seed: number): Promise<string> => {
    const events: unknown[] = [];
    const listener: SystemListener = { ready: () => {}, device: () => {}, datagram: (event) => events.push({ ...event }) };
    const { clock, system } = await make({ ...benchRig(), seed }, { duration: 60_000, listener });
    const frames: string[] = [];
    system
      .wire("eth0")
      ?.tap((bytes, length, time) => frames.push(`${time} ${Buffer.from(bytes.subarray(0, length)).toString("hex")}`));
    await startSystem(system);
    await clock.advance(60_000);
    await system.stop();
    return JSON.stringify([events, frames, system.reports(), system.summary()]);
  };
  const [first, again, other] = [await run(7), await run(7), await run(8)];
  t.equal(first, again);
  t.not(first, other);
  t.ok(first.length > 5000, "and it is about something");
});

t.test("who is at the far end: the next hop, else telemetry's host, else the first free address", async (t) => {
  const rows: [string, string | null][] = [
    [`${device("10.0.0.5/24")}routes: [{ to: default, via: 10.0.0.254 }]\ntelemetry: { to: "10.0.0.7:8094" }`, "10.0.0.254"],
    [`${device("10.0.0.5/24")}telemetry: { to: "10.0.0.7:8094" }`, "10.0.0.7"],
    [device("10.0.0.5/24"), "10.0.0.1"],
    [device("10.0.0.1/24"), "10.0.0.2"],
    [device("10.0.0.1/30"), "10.0.0.2"],
    [device("10.0.0.2/30"), "10.0.0.1"],
    [device("10.0.0.0/31"), "10.0.0.1"],
    [device("10.0.0.1/31"), "10.0.0.0"],
    [device("200.0.0.1/8"), "200.0.0.2"],
    [`${device("10.0.0.5/24, 192.168.1.5/24")}routes: [{ to: default, via: 192.168.1.1 }]`, "192.168.1.1"],
    [`${device("10.0.0.5/24")}telemetry: { to: "10.0.0.255:8094" }`, "10.0.0.1"],
    [`${device("10.0.0.5/24")}telemetry: { to: "10.0.0.5:8094" }`, "10.0.0.1"],
    [device(""), null],
  ];
  for (const [text, gateway] of rows) {
    let read: Rig;
    try {
      read = rig(text);
    } catch (error) {
      // Some of these the rig file's own checks refuse already: all the better.
      t.comment((error as Error).message);
      continue;
    }
    const { system, clock } = await start(read, { app: false });
    t.equal(system.reports()[0]?.gateway, gateway, text);
    if (gateway !== null) {
      const pinger = system.stack.ping.open();
      let answered = false;
      pinger.onReply = () => {
        answered = true;
      };
      pinger.send(system.stack.ping.to(gateway), 1, 0);
      await clock.advance(100);
      t.equal(answered, true, `${gateway} answers`);
      t.equal(formatMac(system.stack.neighbours(4).table.list()[0]?.address as Uint8Array), formatMac(GATEWAY_MAC));
    }
    await system.stop();
  }
});

t.test("two devices, each with a wire and a gateway of its own", async (t) => {
  const two = `devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.5/24] }
  eth1: { driver: enc28j60, bus: { kind: sim }, addresses: [10.1.0.5/24], mac: "02:00:00:00:00:99" }
routes: [{ to: 10.9.0.0/16, via: 10.1.0.9 }, { to: 10.8.0.0/16, dev: eth1 }]
`;
  const { system } = await start(rig(two));
  t.same(
    system.reports().map(({ name, gateway }) => [name, gateway]),
    [
      ["eth0", "10.0.0.1"],
      ["eth1", "10.1.0.9"],
    ],
  );
  t.equal(system.reports()[1]?.mac, "02:00:00:00:00:99");
  t.not(system.reports()[0]?.mac, system.reports()[1]?.mac);
  t.equal(system.stack.ip.routes.lookup(ipv4("10.9.1.1"))?.device.name, "eth1");
  t.equal(system.stack.ip.routes.lookup(ipv4("10.8.1.1"))?.gateway, 0);
  t.ok(system.wire("eth0") !== system.wire("eth1") && system.wire("eth2") === null);
  await system.stop();
});

t.test("hardware that is not there when it is opened gives way to its model, or ends the start", async (t) => {
  const text = (driver: string, bus: string, fallback: string): string =>
    `devices: { eth0: { driver: ${driver}, bus: { ${bus} }, addresses: [10.0.0.5/24], fallback: ${fallback} } }
telemetry: { to: "10.0.0.1:8094", every: 3s }\n`;
  const rows: [string, string, string, RegExp][] = [
    ["enc28j60", "kind: serprog, port: /dev/ttyNOWHERE", "PORT_MISSING", /^\/dev\/ttyNOWHERE: there is no such port; /],
    ["enc28j60", "kind: spidev, path: /dev/spidev9.9", "SPIDEV_MISSING", /^\/dev\/spidev9\.9: there is no such device; /],
    ["enc28j60", "kind: bus-pirate, port: /dev/ttyNOWHERE", "PORT_MISSING", /there is no such port; /],
    ["e1000", "kind: qemu, wire: nowhere0", "", /nowhere0|qemu/],
  ];
  for (const [driver, bus, code, why] of rows) {
    const { clock, system } = await start(rig(text(driver, bus, "simulated")));
    t.match(system.reports(), [{ simulated: true, carrier: true, gateway: "10.0.0.1", fallback: why }], driver);
    const { controller } = system.stack.network.device("eth0") as NetDevice;
    t.match(new Map(controller.driverStatistics?.()).get("rx_packets"), Number, "what stands in counts as the chip's driver does");
    await clock.advance(30_000);
    t.match(system.summary(), { datagrams: { failed: 0 }, drops: {} }, "telemetry goes to the simulated gateway");
    t.ok(system.summary().datagrams.sent >= 10);
    await system.stop();
    t.equal(system.stack.network.pool.inUse, 0);
    const refused = await make(rig(text(driver, bus, "none")));
    await t.rejects(startSystem(refused.system), { message: why, ...(code ? { code } : {}) });
  }
});

t.test("an e1000 on the simulated bench, as the ENC28J60 is", async (t) => {
  const text = `devices: { eth0: { driver: e1000, bus: { kind: sim }, addresses: [10.0.0.5/24] } }
telemetry: { to: "10.0.0.1:8094", every: 3s }\n`;
  const { clock, system } = await start(rig(text), { duration: HOUR });
  t.match(system.reports(), [{ description: /^simulated 82540EM/, simulated: true, carrier: true, gateway: "10.0.0.1" }]);
  await clock.advance(HOUR);
  t.match(system.summary(), { datagrams: { sent: 1200, queued: 1, failed: 0 }, arp: { requestsBroadcast: 1 }, drops: {} });
  await system.stop();
  t.equal(system.stack.network.pool.inUse, 0);
});

t.test("IPv6: the summary tells whom the solicitations went to; a static neighbour leaves those about own addresses", async (t) => {
  for (const [more, nd, queued] of [
    ["", { solicitsMulticast: 1, claims: 2 }, 1],
    [
      `neighbours: { static: [{ ip: "fd00::1", lladdr: "02:00:5e:00:00:01", dev: eth0 }] }\n`,
      { solicitsMulticast: 0, solicitsUnicast: 0, claims: 2, advertsSent: 0, solicitsReceived: 0, advertsReceived: 0 },
      0,
    ],
  ] as const) {
    const text = `${device('"fd00::5/64"')}${more}telemetry: { to: "[fd00::1]:8094", every: 3s }\n`;
    const { clock, system } = await start(rig(text), { duration: HOUR });
    await clock.advance(HOUR / 6);
    const summary = system.summary();
    t.match(summary, { datagrams: { queued, failed: 0 }, nd, arp: { requestsBroadcast: 0 }, drops: {} });
    const { solicitsUnicast, advertsReceived, advertsSent, solicitsReceived } = summary.nd!;
    t.equal(advertsSent, solicitsReceived, "every question of the gateway's is answered");
    if (more === "") {
      t.ok(solicitsUnicast > 8, `${solicitsUnicast}`);
      t.equal(advertsReceived, solicitsUnicast + 1, "and every one of ours");
    }
    await system.stop();
  }
  const { system } = await start(benchRig(), { duration: HOUR });
  t.equal(system.summary().nd, null, "a rig without IPv6 has no such line");
  await system.stop();
});

t.test("static neighbours and sysctl of the rig hold; defaults do not undo what is set for one device", async (t) => {
  const text = `${device("10.0.0.5/24")}neighbours: { static: [{ ip: 10.0.0.9, lladdr: "02:00:00:00:00:09", dev: eth0 }] }
sysctl:
  net.ipv4.neigh.eth0.gc_stale_time: 120
  net.ipv4.neigh.default.gc_stale_time: 30
  net.ipv4.neigh.default.gc_thresh3: 99
  net.ipv4.neigh.default.ucast_solicit: 1
telemetry: { to: "10.0.0.9:8094", every: 1s }
`;
  const { clock, system } = await start(rig(text), { duration: HOUR });
  await clock.advance(HOUR);
  t.match(
    system.summary(),
    { datagrams: { sent: 3600, queued: 0 }, arp: { requestsBroadcast: 0, requestsUnicast: 0 } },
    "no ARP, ever",
  );
  const eth0 = system.stack.network.device("eth0");
  if (!eth0) throw new Error("no device");
  const { table } = system.stack.neighbours(4);
  t.match(table.parametersOf(eth0), { gcStaleTime: 120_000, ucastProbes: 1 });
  t.match([table.defaults.gcStaleTime, table.gc.thresh3], [30_000, 99]);
  await system.stop();
});

t.test("what fails on the way up closes what was opened, and says what it was", async (t) => {
  const bad: [Partial<Rig>, string][] = [
    [{ sysctl: { "net.ipv4.neigh.eth0.nope": "1" } }, "SYSCTL_UNKNOWN"],
    [{ routes: [{ to: "default", via: "11.0.0.1" }] }, "ROUTE_UNREACHABLE"],
    [{ telemetry: { ...benchRig().telemetry!, sensors: [{ kind: "thermometer", pin: "A99" }] } }, "GPIO_BAD_PIN"],
    [{ board: { io: "none", leds: {} } }, "GPIO_NO_IO"],
    [{ board: { io: "simulated", leds: { link: "A0" } } }, "GPIO_BAD_PIN"],
  ];
  for (const [change, code] of bad) {
    const { clock, system, log } = await make({ ...benchRig(), ...change });
    await t.rejects(startSystem(system), { code }, code);
    t.same([system.stack.network.device("eth0")?.up, log, system.summary().duration], [false, [], 0]);
    const now = clock.now();
    await clock.advance(HOUR);
    t.equal(clock.now(), now + HOUR);
    await system.finished;
    await system.stop();
  }
});

t.test("stopped while it starts, it opens nothing more", async (t) => {
  for (let steps = 0; steps < 12; steps++) {
    const { system, log, clock } = await make(benchRig());
    const started = system.start().catch(() => undefined);
    for (let step = 0; step < steps; step++) await clock.advance(0.1);
    const stopped = system.stop();
    await clock.advance(1000);
    await Promise.all([started, stopped, system.finished]);
    await clock.advance(HOUR);
    t.same(
      [system.stack.network.device("eth0")?.up, log.filter((line) => line.includes("#"))],
      [false, []],
      `stopped after ${steps} steps`,
    );
    t.equal(system.stack.network.pool.inUse, 0);
  }
});

t.test("without a link the firmware waits for one, but not for ever; stopped, it does not wait on", async (t) => {
  const pulled = async (options: Omit<SystemOptions, "clock"> = {}): Promise<Running & { plug(up: boolean): void }> => {
    const made = await make(benchRig(), options);
    const plug = (up: boolean): void => {
      for (const port of made.system.wire("eth0")?.ports ?? []) port.plugged = up;
    };
    plug(false);
    await startSystem(made.system);
    made.log.length = 0;
    return { ...made, plug };
  };
  const early = await pulled();
  t.equal(early.system.reports()[0]?.carrier, false);
  await early.clock.advance(2000);
  t.same(early.log, []);
  early.plug(true);
  await early.clock.advance(500);
  t.match(early.log, [/^20\d\d eth0 carrier-up$/, /#1 sent/], "it starts with the link");
  early.plug(false);
  await early.clock.advance(100);
  early.plug(true);
  await early.clock.advance(2000);
  t.equal(early.system.summary().datagrams.sent, 1, "once, however often the link comes");
  await early.system.stop();

  const late = await pulled();
  await late.clock.advance(10_000);
  t.match(late.log, [/^80\d\d #1 failed NEIGH_FAILED/], "after five seconds it starts without one");
  await late.system.stop();

  for (const end of ["stop", "duration"]) {
    const { clock, system, log, plug } = await pulled(end === "duration" ? { duration: 1000 } : {});
    await clock.advance(1500);
    if (end === "stop") await system.stop();
    plug(true);
    await clock.advance(20_000);
    t.same(
      log.filter((line) => line.includes("#")),
      [],
      `not after its ${end}`,
    );
    await system.stop();
  }
});

t.test("without its application the stack is up and says nothing", async (t) => {
  const { clock, system, log } = await start(benchRig(), { app: false });
  await clock.advance(HOUR);
  t.match([log.length, system.summary().datagrams], [1, { sent: 0, queued: 0, failed: 0 }]);
  t.equal(system.stack.neighbours(4).counters(system.stack.network.device("eth0")!).requestsBroadcast, 0);
  await system.stop();
});

t.test("what a rig needs real time for", async (t) => {
  const bench = benchRig();
  t.equal(needsRealTime(bench), null);
  t.equal(needsRealTime({ ...bench, board: { io: "none", leds: {} } }), null);
  t.equal(needsRealTime({ ...bench, board: { io: "raspi-io", leds: {} } }), "the board's pins are raspi-io");
  const real = (text: string): string | null =>
    needsRealTime(parseRig(BENCH_RIG.replace(/driver: enc28j60\n {4}bus: \{ kind: sim \}/, text), "r"));
  t.equal(real("driver: packet\n    bus: { kind: interface, name: eth9 }"), "eth0 is packet on interface");
  t.equal(real("driver: enc28j60\n    bus: { kind: sim, wire: eth9 }"), "the wire of eth0 is the interface eth9");
});

t.test("in real time: a process with a system that has stopped ends by itself", async (t) => {
  const child = fileURLToPath(new URL("system-child.ts", import.meta.url));
  const loader = new URL("../../../firmware-ts/cli/dev.mjs", import.meta.url).href;
  const rows: [string, RegExp][] = [
    ["run", /^\{"sent":1,"queued":1,"failed":0\}\n$/],
    ["stopped", /^\{"sent":0,"queued":0,"failed":0\}\n$/],
    ["refused", /^PORT_MISSING\n$/],
  ];
  for (const [what, printed] of rows) {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--import", loader, child, what], {
      encoding: "utf8",
      timeout: 60_000,
    });
    t.same([status, signal], [0, null], `${what}: ${stderr}`);
    t.match(stdout, printed, what);
  }
});

t.test("the rig's profile and lateness of timers are the table's", async (t) => {
  const { clock, system } = await start(
    rig(`${device("10.0.0.5/24")}neighbours: { profile: lowpower, lateness: kernel, hz: 100 }
telemetry: { to: "10.0.0.1:8094", every: 3s }
`),
  );
  const { profile, lateness } = system.stack.neighbours(4).table;
  t.match([profile.name, lateness.kernel, lateness.hz], ["lowpower", true, 100]);
  await clock.advance(300_000);
  t.match(system.summary().arp, { requestsBroadcast: 1 });
  t.ok(system.summary().arp.requestsUnicast <= 3);
  await system.stop();
});

t.test("devices in namespaces: each a stack with lo and devices of its own, all on one table", async (t) => {
  const one = (at: number, netns: string): string =>
    `  eth${at}: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.5/24]${netns && `, netns: ${netns}`} }\n`;
  const { clock, system } = await start(
    rig(`devices:
${one(0, "")}${one(1, "blue")}${one(2, "red")}routes: [{ to: default, via: 10.0.0.1, dev: eth1 }]
neighbours: { static: [{ ip: 10.0.0.9, lladdr: "02:00:00:00:00:09", dev: eth1 }] }
sysctl: { net.ipv4.neigh.eth1.gc_stale_time: 120, net.ipv4.neigh.default.gc_thresh3: 99 }
`),
  );
  const blue = system.namespaces.get("blue");
  if (!blue) throw new Error("no namespace");
  const { table } = system.stack.neighbours(4);
  t.same(
    [system.stack, ...system.namespaces.values()].map((stack) => stack.devices.map(({ name }) => name)),
    [
      ["lo", "eth0"],
      ["lo", "eth1"],
      ["lo", "eth2"],
    ],
  );
  t.equal(blue.neighbours(4).table, table);
  t.same([blue.ip.routes.lookup(ipv4("192.0.2.1"))?.device.name, system.stack.ip.routes.lookup(ipv4("192.0.2.1"))], ["eth1", null]);
  t.same(
    [table.list(blue.neighbours(4).namespace).length, table.list(system.stack.neighbours(4).namespace).length, table.gc.thresh3],
    [1, 0, 99],
  );
  t.equal(table.parametersOf(blue.network.device("eth1")!).gcStaleTime, 120_000);
  const socket = blue.udp.open();
  socket.send(new Uint8Array(4), socket.to("10.0.0.1", 9));
  await clock.advance(100);
  t.match(system.summary().arp, { requestsBroadcast: 1, repliesReceived: 1 }, "counted of all namespaces");
  await system.stop();
  t.equal(table.entries, 0);
});
