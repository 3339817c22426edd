/** The recorder writes accesses and interrupts down in their order, and passes all else through. */
import t from "tap";
import { VirtualClock } from "../../hal/clock.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import { SimulatedInterrupt } from "../../hal/interrupt.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { formatMmio, MmioRecorder } from "../../hal/mmio-recorder.ts";

const CAUSE = 0x10;
const MASK = 0x20;

/** A device of two registers: causes, which reading clears, and a mask. */
class Device implements MmioBus {
  readonly description = "a small device";
  readonly simulated = true;
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly dma = { bytes: new Uint8Array(16), words: new Uint32Array(4), base: 0x1000 };
  onFailed: ((error: ControllerError) => void) | null = null;
  opened = 0;
  #causes = 0;
  #mask = 0;

  async open(): Promise<void> {
    this.opened++;
  }

  async close(): Promise<void> {
    this.opened--;
  }

  read32(offset: number): number {
    if (offset !== CAUSE) return this.#mask;
    const causes = this.#causes;
    this.cause(0);
    return causes;
  }

  write32(offset: number, value: number): void {
    if (offset === MASK) this.#mask = value;
    this.cause(this.#causes);
  }

  cause(causes: number): void {
    this.#causes = causes;
    this.interrupt.set((causes & this.#mask) !== 0);
  }
}

function setUp(): { clock: VirtualClock; device: Device; recorder: MmioRecorder; lines: string[] } {
  const clock = new VirtualClock();
  const device = new Device();
  const lines: string[] = [];
  const name = (offset: number): string => (offset === CAUSE ? "CAUSE" : "MASK");
  const recorder = new MmioRecorder(clock, device, (entry) => lines.push(formatMmio(entry, name)));
  return { clock, device, recorder, lines };
}

t.test("accesses and interrupts in their order", async (t) => {
  const { clock, device, recorder, lines } = setUp();
  let served = 0;
  recorder.interrupt.onAssert = () => {
    served++;
    recorder.read32(CAUSE);
  };
  recorder.write32(MASK, -1);
  clock.advanceSync(1.5);
  device.cause(5);
  t.equal(served, 1);
  t.notOk(recorder.interrupt.asserted);
  t.equal(recorder.read32(MASK), -1, "what the bus gives is what the driver gets");
  t.strictSame(lines, [
    "0.000 W MASK ffffffff",
    "1.500 interrupt raised",
    "1.500 R CAUSE 00000005",
    "1.500 interrupt released",
    "1.500 R MASK ffffffff",
  ]);
});

t.test("a release that nobody saw stands before the next raise", async (t) => {
  const { device, recorder, lines } = setUp();
  recorder.write32(MASK, 1);
  device.cause(1);
  t.ok(recorder.interrupt.asserted);
  device.cause(0);
  device.cause(1);
  t.strictSame(lines.slice(1), ["0.000 interrupt raised", "0.000 interrupt released", "0.000 interrupt raised"]);
});

t.test("everything else is the bus's own", async (t) => {
  const { device, recorder } = setUp();
  await recorder.open();
  t.equal(device.opened, 1);
  t.equal(recorder.dma, device.dma);
  t.equal(recorder.description, "a small device, recorded");
  t.equal(recorder.simulated, true);
  let failed: ControllerError | null = null;
  recorder.onFailed = (error) => {
    failed = error;
  };
  const error = new ControllerError("GONE", "gone");
  device.onFailed?.(error);
  t.equal(failed, error);
  t.equal(recorder.onFailed, device.onFailed);
  await recorder.close();
  t.equal(device.opened, 0);
});

t.test("without names the offset is told", async (t) => {
  t.equal(formatMmio({ time: 12.3456, kind: "read", offset: 0x3818, value: 255 }), "12.346 R 03818 000000ff");
  t.equal(formatMmio({ time: 0, kind: "lower", offset: 0, value: 0 }), "0.000 interrupt released");
});
