/**
 * Hostile segments to a stack that listens, connects, reads and writes: near what would be right, as a station makes them that hears
 * everything. A piece of 16 bytes says what happens before, and how the segment differs from the one that would fit.
 */

import { Stack } from "../../../firmware-ts/stack.ts";
import type { TcpConnection, TcpUser } from "../../../firmware-ts/transport/tcp/contract.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { type Random, SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import type { WireStation } from "../../../hal/wire.ts";
import { type TcpFields, tcp, timestamps } from "../../support/tcp-frames.ts";
import { icmp } from "../../support/wire-format.ts";
import { fillRandom, mutateBytes, pick } from "../bytes.ts";
import { faultOf } from "../judge.ts";
import { STATION } from "../stack-bench.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

const BYTES = 16;
/** Ports of the station, each with a conversation of its own. */
const PORTS = 8;
const FLAGS: readonly string[] = [
  "A",
  "A",
  "A",
  "PA",
  "S",
  "SA",
  "FA",
  "R",
  "RA",
  "F",
  "",
  "SF",
  "SFRPAU",
  "UA",
  "SEC",
  "AE",
  "PAC",
];
const OFFSETS: readonly number[] = [0, 0, 0, 0, 1, -1, 2, 100, -100, 1460, 65_535, 0x40000000, -0x40000000, 0x7fffffff];
const LENGTHS: readonly number[] = [0, 0, 0, 1, 2, 10, 100, 536, 1000, 1460];
const WINDOWS: readonly number[] = [0xffff, 0xffff, 0xffff, 0, 1, 100, 1460, 5000];
const PAYLOAD: Uint8Array = new Uint8Array(1460).fill(0x42);
/** Bytes of both directions that all conversations may hold, and flows. */
const MOST_BYTES = PORTS * 8 * 524_288;
const MOST_FLOWS = 4 * PORTS;
const BACKLOG = 4;
/** Longer than any timer of a connection that nobody answers, in ms. */
const AFTERMATH = 2_000_000;

/** As the station has it. */
interface Conversation {
  /** The next numbers: of the station, and of the stack. */
  seq: number;
  ack: number;
  stamp: number;
}

class TcpSubject implements Subject, WireStation {
  frames = 0;
  behaviour: number | string = 0;
  readonly #clock = new VirtualClock();
  readonly #stack: Stack;
  readonly #port: SegmentPort;
  readonly #nic: WireNic;
  readonly #conversations: Conversation[];
  readonly #connections = new Set<TcpConnection>();
  #fault: string | null = null;

  constructor(seed: string) {
    const random = new SeededRandom(seed);
    const segment = new EthernetSegment(this.#clock, random.fork("wire"));
    this.#nic = new WireNic(this.#clock, segment, "eth0", STATION, { queue: 64 });
    this.#stack = new Stack({ clock: this.#clock, random: random.fork("stack"), pool: { limit: 4096 } });
    this.#port = segment.attach("tester", this);
    const { settings } = this.#stack.tcp;
    const choice = random.fork("settings");
    settings.sack = choice.below(4) === 0 ? 0 : 1;
    settings.timestamps = choice.below(2);
    settings.syncookies = choice.below(3);
    this.#conversations = Array.from({ length: PORTS }, () => ({ seq: choice.below(0x100000000) | 0, ack: 0, stamp: 1 }));
  }

  async open(): Promise<this> {
    const device = this.#stack.addDevice("eth0", this.#nic);
    await device.open();
    this.#stack.addAddress(device, "10.0.0.1/24");
    this.#stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", device);
    this.#stack.tcp.listen(80, null, (connection) => this.#user(connection), { backlog: BACKLOG });
    return this;
  }

  play(piece: Piece): void {
    const at = (place: number): number => piece[place] ?? 0;
    this.frames++;
    const port = at(1) % PORTS;
    const conversation = this.#conversations[port] as Conversation;
    if (at(0) > 127) this.#clock.advanceSync(2 ** (at(0) & 15));
    this.#act(at(2), port);
    const flags = FLAGS[at(3) % FLAGS.length]!;
    const length = LENGTHS[at(4) % LENGTHS.length]!;
    conversation.stamp += at(5) & 3;
    const fields: TcpFields = {
      sport: 1000 + port,
      dport: at(6) % 8 === 0 ? 2000 + port : 80,
      flags,
      seq: (conversation.seq + OFFSETS[at(7) % OFFSETS.length]!) >>> 0,
      ack: flags.includes("A") ? (conversation.ack + OFFSETS[at(8) % OFFSETS.length]!) >>> 0 : at(8),
      window: WINDOWS[at(9) % WINDOWS.length]!,
      tcpOptions: this.#options(piece, conversation, flags),
      payload: PAYLOAD.subarray(0, length),
      ...(at(12) === 255 && { tcpSum: at(13) }),
      ...(at(14) > 250 && { dataOffset: at(15) & 15 }),
    };
    const frame = tcp(fields);
    const sent = at(12) === 254 ? this.#toldOf(frame, at(13)) : frame;
    this.#port.transmit(sent, 0, sent.length);
    // The station goes on from there, most of the time.
    if (at(7) % OFFSETS.length < 4)
      conversation.seq = (conversation.seq + length + (flags.includes("S") || flags.includes("F") ? 1 : 0)) | 0;
    this.#clock.advanceSync(0);
    this.#check();
    this.behaviour = this.#state();
  }

  async end(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    this.#clock.advanceSync(AFTERMATH);
    this.#check();
    const { flows, rings, timers, orphans, timeWaits, counters } = this.#stack.tcp;
    const left = [flows.size, rings.inUse, timers.armed, orphans, timeWaits, counters.currEstab];
    if (left.some((count) => count !== 0)) throw new FuzzError("promise", `left behind: ${left.join(" ")}`);
    await this.#stack.close();
    const { inUse } = this.#stack.network.pool;
    if (inUse !== 0) throw new FuzzError("promise", `${inUse} packet buffers are out`);
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.#fault ??= faultOf(bytes, length);
    if (bytes[12] !== 8 || bytes[23] !== 6) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const conversation = this.#conversations[view.getUint16(36) - 1000];
    if (!conversation) return;
    const flags = bytes[47]!;
    const total = view.getUint16(16) - 20 - (bytes[46]! >>> 4) * 4;
    conversation.ack = (view.getInt32(38) + total + (flags & 1) + ((flags >> 1) & 1)) | 0;
  }

  wireLink(): void {}

  #user(connection: TcpConnection): TcpUser {
    this.#connections.add(connection);
    const nothing = (): void => {};
    return {
      connected: nothing,
      readable: nothing,
      writable: nothing,
      ended: nothing,
      closed: () => {
        this.#connections.delete(connection);
      },
    };
  }

  /** The user of a connection does something; which, says a byte. */
  #act(byte: number, port: number): void {
    const connection = [...this.#connections][byte & 7];
    switch (byte >> 3) {
      case 1:
        if (this.#connections.size < PORTS) this.#connect(port);
        break;
      case 2:
      case 3:
      case 4:
        connection?.write(PAYLOAD);
        break;
      case 5:
      case 6:
        connection?.read(new Uint8Array(700));
        break;
      case 7:
        connection?.end();
        break;
      case 8:
        if (!connection) break;
        this.#connections.delete(connection);
        connection.close();
        break;
      case 9:
        if (!connection) break;
        this.#connections.delete(connection);
        connection.abort();
        break;
      case 10:
        connection?.keepAlive(1000, 1000, 2);
        break;
      case 11:
        for (let left = 50; connection && left > 0; left--) connection.write(PAYLOAD);
    }
  }

  #connect(port: number): void {
    let user: TcpUser | null = null;
    const told = (what: keyof TcpUser) => (error?: unknown) => (user?.[what] as ((error: unknown) => void) | undefined)?.(error);
    try {
      const connection = this.#stack.tcp.connect(
        "10.0.0.2",
        1000 + port,
        {
          connected: told("connected"),
          readable: told("readable"),
          writable: told("writable"),
          ended: told("ended"),
          closed: told("closed"),
        },
        { localPort: 2000 + port },
      );
      user = this.#user(connection);
    } catch (error) {
      if ((error as { code?: string }).code !== "ADDRESS_IN_USE") throw error;
    }
  }

  #options(piece: Piece, { stamp, ack, seq }: Conversation, flags: string): number[] {
    const kind = piece[10] ?? 0;
    const more = (piece[11] ?? 0) - 128;
    if (flags.includes("S") && kind < 128)
      return [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, stamp & 255, 0, 0, 0, 0, 1, 3, 3, kind & 15];
    if (kind < 100) return timestamps(stamp + (kind < 90 ? 0 : more), 0);
    const word = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
    if (kind < 200) return [1, 1, 5, 18, ...word(ack + more), ...word(ack + more * 10), ...word(seq), ...word(ack + 1460)];
    if (kind < 220) return [...piece.subarray(8, 16)];
    return [];
  }

  /** An ICMP error about a segment of the stack's, which the piece has turned around. */
  #toldOf(frame: Uint8Array, code: number): Uint8Array {
    const packet = frame.slice(14, 42);
    const [source, destination] = [packet.slice(12, 16), packet.slice(16, 20)];
    packet.set(destination, 12);
    packet.set(source, 16);
    const [from, to] = [packet.slice(20, 22), packet.slice(22, 24)];
    packet.set(to, 20);
    packet.set(from, 22);
    return icmp({ icmpType: 3, code: code & 15, icmpId: 0, sequence: 68 + code * 8 }, packet);
  }

  #check(): void {
    if (this.#fault !== null) throw new FuzzError("promise", `sent ${this.#fault}`);
    const { flows, rings } = this.#stack.tcp;
    if (flows.size > MOST_FLOWS) throw new FuzzError("promise", `${flows.size} flows`);
    if (rings.inUse > MOST_BYTES) throw new FuzzError("promise", `${rings.inUse} bytes in rings`);
    const { pool } = this.#stack.network;
    if (pool.inUse !== 0) throw new FuzzError("promise", `${pool.inUse} packet buffers are out`);
  }

  #state(): string {
    const { counters, flows } = this.#stack.tcp;
    const { challengeAck, pawsEstab, estabResets, ofoQueue, syncookiesRecv, sackRecovery, timeouts } = counters;
    const seen = [challengeAck, pawsEstab, estabResets, ofoQueue, syncookiesRecv, sackRecovery, timeouts].map((count) =>
      Math.min(count, 2),
    );
    const states = [...new Set(Array.from(this.#connections, ({ state }) => state))].sort();
    return `${Math.min(flows.size, 2)} ${states.join(",")} ${seen.join("")}`;
  }
}

export const TCP_SEGMENTS: Target = {
  name: "tcp",
  session: 2000,
  turns: 20,
  corpus: "tcp.hex",
  open: (seed) => new TcpSubject(seed).open(),
  make: (random: Random) => {
    const piece = new Uint8Array(BYTES);
    fillRandom(piece, 0, BYTES, random);
    // Time passes once in a while, and the user does something each fourth time.
    if (random.below(8) > 0) piece[0] = 0;
    piece[2] = random.below(4) > 0 ? 0 : random.below(96);
    for (const field of [7, 8]) if (random.below(3) > 0) piece[field] = pick(random, [0, 1, 2, 3]);
    return piece;
  },
  mutate: (piece, random) => mutateBytes(piece, random, BYTES),
};
