/** The subjects of TCP: two stacks on a wire, a connection between them. */
import { Stack } from "../../firmware-ts/stack.ts";
import type { TcpConnection, TcpUser } from "../../firmware-ts/transport/tcp/contract.ts";
import { SeededRandom } from "../../hal/random.ts";
import type { Subject } from "./subject.ts";
import { FILL, PEER } from "./traffic.ts";
import { BURST, expectCount, inBursts, WireBench, wireNic } from "./wire-bench.ts";

/** Ethernet 14, IPv4 20, TCP 20, time stamps 12. */
const TCP_HEADERS = 66;
/** A full segment. */
const FULL = 1448;
/** Most ticks until everything has arrived. */
const PATIENCE = 4096;

export const TCP_SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  "tcp bulk, 1448 B a segment": () => bulk(),
  "tcp request and answer, 32 B": () => conversation(32),
};

type MakeUser = (connection: TcpConnection) => Partial<TcpUser>;

/** So many connections to another stack. */
async function connected(count: number, far: MakeUser, near: MakeUser): Promise<{ bench: WireBench; near: TcpConnection[] }> {
  const bench = await WireBench.open();
  const other = new Stack({ clock: bench.clock, random: new SeededRandom(2) });
  bench.port.plugged = false;
  const device = other.addDevice("eth0", wireNic("far", "02:00:00:00:00:02")(bench.clock, bench.segment));
  const opened = device.open();
  await bench.clock.advance(1);
  await opened;
  other.addAddress(device, "10.0.0.2/24");
  other.tcp.listen(80, null, (connection) => new BenchUser(far(connection)));
  const connections: TcpConnection[] = [];
  for (let made = 0; made < count; made++) {
    const user = new BenchUser();
    const connection = bench.stack.tcp.connect(PEER, 80, user);
    user.is(near(connection));
    connections.push(connection);
    await bench.clock.advance(10);
  }
  return { bench, near: connections };
}

class BenchUser implements TcpUser {
  readable: () => void = () => {};

  constructor(user: Partial<TcpUser> = {}) {
    this.is(user);
  }

  is({ readable }: Partial<TcpUser>): void {
    if (readable) this.readable = readable;
  }

  connected(): void {}
  writable(): void {}
  ended(): void {}
  closed(): void {}
}

/** One operation is a full segment: written, sent, read, and acknowledged with the next one. */
async function bulk(): Promise<Subject> {
  const into = new Uint8Array(65_536);
  let received = 0;
  const { bench, near: connections } = await connected(
    1,
    (far) => ({
      readable: () => {
        for (let count = far.read(into); count > 0; count = far.read(into)) received += count;
      },
    }),
    () => ({}),
  );
  const near = connections[0] as TcpConnection;
  const payload = new Uint8Array(FULL).fill(FILL);
  return {
    floor: { frame: TCP_HEADERS + FULL, copies: 5, payloadSums: 2, headerSums: 2 },
    run: (count) => {
      received = 0;
      for (let done = 0; done < count; ) {
        const end = Math.min(count, done + BURST);
        for (; done < end; done++) near.write(payload);
        for (let wait = 0; received < done * FULL && wait < PATIENCE; wait++) bench.tick();
      }
      expectCount("tcp bulk", received, count * FULL);
    },
  };
}

/** One operation is a request and its answer, each in a segment that carries the acknowledgment of the one before; 64 connections at a time. */
async function conversation(bytes: number): Promise<Subject> {
  const into = new Uint8Array(bytes);
  const payload = new Uint8Array(bytes).fill(FILL);
  let answers = 0;
  const { bench, near } = await connected(
    BURST,
    (far) => {
      far.noDelay = true;
      return {
        readable: () => {
          far.read(into);
          far.write(payload);
        },
      };
    },
    (connection) => {
      connection.noDelay = true;
      return {
        readable: () => {
          connection.read(into);
          answers++;
        },
      };
    },
  );
  return {
    floor: { frame: TCP_HEADERS + bytes, copies: 10, payloadSums: 4, headerSums: 4 },
    run: (count) => {
      answers = 0;
      let next = 0;
      const ask = (): void => {
        near[next]?.write(payload);
        next = next + 1 === near.length ? 0 : next + 1;
      };
      inBursts(count, ask, () => bench.tick());
      expectCount("tcp request and answer", answers, count);
    },
  };
}
