/**
 * A connection between the tester and the DUT, segment by segment. Numbers count from the one behind each side's SYN, so that a case reads
 * as its RFC: `say({ seq: 0, payload: "abc" })`, `hears("acknowledges", "A seq 0 ack 3")`.
 */
import type { Bench } from "../../../contract/bench.ts";
import type { TcpFrame } from "../../../contract/frame.ts";
import type { DutListener, DutStream } from "../../../contract/stream.ts";
import { mss, SACK_OK, type TcpFields, tcp, timestamps, windowScale } from "../../../wire/build-tcp.ts";
import { distance } from "../../../wire/parse-tcp.ts";
import { acquainted } from "../../ip/kit/answers.ts";

/** The port of the DUT that listens, one where nobody does, and the tester's. */
export const PORT = 80;
export const CLOSED = 81;
export const TESTER = 4000;

/** The number behind the tester's SYN. */
const FIRST = 1001;
/** Time that the DUT gets to answer, in ms. */
const PATIENCE = 15;
/** The tester's time stamp in a handshake. */
export const NOW = 5000;

const MSS_1460 = mss(1460);

/** `all`: MSS, SACK, time stamps and a window scale. `stamps`: MSS and time stamps. */
export type Offer = "plain" | "sack" | "stamps" | "all";

/** The options that the tester's side of a handshake offers. */
export const OFFERS: Readonly<Record<Offer, readonly number[]>> = {
  plain: MSS_1460,
  sack: [...MSS_1460, ...SACK_OK],
  stamps: [...MSS_1460, ...timestamps(NOW, 0)],
  all: [...MSS_1460, ...SACK_OK, ...timestamps(NOW, 0).slice(2), 1, ...windowScale(7)],
};

export interface TalkOptions {
  /** The tester's port and the DUT's. */
  sport?: number;
  dport?: number;
  /** The tester's window in every segment. Default 65,535. */
  window?: number;
}

export class Talk {
  readonly #bench: Bench;
  readonly #options: Required<TalkOptions>;
  /** The number behind the DUT's SYN; null before that came. */
  theirs: number | null = null;

  constructor(bench: Bench, { sport = TESTER, dport = PORT, window = 0xffff }: TalkOptions = {}) {
    this.#bench = bench;
    this.#options = { sport, dport, window };
  }

  /**
   * Sends segments, their numbers counted as this talk counts. A segment without the letter A acknowledges nothing; one from another port
   * is of another connection, and acknowledges the number that stands there.
   */
  async say(...segments: TcpFields[]): Promise<void> {
    const { plan } = this.#bench;
    const frames = segments.map((fields) => {
      const { seq = 0, ack = 0, flags = "A" } = fields;
      const first = fields.sport === undefined ? (this.theirs ?? 0) : 0;
      const acknowledged = flags.includes("A") ? ack + first : 0;
      return tcp({ ...this.#options, ...fields, seq: FIRST + seq, ack: acknowledged }, plan);
    });
    await this.#bench.say(...frames);
  }

  /** A SACK block's or another number of the tester's as it stands on the wire; `number` counts as the DUT's do. */
  absolute(number: number): number {
    return ((this.theirs ?? 0) + number) >>> 0;
  }

  /** Waits for the DUT's next segment, and checks it. Returns it. */
  async hears(name: string, expected: string, within = 100): Promise<TcpFrame> {
    const frame = await this.next(name, within);
    this.#bench.expect(name, this.inShort(frame), expected);
    return frame;
  }

  /** Waits for the DUT's next segment. */
  async next(name: string, within = 100): Promise<TcpFrame> {
    const { sport, dport } = this.#options;
    const frame = await this.#bench.hears(name, { kind: "tcp", sport: dport, dport: sport }, { within });
    this.#learn(frame);
    return frame;
  }

  /** Lets `ms` pass. Returns what the DUT has said since the last look, in short. */
  async heard(ms: number = PATIENCE): Promise<string[]> {
    const { sport, dport } = this.#options;
    const frames = (await this.#bench.heard(ms)).filter(
      (frame): frame is TcpFrame => frame.kind === "tcp" && frame.sport === dport && frame.dport === sport,
    );
    return frames.map((frame) => {
      this.#learn(frame);
      return this.inShort(frame);
    });
  }

  /** `SA seq -1 ack 0 mss 1460,nop,ws`, `A seq 0 ack 3 10-13`, `PA seq 0 ack 0 "abc"`, `A seq 0 ack 0 1460 bytes`, `R seq=77 ack=0`. */
  inShort(frame: TcpFrame): string {
    const { flags, seq, ack, sack, options, tsEcr, payload, window } = frame;
    const words = [flags || "-"];
    words.push(this.theirs === null || seq === 0 ? `seq=${seq}` : `seq ${distance(seq, this.theirs)}`);
    words.push(flags.includes("A") ? `ack ${distance(ack, FIRST)}` : `ack=${ack}`);
    words.push(...sack.map(([begin, end]) => `${distance(begin, FIRST)}-${distance(end, FIRST)}`));
    if (flags.includes("S")) words.push(options);
    if (options.split(",").includes("ts")) words.push(`ecr ${tsEcr}`);
    if (payload.length > 0) words.push(payload.length < 32 ? `"${payload}"` : `${payload.length} bytes`);
    if (window === 0 && !flags.includes("R")) words.push("window 0");
    return words.join(" ");
  }

  #learn({ flags, seq }: TcpFrame): void {
    if (flags.includes("S")) this.theirs = (seq + 1) >>> 0;
  }
}

/** A connection with the DUT's program on it. */
export interface Opened {
  talk: Talk;
  stream: DutStream;
}

export interface OpenOptions extends TalkOptions {
  /** Default `plain`. */
  offer?: Offer;
  /** The tester takes so many ms to end the handshake, which the DUT takes for the length of its path. Default 0. */
  roundTrip?: number;
}

/** The program on the DUT listens, and T1 is known. */
export async function listening(bench: Bench): Promise<DutListener> {
  await acquainted(bench);
  return bench.listen(PORT);
}

/** The tester connects to the DUT, whose program takes the connection. */
export async function accepted(bench: Bench, { offer = "plain", roundTrip = 0, ...options }: OpenOptions = {}): Promise<Opened> {
  const listener = await listening(bench);
  const talk = new Talk(bench, options);
  await halfOpen(talk, offer);
  if (roundTrip > 0) await bench.sleep(roundTrip);
  await talk.say({ ...(offer === "stamps" && { options: timestamps(NOW, 0) }) });
  await bench.settle();
  const stream = listener.accept();
  if (!stream) throw new Error("the DUT's listener has no connection");
  return { talk, stream };
}

/** The tester's SYN, and the DUT's answer to it. */
export async function halfOpen(talk: Talk, offer: Offer): Promise<void> {
  await talk.say({ flags: "S", seq: -1, options: OFFERS[offer] });
  await talk.next("the DUT takes part in the handshake");
}

/** The DUT's program connects to the tester. */
export async function connected(bench: Bench, { offer = "plain", ...options }: OpenOptions = {}): Promise<Opened> {
  await acquainted(bench);
  const { talk, stream } = await connecting(bench, options);
  await talk.say({ flags: "SA", seq: -1, options: OFFERS[offer] });
  await talk.hears("the DUT ends the handshake", "A seq 0 ack 0");
  return { talk, stream };
}

/** The DUT's program has begun to connect: its SYN was heard. */
export async function connecting(bench: Bench, options: TalkOptions = {}): Promise<Opened & { syn: TcpFrame }> {
  const stream = bench.connect(bench.plan.T1.ip, PORT, { port: TESTER });
  // The DUT's port is the one that the tester has otherwise.
  const talk = new Talk(bench, { sport: PORT, dport: TESTER, ...options });
  const syn = await talk.next("the DUT asks for a connection");
  return { talk, stream, syn };
}

/** Bytes that a program sends. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Takes what a program has received, as text. */
export function text(stream: DutStream): string {
  return new TextDecoder().decode(stream.received());
}
