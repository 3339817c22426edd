/** The status of the kernel's clock, beside what Python's C library says; and what a board makes of it. */
import { execFileSync } from "node:child_process";
import t from "tap";
import { benchRig } from "../../../../firmware-ts/board/bench.ts";
import type { Rig } from "../../../../firmware-ts/board/rig/rig.ts";
import { loadClockIsSet } from "../../../../firmware-ts/board/wall-clock.ts";
import { loadClockStatus } from "../../../../hal/bridges/linux/clock-status.ts";
import { type Clock, SystemClock, VirtualClock } from "../../../../hal/clock.ts";
import { missingPrograms } from "../../../support/netns.ts";

const ASK = "import ctypes; print(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))";
/** TIME_ERROR of adjtimex(2). */
const NOT_SYNCHRONISED = 5;

function waiting(): Rig {
  const rig = benchRig();
  return { ...rig, apps: [{ kind: "telemetry", ...rig.telemetry, timestamp: "wait" }] };
}

/** A clock at another time. */
function at(time: number): Clock {
  return Object.create(new SystemClock(), { wallTime: { value: () => time } }) as Clock;
}

t.test("the kernel's word", { skip: process.platform !== "linux" || missingPrograms("python3") }, async (t) => {
  const state = Number(execFileSync("python3", ["-c", ASK], { encoding: "utf8" }));
  const isSet = await loadClockStatus();
  t.equal(isSet(), state !== NOT_SYNCHRONISED, `adjtimex says ${state}`);
  const board = await loadClockIsSet(waiting(), new SystemClock());
  t.equal(board(), isSet());
});

t.test("only a rig that waits for its clock is asked about it; virtual time is always right", async (t) => {
  t.ok((await loadClockIsSet(benchRig(), at(0)))());
  t.ok((await loadClockIsSet(waiting(), new VirtualClock(0)))());
});

t.test("without a kernel that can be asked, a time before this program's own is none", async (t) => {
  t.intercept(process, "platform", { value: "darwin" });
  t.notOk((await loadClockIsSet(waiting(), at(Date.UTC(1970, 0, 2))))());
  t.ok((await loadClockIsSet(waiting(), at(Date.UTC(2026, 0, 2))))());
});
