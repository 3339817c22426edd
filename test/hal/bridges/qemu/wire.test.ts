/** QEMU's end of a wire: every frame is accounted for, and the frames that wait are bounded. */
import t from "tap";
import { realTime } from "../../../support/real-time.ts";
import { Bench, frame, skip } from "./bench.ts";

t.test("without a QEMU, and with a wrong check sequence, frames are counted as lost", async (t) => {
  const { wire } = new Bench(t);
  const bytes = frame(Uint8Array.of(2, 0, 0, 0, 0, 1), 60);
  wire.wireFrame(bytes, 60, true);
  wire.wireFrame(bytes, 60, false);
  t.match(wire.counters, { received: 0, unheard: 1, fcsErrors: 1, overruns: 0 });
  t.ok(wire.settled);
});

realTime(t, "a QEMU that does not listen: what waits is bounded, and every frame is accounted for", { skip }, async (t) => {
  const { bus, wire } = new Bench(t);
  await bus.open();
  const pid = bus.pid as number;
  process.kill(pid, "SIGSTOP");
  const count = 2000;
  const bytes = frame(Uint8Array.of(2, 0, 0, 0, 0, 1), 1514);
  for (let sent = 0; sent < count; sent++) wire.wireFrame(bytes, bytes.length, true);
  const { received, overruns } = wire.counters;
  t.equal(received + overruns, count);
  t.ok(received > 150 && received < 1000, `${received} frames wait, in the socket and here`);
  t.notOk(wire.settled);
  await bus.close();
  const { unheard } = wire.counters;
  t.ok(unheard > 150 && unheard < received, `${unheard} of them never left us`);
  t.ok(wire.settled);
  wire.wireFrame(bytes, bytes.length, true);
  t.equal(wire.counters.unheard, unheard + 1);
});
