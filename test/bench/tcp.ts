/** The subjects of TCP: two stacks on a wire, a connection between them. */
import { Stack } from "../../firmware-ts/stack.ts";
import type { TcpConnection, TcpUser } from "../../firmware-ts/transport/tcp/contract.ts";
import { SeededRandom } from "../../hal/random.ts";
import type { Subject } from "./subject.ts";
import { FILL, PEER } from "./traffic.ts";
import { BURST, expectCount, WireBench, wireNic } from "./wire-bench.ts";

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

/** Both ends of a connection. */
interface Pair {
  bench: WireBench;
  near: TcpConnection;
  far: TcpConnection;
}

async function connected(user: (far: TcpConnection) => Partial<TcpUser>, near: Partial<TcpUser>): Promise<Pair> {
  const bench = await WireBench.open();
  const other = new Stack({ clock: bench.clock, random: new SeededRandom(2) });
  bench.port.plugged = false;
  const device = other.addDevice("eth0", wireNic("far", "02:00:00:00:00:02")(bench.clock, bench.segment));
  const opened = device.open();
  await bench.clock.advance(1);
  await opened;
  other.addAddress(device, "10.0.0.2/24");
  const nothing = (): void => {};
  const quiet: TcpUser = { connected: nothing, readable: nothing, writable: nothing, ended: nothing, closed: nothing };
  const taken: TcpConnection[] = [];
  other.tcp.listen(80, null, (connection) => {
    taken.push(connection);
    return { ...quiet, ...user(connection) };
  });
  const connection = bench.stack.tcp.connect(PEER, 80, { ...quiet, ...near });
  await bench.clock.advance(100);
  return { bench, near: connection, far: taken[0] as TcpConnection };
}

/** One operation is a full segment: written, sent, read, and acknowledged with the next one. */
async function bulk(): Promise<Subject> {
  const into = new Uint8Array(65_536);
  let received = 0;
  const { bench, near } = await connected(
    (far) => ({
      readable: () => {
        for (let count = far.read(into); count > 0; count = far.read(into)) received += count;
      },
    }),
    {},
  );
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

/** One operation is a request and its answer, each in a segment that carries the acknowledgment of the one before. */
async function conversation(bytes: number): Promise<Subject> {
  const into = new Uint8Array(bytes);
  const payload = new Uint8Array(bytes).fill(FILL);
  let answers = 0;
  const { bench, near, far } = await connected(
    (other) => ({
      readable: () => {
        other.read(into);
        other.write(payload);
      },
    }),
    {
      readable: () => {
        near.read(into);
        answers++;
      },
    },
  );
  near.noDelay = true;
  far.noDelay = true;
  return {
    floor: { frame: TCP_HEADERS + bytes, copies: 10, payloadSums: 4, headerSums: 4 },
    run: (count) => {
      answers = 0;
      for (let done = 0; done < count; done++) {
        near.write(payload);
        bench.tick();
      }
      expectCount("tcp request and answer", answers, count);
    },
  };
}
