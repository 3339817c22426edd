/** Groups that a device joins: each as often as it is asked to, told to the controller once, and again when it has failed. */
import t from "tap";
import { LoopbackPlug } from "../../../drivers/loopback/loopback.ts";
import { Network } from "../../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import type { ReceiveMode } from "../../../hal/ethernet.ts";

const ALL_NODES = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const ALL_HOSTS = Uint8Array.of(1, 0, 0x5e, 0, 0, 1);

/** Notes what it is asked for: `33:33:…01 01:00:…01`, `all` in front where it is promiscuous. */
class Listener extends LoopbackPlug {
  readonly modes: string[] = [];

  override setReceiveMode(mode: ReceiveMode): void {
    super.setReceiveMode(mode);
    const groups = mode.groups.map((group) => Buffer.from(group).toString("hex"));
    this.modes.push([...(mode.promiscuous ? ["all"] : []), ...groups].join(" "));
  }
}

function bench() {
  const clock = new VirtualClock();
  const controller = new Listener({ address: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  const device = new Network(clock).addDevice("eth0", controller);
  return { clock, controller, device };
}

t.test("joined twice, left twice: the controller hears of the first and the last", async (t) => {
  const { controller, device } = bench();
  await device.open();
  t.same(controller.modes, [], "nothing to ask for");
  device.join(ALL_NODES);
  device.join(ALL_NODES);
  device.join(ALL_HOSTS);
  t.same(controller.modes, ["333300000001", "333300000001 01005e000001"]);
  device.leave(ALL_NODES);
  t.same(device.groups.length, 2);
  device.leave(ALL_NODES);
  t.same(controller.modes.slice(2), ["01005e000001"]);
  device.leave(ALL_HOSTS);
  t.same([controller.modes.at(-1), device.groups], ["", []]);
  await device.close();
});

t.test("joined while it is down, and through promiscuity: nothing is forgotten", async (t) => {
  const { controller, device } = bench();
  device.join(ALL_NODES);
  t.same(controller.modes, []);
  await device.open();
  t.same(controller.modes, ["333300000001"]);
  device.setPromiscuous(true);
  device.setPromiscuous(false);
  t.same(controller.modes.slice(1), ["all 333300000001", "333300000001"]);
  await device.close();
  device.leave(ALL_NODES);
  await device.open();
  t.equal(controller.modes.at(-1), "", "left while it was down");
  await device.close();
});

t.test("set again when a controller that failed is back", async (t) => {
  const { clock, controller, device } = bench();
  await device.open();
  device.join(ALL_NODES);
  controller.modes.length = 0;
  device.failed(new Error("gone"));
  await clock.advance(2000);
  t.same([device.error, controller.modes], [null, ["333300000001"]]);
  await device.close();
});

t.test("what is no group cannot be joined, nor left what was not joined; an address is copied", async (t) => {
  const { device } = bench();
  for (const address of [Uint8Array.of(2, 0, 0, 0, 0, 1), ALL_NODES.subarray(1), new Uint8Array(0)]) {
    t.throws(() => device.join(address), { code: "GROUP_INVALID" });
    t.throws(() => device.leave(address), { code: "GROUP_NOT_JOINED" });
  }
  const group = ALL_NODES.slice();
  device.join(group);
  group.fill(0);
  t.same([...device.groups], [ALL_NODES]);
  t.throws(() => device.leave(ALL_HOSTS), { code: "GROUP_NOT_JOINED" });
  device.leave(ALL_NODES);
  t.throws(() => device.leave(ALL_NODES), { code: "GROUP_NOT_JOINED" });
});
