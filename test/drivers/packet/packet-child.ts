/** Run as a process of its own by lifetime.test.ts: opens a controller on an interface and ends in the way that it is told to. */
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { FakeHost } from "../../support/controller-host.ts";

const [name = "", ending = ""] = process.argv.slice(2);
const clock = new SystemClock();
const controller = new PacketController(clock, { interface: name });
try {
  await new FakeHost(clock).open(controller);
} catch (error) {
  console.log(error instanceof ControllerError ? `${error.code} ${error.message}` : String(error));
  process.exit(1);
}
console.log("open");
if (ending === "close") await controller.close();
else if (ending === "exit") process.exit(0);
else if (ending === "throw") throw new Error("the child throws");
