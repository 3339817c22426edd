/** A flood on the e1000: every frame is accounted for, and other work has its turn. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { E1000 } from "../../drivers/e1000/e1000.ts";
import { Telemetry } from "../../firmware-ts/apps/telemetry/telemetry.ts";
import { ControlServer } from "../../firmware-ts/board/control-socket.ts";
import { stackMethods } from "../../firmware-ts/control/methods/index.ts";
import type { Method } from "../../firmware-ts/control/rpc/protocol.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { NAPI_WEIGHT } from "../../firmware-ts/net/napi.ts";
import { ipv4, Stack } from "../../firmware-ts/stack.ts";
import { type Clock, SystemClock, VirtualClock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { SeededRandom } from "../../hal/random.ts";
import { E1000Chip } from "../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { Folder } from "../support/control.ts";
import { startNode } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ipv4Frame, mac, T1, T2, US, udp } from "../support/wire-format.ts";

const FRAMES = 200_000;
const EVERY = 100;
/** Default ring: all descriptors but one may be the chip's. */
const RING = 255;
const LISTENED = 5000;
const TELEMETRY = 8094;
/** Fragments wait for their others for less, in ms (ipfrag_time). */
const FRAGMENTS_WAIT = 31_000;

/** The offered frames: mostly datagrams for an open socket, and one frame with each possible fault. */
interface Kind {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly fcsOk: boolean;
  /** Where it ends: at the socket, in a counter of the device, or at the chip's own filters. The first fragment waits for its others. */
  readonly end: "socket" | "filtered" | "damaged" | "waits" | DropReason;
}

const payload = new Uint8Array(18).fill(0x5a);

function kind(name: string, end: Kind["end"], bytes: Uint8Array): Kind {
  return { name, bytes, fcsOk: end !== "damaged", end };
}

const WANTED: Kind = kind("wanted", "socket", udp({}, payload));
const OTHERS: readonly Kind[] = [
  kind("wanted, of full size", "socket", udp({}, new Uint8Array(1472).fill(0x5a))),
  kind("nobody listens", DropReason.NO_SOCKET, udp({ dport: LISTENED + 1 }, payload)),
  kind("wrong UDP checksum", DropReason.UDP_CSUM, udp({ udpSum: 0x1234 }, payload)),
  kind("wrong IP checksum", DropReason.IP_CSUM, udp({ headerSum: 0x1234 }, payload)),
  kind("another host's packet", DropReason.IP_NOT_LOCAL, udp({ destination: "10.0.0.99" }, payload)),
  kind("a fragment, again", DropReason.DUP_FRAG, udp({ fragment: 0x2000 }, payload)),
  kind("no such protocol", DropReason.IP_NOPROTO, ipv4Frame({}, 99, new Uint8Array(40))),
  kind("no such ethertype", DropReason.UNHANDLED_PROTO, udp({ type: 0x1234 }, payload)),
  kind("another station's frame", "filtered", udp({ to: T2 }, payload)),
  kind("damaged on the wire", "damaged", udp({}, payload)),
];

/** A stack on the chip's model; at the far end of its cable somebody who listens and, past the cable, the flood. */
class Site {
  readonly chip: E1000Chip;
  readonly controller: E1000;
  readonly stack: Stack;
  readonly eth0: NetDevice;
  /** Frames for the telemetry port that came out of the cable, with the time of their arrival. */
  readonly heard: number[] = [];
  /** Most that one poll took in, and most of the chip's buffers that were out at its end. */
  mostInPoll = 0;
  mostBuffers = 0;
  delivered = 0;
  offered = 0;
  readonly #clock: Clock;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    const random = new SeededRandom("flood");
    const segment = new EthernetSegment(clock, random.fork("wire"));
    this.chip = new E1000Chip(clock, segment, "eth0", { mac: Uint8Array.from(mac(US)) });
    this.controller = new E1000(clock, this.chip);
    this.stack = new Stack({ clock, random: random.fork("stack") });
    this.eth0 = this.stack.addDevice("eth0", this.controller);
    segment.attach("far", { wireFrame: (bytes) => this.#hear(bytes), wireLink: () => {} });
    this.stack.udp.open(LISTENED).onDatagram = () => {
      this.delivered++;
      work();
    };
    const poll = this.eth0.poll.bind(this.eth0);
    this.eth0.poll = (budget) => {
      const taken = poll(budget);
      this.mostInPoll = Math.max(this.mostInPoll, taken);
      this.mostBuffers = Math.max(this.mostBuffers, this.controller.buffers?.inUse ?? 0);
      return taken;
    };
  }

  configure(): void {
    this.stack.addAddress(this.eth0, "10.0.0.1/24");
    this.stack.addNeighbour("10.0.0.2", T1, this.eth0);
  }

  telemetry(): Telemetry {
    return new Telemetry(this.stack, { node: "pico", address: ipv4("10.0.0.2"), port: TELEMETRY, every: EVERY, sensors: [] });
  }

  /** One frame from the wire; false when the chip had no room for it. */
  offer({ bytes, fcsOk }: Kind): boolean {
    const { counters } = this.chip;
    const { missed } = counters;
    this.offered++;
    this.chip.wireFrame(bytes, bytes.length, fcsOk);
    return counters.missed === missed;
  }

  /** Where frames have ended, as everything that counts them says. */
  get ends(): Map<Kind["end"] | "missed", number> {
    const { counters } = this.chip;
    const ends = new Map<Kind["end"] | "missed", number>([
      ["missed", counters.missed],
      ["filtered", counters.filtered],
      ["damaged", counters.damaged],
      ["socket", this.delivered],
      ["waits", this.stack.ip.fragments.length],
    ]);
    for (const [reason, count] of this.eth0.drops.counts.entries()) if (count > 0) ends.set(reason as DropReason, count);
    return ends;
  }

  #hear(bytes: Uint8Array): void {
    if ((bytes[36]! << 8) + bytes[37]! === TELEMETRY) this.heard.push(this.#clock.now());
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

t.test("in virtual time every frame ends where its kind belongs, or is counted as missed", async (t) => {
  const clock = new VirtualClock();
  const site = new Site(clock, () => {});
  const { chip, controller, stack, eth0 } = site;
  const opened = eth0.open();
  await clock.advance(100);
  await opened;
  site.configure();
  const random = new SeededRandom("frames");
  const wanted = new Map<Kind["end"] | "missed", number>();
  const count = (end: Kind["end"] | "missed"): void => void wanted.set(end, (wanted.get(end) ?? 0) + 1);
  // As many at once as ring and FIFO hold, on average, and up to twice as many.
  const hose = clock.timer(() => {
    for (let left = Math.min(FRAMES - site.offered, 1 + random.below(1800)); left > 0; left--) {
      const kind = random.below(4) > 0 ? WANTED : (OTHERS[random.below(OTHERS.length)] as Kind);
      const first = kind.end === DropReason.DUP_FRAG && !wanted.has("waits");
      count(!site.offer(kind) ? "missed" : first ? "waits" : kind.end);
    }
    if (site.offered < FRAMES) hose.arm(5);
  });
  const telemetry = site.telemetry();
  const start = clock.now();
  telemetry.start();
  hose.arm(0);
  while (site.offered < FRAMES) clock.advanceSync(EVERY);
  clock.advanceSync(10);

  t.equal(site.offered, FRAMES);
  t.strictSame(new Map([...site.ends].sort()), new Map([...wanted].sort()), "every frame is where it belongs");
  t.equal(sum(site.ends.values()), FRAMES);
  t.ok((wanted.get("missed") ?? 0) > FRAMES / 100, "it was more than the chip could take");
  t.equal(eth0.statistics.rxOverErrors, wanted.get("missed"), "which `ip -s link` tells");
  t.equal(eth0.statistics.rxCrcErrors, wanted.get("damaged"));
  t.equal(stack.network.napi.softnet.processed, eth0.statistics.rxPackets, "as many came up as the driver counts");
  t.equal(site.mostInPoll, NAPI_WEIGHT, "polls used their weight, and no more");

  const { counters } = telemetry;
  t.ok(counters.readings >= 5, "it took long enough");
  t.equal(counters.sent, counters.readings, "no datagram was lost for it");
  t.strictSame(
    site.heard.map((time) => time - start),
    Array.from({ length: counters.readings }, (_, at) => at * EVERY),
    "and each left when it was due",
  );
  telemetry.stop();
  clock.advanceSync(FRAGMENTS_WAIT);
  t.equal(stack.network.pool.inUse, 0, "the stack has every packet back");
  t.equal(controller.buffers?.inUse, RING, "and the chip its ring full of buffers");
  t.equal(chip.violations.total, 0, chip.violations.toString());
  await stack.close();
});

t.test("200,000 frames before the driver has had a single turn", async (t) => {
  const clock = new VirtualClock();
  const site = new Site(clock, () => {});
  const opened = site.eth0.open();
  await clock.advance(100);
  await opened;
  site.configure();
  let accepted = 0;
  for (let offered = 0; offered < FRAMES; offered++) if (site.offer(WANTED)) accepted++;
  t.ok(accepted > RING && accepted < 1000, `${accepted} had room in ring and FIFO`);
  clock.advanceSync(10);
  t.equal(site.delivered, accepted, "all of which were delivered");
  t.equal(site.eth0.statistics.rxOverErrors, FRAMES - accepted, "and all others counted as missed");
  t.equal(site.offer(WANTED), true, "the next one has room again");
  clock.advanceSync(10);
  t.equal(site.delivered, accepted + 1, "and arrives");
  await site.stack.close();
});

/** The application's time for a datagram in real time, in ms. */
const WORK = 0.008;
/** Frames from the wire between two turns of the event loop: twice what a run takes in of a single device, its weight. */
const BURST = 2 * NAPI_WEIGHT;
/** How long the control client asks, in ms; the flood takes longer. */
const ASKED = 1000;

realTime(t, "in real time telemetry and control are on time, and memory is flat", {}, async (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const clock = new SystemClock();
  const site = new Site(clock, () => {
    for (const end = clock.now() + WORK; clock.now() < end; );
  });
  const { chip, stack, eth0 } = site;
  await eth0.open();
  site.configure();
  const folder = new Folder();
  const methods = stackMethods(stack);
  // The flood begins with the client's first question.
  let begin = (): void => {};
  const asked = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const cat = methods.get("cat") as Method;
  const first: Method = (params, session) => {
    begin();
    return cat(params, session);
  };
  const server = new ControlServer(new Map([...methods, ["cat", first]]));
  await server.listen(folder.file("s"));
  const script = new URL("./net/event-loop-client.ts", import.meta.url);
  const child = startNode(script, [folder.file("s"), String(ASKED)]);
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 90_000);
  t.teardown(async () => {
    clearTimeout(giveUp);
    child.kill("SIGKILL");
    await server.close();
    await stack.close();
    clock.stop();
    folder.remove();
  });
  const ended = Promise.all([text(child.stdout), once(child, "close")]);

  // Should frames go astray, it ends nevertheless, and tells.
  const deadline = clock.now() + 60_000;
  const flooded = new Promise<void>((resolve) => {
    const hose = clock.task(() => {
      for (let left = Math.min(BURST, FRAMES - site.offered); left > 0; left--) site.offer(WANTED);
      // The frames of the last bursts in ring and FIFO are taken in, too.
      if (site.delivered + site.chip.counters.missed < FRAMES && clock.now() < deadline) hose.schedule();
      else resolve();
    });
    void asked.then(() => hose.schedule());
  });
  await Promise.race([asked, ended]);
  const telemetry = site.telemetry();
  const late: number[] = [];
  const packetMemory: number[] = [];
  telemetry.onEvent = ({ time }) => {
    late.push(time - Math.floor(time / EVERY) * EVERY);
    packetMemory.push(process.memoryUsage().arrayBuffers);
  };
  collect();
  const before = process.memoryUsage().heapUsed;
  const start = clock.now();
  telemetry.start();
  await flooded;
  const took = clock.now() - start;
  telemetry.stop();
  const [out] = await ended;
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  const trips = JSON.parse(out) as number[];
  const { softnet } = stack.network.napi;
  t.comment(
    `${took.toFixed(0)} ms; ${site.delivered} delivered, ${chip.counters.missed} missed; telemetry late by ` +
      `${quantile(late, 0.5).toFixed(1)} ms, at most ${quantile(late, 1).toFixed(1)}; control ${quantile(trips, 0.5).toFixed(1)} ms, ` +
      `at most ${quantile(trips, 1).toFixed(1)}, ${trips.length} times; heap ${(grown / 1024).toFixed(0)} KiB`,
  );

  t.equal(site.delivered + chip.counters.missed, FRAMES, "every frame was delivered or counted");
  t.equal(site.delivered, softnet.processed);
  t.ok(site.delivered > FRAMES / 10 && chip.counters.missed > FRAMES / 10, "it was a flood, and the stack worked through it");
  t.equal(site.mostInPoll, NAPI_WEIGHT);
  t.ok(site.mostBuffers <= RING + NAPI_WEIGHT, `no more of the chip's buffers were out than a poll takes: ${site.mostBuffers}`);
  // A late reading does not shift those after it; a whole interval is missed only where the machine is.
  t.ok(telemetry.counters.readings >= Math.floor(took / EVERY) * 0.7, "telemetry went on");
  t.equal(telemetry.counters.sent, telemetry.counters.readings);
  t.equal(site.heard.length, telemetry.counters.sent, "and every datagram was on the wire");
  t.ok(quantile(late, 0.5) < 40, "on time");
  t.ok(trips.length >= 10, "the control socket was asked again and again");
  t.ok(quantile(trips, 0.5) < 100, "and answered after a run or two");
  t.ok(quantile(trips, 1) < 1000);
  t.equal(Math.max(...packetMemory) - Math.min(...packetMemory) < 1024 * 1024, true, "no packet memory was added");
  t.ok(grown < 4 * 1024 * 1024, `and nothing was kept of ${FRAMES} frames: ${grown} bytes`);
  t.equal(chip.violations.total, 0, chip.violations.toString());
});
