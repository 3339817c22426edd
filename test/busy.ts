/**
 * `npm run test:busy [-- RUNS]`: all tests, again and again (20 times), while two loops beside them take what processor they get. Prints a
 * line for each run; what a run said is in .tap/busy. Ends with 1 when one of them failed.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { bound } from "./support/own.ts";

const LOOPS = 2;
const FOLDER = ".tap/busy";

const runs = Number(process.argv[2] ?? 20);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`test:busy: "${process.argv[2]}" is no number of runs; say e.g. npm run test:busy -- 5`);
  process.exit(2);
}
mkdirSync(FOLDER, { recursive: true });
const loops = Array.from({ length: LOOPS }, () => bound(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));

let failed = 0;
for (let run = 1; run <= runs; run++) {
  const begun = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, "test/run.ts"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  writeFileSync(`${FOLDER}/${run}.txt`, stdout);
  const counts = /^\d+ passed, .*$/m.exec(stdout)?.[0] ?? "no result";
  const repeated = stdout.split("\n").filter((line) => /^ {2}test\/.*machine too busy, repeated/.test(line));
  if (status !== 0) failed++;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(
    `run ${run} of ${runs}: ${status === 0 ? "green" : "FAILED"}, ${counts}, ${repeated.length / 2} repeated, ${seconds} s`,
  );
}
for (const loop of loops) loop.kill("SIGKILL");
console.log(`${runs - failed} of ${runs} green${failed > 0 ? `; see ${FOLDER}` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
