/** ICMP messages in the words of iputils 20221126, as it printed them for such messages. */
import t from "tap";
import { icmp6Words, icmpWords, noticeWords } from "../../../firmware-ts/cli/work/ping-words.ts";

t.test("errors", async (t) => {
  const rows: [type: number, code: number, info: number, words: string][] = [
    [3, 0, 0, "Destination Net Unreachable"],
    [3, 1, 0, "Destination Host Unreachable"],
    [3, 2, 0, "Destination Protocol Unreachable"],
    [3, 3, 0, "Destination Port Unreachable"],
    [3, 4, 1000, "Frag needed and DF set (mtu = 1000)"],
    [3, 5, 0, "Source Route Failed"],
    [3, 6, 0, "Destination Net Unknown"],
    [3, 7, 0, "Destination Host Unknown"],
    [3, 8, 0, "Source Host Isolated"],
    [3, 9, 0, "Destination Net Prohibited"],
    [3, 10, 0, "Destination Host Prohibited"],
    [3, 11, 0, "Destination Net Unreachable for Type of Service"],
    [3, 12, 0, "Destination Host Unreachable for Type of Service"],
    [3, 13, 0, "Packet filtered"],
    [3, 14, 0, "Precedence Violation"],
    [3, 15, 0, "Precedence Cutoff"],
    [11, 0, 0, "Time to live exceeded"],
    [11, 2, 0, "Time exceeded, Bad Code: 2"],
    [12, 0, 0x14000000, "Parameter problem: pointer = 20"],
  ];
  for (const [type, code, info, words] of rows) t.equal(icmpWords({ type, code, info }), words);
});

t.test("errors of ICMPv6", async (t) => {
  const rows: [type: number, code: number, info: number, words: string][] = [
    [1, 0, 0, "Destination unreachable: No route"],
    [1, 1, 0, "Destination unreachable: Administratively prohibited"],
    [1, 2, 0, "Destination unreachable: Beyond scope of source address"],
    [1, 3, 0, "Destination unreachable: Address unreachable"],
    [1, 4, 0, "Destination unreachable: Port unreachable"],
    [1, 5, 0, "Destination unreachable: Unknown code 5"],
    [2, 0, 1400, "Packet too big: mtu=1400"],
    [2, 1, 1400, "Packet too big: mtu=1400, code=1"],
    [3, 0, 0, "Time exceeded: Hop limit"],
    [3, 1, 0, "Time exceeded: Defragmentation failure"],
    [3, 2, 0, "Time exceeded: code 2"],
    [4, 0, 40, "Parameter problem: Wrong header field at 40"],
    [4, 1, 6, "Parameter problem: Unknown header at 6"],
    [4, 2, 44, "Parameter problem: Unknown option at 44"],
    [4, 3, 7, "Parameter problem: code 3 at 7"],
    [5, 0, 0, "unknown icmp type: 5"],
  ];
  for (const [type, code, info, words] of rows) t.equal(icmp6Words({ type, code, info }), words);
});

t.test("messages by which no request is lost", async (t) => {
  const info = 0x0a000009;
  t.equal(noticeWords({ type: 4, code: 0, info: 0 }), "Source Quench");
  const redirects = [
    "Redirect Network",
    "Redirect Host",
    "Redirect Type of Service and Network",
    "Redirect Type of Service and Host",
    "Redirect, Bad Code: 4",
  ];
  for (const [code, words] of redirects.entries()) {
    t.equal(noticeWords({ type: 5, code, info }), `${words}(New nexthop: 10.0.0.9)`);
  }
});
