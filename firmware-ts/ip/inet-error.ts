/** The error of addresses, routes, ports and sockets, in both families. */
import { StackError } from "../net/stack-error.ts";

/** An address, route or socket cannot be as asked. */
export class InetError extends StackError {
  constructor(code: InetErrorCode, message: string, detail = "") {
    super(code, ERRNOS[code], message, detail);
    this.name = "InetError";
  }
}

/** The errno that Linux has for each. */
const ERRNOS = {
  ACCESS_PROHIBITED: "EACCES",
  ADDRESS_EXISTS: "EEXIST",
  ADDRESS_IN_USE: "EADDRINUSE",
  ADDRESS_INVALID: "EINVAL",
  ADDRESS_MISSING: "EADDRNOTAVAIL",
  ADDRESS_NOT_AVAILABLE: "EADDRNOTAVAIL",
  CONNECTION_ABORTED: "ECONNABORTED",
  CONNECTION_REFUSED: "ECONNREFUSED",
  CONNECTION_RESET: "ECONNRESET",
  CONNECTION_TIMED_OUT: "ETIMEDOUT",
  DEVICE_DOWN: "ENETDOWN",
  DEVICE_MISSING: "ENODEV",
  FAMILY_DISABLED: "EACCES",
  FAMILY_UNSUPPORTED: "EAFNOSUPPORT",
  GROUP_LIMIT: "ENOBUFS",
  HOST_DOWN: "EHOSTDOWN",
  HOST_UNREACHABLE: "EHOSTUNREACH",
  LIFETIME_INVALID: "EINVAL",
  LLADDR_INVALID: "EINVAL",
  MESSAGE_TOO_LONG: "EMSGSIZE",
  NETWORK_MISSING: "ENONET",
  NETWORK_UNREACHABLE: "ENETUNREACH",
  OPERATION_UNSUPPORTED: "ENOTSUP",
  PORT_INVALID: "EINVAL",
  PROTOCOL_ERROR: "EPROTO",
  PROTOCOL_UNREACHABLE: "ENOPROTOOPT",
  ROUTE_EXISTS: "EEXIST",
  ROUTE_INVALID: "EINVAL",
  ROUTE_MISSING: "ESRCH",
  ROUTE_NO_GATEWAY: "EHOSTUNREACH",
  ROUTE_NOT_THERE: "ENOENT",
  ROUTE_UNREACHABLE: "ENETUNREACH",
  SCOPE_INVALID: "EINVAL",
  SOURCE_INVALID: "EINVAL",
} as const;

/** The errno that Linux makes of an ICMP error about what a socket sent (icmp(7); measured on Linux 6.18). */
export type SocketErrno =
  | "EACCES"
  | "ECONNREFUSED"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "EMSGSIZE"
  | "ENETUNREACH"
  | "ENONET"
  | "ENOPROTOOPT"
  | "ENOTSUP"
  | "EPROTO";

export type InetErrorCode = keyof typeof ERRNOS;
