/**
 * Addresses next to programs of others at the far end of a real cable. DHCP servers: each gives the board a lease and renews it, without a
 * question of the board's ARP; it dies, and the address goes with its lease. A kernel that has the board's address, and arping -D about
 * it. In real time, because the servers count in seconds.
 */
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { AddressEvent } from "../../firmware-ts/apps/address-event.ts";
import { parseRig } from "../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../firmware-ts/board/system.ts";
import { formatIpv4 } from "../../firmware-ts/ip/address.ts";
import { SystemClock } from "../../hal/clock.ts";
import { missingForNetns, missingPrograms, type Netns, VethPair } from "../support/netns.ts";
import { scratch } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { adopt, ended } from "../support/whohas.ts";

t.jobs = 4;

const LEASE = 4;
const folder = scratch("dhcp");

interface Server {
  readonly program: string;
  /** Writes what it needs, and starts it. */
  start(far: Netns, device: string, folder: string): ChildProcess;
  /** Its shortest lease is longer than anybody waits for. */
  readonly patient?: true;
}

const SERVERS: readonly Server[] = [
  {
    program: "dnsmasq",
    patient: true,
    start: (far, device, folder) =>
      far.spawn("dnsmasq", [
        ...["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", `--interface=${device}`, "--no-ping", "--user=root"],
        ...["--dhcp-range=10.9.0.50,10.9.0.60,2m", "--dhcp-option=option:T1,1", "--dhcp-option=option:T2,3"],
        ...["--dhcp-option=121,10.0.0.0/8,10.9.0.7,0.0.0.0/0,10.9.0.1", "--dhcp-option=option:dns-server,10.9.0.1,10.9.0.2"],
        ...[`--dhcp-leasefile=${join(folder, "leases")}`, `--pid-file=${join(folder, "pid")}`],
      ]),
  },
  {
    program: "dhcpd",
    start: (far, device, folder) => {
      const conf = join(folder, "dhcpd.conf");
      writeFileSync(
        conf,
        `default-lease-time ${LEASE}; min-lease-time ${LEASE}; authoritative; ping-check false;
option rfc3442 code 121 = array of unsigned integer 8;
subnet 10.9.0.0 netmask 255.255.255.0 { range 10.9.0.50 10.9.0.60; option routers 10.9.0.9;
  option rfc3442 8, 10, 10,9,0,7, 0, 10,9,0,1; option domain-name-servers 10.9.0.1, 10.9.0.2;
  option dhcp-renewal-time 1; option dhcp-rebinding-time 3; }\n`,
      );
      writeFileSync(join(folder, "leases"), "");
      const files = ["-cf", conf, "-lf", join(folder, "leases"), "-pf", join(folder, "pid")];
      return far.spawn("dhcpd", ["-4", "-f", "-q", ...files, device]);
    },
  },
  {
    program: "kea-dhcp4",
    start: (far, device, folder) => {
      const data = (name: string, data: string): object => ({ name, data });
      const routes = "10.0.0.0/8 - 10.9.0.7, 0.0.0.0/0 - 10.9.0.1";
      const subnet = {
        id: 1,
        subnet: "10.9.0.0/24",
        pools: [{ pool: "10.9.0.50-10.9.0.60" }],
        "option-data": [data("routers", "10.9.0.9"), data("domain-name-servers", "10.9.0.1, 10.9.0.2"), data("classless", routes)],
      };
      // Its option 121 has no name before version 2.6: it is written as octets.
      subnet["option-data"][2] = { code: 121, "csv-format": false, data: "080A0A090007000A090001", "always-send": true } as never;
      const config = {
        "interfaces-config": { interfaces: [device] },
        "lease-database": { type: "memfile", persist: false },
        ...{ "valid-lifetime": LEASE, "renew-timer": 1, "rebind-timer": 3, subnet4: [subnet] },
      };
      const conf = join(folder, "kea.json");
      writeFileSync(conf, JSON.stringify({ Dhcp4: config }));
      const env = { ...process.env, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder };
      return far.spawn("kea-dhcp4", ["-c", conf], { env });
    },
  },
];

for (const server of SERVERS) {
  const skip = missingForNetns() || missingPrograms(server.program);
  realTime(t, server.program, { skip, buffered: true }, (t) => play(t, server));
}

realTime(t, "a kernel", { skip: missingForNetns() || missingPrograms("arping"), buffered: true }, async (t) => {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  const far = (word: string): string => pair.far.ip("address", word, "10.9.0.7/24", "dev", pair.farName);
  far("add");
  const { system, told } = await begin(t, pair.near, "{ kind: address, device: eth0, address: 10.9.0.7/24, defence: give-up }");
  await eventually(() => told("taken") === 1, "the kernel's answer to the first probe");
  t.same(
    system.stack.ip.addresses.list.filter(({ device }) => device.name === "eth0"),
    [],
  );
  await system.stop();
  far("del");
  const again = await begin(t, pair.near, "{ kind: address, device: eth0, address: 10.9.0.7/24, defence: give-up }");
  await again.system.addressed;
  const asked = pair.far.spawn("arping", ["-D", "-c", "1", "-w", "3", "-I", pair.farName, "10.9.0.7"]);
  t.equal((await ended(asked)).code, 1, "arping -D: somebody has it");
  far("add");
  pair.far.run("arping", "-c", "1", "-A", "-I", pair.farName, "10.9.0.7");
  await eventually(() => again.told("taken") === 1, "a kernel that takes the address and announces it");
  t.same(
    again.system.stack.ip.addresses.list.filter(({ device }) => device.name === "eth0"),
    [],
  );
});

realTime(t, "dhcp-inform beside dnsmasq", { skip: missingForNetns() || missingPrograms("dnsmasq") }, async (t) => {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  pair.far.ip("address", "add", "10.9.0.1/24", "dev", pair.farName);
  const own = join(folder, `inform-${process.hrtime.bigint()}`);
  mkdirSync(own, { recursive: true });
  const child = adopt((SERVERS[0] as Server).start(pair.far, pair.farName, own));
  t.teardown(() => child.kill("SIGKILL"));
  await listening(child);
  const app = "{ kind: dhcp-inform, device: eth0, delay: 0ms, request: [28], send: [77=field] }";
  const { system, events, told } = await begin(t, pair.near, app, "10.9.0.9/24");
  await eventually(() => told("informed") === 1, "an answer");
  t.match(events, [{ address: "10.9.0.9/24", server: "10.9.0.1", options: { 28: "0a0900ff" } }]);
  const { ip, nameServers } = system.stack;
  t.equal(formatIpv4(ip.routes.lookup(0x0a010203)?.gateway ?? 0), "10.9.0.7", "its classless routes");
  t.same(
    nameServers.list.map((server) => formatIpv4(server as number)),
    ["10.9.0.1", "10.9.0.2"],
  );
  t.equal(ip.counters.icmp.outType[3], 0, "nobody is told that the port is closed");
});

interface Running {
  readonly system: System;
  readonly events: AddressEvent[];
  /** The number of events of a kind. */
  told(change: string): number;
}

/** A board on an interface with one app. */
async function begin(t: Test, near: string, app: string, addresses = ""): Promise<Running> {
  const device = `{ driver: packet, bus: { kind: interface, name: ${near} }, addresses: [${addresses}] }`;
  const rig = `devices: { eth0: ${device} }\napps: [${app}]\n`;
  const clock = new SystemClock();
  const events: AddressEvent[] = [];
  const system = await System.make(parseRig(rig, "rig.yaml"), {
    clock,
    listener: {
      ready: () => undefined,
      device: () => undefined,
      datagram: () => undefined,
      address: (event) => events.push(event),
    },
  });
  t.teardown(async () => {
    await system.stop();
    clock.stop();
  });
  await startSystem(system);
  return { system, events, told: (change) => events.filter((event) => event.change === change).length };
}

async function play(t: Test, server: Server): Promise<void> {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  pair.far.ip("address", "add", "10.9.0.1/24", "dev", pair.farName);
  const own = join(folder, `${server.program}-${process.hrtime.bigint()}`);
  mkdirSync(own, { recursive: true });
  const child = adopt(server.start(pair.far, pair.farName, own));
  t.teardown(() => child.kill("SIGKILL"));
  await listening(child);
  const app = "{ kind: dhcp, device: eth0, probe: never, delay: 0ms, hostname: board-7 }";
  const { system, events, told } = await begin(t, pair.near, app);
  const { stack } = system;
  const device = stack.network.device("eth0");
  if (!device) throw new Error("no device");
  await eventually(() => told("got") === 1, "a lease");
  const addresses = (): string[] =>
    stack.ip.addresses.of(device).map(({ local, prefixLength }) => `${formatIpv4(local)}/${prefixLength}`);
  t.match(addresses(), [/^10\.9\.0\.(5\d|60)\/24$/]);
  t.equal(events[0]?.server, "10.9.0.1");
  const hop = (address: number): string => formatIpv4(stack.ip.routes.lookup(address)?.gateway ?? 0);
  t.same([hop(0x0a010203), hop(0x08080808)], ["10.9.0.7", "10.9.0.1"], "its classless routes");
  t.same(
    stack.nameServers.list.map((server) => formatIpv4(server as number)),
    ["10.9.0.1", "10.9.0.2"],
  );
  await eventually(() => told("renewed") >= 2, "two renewals");
  const { requestsBroadcast, requestsUnicast } = stack.neighbours(4).counters(device);
  t.ok(
    requestsBroadcast <= 2 && requestsUnicast === 0,
    `two announcements, and no question: ${requestsBroadcast} ${requestsUnicast}`,
  );
  if (server.patient) return;
  child.kill("SIGKILL");
  await eventually(() => told("lost") === 1, "the end of the lease");
  t.same([addresses(), stack.nameServers.list], [[], []]);
  t.equal(stack.ip.routes.lookup(0x08080808), null);
}

/** Waits until the program listens: to port 67 by UDP, or as dhcpd and kea do, by a packet socket. */
async function listening({ pid }: ChildProcess): Promise<void> {
  const net = (file: string): string => readFileSync(`/proc/${pid}/net/${file}`, "latin1");
  const there = (): boolean => readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync("/proc/self/ns/net");
  await eventually(() => there() && (/:0043 /.test(net("udp")) || net("packet").trim().includes("\n")), "a server");
}
