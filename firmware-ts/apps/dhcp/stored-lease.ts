/** Leases as they are kept over a restart: a line of JSON, with the server's options in hexadecimal. What is read may be anybody's. */
import { formatIpv4, parseIpv4 } from "../../ip/address.ts";
import { isHost, type Lease, leaseOf } from "./lease.ts";
import { optionsLength, parseOptions, writeOptions } from "./options.ts";

/** Options longer than this, in bytes, are not kept: a board's flash holds a small file (LeaseStore). */
const MOST_OPTIONS = 1200;
/** The end of a lease and its length may differ by so much, in ms, as they were rounded. */
const ROUNDING = 1000;

/** Enough to ask for the same address again (INIT-REBOOT, RFC 2131 3.2), and mostly the lease itself. */
export interface StoredLease {
  readonly address: number;
  /** When it ends, in ms since 1970; Infinity for never. */
  readonly until: number;
  /** The whole lease, and when it was asked for, in ms since 1970; null where only the address is known. */
  readonly whole: { readonly lease: Lease; readonly from: number } | null;
}

/** @param from when the lease was asked for, in ms since 1970 */
export function formatStored(lease: Lease, from: number): string {
  const until = from + lease.seconds * 1000;
  const length = optionsLength(lease.options);
  const whole = length <= MOST_OPTIONS ? { from: Math.round(from), options: hexOf(lease, length) } : {};
  const end = Number.isFinite(until) ? Math.round(until) : null;
  return `${JSON.stringify({ address: formatIpv4(lease.address), until: end, ...whole })}\n`;
}

/** Null for text that is no stored lease. */
export function parseStored(text: string): StoredLease | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { address, until, from, options } = value as Readonly<Record<string, unknown>>;
  const parsed = typeof address === "string" ? parseIpv4(address) : null;
  if (parsed === null || !isHost(parsed)) return null;
  if (until !== null && (typeof until !== "number" || !Number.isFinite(until))) return null;
  const end = until ?? Number.POSITIVE_INFINITY;
  return { address: parsed, until: end, whole: wholeOf(parsed, end, from, options) };
}

/** The lease, where it is one and as long as was said. */
function wholeOf(address: number, until: number, from: unknown, text: unknown): StoredLease["whole"] {
  if (typeof from !== "number" || typeof text !== "string" || text.length > 2 * MOST_OPTIONS) return null;
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return null;
  const octets = text.match(/../g) ?? [];
  const options = parseOptions(Uint8Array.from(octets, (octet) => Number.parseInt(octet, 16)));
  const lease = options && leaseOf(address, options);
  if (!lease) return null;
  const end = from + lease.seconds * 1000;
  return end === until || Math.abs(end - until) <= ROUNDING ? { lease, from } : null;
}

function hexOf({ options }: Lease, length: number): string {
  const bytes = new Uint8Array(length);
  writeOptions(bytes, 0, options);
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
