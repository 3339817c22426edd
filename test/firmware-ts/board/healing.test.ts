/**
 * Devices of a rig that lose what they stand on, and get it back: an interface that is removed and made again, a QEMU that is killed,
 * a TAP device that is deleted. Nobody but the rig brings them back.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { LocalVeth, missingForNetns, missingPrograms, run } from "../../support/netns.ts";
import { PREFIX } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

const skip = missingForNetns();
class Bench {
  readonly clock: SystemClock;
  readonly system: System;
  /** `eth0 failed`, in order; address and carrier apart. */
  readonly told: string[];

  private constructor(clock: SystemClock, system: System, told: string[]) {
    this.clock = clock;
    this.system = system;
    this.told = told;
  }

  static async start(t: Test, devices: string): Promise<Bench> {
    const clock = new SystemClock();
    const told: string[] = [];
    const system = await System.make(parseRig(`name: healing\ndevices:\n${devices}`, "healing.yaml"), {
      clock,
      listener: {
        ready: () => {},
        datagram: () => {},
        device: (device, event) => {
          if (event === "failed" || event === "recovered") told.push(`${device.name} ${event}`);
        },
      },
    });
    const bench = new Bench(clock, system, told);
    t.teardown(async () => {
      await bench.system.stop();
      bench.clock.stop();
    });
    await startSystem(bench.system);
    return bench;
  }

  async hears(event: string, times = 1): Promise<void> {
    await eventually(() => this.told.filter((each) => each === event).length >= times, `${event}: ${this.told}`);
  }

  /** Until an echo request is answered: a link, and QEMU's chip, take their time. */
  async reaches(address: string): Promise<void> {
    const { ping } = this.system.stack;
    const pinger = ping.open();
    const destination = ping.to(address);
    let answered = false;
    pinger.onReply = () => {
      answered = true;
    };
    let sequence = 0;
    await eventually(() => {
      if (sequence++ % 10 === 0) pinger.send(destination, sequence, 56);
      return answered;
    }, `an answer of ${address}`);
    pinger.close();
  }
}

/** A cable with these ends, made anew where it was removed. */
function lay({ a, b }: LocalVeth): void {
  run("ip", ["link", "add", a, "type", "veth", "peer", "name", b]);
  for (const name of [a, b]) run("ip", ["link", "set", name, "up"]);
}

function far(iface: string): string {
  return `  far: { driver: packet, bus: { kind: interface, name: ${iface} }, netns: far, addresses: [10.8.0.2/24] }\n`;
}

t.jobs = 4;

realTime(t, "packet: the interface is removed and returns, twice", { skip, buffered: true }, async (t) => {
  const cable = new LocalVeth();
  t.teardown(() => cable.remove());
  const near = `  eth0: { driver: packet, bus: { kind: interface, name: ${cable.a} }, addresses: [10.8.0.1/24] }\n`;
  const bench = await Bench.start(t, near + far(cable.b));
  await bench.reaches("10.8.0.2");
  for (const round of [1, 2]) {
    run("ip", ["link", "delete", cable.a]);
    await bench.hears("eth0 failed", round);
    await bench.hears("far failed", round);
    t.match(bench.system.stack.network.device("eth0"), { up: true, hasCarrier: false });
    lay(cable);
    await bench.hears("eth0 recovered", round);
    await bench.hears("far recovered", round);
    await bench.reaches("10.8.0.2");
  }
  t.equal(bench.told.length, 8, `each told once: ${bench.told}`);
  const { eth0 } = bench.system.summary().devices;
  t.match(eth0, { failures: 2, recoveries: 2, failedFor: null, repairs: null });
});

realTime(t, "a simulated chip whose wire is an interface that is removed and returns", { skip, buffered: true }, async (t) => {
  const cable = new LocalVeth();
  t.teardown(() => cable.remove());
  const near = `  eth0: { driver: e1000, bus: { kind: sim, wire: ${cable.a} }, addresses: [10.8.0.1/24] }\n`;
  const bench = await Bench.start(t, near + far(cable.b));
  await bench.reaches("10.8.0.2");
  run("ip", ["link", "delete", cable.a]);
  await bench.hears("eth0 failed");
  lay(cable);
  await bench.hears("eth0 recovered");
  await bench.reaches("10.8.0.2");
  const { eth0 } = bench.system.summary().devices;
  t.match(eth0, { failures: 1, recoveries: 1, suspicions: 0, repairs: 0 }, "the chip knows of nothing but its link");
  t.ok(typeof eth0?.sinceProof === "number" && eth0.sinceProof < 5000, "and lives");
});

const noTun = existsSync("/dev/net/tun") ? false : "needs /dev/net/tun, from the kernel module tun";

realTime(
  t,
  "tap: the interface that was made for the stack is deleted, and made again",
  { skip: skip || noTun, buffered: true },
  async (t) => {
    const name = `${PREFIX}tap`;
    const bench = await Bench.start(
      t,
      `  eth0: { driver: tap, bus: { kind: interface, name: ${name} }, addresses: [10.8.0.1/24] }\n`,
    );
    t.match(run("ip", ["link", "show", name]), name);
    run("ip", ["link", "delete", name]);
    await bench.hears("eth0 failed");
    await bench.hears("eth0 recovered");
    await eventually(() => bench.system.stack.network.device("eth0")?.hasCarrier === true, "its link");
    run("ip", ["address", "add", "10.8.0.3/24", "dev", name]);
    await bench.reaches("10.8.0.3");
  },
);

const noQemu = missingPrograms("qemu-system-x86_64", "setpriv");

realTime(t, "QEMU is killed: another one takes its place", { skip: skip || noQemu, buffered: true }, async (t) => {
  const cable = new LocalVeth();
  t.teardown(() => cable.remove());
  const near = `  eth0: { driver: e1000, bus: { kind: qemu, wire: ${cable.a} }, addresses: [10.8.0.1/24] }\n`;
  const bench = await Bench.start(t, near + far(cable.b));
  await bench.reaches("10.8.0.2");
  process.kill(qemu(), "SIGKILL");
  await bench.hears("eth0 failed");
  t.match(bench.system.stack.network.device("eth0")?.error, { code: "QEMU_DIED" });
  await bench.hears("eth0 recovered");
  await bench.reaches("10.8.0.2");
  t.same(bench.told, ["eth0 failed", "eth0 recovered"]);
});

/** Process id of this process's QEMU. */
function qemu(): number {
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, comm, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      if (Number(parent) === process.pid && comm?.startsWith("qemu")) return Number(name);
    } catch {
      // It ended while it was looked at.
    }
  }
  throw new Error("no QEMU of ours runs");
}
