/** The errors by which connections end, with the errno that Linux has for each. */

import { formatEndpoint } from "../../ip/endpoint.ts";
import { InetError, type InetErrorCode, type SocketErrno } from "../../ip/inet-error.ts";
import type { Endpoints } from "./flow.ts";

export type ConnectionErrorCode = Extract<
  InetErrorCode,
  "CONNECTION_REFUSED" | "CONNECTION_RESET" | "CONNECTION_ABORTED" | "CONNECTION_TIMED_OUT"
>;

const WORDS: Readonly<Record<ConnectionErrorCode, string>> = {
  CONNECTION_REFUSED: "refuses the connection",
  CONNECTION_RESET: "has reset the connection",
  CONNECTION_ABORTED: "is connected no more: there was no memory",
  CONNECTION_TIMED_OUT: "does not answer",
};

export function connectionError(code: ConnectionErrorCode, { remoteAddress, remotePort }: Endpoints): InetError {
  return new InetError(code, `${formatEndpoint({ address: remoteAddress, port: remotePort })} ${WORDS[code]}`);
}

/** The code of each error that ICMP may tell of. */
const CODES: Readonly<Record<SocketErrno, InetErrorCode>> = {
  EACCES: "ACCESS_PROHIBITED",
  ECONNREFUSED: "CONNECTION_REFUSED",
  EHOSTDOWN: "HOST_DOWN",
  EHOSTUNREACH: "HOST_UNREACHABLE",
  EMSGSIZE: "MESSAGE_TOO_LONG",
  ENETUNREACH: "NETWORK_UNREACHABLE",
  ENONET: "NETWORK_MISSING",
  ENOPROTOOPT: "PROTOCOL_UNREACHABLE",
  ENOTSUP: "OPERATION_UNSUPPORTED",
  EPROTO: "PROTOCOL_ERROR",
};

/** The error of a connection that ends because of what ICMP said. */
export function icmpError(errno: SocketErrno, { remoteAddress, remotePort }: Endpoints): InetError {
  return new InetError(CODES[errno], `${formatEndpoint({ address: remoteAddress, port: remotePort })} cannot be reached: ${errno}`);
}
