/** A process of its own for orphans.test.ts: makes one of each thing that could outlive it, tells what, and waits to be killed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { QemuBus } from "../../hal/bridges/qemu/bus.ts";
import { SystemClock } from "../../hal/clock.ts";
import { LocalTap, missingPrograms, run, VethPair } from "./netns.ts";
import { bound, PREFIX, scratch, scratchFolder } from "./own.ts";

/** The things that it made. */
export interface Belongings {
  /** An interface of the namespace that it was started in. */
  interface: string;
  namespace: string;
  folders: string[];
  /** Programs: in its namespace, in the other one, and QEMU where it is installed. */
  pids: number[];
}

const outside = `${PREFIX}out`;
run("ip", ["link", "add", outside, "type", "veth", "peer", "name", `${PREFIX}peer`]);
const pair = new VethPair();
new LocalTap();
writeFileSync(join(scratch("kept"), "capture"), "frames");
const another = `${scratchFolder}-another`;
mkdirSync(another);
const children = [bound("sleep", ["600"], { stdio: "ignore" }), pair.far.spawn("sleep", ["600"], { stdio: "ignore" })];
const pids = children.flatMap(({ pid }) => pid ?? []);
if (!missingPrograms("qemu-system-x86_64")) {
  const bus = new QemuBus(new SystemClock(), { wire: { kind: "user" } });
  await bus.open();
  pids.push(bus.pid as number);
}
const made: Belongings = { interface: outside, namespace: pair.far.name, folders: [scratchFolder, another], pids };
console.log(JSON.stringify(made));
setInterval(() => {}, 60_000);
