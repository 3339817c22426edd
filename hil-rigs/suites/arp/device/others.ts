/** A device that loses an address, its carrier or its ARP, and traffic afterwards. Measured. */
import type { Case } from "../../../contract/case.ts";
import { answers, asks, datagram } from "../../../stage/patterns.ts";
import { arpRequest } from "../../../wire/build.ts";
import { DUT, T1 } from "../../../wire/hosts.ts";
import { until } from "../kit/setup.ts";
import { EVERYTHING, fill, left } from "./filled.ts";

export const afterwards: readonly Case[] = [
  {
    id: "LNK-12",
    title: "one address of several removed: entries stay",
    source: "kernel, measured",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add 172.16.0.1/16 dev e0");
      await fill(bench);
      await bench.must("address del 10.0.0.1/24 dev e0");
      bench.expect("left", left(bench), EVERYTHING);
    },
  },
  {
    id: "LNK-13",
    title: "entries made while the device is down are there when it comes up",
    source: "kernel, measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must("link set e0 down");
      await fill(bench);
      await bench.must("link set e0 up");
      bench.expect("left", left(bench), EVERYTHING);
    },
  },
  {
    id: "LNK-14",
    title: "externally learned entries go with the carrier; a static one is used when it is back",
    source: "kernel, measured",
    needs: ["carrier", "neigh-flags"],
    async run(bench) {
      await fill(bench, true);
      await bench.plug(false);
      await until(bench, () => left(bench).length === 1, 8000);
      bench.expect("left", left(bench), ["10.0.0.21 PERMANENT"]);
      await bench.plug(true);
      await bench.sleep(300);
      await bench.poke("10.0.0.21");
      await until(bench, () => bench.frames.length > 0, 3000);
      await bench.hears("sent", datagram("10.0.0.21", { dst: "02:00:00:00:00:21" }));
    },
  },
  {
    id: "ARP-C-11/carrier",
    title: "a carrier that comes back announces nothing, arp_notify or not",
    source: "kernel, measured",
    needs: ["carrier", "arp-sysctl"],
    patient: true,
    async run(bench) {
      bench.conf("arp_notify", 1);
      await bench.plug(false);
      await bench.sleep(1200);
      await bench.plug(true);
      await bench.silence("nothing is sent", 600);
    },
  },
  {
    id: "LNK-15",
    title: "with arp off hosts are not asked for and not answered; datagrams go to our own address",
    source: "kernel: arp_constructor, IFF_NOARP; measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must("link set e0 arp off");
      await bench.poke(T1.ip);
      await bench.hears("sent at once", datagram(T1.ip, { dst: DUT.mac }));
      await bench.expectState(T1.ip, "NOARP", DUT.mac);
      await bench.say(arpRequest({ from: T1 }));
      await bench.silence("no answer");
    },
  },
  {
    id: "LNK-16",
    title: "with the device down nothing can be sent, and up again hosts are asked for anew",
    source: "kernel",
    needs: ["link-admin"],
    async run(bench) {
      await bench.say(arpRequest({ from: T1 }));
      await bench.hears("answers", answers(T1));
      await bench.must("link set e0 down");
      bench.expect("send", await bench.poke(T1.ip), "ENETUNREACH");
      await bench.expectState(T1.ip, "-");
      await bench.must("link set e0 up");
      bench.expect("send", await bench.poke(T1.ip), "ok");
      await bench.hears("asks", asks(T1.ip), { within: 2000 });
    },
  },
  {
    id: "LNK-17",
    title: "with another address of the device requests go out in its name at once",
    source: "kernel",
    needs: ["link-admin"],
    async run(bench) {
      const mac = "02:00:00:00:10:77";
      await bench.must(`link set e0 address ${mac}`);
      await bench.poke(T1.ip);
      const ask = await bench.hears("asks", asks(T1.ip));
      bench.expect("from", [ask.src, ask.sha], [mac, mac]);
    },
  },
];
