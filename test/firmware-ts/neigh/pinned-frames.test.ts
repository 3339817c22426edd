/** Pinned neighbours on a wire, in both families: a frame in, a frame out. */
import t from "tap";
import { PinnedStrategy } from "../../../firmware-ts/neigh/strategies/pinned.ts";
import { formatMac } from "../../../firmware-ts/net/ethernet.ts";
import { Lab, type LabOptions } from "../../support/lab.ts";
import { Lab6 } from "../../support/lab6.ts";
import { arp, arpReply, icmp, T1, T2, udp } from "../../support/wire-format.ts";
import { icmp6, na, ns, OUR_IP6, PEER_IP6 } from "../../support/wire-format6.ts";

const MINUTE = 60_000;
/** The tester's second station claims 10.0.0.2, to everybody. */
const GRATUITOUS = arp({ sha: T2, sip: "10.0.0.2", tip: "10.0.0.2" });
const OTHERS_ANSWER = arpReply({ sha: T2 });
const ASKS_ONE = "who-has 10.0.0.2 tell 10.0.0.1 us > T1";
const ASKS_ALL = "who-has 10.0.0.2 tell 10.0.0.1 us > all";

/** A lab whose gateway, 10.0.0.2 at T1, is pinned; one datagram was sent. */
async function open(options: LabOptions = {}): Promise<Lab> {
  const lab = await Lab.open({ neighbours: { strategy: new PinnedStrategy() }, ...options });
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  t.ok(lab.stack.pinNeighbour("10.0.0.2", lab.eth0, T1));
  lab.poke();
  lab.heard();
  return lab;
}

/** Requests so far, without their times. */
function requests(lab: Lab): string[] {
  return lab
    .heard()
    .filter((line) => line.includes("who-has"))
    .map((line) => line.slice(line.indexOf("who-has")));
}

function counters(lab: Lab): Record<string, number> {
  return Object.fromEntries(lab.stack.neighbours(4).table.strategy?.report().counters ?? []);
}

t.test("a datagram every 3 s for 50 minutes: no ARP frame", async (t) => {
  const lab = await open();
  for (let n = 0; n < 1000; n++) {
    lab.poke();
    lab.run(3000);
  }
  t.same(requests(lab), []);
  t.equal(lab.state(), "REACHABLE");
  await lab.stack.close();
});

t.test("a gateway that is learned is pinned, too: one request, then none", async (t) => {
  const lab = await Lab.open({ neighbours: { strategy: new PinnedStrategy() } });
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  lab.poke("192.0.2.9");
  lab.say(arpReply());
  for (let n = 0; n < 200; n++) {
    lab.poke("192.0.2.9");
    lab.run(3000);
  }
  t.same(requests(lab), [ASKS_ALL]);
  t.ok(lab.entry().gcExempt, "a full table does not take it");
  await lab.stack.close();
});

t.test("gratuitous ARP, a request and an unasked answer of another station move nothing while the gateway answers", async (t) => {
  for (const lie of [
    GRATUITOUS,
    arp({ sha: T2 }),
    OTHERS_ANSWER,
    arp({ op: 2, sha: T2, sip: "10.0.0.2", tip: "10.0.0.2", tha: T2 }),
  ]) {
    const lab = await open();
    lab.say(lie);
    t.same(requests(lab), [ASKS_ONE]);
    for (let n = 0; n < 20; n++) lab.say(OTHERS_ANSWER);
    lab.say(arpReply());
    lab.poke();
    t.match(lab.heard().at(-1), /udp .* > T1$/, "datagrams go to the gateway");
    t.equal(counters(lab)["spoofing_alarms"], 1);
    t.ok(lab.stack.counters().some(([name, value]) => name === "ArpAddressRefusals" && value === 21));
    await lab.stack.close();
  }
});

t.test("the gateway is replaced and says so: found in two seconds, and datagrams go to the new one", async (t) => {
  const lab = await open();
  lab.say(GRATUITOUS);
  lab.run(1000);
  t.same(requests(lab), [ASKS_ONE, ASKS_ALL]);
  lab.say(OTHERS_ANSWER);
  lab.run(1000);
  lab.poke();
  t.match(lab.heard().at(-1), /udp .* > T2$/);
  t.same([formatMac(lab.entry().address), counters(lab)["moved"]], [T2, 1]);
  await lab.stack.close();
});

t.test(
  "an ICMP error of a router on the way is heeded; one of the destination itself, or about nobody's packet, is not",
  async (t) => {
    const lab = await open();
    lab.poke("192.0.2.9");
    const [{ bytes } = { bytes: new Uint8Array() }] = lab.take();
    const quote = bytes.subarray(14);
    const other = Uint8Array.from(quote);
    other[20] = 1;
    lab.say(icmp({ icmpType: 3, code: 1, icmpId: 0, sequence: 0 }, other));
    t.same(requests(lab), [], "nobody sent such a packet");
    lab.say(icmp({ source: "192.0.2.9", icmpType: 3, code: 3, icmpId: 0, sequence: 0 }, quote));
    t.same(requests(lab), [], "the port is not there, so the way is");
    lab.say(icmp({ icmpType: 3, code: 1, icmpId: 0, sequence: 0 }, quote));
    t.same(requests(lab), [ASKS_ONE]);
    await lab.stack.close();
  },
);

t.test("a peer behind the gateway that owes an answer is a reason to look at the gateway", async (t) => {
  const lab = await open();
  lab.socket.doubt(lab.to("192.0.2.9"));
  lab.run(0);
  t.same(requests(lab), [ASKS_ONE]);
  t.equal(counters(lab)["looks_silence"], 1);
  await lab.stack.close();
});

t.test("a connection whose segments are not acknowledged is one, too", async (t) => {
  const lab = await open();
  lab.stack.tcp.connect("192.0.2.9", 1883, { connected() {}, readable() {}, writable() {}, ended() {}, closed() {} });
  lab.run(2000);
  t.same(requests(lab), []);
  lab.run(2000);
  t.match(requests(lab), [ASKS_ONE]);
  await lab.stack.close();
});

t.test("the link is lost and back: one request; datagrams go out at once", async (t) => {
  const lab = await open();
  lab.port.plugged = false;
  lab.run(1000);
  lab.port.plugged = true;
  lab.run(0);
  lab.poke();
  const heard = lab.heard().map((line) => line.slice(line.indexOf(" ") + 1));
  t.equal(heard[0], ASKS_ONE);
  t.match(heard[1], /udp .* > T1$/);
  lab.say(arpReply());
  lab.run(50 * MINUTE);
  t.same([requests(lab), lab.state()], [[], "REACHABLE"]);
  await lab.stack.close();
});

t.test("a link that is away for a day costs no budget", async (t) => {
  const lab = await open();
  lab.port.plugged = false;
  lab.run(24 * 60 * MINUTE);
  t.equal(lab.stack.neighbours(4).table.strategy?.report().budgetLeft, 240);
  lab.port.plugged = true;
  lab.run(0);
  t.same(requests(lab), [ASKS_ONE]);
  await lab.stack.close();
});

t.test("what the gateway sends proves that it is there, and puts the look off", async (t) => {
  const lab = await open();
  for (let n = 0; n < 10; n++) {
    lab.run(30 * MINUTE);
    lab.say(udp({}, "hello"));
  }
  t.same(requests(lab), []);
  const [gateway] = lab.stack.neighbours(4).table.strategy?.report().neighbours ?? [];
  t.equal(gateway?.proofAge, 0);
  await lab.stack.close();
});

t.test("a station that fills the table does not push the gateway out", async (t) => {
  const lab = await open();
  for (let n = 0; n < 3000; n++) {
    lab.say(arp({ sha: T2, sip: `10.0.${(n >> 8) & 255}.${n & 255 || 1}` }));
    if (n % 500 === 0) lab.run(6000);
  }
  lab.run(0);
  lab.heard();
  lab.poke();
  t.match(lab.heard(), [/udp .* > T1$/]);
  await lab.stack.close();
});

t.test("profile strict leaves the pinned ones to the strategy", async (t) => {
  const lab = await open({ neighbours: { profile: "strict", strategy: new PinnedStrategy() } });
  lab.heard();
  lab.say(GRATUITOUS);
  lab.run(1500);
  t.same(
    requests(lab).filter((line) => line.includes("who-has 10.0.0.2")),
    [ASKS_ONE, ASKS_ALL],
  );
  await lab.stack.close();
});

const PEER = { source: PEER_IP6, destination: OUR_IP6 };

async function open6(): Promise<Lab6> {
  const lab = await Lab6.open({ neighbours: { strategy: new PinnedStrategy() } });
  t.ok(lab.stack.pinNeighbour(PEER_IP6, lab.eth0, T1));
  lab.poke();
  lab.heard();
  return lab;
}

function solicits(lab: Lab6): string[] {
  return lab
    .heard()
    .filter((line) => line.includes("who-has"))
    .map((line) => line.slice(line.lastIndexOf("> ") + 2));
}

t.test(
  "IPv6: an advertisement that overrides, and a solicitation of another, move nothing while the neighbour answers",
  async (t) => {
    for (const lie of [na({ ...PEER, from: T2, link: T2, flags: "O" }), ns({ ...PEER, target: OUR_IP6, from: T2, link: T2 })]) {
      const lab = await open6();
      lab.say(lie);
      t.same(solicits(lab), ["T1"]);
      lab.say(na({ ...PEER, from: T2, link: T2 }));
      lab.say(na(PEER));
      t.equal(lab.shown(), "REACHABLE:02");
      await lab.stack.close();
    }
  },
);

t.test("IPv6: a neighbour that was replaced is found by the second question", async (t) => {
  const lab = await open6();
  for (let n = 0; n < 100; n++) {
    lab.poke();
    lab.run(3000);
  }
  t.same(solicits(lab), []);
  lab.say(na({ ...PEER, from: T2, link: T2, flags: "O" }));
  lab.run(1000);
  t.same(solicits(lab), ["T1", "33:33:ff:00:00:02"]);
  lab.say(na({ ...PEER, from: T2, link: T2 }));
  lab.run(1000);
  t.equal(lab.shown(), "REACHABLE:77");
  await lab.stack.close();
});

t.test("IPv6: an ICMPv6 error and a lost link are reasons to look", async (t) => {
  const lab = await open6();
  lab.poke();
  const [{ bytes } = { bytes: new Uint8Array() }] = lab.lab.take();
  lab.say(icmp6(PEER, 1, [0, 0, 0, 0, ...bytes.subarray(14)]));
  t.same(solicits(lab), ["T1"]);
  lab.say(na(PEER));
  lab.lab.port.plugged = false;
  lab.run(10);
  lab.lab.port.plugged = true;
  lab.run(0);
  t.same(solicits(lab), ["T1"]);
  await lab.stack.close();
});
