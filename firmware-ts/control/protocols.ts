/** Names of route and neighbour originators (iproute2's rt_protos; linux/rtnetlink.h RTPROT_*). */
const PROTOCOLS: readonly (readonly [number, string])[] = [
  [0, "unspec"],
  [1, "redirect"],
  [2, "kernel"],
  [3, "boot"],
  [4, "static"],
  [8, "gated"],
  [9, "ra"],
  [10, "mrt"],
  [11, "zebra"],
  [12, "bird"],
  [13, "dnrouted"],
  [14, "xorp"],
  [15, "ntk"],
  [16, "dhcp"],
  [18, "keepalived"],
  [42, "babel"],
  [186, "bgp"],
  [187, "isis"],
  [188, "ospf"],
  [189, "rip"],
  [192, "eigrp"],
];

/** The number of a name or a number 0..255; NaN for neither. */
export function protocolNumber(text: string): number {
  const named = PROTOCOLS.find(([, name]) => name === text);
  if (named) return named[0];
  const number = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.NaN;
  return number <= 255 ? number : Number.NaN;
}

export function protocolName(number: number): string {
  return PROTOCOLS.find(([value]) => value === number)?.[1] ?? String(number);
}
