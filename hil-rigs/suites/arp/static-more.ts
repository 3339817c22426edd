/** Static entries under pressure: nothing but an operator changes them. */
import type { Case } from "../../contract/case.ts";
import { asks, datagram } from "../../rig/patterns.ts";
import type { Rig } from "../../rig/rig.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../wire/build.ts";
import { host, T1, T2 } from "../../wire/hosts.ts";
import { moved } from "./frames.ts";
import { becomes, calm, told, unhurried } from "./setup.ts";

const ADD = `neigh add ${T1.ip} lladdr ${T1.mac} dev e0`;

async function stillThere(rig: Rig): Promise<void> {
  await rig.expectState(T1.ip, "PERMANENT", T1.mac);
  await rig.heard();
  await rig.poke(T1.ip);
  await rig.hears("datagrams still go to it", datagram(T1.ip, { dst: T1.mac }));
  await rig.silence("nobody is asked", 20, asks(T1.ip));
}

export const staticsMore: readonly Case[] = [
  {
    id: "ARP-S-07",
    title: "however long it is used, a static entry is never asked for nor probed",
    source: "measured: 0 requests for 30 datagrams in 300 s",
    async run(rig) {
      rig.param("base_reachable_time_ms", 50);
      await rig.must(ADD);
      for (let n = 0; n < 15; n++) {
        await rig.poke(T1.ip);
        await rig.sleep(100);
      }
      const frames = await rig.heard();
      rig.expect(
        "frames",
        [frames.length, frames.filter((frame) => frame.kind === "udp" && frame.dst === T1.mac).length],
        [15, 15],
      );
      await rig.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-07/unused",
    title: "a static entry that is not used stays as it is, and nothing is sent",
    source: "measured",
    async run(rig) {
      rig.param("base_reachable_time_ms", 50);
      rig.param("gc_stale_time", 0);
      await rig.must(ADD);
      await rig.silence("nothing is sent", 1500);
      await stillThere(rig);
    },
  },
  {
    id: "ARP-S-17",
    title:
      "a host whose hardware address changed still gets what is sent to it at the old one, and its requests are answered at the new one",
    source: "kernel, measured",
    async run(rig) {
      await rig.must(ADD);
      await rig.say(arpRequest({ from: moved(T1) }));
      await rig.hears("answers", { kind: "arp", op: 2, dst: T2.mac, tha: T2.mac });
      await stillThere(rig);
    },
  },
  {
    id: "ARP-S-18",
    title: "a flood of ARP from random hosts, some in the static host's name, does not touch its entry",
    source: "NetX static pollute",
    limit: 30_000,
    async run(rig) {
      await rig.must(ADD);
      rig.events();
      for (let n = 0; n < 3000; n++) {
        const mac = `02:00:00:02:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 0xff).toString(16).padStart(2, "0")}`;
        const from = { ip: n % 3 === 0 ? T1.ip : `10.0.0.${3 + (n % 250)}`, mac };
        const frame = [
          arpReply({ from }),
          arpAnnounce({ from }),
          arpAnnounceReply({ from }),
          arpRequest({ from, tpa: host(9).ip }),
        ][n % 4];
        rig.dut.send("p0", frame as Uint8Array);
        if (n % 500 === 0) await rig.settle();
      }
      await rig.sleep(50);
      rig.expect("nothing is told", told(rig), []);
      rig.expect("nobody is learned", rig.dut.neighbours().length, 1);
      await stillThere(rig);
    },
  },
  {
    id: "ARP-S-09",
    title: "a static entry survives a carrier that comes and goes",
    source: "kernel: neigh_carrier_down spares PERMANENT",
    needs: ["carrier"],
    async run(rig) {
      await rig.must(ADD);
      await rig.plug(false);
      await rig.sleep(1300);
      await rig.expectState(T1.ip, "PERMANENT", T1.mac);
      await rig.plug(true);
      await rig.sleep(500);
      await rig.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-10",
    title: "a static entry does not survive the device going down; after it the host is asked for",
    source: "kernel, measured",
    needs: ["link-admin"],
    async run(rig) {
      await rig.must(ADD);
      await rig.must("link set e0 down");
      await rig.must("link set e0 up");
      await rig.expectState(T1.ip, "-");
      await rig.poke(T1.ip);
      await rig.hears("asks", asks(T1.ip), { within: 2000 });
    },
  },
  {
    id: "ARP-S-19",
    title: "a static entry for a gateway: far hosts are reached without a request",
    source: "RFC 1122 3.3.1",
    needs: ["route-admin"],
    async run(rig) {
      await rig.must(ADD);
      await rig.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await rig.poke("192.168.50.7");
      await rig.hears("sent to the gateway", datagram("192.168.50.7", { dst: T1.mac }));
      await rig.silence("nobody is asked", 150);
    },
  },
  {
    id: "ARP-G-12",
    title: "for a far host the gateway is asked for, and what waits goes to it",
    source: "RFC 1122 3.3.1; FreeRTOS-Plus-TCP #1244",
    needs: ["route-admin"],
    async run(rig) {
      calm(rig);
      await rig.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await rig.poke("192.168.50.7");
      await rig.hears("asks for the gateway", asks(T1.ip));
      await rig.say(arpReply({ from: T1 }));
      await rig.hears("sent to the gateway", datagram("192.168.50.7", { dst: T1.mac }));
      await rig.expectState("192.168.50.7", "-");
    },
  },
  {
    id: "ARP-S-28",
    title: "a static entry made while the host is being probed ends the probing",
    source: "kernel: neigh_update stops the timer",
    async run(rig) {
      unhurried(rig);
      await rig.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
      await rig.hears("probes", asks(T1.ip, { dst: T1.mac }));
      await rig.must(`neigh replace ${T1.ip} lladdr ${T1.mac} dev e0`);
      await rig.heard();
      await rig.silence("no further probe", 1200);
      await rig.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-29",
    title: "a static entry given back to the machine as STALE is probed when it is used",
    source: "kernel",
    async run(rig) {
      unhurried(rig);
      rig.param("base_reachable_time_ms", 600_000);
      await rig.must(ADD);
      await rig.must(`neigh change ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await rig.poke(T1.ip);
      await rig.hears("sent at once", datagram(T1.ip, { dst: T1.mac }));
      await rig.hears("then probed", asks(T1.ip, { dst: T1.mac }), { within: 1000 });
      await rig.say(arpReply({ from: T1 }));
      await becomes(rig, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
];
