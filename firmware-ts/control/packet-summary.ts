/** A frame in a few words, which are tcpdump's: `ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28`. */
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import { formatIpv4, readIp4 } from "../ip/address.ts";
import {
  AR_HLN,
  AR_OP,
  AR_PLN,
  AR_PRO,
  AR_SHA,
  AR_SIP,
  AR_THA,
  AR_TIP,
  ARP_BYTES,
  ARPOP_REPLY,
  ARPOP_REQUEST,
} from "../ip4/arp/wire.ts";
import {
  FRAGMENT_OFFSET,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOTAL_LENGTH,
} from "../ip4/header/ip-header.ts";
import {
  FRAGMENTATION_NEEDED,
  HOST_UNREACHABLE,
  ICMP_DEST_UNREACH,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_TIME_EXCEEDED,
  NET_UNREACHABLE,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
} from "../ip4/icmp-types.ts";
import { ETH_P_ARP, ETH_P_IP, ETH_TYPE, formatMac } from "../net/ethernet.ts";
import { EtherType, IpProtocol } from "./pcap-filter/tests.ts";

const ICMP_HEADER = 8;
const UDP_HEADER = 8;
const UDP_LENGTH = 4;
/** Bytes of a TCP header that are looked at. */
const TCP_HEADER = 20;
const TCP_OFFSET = 12;

/** @param bytes as much of the frame as there is @param length that of the whole frame */
export function packetSummary(bytes: Uint8Array, length: number = bytes.length): string {
  if (bytes.length < ETHERNET_HEADER) return "[|ether]";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(ETH_TYPE);
  const payload = length - ETHERNET_HEADER;
  if (type === ETH_P_ARP) return `ARP, ${arpWords(bytes, view, payload)}, length ${payload}`;
  if (type === ETH_P_IP) return `IP ${ipWords(view)}`;
  if (type === EtherType.IP6) return `IP6, length ${payload}`;
  return `ethertype 0x${type.toString(16).padStart(4, "0")}, length ${payload}`;
}

function arpWords(bytes: Uint8Array, view: DataView, payload: number): string {
  const at = ETHERNET_HEADER;
  if (bytes.length < at + ARP_BYTES) return payload < ARP_BYTES ? "too short" : "[|arp]";
  if (view.getUint16(at + AR_PRO) !== ETH_P_IP || bytes[at + AR_HLN] !== 6 || bytes[at + AR_PLN] !== 4)
    return "not of Ethernet and IPv4";
  const op = view.getUint16(at + AR_OP);
  const sender = formatIpv4(readIp4(view, at + AR_SIP));
  const target = formatIpv4(readIp4(view, at + AR_TIP));
  if (op === ARPOP_REPLY) return `Reply ${sender} is-at ${formatMac(bytes, at + AR_SHA)}`;
  if (op !== ARPOP_REQUEST) return `Unknown (${op})`;
  const known = bytes.subarray(at + AR_THA, at + AR_TIP).some((octet) => octet !== 0);
  return `Request who-has ${target}${known ? ` (${formatMac(bytes, at + AR_THA)})` : ""} tell ${sender}`;
}

/** An IPv4 packet where it begins: in a frame, or in an ICMP error, which has the first bytes of one. */
class IpPacket {
  readonly #view: DataView;
  readonly at: number;
  readonly header: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.at = at;
    this.header = this.has(IP_HEADER) ? 4 * (view.getUint8(at) & 0xf) : 0;
  }

  has(bytes: number): boolean {
    return this.at + bytes <= this.#view.byteLength;
  }

  get sound(): boolean {
    return this.has(IP_HEADER) && this.#view.getUint8(this.at) >> 4 === 4 && this.header >= IP_HEADER && this.total >= this.header;
  }

  get total(): number {
    return this.#view.getUint16(this.at + IP_TOTAL_LENGTH);
  }

  get protocol(): number {
    return this.#view.getUint8(this.at + IP_PROTOCOL);
  }

  get laterFragment(): boolean {
    return (this.#view.getUint16(this.at + IP_FRAGMENT) & FRAGMENT_OFFSET) !== 0;
  }

  get source(): string {
    return formatIpv4(readIp4(this.#view, this.at + IP_SOURCE));
  }

  get destination(): string {
    return formatIpv4(readIp4(this.#view, this.at + IP_DESTINATION));
  }

  /** Where its payload begins. */
  get payload(): number {
    return this.at + this.header;
  }
}

function ipWords(view: DataView): string {
  const packet = new IpPacket(view, ETHERNET_HEADER);
  if (!packet.has(IP_HEADER)) return "[|ip]";
  if (!packet.sound) return "(invalid)";
  const { source, destination, protocol, payload } = packet;
  const length = packet.total - packet.header;
  const ends = `${source} > ${destination}: `;
  if (packet.laterFragment) return `${ends}ip-proto-${protocol}`;
  const has = (bytes: number): boolean => packet.has(packet.header + bytes);
  if (protocol === IpProtocol.ICMP)
    return `${ends}ICMP ${has(ICMP_HEADER) ? icmpWords(view, payload) : "[|icmp]"}, length ${length}`;
  if (protocol === IpProtocol.IGMP) return `${ends}igmp, length ${length}`;
  if (protocol !== IpProtocol.UDP && protocol !== IpProtocol.TCP) return `${ends}ip-proto-${protocol} ${length}`;
  const udp = protocol === IpProtocol.UDP;
  if (!has(udp ? UDP_HEADER : TCP_HEADER)) return `${ends}[|${udp ? "udp" : "tcp"}]`;
  const ports = `${source}.${view.getUint16(payload)} > ${destination}.${view.getUint16(payload + 2)}: `;
  if (udp) return `${ports}UDP, length ${view.getUint16(payload + UDP_LENGTH) - UDP_HEADER}`;
  return `${ports}tcp ${length - 4 * (view.getUint8(payload + TCP_OFFSET) >> 4)}`;
}

function icmpWords(view: DataView, at: number): string {
  const type = view.getUint8(at);
  const code = view.getUint8(at + 1);
  if (type === ICMP_ECHO_REQUEST || type === ICMP_ECHO_REPLY) {
    return `echo ${type === ICMP_ECHO_REQUEST ? "request" : "reply"}, id ${view.getUint16(at + 4)}, seq ${view.getUint16(at + 6)}`;
  }
  if (type === ICMP_DEST_UNREACH) return unreachableWords(view, at, code);
  if (type === ICMP_TIME_EXCEEDED)
    return ["time exceeded in-transit", "ip reassembly time exceeded"][code] ?? `time exceeded-#${code}`;
  return `type-#${type}`;
}

const PORT_NAMES: Readonly<Record<number, string>> = { [IpProtocol.TCP]: "tcp", [IpProtocol.UDP]: "udp" };

function unreachableWords(view: DataView, at: number, code: number): string {
  const packet = new IpPacket(view, at + ICMP_HEADER);
  if (!packet.sound) return `unreachable - #${code}`;
  const { destination, protocol, payload } = packet;
  if (code === NET_UNREACHABLE) return `net ${destination} unreachable`;
  if (code === HOST_UNREACHABLE) return `host ${destination} unreachable`;
  if (code === PROTOCOL_UNREACHABLE) return `${destination} protocol ${protocol} unreachable`;
  const name = PORT_NAMES[protocol];
  if (code === PORT_UNREACHABLE && name !== undefined && packet.has(packet.header + 4)) {
    return `${destination} ${name} port ${view.getUint16(payload + 2)} unreachable`;
  }
  if (code !== FRAGMENTATION_NEEDED) return `${destination} unreachable - #${code}`;
  const mtu = view.getUint16(at + 6);
  return `${destination} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ""}`;
}
