/** Frames in a few words. */
import t from "tap";
import type { ArpFrame, NdFrame, UdpFrame } from "../../../hil-rigs/contract/frame.ts";
import { label } from "../../../hil-rigs/reports/labels.ts";
import { BROADCAST } from "../../../hil-rigs/wire/hosts.ts";
import { describe } from "../../../hil-rigs/wire/parse.ts";

const HOST = "02:00:00:00:00:02";
const COMMON = { time: 0, port: "p0", dst: BROADCAST, src: HOST, length: 60, faults: [], bytes: new Uint8Array() } as const;
const ARP = { ...COMMON, kind: "arp", htype: 1, ptype: 0x800, hlen: 6, plen: 4, op: 1, dirty: 0, faults: [] as string[] } as const;
const ENDS = { sha: HOST, spa: "10.0.0.2", tha: "00:00:00:00:00:00", tpa: "10.0.0.1" };
const IP6 = { ...COMMON, source: "fd00::2", destination: "ff02::1:ff00:1", ttl: 255, tos: 0, faults: [] as string[] };
const ND = { ...IP6, kind: "nd", target: "fd00::1", about: "", flags: "", lladdr: HOST, nonce: "", options: "1" } as const;

t.test("ARP: who asks whom, and who is where", async (t) => {
  const said = (more: Partial<ArpFrame>): string => {
    const frame: ArpFrame = { ...ARP, ...ENDS, ...more };
    return label(frame, describe(frame));
  };
  t.equal(said({}), "who has 10.0.0.1? tell 10.0.0.2");
  t.equal(said({ dst: "02:00:00:00:00:01" }), "who has 10.0.0.1? tell 10.0.0.2 (unicast)");
  t.equal(said({ op: 2, dst: "02:00:00:00:00:01" }), "10.0.0.2 is at 02:00:00:00:00:02");
  t.equal(said({ op: 2 }), "10.0.0.2 is at 02:00:00:00:00:02 (broadcast)");
  t.equal(said({ op: 8 }), "ARP operation 8 of 10.0.0.2");
  t.equal(said({ port: "p1", faults: ["ARP length"] }), "who has 10.0.0.1? tell 10.0.0.2 (p1) (malformed)");
});

t.test("neighbour discovery likewise; of others the description without Ethernet's addresses", async (t) => {
  const said = (more: Partial<NdFrame>): string => {
    const frame: NdFrame = { ...ND, message: "ns", ...more };
    return label(frame, describe(frame));
  };
  t.equal(said({}), "who has fd00::1? tell fd00::2");
  t.equal(said({ destination: "fd00::1" }), "who has fd00::1? tell fd00::2 (unicast)");
  t.equal(said({ message: "na", flags: "SO" }), "fd00::1 is at 02:00:00:00:00:02 SO");
  t.equal(said({ message: "na", lladdr: "" }), "fd00::1 is at ?");
  t.match(said({ message: "rs", target: "" }), /^rs fd00::2 > ff02::1:ff00:1/);
  const udp: UdpFrame = { ...IP6, kind: "udp", sport: 1, dport: 2, payload: "x" };
  t.equal(label(udp, describe(udp)), 'udp fd00::2:1 > ff02::1:ff00:1:2 ttl 255 length 1 "x"');
});
