/**
 * Reports of groups and their sources to routers, which IGMPv3 and MLDv2 have in common but for their addresses (RFC 3376 4.2,
 * RFC 3810 5.2).
 */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { NetDevice } from "../../net/device.ts";

/** Types of records (RFC 3376 4.2.12, RFC 3810 5.2.12): the state of a group, a change of its mode, a change of its sources. */
export const RecordType = { IS_INCLUDE: 1, IS_EXCLUDE: 2, TO_INCLUDE: 3, TO_EXCLUDE: 4, ALLOW: 5, BLOCK: 6 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

const { IS_EXCLUDE, TO_EXCLUDE } = RecordType;

/** Offset of the number of records in a report, and bytes before the first one. */
const RECORDS = 6;
export const REPORT_HEADER = 8;
/** Bytes of a record before its group: type, length of other data, number of sources. */
const RECORD_HEADER = 4;
const RECORD_SOURCES = 2;

/** The parts of a report that are a family's own. */
export interface ReportForm<Address> {
  /** Type of the message. */
  readonly reportType: number;
  readonly addressBytes: number;
  writeAddress(view: DataView, at: number, address: Address): void;
  /** Most bytes of a report by the device. */
  reportRoom(device: NetDevice): number;
  /** Returns a buffer for a message to be sent by a device; null when there is none, which is counted. */
  allocate(device: NetDevice): SkBuff | null;
  /** Sends a report that is complete but for its checksum, which is 0. */
  sendReport(skb: SkBuff, device: NetDevice): void;
}

/** One report, in as many packets as it needs. */
export class Report<Address> {
  readonly #device: NetDevice;
  readonly #form: ReportForm<Address>;
  readonly #most: number;
  #skb: SkBuff | null = null;

  constructor(device: NetDevice, form: ReportForm<Address>) {
    this.#device = device;
    this.#form = form;
    this.#most = form.reportRoom(device);
  }

  /**
   * Adds a record. Sources that do not fit go on in a record of the next packet; where that would say something else, of sources that
   * are excluded, they are left out (RFC 3376 4.2.16).
   */
  add(type: RecordType, group: Address, sources: readonly Address[] = []): void {
    const { addressBytes } = this.#form;
    const record = RECORD_HEADER + addressBytes;
    const whole = type === IS_EXCLUDE || type === TO_EXCLUDE;
    let next = 0;
    do {
      const wanted = record + addressBytes * (whole ? sources.length : Math.min(sources.length - next, 1));
      if (this.#skb !== null && this.#skb.length + wanted > this.#most) this.send();
      const skb = this.#begun();
      if (skb === null) return;
      const room = Math.floor((this.#most - skb.length - record) / addressBytes);
      const end = Math.min(sources.length, next + Math.max(room, 0));
      this.#write(skb, type, group, sources, next, end);
      next = whole || end === next ? sources.length : end;
    } while (next < sources.length);
  }

  /** Sends what is there. */
  send(): void {
    if (this.#skb !== null) this.#form.sendReport(this.#skb, this.#device);
    this.#skb = null;
  }

  #begun(): SkBuff | null {
    if (this.#skb !== null) return this.#skb;
    const skb = this.#form.allocate(this.#device);
    if (skb === null) return null;
    const at = skb.put(REPORT_HEADER);
    skb.view.setInt32(at, this.#form.reportType << 24);
    skb.view.setInt32(at + 4, 0);
    this.#skb = skb;
    return skb;
  }

  #write(skb: SkBuff, type: RecordType, group: Address, sources: readonly Address[], from: number, end: number): void {
    const { addressBytes } = this.#form;
    const { view } = skb;
    const at = skb.put(RECORD_HEADER + addressBytes * (1 + end - from));
    view.setInt32(at, type << 24);
    view.setUint16(at + RECORD_SOURCES, end - from);
    this.#form.writeAddress(view, at + RECORD_HEADER, group);
    for (let one = from; one < end; one++) {
      this.#form.writeAddress(view, at + RECORD_HEADER + addressBytes * (1 + one - from), sources[one] as Address);
    }
    view.setUint16(skb.data + RECORDS, view.getUint16(skb.data + RECORDS) + 1);
  }
}

/**
 * The number that a code with an exponent stands for: of a maximum response, or of a querier's interval (RFC 3376 4.1.1, 4.1.7; RFC 3810
 * 5.1.3, 5.1.9).
 * @param mantissa its bits: 4 of a code of one octet, 12 of two
 */
export function decodeCode(code: number, mantissa: number): number {
  if (code < 1 << (mantissa + 3)) return code;
  const exponent = (code >>> mantissa) & 7;
  return ((code & ((1 << mantissa) - 1)) | (1 << mantissa)) << (exponent + 3);
}
