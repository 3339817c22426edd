/** TCP segments and DHCP messages as the rigs build and read them. */
import t from "tap";
import type { DhcpFrame, TcpFrame } from "../../../hil-rigs/contract/frame.ts";
import { PLANS } from "../../../hil-rigs/contract/plan.ts";
import { dhcpReply } from "../../../hil-rigs/wire/build-dhcp.ts";
import { mss, SACK_OK, sacks, tcp, timestamps, windowScale } from "../../../hil-rigs/wire/build-tcp.ts";
import { udp } from "../../../hil-rigs/wire/build4.ts";
import { ipBytes, longWord, macBytes } from "../../../hil-rigs/wire/bytes.ts";
import { DUT } from "../../../hil-rigs/wire/hosts.ts";
import { describe, parse } from "../../../hil-rigs/wire/parse.ts";
import { TcpNumbers } from "../../../hil-rigs/wire/parse-tcp.ts";

const read = (bytes: Uint8Array): ReturnType<typeof parse> => parse({ time: 0, port: "p0", bytes });

t.test("a segment is read as it was built, in both families", async (t) => {
  for (const plan of [PLANS[4], PLANS[6]]) {
    const options = [...mss(1440), ...SACK_OK, ...timestamps(7, 9).slice(2), 1, ...windowScale(7)];
    const frame = read(tcp({ flags: "S", seq: 0xffff_ffff, window: 77, options, payload: "abc" }, plan)) as TcpFrame;
    t.same(frame.faults, []);
    t.match(frame, { kind: "tcp", sport: 4000, dport: 80, seq: 0xffff_ffff, ack: 0, flags: "S", window: 77, payload: "abc" });
    t.same([frame.options, frame.tsVal, frame.tsEcr], ["mss 1440,sack-ok,ts,nop,ws", 7, 9]);
    t.same([frame.source, frame.destination], [plan.T1.ip, plan.dut.e0.ip]);
  }
});

t.test("what is wrong with a segment is a fault of its frame", async (t) => {
  t.same(read(tcp({ sumError: 1 })).faults, ["TCP checksum"]);
  t.same(read(tcp({ options: [5, 200] })).faults, ["TCP options"]);
  t.same(read(tcp({ options: [77, 2] })).faults, ["TCP option 77"]);
  t.equal(read(tcp({ words: 4 })).kind, "packet", "too damaged to be taken apart");
  t.equal(read(tcp({ words: 15 })).kind, "packet");
});

t.test("numbers are told from the SYN of each side on, and across the end of the number space", async (t) => {
  const numbers = new TcpNumbers();
  const say = (fields: Parameters<typeof tcp>[0]): string => {
    const frame = read(tcp(fields)) as TcpFrame;
    numbers.note(frame, false);
    return numbers.describe(frame);
  };
  t.equal(say({ flags: "A", seq: 5, ack: 7 }), "A seq=5 ack=7", "as they are while nobody knows");
  t.equal(say({ flags: "S", seq: 0xffff_fffe }), "S seq -1");
  t.equal(
    say({ flags: "SA", seq: 100, ack: 0xffff_ffff, sport: 80, dport: 4000, source: DUT.ip, destination: PLANS[4].T1.ip }),
    "SA seq -1 ack 0",
  );
  t.equal(say({ seq: 3, ack: 103 }), "A seq 4 ack 2");
  t.equal(say({ seq: 3, ack: 103, window: 0, options: sacks([111, 121]) }), "A seq 4 ack 2 10-20 window 0");
  t.equal(say({ flags: "S", seq: 50 }), "S seq 51", "an odd SYN changes nothing");
  t.match(describe(read(tcp({ payload: "abc" }))), /tcp 10\.0\.0\.2:4000 > 10\.0\.0\.1:80 ttl 64 A .* length 3$/);
});

function discover(broadcast: boolean): DhcpFrame {
  const head = [1, 1, 6, 0, ...longWord(0xabcd), 0, 5, broadcast ? 0x80 : 0, 0, ...Array<number>(16).fill(0), ...macBytes(DUT.mac)];
  const options = [53, 1, 1, 0, 50, 4, ...ipBytes("10.0.0.50"), 255];
  const payload = [...head, ...Array<number>(236 - head.length).fill(0), ...longWord(0x63825363), ...options];
  return read(udp({ sport: 68, dport: 67, payload })) as DhcpFrame;
}

t.test("DHCP messages: what a client asks, and what the tester's server answers", async (t) => {
  const asked = discover(false);
  t.match(asked, {
    kind: "dhcp",
    message: "DISCOVER",
    xid: 0xabcd,
    secs: 5,
    broadcast: false,
    chaddr: DUT.mac,
    requested: "10.0.0.50",
  });
  const offer = read(dhcpReply({ ...asked, src: DUT.mac }, "OFFER", { renewal: 4, router: "10.0.0.2" })) as DhcpFrame;
  t.match(offer, { message: "OFFER", op: 2, xid: 0xabcd, yiaddr: "10.0.0.50", server: "10.0.0.2", dst: DUT.mac, faults: [] });
  t.same([offer.options[51], offer.options[58], 59 in offer.options], ["00000e10", "00000004", false]);
  t.equal(read(dhcpReply(discover(true), "OFFER")).dst, "ff:ff:ff:ff:ff:ff");
  const nak = read(dhcpReply(asked, "NAK")) as DhcpFrame;
  t.same([nak.destination, nak.yiaddr, Object.keys(nak.options)], ["255.255.255.255", "0.0.0.0", ["53", "54"]]);
  t.equal(read(dhcpReply(asked, "OFFER", { cookie: 1 })).kind, "udp", "no DHCP message");
  const inFile = read(dhcpReply(asked, "OFFER", { overloaded: true })) as DhcpFrame;
  t.same(Object.keys(inFile.options), ["52", "53"], "the others are in a field that only clients read");
  t.match(describe(asked), /dhcp 10\.0\.0\.2 > 10\.0\.0\.1 DISCOVER requested 10\.0\.0\.50$/);
});
