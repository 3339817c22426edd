/** Duplicate address detection (RFC 4862 5.4, RFC 7527, RFC 4429), frame by frame. */
import t from "tap";
import { AddressFlags } from "../../../../firmware-ts/ip6/routing/addresses.ts";
import type { LabOptions } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { T1 } from "../../../support/wire-format.ts";
import { na, ns, OUR_IP6, PEER_IP6 } from "../../../support/wire-format6.ts";

const { TENTATIVE, OPTIMISTIC, DADFAILED } = AddressFlags;

/** A lab that asks, with its link-local address settled and what was sent for that forgotten. */
async function open(options: LabOptions = {}): Promise<Lab6> {
  const lab = await Lab6.open({ addresses: [], automatic: true, ...options });
  lab.run(60_000);
  lab.heard();
  return lab;
}

function flags(lab: Lab6, address = OUR_IP6): number {
  return lab.ip6.addresses.on(lab.eth0, lab.address(address))?.flags ?? -1;
}

/** Times, from `since` on, and lines of the questions heard. */
function claims(lab: Lab6, since: number): string[] {
  return lab
    .heard()
    .filter((line) => / who-has /.test(line))
    .map((line) => line.replace(/^[\d.]+/, (time) => `${Math.round(Number(time) - since)}`));
}

/** The claim of another station to our address. */
function claim(nonce: number[] = []): Uint8Array {
  const more = nonce.length > 0 ? [14, 1, ...nonce] : [];
  return ns({ source: "::", target: OUR_IP6, link: null, more });
}

t.test("the address is asked for from nobody, with a nonce, after a random wait; a second later it is ours", async (t) => {
  const lab = await open();
  const since = lab.lab.clock.now();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  t.equal(flags(lab), TENTATIVE);
  lab.run(1000);
  const [line = "", ...others] = claims(lab, since);
  const [, wait = "", text = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
  t.equal(text, "who-has fd00::1 option-14 8 :: > ff02::1:ff00:1 > 33:33:ff:00:00:01");
  t.ok(Number(wait) > 0 && Number(wait) < 1000, `after ${wait} ms`);
  t.same(others, []);
  lab.run(Number(wait) - 1);
  t.equal(flags(lab), TENTATIVE);
  lab.run(2);
  t.equal(flags(lab), 0);
  t.same(claims(lab, since), []);
});

t.test("dad_transmits, retrans_time, router_solicitation_delay and enhanced_dad", async (t) => {
  const lab = await open();
  const { conf } = lab.ip6;
  conf.write(lab.eth0, "dad_transmits", 3);
  conf.write(lab.eth0, "router_solicitation_delay", 0);
  conf.write(lab.eth0, "enhanced_dad", 0);
  lab.stack.neighbours(6).table.parametersOf(lab.eth0).set("retransTime", 200);
  const since = lab.lab.clock.now();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  lab.run(599);
  const nonces = (lines: string[]): string[] => lines.map((line) => line.replace(/ :: >.*/, ""));
  t.same(
    nonces(claims(lab, since)),
    [0, 200, 400].map((at) => `${at} who-has fd00::1 option-14 8`),
    "one of the two is enough",
  );
  t.equal(flags(lab), TENTATIVE);
  lab.run(1);
  t.equal(flags(lab), 0);
  conf.write("all", "enhanced_dad", 0);
  lab.stack.addAddress(lab.eth0, "fd00::3/64");
  lab.run(0);
  t.same(claims(lab, since), ["600 who-has fd00::3 :: > ff02::1:ff00:3 > 33:33:ff:00:00:03"]);
  conf.write(lab.eth0, "dad_transmits", 0);
  lab.stack.addAddress(lab.eth0, "fd00::4/64");
  lab.run(0);
  t.equal(flags(lab, "fd00::4"), 0);
});

t.test("accept_dad 0 in both places, or nodad: nobody is asked", async (t) => {
  const lab = await open();
  lab.ip6.conf.write("all", "accept_dad", 1);
  lab.ip6.conf.write(lab.eth0, "accept_dad", 0);
  lab.stack.addAddress(lab.eth0, "fd00::3/64");
  t.equal(flags(lab, "fd00::3"), TENTATIVE, "one of the two is enough");
  lab.run(2000);
  lab.ip6.conf.write("all", "accept_dad", 0);
  lab.heard();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  t.equal(flags(lab), 0);
  lab.ip6.conf.write(lab.eth0, "accept_dad", 1);
  lab.ip6.fib.addAddress(lab.eth0, lab.address("fd00::5"), 64, { flags: AddressFlags.NODAD });
  t.equal(flags(lab, "fd00::5"), AddressFlags.NODAD);
  lab.run(2000);
  t.same(claims(lab, 0), []);
});

for (const [name, frame] of [
  ["a claim", claim()],
  ["a claim with a nonce", claim([1, 2, 3, 4, 5, 6])],
  ["an answer to all", na({ source: PEER_IP6, target: OUR_IP6, destination: "ff02::1", flags: "O" })],
] as const) {
  t.test(`${name} of another station: the address failed, is told of and not used`, async (t) => {
    const lab = await open();
    const log: string[] = [];
    lab.ip6.log.sink = (line) => log.push(line);
    lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
    lab.run(100);
    lab.say(frame);
    t.equal(flags(lab), TENTATIVE | DADFAILED);
    lab.say(frame);
    t.same(log, [`IPv6: eth0: IPv6 duplicate address fd00::1 used by ${T1} detected!`]);
    lab.run(5000);
    t.equal(flags(lab), TENTATIVE | DADFAILED);
    lab.heard();
    lab.say(ns({ source: PEER_IP6, target: OUR_IP6 }));
    t.equal(lab.poke(PEER_IP6), "queued");
    t.same(
      lab.heard().map((line) => line.replace(/^\d+ /, "")),
      [`who-has ${PEER_IP6} slla us fe80::ff:fe00:1 > ff02::1:ff00:2 > 33:33:ff:00:00:02`],
    );
  });
}

t.test("our own claim, brought back by the link, is none (RFC 7527)", async (t) => {
  const lab = await open();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  lab.run(1000);
  const ours = lab.lab.take().find(({ bytes }) => bytes[54] === 135)?.bytes as Uint8Array;
  lab.say(ours);
  t.equal(flags(lab), TENTATIVE);
  lab.run(1000);
  t.equal(flags(lab), 0);
});

t.test("a question by somebody with an address neither ends a tentative address nor is answered", async (t) => {
  const lab = await open();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  lab.run(10);
  lab.heard();
  lab.say(ns({ source: PEER_IP6, target: OUR_IP6 }));
  lab.say(na({ source: PEER_IP6, target: OUR_IP6, destination: "ff02::1", flags: "O", hops: 254 }));
  t.same([flags(lab), claims(lab, 0), lab.state(PEER_IP6)], [TENTATIVE, [], "-"]);
  lab.run(2000);
  t.equal(flags(lab), 0);
});

t.test("an address with an end goes when it fails; accept_dad 2 ends IPv6 with the link-local address", async (t) => {
  const lab = await open();
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`, { lifetimes: { valid: 100, preferred: 50 } });
  lab.say(claim());
  t.equal(flags(lab), -1);
  lab.ip6.conf.write(lab.eth0, "accept_dad", 2);
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(10);
  const own = lab.ip6.addresses.of(lab.eth0)[0];
  t.equal(own?.flags, TENTATIVE);
  lab.say(ns({ source: "::", target: "fe80::ff:fe00:1", link: null }));
  t.same(lab.ip6.addresses.of(lab.eth0), []);
  t.equal(lab.ip6.conf.read(lab.eth0, "disable_ipv6"), 1);
});

t.test("optimistic: asked at once, used meanwhile and answered for without override (RFC 4429)", async (t) => {
  const lab = await open();
  const since = lab.lab.clock.now();
  lab.ip6.fib.addAddress(lab.eth0, lab.address(OUR_IP6), 64, { flags: OPTIMISTIC });
  lab.run(0);
  t.equal(claims(lab, since).length, 1);
  t.equal(flags(lab), TENTATIVE | OPTIMISTIC);
  lab.say(ns({ source: PEER_IP6, target: OUR_IP6 }));
  t.match(lab.heard()[0], / na fd00::1 S tlla us fd00::1 > fd00::2 > T1/);
  lab.say(claim());
  t.equal(flags(lab), TENTATIVE | DADFAILED);
});

t.test("ndisc_notify: everybody is told of an address that has become ours", async (t) => {
  const lab = await open();
  lab.ip6.conf.write(lab.eth0, "ndisc_notify", 1);
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  lab.run(2000);
  t.match(lab.heard().at(-1), / na fd00::1 O tlla us fd00::1 > ff02::1 > 33:33:00:00:00:01$/);
  lab.ip6.fib.addAddress(lab.eth0, lab.address("fd00::5"), 64, { flags: AddressFlags.NODAD });
  lab.run(0);
  t.notMatch(lab.heard(), [/ na /]);
});

t.test("without a link the question waits for it; a device that goes down ends it", async (t) => {
  const lab = await open();
  lab.lab.port.plugged = false;
  lab.run(0);
  lab.stack.addAddress(lab.eth0, `${OUR_IP6}/64`);
  lab.run(5000);
  t.same([claims(lab, 0), flags(lab)], [[], TENTATIVE]);
  lab.lab.port.plugged = true;
  lab.run(2000);
  t.equal(claims(lab, 0).length, 1);
  t.equal(flags(lab), 0);
  lab.stack.addAddress(lab.eth0, "fd00::3/64");
  await lab.eth0.close();
  lab.run(5000);
  t.same(claims(lab, 0), []);
  t.equal(lab.inUse, 0);
});
