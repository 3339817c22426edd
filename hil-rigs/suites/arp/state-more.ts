/** The state machine on the send path and by time, and what confirmation from above does. Measured. */
import type { Case } from "../../contract/case.ts";
import { asks, datagram } from "../../rig/patterns.ts";
import { arpAnnounce, arpReply, arpRequest } from "../../wire/build.ts";
import { BROADCAST, T1, T2 } from "../../wire/hosts.ts";
import { moved, SPEAK } from "./frames.ts";
import { becomes, calm, make, type State, seen, seenAs, told, unhurried, until } from "./setup.ts";

/** What a datagram does to an entry: `now` it leaves at once, `ask` it waits and the host is asked for, `wait` it waits. */
const OUTPUT: readonly (readonly [from: State, to: string, does: "now" | "ask" | "wait"])[] = [
  ["none", "INCOMPLETE", "ask"],
  ["NONE", "INCOMPLETE", "ask"],
  ["FAILED", "INCOMPLETE", "ask"],
  ["INCOMPLETE", "INCOMPLETE", "wait"],
  ["STALE", `DELAY ${T1.mac}`, "now"],
  ["DELAY", `DELAY ${T1.mac}`, "now"],
  ["REACHABLE", `REACHABLE ${T1.mac}`, "now"],
  ["PROBE", `PROBE ${T1.mac}`, "now"],
  ["NOARP", `NOARP ${T1.mac}`, "now"],
  ["PERMANENT", `PERMANENT ${T1.mac}`, "now"],
];

const output: readonly Case[] = OUTPUT.map(([from, to, does]) => ({
  id: `NUD-02/${from}`,
  title: `a datagram to a ${from} entry: it is ${to.split(" ")[0]} then, and nothing is told`,
  source: "kernel: neigh_event_send, measured",
  async run(rig) {
    calm(rig);
    await make(rig, from);
    rig.expect("send", await rig.poke(T1.ip), "ok");
    const frames = (await rig.heard(20)).map((frame) => `${frame.kind} ${frame.dst}`);
    const want = { now: [`udp ${T1.mac}`], ask: [`arp ${BROADCAST}`], wait: [] };
    rig.expect("frames", frames, want[does]);
    await becomes(rig, T1.ip, to);
    rig.expect("nothing is told", told(rig), []);
  },
}));

/** An answer within locktime, from elsewhere, is refused, and yet the entry counts as confirmed by it. */
const refusedConfirms: readonly Case[] = (["STALE", "DELAY", "PROBE"] as const).map((state) => ({
  id: `ARP-U-57/${state}`,
  title: `an answer that is refused for locktime confirms a ${state} entry all the same`,
  source: "kernel: confirmed is set before the override test, measured",
  async run(rig) {
    calm(rig);
    rig.param("locktime", 30_000);
    await make(rig, state);
    rig.expect("confirmed long ago", ((await rig.neigh(T1.ip))?.confirmed ?? 0) > 100, true);
    await rig.say(arpReply({ from: moved(T1) }));
    await until(rig, () => (rig.dut.neighbours().find(({ dst }) => dst === T1.ip)?.confirmed ?? 99) < 60);
    rig.expect("confirmed now", ((await rig.neigh(T1.ip))?.confirmed ?? 99) < 60, true);
    await rig.expectState(T1.ip, state, T1.mac);
  },
}));

/** A new address that nobody proved starts over. */
const startsOver: readonly Case[] = (["STALE", "REACHABLE"] as const).map((state) => ({
  id: `ARP-U-58/${state}`,
  title: `an announcement with another address takes a ${state} entry's confirmation away`,
  source: "kernel: a new address that is not connected was last confirmed 2 * base_reachable_time ago",
  async run(rig) {
    calm(rig);
    await make(rig, state);
    await rig.say(SPEAK["garp-request"](moved(T1)));
    await becomes(rig, T1.ip, `STALE ${T2.mac}`);
    rig.expect("confirmed long ago", ((await rig.neigh(T1.ip))?.confirmed ?? 0) > 1000, true);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-U-02",
    title: "locktime runs from the last change, and confirmations by the same address do not extend it",
    source: "kernel, measured",
    async run(rig) {
      calm(rig);
      rig.param("locktime", 100);
      await make(rig, "STALE");
      const begin = rig.now();
      await rig.say(arpAnnounce({ from: T1 }));
      await rig.sleep(600);
      await rig.say(arpAnnounce({ from: T1 }), arpRequest({ from: T1 }));
      await rig.sleep(begin + 1100 - rig.now());
      await rig.say(arpReply({ from: moved(T1) }));
      await becomes(rig, T1.ip, `REACHABLE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-04",
    title: "a request with another address is believed at once, and answered there",
    source: "kernel: OVERRIDE, measured",
    async run(rig) {
      calm(rig);
      rig.param("locktime", 30_000);
      await make(rig, "REACHABLE");
      await rig.say(arpRequest({ from: moved(T1) }));
      await rig.hears("answers", { kind: "arp", op: 2, dst: T2.mac });
      await becomes(rig, T1.ip, `STALE ${T2.mac}`);
    },
  },
  {
    id: "ARP-U-06",
    title: "an address that changed is used by the next datagram, though the old one was in use",
    source: "kernel: neigh_update_hhs, measured",
    async run(rig) {
      calm(rig);
      await rig.poke(T1.ip);
      await rig.hears("asks", asks(T1.ip));
      await rig.say(arpReply({ from: T1 }));
      await rig.hears("to the first", datagram(T1.ip, { dst: T1.mac }));
      await rig.poke(T1.ip);
      await rig.hears("again", datagram(T1.ip, { dst: T1.mac }));
      await rig.say(arpAnnounce({ from: moved(T1) }));
      await becomes(rig, T1.ip, `STALE ${T2.mac}`);
      await rig.poke(T1.ip);
      await rig.hears("to the second", datagram(T1.ip, { dst: T2.mac }));
    },
  },
  {
    id: "ARP-U-07",
    title: "a host that says the same thing a hundred times is told of once",
    source: "FreeRTOS-Plus-TCP refresh; kernel",
    async run(rig) {
      calm(rig);
      await rig.say(arpRequest({ from: T1 }));
      await becomes(rig, T1.ip, `STALE ${T1.mac}`);
      for (let n = 0; n < 50; n++) await rig.say(arpAnnounce({ from: T1 }), arpRequest({ from: T1 }));
      await becomes(rig, T1.ip, `STALE ${T1.mac}`);
      rig.expect("told", told(rig), [`new STALE ${T1.mac}`]);
      await rig.say(...Array.from({ length: 20 }, () => arpReply({ from: T1 })));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
      rig.expect("told", told(rig), [`new REACHABLE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-03",
    title: "use of a reachable entry with its header at hand does not move `used`",
    source: "kernel: neigh_hh_output, measured",
    async run(rig) {
      calm(rig);
      await rig.poke(T1.ip);
      await rig.hears("asks", asks(T1.ip));
      await rig.say(arpReply({ from: T1 }));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
      for (let n = 0; n < 8; n++) {
        await rig.sleep(300);
        await rig.poke(T1.ip);
      }
      rig.expect("used seconds ago", ((await rig.neigh(T1.ip))?.used ?? 0) >= 2, true);
      await rig.expectState(T1.ip, "REACHABLE", T1.mac);
    },
  },
  {
    id: "NUD-11",
    title: "confirmed from above with each datagram, an entry stays reachable without a probe",
    source: "RFC 4861 7.3.1; MSG_CONFIRM",
    async run(rig) {
      unhurried(rig);
      // Drawn from 1500 to 4500 ms, and over before the last datagram.
      rig.param("base_reachable_time_ms", 3000);
      await rig.poke(T1.ip);
      await rig.hears("asks", asks(T1.ip));
      await rig.say(arpReply({ from: T1 }));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
      await rig.heard();
      rig.events();
      for (let n = 0; n < 50; n++) {
        await rig.poke(T1.ip, { confirm: true });
        await rig.sleep(100);
      }
      const frames = (await rig.heard()).filter((frame) => frame.kind !== "udp");
      rig.expect("no probe", frames.length, 0);
      rig.expect(
        "no failure",
        told(rig).filter((event) => /PROBE|FAILED|STALE/.test(event)),
        [],
      );
    },
  },
  {
    id: "NUD-12",
    title: "confirmation from above does not help an entry that is being probed",
    source: "kernel, measured",
    async run(rig) {
      unhurried(rig);
      await rig.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
      await rig.hears("probes", asks(T1.ip, { dst: T1.mac }));
      await rig.poke(T1.ip, { confirm: true });
      await until(rig, () => seen(rig, T1.ip) === "FAILED", 6000);
      rig.expect("told", told(rig), [`new PROBE ${T1.mac}`, "new FAILED"]);
    },
  },
  {
    id: "NUD-13",
    title: "a datagram with a confirmation of its own lets a stale entry be used, and it is delayed like any other",
    source: "kernel, measured",
    async run(rig) {
      calm(rig);
      await make(rig, "STALE");
      await rig.poke(T1.ip, { confirm: true });
      await rig.hears("sent", datagram(T1.ip, { dst: T1.mac }));
      await rig.expectState(T1.ip, "DELAY", T1.mac);
      rig.expect("confirmed now", ((await rig.neigh(T1.ip))?.confirmed ?? 99) < 60, true);
    },
  },
  {
    id: "NUD-14",
    title: "an answer while delayed makes the entry reachable, and no probe follows",
    source: "RFC 4861 7.3.3 for IPv4",
    async run(rig) {
      rig.param("base_reachable_time_ms", 600_000);
      rig.param("delay_first_probe_time", 2);
      await make(rig, "STALE");
      await rig.poke(T1.ip);
      await rig.hears("sent", datagram(T1.ip));
      await rig.say(arpReply({ from: T1 }));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
      await rig.silence("no probe", 2300);
    },
  },
  {
    id: "NUD-15",
    title: "a request of the host's while it is probed does not end the probing",
    source: "kernel: STALE does not lower PROBE",
    async run(rig) {
      unhurried(rig);
      await make(rig, "PROBE");
      await rig.say(arpRequest({ from: T1 }));
      await rig.hears("answers it", { kind: "arp", op: 2, dst: T1.mac });
      await rig.hears("and probes on", asks(T1.ip, { dst: T1.mac }), { within: 1000 });
    },
  },
  {
    id: "NUD-16",
    title: "an announcement with another address, while probed, makes the entry stale and ends the probing",
    source: "kernel",
    async run(rig) {
      unhurried(rig);
      await make(rig, "PROBE");
      await rig.say(arpAnnounce({ from: moved(T1) }));
      await becomes(rig, T1.ip, `STALE ${T2.mac}`);
      await rig.heard();
      await rig.silence("no further probe", 1200);
      await rig.expectState(T1.ip, "STALE", T2.mac);
    },
  },
  {
    id: "NUD-17",
    title: "an answer that comes after the failure makes the entry reachable, and sends nothing: what waited is gone",
    source: "kernel, measured",
    async run(rig) {
      rig.param("mcast_solicit", 1);
      rig.param("base_reachable_time_ms", 600_000);
      await rig.poke(T1.ip, { count: 2 });
      await until(rig, () => seen(rig, T1.ip) === "FAILED", 3000);
      await rig.heard();
      await rig.say(arpReply({ from: T1 }));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
      await rig.silence("nothing is sent");
      rig.expect("told", told(rig), ["new FAILED", `new REACHABLE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-19",
    title: "two hosts are resolved side by side, each with its own requests and its own queue",
    source: "kernel",
    async run(rig) {
      calm(rig);
      const other = { ip: "10.0.0.88", mac: "02:00:00:00:00:88" };
      await rig.poke(T1.ip, { payload: "one" });
      await rig.poke(other.ip, { payload: "two" });
      await rig.hears("asks for the first", asks(T1.ip));
      await rig.hears("asks for the second", asks(other.ip));
      await rig.say(arpReply({ from: other }));
      await rig.hears("the second's", datagram(other.ip, { dst: other.mac, payload: "two" }));
      rig.expect("the first waits", seen(rig, T1.ip), "INCOMPLETE");
      await rig.say(arpReply({ from: T1 }));
      await rig.hears("the first's", datagram(T1.ip, { dst: T1.mac, payload: "one" }));
    },
  },
  {
    id: "NUD-21",
    title: "a stale entry that nobody uses stays as it is",
    source: "kernel: few entries are never collected",
    async run(rig) {
      await make(rig, "STALE");
      await rig.silence("nothing is sent", 1500);
      rig.expect("as it was", seen(rig, T1.ip), seenAs("STALE"));
      rig.expect("nothing is told", told(rig), []);
    },
  },
  {
    id: "NUD-23",
    title: "learned on one device, a host is not known on the other",
    source: "kernel: an entry belongs to a device",
    needs: ["e1"],
    async run(rig) {
      await rig.say(arpRequest({ from: T1 }));
      await becomes(rig, T1.ip, `STALE ${T1.mac}`);
      rig.expect("on e1", seen(rig, T1.ip, "e1"), "-");
      await rig.must(`neigh add ${T1.ip} lladdr ${T2.mac} nud stale dev e1`);
      await rig.sayOn("p1", arpAnnounce({ from: { ip: T1.ip, mac: "02:00:00:00:00:44" } }));
      await until(rig, () => seen(rig, T1.ip, "e1") === "STALE 02:00:00:00:00:44");
      rig.expect("on e1", seen(rig, T1.ip, "e1"), "STALE 02:00:00:00:00:44");
      rig.expect("on e0", seen(rig, T1.ip), `STALE ${T1.mac}`);
    },
  },
];

export const statesMore: readonly Case[] = [...output, ...refusedConfirms, ...startsOver, ...others];
