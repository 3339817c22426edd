/** UDP leaves its checksum to a controller that fills it in, to no other, and whoever watches the wire sees it whole. */
import t, { type Test } from "tap";
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Checksum } from "../../../hal/skbuff.ts";
import { padded } from "../../support/enc28j60-bench.ts";
import { settle } from "../../support/waiting.ts";
import { arpReply, checksum, mac, US } from "../../support/wire-format.ts";

type Make = (clock: VirtualClock, segment: EthernetSegment) => EthernetController;

const ADDRESS = Uint8Array.from(mac(US));
const E1000_MODEL: Make = (clock, segment) => new E1000(clock, new E1000Chip(clock, segment, "chip", { mac: ADDRESS }));
const WIRE: Make = (clock, segment) => new WireNic(clock, segment, "nic", ADDRESS);

async function bench(t: Test, make: Make) {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom("offload"));
  const heard: Uint8Array[] = [];
  const far = segment.attach("far", {
    wireFrame: (bytes, length) => void heard.push(bytes.slice(0, length)),
    wireLink: () => undefined,
  });
  const controller = make(clock, segment);
  /** The checksum of each frame when the controller got it. */
  const left: Checksum[] = [];
  const transmit = controller.transmit.bind(controller);
  controller.transmit = (skb) => {
    if (skb.view.getUint16(skb.data + 12) === 0x0800) left.push(skb.checksum);
    return transmit(skb);
  };
  const stack = new Stack({ clock, random: new SeededRandom("stack") });
  const eth0 = stack.addDevice("eth0", controller);
  await settle(clock, eth0.open());
  stack.addAddress(eth0, "10.0.0.1/24");
  await clock.advance(1000);
  heard.length = 0;
  t.teardown(() => stack.close());
  return { clock, far, heard, left, stack, controller };
}

/** The checksum over pseudo header and datagram, which is 0 where it is right (RFC 768). */
function udpSum(frame: Uint8Array): number {
  const length = ((frame[38]! << 8) | frame[39]!) & 0xffff;
  return checksum([...frame.subarray(26, 34), 0, 17, length >> 8, length & 0xff, ...frame.subarray(34, 34 + length)]);
}

const datagrams = (heard: readonly Uint8Array[]): Uint8Array[] => heard.filter((frame) => frame[12] === 8 && frame[13] === 0);

for (const [name, make, leaves] of [
  ["e1000", E1000_MODEL, true],
  ["an ideal controller", WIRE, false],
] as const) {
  t.test(`${name}: ${leaves ? "left to it" : "summed up by UDP"}, right on the wire`, async (t) => {
    const { clock, far, heard, left, stack, controller } = await bench(t, make);
    t.equal(controller.capabilities.txChecksum, leaves);
    const socket = stack.udp.open(4000);
    const destination = socket.to("10.0.0.2", 5000);
    const lengths = [0, 1, 2, 17, 18, 19, 500, 1472];
    // The first ones wait for their neighbour.
    for (const length of lengths) socket.send(new Uint8Array(length).fill(0x5a), destination);
    await clock.advance(5);
    const reply = padded(arpReply());
    far.transmit(reply, 0, reply.length);
    await clock.advance(20);
    for (const length of lengths) socket.send(new Uint8Array(length).fill(0xc3), destination);
    await clock.advance(20);
    t.equal(datagrams(heard).length, 2 * lengths.length);
    for (const frame of datagrams(heard)) t.same([udpSum(frame), frame[40] || frame[41] ? "there" : "none"], [0, "there"]);
    t.ok(left.every((checksum) => checksum === (leaves ? Checksum.PARTIAL : Checksum.NONE)));
    t.equal(left.length, 2 * lengths.length);
  });
}

t.test("a tap sees frames as the wire gets them", async (t) => {
  const { clock, heard, stack } = await bench(t, E1000_MODEL);
  const [eth0] = stack.devices;
  stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", eth0 as NonNullable<typeof eth0>);
  const seen: Uint8Array[] = [];
  stack.network.tap((skb) => void seen.push(skb.contents().slice()));
  const sender = stack.udp.open(4000);
  sender.send(new Uint8Array(100).fill(7), sender.to("10.0.0.2", 5000));
  await clock.advance(5);
  t.same(seen, datagrams(heard));
  t.equal(udpSum(seen[0] as Uint8Array), 0);
});

t.test("a datagram to ourselves reaches no controller, and is taken in as it is", async (t) => {
  const { clock, left, stack } = await bench(t, E1000_MODEL);
  let got = 0;
  stack.udp.open(5000).onDatagram = (_bytes, _at, length) => {
    got += length;
  };
  const sender = stack.udp.open(4000);
  sender.send(new Uint8Array(33), sender.to("10.0.0.1", 5000));
  await clock.advance(5);
  t.same([got, left], [33, []]);
});
