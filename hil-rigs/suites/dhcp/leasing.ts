/** A client comes to a lease: its messages, its patience, and the offers that it must not believe (RFC 2131 3.1, 4.1, 4.4.1, RFC 2132). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import { arpAnnounce, arpRequest } from "../../wire/build.ts";
import { type DhcpFields, dhcpReply, LEASED } from "../../wire/build-dhcp.ts";
import { ipBytes } from "../../wire/bytes.ts";
import { BROADCAST, DUT, host, T1, T2 } from "../../wire/hosts.ts";
import { addresses, addressWithin, announces, BARE, CHECKED, probes } from "../acd/kit/addresses.ts";
import { begun, bound, GIVEN, hears, isThere, leased, message } from "./kit/server.ts";

const common = { topology: BARE, patient: true, drawn: true, sized: true, limit: 60_000 } as const;
const ALL = "255.255.255.255";
const NOBODY = "0.0.0.0";
const SECOND = 1000;

function expectBetween(bench: Bench, name: string, ms: number, least: number, most: number): void {
  bench.expectTime(name, ms, Math.min(Math.max(ms, least), most));
}

const talk: readonly Case[] = [
  {
    ...common,
    id: "DHCP-01",
    title: "DISCOVER: to everybody from nobody, from port 68 to 67, with our hardware address, an identifier and a list of wishes",
    source: "RFC 2131 2, 4.1, 4.4.1 MUST; RFC 2132 9.14, 9.8",
    async run(bench) {
      const { discover } = await begun(bench);
      const { source, destination, dst, sport, dport, op, chaddr, ciaddr, server, secs, options, size } = discover;
      bench.expect("addresses", [source, destination, dst], [NOBODY, ALL, BROADCAST]);
      bench.expect("ports, op, hardware address", [sport, dport, op, chaddr], [68, 67, 1, DUT.mac]);
      bench.expect("no address, no server, no time", [ciaddr, server, secs], [NOBODY, "", 0]);
      const wishes: string[] = options[55]?.match(/../g) ?? [];
      bench.expect(
        "an identifier, a mask, a router",
        [61 in options, wishes.includes("01"), wishes.includes("03")],
        [true, true, true],
      );
      bench.expect("as long as relays want it", size >= 300, true);
    },
  },
  {
    ...common,
    id: "DHCP-02",
    title: "REQUEST: to everybody, the offered address and its server, the same transaction and the same time",
    source: "RFC 2131 3.1 3, 4.3.2, 4.4.1 MUST",
    async run(bench) {
      const { discover, request } = await leased(bench);
      const { source, destination, ciaddr, requested, server, xid, secs, options } = request;
      bench.expect("from nobody to everybody", [source, destination, ciaddr], [NOBODY, ALL, NOBODY]);
      bench.expect("what is asked for", [requested, server], [LEASED, T1.ip]);
      bench.expect("transaction and time", [xid, secs], [discover.xid, discover.secs]);
      bench.expect("the same identifier", options[61], discover.options[61]);
    },
  },
  {
    ...common,
    id: "DHCP-03",
    title: "ACK: the device has the address and the way to the router, and not before",
    source: "RFC 2131 3.1 5, RFC 2132 3.3, 3.5",
    async run(bench) {
      isThere(bench);
      const { discover } = await begun(bench);
      await bench.say(dhcpReply(discover, "OFFER", { router: T1.ip }));
      const request = await hears(bench, "REQUEST");
      await bench.say(arpRequest({ tpa: LEASED }));
      await bench.silence("an offer is not an address", 100, { kind: "arp", op: 2 });
      bench.expect("none yet", await addresses(bench), []);
      await bench.say(dhcpReply(request, "ACK", { router: T1.ip }));
      bench.expect("the address", await addressWithin(bench, 1500), GIVEN);
      await bench.sleep(200);
      const { stdout } = await bench.dut.ip(["-4", "route", "show", "default"]);
      bench.expect("the way", / via 10\.0\.0\.2 dev e0/.test(stdout), true);
      await bench.say(arpRequest({ tpa: LEASED }));
      await bench.hears("it answers for it", { kind: "arp", op: 2, spa: LEASED, tpa: T1.ip });
    },
  },
  {
    ...common,
    id: "DHCP-04",
    title: "nobody answers DISCOVER: again after 4 and 8 s, each a second more or less",
    source: "RFC 2131 4.1 MUST: exponential back-off",
    async run(bench) {
      const { discover } = await begun(bench);
      const two = await hears(bench, "DISCOVER", 5200);
      const three = await hears(bench, "DISCOVER", 9200);
      expectBetween(bench, "the first interval", two.time - discover.time, 3 * SECOND, 5 * SECOND + 100);
      expectBetween(bench, "the second", three.time - two.time, 7 * SECOND, 9 * SECOND + 100);
      bench.expect("one transaction", [two.xid, three.xid], [discover.xid, discover.xid]);
    },
  },
  {
    ...common,
    id: "DHCP-05",
    title: "nobody answers REQUEST: again after 4 s, a second more or less, in the same transaction",
    source: "RFC 2131 3.1 5, 4.1",
    async run(bench) {
      const { discover } = await begun(bench);
      await bench.say(dhcpReply(discover, "OFFER"));
      const one = await hears(bench, "REQUEST");
      const two = await hears(bench, "REQUEST", 5200);
      expectBetween(bench, "the interval", two.time - one.time, 3 * SECOND, 5 * SECOND + 100);
      bench.expect("the same", [two.xid, two.requested, two.server], [one.xid, LEASED, T1.ip]);
    },
  },
  {
    ...common,
    id: "DHCP-06",
    title: "NAK instead of ACK: no address, and the client begins anew",
    source: "RFC 2131 3.1 5 MUST restart",
    async run(bench) {
      const { discover } = await begun(bench);
      await bench.say(dhcpReply(discover, "OFFER"));
      const request = await hears(bench, "REQUEST");
      await bench.say(dhcpReply(request, "NAK"));
      const again = await hears(bench, "DISCOVER", 11 * SECOND);
      bench.expect("no address", await addresses(bench), []);
      bench.expect("a new transaction", again.xid !== discover.xid, true);
    },
  },
  {
    ...common,
    id: "DHCP-07",
    title: "two servers offer: one is asked, and the other's ACK is not taken",
    source: "RFC 2131 3.1 3, 4",
    async run(bench) {
      isThere(bench);
      const { discover } = await begun(bench);
      const other: DhcpFields = { from: T2, yiaddr: "10.0.0.60" };
      await bench.say(dhcpReply(discover, "OFFER"), dhcpReply(discover, "OFFER", other));
      const request = await hears(bench, "REQUEST");
      bench.expect("the first one", [request.requested, request.server], [LEASED, T1.ip]);
      await bench.say(dhcpReply(request, "ACK", other));
      await bench.sleep(500);
      bench.expect("not the other's address", await addresses(bench), []);
      await bench.say(dhcpReply(request, "ACK"));
      bench.expect("the address", await addressWithin(bench, 1500), GIVEN);
    },
  },
  {
    ...common,
    id: "DHCP-08",
    title: "classless routes take the place of the router option",
    source: "RFC 3442 MUST",
    async run(bench) {
      // The default route by 10.0.0.9.
      await bound(bench, { router: T1.ip, options: [[121, [0, ...ipBytes("10.0.0.9")]]] });
      await bench.sleep(200);
      const { stdout } = await bench.dut.ip(["-4", "route", "show", "default"]);
      bench.expect("the way", / via 10\.0\.0\.9 dev e0/.test(stdout), true);
    },
  },
  {
    ...common,
    id: "DHCP-09",
    title: "options in the field `file` are read (option overload)",
    source: "RFC 2131 4.1, RFC 2132 9.3",
    async run(bench) {
      await bound(bench, { overloaded: true });
    },
  },
];

/** Offers that are none. A good one follows each. */
const HOSTILE: readonly (readonly [id: string, what: string, source: string, fields: DhcpFields])[] = [
  ["xid", "of another transaction", "RFC 2131 4.4.1 MUST", { xid: 0x1234_5678 }],
  ["cookie", "with a wrong cookie", "RFC 2131 3", { cookie: 0x63825364 }],
  ["chaddr", "for another hardware address", "RFC 2131 4.1", { chaddr: T2.mac }],
  ["op", "that is a request", "RFC 2131 2", { op: 1 }],
  ["type", "without a type", "RFC 2131 3", { raw: [54, 4, 10, 0, 0, 2, 51, 4, 0, 0, 14, 16, 255] }],
  ["over-end", "with an option that runs over the end", "RFC 2132 2", { raw: [53, 1, 2, 54, 4, 10, 0, 0, 2, 51, 200, 0, 0] }],
  ["server", "without a server", "RFC 2131 table 3 MUST", { server: null }],
  ["nothing", "of no address", "RFC 2131 4.3.1", { yiaddr: NOBODY }],
  ["checksum", "with a wrong UDP checksum", "RFC 1122 4.1.3.4 MUST", { sum: 0x1234 }],
  ["port", "to another port", "RFC 2131 4.1", { dport: 69 }],
  ["cut", "that is cut short", "RFC 2131 2", { cut: 120 }],
];

const hostile: readonly Case[] = HOSTILE.map(([id, what, source, fields]) => ({
  ...common,
  id: `DHCP-10/${id}`,
  title: `an offer ${what} is not taken; a good one behind it is`,
  source,
  async run(bench) {
    isThere(bench);
    const { discover } = await begun(bench);
    await bench.say(dhcpReply(discover, "OFFER", { yiaddr: "10.0.0.66", ...fields }));
    await bench.silence("nobody asks for it", 500, message("REQUEST"));
    await bench.say(dhcpReply(discover, "OFFER"));
    const request = await hears(bench, "REQUEST");
    bench.expect("asks for the good one", [request.requested, request.server], [LEASED, T1.ip]);
    await bench.say(dhcpReply(request, "ACK"));
    bench.expect("the address", await addressWithin(bench, 1500), GIVEN);
  },
}));

const conflicts: readonly Case[] = [
  {
    ...common,
    id: "DHCP-11",
    title: "with probes: the address is asked for three times before it is used, and announced twice",
    source: "RFC 2131 2.2 SHOULD, RFC 5227 2.1, 2.3",
    async run(bench) {
      await leased(bench, {}, { probes: true });
      for (const name of ["the first probe", "the second", "the third"]) await bench.hears(name, probes(LEASED), { within: 2500 });
      bench.expect("not used before", await addresses(bench), []);
      for (const name of ["announced", "again"]) await bench.hears(name, announces(LEASED), { within: 2500 });
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "DHCP-12",
    title: "with probes: another station has the address: DECLINE, and after 10 s or more the client begins anew",
    source: "RFC 2131 3.1 5 MUST, 4.4.4",
    async run(bench) {
      await leased(bench, {}, { probes: true });
      await bench.hears("the first probe", probes(LEASED), { within: 2500 });
      await bench.say(arpAnnounce({ from: { mac: host(0x33).mac, ip: LEASED } }));
      const decline = await hears(bench, "DECLINE", CHECKED);
      bench.expect("to everybody from nobody", [decline.source, decline.destination, decline.ciaddr], [NOBODY, ALL, NOBODY]);
      bench.expect("what is declined", [decline.requested, decline.server], [LEASED, T1.ip]);
      const again = await hears(bench, "DISCOVER", 13 * SECOND);
      expectBetween(bench, "time until it begins anew", again.time - decline.time, 10 * SECOND - 50, 13 * SECOND);
      bench.expect("nobody asks for it again", again.requested, "");
      bench.expect("no address", await addresses(bench), []);
    },
  },
];

export const leasing: readonly Case[] = [...talk, ...hostile, ...conflicts];
