/** Simulated serial devices on lines that any program can open: a pseudo terminal, a TCP port. */

import { existsSync, lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { PtyEndpoint } from "../../../hal/bridges/pty.ts";
import { OUTPUT_BYTES, type SerialEndpoint } from "../../../hal/bridges/serial-endpoint.ts";
import { SerialPortStream } from "../../../hal/bridges/serial-port.ts";
import { TcpEndpoint } from "../../../hal/bridges/tcp-endpoint.ts";
import { TcpStream } from "../../../hal/bridges/tcp-stream.ts";
import { type Clock, SystemClock } from "../../../hal/clock.ts";
import type { ByteStream } from "../../../hal/serial.ts";
import type { SerialDevice } from "../../../hal/serial-device.ts";
import { CountingClock } from "../../support/counting-clock.ts";
import { scratch } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

const folder = scratch("endpoint");
const clock = new SystemClock();
t.teardown(() => clock.stop());

/** Sends back what it gets, `times` over. */
class Echo implements SerialDevice {
  readonly description = "echo";
  onSend: ((bytes: Uint8Array) => void) | null = null;
  openings = 0;
  times = 1;

  opened(): void {
    this.openings++;
  }

  receive(bytes: Uint8Array): void {
    for (let left = this.times; left > 0; left--) this.onSend?.(bytes);
  }
}

interface Kind {
  name: string;
  skip: string | false;
  make(device: SerialDevice): SerialEndpoint;
  client(endpoint: SerialEndpoint, time?: Clock): ByteStream;
}

const PATH = join(folder, "port");
const noPty = process.platform === "linux" && existsSync("/dev/ptmx") ? false : "needs Linux with /dev/ptmx";
const KINDS: readonly Kind[] = [
  {
    name: "pty",
    skip: noPty,
    make: (device) => new PtyEndpoint(clock, device, PATH),
    client: (_, time = clock) => new SerialPortStream(time, { path: PATH, baud: 2_000_000 }),
  },
  {
    name: "tcp",
    skip: false,
    make: (device) => new TcpEndpoint(device, "127.0.0.1", 0),
    client: (endpoint, time = clock) => new TcpStream(time, { host: "127.0.0.1", port: (endpoint as TcpEndpoint).port }),
  },
];

async function open(t: Test, kind: Kind): Promise<{ echo: Echo; endpoint: SerialEndpoint }> {
  const echo = new Echo();
  const endpoint = kind.make(echo);
  await endpoint.open();
  t.teardown(() => endpoint.close());
  return { echo, endpoint };
}

/** Gathers what comes back. */
function listen(client: ByteStream): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  client.onData = (bytes) => chunks.push(bytes.slice());
  return chunks;
}

const length = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

for (const kind of KINDS) {
  realTime(
    t,
    `${kind.name}: every byte comes through unchanged, and the device is told of every opening`,
    { skip: kind.skip },
    async (t) => {
      const { echo, endpoint } = await open(t, kind);
      const heard: boolean[] = [];
      endpoint.onConnection = (connected) => heard.push(connected);
      // All values, those that a terminal would take for itself among them, in a shifting order.
      const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
      for (let round = 1; round <= 3; round++) {
        const client = kind.client(endpoint);
        const chunks = listen(client);
        await client.open();
        await eventually(() => echo.openings === round, `opening ${round}`);
        for (let at = 0; at < bytes.length; at += 500) client.write(bytes, at, 500);
        await eventually(() => length(chunks) >= bytes.length, `${bytes.length} bytes back`);
        t.ok(Buffer.concat(chunks).equals(bytes), `round ${round}: what came back is what was sent`);
        await client.close();
        await eventually(() => heard.length === 2 * round, "the end of the connection is heard");
      }
      t.same(heard, [true, false, true, false, true, false]);
      t.match(endpoint.counters, { connections: 3, bytesIn: 60_000, bytesOut: 60_000, lost: 0 });
    },
  );

  t.test(`${kind.name}: as much as the buffer holds is not lost`, { skip: kind.skip }, async (t) => {
    const { echo, endpoint } = await open(t, kind);
    const client = kind.client(endpoint);
    const chunks = listen(client);
    await client.open();
    await eventually(() => echo.openings === 1, "opening");
    echo.onSend?.(new Uint8Array(OUTPUT_BYTES));
    t.equal(endpoint.counters.lost, 0);
    await eventually(() => length(chunks) === OUTPUT_BYTES, "all of it comes");
    await client.close();
  });

  realTime(t, `${kind.name}: who does not read loses bytes, each of them counted`, { skip: kind.skip }, async (t) => {
    const { echo, endpoint } = await open(t, kind);
    echo.times = 2000;
    // Opens the line, asks for very much and reads nothing of it.
    const client = kind.client(endpoint);
    await client.open();
    await eventually(() => echo.openings === 1, "opening");
    const question = new Uint8Array(10_000);
    const asked = question.length * echo.times;
    client.onData = () => {
      throw new Error("not to be read before the device has answered");
    };
    // The answers are made before the event loop gets round to the client's reading.
    echo.receive(question);
    const { lost, bytesOut } = endpoint.counters;
    t.ok(lost > asked / 4 && bytesOut + lost >= asked - OUTPUT_BYTES, `${lost} of ${asked} bytes were lost, ${bytesOut} went out`);
    const chunks = listen(client);
    await eventually(() => length(chunks) === asked - endpoint.counters.lost, "what was kept still comes");
    echo.times = 1;
    const before = length(chunks);
    client.write(question, 0, 100);
    await eventually(() => length(chunks) === before + 100, "and the line goes on");
    await client.close();
  });

  t.test(`${kind.name}: a client that is closed leaves no timer behind`, { skip: kind.skip }, async (t) => {
    const { endpoint } = await open(t, kind);
    const counting = new CountingClock(clock);
    const client = kind.client(endpoint, counting);
    await client.open();
    await client.close();
    t.equal(counting.armed, 0);
  });

  realTime(t, `${kind.name}: closed, it lets go of its client and can be opened again`, { skip: kind.skip }, async (t) => {
    const { echo, endpoint } = await open(t, kind);
    const client = kind.client(endpoint);
    let lost = "";
    client.onLost = ({ code }) => {
      lost = code;
    };
    await client.open();
    await eventually(() => echo.openings === 1, "opening");
    await endpoint.close();
    await eventually(() => lost !== "", "the client hears that the line is gone");
    t.equal(lost, "PORT_LOST");
    await t.rejects(client.open(), { code: "PORT_MISSING" });
    await endpoint.open();
    await client.open();
    await eventually(() => echo.openings === 2, "opened anew");
    await client.close();
  });

  realTime(t, `${kind.name}: gone while it is read, and another one at its place: noticed`, { skip: kind.skip }, async (t) => {
    const { endpoint } = await open(t, kind);
    const client = kind.client(endpoint);
    const lost = new Promise<string>((resolve) => {
      client.onLost = ({ code }) => resolve(code);
    });
    // The line is gone before the read that follows these bytes, which meets the end of it.
    const replaced = new Promise<void>((resolve) => {
      client.onData = () => resolve(endpoint.close().then(() => endpoint.open()));
    });
    await client.open();
    client.write(Uint8Array.of(1), 0, 1);
    await replaced;
    t.equal(await lost, "PORT_LOST");
    await client.close();
  });
}

realTime(t, "pty: its name in the file system", { skip: noPty }, async (t) => {
  const make = (path: string): PtyEndpoint => new PtyEndpoint(clock, new Echo(), path);
  const endpoint = make(PATH);
  await endpoint.open();
  t.match(readlinkSync(PATH), /^\/dev\/pts\/\d+$/);
  await t.rejects(make(PATH).open(), { code: "PTY_EXISTS", message: /port is there already; remove it, or give another path$/ });
  await endpoint.close();
  await endpoint.close();
  t.equal(lstatSync(PATH, { throwIfNoEntry: false }), undefined, "nothing stays behind");

  writeFileSync(PATH, "somebody's");
  await t.rejects(make(PATH).open(), { code: "PTY_EXISTS" });
  rmSync(PATH);
  symlinkSync("/dev/pts/99999", PATH);
  const successor = make(PATH);
  await successor.open();
  t.ok(existsSync(PATH), "a link that a killed one has left is replaced");
  rmSync(PATH);
  writeFileSync(PATH, "somebody's");
  await successor.close();
  t.ok(existsSync(PATH), "what another has put there meanwhile is not removed");
  rmSync(PATH);

  await t.rejects(make(join(folder, "nowhere/port")).open(), { code: "PTY_PATH", message: /its folder does not exist; make it/ });
  await t.rejects(make("/proc/port").open(), { code: "PTY_PATH" });
});

t.test("tcp: one client at a time, and ports that cannot be had", async (t) => {
  const echo = new Echo();
  const endpoint = new TcpEndpoint(echo, "127.0.0.1", 0);
  await endpoint.open();
  t.teardown(() => endpoint.close());
  const first = new TcpStream(clock, { host: "127.0.0.1", port: endpoint.port });
  const second = new TcpStream(clock, { host: "127.0.0.1", port: endpoint.port });
  await first.open();
  let refused = false;
  second.onLost = () => {
    refused = true;
  };
  await second.open();
  await eventually(() => refused, "the second one is sent away");
  t.equal(echo.openings, 1);
  const chunks = listen(first);
  first.write(Uint8Array.of(1, 2, 3), 0, 3);
  await eventually(() => length(chunks) === 3, "the first one goes on");
  await first.close();

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.teardown(() => other.close());
  const taken = (other.address() as { port: number }).port;
  await t.rejects(new TcpEndpoint(echo, "127.0.0.1", taken).open(), {
    code: "TCP_BUSY",
    message: `tcp 127.0.0.1:${taken}: another program listens there; take another port`,
  });
  await t.rejects(new TcpEndpoint(echo, "192.0.2.1", 0).open(), {
    code: "TCP_LISTEN",
    message: "tcp 192.0.2.1:0: cannot listen there: no interface of this machine has that address",
  });
});
