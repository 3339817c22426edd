/** The life of a lease: renewed, rebound, lost, kept over a restart, given back (RFC 2131 3.2, 3.7, 4.4.2 to 4.4.6). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { Frame } from "../../contract/frame.ts";
import { type DhcpFields, dhcpReply, LEASED } from "../../wire/build-dhcp.ts";
import { BROADCAST, T1 } from "../../wire/hosts.ts";
import { addresses, addressWithin, BARE, BEGINS, withoutWithin } from "../acd/kit/addresses.ts";
import { bound, GIVEN, hears, message } from "./kit/server.ts";

const common = { topology: BARE, patient: true, drawn: true, sized: true, limit: 60_000 } as const;
const ALL = "255.255.255.255";
const NOBODY = "0.0.0.0";
const SECOND = 1000;
/** A short lease, in s: the shortest that every client takes. */
const TERMS: DhcpFields = { lease: 20, renewal: 4, rebinding: 10 };
/** Clients may come a little earlier or later, so that those that began together do not renew together. */
const FUZZ = 0.05;
/** A program that counts whole seconds, on a busy machine, in ms. */
const LATE = 1100;

function expectAbout(bench: Bench, name: string, ms: number, due: number): void {
  const [least, most] = [due * (1 - FUZZ), due * (1 + FUZZ) + LATE];
  bench.expectTime(name, ms, Math.min(Math.max(ms, least), most));
}

const lives: readonly Case[] = [
  {
    ...common,
    id: "DHCP-20",
    title: "at T1 the server is asked alone, from the leased address, without options 50 and 54; its ACK extends the lease",
    source: "RFC 2131 4.4.5, 4.3.2, table 5 MUST",
    async run(bench) {
      const { request } = await bound(bench, TERMS);
      const renewal = await hears(bench, "REQUEST", 5 * SECOND);
      expectAbout(bench, "T1", renewal.time - request.time, 4 * SECOND);
      const { source, destination, dst, ciaddr, requested, server } = renewal;
      bench.expect("from us to the server alone", [source, destination, dst], [LEASED, T1.ip, T1.mac]);
      bench.expect("our address, no options", [ciaddr, requested, server], [LEASED, "", ""]);
      await bench.say(dhcpReply(renewal, "ACK", { lease: 3600 }));
      await bench.silence("no more", 8 * SECOND, message("REQUEST"));
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "DHCP-21",
    title: "the server is silent: at T2 everybody is asked, from the leased address; any server's ACK extends the lease",
    source: "RFC 2131 4.4.5 MUST",
    async run(bench) {
      const { request } = await bound(bench, TERMS);
      await hears(bench, "REQUEST", 5 * SECOND, { destination: T1.ip });
      const rebinding = await hears(bench, "REQUEST", 8 * SECOND, { destination: ALL });
      expectAbout(bench, "T2", rebinding.time - request.time, 10 * SECOND);
      const { source, dst, ciaddr, requested, server } = rebinding;
      bench.expect("from us to everybody", [source, dst], [LEASED, BROADCAST]);
      bench.expect("our address, no options", [ciaddr, requested, server], [LEASED, "", ""]);
      await bench.say(dhcpReply(rebinding, "ACK", { lease: 3600 }));
      await bench.silence("no more", 11 * SECOND, message("REQUEST"));
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
  {
    ...common,
    id: "DHCP-22",
    title: "nobody extends the lease: at its end the address goes, and the client begins anew",
    source: "RFC 2131 4.4.5 MUST immediately stop",
    async run(bench) {
      const { request } = await bound(bench, TERMS);
      await hears(bench, "REQUEST", 5 * SECOND, { destination: T1.ip });
      await hears(bench, "REQUEST", 8 * SECOND, { destination: ALL });
      await bench.sleep(request.time + 19 * SECOND - bench.now());
      bench.expect("to the last second", await addresses(bench), [GIVEN]);
      bench.expect("no address", await withoutWithin(bench, 1500), []);
      await hears(bench, "DISCOVER", 6 * SECOND);
    },
  },
  {
    ...common,
    id: "DHCP-23",
    title: "NAK at T1: the address goes at once, and the client begins anew",
    source: "RFC 2131 3.2 3, 4.4.5",
    async run(bench) {
      await bound(bench, TERMS);
      const renewal = await hears(bench, "REQUEST", 5 * SECOND);
      await bench.say(dhcpReply(renewal, "NAK"));
      bench.expect("no address", await withoutWithin(bench, SECOND), []);
      await hears(bench, "DISCOVER", 11 * SECOND);
    },
  },
  {
    ...common,
    id: "DHCP-24",
    title: "a NAK of another transaction changes nothing",
    source: "RFC 2131 4.4.1 MUST discard",
    async run(bench) {
      await bound(bench, TERMS);
      const renewal = await hears(bench, "REQUEST", 5 * SECOND);
      await bench.say(dhcpReply(renewal, "NAK", { xid: (renewal.xid + 1) >>> 0 }));
      await bench.sleep(500);
      bench.expect("the address", await addresses(bench), [GIVEN]);
    },
  },
];

/** A client that had a lease has begun again, and asks for it. */
async function again(bench: Bench): ReturnType<typeof hears> {
  const { program } = await bound(bench);
  await program.stop();
  await bench.heard();
  bench.getAddress({ by: "dhcp" });
  return hears(bench, "REQUEST", BEGINS);
}

function isDiscover(frame: Frame): boolean {
  return frame.kind === "dhcp" && frame.message === "DISCOVER";
}

const restarts: readonly Case[] = [
  {
    ...common,
    id: "DHCP-25/kept",
    title: "after a restart the address of before is asked for, of no server by name; ACK: it is used",
    source: "RFC 2131 3.2 1, 4.3.2, 4.4.2 MUST NOT name a server",
    async run(bench) {
      const request = await again(bench);
      const { source, destination, ciaddr, requested, server } = request;
      bench.expect("from nobody to everybody", [source, destination, ciaddr], [NOBODY, ALL, NOBODY]);
      bench.expect("what is asked for", [requested, server], [LEASED, ""]);
      await bench.say(dhcpReply(request, "ACK"));
      bench.expect("the address", await addressWithin(bench, 1500), GIVEN);
    },
  },
  {
    ...common,
    id: "DHCP-25/refused",
    title: "after a restart NAK: the client begins anew",
    source: "RFC 2131 3.2 3, 4.4.2",
    async run(bench) {
      await bench.say(dhcpReply(await again(bench), "NAK"));
      await hears(bench, "DISCOVER", 11 * SECOND);
    },
  },
  {
    ...common,
    id: "DHCP-25/silent",
    title: "after a restart nobody answers: within 20 s the client uses what is left of the lease, or goes on to DISCOVER",
    source: "RFC 2131 3.2 3 MAY use the lease; 4.4.2",
    async run(bench) {
      await again(bench);
      const heard: Frame[] = [];
      let address = "";
      for (let second = 0; second < 20 && address === "" && !heard.some(isDiscover); second++) {
        address = await addressWithin(bench, SECOND);
        heard.push(...(await bench.heard()));
      }
      bench.expect("the client goes on", address === GIVEN || heard.some(isDiscover), true);
    },
  },
  {
    ...common,
    id: "DHCP-26",
    title: "a client that gives its lease back: RELEASE to the server alone, with the address and the server",
    source: "RFC 2131 4.4.6, table 5 MUST",
    async run(bench) {
      // A message that waits for the server's hardware address would be lost with the address that it comes from.
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      const { program } = await bound(bench, {}, { release: true });
      await program.stop();
      const { source, destination, ciaddr, server, requested } = await hears(bench, "RELEASE");
      bench.expect("from us to the server", [source, destination], [LEASED, T1.ip]);
      bench.expect("the address and the server", [ciaddr, server, requested], [LEASED, T1.ip, ""]);
    },
  },
  {
    ...common,
    id: "DHCP-27",
    title: "a cable that was pulled and is plugged again: the lease is asked for anew",
    source: "RFC 2131 3.7 SHOULD",
    needs: ["carrier"],
    async run(bench) {
      await bound(bench);
      await bench.plug(false);
      await bench.sleep(2 * SECOND);
      await bench.heard();
      await bench.plug(true);
      const request = await hears(bench, "REQUEST", 6 * SECOND);
      bench.expect("what is asked for", [request.requested, request.server], [LEASED, ""]);
      await bench.say(dhcpReply(request, "ACK"));
      bench.expect("the address", await addressWithin(bench, 1500), GIVEN);
    },
  },
];

export const renewal: readonly Case[] = [...lives, ...restarts];
