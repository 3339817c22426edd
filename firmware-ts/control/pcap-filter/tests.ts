/** The questions that a filter puts to a frame. They look at the same bytes as libpcap's programs (`tcpdump -d`, libpcap 1.10 on Ethernet). */
import { and, or, type Test } from "./packet.ts";

/** Offsets in an Ethernet frame: of its head, of IPv4 (section 3.1 of RFC 791), ARP (RFC 826) and IPv6 (RFC 8200) behind it. */
const At = {
  ETHER_DST: 0,
  ETHER_SRC: 6,
  ETHER_TYPE: 12,
  IP_IHL: 14,
  IP_FRAGMENT: 20,
  IP_PROTOCOL: 23,
  IP_SRC: 26,
  IP_DST: 30,
  ARP_SPA: 28,
  ARP_TPA: 38,
  IP6_NEXT: 20,
  IP6_PAYLOAD: 54,
} as const;

const IP6_FRAGMENT_HEADER = 44;
const FRAGMENT_OFFSET = 0x1fff;

export const EtherType = { IP: 0x0800, ARP: 0x0806, RARP: 0x8035, IP6: 0x86dd } as const;
export const IpProtocol = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, SCTP: 132 } as const;

/** The end of a packet that a word is about: `src`, `dst`, one of them, or both. */
export type Side = "src" | "dst" | "either" | "both";

function sided(side: Side, src: Test, dst: Test): Test {
  if (side === "src") return src;
  if (side === "dst") return dst;
  return side === "both" ? and(src, dst) : or(src, dst);
}

export function etherType(type: number): Test {
  return (packet) => packet.u16(At.ETHER_TYPE) === type;
}

const IP = etherType(EtherType.IP);
const IP6 = etherType(EtherType.IP6);

export function etherHost(mac: Uint8Array, side: Side): Test {
  const high = (mac[0]! << 8) | mac[1]!;
  const low = (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!;
  const at =
    (offset: number): Test =>
    (packet) =>
      packet.u32(offset + 2) === low && packet.u16(offset) === high;
  return sided(side, at(At.ETHER_SRC), at(At.ETHER_DST));
}

export const etherMulticast: Test = (packet) => (packet.u8(At.ETHER_DST) & 1) === 1;

/** First octets of multicast addresses (RFC 5771) and of those beyond. */
const MULTICAST = 224;
export const ipMulticast: Test = and(IP, (packet) => packet.u8(At.IP_DST) >= MULTICAST);

/** The protocols that carry IPv4 addresses. */
export const ADDRESSED = ["ip", "arp", "rarp"] as const;
export type Addressed = (typeof ADDRESSED)[number];

const ADDRESSES: Readonly<Record<Addressed, readonly [type: number, src: number, dst: number]>> = {
  ip: [EtherType.IP, At.IP_SRC, At.IP_DST],
  arp: [EtherType.ARP, At.ARP_SPA, At.ARP_TPA],
  rarp: [EtherType.RARP, At.ARP_SPA, At.ARP_TPA],
};

export function address(protocol: Addressed, value: number, mask: number, side: Side): Test {
  const [type, src, dst] = ADDRESSES[protocol];
  const at =
    (offset: number): Test =>
    (packet) =>
      // A mask of nothing looks at nothing.
      mask === 0 || (packet.u32(offset) & mask) === value;
  return and(etherType(type), sided(side, at(src), at(dst)));
}

export function ipProtocol(protocol: number): Test {
  return and(IP, (packet) => packet.u8(At.IP_PROTOCOL) === protocol);
}

/** Over IPv4 or IPv6, there also behind one fragment header. */
export function transport(protocol: number): Test {
  const next = (packet: Parameters<Test>[0]): boolean => {
    const header = packet.u8(At.IP6_NEXT);
    return header === protocol || (header === IP6_FRAGMENT_HEADER && packet.u8(At.IP6_PAYLOAD) === protocol);
  };
  return or(ipProtocol(protocol), and(IP6, next));
}

/** Ports from `first` to `last`, in packets that are no later fragment. */
export function ports(protocols: readonly number[], first: number, last: number, side: Side): Test {
  const within = (port: number): boolean => port >= first && port <= last;
  const at = (start: (packet: Parameters<Test>[0]) => number): Test =>
    sided(
      side,
      (packet) => within(packet.u16(start(packet))),
      (packet) => within(packet.u16(start(packet) + 2)),
    );
  const ip6: Test = (packet) => protocols.includes(packet.u8(At.IP6_NEXT));
  const ip4: Test = (packet) =>
    protocols.includes(packet.u8(At.IP_PROTOCOL)) && (packet.u16(At.IP_FRAGMENT) & FRAGMENT_OFFSET) === 0;
  const behind4 = at((packet) => At.IP_IHL + 4 * (packet.u8(At.IP_IHL) & 0xf));
  return or(
    and(
      IP6,
      and(
        ip6,
        at(() => At.IP6_PAYLOAD),
      ),
    ),
    and(IP, and(ip4, behind4)),
  );
}
