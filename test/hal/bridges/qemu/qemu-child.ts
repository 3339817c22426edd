/** Run as a process of its own by lifetime.test.ts: opens QEMU, tells its process id, and ends in the way that it is told to. */
import { QemuBus } from "../../../../hal/bridges/qemu/bus.ts";
import { SystemClock } from "../../../../hal/clock.ts";

const [ending = ""] = process.argv.slice(2);
const bus = new QemuBus(new SystemClock(), { wire: { kind: "user" } });
await bus.open();
console.log(`${bus.pid}`);
if (ending === "close") await bus.close();
else if (ending === "exit") process.exit(0);
else if (ending === "throw") throw new Error("the child throws");
