/** ARP on the wire: what is taken for a usable packet, what is answered and how, and that nothing else leaves a trace. */
import t from "tap";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Lab } from "../../../support/lab.ts";
import { type ArpFields, arp, arpReply, BROADCAST, checksum, T1, T2, US, ZERO } from "../../../support/wire-format.ts";

const ANSWER = "0 reply 10.0.0.1 is-at us for 10.0.0.2 T1 > T1";

t.test("a request, byte for byte: 28 bytes of ARP, padded with zeros to 60", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  const hex = Buffer.from(lab.take()[0]?.bytes as Uint8Array).toString("hex");
  t.equal(hex, "ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002".padEnd(120, "0"));
});

t.test("an answer, byte for byte; the trailer of the request is not echoed", async (t) => {
  const lab = await Lab.open();
  lab.say(Uint8Array.from([...arp(), ...Array<number>(200).fill(0xee)]));
  const hex = Buffer.from(lab.take()[0]?.bytes as Uint8Array).toString("hex");
  t.equal(hex, "020000000002020000000001080600010800060400020200000000010a0000010200000000020a000002".padEnd(120, "0"));
});

t.test("answered and learned as STALE", async (t) => {
  const rows: [string, ArpFields][] = [
    ["target hardware address zero", {}],
    ["all ones", { tha: BROADCAST }],
    ["ours", { tha: US }],
    ["another's", { tha: T2 }],
    ["a unicast request", { to: US }],
    ["a request in a multicast frame", { to: "01:00:5e:00:00:01" }],
    ["hardware type 6", { hrd: 6 }],
    ["from an Ethernet address other than the sender hardware address", { from: T2 }],
  ];
  for (const [what, fields] of rows) {
    const lab = await Lab.open();
    lab.nic.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
    lab.say(arp(fields));
    t.same(lab.heard(), [ANSWER], what);
    t.same([lab.state(), lab.events, lab.inUse], ["STALE", ["new 10.0.0.2 STALE"], 0], what);
  }
});

t.test("eight cells: target hardware address x frame x sender", async (t) => {
  for (const tha of [ZERO, US])
    for (const to of [BROADCAST, US])
      for (const sip of ["10.0.0.2", "0.0.0.0"]) {
        const lab = await Lab.open();
        lab.say(arp({ tha, to, sip }));
        t.same(lab.heard(), [ANSWER.replace("10.0.0.2", sip)], `${tha} ${to} ${sip}`);
        t.equal(lab.state(), sip === "0.0.0.0" ? "-" : "STALE");
        t.equal(lab.state("0.0.0.0"), "-");
      }
});

t.test("dropped, counted once as invalid, no entry, no answer", async (t) => {
  const rows: [string, ArpFields][] = [
    ["hardware type 0", { hrd: 0 }],
    ["hardware type 2", { hrd: 2 }],
    ["hardware type 256 (byte order)", { hrd: 0x0100 }],
    ["hardware type 65535", { hrd: 65_535 }],
    ["protocol 0x86dd", { pro: 0x86dd }],
    ["protocol 0x0806", { pro: 0x0806 }],
    ["hardware length 0", { hln: 0 }],
    ["hardware length 4", { hln: 4 }],
    ["hardware length 8", { hln: 8 }],
    ["hardware length 255", { hln: 255 }],
    ["protocol length 0", { pln: 0 }],
    ["protocol length 16", { pln: 16 }],
    ["protocol length 255", { pln: 255 }],
    ...[0, 3, 4, 8, 9, 10, 26, 0x0100, 0x0200, 65_535].map((op): [string, ArpFields] => [`operation ${op}`, { op }]),
    ["target multicast", { tip: "224.0.0.1" }],
    ["target loopback", { tip: "127.0.0.1" }],
  ];
  for (const [what, fields] of rows)
    for (const op of fields.op === undefined ? [1, 2] : [fields.op]) {
      const lab = await Lab.open();
      lab.poke();
      lab.take();
      lab.say(arp({ op, ...fields }));
      t.same([lab.heard(), lab.state(), lab.events], [[], "INCOMPLETE", []], `${what}, operation ${op}`);
      const { drops } = lab.eth0;
      t.same(
        [lab.stack.neighbours(4).counters(lab.eth0).invalid, drops.get(DropReason.NOT_SPECIFIED), drops.total],
        [1, 1, 1],
        what,
      );
      t.equal(lab.inUse, 1, "only the packet that waits");
    }
});

t.test("cut anywhere: dropped as too small, never answered, never learned", async (t) => {
  for (const frame of [arp(), arpReply()]) {
    for (let length = 14; length < frame.length; length++) {
      const lab = await Lab.open();
      lab.poke();
      lab.take();
      lab.say(frame.subarray(0, length));
      t.same([lab.heard(), lab.state(), lab.eth0.drops.get(DropReason.PKT_TOO_SMALL)], [[], "INCOMPLETE", 1], `${length} bytes`);
    }
  }
  const lab = await Lab.open();
  for (let length = 0; length < 14; length++) lab.say(arp().subarray(0, length));
  t.equal(lab.nic.statistics.rxLengthErrors, 14, "what is no Ethernet frame the controller keeps to itself");
});

t.test("neither answered nor learned, though well formed", async (t) => {
  const rows: [string, Uint8Array][] = [
    ["for a third host", arp({ tip: "10.0.0.9" })],
    ["to another station's address (promiscuous)", arp({ to: T2 })],
    ["sender is our own address", arp({ sip: "10.0.0.1" })],
    ["sender is loopback", arp({ sip: "127.0.0.1" })],
    ["sender is a group", arp({ sip: "224.0.0.5" })],
    ["sender is 255.255.255.255", arp({ sip: "255.255.255.255" })],
    ["an answer nobody asked for", arpReply()],
    ["an announcement by request", arp({ tip: "10.0.0.2" })],
    ["an announcement by reply", arp({ op: 2, tip: "10.0.0.2", tha: T1 })],
    ["an answer from 0.0.0.0", arpReply({ sip: "0.0.0.0" })],
    ["a probe for a third address", arp({ sip: "0.0.0.0", tip: "10.0.0.9" })],
    ["RARP", arp({ type: 0x8035, op: 3 })],
    [
      "SNAP in an 802.3 frame",
      Uint8Array.from([...arp().subarray(0, 12), 0, 36, 0xaa, 0xaa, 3, 0, 0, 0, 8, 6, ...arp().subarray(14)]),
    ],
  ];
  for (const [what, frame] of rows) {
    const lab = await Lab.open();
    lab.nic.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    lab.say(frame);
    t.same([lab.heard(), lab.stack.neighbours(4).table.entries, lab.events, lab.inUse], [[], 0, [], 0], what);
  }
});

t.test("answered although nothing useful can be learned, as Linux does", async (t) => {
  const lab = await Lab.open();
  lab.say(arp({ sip: "10.0.0.255" }));
  t.same(lab.heard(), ["0 reply 10.0.0.1 is-at us for 10.0.0.255 T1 > T1"]);
  t.equal(lab.state("10.0.0.255"), "NOARP", "a broadcast address keeps the broadcast's link address");
  lab.say(arp({ sip: "192.168.9.9" }));
  t.same([lab.heard().length, lab.state("192.168.9.9")], [1, "STALE"], "an asker from another subnet");
});

t.test("a probe for our address (RFC 5227) is defended with its own fields, and leaves no entry", async (t) => {
  const lab = await Lab.open();
  lab.say(arp({ sip: "0.0.0.0" }));
  t.same(lab.heard(), ["0 reply 10.0.0.1 is-at us for 0.0.0.0 T1 > T1"]);
  t.equal(lab.stack.neighbours(4).table.entries, 0);
});

t.test("every address of ours is answered for, on whichever device it is", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  for (const tip of ["10.0.0.1", "10.0.0.11", "172.16.0.1"]) {
    lab.say(arp({ tip }));
    t.same(lab.heard(), [`0 reply ${tip} is-at us for 10.0.0.2 T1 > T1`]);
  }
  for (const tip of ["10.0.0.0", "10.0.0.255", "255.255.255.255", "0.0.0.0", "10.0.0.2"]) {
    lab.say(arp({ tip }));
    t.same(lab.heard(), [], tip);
  }
});

t.test("learned from a request, used without asking", async (t) => {
  const lab = await Lab.open();
  lab.say(arp());
  lab.take();
  t.equal(lab.poke(), "sent");
  t.same(lab.heard(), ["0 udp 10.0.0.1 10.0.0.2:9 hi > T1"]);
});

t.test("a new address is used by the very next packet, though the header was cached", async (t) => {
  const lab = await Lab.open();
  lab.say(arpReply());
  lab.say(arp());
  lab.say(arpReply());
  lab.poke();
  lab.say(arp({ sha: T2 }));
  lab.poke();
  t.same(
    lab.heard().filter((line) => line.includes("udp")),
    ["0 udp 10.0.0.1 10.0.0.2:9 hi > T1", "0 udp 10.0.0.1 10.0.0.2:9 hi > T2"],
  );
});

t.test("received IP packets teach nothing", async (t) => {
  const lab = await Lab.open();
  const header = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 2, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1];
  const sum = checksum(header);
  header.splice(10, 2, sum >> 8, sum & 255);
  lab.say(Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, ...header, ...Array<number>(26).fill(0)]));
  t.same([lab.eth0.drops.get(DropReason.NOT_SPECIFIED), lab.stack.neighbours(4).table.entries], [1, 0]);
});

t.test("counted by kind", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  lab.say(arpReply());
  lab.say(arp({ tip: "10.0.0.7" }));
  lab.say(arp());
  lab.run(60_000);
  lab.poke();
  lab.run(10_000);
  lab.eth0.setPromiscuous(true);
  lab.say(arp({ to: T2 }));
  const { requestsBroadcast, requestsUnicast, repliesSent, requestsReceived, repliesReceived, invalid, passedOver } = lab.stack
    .neighbours(4)
    .counters(lab.eth0);
  t.same({ requestsBroadcast, requestsUnicast, repliesSent }, { requestsBroadcast: 1, requestsUnicast: 3, repliesSent: 1 });
  t.same({ requestsReceived, repliesReceived, invalid }, { requestsReceived: 2, repliesReceived: 1, invalid: 0 });
  t.equal(passedOver, 1, "one for another station, which is no drop either");
});

t.test("requests of a device without a link are dropped, and not counted as sent", async (t) => {
  const lab = await Lab.open();
  lab.port.plugged = false;
  lab.run(10);
  lab.poke();
  lab.run(5000);
  t.match(lab.stack.neighbours(4).counters(lab.eth0), { requestsBroadcast: 0, requestsUnicast: 0 });
  t.equal(lab.eth0.drops.get(DropReason.TX_CARRIER), 3);
});
