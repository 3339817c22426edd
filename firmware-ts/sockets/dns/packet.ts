/** Messages of names (RFC 1035 4), as dns-packet has them. Its module has no types: none of it may show through the types of a door. */
import { decode, encode, RECURSION_DESIRED } from "dns-packet";

export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly class?: string;
  /** As its type has it: text, texts, an object. */
  readonly data?: unknown;
}

export interface DnsPacket {
  readonly id?: number;
  readonly type?: "query" | "response";
  readonly flags?: number;
  readonly flag_tc?: boolean;
  readonly rcode?: string;
  readonly questions?: readonly { readonly name: string; readonly type: string; readonly class?: string }[];
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
  readonly additionals?: readonly object[];
}

/** Writes a question. @param payload most bytes of an answer by UDP (RFC 6891); 0 says nothing of it */
export function writeQuestion(id: number, name: string, type: string, payload: number): Uint8Array {
  const options = { type: "OPT", name: ".", udpPayloadSize: payload, flags: 0, options: [] };
  return encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: "IN" }],
    additionals: payload > 0 ? [options] : [],
  });
}

/** Reads a message; null when the bytes are none. */
export function readPacket(bytes: Buffer): DnsPacket | null {
  try {
    return decode(bytes) as DnsPacket;
  } catch {
    return null;
  }
}
