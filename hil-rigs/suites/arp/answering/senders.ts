/** ARP in the name of addresses that no host should have: which are answered, and which are learned though arp_accept invites it. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { asks } from "../../../stage/patterns.ts";
import { arpAnnounce, arpReply, arpRequest } from "../../../wire/build.ts";
import { echo } from "../../../wire/build4.ts";
import { type Host, T1, T2 } from "../../../wire/hosts.ts";
import { answeredFor, calm, hearsAnyone, make, seen } from "../kit/setup.ts";

/**
 * For each sender: whether its request for us is answered, and its entry after the request, after a reply to us, and after an
 * announcement. `S` STALE, `R` REACHABLE, `N` NOARP with the broadcast address, `-` no entry.
 */
const SENDERS: readonly (readonly [ip: string, answered: boolean, request: string, reply: string, announcement: string])[] = [
  ["0.0.0.1", true, "S", "R", "S"],
  ["0.0.0.9", true, "S", "R", "S"],
  ["0.255.255.255", true, "S", "R", "S"],
  ["10.0.0.0", true, "S", "R", "S"],
  ["10.0.0.255", true, "N", "-", "-"],
  ["100.64.0.1", true, "S", "R", "S"],
  ["127.0.0.2", false, "-", "-", "-"],
  ["127.255.255.255", false, "-", "-", "-"],
  ["169.254.7.7", true, "S", "R", "S"],
  ["192.168.9.9", true, "S", "R", "S"],
  ["224.0.0.5", false, "-", "-", "-"],
  ["239.255.255.250", false, "-", "-", "-"],
  ["240.0.0.1", true, "S", "R", "S"],
  ["255.255.255.254", true, "S", "R", "S"],
  ["255.255.255.255", false, "-", "-", "-"],
];

function inShort(bench: Bench, ip: string): string {
  const text = seen(bench, ip);
  return text === "NOARP ff:ff:ff:ff:ff:ff" ? "N" : text.charAt(0);
}

const strangers: readonly Case[] = SENDERS.map(([ip, answered, request, reply, announcement]) => ({
  id: `ARP-L-16/${ip}`,
  title: `ARP of ${ip}: its request is ${answered ? "" : "not "}answered; learned from it, from a reply, from an announcement: ${request} ${reply} ${announcement}`,
  source: "kernel: arp_process, ip_route_input, __inet_dev_addr_type; measured",
  needs: ["arp-sysctl"],
  async run(bench) {
    calm(bench);
    hearsAnyone(bench);
    const from: Host = { ip, mac: T2.mac };
    await bench.say(arpRequest({ from }));
    bench.expect("answers", (await answeredFor(bench, 15)).length, answered ? 1 : 0);
    bench.expect("after its request", inShort(bench, ip), request);
    await bench.ip(`neigh del ${ip} dev e0`);
    bench.conf("arp_accept", 1);
    await bench.say(arpReply({ from }));
    await bench.sleep(15);
    bench.expect("after its reply", inShort(bench, ip), reply);
    await bench.ip(`neigh del ${ip} dev e0`);
    await bench.say(arpAnnounce({ from }));
    await bench.sleep(15);
    bench.expect("after its announcement", inShort(bench, ip), announcement);
    await bench.heard();
  },
}));

/** An entry for such an address, made by hand, and its fate after ARP in its name within locktime. */
const KNOWN: readonly (readonly [ip: string, reply: string, announcement: string])[] = [
  ["0.0.0.9", "=", "S"],
  ["10.0.0.255", "=", "="],
  ["127.0.0.2", "=", "="],
  ["224.0.0.5", "=", "="],
  ["240.0.0.1", "=", "S"],
  ["10.0.0.1", "=", "="],
  ["192.168.9.9", "=", "S"],
];

const known: readonly Case[] = KNOWN.map(([ip, reply, announcement]) => ({
  id: `ARP-U-10/${ip}`,
  title: `a stale entry for ${ip}: a reply of another host's within locktime ${reply === "=" ? "does not touch it" : "takes it"}, an announcement ${announcement === "=" ? "does not" : "does"}`,
  source: "kernel: arp_is_garp wants a unicast address, measured",
  async run(bench) {
    calm(bench);
    bench.param("locktime", 30_000);
    const who = { ip, mac: T1.mac };
    await make(bench, "STALE", who);
    const from = { ip, mac: T2.mac };
    const results: Readonly<Record<string, string>> = { "=": `STALE ${T1.mac}`, S: `STALE ${T2.mac}`, R: `REACHABLE ${T2.mac}` };
    await bench.say(arpReply({ from }));
    await bench.sleep(15);
    bench.expect("after the reply", seen(bench, ip), results[reply]);
    await bench.say(arpAnnounce({ from }));
    await bench.sleep(15);
    bench.expect("after the announcement", seen(bench, ip), results[announcement]);
    await bench.silence("nothing is sent", 5);
  },
}));

/** With a route to the link, they are hosts like others. */
const hosts: readonly Case[] = ["0.0.0.9", "240.0.0.1"].map((ip) => ({
  id: `ARP-G-17/${ip}`,
  title: `an echo request from ${ip}, which is routed to the link: it is asked for, and gets its answer`,
  source: "kernel since 5.3: of 0.0.0.0/8 only 0.0.0.0 is special; measured",
  needs: ["route-admin", "arp-sysctl"],
  async run(bench) {
    hearsAnyone(bench);
    await bench.must(`route add ${ip.split(".")[0]}.0.0.0/8 dev e0`);
    const from: Host = { ip, mac: T1.mac };
    await bench.say(echo({ from }));
    await bench.hears("asks for it", asks(ip));
    await bench.say(arpReply({ from }));
    await bench.hears("answers", { kind: "icmp", type: 0, destination: ip, dst: T1.mac });
  },
}));

export const senders: readonly Case[] = [...strangers, ...known, ...hosts];
