/**
 * Refusals of the stack in the words of iproute2, procps and coreutils, and of the kernel behind them: its explanation where it has one
 * (an extended acknowledgement), else the text of the errno.
 */
import type { ControlError } from "../rpc/protocol.ts";

/** strerror(3). */
const STRERROR: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EACCES: "Permission denied",
    EADDRINUSE: "Address already in use",
    EADDRNOTAVAIL: "Cannot assign requested address",
    EAFNOSUPPORT: "Address family not supported by protocol",
    EEXIST: "File exists",
    EHOSTUNREACH: "No route to host",
    EINVAL: "Invalid argument",
    ENETDOWN: "Network is down",
    ENETUNREACH: "Network is unreachable",
    ENOBUFS: "No buffer space available",
    ENODEV: "No such device",
    ENOENT: "No such file or directory",
    EPERM: "Operation not permitted",
    ESRCH: "No such process",
  }),
);

/** The kernel's explanations, by the code or the detail of the refusal. */
const EXPLANATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    // neighbour table
    NO_DEVICE: "Device not specified",
    GET_NO_DEVICE: "No device specified",
    INVALID_LLADDR: "Invalid link address",
    NO_LLADDR: "No link layer address given",
    RESERVED_FLAG: "reserved bit set",
    FLAG_COMBINATION: "Invalid NTF_* flag combination",
    MANAGED_PERMANENT: "Invalid NTF_* flag for permanent entry",
    VALIDATED_CREATE: "Cannot create externally validated neighbor with an invalid state",
    VALIDATED_UPDATE: "Cannot mark neighbor as externally validated with an invalid state",
    NOT_FOUND: "Neighbour entry not found",
    PROXY_NOT_FOUND: "Proxy neighbour entry not found",
    // devices
    MTU_TOO_SMALL: "mtu less than device minimum",
    MTU_TOO_LARGE: "mtu greater than device maximum",
    // addresses and routes
    ADDRESS_EXISTS: "ipv4: Address already assigned",
    ADDRESS_MISSING: "ipv4: Address not found",
    SCOPE_INVALID: "ipv4: Invalid scope value",
    DEVICE_DOWN: "Device for nexthop is not up",
    ONLINK_DEVICE_DOWN: "Nexthop device is not up",
    ONLINK_NO_DEVICE: "Nexthop device required for onlink",
    ONLINK_NO_GATEWAY: "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set",
    ONLINK_SCOPE: "Nexthop has invalid scope",
    ROUTE_UNREACHABLE: "Nexthop has invalid gateway",
    SOURCE_INVALID: "Invalid prefsrc address",
    TYPE_NEXTHOP: "Gateway, device and multipath can not be specified for this route type",
    NEXTHOP_DEVICE: "Nexthop device index does not match RTA_OIF",
    NEXTHOP_GATEWAY: "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA",
    ROUTE_INVALID: "Invalid prefix for given prefix length",
    // those of IPv6
    IP6_ADDRESS_EXISTS: "ipv6: address already assigned",
    IP6_ADDRESS_MISSING: "ipv6: address not found",
    IP6_ADDRESS_INVALID: "ipv6: Invalid address",
    IP6_LOOPBACK: "ipv6: Cannot assign loopback address on this device",
    IP6_GROUP: 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag',
    IP6_NEXTHOP_GATEWAY: "Device only routes can not be added for IPv6 using the multipath API",
    IP6_ONLINK_NO_DEVICE: "Nexthop device required for onlink",
    IP6_FAMILY_DISABLED: "IPv6 is disabled on nexthop device",
    IP6_VIA: "IPv6 does not support RTA_VIA attribute",
    IP6_EGRESS_LOOPBACK: "Egress device can not be loopback device for this route",
    IP6_EGRESS: "Egress device not specified",
    IP6_GATEWAY: "Invalid gateway address",
    IP6_GATEWAY_LOCAL: "Gateway can not be a local address",
    IP6_SOURCE_INVALID: "Invalid source address",
    IP6_DEVICE_DOWN: "Nexthop device is not up",
    IP6_ROUTE_NOT_THERE: "Can not replace route - no match found",
  }),
);

/** Codes whose words name what was refused. */
const NAMED: ReadonlyMap<string, (detail: string) => string> = new Map(
  Object.entries({
    NO_DEVICE: (name) => `Cannot find device "${name}"`,
    NUD_INVALID: (name) => `Error: argument "${name}" is wrong: nud state is bad`,
    FLUSH_ALL: () => "Flush requires arguments.",
    NETNS_UNKNOWN: (name) => `Cannot open network namespace "${name}": No such file or directory`,
    SYSCTL_UNKNOWN: (path) => `sysctl: cannot stat /proc/sys/${path}: No such file or directory`,
    SYSCTL_INVALID: (key) => `sysctl: setting key "${key}": Invalid argument`,
    FILE_UNKNOWN: (path) => `cat: ${path}: No such file or directory`,
  }),
);

/** The parts of a refusal that its words are made of. */
export type Refusal = Pick<ControlError, "code" | "errno" | "detail" | "message">;

/** A refusal as `ip`, `sysctl` or `cat` prints it. A refusal that they do not know keeps its message. */
export function refusalWords({ code, errno, detail, message }: Refusal): string {
  const named = NAMED.get(code);
  if (named) return named(detail);
  const why = EXPLANATIONS.get(detail) ?? EXPLANATIONS.get(code);
  if (why !== undefined) return `Error: ${why}.`;
  const text = STRERROR.get(errno);
  return text === undefined ? message : `RTNETLINK answers: ${text}`;
}

/** A refusal of `ping` as iputils prints it; undefined for one that iputils does not know. */
export function pingRefusalWords({ code, errno, detail }: Omit<Refusal, "message">, six: boolean): string | undefined {
  if (code === "NO_DEVICE") return six ? `ping: unknown iface: ${detail}` : `ping: SO_BINDTODEVICE ${detail}: No such device`;
  if (code === "ADDRESS_NOT_AVAILABLE") return `ping: ${six ? "bind icmp socket" : "bind"}: Cannot assign requested address`;
  if (code !== "UNREACHABLE" && code !== "PING_BROADCAST") return undefined;
  if (errno === "EACCES") return "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
  return `ping: connect: ${STRERROR.get(errno) ?? errno}`;
}
