/** qtest's lines over a socket that takes and gives as many bytes as it likes. */
import t from "tap";
import type { QemuCalls } from "../../../../hal/bridges/qemu/libc.ts";
import { Qtest, QtestLine } from "../../../../hal/bridges/qemu/qtest.ts";
import { VirtualClock } from "../../../../hal/clock.ts";

/** Distance of the addresses of two buffers. */
const FAR = 1 << 20;

/** A socket's far end that keeps what it hears and says `OK`, with a value to a reading. */
class FarEnd {
  readonly #buffers: Uint8Array[] = [];
  readonly heard: string[] = [];
  #line = "";
  #answers = "";
  #turns = 0;
  /** Bytes that it takes and gives at a time. */
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  address(buffer: ArrayBuffer): number {
    return this.#buffers.push(new Uint8Array(buffer)) * FAR;
  }

  send(_fd: number, address: number, length: number): number {
    // Every third time it has no room.
    if (++this.#turns % 3 === 0) return -1;
    const count = Math.min(this.#step, length);
    const from = this.#at(address);
    if (length > from.length) throw new RangeError("more than there is");
    const text = String.fromCharCode(...from.subarray(0, count));
    for (const letter of text) {
      if (letter !== "\n") this.#line += letter;
      else {
        this.heard.push(this.#line);
        this.#answers += /^(readl|inl)/.test(this.#line) ? "OK 0x00000000cafe0123\n" : "OK\n";
        this.#line = "";
      }
    }
    return count;
  }

  receive(_fd: number, address: number, length: number): number {
    const count = Math.min(this.#step, length, this.#answers.length);
    if (count === 0) return -1;
    this.#at(address).set(new TextEncoder().encode(this.#answers.slice(0, count)));
    this.#answers = this.#answers.slice(count);
    return count;
  }

  wouldWait(): boolean {
    return true;
  }

  wait(): boolean {
    return true;
  }

  watch(): { close(): void } {
    return { close: () => {} };
  }

  #at(address: number): Uint8Array {
    const number = Math.floor(address / FAR);
    return (this.#buffers[number - 1] as Uint8Array).subarray(address - number * FAR);
  }
}

t.test("commands arrive whole and answers are understood, however few bytes go at a time", async (t) => {
  for (const step of [1, 2, 7, 4096]) {
    const far = new FarEnd(step);
    const ended: string[] = [];
    const line = new QtestLine();
    const options = { answerTimeout: 1000, interrupt: 10, line, onEnd: (error: Error) => void ended.push(error.message) };
    const qtest = new Qtest(new VirtualClock(), far as unknown as QemuCalls, 3, options);
    qtest.write32(0xfebc_00d8, 0x8000_0001);
    qtest.out8(0x43, 0x30);
    t.equal(qtest.read32(0xfebc_0008), 0xcafe_0123, `${step} at a time`);
    t.equal(qtest.in32(0xcfc), 0xcafe_0123);
    const heard = ["writel 0xfebc00d8 0x80000001", "outb 0x00000043 0x00000030", "readl 0xfebc0008", "inl 0x00000cfc"];
    t.same([far.heard, ended], [heard, []]);
    qtest.close();
  }
});
