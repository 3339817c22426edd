/** Nothing is allocated for a frame, in either direction, whether it is copied into the chip's memory or lies there already. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";

interface Figures {
  frames: number;
  allocation: { bytes: number; collected: boolean };
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const child = fileURLToPath(new URL("./allocation-child.ts", import.meta.url));
const NEW_SPACE = 64;
/** Code is optimized where it runs, and not on a thread beside it that a busy machine makes late: unoptimized code boxes every fraction. */
const FLAGS = [
  "--expose-gc",
  "--no-concurrent-recompilation",
  `--min-semi-space-size=${NEW_SPACE}`,
  `--max-semi-space-size=${NEW_SPACE}`,
];
/** Less than the smallest object, once in a dozen frames: virtual time that moves on by a fraction a burst is all there is. */
const LIMIT = 1;

async function measure(mode: string, length: number): Promise<Figures> {
  const options = [...FLAGS, "--import", "./firmware-ts/cli/dev.mjs", child, mode, `${length}`];
  const environment = { cwd: root, env: { PATH: process.env["PATH"] }, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, options, environment);
  return JSON.parse(stdout) as Figures;
}

for (const [mode, frames] of [
  ["receive", 1],
  ["send", 1],
  ["forward", 2],
] as const) {
  for (const length of [60, 1514]) {
    t.test(`${mode}, ${length} bytes`, async (t) => {
      const figures = await measure(mode, length);
      t.equal(figures.frames, frames, "frames a turn");
      t.notOk(figures.allocation.collected, "nothing was collected meanwhile");
      t.ok(figures.allocation.bytes < LIMIT, `${figures.allocation.bytes} bytes a frame, of ${LIMIT} allowed`);
    });
  }
}
