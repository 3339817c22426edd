/**
 * The wire of QEMU's network controller, as a station on a wire of ours, such as a simulated segment: frames that QEMU's controller
 * sends go on the wire, frames off the wire go to it. Between the two runs a stream of frames, each behind its length (u32, big
 * endian), as QEMU's `-netdev socket` has it.
 *
 *     const wire = new QemuWire(segment, "qemu");
 *     const bus = new QemuBus(clock, { wire });
 */
import { MIN_FRAME } from "../../ethernet.ts";
import type { Wire, WirePort, WireStation } from "../../wire.ts";
import type { Watch } from "../linux/libc.ts";
import type { QemuCalls } from "./libc.ts";

/** Frames that wait for QEMU, in bytes; it stops reading when its controller has no buffers. Some 170 of the longest. */
const OUTPUT = 0x4_0000;
const INPUT = 0x2_0000;
/** Bytes of a frame's length in front of it. */
const LENGTH = 4;
/** The longest frame that QEMU's stream carries; more is no length. */
const MAX_STREAMED = 0x1_1000;
/** Reads of the whole input before the rest of the process has its turn. */
const READS = 4;

export class QemuWire implements WireStation {
  /** Its end of the cable. Pull it, and the controller in QEMU loses its link. */
  readonly port: WirePort;
  readonly counters: {
    /** Frames that QEMU's controller sent, and that went to it. */
    sent: number;
    received: number;
    /** Frames for it that were lost: too many waited; no QEMU was there (any more); their check sequence was wrong. */
    overruns: number;
    unheard: number;
    fcsErrors: number;
  } = { sent: 0, received: 0, overruns: 0, unheard: 0, fcsErrors: 0 };
  /** The cable was plugged or pulled. Set by the bus. */
  onLink: ((up: boolean) => void) | null = null;
  #linkUp = false;
  #libc: QemuCalls | null = null;
  #fd = -1;
  #watch: Watch | null = null;
  readonly #output = new Uint8Array(OUTPUT);
  readonly #outputView = new DataView(this.#output.buffer);
  #outputAddress = 0;
  /** Bytes that wait for QEMU: output[first..end). */
  #first = 0;
  #end = 0;
  /** Start of the first frame of which nothing has been sent. */
  #whole = 0;
  readonly #input = new Uint8Array(INPUT);
  readonly #inputView = new DataView(this.#input.buffer);
  #inputAddress = 0;
  /** Bytes of an incomplete frame, at the start of the input. */
  #held = 0;
  readonly #short = new Uint8Array(MIN_FRAME);

  constructor(wire: Wire, name: string) {
    // Last: the wire may call wireLink() before it returns.
    this.port = wire.attach(name, this);
  }

  get linkUp(): boolean {
    return this.#linkUp;
  }

  /** Every frame for QEMU is in its hands: in its controller, or in its queue until that has buffers. */
  get settled(): boolean {
    return this.#first === this.#end && (this.#fd < 0 || this.#libc?.unread(this.#fd) === 0);
  }

  /** Takes over the stream to a QEMU that is about to start. Called by the bus, which closes the descriptor. */
  connect(libc: QemuCalls, fd: number): void {
    this.#libc = libc;
    this.#fd = fd;
    this.#outputAddress = libc.address(this.#output.buffer);
    this.#inputAddress = libc.address(this.#input.buffer);
    this.#first = 0;
    this.#end = 0;
    this.#whole = 0;
    this.#held = 0;
    this.#watch = libc.watch(fd, (readable, writable) => {
      if (readable) this.take(READS);
      if (writable) this.#flush();
    });
  }

  /** Lets go of the stream. Frames that wait for QEMU are lost. Called by the bus. */
  disconnect(): void {
    if (this.#fd < 0) return;
    this.#fd = -1;
    this.#watch?.close();
    this.#watch = null;
    if (this.#whole > this.#first) this.counters.unheard++;
    for (; this.#whole < this.#end; this.#whole += LENGTH + this.#outputView.getUint32(this.#whole)) this.counters.unheard++;
    this.#first = 0;
    this.#end = 0;
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    if (!fcsOk) {
      this.counters.fcsErrors++;
      return;
    }
    if (this.#fd < 0) {
      this.counters.unheard++;
      return;
    }
    const room = LENGTH + length;
    if (this.#end + room > OUTPUT && !this.#moveUp(room)) {
      this.counters.overruns++;
      return;
    }
    const waiting = this.#first < this.#end;
    this.#outputView.setUint32(this.#end, length);
    for (let at = 0; at < length; at++) this.#output[this.#end + LENGTH + at] = bytes[at]!;
    this.#end += room;
    this.counters.received++;
    // In order: frames that wait for room go first, when there is some.
    if (!waiting) this.#flush();
  }

  wireLink(up: boolean): void {
    this.#linkUp = up;
    this.onLink?.(up);
  }

  /**
   * Puts what QEMU's controller has sent on the wire; the event loop does so by itself.
   * @param reads how often the stream is looked at, at most
   */
  take(reads: number): void {
    const libc = this.#libc;
    for (let read = 0; read < reads && libc && this.#fd >= 0; read++) {
      const room = INPUT - this.#held;
      const count = libc.receive(this.#fd, this.#inputAddress + this.#held, room);
      if (count <= 0) {
        // The end of the stream is QEMU's end. The bus hears of it in its own way; until then the stream would stay readable.
        if (count === 0 || !libc.wouldWait()) this.disconnect();
        return;
      }
      this.#held += count;
      this.#deliver();
      if (count < room) return;
    }
  }

  #deliver(): void {
    let at = 0;
    while (this.#held - at >= LENGTH) {
      const length = this.#inputView.getUint32(at);
      if (length > MAX_STREAMED) {
        // Not a length: the start of the next frame is unknown.
        this.disconnect();
        return;
      }
      if (this.#held - at < LENGTH + length) break;
      this.counters.sent++;
      if (length >= MIN_FRAME) this.port.transmit(this.#input, at + LENGTH, length);
      else this.#pad(at + LENGTH, length);
      at += LENGTH + length;
    }
    if (at > 0) this.#input.copyWithin(0, at, this.#held);
    this.#held -= at;
  }

  /** QEMU's controller sends short frames as they are; on a wire there are none (IEEE 802.3 clause 4.2.3.3). */
  #pad(at: number, length: number): void {
    for (let byte = 0; byte < MIN_FRAME; byte++) this.#short[byte] = byte < length ? this.#input[at + byte]! : 0;
    this.port.transmit(this.#short, 0, MIN_FRAME);
  }

  /** Makes room at the end of the output; false when what waits is too much. */
  #moveUp(room: number): boolean {
    const waiting = this.#end - this.#first;
    if (waiting + room > OUTPUT) return false;
    this.#output.copyWithin(0, this.#first, this.#end);
    this.#whole -= this.#first;
    this.#first = 0;
    this.#end = waiting;
    return true;
  }

  #flush(): void {
    const libc = this.#libc;
    while (this.#first < this.#end && libc && this.#fd >= 0) {
      const count = libc.send(this.#fd, this.#outputAddress + this.#first, this.#end - this.#first);
      if (count < 0 && libc.wouldWait()) {
        this.#watch?.want(true, true);
        return;
      }
      // QEMU has gone; reading will tell.
      if (count <= 0) return;
      this.#first += count;
      while (this.#whole < this.#first) this.#whole += LENGTH + this.#outputView.getUint32(this.#whole);
    }
    if (this.#first === this.#end) {
      this.#first = 0;
      this.#end = 0;
      this.#whole = 0;
      this.#watch?.want(true, false);
    }
  }
}
