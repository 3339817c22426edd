/**
 * TCP as programs have it, both ends in this process: `connections-child.ts bulk|idle ours|kernel`. `ours`: whohas/net on two stacks with a simulated
 * wire between them, in real time. `kernel`: node:net over the kernel's loopback device. Prints figures as JSON.
 */
import { once } from "node:events";
import type { Server, Socket } from "node:net";
import net from "node:net";
import { net as netOf } from "../../firmware-ts/sockets/net/index.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import type { IdleMemory } from "./connections.ts";
import { slabs } from "./kernel-table.ts";

/** Bytes of one transfer, and of one write. */
const BULK = 32 << 20;
const BLOCK = 65_536;
/** Transfers until the optimizing compiler is done, and those that count. */
const WARM = 16;
const ROUNDS = 9;
/** As many as a process with 20,000 open files can have both ends of. */
const CONNECTIONS = 9900;
/** The first ones: things that they bring with them belong to no connection. */
const FIRST = 50;
const PORT = 5001;

/** The parts of node:net that are used. */
interface Ends {
  server(listener: (socket: Socket) => void): Server;
  connect(): Socket;
}

async function ours(): Promise<Ends> {
  const clock = new SystemClock();
  const random = new SeededRandom(1);
  const wire = new EthernetSegment(clock, random.fork("wire"));
  const stacks: Stack[] = [];
  for (const last of [1, 2]) {
    const stack = new Stack({ clock, random: random.fork(`${last}`), pool: { limit: 16_384 } });
    const nic = new WireNic(clock, wire, `nic${last}`, Uint8Array.of(2, 0, 0, 0, 0, last), { queue: 4096 });
    const device = stack.addDevice("eth0", nic);
    await device.open();
    stack.addAddress(device, `10.0.0.${last}/24`);
    stacks.push(stack);
  }
  const [near, far] = stacks.map((stack) => netOf(stack)) as [ReturnType<typeof netOf>, ReturnType<typeof netOf>];
  return {
    server: (listener) => far.createServer(listener as never).listen(PORT) as unknown as Server,
    connect: () => near.connect(PORT, "10.0.0.2") as unknown as Socket,
  };
}

function kernel(): Ends {
  return {
    server: (listener) => net.createServer(listener).listen({ port: PORT, host: "127.0.0.1", backlog: 1024 }),
    connect: () => net.connect(PORT, "127.0.0.1"),
  };
}

/** Nanoseconds of processor time for a byte, both ends, round by round. */
async function bulk(ends: Ends): Promise<number[]> {
  let received = 0;
  let arrived = (): void => {};
  let target = 0;
  const server = ends.server((socket) => {
    socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (received === target) arrived();
    });
  });
  await once(server, "listening");
  const socket = ends.connect();
  await once(socket, "connect");
  const block = new Uint8Array(BLOCK).fill(0x77);
  const nanoseconds: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    const before = process.cpuUsage();
    target = received + BULK;
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    for (let sent = 0; sent < BULK; sent += BLOCK) if (!socket.write(block)) await once(socket, "drain");
    await all;
    const { user, system } = process.cpuUsage(before);
    if (round >= WARM) nanoseconds.push(((user + system) * 1000) / BULK);
  }
  return nanoseconds;
}

/** Bytes of a connection that has said a word each way, both ends: of this process, and of the kernel. */
async function idle(ends: Ends): Promise<IdleMemory> {
  const sockets: Socket[] = [];
  const server = ends.server((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes: Buffer) => socket.write(bytes));
  });
  await once(server, "listening");
  const open = async (): Promise<void> => {
    const socket = ends.connect();
    sockets.push(socket);
    await once(socket, "connect");
    socket.write("hello");
    await once(socket, "data");
  };
  for (let made = 0; made < FIRST; made++) await open();
  const before = look();
  for (let made = 0; made < CONNECTIONS; made += 50) await Promise.all(Array.from({ length: 50 }, open));
  const after = look();
  const grown = (key: keyof typeof after): number => (after[key] - before[key]) / CONNECTIONS;
  return { resident: grown("resident"), kernel: grown("slabs") };
}

function look(): { resident: number; slabs: number } {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return { resident: process.memoryUsage.rss(), slabs: slabs() };
}

const [what, whose] = process.argv.slice(2);
const ends = whose === "ours" ? await ours() : kernel();
console.log(JSON.stringify(await (what === "bulk" ? bulk(ends) : idle(ends))));
process.exit();
