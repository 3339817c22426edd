/** Parses the DUT's IPv6 frames. */
import type { FrameCommon, IcmpFrame, MldFrame, NdFrame, PacketFrame, TcpFrame, UdpFrame } from "../contract/frame.ts";
import { checksum, ip6Bytes, ip6Text, longWord, macText } from "./bytes.ts";
import { parseTcp } from "./parse-tcp.ts";

/** Numbers of headers (RFC 8200 4). */
const HOP_BY_HOP = 0;
const TCP = 6;
const UDP = 17;
const ROUTING = 43;
const FRAGMENT = 44;
const ICMPV6 = 58;
const DESTINATION = 60;

const MLD_REPORT = 143;
const MESSAGES: Readonly<Record<number, NdFrame["message"]>> = { 133: "rs", 134: "ra", 135: "ns", 136: "na", 137: "redirect" };
/** Bytes of each message in front of its options. */
const FIXED: Readonly<Record<NdFrame["message"], number>> = { rs: 8, ra: 16, ns: 24, na: 24, redirect: 40 };

type Ip6 = Omit<UdpFrame, "kind" | "sport" | "dport" | "payload">;

type Ip6Frame = UdpFrame | TcpFrame | IcmpFrame | NdFrame | MldFrame | PacketFrame;

export function parseIpv6(common: FrameCommon, view: DataView): Ip6Frame | null {
  const { bytes, faults } = common;
  const end = 54 + view.getUint16(18);
  if (end > bytes.length) return null;
  const ip: Ip6 = {
    ...common,
    source: ip6Text(bytes, 22),
    destination: ip6Text(bytes, 38),
    ttl: bytes[21]!,
    tos: (view.getUint16(14) >> 4) & 0xff,
  };
  let [protocol, at, id, offset, more] = [bytes[20]!, 54, 0, 0, false];
  while ([HOP_BY_HOP, ROUTING, DESTINATION, FRAGMENT].includes(protocol) && at + 8 <= end) {
    if (protocol === FRAGMENT) {
      [id, offset, more] = [view.getUint32(at + 4), view.getUint16(at + 2) & 0xfff8, (bytes[at + 3]! & 1) !== 0];
    }
    const length = protocol === FRAGMENT ? 8 : (bytes[at + 1]! + 1) * 8;
    protocol = bytes[at]!;
    at += length;
  }
  if (at > end) return null;
  const pseudo = [...ip6Bytes(ip.source), ...ip6Bytes(ip.destination), ...longWord(end - at), 0, 0, 0, protocol];
  if (protocol === TCP && offset === 0 && !more) {
    const segment = parseTcp(ip, bytes.subarray(at, end), pseudo);
    if (segment) return segment;
  }
  const known = (protocol === UDP || protocol === ICMPV6) && offset === 0 && !more && at + 8 <= end;
  if (!known) return { kind: "packet", ...ip, protocol, id, offset, more, body: bytes.slice(at, end) };
  if (checksum([...pseudo, ...bytes.subarray(at, end)]) !== 0) faults.push(protocol === UDP ? "UDP checksum" : "ICMPv6 checksum");
  if (protocol === UDP) {
    if (view.getUint16(at + 4) !== end - at) faults.push("UDP length");
    const payload = new TextDecoder("latin1").decode(bytes.subarray(at + 8, end));
    return { kind: "udp", ...ip, sport: view.getUint16(at), dport: view.getUint16(at + 2), payload };
  }
  const message = MESSAGES[bytes[at]!];
  if (message) return parseNd(ip, message, bytes.subarray(at, end));
  if (bytes[at] === MLD_REPORT) return parseReport(ip, bytes.subarray(at, end));
  return {
    kind: "icmp",
    ...ip,
    type: bytes[at]!,
    code: bytes[at + 1]!,
    info: view.getUint32(at + 4),
    quoted: bytes.slice(at + 8, end),
  };
}

function parseNd(ip: Ip6, message: NdFrame["message"], bytes: Uint8Array): NdFrame | PacketFrame {
  const { faults } = ip;
  const fixed = FIXED[message];
  if (bytes.length < fixed) {
    faults.push(`${message} of ${bytes.length} bytes`);
    return { kind: "packet", ...ip, protocol: ICMPV6, id: 0, offset: 0, more: false, body: bytes.slice() };
  }
  if (ip.ttl !== 255) faults.push(`${message} with hop limit ${ip.ttl}`);
  if (bytes[1] !== 0) faults.push(`${message} with code ${bytes[1]}`);
  const flags = message === "na" ? ["R", "S", "O"].filter((_, bit) => (bytes[4]! & (0x80 >> bit)) !== 0).join("") : "";
  const frame: NdFrame = {
    kind: "nd",
    ...ip,
    message,
    target: fixed >= 24 ? ip6Text(bytes, 8) : "",
    about: message === "redirect" ? ip6Text(bytes, 24) : "",
    flags,
    lladdr: "",
    nonce: "",
    options: "",
  };
  const options: number[] = [];
  let at = fixed;
  while (at < bytes.length) {
    const [type, length] = [bytes[at]!, (bytes[at + 1] ?? 0) * 8];
    if (length === 0 || at + length > bytes.length) {
      faults.push("ND options");
      break;
    }
    options.push(type);
    if ((type === 1 || type === 2) && length === 8) frame.lladdr = macText(bytes, at + 2);
    if (type === 14)
      frame.nonce = [...bytes.subarray(at + 2, at + length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    at += length;
  }
  frame.options = options.join(" ");
  return frame;
}

/** Multicast Listener Report, version 2 (RFC 9777 5.2): records of 20 bytes, and 16 for each source. */
function parseReport(ip: Ip6, bytes: Uint8Array): MldFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: MldFrame["records"] = [];
  let at = 8;
  for (let left = view.getUint16(6); left > 0 && at + 20 <= bytes.length; left--) {
    const count = view.getUint16(at + 2);
    if (at + 20 + 16 * count > bytes.length) break;
    const sources = Array.from({ length: count }, (_, source) => ip6Text(bytes, at + 20 + 16 * source));
    records.push([bytes[at]!, ip6Text(bytes, at + 4), sources]);
    at += 20 + count * 16 + bytes[at + 1]! * 4;
  }
  return { kind: "mld", ...ip, records };
}
