/** The loopback plug under a stack; as a controller it passes the compliance suite (test/compliance/). */
import t from "tap";
import { LoopbackPlug } from "../../../drivers/loopback/loopback.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";

const ADDRESS = Uint8Array.of(2, 0, 0, 0, 0, 1);

t.test("a station address that is none is refused", async (t) => {
  for (const address of [Uint8Array.of(1, 0, 0, 0, 0, 1), new Uint8Array(5)])
    t.throws(() => new LoopbackPlug({ address }), { code: "LOOPBACK_ADDRESS" });
});

t.test("a stack hears its own ARP requests, is not taken in by them, and sees the plug pulled", async (t) => {
  const clock = new VirtualClock();
  const stack = new Stack({ clock, random: new SeededRandom(1) });
  const plug = new LoopbackPlug({ address: ADDRESS });
  const device = stack.addDevice("eth0", plug);
  await device.open();
  stack.addAddress(device, "10.0.0.1/24");
  const socket = stack.udp.open();
  const fates: string[] = [];
  socket.onFate = (_cookie, { status, reason }) => fates.push(`${status} ${reason}`);
  t.equal(socket.send(new Uint8Array(10), socket.to("10.0.0.2", 9)).status, "queued");
  await clock.advance(5000);
  t.same(fates, ["failed NEIGH_FAILED"], "nobody else is there");
  t.same([plug.statistics.txPackets, plug.statistics.rxPackets], [3, 3], "each of the three requests came back");
  plug.plugged = false;
  t.equal(device.hasCarrier, false);
  plug.plugged = true;
  t.equal(device.hasCarrier, true);
  await stack.close();
  t.equal(stack.network.pool.inUse, 0);
  t.equal(device.drops.get(DropReason.TX_CARRIER), 0);
});
