/** The error of addresses, routes, ports and sockets, in both families. */

/** An address, route or socket cannot be as asked. `code` is stable, the message is that of `ip` without its "Error: " or "RTNETLINK answers: ". */
export class InetError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "InetError";
    this.code = code;
  }
}
