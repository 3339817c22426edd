/** TCP segments for tests, built from fields and read back, without a line of the stack's own code. Sequence numbers are relative. */
import { checksum, type Ipv4Fields, ip, ipv4Frame, US } from "./wire-format.ts";

export interface TcpFields extends Ipv4Fields {
  sport?: number;
  dport?: number;
  seq?: number;
  ack?: number;
  /** Letters of the control bits: `S`, `SA`, `FA`, `R`, … */
  flags?: string;
  window?: number;
  tcpOptions?: number[];
  payload?: string | ArrayLike<number>;
  tcpSum?: number;
  /** In words; default the true one. */
  dataOffset?: number;
}

const LETTERS = "FSRPAUEC";

export function long(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function tcp(fields: TcpFields): Uint8Array {
  const { sport = 4000, dport = 80, seq = 0, ack = 0, flags = "A", window = 0xffff, tcpOptions = [], payload = "" } = fields;
  const { source = "10.0.0.2", destination = "10.0.0.1" } = fields;
  const data = typeof payload === "string" ? Array.from(Buffer.from(payload)) : Array.from(payload);
  const options = [...tcpOptions];
  while (options.length % 4 !== 0) options.push(0);
  const offset = fields.dataOffset ?? 5 + options.length / 4;
  const bits = [...flags].reduce((sum, letter) => sum | (1 << LETTERS.indexOf(letter)), 0);
  const header = [
    ...[sport >> 8, sport & 255, dport >> 8, dport & 255],
    ...long(seq),
    ...long(ack),
    ...[offset << 4, bits, window >> 8, window & 255, 0, 0, 0, 0],
    ...options,
  ];
  const length = header.length + data.length;
  const pseudo = [...ip(source), ...ip(destination), 0, 6, length >> 8, length & 255];
  const sum = fields.tcpSum ?? checksum([...pseudo, ...header, ...data]);
  header.splice(16, 2, sum >> 8, sum & 255);
  return ipv4Frame(fields, 6, [...header, ...data]);
}

/** Options of a SYN. */
export const MSS_1460: number[] = [2, 4, 5, 0xb4];
export const SACK_OK: number[] = [4, 2];
export function timestamps(value: number, echo: number): number[] {
  return [1, 1, 8, 10, ...long(value), ...long(echo)];
}

export interface TcpHeard {
  sport: number;
  dport: number;
  seq: number;
  ack: number;
  /** As in TcpFields. */
  flags: string;
  window: number;
  /** Kinds, and what they say where that does not differ from stack to stack: `mss 1460`, `sack-ok`, `ts`, `ws`, `nop`. */
  options: string[];
  /** Absolute ends of SACK blocks. */
  sack: [number, number][];
  tsVal: number;
  tsEcr: number;
  payload: string;
  /** Faults of the frame. */
  faults: string[];
}

/** Reads a segment that our stack, or the kernel in its place, has sent; null for any other frame. */
export function readTcp(frame: Uint8Array): TcpHeard | null {
  const bytes = Buffer.from(frame);
  if (bytes.readUInt16BE(12) !== 0x0800 || bytes[23] !== 6 || bytes.toString("hex", 6, 12) !== US.replaceAll(":", "")) return null;
  const total = bytes.readUInt16BE(16);
  const header = (bytes[14]! & 15) * 4;
  const segment = bytes.subarray(14 + header, 14 + total);
  const offset = (segment[12]! >>> 4) * 4;
  const pseudo = [...bytes.subarray(26, 34), 0, 6, segment.length >> 8, segment.length & 255];
  const faults: string[] = [];
  if (checksum([...pseudo, ...segment]) !== 0) faults.push("wrong checksum");
  if (checksum(bytes.subarray(14, 14 + header)) !== 0) faults.push("wrong header checksum");
  if (segment.readUInt16BE(18) !== 0) faults.push("urgent");
  const heard: TcpHeard = {
    sport: segment.readUInt16BE(0),
    dport: segment.readUInt16BE(2),
    seq: segment.readUInt32BE(4),
    ack: segment.readUInt32BE(8),
    flags: [...LETTERS].filter((_, bit) => segment[13]! & (1 << bit)).join(""),
    window: segment.readUInt16BE(14),
    options: [],
    sack: [],
    tsVal: 0,
    tsEcr: 0,
    payload: segment.toString("latin1", offset),
    faults,
  };
  for (let at = 20; at < offset; ) {
    const kind = segment[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      heard.options.push("nop");
      at++;
      continue;
    }
    const length = segment[at + 1]!;
    if (kind === 2) heard.options.push(`mss ${segment.readUInt16BE(at + 2)}`);
    else if (kind === 3) heard.options.push("ws");
    else if (kind === 4) heard.options.push("sack-ok");
    else if (kind === 8) {
      heard.options.push("ts");
      heard.tsVal = segment.readUInt32BE(at + 2);
      heard.tsEcr = segment.readUInt32BE(at + 6);
    } else if (kind === 5) {
      heard.options.push("sack");
      for (let block = at + 2; block < at + length; block += 8) {
        heard.sack.push([segment.readUInt32BE(block), segment.readUInt32BE(block + 4)]);
      }
    } else faults.push(`option ${kind}`);
    at += Math.max(length, 2);
  }
  return heard;
}
