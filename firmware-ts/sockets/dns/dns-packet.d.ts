/** The part of dns-packet that is used here; the package has no types of its own. */
declare module "dns-packet" {
  export interface DnsRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly class?: string;
    /** As its type has it: text, texts, an object. */
    readonly data?: unknown;
    readonly udpPayloadSize?: number;
    readonly flags?: number;
    readonly options?: readonly unknown[];
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
    readonly additionals?: readonly DnsRecord[];
  }

  export const RECURSION_DESIRED: number;
  export function encode(packet: DnsPacket): Uint8Array;
  /** @throws Error when the bytes are no packet */
  export function decode(bytes: Buffer): DnsPacket;
}
