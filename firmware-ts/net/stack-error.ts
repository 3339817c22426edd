/** The error with which the stack refuses what it is asked: a code for programs, the errno of Linux, and what it is about. */

/** Error numbers of Linux that the stack's refusals have. */
export type Errno =
  | "EACCES"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EAFNOSUPPORT"
  | "ECONNABORTED"
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "EEXIST"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "EINVAL"
  | "EMSGSIZE"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ENOBUFS"
  | "ENODEV"
  | "ENONET"
  | "ENOENT"
  | "ENOPROTOOPT"
  | "ENOTSUP"
  | "EPERM"
  | "EPROTO"
  | "ESRCH"
  | "ETIMEDOUT";

/** The message is for people and says nothing that `code`, `errno` and `detail` do not; the words of `ip` are made in control/iproute/. */
export class StackError extends Error {
  /** Stable: EXISTS, ROUTE_MISSING, … */
  readonly code: string;
  readonly errno: Errno;
  /** The name, address or value that was refused; empty where the code says it all. */
  readonly detail: string;

  constructor(code: string, errno: Errno, message: string, detail = "") {
    super(message);
    this.name = "StackError";
    this.code = code;
    this.errno = errno;
    this.detail = detail;
  }
}
