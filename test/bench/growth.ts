/**
 * The part of the bench that is about size: the processor time of one operation among few and among many routes, addresses, sockets,
 * devices, neighbours. Each size in a process of its own; a row tells each as a ratio to the smallest.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { INADDR_ANY, type Ip4 } from "../../firmware-ts/ip/address.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { arp, udp } from "../support/wire-format.ts";
import { wireNic } from "./wire-bench.ts";

const LIMIT = 120_000;
const OPERATIONS = 200_000;
const ROUNDS = 7;
/** More destinations than ways are remembered, and a power of 2: each look-up of a way is made anew. */
const DESTINATIONS = 8192;
const TEN = 0x0a000000;
const TICK = 1 / 4096;

interface Growth {
  readonly sizes: readonly number[];
  /** The largest ratio to the smallest size that is promised, by size. */
  readonly gates: readonly number[];
  /** Sets it up; the returned function does one operation. */
  readonly make: (size: number) => Promise<(turn: number) => void>;
}

export interface GrowthRow {
  readonly name: string;
  readonly sizes: readonly number[];
  /** Least of the rounds, by size. */
  readonly nanoseconds: readonly number[];
  readonly short: boolean;
}

export const GROWTHS: Readonly<Record<string, Growth>> = {
  "growth, routes: a way looked up anew": { sizes: [1, 1000, 100_000], gates: [1, 1.2, 2], make: routes },
  "growth, addresses of a device: a datagram received": { sizes: [1, 200, 2000], gates: [1, 1.2, 1.2], make: addresses },
  "growth, sockets: a datagram received by the next one": { sizes: [1, 100, 10_000], gates: [1, 2, 3], make: sockets },
  "growth, devices: an ARP request answered by the next one": { sizes: [1, 8, 64], gates: [1, 1.5, 2], make: devices },
  "growth, neighbours: a random one looked up": { sizes: [1000, 100_000, 1_000_000], gates: [1, 4, 12], make: neighbours },
};

/** @throws Error when the process fails */
export function measureGrowth(name: string): GrowthRow {
  const { sizes, gates } = growthNamed(name);
  const child = fileURLToPath(new URL("./growth-child.ts", import.meta.url));
  const run = (size: number): number =>
    Number(execFileSync(process.execPath, [...process.execArgv, child, name, String(size)], { encoding: "utf8", timeout: LIMIT }));
  const nanoseconds = sizes.map(run);
  const short = nanoseconds.some((ns, at) => ns / nanoseconds[0]! > gates[at]!);
  return { name, sizes, nanoseconds, short };
}

export function growthLine({ name, sizes, nanoseconds, short }: GrowthRow): string {
  const cells = sizes.map((size, at) => {
    const ratio = at === 0 ? "" : ` ${(nanoseconds[at]! / nanoseconds[0]!).toFixed(2)}x`;
    return `${size}: ${nanoseconds[at]!.toFixed(0)} ns${ratio}`;
  });
  return `${name.padEnd(58)} ${cells.join(", ")}${short ? "  short of the gate" : ""}`;
}

/**
 * Runs one size in this process. Returns the nanoseconds of an operation, the least of the rounds.
 * @param made is called when everything is set up
 */
export async function runGrowth(
  name: string,
  size: number,
  made: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const operation = await growthNamed(name).make(size);
  await made();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < OPERATIONS; turn++) operation(turn);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, ((user + system) * 1000) / OPERATIONS);
  }
  return least;
}

function growthNamed(name: string): Growth {
  const growth = GROWTHS[name];
  if (!growth) throw new RangeError(`no row "${name}"; there are: ${Object.keys(GROWTHS).join("; ")}`);
  return growth;
}

/** A stack with one device, 10.0.0.1/8, and the port at the other end of its cable. */
async function bench(): Promise<{ clock: VirtualClock; stack: Stack; device: NetDevice; segment: EthernetSegment }> {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const segment = new EthernetSegment(clock, random.fork("wire"));
  const stack = new Stack({ clock, random: random.fork("stack") });
  const device = stack.addDevice("eth0", wireNic("eth0", "02:00:00:00:00:01")(clock, segment));
  segment.attach("far", { wireFrame: () => {}, wireLink: () => {} });
  const opened = device.open();
  await clock.advance(100);
  await opened;
  stack.addAddress(device, "10.0.0.1/8");
  return { clock, stack, device, segment };
}

async function routes(size: number): Promise<(turn: number) => void> {
  const { stack, device } = await bench();
  const { fib } = stack.ip;
  // Prefixes of /17 to /24, none of which holds another.
  for (let number = 0; number < size; number++) {
    const prefixLength = 17 + (number & 7);
    const destination = (0x14000000 + number * 0x8000) | 0;
    fib.addRoute({ destination, prefixLength, gateway: TEN | 2, device });
  }
  const random = new SeededRandom(2);
  const destinations = Int32Array.from({ length: DESTINATIONS }, () => {
    const number = random.below(size);
    return (0x14000000 + number * 0x8000 + random.below(1 << (15 - (number & 7)))) | 0;
  });
  return (turn) => {
    stack.ip.wayOfAnswer(destinations[turn & (DESTINATIONS - 1)] as Ip4, INADDR_ANY);
  };
}

async function addresses(size: number): Promise<(turn: number) => void> {
  const { clock, stack, device, segment } = await bench();
  for (let number = 1; number < size; number++) stack.addAddress(device, `10.${1 + (number >> 8)}.${number & 255}.1/24`);
  stack.udp.open(5000).onDatagram = () => {};
  return sender(clock, segment, [udp({}, new Uint8Array(18))]);
}

async function sockets(size: number): Promise<(turn: number) => void> {
  const { clock, stack, segment } = await bench();
  const frames = Array.from({ length: size }, (_, number) => {
    stack.udp.open(5000 + number).onDatagram = () => {};
    return udp({ dport: 5000 + number }, new Uint8Array(18));
  });
  return sender(clock, segment, frames);
}

/** Puts the frames on the wire in turn, and lets time go on now and then. */
function sender(clock: VirtualClock, segment: EthernetSegment, frames: readonly Uint8Array[]): (turn: number) => void {
  const port = segment.ports[1]!;
  return (turn) => {
    const frame = frames[turn % frames.length] as Uint8Array;
    port.transmit(frame, 0, frame.length);
    if ((turn & 63) === 63) clock.advanceSync(TICK);
  };
}

async function devices(size: number): Promise<(turn: number) => void> {
  const clock = new VirtualClock();
  const stack = new Stack({ clock, random: new SeededRandom(1) });
  const nics: WireNic[] = [];
  for (let number = 0; number < size; number++) {
    const segment = new EthernetSegment(clock, new SeededRandom(number));
    const nic = new WireNic(clock, segment, `eth${number}`, Uint8Array.of(2, 0, 0, 0, 0, 1));
    segment.attach("far", { wireFrame: () => {}, wireLink: () => {} });
    nics.push(nic);
    const device = stack.addDevice(`eth${number}`, nic);
    const opened = device.open();
    await clock.advance(10);
    await opened;
    stack.addAddress(device, number === 0 ? "10.0.0.1/24" : `10.0.${number}.1/24`);
  }
  const requests = nics.map((_, number) => (number === 0 ? arp() : arp({ sip: `10.0.${number}.2`, tip: `10.0.${number}.1` })));
  return (turn) => {
    const at = turn % size;
    const frame = requests[at] as Uint8Array;
    nics[at]!.wireFrame(frame, frame.length, true);
    if ((turn & 63) === 63) clock.advanceSync(TICK);
  };
}

async function neighbours(size: number): Promise<(turn: number) => void> {
  const { stack, device } = await bench();
  const { table } = stack.neighbours(4);
  const { gc } = table;
  gc.thresh1 = gc.thresh2 = gc.thresh3 = Number.MAX_SAFE_INTEGER;
  for (let number = 0; number < size; number++) table.create((TEN | 0x100) + number, device);
  const random = new SeededRandom(3);
  const keys = Int32Array.from({ length: 65_536 }, () => (TEN | 0x100) + random.below(size));
  let seen = 0;
  return (turn) => {
    if (table.find(keys[turn & 0xffff]!, device) !== null) seen++;
    if (seen < 0) throw new Error("nobody looked");
  };
}
