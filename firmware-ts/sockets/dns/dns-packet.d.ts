/** dns-packet 5.6.1 ships no types; this is what we use of it. */
declare module "dns-packet" {
  export const RECURSION_DESIRED: number;
  export function encode(packet: object): Uint8Array;
  /** @throws Error when the bytes are no packet */
  export function decode(bytes: Buffer): object;
}
