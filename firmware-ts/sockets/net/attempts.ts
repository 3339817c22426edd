/**
 * The way from a host's name to a connection: the look-up, then its addresses one after the other, as Node's autoSelectFamily tries them
 * (RFC 8305, Happy Eyeballs, in a simple form).
 */
import { ADDRCONFIG } from "node:dns";
import { isIP } from "node:net";
import type { Timer } from "../../../hal/clock.ts";
import type { InetError } from "../../ip/inet-error.ts";
import type { TcpConnection, TcpUser } from "../../transport/tcp/contract.ts";
import { namesLink, plainText, splitZone } from "../addresses.ts";
import type { FoundAddress, Lookup, NetStack } from "../ground.ts";
import { codedError, errnoName, systemError } from "../node-errors.ts";
import type { ConnectOptions } from "./arguments.ts";

/** The socket that attempts are made for. */
export interface AttemptUser {
  /** Hears everything once a connection stands. */
  readonly user: TcpUser;
  /** The socket's event. */
  tell(event: string, ...words: unknown[]): void;
  /** The name has several addresses. */
  several(): void;
  established(connection: TcpConnection): void;
  refused(error: Error): void;
}

/** Things that an attempt needs. */
export interface AttemptGround {
  readonly stack: NetStack;
  readonly lookup: Lookup;
  readonly options: ConnectOptions;
  readonly place: { readonly host: string; readonly port: number };
}

/** ms for one address of several, unless the options name others. */
const ATTEMPT_LIMIT = 250;
const SHORTEST_LIMIT = 10;

export class Attempts {
  readonly #user: AttemptUser;
  readonly #ground: AttemptGround;
  readonly #limit: Timer;
  #left: FoundAddress[] = [];
  #several = false;
  readonly #errors: Error[] = [];
  #attempt: Attempt | null = null;
  #over = false;

  constructor(ground: AttemptGround, user: AttemptUser) {
    this.#user = user;
    this.#ground = ground;
    this.#limit = ground.stack.clock.timer(() => this.#timedOut());
  }

  /** Never tells anything before this turn of the program is over. */
  begin(): void {
    const { place, options, lookup } = this.#ground;
    const { host } = place;
    if (isIP(host) !== 0) {
      process.nextTick(() => this.#found([{ address: host, family: isIP(host) }]));
      return;
    }
    const all = options.autoSelectFamily !== false && !options.localAddress;
    const { family } = options;
    const hints = options.hints || (family === 4 || family === 6 ? 0 : ADDRCONFIG);
    lookup(host, { family, hints, ...(all ? { all } : {}) }, (error, found, foundFamily) => {
      if (this.#over) return;
      if (error) {
        this.#user.tell("lookup", error, undefined, undefined, host);
        // Node tells of the error a tick later.
        process.nextTick(() => this.#fail(error));
        return;
      }
      const several = all && Array.isArray(found);
      const addresses = several ? (found as FoundAddress[]) : [{ address: found as string, family: foundFamily ?? 0 }];
      for (const one of addresses) this.#user.tell("lookup", null, one.address, one.family, host);
      const usable = addresses.filter(({ address }) => isIP(address) !== 0);
      if (usable.length === 0) process.nextTick(() => this.#fail(wrongAddress(addresses[0]?.address)));
      else this.#found(interleaved(usable));
    });
  }

  #found(addresses: FoundAddress[]): void {
    const { stack, options } = this.#ground;
    const { localAddress, localPort } = options;
    const errno = localAddress ? errnoOfBind(stack, localAddress) : null;
    if (errno !== null) {
      this.#fail(systemError(errno, "bind", { address: localAddress as string, port: localPort ?? undefined }));
      return;
    }
    this.#left = addresses;
    this.#several = addresses.length > 1;
    if (this.#several) this.#user.several();
    this.#next();
  }

  #next(): void {
    if (this.#over) return;
    const next = this.#left.shift();
    if (next === undefined) {
      this.#fail(this.#several ? aggregate(this.#errors) : (this.#errors[0] as Error));
      return;
    }
    const { address, family } = next;
    const { port } = this.#ground.place;
    this.#user.tell("connectionAttempt", address, port, family);
    // A listener may have destroyed the socket.
    if (this.#over) return;
    const attempt = new Attempt(this.#ground, next, {
      established: (connection) => {
        this.#over = true;
        this.#limit.cancel();
        this.#user.established(connection);
      },
      failed: (error) => this.#failed(next, error),
      user: this.#user.user,
    });
    this.#attempt = attempt;
    const { autoSelectFamilyAttemptTimeout: limit = ATTEMPT_LIMIT } = this.#ground.options;
    if (this.#left.length > 0 && this.#attempt === attempt) this.#limit.arm(Math.max(SHORTEST_LIMIT, limit));
    attempt.begin();
  }

  #failed({ address, family }: FoundAddress, error: Error): void {
    if (this.#over) return;
    this.#attempt = null;
    this.#limit.cancel();
    this.#errors.push(error);
    this.#user.tell("connectionAttemptFailed", address, this.#ground.place.port, family, error);
    this.#next();
  }

  #timedOut(): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    attempt.abandon();
    this.#attempt = null;
    const { address, family } = attempt.to;
    const { port } = this.#ground.place;
    this.#errors.push(systemError("ETIMEDOUT", "connect", { address, port }));
    this.#user.tell("connectionAttemptTimeout", address, port, family);
    this.#next();
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#user.refused(error);
  }

  /** Nobody wants the connection any more. */
  cancel(): void {
    this.#over = true;
    this.#limit.cancel();
    this.#attempt?.abandon();
    this.#attempt = null;
  }
}

/** The one that waits for one address. */
interface Waiter {
  readonly user: TcpUser;
  established(connection: TcpConnection): void;
  failed(error: Error): void;
}

/** One address. It is the connection's user and hands on what it hears. */
class Attempt implements TcpUser {
  readonly to: FoundAddress;
  readonly #ground: AttemptGround;
  readonly #told: Waiter;
  #connection: TcpConnection | null = null;
  #stands = false;

  constructor(ground: AttemptGround, to: FoundAddress, told: Waiter) {
    this.#ground = ground;
    this.to = to;
    this.#told = told;
  }

  begin(): void {
    const { stack, options, place } = this.#ground;
    const { localAddress, localPort } = options;
    const { address } = this.to;
    const from = localAddress ? { from: plainText(localAddress) } : {};
    // The zone of our own address is enough.
    if (!namesLink(address, stack.devices) && splitZone(localAddress || "").zone === "") {
      process.nextTick(() => this.#told.failed(this.#failure("EINVAL")));
      return;
    }
    try {
      const local = { ...from, ...(localPort ? { localPort } : {}) };
      this.#connection = stack.tcp.connect(plainText(address), place.port, this, local);
    } catch (error) {
      const failure = this.#failure(errnoName(error));
      process.nextTick(() => this.#told.failed(failure));
    }
  }

  #failure(errno: string): Error {
    return systemError(errno, "connect", { address: this.to.address, port: this.#ground.place.port });
  }

  abandon(): void {
    this.#connection?.abort();
    this.#connection = null;
  }

  connected(): void {
    this.#stands = true;
    if (this.#connection) this.#told.established(this.#connection);
  }

  readable(): void {
    this.#told.user.readable();
  }

  writable(): void {
    this.#told.user.writable();
  }

  ended(): void {
    this.#told.user.ended();
  }

  closed(error: InetError | null): void {
    if (this.#stands) this.#told.user.closed(error);
    else this.#told.failed(this.#failure(error === null ? "ECONNABORTED" : errnoName(error)));
  }
}

function errnoOfBind({ layers, devices }: NetStack, text: string): string | null {
  if (!namesLink(text, devices)) return "EINVAL";
  try {
    layers.own(plainText(text));
    return null;
  } catch {
    return "EADDRNOTAVAIL";
  }
}

/** Addresses in turns of their families, the family of the first one first. */
function interleaved(addresses: readonly FoundAddress[]): FoundAddress[] {
  const first = addresses[0]?.family;
  const [one, other] = [true, false].map((wanted) => addresses.filter(({ family }) => (family === first) === wanted));
  const turns = Math.max(one?.length ?? 0, other?.length ?? 0);
  return Array.from({ length: turns }, (_, at) => [one?.[at], other?.[at]]).flatMap((pair) =>
    pair.filter((each) => each !== undefined),
  );
}

function aggregate(errors: Error[]): Error {
  const error = new AggregateError(errors, "");
  return Object.assign(error, { code: (errors[0] as NodeJS.ErrnoException | undefined)?.code });
}

function wrongAddress(address: unknown): Error {
  return codedError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${address}`);
}
