/** Parses the DUT's frames, and describes each in one line. */
import type { RawFrame } from "../contract/dut.ts";
import type { ArpFrame, DhcpFrame, Frame, FrameCommon, IcmpFrame, PacketFrame, TcpFrame, UdpFrame } from "../contract/frame.ts";
import { checksum, ipBytes, ipText, macText, word } from "./bytes.ts";
import { parseDhcp } from "./parse-dhcp.ts";
import { parseTcp, TcpNumbers } from "./parse-tcp.ts";
import { parseIpv6 } from "./parse6.ts";

export function parse(raw: RawFrame): Frame {
  const { bytes, time, port } = raw;
  const faults: string[] = [];
  const common = { time, port, dst: macText(bytes, 0), src: macText(bytes, 6), length: bytes.length, faults, bytes };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ethertype = bytes.length >= 14 ? view.getUint16(12) : -1;
  if (ethertype === 0x0806 && bytes.length >= 42) return parseArp(common, view);
  if (ethertype === 0x0800 && bytes.length >= 34) return parseIpv4(common, view) ?? { kind: "other", ethertype, ...common };
  if (ethertype === 0x86dd && bytes.length >= 54) return parseIpv6(common, view) ?? { kind: "other", ethertype, ...common };
  return { kind: "other", ethertype, ...common };
}

function parseArp(common: FrameCommon, view: DataView): ArpFrame {
  const { bytes, faults } = common;
  const dirty = bytes.subarray(42).filter((byte) => byte !== 0).length;
  if (dirty > 0) faults.push(`${dirty} bytes of padding are not zero`);
  const frame: ArpFrame = {
    kind: "arp",
    ...common,
    htype: view.getUint16(14),
    ptype: view.getUint16(16),
    hlen: bytes[18]!,
    plen: bytes[19]!,
    op: view.getUint16(20),
    sha: macText(bytes, 22),
    spa: ipText(bytes, 28),
    tha: macText(bytes, 32),
    tpa: ipText(bytes, 38),
    dirty,
  };
  const { htype, ptype, hlen, plen } = frame;
  if (htype !== 1 || ptype !== 0x0800 || hlen !== 6 || plen !== 4) faults.push(`header ${htype}/${ptype}/${hlen}/${plen}`);
  return frame;
}

/** Flag "more fragments" and the offset, in the same 16 bits. */
const MORE = 0x2000;
const OFFSET = 0x1fff;

function parseIpv4(common: FrameCommon, view: DataView): UdpFrame | DhcpFrame | TcpFrame | IcmpFrame | PacketFrame | null {
  const { bytes, faults } = common;
  const header = (bytes[14]! & 0x0f) * 4;
  const end = 14 + view.getUint16(16);
  const at = 14 + header;
  if (header < 20 || end > bytes.length || at > end) return null;
  if (checksum(bytes.subarray(14, at)) !== 0) faults.push("IPv4 checksum");
  const ip = {
    ...common,
    source: ipText(bytes, 26),
    destination: ipText(bytes, 30),
    ttl: bytes[22]!,
    tos: bytes[15]!,
  };
  const protocol = bytes[23]!;
  const fragment = view.getUint16(20) & (MORE | OFFSET);
  if (fragment === 0 && protocol === 6) {
    const pseudo = [...ipBytes(ip.source), ...ipBytes(ip.destination), 0, 6, ...word(end - at)];
    const segment = parseTcp(ip, bytes.subarray(at, end), pseudo);
    if (segment) return segment;
  }
  if (fragment !== 0 || (protocol !== 17 && protocol !== 1) || at + 8 > end) {
    const [id, offset, more] = [view.getUint16(18), (fragment & OFFSET) * 8, (fragment & MORE) !== 0];
    return { kind: "packet", ...ip, protocol, id, offset, more, body: bytes.slice(at, end) };
  }
  if (protocol === 17) {
    const pseudo = [...ipBytes(ip.source), ...ipBytes(ip.destination), 0, 17, ...word(end - at)];
    if (view.getUint16(at + 4) !== end - at) faults.push("UDP length");
    if (view.getUint16(at + 6) !== 0 && checksum([...pseudo, ...bytes.subarray(at, end)]) !== 0) faults.push("UDP checksum");
    const ports = { sport: view.getUint16(at), dport: view.getUint16(at + 2) };
    const dhcp = parseDhcp({ ...ip, ...ports }, bytes.subarray(at + 8, end));
    if (dhcp) return dhcp;
    const payload = new TextDecoder("latin1").decode(bytes.subarray(at + 8, end));
    return { kind: "udp", ...ip, ...ports, payload };
  }
  if (checksum(bytes.subarray(at, end)) !== 0) faults.push("ICMP checksum");
  const message = { type: bytes[at]!, code: bytes[at + 1]!, info: view.getUint32(at + 4), quoted: bytes.slice(at + 8, end) };
  return { kind: "icmp", ...ip, ...message };
}

/**
 * Describes a frame in one line, as tcpdump does, without its time: two stacks that behave alike give the same line.
 * @param numbers of the connections so far
 */
export function describe(frame: Frame, numbers: TcpNumbers = new TcpNumbers()): string {
  const ends = `${frame.src} > ${frame.dst}`;
  const faults = frame.faults.length > 0 ? ` FAULTS: ${frame.faults.join(", ")}` : "";
  return `${frame.port} ${ends} ${body(frame, numbers)}${faults}`;
}

function body(frame: Frame, numbers: TcpNumbers): string {
  switch (frame.kind) {
    case "arp": {
      const { op, sha, spa, tha, tpa } = frame;
      const what = op === 1 ? "arp request" : op === 2 ? "arp reply" : `arp op ${op}`;
      return `${what} sender ${spa} ${sha} target ${tpa} ${tha}`;
    }
    case "udp": {
      const { source, sport, destination, dport, ttl, payload } = frame;
      const text = payload.length > 24 ? `${payload.slice(0, 24)}…` : payload;
      return `udp ${source}:${sport} > ${destination}:${dport} ttl ${ttl} length ${payload.length} ${JSON.stringify(text)}`;
    }
    case "dhcp": {
      const { source, destination, message, broadcast, ciaddr, yiaddr, requested, server } = frame;
      const parts = [
        ciaddr !== "0.0.0.0" && `from ${ciaddr}`,
        yiaddr !== "0.0.0.0" && `for you ${yiaddr}`,
        requested && `requested ${requested}`,
        server && `server ${server}`,
        broadcast && "broadcast",
      ].filter(Boolean);
      return `dhcp ${source} > ${destination} ${[message || "?", ...parts].join(" ")}`;
    }
    case "tcp": {
      const { source, sport, destination, dport, ttl, payload } = frame;
      return `tcp ${source}:${sport} > ${destination}:${dport} ttl ${ttl} ${numbers.describe(frame)} length ${payload.length}`;
    }
    case "icmp": {
      const { source, destination, ttl, tos, type, code, info, quoted } = frame;
      const number = `0x${info.toString(16).padStart(8, "0")}`;
      const service = tos === 0 ? "" : ` tos 0x${tos.toString(16)}`;
      return `icmp ${source} > ${destination} ttl ${ttl}${service} type ${type} code ${code} ${number} length ${quoted.length}`;
    }
    case "nd": {
      const { source, destination, message, target, about, flags, lladdr, nonce } = frame;
      const parts = [target, about && `for ${about}`, flags, lladdr && `lladdr ${lladdr}`, nonce && "nonce"].filter(Boolean);
      return `${message} ${source} > ${destination} ${parts.join(" ")}`.trimEnd();
    }
    case "mld": {
      const named = (sources: readonly string[]): string => (sources.length > 0 ? ` {${sources.join(",")}}` : "");
      const records = frame.records.map(([type, group, sources]) => `${type} ${group}${named(sources)}`);
      return `mld ${frame.source} > ${frame.destination} ${records.join(", ")}`;
    }
    case "packet": {
      const { source, destination, ttl, protocol, offset, more, body } = frame;
      const part = offset > 0 || more ? ` from ${offset}${more ? " more" : ""}` : "";
      return `ip ${source} > ${destination} ttl ${ttl} protocol ${protocol} length ${body.length}${part}`;
    }
    case "other":
      return `ethertype 0x${frame.ethertype.toString(16).padStart(4, "0")} length ${frame.length}`;
  }
}
