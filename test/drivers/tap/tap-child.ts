/**
 * A stack at the far end of a TAP device, run in a network namespace by tap.test.ts: `tap-child NAME CIDR [MAC]` prints `open MAC` and
 * answers until its standard input ends; then it closes and prints what it counted. Errors are printed as `CODE message`.
 */
import { TapController } from "../../../drivers/tap/tap.ts";
import { parseMac } from "../../../firmware-ts/net/ethernet.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { SeededRandom } from "../../../hal/random.ts";

const [name = "", cidr = "", mac] = process.argv.slice(2);
const clock = new SystemClock();
const stack = new Stack({ clock, random: new SeededRandom(1) });
const address = mac ? parseMac(mac) : null;
const device = stack.addDevice("eth0", new TapController(clock, { interface: name, ...(address ? { address } : {}) }));
try {
  await device.open();
} catch (error) {
  if (!(error instanceof ControllerError)) throw error;
  console.log(error.code, error.message);
  process.exit(1);
}
stack.addAddress(device, cidr);
console.log("open", Buffer.from(device.address).toString("hex"));
process.stdin.resume();
process.stdin.once("end", async () => {
  await stack.close();
  clock.stop();
  console.log("closed", stack.network.pool.inUse, device.error?.message ?? "");
});
