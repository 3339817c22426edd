/** A simulated wire that ends at a real interface, with the kernel in a namespace at the far end of it. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import t, { type Test } from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { ControllerPort } from "../../../hal/simulated/controller-port.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { missingForNetns, missingPrograms, VethPair } from "../../support/netns.ts";

const STATION = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
const ADDRESS = [192, 0, 2, 1];

interface Bench {
  pair: VethPair;
  port: ControllerPort;
  nic: WireNic;
  host: FakeHost;
}

async function bench(t: Test): Promise<Bench> {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  pair.far.ip("address", "add", "192.0.2.2/24", "dev", pair.farName);
  const clock = new SystemClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const nic = new WireNic(clock, segment, "nic", STATION);
  const host = new FakeHost(clock);
  await host.open(nic);
  const port = new ControllerPort(clock, segment, pair.near, new PacketController(clock, { interface: pair.near }));
  t.teardown(() => port.close());
  await port.open();
  await host.until(() => host.carriers.at(-1) === true, "carrier through the wire");
  return { pair, port, nic, host };
}

/** Ones' complement sum of bytes[from..to), 16 bits at a time. */
function sum16(skb: SkBuff, from: number, to: number, sum = 0): number {
  for (let at = from; at < to; at += 2) sum += (skb.bytes[at]! << 8) | (at + 1 < to ? skb.bytes[at + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Answers ARP requests for ADDRESS (RFC 826) and ICMP echo requests (RFC 792): just enough for the kernel's ping. */
function respond(host: FakeHost, nic: WireNic, skb: SkBuff): void {
  const reply = host.packet(skb.contents());
  const { bytes, view, data } = reply;
  bytes.copyWithin(data, data + 6, data + 12);
  bytes.set(STATION, data + 6);
  const type = view.getUint16(data + 12);
  if (type === 0x0806 && view.getUint16(data + 20) === 1 && ADDRESS.every((byte, at) => bytes[data + 38 + at] === byte)) {
    view.setUint16(data + 20, 2);
    bytes.copyWithin(data + 32, data + 22, data + 32);
    bytes.set(STATION, data + 22);
    bytes.set(ADDRESS, data + 28);
  } else if (type === 0x0800 && bytes[data + 23] === 1 && bytes[data + 34] === 8) {
    bytes.copyWithin(data + 26, data + 30, data + 34);
    bytes.set(skb.bytes.subarray(skb.data + 26, skb.data + 30), data + 30);
    bytes[data + 34] = 0;
    const end = data + 14 + view.getUint16(data + 16);
    view.setUint16(data + 36, 0);
    view.setUint16(data + 36, ~sum16(reply, data + 34, end) & 0xffff);
  } else {
    reply.consume();
    return;
  }
  nic.transmit(reply);
}

const skip = missingForNetns();

realTime(
  t,
  "the kernel's ping is answered through veth, packet controller, port and simulated wire",
  { skip: skip || missingPrograms("ping") },
  async (t) => {
    const { pair, port, nic, host } = await bench(t);
    host.onFrame = (skb) => respond(host, nic, skb);
    for (const size of ["0", "56", "1472"]) {
      const ping = pair.far.spawn("ping", ["-n", "-q", "-c", "50", "-i", "0.002", "-W", "2", "-s", size, "192.0.2.1"]);
      const output = await text(ping.stdout!);
      t.match(output, /50 packets transmitted, 50 received, 0% packet loss/, `${size} bytes`);
      t.comment(output.trim().split("\n").at(-1));
    }
    t.equal(port.drops.total, 0);
    t.strictSame(host.breaches, []);
  },
);

const UDP = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for size in (0, 1, 2, 17, 18, 19, 100, 1471, 1472):
    s.sendto(bytes((i * 31 + size) & 255 for i in range(size)), ("192.0.2.255", 9))
# UDP_SEGMENT: one send, three datagrams, cut up by whoever comes last
s.setsockopt(socket.SOL_UDP if hasattr(socket, "SOL_UDP") else 17, 103, 1000)
s.sendto(b"x" * 3000, ("192.0.2.255", 9))
# and the same in little: joined they would fit into one frame
s.setsockopt(17, 103, 100)
s.sendto(b"y" * 300, ("192.0.2.255", 9))
s.setsockopt(17, 103, 0)
s.sendto(b"end", ("192.0.2.255", 10))
`;

import { realTime } from "../../support/real-time.ts";

realTime(
  t,
  "datagrams whose checksum the kernel left to the hardware have it when they are on the wire",
  { skip: skip || missingPrograms("python3") },
  async (t) => {
    const { pair, port, host } = await bench(t);
    const sizes: number[] = [];
    const wrong: number[] = [];
    let ended = false;
    host.onFrame = (skb) => {
      if (skb.view.getUint16(skb.data + 12) !== 0x0800) return;
      const udp = skb.data + 34;
      const length = skb.view.getUint16(udp + 4);
      if (skb.view.getUint16(udp + 2) === 10) ended = true;
      else sizes.push(length - 8);
      // RFC 768: pseudo header of both addresses, protocol and length; the whole sums to 0xffff when the checksum is right.
      if (sum16(skb, udp, udp + length, sum16(skb, skb.data + 26, skb.data + 34) + 17 + length) !== 0xffff) wrong.push(length - 8);
    };
    const python = pair.far.spawn("python3", ["-c", UDP]);
    const [errors] = await Promise.all([text(python.stderr!), once(python, "close")]);
    t.equal(errors, "");
    await host.until(() => ended, "last datagram");
    t.strictSame(sizes.slice(0, 9), [0, 1, 2, 17, 18, 19, 100, 1471, 1472]);
    t.strictSame(wrong, []);
    t.strictSame(sizes.slice(9), [1000, 1000, 1000, 100, 100, 100], "those that the kernel did not part, of whatever length");
    t.equal(port.drops.total, 0);
    t.strictSame(host.breaches, []);
  },
);

realTime(t, "the far end's link is the wire's, and a removed interface is told", { skip }, async (t) => {
  const { pair, port, host } = await bench(t);
  pair.far.ip("link", "set", pair.farName, "down");
  await host.until(() => host.carriers.at(-1) === false, "loss of carrier");
  pair.far.ip("link", "set", pair.farName, "up");
  await host.until(() => host.carriers.at(-1) === true, "carrier");
  pair.remove();
  await host.until(() => host.carriers.at(-1) === false, "loss of carrier");
  for (let turn = 0; turn < 1000 && !port.failed; turn++) await new Promise(setImmediate);
  t.match(port.failed, { code: "PACKET_NO_INTERFACE" });
});
