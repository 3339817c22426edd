/**
 * The control connection of iperf3: states of one byte, and JSON behind a length of four bytes (as iperf 3.12 speaks on the wire). Client and
 * server are written over node:net alone, so that `whohas exec` can run them on a stack.
 */
import type { Socket } from "node:net";

/** Bytes of the word that tells a test's connections from others: 36 letters or digits and a NUL. */
export const COOKIE = 37;

/** States that a side tells the other. */
export const State = {
  TEST_START: 1,
  TEST_RUNNING: 2,
  TEST_END: 4,
  PARAM_EXCHANGE: 9,
  CREATE_STREAMS: 10,
  EXCHANGE_RESULTS: 13,
  DISPLAY_RESULTS: 14,
  IPERF_DONE: 16,
} as const;

/** The wishes of a client. */
export interface Parameters {
  tcp: true;
  /** Seconds; 0 where the bytes count. */
  time: number;
  /** Bytes of all streams; 0 where the time counts. */
  num: number;
  omit: number;
  parallel: number;
  /** Bytes of one write. */
  len: number;
  /** The server sends. */
  reverse?: boolean;
  client_version: string;
}

export interface StreamResult {
  id: number;
  bytes: number;
  retransmits: number;
  jitter: number;
  errors: number;
  packets: number;
  start_time: number;
  end_time: number;
}

export interface Results {
  cpu_util_total: number;
  cpu_util_user: number;
  cpu_util_system: number;
  sender_has_retransmits: number;
  streams: StreamResult[];
}

/** The outcome of a test as one side knows it: bytes that it sent or received, and those that the other says it received or sent. */
export interface Outcome {
  ours: number;
  theirs: number;
  /** From the first stream to the end, in s. */
  seconds: number;
  /** Processor time of the whole process, in s. */
  processor: number;
}

/** A connection that is read piece by piece. */
export class Control {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #over = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#over = true;
      this.#wake();
    });
  }

  /** @throws Error the connection ended before so many bytes came */
  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      if (this.#over) throw new Error(`iperf: the control connection ended; ${count} bytes were awaited`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  /** @throws Error another state came */
  async expect(state: number): Promise<void> {
    const got = (await this.take(1)).readInt8();
    if (got !== state) throw new Error(`iperf: the other side says ${got}, not ${state}`);
  }

  tell(state: number): void {
    this.socket.write(Uint8Array.of(state));
  }

  async json(): Promise<unknown> {
    const length = (await this.take(4)).readUInt32BE();
    return JSON.parse(String(await this.take(length)));
  }

  tellJson(value: unknown): void {
    const text = Buffer.from(JSON.stringify(value));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    this.socket.write(Buffer.concat([head, text]));
  }
}

/** The number of a stream: 1, 3, 4, 5, … as iperf counts. */
function idOf(index: number): number {
  return index === 0 ? 1 : index + 2;
}

export function resultsOf(bytes: readonly number[], seconds: number): Results {
  const zero = { retransmits: 0, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: seconds };
  return {
    cpu_util_total: 0,
    cpu_util_user: 0,
    cpu_util_system: 0,
    sender_has_retransmits: 0,
    streams: bytes.map((count, index) => ({ id: idOf(index), bytes: count, ...zero })),
  };
}

export function total({ streams }: Results): number {
  return streams.reduce((sum, { bytes }) => sum + bytes, 0);
}
