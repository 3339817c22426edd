/** A system in real time, brought up and stopped: the process has to end by itself. `argv[2]`: what is done to it meanwhile. */
import { benchRig } from "../../../firmware-ts/board/bench.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { SystemClock } from "../../../hal/clock.ts";

const clock = new SystemClock();
const [, , what] = process.argv;
const rig = benchRig();
if (what === "refused") {
  const bus = {
    kind: "serprog" as const,
    port: "/dev/ttyNOWHERE",
    baud: 115_200,
    spiHz: 1e7,
    pipelining: "auto" as const,
    answerTimeout: 250,
  };
  const system = await System.make({ ...rig, devices: rig.devices.map((device) => ({ ...device, bus })) }, { clock });
  await startSystem(system).catch((error: { code?: string }) => console.log(error.code));
} else {
  const system = await System.make(rig, { clock, duration: 1000 });
  const started = startSystem(system);
  if (what === "stopped") await system.stop();
  await started;
  await system.finished;
  await system.stop();
  console.log(JSON.stringify(system.summary().datagrams));
}
