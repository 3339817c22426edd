/** A run is stopped, forked, and goes on twice: one past, two futures. */
import t from "tap";
import { benchRig } from "../../../firmware-ts/board/bench.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { SimulatedRun } from "../../../firmware-ts/board/simulated-run.ts";

const MINUTE = 60_000;

t.test("both branches have the same bytes behind them, and different ones before them", async (t) => {
  const run = await SimulatedRun.start(benchRig());
  await run.until(10 * MINUTE);
  const past = run.history.digest;
  const [calm, lossy] = [await run.fork(), await run.fork()];
  t.equal(calm.history.digest, past);
  t.equal(lossy.history.digest, past);
  t.equal(calm.time, run.time);
  lossy.act((system) => {
    const wire = system.wire("eth0");
    if (wire) wire.loss = 1;
  });
  for (const each of [run, calm, lossy]) await each.until(20 * MINUTE);
  t.equal(run.history.digest, calm.history.digest, "nothing was done to either");
  t.equal(run.history.firstDifference(calm.history), null);
  const parted = run.history.firstDifference(lossy.history);
  t.ok(parted && (parted.times[0] ?? 0) > 10 * MINUTE, `their ways part after the fork: ${JSON.stringify(parted)}`);
  t.ok(lossy.system.summary().arp.requestsBroadcast > run.system.summary().arp.requestsBroadcast, "the gateway does not answer");

  const again = await lossy.fork();
  t.equal(again.history.digest, lossy.history.digest, "a fork does again what was done to the run");
  const before = await lossy.fork(5 * MINUTE);
  t.equal(before.time, 5 * MINUTE);
  await before.until(20 * MINUTE);
  t.equal(before.history.digest, run.history.digest, "before it was done, it was not done");
  for (const each of [run, calm, lossy, again, before]) await each.close();
});

t.test("how time is cut into pieces does not matter; another seed does", async (t) => {
  const [one, pieces] = [await SimulatedRun.start(benchRig()), await SimulatedRun.start(benchRig())];
  await one.until(5 * MINUTE);
  for (let at = 0; at < 5 * MINUTE; at += 7777) await pieces.until(at);
  await pieces.until(5 * MINUTE);
  t.equal(one.history.digest, pieces.history.digest);
  const other = await SimulatedRun.start({ ...benchRig(), seed: 2 });
  await other.until(5 * MINUTE);
  t.not(other.history.digest, one.history.digest);
  for (const each of [one, pieces, other]) await each.close();
});

t.test("an action that is not by the system alone is found out", async (t) => {
  const run = await SimulatedRun.start(benchRig());
  await run.until(MINUTE);
  let times = 0;
  run.act((system) => {
    const wire = system.wire("eth0");
    if (wire && times++ > 0) wire.loss = 1;
  });
  await run.until(3 * MINUTE);
  await t.rejects(run.fork(), { code: "RUN_DIVERGED" });
  await run.close();
});

t.test("a rig with anything real in it is no such run", async (t) => {
  const text = "devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: /dev/ttyACM0 } } }\n";
  await t.rejects(SimulatedRun.start(parseRig(text, "real.yaml")), { code: "RUN_NOT_SIMULATED" });
});
