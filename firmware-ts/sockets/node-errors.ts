/** Errors with the names, codes and words that Node gives its own, so that programs which look at them find what they expect. */
import { constants } from "node:os";
import { getSystemErrorName, inspect } from "node:util";

/** The errno of a system call as Node has it: a negative number. */
export function errnoOf(code: string): number {
  const { errno } = constants;
  return Object.hasOwn(errno, code) ? -errno[code as keyof typeof errno] : -constants.errno.EIO;
}

/** The place that a system call was about. */
export interface ErrorPlace {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** An error of a system call: `connect ECONNREFUSED 10.0.0.2:80`. */
export function systemError(code: string, syscall: string, { address, port, localAddress, localPort }: ErrorPlace = {}): Error {
  const where = address === undefined ? "" : ` ${address}${port ? `:${port}` : ""}`;
  const local = localAddress === undefined ? "" : ` - Local (${localAddress}:${localPort})`;
  const error: NodeJS.ErrnoException & ErrorPlace = new Error(`${syscall} ${code}${where}${local}`);
  error.errno = errnoOf(code);
  error.code = code;
  error.syscall = syscall;
  if (address === undefined) return error;
  return Object.assign(error, { address }, port ? { port } : {});
}

/** An error of a server that cannot listen: `listen EADDRINUSE: address already in use 10.0.0.2:80`. */
export function listenError(code: string, address: string | undefined, port: number): Error {
  const where = `${address ?? ""}${port > 0 ? `:${port}` : ""}`;
  const error: NodeJS.ErrnoException & ErrorPlace = new Error(`listen ${code}: ${wordsOf(code)}${where === "" ? "" : ` ${where}`}`);
  error.code = code;
  error.errno = errnoOf(code);
  error.syscall = "listen";
  return Object.assign(error, { address }, port > 0 ? { port } : {});
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "address not available",
  EAFNOSUPPORT: "address family not supported",
  EINVAL: "invalid argument",
};

function wordsOf(code: string): string {
  return WORDS[code] ?? code;
}

type ErrorClass = new (message: string) => Error;

/** An error with a code of Node's: `TypeError [ERR_SOCKET_BAD_TYPE]: …`. */
export function codedError(Base: ErrorClass, code: string, message: string): Error {
  const error = new Base(message);
  // As in Node the code stands in the stack, and not in the name.
  const { name } = error;
  error.name = `${name} [${code}]`;
  // The stack is written when it is read first.
  void error.stack;
  Reflect.deleteProperty(error, "name");
  return Object.assign(error, { code });
}

/** The value that was given, as Node's messages end: `. Received type number (5)`. */
function received(value: unknown): string {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    const { name = "" } = (value.constructor ?? {}) as { name?: string };
    return name === "" ? ` Received ${inspect(value, { depth: -1 })}` : ` Received an instance of ${name}`;
  }
  const text = inspect(value, { colors: false });
  return ` Received type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

/** @param wanted as the message has it: `of type string` */
export function wrongType(name: string, wanted: string, value: unknown): Error {
  const what = name.includes(".") ? "property" : "argument";
  return codedError(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" ${what} must be ${wanted}.${received(value)}`);
}

export function badPort(name: string, value: unknown, zero: boolean): Error {
  const message = `${name} should be ${zero ? ">=" : ">"} 0 and < 65536.${received(value)}.`;
  return codedError(RangeError, "ERR_SOCKET_BAD_PORT", message);
}

/** Reads a port as Node does: a number, or a text that is one. @throws RangeError ERR_SOCKET_BAD_PORT */
export function portOf(value: unknown, { name = "Port", zero = true }: { name?: string; zero?: boolean } = {}): number {
  const text = typeof value === "string" && value.trim().length > 0;
  const port = typeof value === "number" || text ? Number(value) : Number.NaN;
  if (port !== port >>> 0 || port > 0xffff || (port === 0 && !zero)) throw badPort(name, value, zero);
  return port;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw wrongType(name, "of type string", value);
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw wrongType(name, "of type function", value);
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkSignal(value: unknown, name: string): void {
  if (typeof value === "object" && value !== null && "aborted" in value) return;
  throw wrongType(name, "an instance of AbortSignal", value);
}

/** The errno's name, of an error that the stack throws; EINVAL where it has none. */
export function errnoName(error: unknown): string {
  const { errno } = error as { errno?: unknown };
  if (typeof errno === "string") return errno;
  return typeof errno === "number" && errno < 0 ? getSystemErrorName(errno) : "EINVAL";
}
