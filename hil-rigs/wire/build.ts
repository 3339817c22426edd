/** Builds the tester's frames. Every field can be given, also a wrong value; the others are right. */
import { checksum, ipBytes, macBytes, word } from "./bytes.ts";
import { type EthernetFields, ethernet } from "./ethernet.ts";
import { BROADCAST, DUT, T1, ZERO } from "./hosts.ts";

/** RFC 826 names: h(ardware) and p(rotocol) type and length, s(ender) and t(arget) h and p address. */
export interface ArpFields extends EthernetFields {
  htype?: number;
  ptype?: number;
  hlen?: number;
  plen?: number;
  op?: number;
  sha?: string;
  spa?: string;
  tha?: string;
  tpa?: string;
}

function arp(fields: ArpFields, op: number, dst: string, tha: string): Uint8Array {
  const { from = T1 } = fields;
  const { htype = 1, ptype = 0x0800, hlen = 6, plen = 4, sha = from.mac, spa = from.ip, tpa = DUT.ip } = fields;
  return ethernet(fields, dst, 0x0806, [
    ...word(htype),
    ...word(ptype),
    hlen,
    plen,
    ...word(fields.op ?? op),
    ...macBytes(sha),
    ...ipBytes(spa),
    ...macBytes(fields.tha ?? tha),
    ...ipBytes(tpa),
  ]);
}

/** `from` asks everybody for 10.0.0.1. */
export function arpRequest(fields: ArpFields = {}): Uint8Array {
  return arp(fields, 1, BROADCAST, ZERO);
}

/** `from` tells the DUT alone where it is. */
export function arpReply(fields: ArpFields = {}): Uint8Array {
  return arp(fields, 2, DUT.mac, fields.dst ?? DUT.mac);
}

/** `from` tells everybody where it is, asking for itself (RFC 5227 section 3: an announcement). */
export function arpAnnounce(fields: ArpFields = {}): Uint8Array {
  return arp({ tpa: (fields.from ?? T1).ip, ...fields }, 1, BROADCAST, ZERO);
}

/** `from` tells everybody where it is, by an unasked answer: both hardware addresses are its own. */
export function arpAnnounceReply(fields: ArpFields = {}): Uint8Array {
  const { mac, ip } = fields.from ?? T1;
  return arp({ tpa: ip, ...fields }, 2, BROADCAST, fields.sha ?? mac);
}

/** `from` asks whether any host has `tpa`, before it takes the address for itself (RFC 5227 2.1.1): sender address 0.0.0.0. */
export function arpProbe(fields: ArpFields = {}): Uint8Array {
  return arp({ spa: "0.0.0.0", ...fields }, 1, BROADCAST, ZERO);
}

export interface Ipv4Fields extends EthernetFields {
  source?: string;
  destination?: string;
  ttl?: number;
  id?: number;
}

export interface UdpFields extends Ipv4Fields {
  sport?: number;
  dport?: number;
  payload?: string;
}

function ipv4(fields: Ipv4Fields, protocol: number, body: readonly number[]): Uint8Array {
  const { from = T1, source = from.ip, destination = DUT.ip, ttl = 64, id = 0x4242 } = fields;
  const header = [
    0x45,
    0,
    ...word(20 + body.length),
    ...word(id),
    0,
    0,
    ttl,
    protocol,
    0,
    0,
    ...ipBytes(source),
    ...ipBytes(destination),
  ];
  header.splice(10, 2, ...word(checksum(header)));
  return ethernet(fields, DUT.mac, 0x0800, [...header, ...body]);
}

export function udp(fields: UdpFields = {}): Uint8Array {
  const { from = T1, source = from.ip, destination = DUT.ip, sport = 9, dport = 9, payload = "hi" } = fields;
  const data = [...new TextEncoder().encode(payload)];
  const segment = [...word(sport), ...word(dport), ...word(8 + data.length), 0, 0, ...data];
  const pseudo = [...ipBytes(source), ...ipBytes(destination), 0, 17, ...word(segment.length)];
  segment.splice(6, 2, ...word(checksum([...pseudo, ...segment]) || 0xffff));
  return ipv4(fields, 17, segment);
}

export interface EchoFields extends Ipv4Fields {
  identifier?: number;
  sequence?: number;
  payload?: string;
}

/** An ICMP echo request. */
export function echo(fields: EchoFields = {}): Uint8Array {
  const { identifier = 1, sequence = 1, payload = "hi" } = fields;
  const message = [8, 0, 0, 0, ...word(identifier), ...word(sequence), ...new TextEncoder().encode(payload)];
  message.splice(2, 2, ...word(checksum(message)));
  return ipv4(fields, 1, message);
}
