/** Tagged ARP requests to this machine's kernel: it answers those that our stack answers (vlan.test.ts), and no others. */
import t from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { missingForNetns, VethPair } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { TAGS } from "./vlan-tags.ts";

/** From 02:00:00:00:01:NN, 10.0.0.NN: who has 10.0.0.1? */
function request(tag: string, number: number): Uint8Array {
  const octet = number.toString(16).padStart(2, "0");
  const sender = `0200000001${octet}`;
  return Buffer.from(`ffffffffffff${sender}${tag}08060001080006040001${sender}0a0000${octet}0000000000000a000001`, "hex");
}

/** The number of the host that an ARP reply is for; -1 for any other frame. */
function answeredHost(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset);
  return view.getUint16(12) === 0x0806 && view.getUint16(20) === 2 && view.getUint32(0) === 0x0200_0000 ? frame[5]! : -1;
}

realTime(t, "a tag of VLAN 0 is taken off, whosever it is and however many", { skip: missingForNetns() }, async (t) => {
  const veth = new VethPair();
  t.teardown(() => veth.remove());
  veth.far.ip("address", "add", "10.0.0.1/24", "dev", veth.farName);
  const clock = new SystemClock();
  const host = new FakeHost(clock);
  const controller = new PacketController(clock, { interface: veth.near });
  await host.open(controller);
  t.teardown(() => host.close());
  controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  await host.until(() => host.carriers.at(-1) === true, "link");
  for (const [number, [tag]] of TAGS.entries()) host.send(request(tag, number + 10));
  const mark = TAGS.length + 10;
  host.send(request("", mark));
  const answered = (): Set<number> => new Set(host.frames.map(answeredHost).filter((number) => number >= 0));
  await host.until(() => answered().has(mark), "answer");
  for (const [number, [tag, expected]] of TAGS.entries()) t.equal(answered().has(number + 10), expected, `tag ${tag || "none"}`);
});
