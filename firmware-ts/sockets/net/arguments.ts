/** The forms in which node:net's connect() and listen() take their arguments, read into one. */
import type { Lookup } from "../ground.ts";
import { codedError, portOf, wrongType } from "../node-errors.ts";

/** The settings of a connection, as net.connect() has them. */
export interface ConnectOptions {
  port?: number | string | undefined;
  host?: string | undefined;
  /** Null, as undici has it, is none. */
  localAddress?: string | null | undefined;
  localPort?: number | null | undefined;
  family?: number | undefined;
  hints?: number | undefined;
  lookup?: Lookup | undefined;
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  keepAliveInitialDelay?: number | undefined;
  autoSelectFamily?: boolean | undefined;
  autoSelectFamilyAttemptTimeout?: number | undefined;
  /** A Unix socket, which a stack does not have. */
  path?: string | null | undefined;
  timeout?: number | undefined;
}

/** The settings of a listening server, as server.listen() has them. */
export interface ListenOptions {
  port?: number | string | undefined;
  host?: string | undefined;
  backlog?: number | undefined;
  path?: string | null | undefined;
  ipv6Only?: boolean | undefined;
  exclusive?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

type Words<O> = readonly [options: O, callback: ((...words: never[]) => void) | undefined];

/** A port as listen() takes it among other things: a number, or digits. */
function isPort(word: unknown): boolean {
  return typeof word === "number" || (typeof word === "string" && Number(word) >= 0);
}

function callbackOf(words: readonly unknown[]): ((...words: never[]) => void) | undefined {
  const last = words.at(-1);
  return typeof last === "function" ? (last as () => void) : undefined;
}

/** Reads connect(options[, callback]), connect(port[, host][, callback]), connect(path[, callback]). */
export function readConnect(words: readonly unknown[]): Words<ConnectOptions> {
  const [first, host] = words;
  const callback = callbackOf(words);
  if (typeof first === "object" && first !== null) return [first, callback];
  if (typeof first === "string" && !isPort(first)) return [{ path: first }, callback];
  return [{ port: first as number, ...(typeof host === "string" ? { host } : {}) }, callback];
}

/** Reads listen([port[, host[, backlog]]][, callback]), listen(options[, callback]), listen(path[, backlog][, callback]). */
export function readListen(words: readonly unknown[]): Words<ListenOptions> {
  const [first, ...others] = words;
  const callback = callbackOf(words);
  if (typeof first === "object" && first !== null) return [first, callback];
  const host = others.find((word) => typeof word === "string");
  const backlog = others.find((word) => typeof word === "number");
  const rest = { ...(host === undefined ? {} : { host }), ...(backlog === undefined ? {} : { backlog }) };
  if (typeof first === "string" && !isPort(first)) return [{ path: first, ...rest }, callback];
  return [{ port: first === undefined || first === null || first === callback ? 0 : (first as number), ...rest }, callback];
}

/** @throws TypeError ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE; RangeError ERR_SOCKET_BAD_PORT */
export function portToConnect({ port }: ConnectOptions): number {
  if (port === undefined) {
    const message = 'The "options" or "port" or "path" argument must be specified';
    throw codedError(TypeError, "ERR_MISSING_ARGS", message);
  }
  if (typeof port !== "number" && typeof port !== "string") {
    throw wrongType("options.port", "one of type number or string", port);
  }
  return portOf(port);
}

/** A stack has no files. */
export function noUnixSockets(path: string): Error {
  return codedError(TypeError, "ERR_INVALID_ARG_VALUE", `the path ${path}: a stack has no Unix sockets; say a host and a port`);
}
