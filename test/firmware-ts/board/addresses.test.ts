/** Devices that get their addresses by themselves, as a rig has them: what waits for an address, and what comes and goes with it. */
import t from "tap";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import { System, type SystemListener, startSystem } from "../../../firmware-ts/board/system.ts";
import { formatIpv4 } from "../../../firmware-ts/ip/address.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const MINUTE = 60_000;

interface Running {
  readonly clock: VirtualClock;
  readonly system: System;
  readonly log: string[];
}

async function start(text: string): Promise<Running> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string): void => void log.push(what);
  const listener: SystemListener = {
    ready: (system) => note(`ready ${system.reports().map(({ awaited }) => awaited.join(","))}`),
    device: () => undefined,
    address: ({ device, by, change, address }) => note(`${device} ${by} ${change} ${address}`.trim()),
    datagram: ({ seq, status, reason }) => {
      if (seq === 1) note(`#1 ${status}${reason}`);
    },
  };
  const system = await System.make(parseRig(text, "test.yaml"), { clock, listener });
  await startSystem(system);
  return { clock, system, log };
}

const TELEMETRY = "telemetry: { to: 192.168.10.1:8094 }\n";
const STATIC = "neighbours: { static: [{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }] }\n";

function device(addresses: string, name = "eth0"): string {
  return `  ${name}: { driver: e1000, bus: { kind: sim }, addresses: [${addresses}] }\n`;
}

t.test("dhcp: ready does not wait, telemetry does; its first datagram asks nobody", async (t) => {
  const { clock, system, log } = await start(`devices:\n${device("dhcp")}${TELEMETRY}`);
  await clock.advance(10_000);
  t.same(log, ["ready dhcp", "eth0 dhcp got 192.168.10.50/24", "#1 sent"]);
  await system.addressed;
  t.match(
    system.summary(),
    { arp: { requestsBroadcast: 5, requestsUnicast: 0 }, datagrams: { failed: 0 } },
    "3 probes, 2 announcements",
  );
  t.same(system.reports()[0]?.awaited, []);
  await clock.advance(11 * MINUTE);
  t.same(log.slice(3), ["eth0 dhcp renewed 192.168.10.50/24", "eth0 dhcp renewed 192.168.10.50/24"]);
  await system.stop();
});

t.test("routes and static neighbours of the rig follow the address, and come back with it", async (t) => {
  const routes = "routes: [{ to: 10.0.0.0/8, via: 192.168.10.7 }]\n";
  const { clock, system, log } = await start(`devices:\n${device("dhcp")}${routes}${STATIC}`);
  const { ip } = system.stack;
  const state = (): [string, number] => [
    formatIpv4(ip.routes.lookup(ipv4("10.1.1.1"))?.gateway ?? 0),
    system.stack.neighbours(4).table.find(ipv4("192.168.10.1"), system.stack.network.device("eth0") as never)?.nudState ?? 0,
  ];
  await clock.advance(10_000);
  t.same(state(), ["192.168.10.7", Nud.PERMANENT]);
  const wire = system.wire("eth0");
  if (!wire) throw new Error("a real wire");
  wire.loss = 1;
  await clock.advance(15 * MINUTE);
  t.equal(log.at(-1), "eth0 dhcp silent", "the lease is over, and nobody answers");
  t.same(state(), ["0.0.0.0", 0]);
  wire.loss = 0;
  await clock.advance(3 * MINUTE);
  t.same([log.at(-1), state()], ["eth0 dhcp got 192.168.10.50/24", ["192.168.10.7", Nud.PERMANENT]]);
  await system.stop();
});

t.test("profile strict asks for the addresses of the rig; telemetry waits, and a route by them", async (t) => {
  const more = "routes: [{ to: default, via: 192.168.10.1 }]\nneighbours: { profile: strict }\n";
  const { clock, system, log } = await start(`devices:\n${device("192.168.10.10/24, fd00:10::10/64")}${more}${TELEMETRY}`);
  t.same(log, ["ready 192.168.10.10/24"], "an address of IPv6 asks for itself");
  await clock.advance(10_000);
  t.same(log.slice(1), ["eth0 static got 192.168.10.10/24", "#1 sent"]);
  t.equal(formatIpv4(system.stack.ip.routes.lookup(ipv4("8.8.8.8"))?.gateway ?? 0), "192.168.10.1");
  await system.stop();
});

t.test("of several devices one with an address is enough for telemetry", async (t) => {
  const { clock, system, log } = await start(`devices:\n${device("dhcp", "eth1")}${device("192.168.10.10/24")}${TELEMETRY}`);
  const wire = system.wire("eth1");
  if (wire) wire.loss = 1;
  await clock.advance(1000);
  t.same(log, ["ready dhcp,", "#1 sent"]);
  await system.stop();
});

t.test("dhcp and link-local together, and as apps with all their options", async (t) => {
  const apps = `apps:
  - { kind: dhcp, device: eth0, hostname: node-7, vendor: whohas, identity: mac, probe: never, release: yes, delay: 0ms, fallback: none }
  - { kind: link-local, device: eth1 }
  - { kind: address, device: eth1, address: 10.0.0.1/8, defence: defend-once }
`;
  const { clock, system, log } = await start(
    `devices:\n${device("")}${device("172.16.0.1/24", "eth1")}${device("dhcp, link-local", "eth2")}${apps}`,
  );
  await clock.advance(10_000);
  t.match(log.toSorted(), [
    "eth0 dhcp got 192.168.10.50/24",
    /^eth1 link-local got 169\.254\.\d+\.\d+\/16$/,
    "eth1 static got 10.0.0.1/8",
    "eth2 dhcp got 192.168.10.50/24",
    "ready dhcp,link-local,10.0.0.1/8,dhcp",
  ]);
  await system.stop();
});

t.test("what whohas check says", async (t) => {
  const rig = parseRig(
    `devices:\n${device("dhcp, link-local")}${device("link-local", "eth1")}${device("10.0.0.1/8", "eth2")}neighbours: { profile: strict }\n`,
    "test.yaml",
  );
  t.same(
    describeRig(rig).filter((line) => line.startsWith("address")),
    [
      "address     eth0  from a DHCP server, link-local until one answers",
      "address     eth1  link-local, chosen from 169.254/16",
      "address     eth2  10.0.0.1/8, asked for before it is used",
    ],
  );
});

t.test("an app in the list of apps finds a server at the far end, as a device's own address does", async (t) => {
  for (const [addresses, got] of [
    ["", "192.168.10.50/24"],
    ["10.0.7.9/24", "10.0.7.50/24"],
  ] as const) {
    const { clock, system, log } = await start(`devices:\n${device(addresses)}apps: [{ kind: dhcp, device: eth0 }]\n`);
    await clock.advance(10_000);
    t.ok(log.includes(`eth0 dhcp got ${got}`), `[${addresses}]: ${log}`);
    await system.stop();
  }
});

t.test("mistakes in a rig are told with their place", async (t) => {
  const faults = (text: string): string => {
    try {
      parseRig(text, "test.yaml");
      return "";
    } catch (error) {
      return error instanceof RigError ? error.message : String(error);
    }
  };
  const one = `devices:\n${device("dhcp")}`;
  t.match(faults(`devices:\n${device("dhcp, dhcp")}`), /2:\d+: devices.eth0.addresses\[1\]: dhcp: given twice/);
  t.match(
    faults(`${one}apps: [{ kind: dhcp, device: eth0 }]\n`),
    /3:\d+: apps\[0\].device: "?eth0"?: has dhcp already, by devices.eth0.addresses/,
  );
  t.match(faults(`${one}apps: [{ kind: link-local, device: eth9 }]\n`), /3:\d+: apps\[0\].device: "?eth9"?: no such device/);
  t.match(faults(`${one}apps: [{ kind: link-local }]\n`), /apps\[0\].device: missing/);
  t.match(
    faults(`${one}apps: [{ kind: address, device: eth0, address: fd00::1/64 }]\n`),
    /an address of IPv6, which asks for itself/,
  );
  t.match(faults(`devices:\n${device("dhpc")}`), /devices.eth0.addresses\[0\]/);
  t.equal(faults(`${one}routes: [{ to: default, via: 10.9.9.9 }]\n`), "", "nobody knows the subnet of a lease beforehand");
});
