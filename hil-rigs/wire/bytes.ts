/** Addresses and checksums as bytes. The bench has its own code for them, so that it can check the stack's. */

export function macBytes(text: string): number[] {
  const bytes = text.split(":").map((octet) => Number.parseInt(octet, 16));
  if (bytes.length !== 6 || !bytes.every((byte) => byte >= 0 && byte <= 255)) throw new Error(`"${text}" is no MAC address`);
  return bytes;
}

export function ipBytes(text: string): number[] {
  const bytes = text.split(".").map(Number);
  if (bytes.length !== 4 || !bytes.every((byte) => byte >= 0 && byte <= 255)) throw new Error(`"${text}" is no IPv4 address`);
  return bytes;
}

export function word(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

/** 32 bits. */
export function longWord(value: number): number[] {
  return [...word(Math.floor(value / 0x10000)), ...word(value & 0xffff)];
}

/** The 16 bytes of an IPv6 address without a zone (RFC 4291 2.2, forms 1 and 2). */
export function ip6Bytes(text: string): number[] {
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":").map((group) => Number.parseInt(group, 16))));
  const [front = [], back = []] = halves;
  const groups =
    halves.length === 2 ? [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back] : front;
  if (halves.length > 2 || groups.length !== 8 || !groups.every((group) => group >= 0 && group <= 0xffff))
    throw new Error(`"${text}" is no IPv6 address`);
  return groups.flatMap(word);
}

export function macText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export function ipText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 4)].join(".");
}

/** An IPv6 address as RFC 5952 writes it: the first of the longest runs of zeros in short. */
export function ip6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, n) => ((bytes[at + 2 * n]! << 8) | bytes[at + 2 * n + 1]!).toString(16));
  let [start, length] = [0, 1];
  for (let from = 0; from < 8; from++) {
    let end = from;
    while (groups[end] === "0") end++;
    if (end - from > length) [start, length] = [from, end - from];
  }
  if (length === 1) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** The Internet checksum (RFC 1071) over bytes in pairs. 0 if the bytes contain their correct checksum. */
export function checksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}
