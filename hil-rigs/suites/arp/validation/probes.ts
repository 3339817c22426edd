/** Probes, which are requests from 0.0.0.0: a host asks before it takes an address for itself (RFC 5227 2.1.1). */
import type { Case } from "../../../contract/case.ts";
import { arpProbe, arpReply, arpRequest } from "../../../wire/build.ts";
import { DUT, T1 } from "../../../wire/hosts.ts";
import { told } from "../kit/setup.ts";
import { MANY_ADDRESSES, OURS } from "../kit/topologies.ts";

export const probes: readonly Case[] = [
  {
    id: "ARP-C-20",
    title: "each of our addresses is defended, wherever it lives, from the device that heard the probe",
    source: "kernel: arp_process, measured",
    topology: MANY_ADDRESSES,
    async run(bench) {
      for (const tpa of Object.values(OURS)) {
        await bench.say(arpProbe({ from: T1, tpa }));
        const reply = await bench.hears(`${tpa} is defended`, { kind: "arp", op: 2, spa: tpa, dst: T1.mac });
        bench.expect("to 0.0.0.0 at the prober", [reply.sha, reply.tpa, reply.tha], [DUT.mac, "0.0.0.0", T1.mac]);
      }
      bench.expect("nobody is learned", bench.dut.neighbours().length, 0);
    },
  },
  {
    id: "ARP-C-21",
    title: "an answer from 0.0.0.0 means nothing",
    source: "kernel",
    async run(bench) {
      await bench.say(arpReply({ from: T1, spa: "0.0.0.0" }), arpReply({ from: T1, spa: "0.0.0.0", tpa: "0.0.0.0" }));
      await bench.silence("nothing is sent");
      bench.expect("nobody is learned", bench.dut.neighbours().length, 0);
    },
  },
  {
    id: "ARP-C-22",
    title: "a probe for an address that is not ours is not answered",
    source: "RFC 5227 2.1.1",
    async run(bench) {
      await bench.say(arpProbe({ from: T1, tpa: "10.0.0.9" }), arpProbe({ from: T1, tpa: "0.0.0.0" }));
      await bench.silence("no answer");
    },
  },
  {
    id: "ARP-C-23",
    title: "a probe does not touch the entry of the host that it comes from",
    source: "kernel",
    async run(bench) {
      await bench.must(`neigh add ${T1.ip} lladdr 02:00:00:00:00:33 nud stale dev e0`);
      bench.events();
      await bench.say(arpProbe({ from: T1 }));
      await bench.hears("is answered", { kind: "arp", op: 2, dst: T1.mac });
      await bench.expectState(T1.ip, "STALE", "02:00:00:00:00:33");
      bench.expect("nothing is told", told(bench), []);
    },
  },
  {
    id: "ARP-C-24",
    title: "another host that says our address is its own gets no answer, and we keep using it",
    source: "kernel: no RFC 5227 defence",
    async run(bench) {
      const claim = { from: { ip: DUT.ip, mac: T1.mac } };
      await bench.say(arpRequest(claim), arpReply({ ...claim, dst: "ff:ff:ff:ff:ff:ff" }));
      await bench.silence("no answer");
      await bench.expectState(DUT.ip, "-");
      await bench.say(arpRequest({ from: T1 }));
      await bench.hears("still answers for it", { kind: "arp", op: 2, spa: DUT.ip });
    },
  },
  {
    id: "ARP-C-25",
    title: "drop_gratuitous_arp leaves probes for our address alone",
    source: "kernel",
    needs: ["arp-sysctl"],
    async run(bench) {
      bench.conf("drop_gratuitous_arp", 1);
      await bench.say(arpProbe({ from: T1 }));
      await bench.hears("is answered", { kind: "arp", op: 2, dst: T1.mac });
    },
  },
];
