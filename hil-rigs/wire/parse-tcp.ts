/** Parses the DUT's TCP segments, and tells their numbers relative to the beginning of their connection. */
import type { FrameCommon, TcpFrame } from "../contract/frame.ts";
import { TCP_LETTERS } from "./build-tcp.ts";
import { checksum } from "./bytes.ts";

const HEADER = 20;

type Ip = FrameCommon & Pick<TcpFrame, "source" | "destination" | "ttl" | "tos">;

/** @param bytes the segment. @param pseudo its pseudo header. Returns null for one that is too damaged to be taken apart. */
export function parseTcp(ip: Ip, bytes: Uint8Array, pseudo: readonly number[]): TcpFrame | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER) return null;
  const end = (bytes[12]! >> 4) * 4;
  if (end < HEADER || end > bytes.length) return null;
  if (checksum([...pseudo, ...bytes]) !== 0) ip.faults.push("TCP checksum");
  if (view.getUint16(18) !== 0) ip.faults.push("TCP urgent pointer");
  const frame: TcpFrame = {
    kind: "tcp",
    ...ip,
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: [...TCP_LETTERS].filter((_, bit) => (bytes[13]! & (1 << bit)) !== 0).join(""),
    window: view.getUint16(14),
    options: "",
    sack: [],
    tsVal: 0,
    tsEcr: 0,
    payload: new TextDecoder("latin1").decode(bytes.subarray(end)),
  };
  frame.options = readOptions(frame, view, end).join(",");
  return frame;
}

function readOptions(frame: TcpFrame, view: DataView, end: number): string[] {
  const names: string[] = [];
  for (let at = HEADER; at < end; ) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      names.push("nop");
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) {
      frame.faults.push("TCP options");
      break;
    }
    if (kind === 2 && length === 4) names.push(`mss ${view.getUint16(at + 2)}`);
    else if (kind === 3 && length === 3) names.push("ws");
    else if (kind === 4 && length === 2) names.push("sack-ok");
    else if (kind === 8 && length === 10) {
      names.push("ts");
      frame.tsVal = view.getUint32(at + 2);
      frame.tsEcr = view.getUint32(at + 6);
    } else if (kind === 5 && length % 8 === 2) {
      names.push("sack");
      for (let block = at + 2; block < at + length; block += 8) frame.sack.push([view.getUint32(block), view.getUint32(block + 4)]);
    } else frame.faults.push(`TCP option ${kind}`);
    at += length;
  }
  return names;
}

/** Signed distance of two sequence numbers. */
export function distance(value: number, from: number): number {
  return (value - from) | 0;
}

/** Where the numbers of each end of a connection begin: behind its SYN. Until that is known its numbers are told as they are. */
export class TcpNumbers {
  readonly #first = new Map<string, number>();

  /** Notes a SYN. A tester's odd SYN in the midst of a connection changes nothing. @param ours it is the DUT's */
  note({ source, sport, destination, dport, flags, seq }: TcpFrame, ours: boolean): void {
    if (!flags.includes("S")) return;
    const end = `${source}.${sport} ${destination}.${dport}`;
    if (ours || !this.#first.has(end)) this.#first.set(end, (seq + 1) >>> 0);
  }

  /** `SA seq -1 ack 0 mss 1460,nop,ws`, `A seq 0 ack 3 10-13`, `R seq=77`; time stamps as `ecr 5000`. */
  describe({ source, sport, destination, dport, flags, seq, ack, options, sack, tsEcr, window }: TcpFrame): string {
    const own = this.#first.get(`${source}.${sport} ${destination}.${dport}`);
    const other = this.#first.get(`${destination}.${dport} ${source}.${sport}`);
    const told = (name: string, value: number, first: number | undefined): string =>
      first === undefined || value === 0 ? `${name}=${value}` : `${name} ${distance(value, first)}`;
    const words = [flags || "-", told("seq", seq, own)];
    if (flags.includes("A")) words.push(told("ack", ack, other));
    words.push(...sack.map(([begin, end]) => `${distance(begin, other ?? 0)}-${distance(end, other ?? 0)}`));
    if (flags.includes("S") && options !== "") words.push(options);
    if (/\bts\b/.test(options)) words.push(`ecr ${tsEcr}`);
    if (window === 0 && !flags.includes("R")) words.push("window 0");
    return words.join(" ");
  }
}
