/** Static entries that last: through use, time, floods, a lost carrier. Only an operator or the device going down ends them. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { host, T1, T2 } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, told, unhurried } from "../kit/setup.ts";

const ADD = `neigh add ${T1.ip} lladdr ${T1.mac} dev e0`;

async function stillThere(bench: Bench): Promise<void> {
  await bench.expectState(T1.ip, "PERMANENT", T1.mac);
  await bench.heard();
  await bench.poke(T1.ip);
  await bench.hears("datagrams still go to it", datagram(T1.ip, { dst: T1.mac }));
  await bench.silence("nobody is asked", 20, asks(T1.ip));
}

export const lasting: readonly Case[] = [
  {
    id: "ARP-S-07",
    title: "however long it is used, a static entry is never asked for nor probed",
    source: "measured: 0 requests for 30 datagrams in 300 s",
    patient: true,
    async run(bench) {
      bench.param("base_reachable_time_ms", 50);
      await bench.must(ADD);
      for (let n = 0; n < 15; n++) {
        await bench.poke(T1.ip);
        await bench.sleep(100);
      }
      const frames = await bench.heard();
      bench.expect(
        "frames",
        [frames.length, frames.filter((frame) => frame.kind === "udp" && frame.dst === T1.mac).length],
        [15, 15],
      );
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-07/unused",
    title: "a static entry that is not used stays as it is, and nothing is sent",
    source: "measured",
    patient: true,
    async run(bench) {
      bench.param("base_reachable_time_ms", 50);
      bench.param("gc_stale_time", 0);
      await bench.must(ADD);
      await bench.silence("nothing is sent", 1500);
      await stillThere(bench);
    },
  },
  {
    id: "ARP-S-17",
    title:
      "a host whose hardware address changed still gets what is sent to it at the old one, and its requests are answered at the new one",
    source: "kernel, measured",
    async run(bench) {
      await bench.must(ADD);
      await bench.say(arpRequest({ from: moved(T1) }));
      await bench.hears("answers", { kind: "arp", op: 2, dst: T2.mac, tha: T2.mac });
      await stillThere(bench);
    },
  },
  {
    id: "ARP-S-18",
    title: "a flood of ARP from random hosts, some in the static host's name, does not touch its entry",
    source: "NetX static pollute",
    limit: 30_000,
    async run(bench) {
      await bench.must(ADD);
      bench.events();
      for (let n = 0; n < 3000; n++) {
        const mac = `02:00:00:02:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 0xff).toString(16).padStart(2, "0")}`;
        const from = { ip: n % 3 === 0 ? T1.ip : `10.0.0.${3 + (n % 250)}`, mac };
        const frame = [
          arpReply({ from }),
          arpAnnounce({ from }),
          arpAnnounceReply({ from }),
          arpRequest({ from, tpa: host(9).ip }),
        ][n % 4];
        bench.dut.send("p0", frame as Uint8Array);
        if (n % 500 === 0) await bench.settle();
      }
      await bench.sleep(50);
      bench.expect("nothing is told", told(bench), []);
      bench.expect("nobody is learned", bench.dut.neighbours().length, 1);
      await stillThere(bench);
    },
  },
  {
    id: "ARP-S-09",
    title: "a static entry survives a carrier that comes and goes",
    source: "kernel: neigh_carrier_down spares PERMANENT",
    needs: ["carrier"],
    patient: true,
    async run(bench) {
      await bench.must(ADD);
      await bench.plug(false);
      await bench.sleep(1300);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
      await bench.plug(true);
      await bench.sleep(500);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-10",
    title: "a static entry does not survive the device going down; after it the host is asked for",
    source: "kernel, measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must(ADD);
      await bench.must("link set e0 down");
      await bench.must("link set e0 up");
      await bench.expectState(T1.ip, "-");
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip), { within: 2000 });
    },
  },
  {
    id: "ARP-S-19",
    title: "a static entry for a gateway: far hosts are reached without a request",
    source: "RFC 1122 3.3.1",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must(ADD);
      await bench.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await bench.poke("192.168.50.7");
      await bench.hears("sent to the gateway", datagram("192.168.50.7", { dst: T1.mac }));
      await bench.silence("nobody is asked", 150);
    },
  },
  {
    id: "ARP-G-12",
    title: "for a far host the gateway is asked for, and what waits goes to it",
    source: "RFC 1122 3.3.1; FreeRTOS-Plus-TCP #1244",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.must(`route add 192.168.50.0/24 via ${T1.ip} dev e0`);
      await bench.poke("192.168.50.7");
      await bench.hears("asks for the gateway", asks(T1.ip));
      await bench.say(arpReply({ from: T1 }));
      await bench.hears("sent to the gateway", datagram("192.168.50.7", { dst: T1.mac }));
      await bench.expectState("192.168.50.7", "-");
    },
  },
  {
    id: "ARP-S-28",
    title: "a static entry made while the host is being probed ends the probing",
    source: "kernel: neigh_update stops the timer",
    async run(bench) {
      unhurried(bench);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud probe dev e0`);
      await bench.hears("probes", asks(T1.ip, { dst: T1.mac }));
      await bench.must(`neigh replace ${T1.ip} lladdr ${T1.mac} dev e0`);
      await bench.heard();
      await bench.silence("no further probe", 1200);
      await bench.expectState(T1.ip, "PERMANENT", T1.mac);
    },
  },
  {
    id: "ARP-S-29",
    title: "a static entry given back to the machine as STALE is probed when it is used",
    source: "kernel",
    patient: true,
    async run(bench) {
      unhurried(bench);
      bench.param("base_reachable_time_ms", 600_000);
      await bench.must(ADD);
      await bench.must(`neigh change ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.poke(T1.ip);
      await bench.hears("sent at once", datagram(T1.ip, { dst: T1.mac }));
      await bench.hears("then probed", asks(T1.ip, { dst: T1.mac }), { within: 1000 });
      await bench.say(arpReply({ from: T1 }));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
];
