/** The monitor's far end: what is said to it, and when nobody is there any more. */
import t from "tap";
import type { QemuCalls } from "../../../../hal/bridges/qemu/libc.ts";
import { QemuMonitor } from "../../../../hal/bridges/qemu/monitor.ts";

/** Answers of the socket to the next look at it. */
const LOOKS = [
  { what: "bytes", count: 20, wouldWait: false, there: true },
  { what: "nothing now", count: -1, wouldWait: true, there: true },
  { what: "the end", count: 0, wouldWait: false, there: false },
  { what: "an error", count: -1, wouldWait: false, there: false },
] as const;

t.test("the cable is pulled and plugged until QEMU is gone", async (t) => {
  for (const { what, count, wouldWait, there } of LOOKS) {
    const said: string[] = [];
    let bytes = new Uint8Array();
    let look = (): void => {};
    let watching = true;
    const libc = {
      address: (buffer: ArrayBuffer) => {
        bytes = new Uint8Array(buffer);
        return 0;
      },
      send: (_fd: number, at: number, length: number) => {
        said.push(new TextDecoder().decode(bytes.subarray(at, at + length)));
        return length;
      },
      receive: () => count,
      wouldWait: () => wouldWait,
      watch: (_fd: number, ready: () => void) => {
        look = ready;
        const close = (): void => {
          watching = false;
        };
        return { close };
      },
    };
    const monitor = new QemuMonitor(libc as unknown as QemuCalls, 5);
    monitor.setLink("net0", false);
    look();
    monitor.setLink("net0", true);
    t.same([watching, said.length], there ? [true, 3] : [false, 2], what);
    t.same(JSON.parse(said[1] as string), { execute: "set_link", arguments: { name: "net0", up: false } });
  }
});
