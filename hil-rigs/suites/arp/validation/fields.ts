/** Each field of ARP and of the frame around it with wrong values: some are dropped, others are taken all the same. Measured. */
import type { Case } from "../../../contract/case.ts";
import { answers } from "../../../stage/patterns.ts";
import { type ArpFields, arpReply, arpRequest } from "../../../wire/build.ts";
import { BROADCAST, DUT, T1, T2, ZERO } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, hearsAnyone, make, told } from "../kit/setup.ts";

/** Wrong in requests and replies alike. */
const DROPPED: readonly (readonly [id: string, what: string, fields: ArpFields])[] = [
  ["ARP-V-01/htype-0", "hardware type 0", { htype: 0 }],
  ["ARP-V-03/htype-2", "hardware type 2", { htype: 2 }],
  ["ARP-V-03/htype-5", "hardware type 5", { htype: 5 }],
  ["ARP-V-03/htype-7", "hardware type 7", { htype: 7 }],
  ["ARP-V-03/htype-256", "hardware type 256: 1 with its bytes swapped", { htype: 256 }],
  ["ARP-V-03/htype-65535", "hardware type 65535", { htype: 65_535 }],
  ["ARP-V-05/ptype-0", "protocol type 0", { ptype: 0 }],
  ["ARP-V-05/ptype-ipv6", "protocol type of IPv6", { ptype: 0x86dd }],
  ["ARP-V-05/ptype-arp", "protocol type of ARP", { ptype: 0x0806 }],
  ["ARP-V-05/ptype-8", "protocol type 8: that of IPv4 with its bytes swapped", { ptype: 8 }],
  ["ARP-V-05/ptype-ffff", "protocol type 65535", { ptype: 0xffff }],
  ["ARP-V-08/hlen-0", "hardware length 0", { hlen: 0 }],
  ["ARP-V-08/hlen-4", "hardware length 4", { hlen: 4 }],
  ["ARP-V-08/hlen-5", "hardware length 5", { hlen: 5 }],
  ["ARP-V-08/hlen-7", "hardware length 7", { hlen: 7 }],
  ["ARP-V-08/hlen-8", "hardware length 8", { hlen: 8 }],
  ["ARP-V-21/hlen-255", "hardware length 255, beyond the frame", { hlen: 255 }],
  ["ARP-V-10/plen-0", "protocol length 0", { plen: 0 }],
  ["ARP-V-10/plen-3", "protocol length 3", { plen: 3 }],
  ["ARP-V-10/plen-6", "protocol length 6", { plen: 6 }],
  ["ARP-V-10/plen-16", "protocol length 16", { plen: 16 }],
  ["ARP-V-21/plen-255", "protocol length 255, beyond the frame", { plen: 255 }],
  ["ARP-V-21/both-255", "both lengths 255, beyond the frame", { hlen: 255, plen: 255 }],
  ["ARP-V-12/op-0", "operation 0", { op: 0 }],
  ["ARP-V-13/op-3", "operation 3, RARP's request", { op: 3 }],
  ["ARP-V-13/op-4", "operation 4, RARP's reply", { op: 4 }],
  ["ARP-V-12/op-8", "operation 8, InARP's request", { op: 8 }],
  ["ARP-V-12/op-9", "operation 9, InARP's reply", { op: 9 }],
  ["ARP-V-12/op-10", "operation 10, ARP-NAK", { op: 10 }],
  ["ARP-V-12/op-26", "operation 26", { op: 26 }],
  ["ARP-V-12/op-256", "operation 256: 1 with its bytes swapped", { op: 256 }],
  ["ARP-V-12/op-65535", "operation 65535", { op: 65_535 }],
  ["ARP-V-22/rarp", "ethertype 0x8035, RARP's", { ethertype: 0x8035 }],
  ["ARP-V-22/swapped", "ethertype 0x0608", { ethertype: 0x0608 }],
  ["ARP-V-23/tpa-multicast", "a multicast target", { tpa: "224.0.0.1" }],
  ["ARP-V-23/tpa-loopback", "a loopback target", { tpa: "127.0.0.1" }],
  ["ARP-V-24/spa-loopback", "a loopback sender", { spa: "127.0.0.2" }],
  ["ARP-V-24/spa-multicast", "a multicast sender", { spa: "224.0.0.5" }],
  ["ARP-V-24/spa-broadcast", "255.255.255.255 as its sender", { spa: "255.255.255.255" }],
  ["ARP-V-24/spa-ours", "our own address as its sender", { spa: DUT.ip }],
  ["ARP-R-05/other-station", "a frame for another station", { dst: "02:00:00:00:00:99" }],
];

const dropped: readonly Case[] = DROPPED.map(([id, what, fields]) => ({
  id,
  title: `a request with ${what} is dropped, and a reply with it does not touch the entry`,
  source: "RFC 826; TC8 ARP_19..24; IWL 003..017; kernel",
  async run(bench) {
    calm(bench);
    bench.param("locktime", 0);
    await bench.say(arpRequest({ from: T2, ...fields }));
    await bench.silence("the request is not answered", 10);
    bench.expect("nobody is learned", bench.dut.neighbours().length, 0);
    await make(bench, "STALE");
    await bench.sleep(20);
    await bench.say(arpReply({ from: moved(T1), ...fields }));
    await bench.silence("nor is the reply", 10);
    await bench.expectState(T1.ip, "STALE", T1.mac);
    bench.expect("nothing is told", told(bench), []);
  },
}));

const cuts: Case = {
  id: "ARP-V-20",
  title: "a frame that ends before the 28 bytes of ARP do is dropped, wherever it ends",
  source: "EDSA-402; kernel: pskb_may_pull",
  async run(bench) {
    calm(bench);
    for (let cut = 14; cut < 42; cut++) {
      await bench.say(arpRequest({ from: T1, cut }), arpReply({ from: T1, cut }));
      bench.expect(`${cut - 14} of 28 bytes: not answered`, (await bench.heard()).length, 0);
    }
    await bench.silence("nor later");
    await bench.expectState(T1.ip, "-");
    await bench.say(arpRequest({ from: T1, cut: 42 }));
    await bench.hears("all 28: answered", answers(T1));
  },
};

const MULTICAST_MAC = "01:00:5e:00:00:05";
/** Odd, and yet requests like any other: answered to `dst`, and `lladdr` learned. */
const TAKEN: readonly (readonly [id: string, what: string, fields: ArpFields, lladdr: string])[] = [
  ["ARP-V-02", "hardware type 6, of IEEE 802", { htype: 6 }, T1.mac],
  ["ARP-V-14", "the broadcast address as its sender hardware address", { sha: BROADCAST }, BROADCAST],
  ["ARP-V-15", "a multicast sender hardware address", { sha: MULTICAST_MAC }, MULTICAST_MAC],
  ["ARP-V-16", "a sender hardware address of zeros", { sha: ZERO }, ZERO],
  ["ARP-V-17", "our own hardware address as its sender's", { sha: DUT.mac }, DUT.mac],
  ["ARP-V-18/zero-source", "a frame from 00:00:00:00:00:00", { src: ZERO }, T1.mac],
  ["ARP-R-04", "a frame to us alone", { dst: DUT.mac }, T1.mac],
  ["ARP-R-06", "a frame to a multicast group", { dst: MULTICAST_MAC }, T1.mac],
  ["ARP-R-17/1", "one byte behind it", { trailer: [0xff] }, T1.mac],
  ["ARP-R-17/18", "Ethernet's padding behind it", { trailer: Array<number>(18).fill(0) }, T1.mac],
  ["ARP-R-17/1458", "1458 bytes behind it", { trailer: Array<number>(1458).fill(0x5a) }, T1.mac],
];

const taken: readonly Case[] = TAKEN.map(([id, what, fields, lladdr]) => ({
  id,
  title: `a request with ${what} is answered and its sender learned`,
  source: "kernel: not checked by arp_process; measured",
  async run(bench) {
    calm(bench);
    await bench.say(arpRequest({ from: T1, ...fields }));
    const reply = await bench.hears("answers", answers(T1, { dst: lladdr, tha: lladdr }));
    bench.expect("from its own address", [reply.src, reply.sha, reply.length <= 60], [DUT.mac, DUT.mac, true]);
    await becomes(bench, T1.ip, `STALE ${lladdr}`);
  },
}));

const THAS = { zero: ZERO, ours: DUT.mac } as const;
const DSTS = { broadcast: BROADCAST, unicast: DUT.mac } as const;
const SPAS = { near: T1.ip, nobody: "0.0.0.0" } as const;

const cells: readonly Case[] = Object.entries(THAS).flatMap(([tha, target]) =>
  Object.entries(DSTS).flatMap(([dst, to]) =>
    Object.entries(SPAS).map(
      ([spa, sender]): Case => ({
        id: `ARP-R-20/${tha}-${dst}-${spa}`,
        title: `a request with target hardware address ${tha}, sent ${dst}, from ${sender} is answered once`,
        source: "RFC 826; matrix",
        async run(bench) {
          await bench.say(arpRequest({ from: T1, tha: target, dst: to, spa: sender }));
          const reply = await bench.hears("answers", { kind: "arp", op: 2, spa: DUT.ip, sha: DUT.mac });
          bench.expect("to the asker", [reply.dst, reply.tha, reply.tpa], [T1.mac, T1.mac, sender]);
          await bench.silence("once");
          await becomes(bench, T1.ip, spa === "near" ? `STALE ${T1.mac}` : "-");
        },
      }),
    ),
  ),
);

/** Ethernet around ARP in other ways. */
const LLC_SNAP = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x06];

const others: readonly Case[] = [
  {
    id: "ARP-R-18",
    title: "ARP in an IEEE 802.3 frame with SNAP is not heard",
    source: "RFC 1042; kernel",
    async run(bench) {
      const plain = arpRequest({ from: T1 });
      const body = [...LLC_SNAP, ...plain.subarray(14)];
      await bench.say(Uint8Array.from([...plain.subarray(0, 12), 0, body.length, ...body]));
      await bench.silence("no answer");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-R-22/vid-0",
    title: "a frame with an IEEE 802.1Q tag of VLAN 0 is heard: the tag is priority alone",
    source: "IEEE 802.1Q; kernel",
    async run(bench) {
      await bench.say(tagged(0));
      await bench.hears("answers", answers(T1));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
    },
  },
  {
    id: "ARP-R-22/vid-5",
    title: "a frame of a VLAN that we are not in is not heard",
    source: "IEEE 802.1Q; kernel",
    async run(bench) {
      await bench.say(tagged(5));
      await bench.silence("no answer");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-V-19",
    title: "a request whose sender is the subnet's broadcast address is answered, and no link address learned for it",
    source: "kernel, measured: rp_filter 0; the entry made is NOARP",
    needs: ["arp-sysctl"],
    async run(bench) {
      hearsAnyone(bench);
      await bench.say(arpRequest({ from: T1, spa: "10.0.0.255" }));
      await bench.hears("answers", { kind: "arp", op: 2, dst: T1.mac, tpa: "10.0.0.255" });
      await becomes(bench, "10.0.0.255", `NOARP ${BROADCAST}`);
    },
  },
  {
    id: "ARP-V-19/rp-filter",
    title: "with rp_filter such a request is dropped",
    source: "kernel: __fib_validate_source, measured",
    needs: ["arp-sysctl"],
    async run(bench) {
      bench.conf("rp_filter", 1);
      await bench.say(arpRequest({ from: T1, spa: "10.0.0.255" }));
      await bench.silence("no answer");
      await bench.expectState("10.0.0.255", "-");
    },
  },
  {
    id: "ARP-V-25",
    title: "a request for an address that is nobody's is not answered",
    source: "RFC 826",
    async run(bench) {
      for (const tpa of ["10.0.0.99", "10.0.0.255", "255.255.255.255", "0.0.0.0", "192.168.1.1"])
        await bench.say(arpRequest({ from: T1, tpa }));
      await bench.silence("no answer");
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "TBL-10",
    title: "however many hosts ask for one another, none of them is learned",
    source: "measured with 30,000",
    async run(bench) {
      for (let n = 0; n < 2000; n++) {
        const ip = `10.0.0.${2 + (n % 250)}`;
        bench.dut.send("p0", arpRequest({ spa: ip, sha: `02:00:00:01:${hex(n >> 8)}:${hex(n)}`, tpa: "10.0.0.254" }));
      }
      await bench.silence("nobody is answered");
      bench.expect("the table is empty", bench.dut.neighbours().length, 0);
    },
  },
];

function hex(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}

function tagged(vid: number): Uint8Array {
  const plain = arpRequest({ from: T1 });
  return Uint8Array.from([...plain.subarray(0, 12), 0x81, 0, 0, vid, ...plain.subarray(12)]);
}

export const fields: readonly Case[] = [...dropped, cuts, ...taken, ...cells, ...others];
