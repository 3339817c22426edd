/** The line of progress: on a terminal only. */
import t from "tap";
import { Progress } from "../../../hil-rigs/cli/kit/progress.ts";

/** Returns everything written to standard error, as a terminal or not. */
function written(terminal: boolean, steps: number, failed: number): string {
  const { isTTY, write } = process.stderr;
  let text = "";
  Object.assign(process.stderr, {
    isTTY: terminal,
    write: (more: string) => {
      text += more;
      return true;
    },
  });
  try {
    const progress = new Progress("linux", 100);
    progress.clear();
    for (let step = 0; step < steps; step++) progress.step(step < failed);
    progress.clear();
  } finally {
    Object.assign(process.stderr, { isTTY, write });
  }
  return text;
}

t.test("a pipe gets nothing", async (t) => {
  t.equal(written(false, 30, 1), "");
});

t.test("a terminal gets the first step at once and no more for a while; the line is taken away", async (t) => {
  t.equal(written(true, 30, 0), "\r\x1b[Klinux: 1 of 100 cases\r\x1b[K");
  t.equal(written(true, 30, 1), "\r\x1b[Klinux: 1 of 100 cases, 1 failed\r\x1b[K");
  t.equal(written(true, 0, 0), "");
});

t.test("the time that is left, once some cases have told it", async (t) => {
  const { now } = performance;
  const { isTTY, write } = process.stderr;
  const lines: string[] = [];
  Object.assign(process.stderr, { isTTY: true, write: (more: string) => lines.push(more) > 0 });
  const shown = new Progress("linux", 40);
  let at = now.call(performance);
  performance.now = () => at;
  try {
    for (let step = 0; step < 20; step++) {
      at += 1000;
      shown.step(false);
    }
  } finally {
    performance.now = now;
    Object.assign(process.stderr, { isTTY, write });
  }
  t.match(lines.at(-1), /linux: 20 of 40 cases, about 2[01] s left$/);
});
