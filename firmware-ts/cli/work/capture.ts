/** `whohas capture`: frames of a running instance, as lines, as pcapng, or with -j as an object a line. */
import { isatty } from "node:tty";
import { SystemClock } from "../../../hal/clock.ts";
import { type CaptureSpec, STANDARD_OUTPUT } from "../../board/capture/spec.ts";
import { PacketFile } from "../../board/packet-file.ts";
import { fromBase64 } from "../../control/base64.ts";
import { clockTime } from "../../control/iproute/time.ts";
import type { CapturedPacket } from "../../control/methods/capture.ts";
import type { Caller } from "../../control/methods/client.ts";
import type { ResultOf } from "../../control/methods/index.ts";
import { packetSummary } from "../../control/packet-summary.ts";
import { Direction } from "../../control/pcapng.ts";
import { ControlError } from "../../control/rpc/protocol.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withInstance } from "./connect.ts";
import { standardDescriptor } from "./descriptor.ts";
import { Interrupt } from "./interrupt.ts";
import { printableJson } from "./printable.ts";

export interface CaptureOptions {
  /** Undefined: all. */
  device: string | undefined;
  filter: string;
  /** Undefined: lines for people. */
  file: CaptureSpec | undefined;
  /** Undefined: until it is told to stop. */
  count: number | undefined;
  /** Bytes. */
  snaplen: number;
}

/** Where the packets go. */
interface Sink {
  packet(packet: CapturedPacket, bytes: Uint8Array): void;
  /** Packets of a device that are missing behind its last one. */
  missing(at: number, packets: number): void;
  /** Packets that the sink itself had to leave out. */
  readonly lost: number;
  close(): Promise<void>;
}

export function capture(globals: Globals, options: CaptureOptions): Promise<number> {
  const { file } = options;
  if (file && globals.json) throw new CommandError("whohas: -w writes pcapng, which is no JSON; leave -j or -w out");
  if (file?.path === STANDARD_OUTPUT && isatty(1)) {
    throw new CommandError(
      "whohas: -w -: standard output is a terminal; give the capture to a file or a program, as in | tshark -r -",
    );
  }
  return withInstance(globals, (client) => new Capture(client, options, globals.json).run());
}

class Capture {
  readonly #client: Caller;
  readonly #options: CaptureOptions;
  readonly #json: boolean;
  readonly #interrupt = new Interrupt(["SIGINT", "SIGTERM", "SIGHUP"]);
  #sink: Sink | null = null;
  /** Why there is no sink, or none any more. */
  #failure: unknown = null;
  #readerGone = false;

  constructor(client: Caller, options: CaptureOptions, json: boolean) {
    this.#client = client;
    this.#options = options;
    this.#json = json;
  }

  async run(): Promise<number> {
    const { device, filter, count, snaplen } = this.#options;
    this.#client.onNotification = (name, note) => {
      if (name === "capture.start") this.#start(note.devices, note.snaplen);
      else if (name === "capture.packets") for (const packet of note.packets) this.#packet(packet);
    };
    void this.#interrupt.heard.then(() => this.#stop());
    try {
      const result = await this.#client.call("capture", {
        snaplen,
        ...(filter === "" ? {} : { filter }),
        ...(device === undefined ? {} : { dev: device }),
        ...(count === undefined ? {} : { count }),
      });
      for (const [at, packets] of result.untold.entries()) this.#sink?.missing(at, packets);
      await this.#sink?.close();
      this.#tellCounts(result);
    } catch (error) {
      throw inWords(error);
    } finally {
      this.#interrupt.ignore();
      // The file is ended whatever the reason. Its own failure is not the first.
      await this.#sink?.close().catch(() => undefined);
    }
    if (this.#failure) throw this.#failure;
    return this.#readerGone ? Exit.SIGPIPE : Exit.DONE;
  }

  #start(devices: readonly string[], snaplen: number): void {
    const { file, device } = this.#options;
    try {
      if (file) {
        this.#sink = new FileSink(file, devices, snaplen, () => {
          this.#readerGone = file.path === STANDARD_OUTPUT;
          this.#stop();
        });
      } else this.#sink = this.#json ? jsonSink(devices) : textSink(devices);
      if (this.#json) return;
      console.error(`listening on ${device ?? "any"}, link-type EN10MB (Ethernet), snapshot length ${snaplen} bytes`);
    } catch (error) {
      this.#failure = error;
      this.#stop();
    }
  }

  #packet(packet: CapturedPacket): void {
    const bytes = fromBase64(packet.data);
    if (bytes) this.#sink?.packet(packet, bytes);
  }

  #stop(): void {
    void this.#client.call("capture.stop").catch(() => undefined);
  }

  /** The closing lines of tcpdump. */
  #tellCounts({ received }: ResultOf<"capture">): void {
    if (this.#failure) return;
    const lost = this.#sink?.lost ?? 0;
    const captured = received - lost;
    if (this.#json) {
      console.log(printableJson({ event: "summary", captured, received, dropped: lost }));
      return;
    }
    console.error(`${packets(captured)} captured\n${packets(received)} received by filter\n${packets(lost)} dropped by kernel`);
  }
}

function packets(count: number): string {
  return `${count} packet${count === 1 ? "" : "s"}`;
}

/** A device that is not there, as tcpdump has it. */
function inWords(error: unknown): unknown {
  if (!(error instanceof ControlError) || error.code !== "NO_DEVICE") return error;
  return new CommandError(`whohas: ${error.detail}: No such device exists; "whohas link" lists them`, Exit.NO);
}

/** A pcapng file, or standard output as one. */
class FileSink implements Sink {
  readonly #clock = new SystemClock();
  readonly #file: PacketFile;

  constructor(spec: CaptureSpec, interfaces: readonly string[], snaplen: number, onStopped: () => void) {
    const source = { interfaces, snaplen, clock: this.#clock };
    try {
      this.#file = new PacketFile(source, spec, { standardOutput: () => standardDescriptor(1), onStopped });
    } catch (error) {
      this.#clock.stop();
      throw error;
    }
  }

  packet({ at: index, time, length, out, drops = 0 }: CapturedPacket, bytes: Uint8Array): void {
    this.#file.missing(index, drops);
    this.#file.packet({ index, time, bytes, length, direction: out ? Direction.OUT : Direction.IN });
  }

  missing(at: number, packets: number): void {
    this.#file.missing(at, packets);
  }

  get lost(): number {
    return this.#file.lost;
  }

  close(): Promise<void> {
    return this.#file.close().finally(() => this.#clock.stop());
  }
}

/** Prints a line for each packet, and waits for the reader of it: the instance counts what is lost meanwhile. */
class LineSink implements Sink {
  readonly #line: (packet: CapturedPacket, bytes: Uint8Array) => string;
  lost = 0;

  constructor(line: (packet: CapturedPacket, bytes: Uint8Array) => string) {
    this.#line = line;
  }

  packet(packet: CapturedPacket, bytes: Uint8Array): void {
    this.lost += packet.drops ?? 0;
    console.log(this.#line(packet, bytes));
  }

  missing(_at: number, packets: number): void {
    this.lost += packets;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** `12:00:00.000000 eth0  Out ARP, Request who-has …`: as tcpdump has it for `-i any`. */
function textSink(devices: readonly string[]): Sink {
  return new LineSink(
    ({ at, time, length, out }, bytes) =>
      `${clockTime(time)} ${(devices[at] ?? "?").padEnd(5)} ${out ? "Out" : "In "} ${packetSummary(bytes, length)}`,
  );
}

function jsonSink(devices: readonly string[]): Sink {
  return new LineSink(({ at, time, length, out, drops, data }, bytes) =>
    printableJson({
      event: "packet",
      time,
      dev: devices[at],
      direction: out ? "out" : "in",
      length,
      ...(drops === undefined ? {} : { drops }),
      summary: packetSummary(bytes, length),
      data,
    }),
  );
}
