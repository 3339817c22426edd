/** The subjects. Each is set up fresh in a process of its own, so that none profits or suffers from another's types. */

import { Enc28j60 } from "../../drivers/enc28j60/enc28j60.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import type { UdpSocket } from "../../firmware-ts/transport/udp-socket.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { SimulatedSpiBus } from "../../hal/simulated/spi-bus.ts";
import { arp, icmp, mac, US, udp } from "../support/wire-format.ts";
import { E1000_SUBJECTS } from "./e1000.ts";
import type { FloorWork } from "./floor.ts";
import { IP6_SUBJECTS } from "./ip6.ts";
import type { Subject } from "./subject.ts";
import { TCP_SUBJECTS } from "./tcp.ts";
import { FILL, HEADERS, PEER, receiver, sender } from "./traffic.ts";
import { expectCount, inBursts, WireBench, wireNic } from "./wire-bench.ts";

/** ARP_TABLE_SIZE. */
const LWIP_TABLE = 10;

export const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  "udp send, static neighbour, 32 B": () => udpSend(32, "static"),
  "udp send, resolved neighbour, 32 B": () => udpSend(32, "resolved"),
  "udp send, static neighbour, 1472 B": () => udpSend(1472, "static"),
  "udp send, resolved neighbour, 1472 B": () => udpSend(1472, "resolved"),
  "udp send, 10 neighbours in turn, 32 B": () => udpRotation(32, 10),
  "udp send, 1000 neighbours in turn, 32 B": () => udpRotation(32, 1000),
  "udp receive, 32 B": () => udpReceive(32),
  "udp receive, 1472 B": () => udpReceive(1472),
  "echo request answered, 56 B": () => echo(56),
  "echo request answered, 1472 B": () => echo(1472),
  "arp request answered": () => arpRequest(),
  "two stacks, there and back, 32 B": () => thereAndBack(32),
  "two stacks, there and back, 1472 B": () => thereAndBack(1472),
  "two stacks, there and back, 4000 B": () => thereAndBack(4000),
  "enc28j60 model, udp send, 32 B": () => chipSend(32),
  "enc28j60 model, udp send, 1472 B": () => chipSend(1472),
  "enc28j60 model, udp receive, 32 B": () => chipReceive(32),
  "enc28j60 model, udp receive, 1472 B": () => chipReceive(1472),
  ...TCP_SUBJECTS,
  ...IP6_SUBJECTS,
  ...E1000_SUBJECTS,
};

/** Makes a view a turn: what it is found to allocate shows that the measuring finds it. Not in the table. */
export const CONTROL = "control: one view";

/** Sets a subject up by its name. @throws RangeError when there is none of that name */
export function subjectNamed(name: string): Promise<Subject> {
  if (name === CONTROL) return Promise.resolve(control());
  const make = SUBJECTS[name];
  if (!make) throw new RangeError(`no subject "${name}"; there are: ${Object.keys(SUBJECTS).join("; ")}`);
  return make();
}

function control(): Subject {
  const bytes = new Uint8Array(2048);
  let view = bytes;
  return {
    floor: { frame: HEADERS, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      for (let op = 0; op < count; op++) view = bytes.subarray(view[0], op & 1023);
    },
  };
}

/** socket.send() to the frame's arrival at the other end: into packet memory, onto the wire. */
async function udpSend(bytes: number, neighbour: "static" | "resolved"): Promise<Subject> {
  const bench = await WireBench.open();
  if (neighbour === "static") bench.pin();
  else bench.resolve();
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: sender(bench, bytes),
    ...(neighbour === "resolved" ? { lwip: `send ${bytes} 1` } : {}),
  };
}

/** As udpSend(), each datagram to the neighbour after the last one's. lwIP's table, as Debian builds it, has room for ten. */
async function udpRotation(bytes: number, neighbours: number): Promise<Subject> {
  const bench = await WireBench.open();
  const peers = bench.resolveMany(neighbours);
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: sender(bench, bytes, peers),
    lwip: `send ${bytes} ${Math.min(neighbours, LWIP_TABLE)}`,
  };
}

/** A frame put on the wire to the return of the socket's handler: onto the wire, into packet memory. */
async function udpReceive(bytes: number): Promise<Subject> {
  const bench = await WireBench.open();
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: receiver(bench, datagrams(bench, bytes)),
    lwip: `take ${bytes}`,
  };
}

function datagrams(bench: WireBench, bytes: number): () => void {
  return bench.speaker(udp({}, new Uint8Array(bytes).fill(FILL)));
}

/** A request put on the wire to the arrival of its reply. */
async function echo(bytes: number): Promise<Subject> {
  const bench = await WireBench.open();
  bench.resolve();
  const run = answered(bench, icmp({}, new Uint8Array(bytes).fill(FILL)), "echo");
  return { floor: { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 2 }, run };
}

/** The asker is known already, as it is to a host that it keeps asking. */
async function arpRequest(): Promise<Subject> {
  const bench = await WireBench.open();
  bench.resolve();
  const run = answered(bench, arp(), "arp");
  return { floor: { frame: HEADERS, copies: 3, payloadSums: 0, headerSums: 0 }, run, lwip: "arp" };
}

function answered(bench: WireBench, request: Uint8Array, name: string): (count: number) => void {
  const say = bench.speaker(request);
  const tick = (): void => bench.tick();
  return (count) => {
    bench.sink.frames = 0;
    inBursts(count, say, tick);
    // The last burst's answers are on the wire still.
    bench.tick();
    expectCount(name, bench.sink.frames, count);
  };
}

/** One operation is two datagrams: the first one's handler sends the second. */
async function thereAndBack(bytes: number): Promise<Subject> {
  const bench = await WireBench.open();
  const far = new Stack({ clock: bench.clock, random: new SeededRandom(2) });
  bench.port.plugged = false;
  const device = far.addDevice("eth0", wireNic("far", "02:00:00:00:00:02")(bench.clock, bench.segment));
  const opened = device.open();
  await bench.clock.advance(1);
  await opened;
  far.addAddress(device, "10.0.0.2/24");
  const payload = new Uint8Array(bytes).fill(FILL);
  const near = bench.stack.udp.open(5000);
  const other: UdpSocket = far.udp.open(5000);
  let back = 0;
  const backTo = other.to("10.0.0.1", 5000);
  other.onDatagram = () => {
    other.send(payload, backTo);
  };
  near.onDatagram = () => {
    back++;
  };
  const there = near.to(PEER, 5000);
  const send = (): void => {
    near.send(payload, there);
  };
  const tick = (): void => bench.tick();
  // Each learns the other's address.
  send();
  tick();
  return {
    floor: { frame: HEADERS + bytes, copies: 6, payloadSums: 4, headerSums: 4 },
    run: (count) => {
      back = 0;
      inBursts(count, send, tick);
      expectCount("there and back", back, count);
    },
  };
}

/** A stack on the ENC28J60's driver, and that on the chip's model; its wire takes no time. */
async function chipBench(): Promise<{ bench: WireBench; bus: SimulatedSpiBus }> {
  let bus: SimulatedSpiBus | null = null;
  const bench = await WireBench.open((clock, segment) => {
    const chip = new Enc28j60Chip(clock, segment, "eth0", { lineRate: Number.POSITIVE_INFINITY });
    bus = new SimulatedSpiBus(chip, clock);
    return new Enc28j60(bus, clock, { address: Uint8Array.from(mac(US)), interrupt: chip.interrupt });
  });
  bench.pin();
  return { bench, bus: bus as unknown as SimulatedSpiBus };
}

/** As udpSend(), and through the SPI bus into the chip's memory in between. */
async function chipSend(bytes: number): Promise<Subject> {
  const { bench, bus } = await chipBench();
  return loaded(bus, { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 1 }, sender(bench, bytes));
}

/** As udpReceive(), and through the chip's memory and the SPI bus in between. */
async function chipReceive(bytes: number): Promise<Subject> {
  const { bench, bus } = await chipBench();
  // As many as fit into the chip's receive buffer of less than 7 KiB.
  const burst = bytes > 500 ? 4 : 16;
  return loaded(
    bus,
    { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 1 },
    receiver(bench, datagrams(bench, bytes), burst),
  );
}

function loaded(bus: SimulatedSpiBus, floor: FloorWork, run: (count: number) => void): Subject {
  const { counters } = bus;
  let operations = 0;
  const [transactions, bytes] = [counters.transactions, counters.bytes];
  return {
    floor,
    run: (count) => {
      operations += count;
      run(count);
    },
    busLoad: () => ({
      transactions: (counters.transactions - transactions) / operations,
      bytes: (counters.bytes - bytes) / operations,
    }),
  };
}
