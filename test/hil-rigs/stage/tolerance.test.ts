/** The time allowed for a device's lateness. */
import t from "tap";
import { window } from "../../../hil-rigs/stage/tolerance.ts";

t.test("the kernel's lateness, as measured with HZ=250", async (t) => {
  const late = (ms: number, timers = 1): number => window({ timers: 250, slack: 0 }, ms, timers).to - ms;
  // Seen on a kernel: a retransmission at +1.002..+1.036 s, a delay probe of 5 s up to 256 ms late.
  t.ok(late(1000) >= 36 && late(1000) < 50, `1 s: ${late(1000)}`);
  t.ok(late(2000, 2) >= 72 && late(2000, 2) < 90, `twice 1 s: ${late(2000, 2)}`);
  t.ok(late(5000) >= 256 && late(5000) < 280, `5 s: ${late(5000)}`);
  t.ok(late(100) >= 8 && late(100) < 16, `100 ms: ${late(100)}`);
});

t.test("virtual time allows nothing", async (t) => {
  const { from, to } = window({ timers: "exact", slack: 0 }, 100);
  t.ok(from <= 100 && to >= 100 && to - from < 0.01);
});

t.test("timers of a real clock that are armed one behind the other are late one on top of the other", async (t) => {
  t.ok(window({ timers: "exact", slack: 40 }, 200, 2).to >= 280);
});
