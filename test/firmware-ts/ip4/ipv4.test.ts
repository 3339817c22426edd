/** IPv4 in: every way in which a header can be wrong, and what is none the less a good packet. */
import t from "tap";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { DropReason, dropReasonName } from "../../../hal/drop-reason.ts";
import { Lab } from "../../support/lab.ts";
import { arpReply, BROADCAST, checksum, decode, icmp, ipv4Frame, T1, T2, type UdpFields, udp } from "../../support/wire-format.ts";

/** A bench whose port 5000 writes down what it gets. */
async function listening(addresses?: string[]): Promise<Lab & { got: string[] }> {
  const lab = await Lab.open(addresses ? { addresses } : {});
  const got: string[] = [];
  lab.stack.udp.open(5000).onDatagram = (bytes, at, length) =>
    got.push(Buffer.from(bytes.subarray(at, at + length)).toString("latin1"));
  return Object.assign(lab, { got });
}

/** Reasons of the device's drops, as `NAME count`. */
function drops(lab: Lab): string[] {
  return Array.from(lab.eth0.drops.counts, (count, reason) => `${dropReasonName(reason)} ${count}`).filter(
    (line) => !line.endsWith(" 0"),
  );
}

t.test("dropped in silence, counted once under its reason, never delivered", async (t) => {
  const rows: [string, UdpFields, string][] = [
    ["version 5", { version: 5 }, "IP_INHDR"],
    ["version 0", { version: 0 }, "IP_INHDR"],
    ["version 6", { version: 6 }, "IP_INHDR"],
    ["header of 16 bytes", { ihl: 4 }, "IP_INHDR"],
    ["header of 0 bytes", { ihl: 0 }, "IP_INHDR"],
    ["header longer than the packet", { ihl: 15, length: 30 }, "IP_INHDR"],
    ["checksum off by one", { headerSum: 0x1234 }, "IP_CSUM"],
    ["checksum 0", { headerSum: 0 }, "IP_CSUM"],
    ["total length 0", { length: 0 }, "IP_INHDR"],
    ["total length 19", { length: 19 }, "IP_INHDR"],
    ["total length one more than there is", { length: 31 }, "PKT_TOO_SMALL"],
    ["total length 65535", { length: 65_535 }, "PKT_TOO_SMALL"],
    ["protocol 253 in a broadcast frame", { protocol: 253, to: BROADCAST }, "IP_NOPROTO"],
    ["to another station's address", { to: T2 }, "OTHERHOST"],
    ["for another host", { destination: "10.0.0.9" }, "IP_NOT_LOCAL"],
    ["for 127.0.0.1", { destination: "127.0.0.1" }, "IP_NOT_LOCAL"],
    ["for 0.0.0.0", { destination: "0.0.0.0", to: BROADCAST }, "IP_NOT_LOCAL"],
    ["for a group nobody joined", { destination: "224.0.0.99", to: "01:00:5e:00:00:63" }, "IP_NOT_LOCAL"],
    ["for another subnet's broadcast address", { destination: "10.0.1.255", to: BROADCAST }, "IP_NOT_LOCAL"],
    ...["224.0.0.5", "239.1.2.3", "255.255.255.255", "127.0.0.1", "0.0.0.0", "10.0.0.1"].map(
      (source): [string, UdpFields, string] => [`from ${source}`, { source }, "IP_INADDRERRORS"],
    ),
    ["source route, loose", { options: [131, 7, 4, 10, 0, 0, 1, 0] }, "IP_INHDR"],
    ["source route, strict", { options: [137, 7, 4, 10, 0, 0, 1, 0] }, "IP_INHDR"],
    ["option of length 0", { to: BROADCAST, options: [7, 0, 0, 0] }, "IP_INHDR"],
    ["option of length 1", { to: BROADCAST, options: [7, 1, 0, 0] }, "IP_INHDR"],
    ["option longer than the header", { to: BROADCAST, options: [7, 5, 0, 0] }, "IP_INHDR"],
    ["option without its length", { to: BROADCAST, options: [1, 1, 1, 7] }, "IP_INHDR"],
  ];
  for (const [what, fields, reason] of rows) {
    const lab = await listening();
    lab.nic.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    // 30 bytes of IP: shorter than the shortest frame, so that nothing behind it can be taken for data.
    lab.say(udp(fields, "ab"));
    t.same([lab.got, lab.heard(), drops(lab)], [[], [], [`${reason} 1`]], what);
    t.same([lab.inUse, lab.stack.neighbours(4).table.entries], [0, 0], what);
  }
});

t.test("delivered", async (t) => {
  const rows: [string, UdpFields][] = [
    ["plain", {}],
    ["TTL 0", { ttl: 0 }],
    ["TTL 1", { ttl: 1 }],
    ["don't fragment", { fragment: 0x4000 }],
    ["reserved flag", { fragment: 0x8000 }],
    ["type of service", { tos: 0xff }],
    ["no-operations and an end", { options: [1, 1, 1, 0] }],
    ["end, then anything", { options: [0, 131, 0, 255] }],
    ["an unknown option, well formed", { options: [222, 4, 9, 9] }],
    ["record route, 40 bytes of options", { options: [7, 39, 4, ...Array<number>(36).fill(0), 0] }],
    ["in a broadcast frame", { to: BROADCAST }],
    ["to the subnet's broadcast address", { to: BROADCAST, destination: "10.0.0.255" }],
    ["to 255.255.255.255", { to: BROADCAST, destination: "255.255.255.255" }],
    ["from another subnet", { source: "192.168.7.7" }],
  ];
  for (const [what, fields] of rows) {
    const lab = await listening();
    lab.say(udp(fields, "ab"));
    t.same([lab.got, drops(lab), lab.heard(), lab.inUse], [["ab"], [], [], 0], what);
  }
});

t.test("padding is not data", async (t) => {
  const lab = await listening();
  lab.say(Uint8Array.from([...udp({}, "ab"), ...Array<number>(30).fill(0x55)]));
  lab.say(Uint8Array.from([...udp({ udpSum: 0 }, ""), ...Array<number>(30).fill(0x55)]));
  t.same(lab.got, ["ab", ""]);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.say(Uint8Array.from([...icmp({}, [1, 2, 3]), ...Array<number>(30).fill(0x55)]));
  t.same([...decode(lab.take()[0]?.bytes as Uint8Array).payload], [1, 2, 3], "an echo has what was asked, no more");
});

t.test("cut anywhere: never delivered, no byte read beyond the cut", async (t) => {
  for (const options of [[], [1, 1, 1, 0], [7, 39, 4, ...Array<number>(36).fill(0), 0]]) {
    const whole = udp({ options }, "payload");
    for (let length = 14; length < whole.length; length++) {
      const lab = await listening();
      lab.say(whole);
      // The slot that the cut frame gets held the whole one: what lies behind the cut is good.
      lab.say(whole.subarray(0, length));
      t.same([lab.got.length, lab.eth0.drops.total, lab.inUse], [1, 1, 0], `${options.length} bytes of options, cut at ${length}`);
    }
  }
});

t.test("each single wrong bit of the header is caught by its checksum or its fields", async (t) => {
  const lab = await listening();
  const good = udp({ udpSum: 0 }, "ab");
  for (let bit = 14 * 8; bit < 34 * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
    lab.say(bad);
  }
  t.same([lab.got, lab.eth0.drops.total, lab.heard(), lab.inUse], [[], 160, [], 0]);
});

t.test("what goes out: a header byte for byte", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", lab.eth0);
  for (let n = 0; n < 3; n++) lab.poke();
  const sent = lab.take().map(({ bytes }) => bytes);
  const ids = sent.map((bytes) => (bytes[18]! << 8) | bytes[19]!);
  t.same(ids, [ids[0], (ids[0]! + 1) & 0xffff, (ids[0]! + 2) & 0xffff], "the identification counts");
  const header = Buffer.from(sent[0]!.subarray(14, 34));
  t.equal(checksum(header), 0);
  header.fill(0, 4, 6).fill(0, 10, 12);
  //                               version TOS length id   DF   TTL UDP sum  source   destination
  t.equal(header.toString("hex"), "4500001e000040004011" + "0000" + "0a000001" + "0a000002");
  t.equal(lab.poke("10.0.0.2", new Uint8Array(1472)), "sent");
  t.equal(lab.take()[0]?.bytes.length, 1514);
  t.equal(lab.poke("10.0.0.2", new Uint8Array(65_508)), "failed PKT_TOO_BIG");
  t.same([lab.take(), lab.inUse], [[], 0]);
});

t.test("to ourselves: delivered with the next turn, nothing on the wire, device up or not", async (t) => {
  const lab = await listening(["10.0.0.1/24", "10.0.0.11/24"]);
  const { socket } = lab;
  t.equal(socket.send(Buffer.from("me"), socket.to("10.0.0.11", 5000)).status, "sent");
  t.same(lab.got, [], "not within the call");
  lab.run(0);
  t.same([lab.got, lab.fates, lab.heard(), lab.inUse], [["me"], ["0 sent"], [], 0]);
  await lab.eth0.close();
  socket.send(Buffer.from("again"), socket.to("10.0.0.1", 5000));
  lab.run(0);
  t.same(lab.got, ["me", "again"]);
});

t.test("to ourselves: the backlog is bounded, and what does not fit is refused to the sender", async (t) => {
  const lab = await listening();
  lab.socket.sendBuffer = 1e9;
  const ourselves = lab.socket.to("10.0.0.1", 5000);
  const said = Array.from({ length: 1200 }, (_, n) => lab.socket.send(Buffer.from(`${n}`), ourselves, n).status);
  t.same(
    [said.filter((status) => status === "sent").length, said.slice(1001).every((status) => status === "failed")],
    [1001, true],
  );
  lab.run(0);
  t.equal(lab.stack.ip.drops.get(DropReason.CPU_BACKLOG), 199, "one more than netdev_max_backlog fits");
  t.same([lab.got.length, lab.fates.length, lab.inUse], [1001, 1001, 0]);
});

t.test("a known protocol without a byte of it is too small", async (t) => {
  const lab = await listening();
  for (const protocol of [1, 17]) lab.say(ipv4Frame({}, protocol, []));
  t.same([drops(lab), lab.inUse], [["PKT_TOO_SMALL 2"], 0]);
});

t.test("IpOutTransmits: what was given to a device, answers and copies to ourselves included; not what found no way", async (t) => {
  const lab = await Lab.open({ loopback: true });
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const counter = (name: string): number | undefined => lab.stack.counters().find(([one]) => one === name)?.[1];
  lab.poke();
  lab.poke("10.0.0.1");
  lab.poke("10.0.0.255");
  lab.say(icmp({}, [1]));
  lab.poke("8.8.8.8");
  // One more request than pokes with a way: the error about the port of our own that nobody has.
  t.same([counter("IpOutRequests"), counter("IpOutTransmits")], [5, 5]);
});

t.test(
  "out: TTL and TOS are those that the protocol asks for, else the default; to a neighbour that is known as to one that is not",
  async (t) => {
    const lab = await Lab.open();
    const { ip, network } = lab.stack;
    const way = ip.way(ipv4("10.0.0.2"), null);
    const send = (ttl?: number, tos?: number): void => {
      ip.refresh(way);
      const skb = network.pool.allocate();
      if (!skb) throw new Error("no buffer");
      skb.put(8);
      skb.truesize = 512;
      ip.send(skb, way, 253, ttl, tos);
    };
    const wanted: readonly (readonly [ttl?: number, tos?: number])[] = [[], [5], [5, 0x10], [0, 0xb8]];
    for (const known of [false, true]) {
      for (const [ttl, tos] of wanted) send(ttl, tos);
      lab.run(0);
      if (!known) lab.say(arpReply());
      const headers = lab.take().filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0);
      t.same(
        headers.map(({ bytes }) => [bytes[22], bytes[15]]),
        [
          [64, 0],
          [5, 0],
          [5, 0x10],
          [64, 0xb8],
        ],
        known ? "known" : "asked for first",
      );
    }
  },
);
