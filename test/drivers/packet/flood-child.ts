/** Sends one frame from an interface again and again, for packet.bench.ts: `flood-child.ts IFACE HEX RATE SECONDS`; 0: as fast as it can. */
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";

/** Frames between two looks at the clock. */
const BURST = 32;

const [iface = "", hex = "", rate = "0", seconds = "1"] = process.argv.slice(2);
const bytes = Buffer.from(hex, "hex");
const clock = new SystemClock();
const controller = new PacketController(clock, { interface: iface });
const host = new FakeHost(clock, { keep: false });
await host.open(controller);
await host.until(() => host.carriers.at(-1) === true, "carrier");

const begun = clock.now();
const end = begun + Number(seconds) * 1000;
let sent = 0;
for (let now = begun; now < end; now = clock.now()) {
  const due = Number(rate) > 0 ? ((now - begun) / 1000) * Number(rate) : Number.POSITIVE_INFINITY;
  for (let count = 0; count < BURST && sent < due; count++, sent++) controller.transmit(host.packet(bytes));
  await new Promise((resolve) => setImmediate(resolve));
}
await controller.close();
console.log(sent);
