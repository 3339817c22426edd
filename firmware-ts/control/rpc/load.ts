/** Limits of a control server, by connection and for all of them together, and the use that is made of them. */
import { ControlError, type SubscriptionKind } from "./protocol.ts";

export interface Limits {
  /** Connections of a server. */
  readonly connections: number;
  /** Requests without an answer yet: of one connection, and of all. */
  readonly requests: number;
  readonly allRequests: number;
  /** Requests among them that are told of what happens: of one connection, and of all. */
  readonly subscriptions: number;
  readonly allSubscriptions: number;
  /** Captures: of one connection, and of all. Each may let much wait for its reader. */
  readonly captures: number;
  readonly allCaptures: number;
  /** Bytes that wait for their reader: of one connection, and of all. A reader that has stopped must not fill our memory. */
  readonly backlog: number;
  readonly allBacklog: number;
}

export const LIMITS: Limits = {
  connections: 64,
  requests: 256,
  allRequests: 1024,
  subscriptions: 16,
  allSubscriptions: 256,
  captures: 1,
  allCaptures: 8,
  backlog: 8 << 20,
  allBacklog: 64 << 20,
};

/** Something that can be used up. */
type Kind = "requests" | SubscriptionKind;

const ALL = { requests: "allRequests", subscriptions: "allSubscriptions", captures: "allCaptures" } as const;
const CODES = { requests: "REQUESTS_LIMIT", subscriptions: "SUBSCRIPTIONS_LIMIT", captures: "CAPTURES_LIMIT" } as const;
/** One, and more of them. */
const WORDS = {
  requests: ["request without an answer", "requests without an answer"],
  subscriptions: ["subscription", "subscriptions"],
  captures: ["capture", "captures"],
} as const;

/** The use that the connections of one server make of its limits. */
export class ServerLoad {
  readonly limits: Limits;
  readonly #backlogs = new Set<{ readonly backlog: number }>();
  requests = 0;
  subscriptions = 0;
  captures = 0;

  constructor(limits: Limits = LIMITS) {
    this.limits = limits;
  }

  /**
   * Takes in a connection, until the returned function is called.
   * @throws ControlError CONNECTIONS_LIMIT
   */
  connect(channel: { readonly backlog: number }): () => void {
    const { connections } = this.limits;
    if (this.#backlogs.size >= connections) {
      throw new ControlError("CONNECTIONS_LIMIT", `the instance has ${connections} connections, and takes no more`);
    }
    this.#backlogs.add(channel);
    return () => this.#backlogs.delete(channel);
  }

  /** Bytes that wait for all readers. */
  get backlog(): number {
    let bytes = 0;
    for (const { backlog } of this.#backlogs) bytes += backlog;
    return bytes;
  }
}

/** The use that one connection makes of the limits. */
export class ConnectionLoad {
  readonly #all: ServerLoad;
  readonly #used = { requests: 0, subscriptions: 0, captures: 0 };

  constructor(all: ServerLoad) {
    this.#all = all;
  }

  /** @throws ControlError REQUESTS_LIMIT, SUBSCRIPTIONS_LIMIT, CAPTURES_LIMIT when there is no room for one more */
  check(kind: Kind): void {
    const { limits } = this.#all;
    if (this.#used[kind] >= limits[kind]) throw full(kind, "this connection", limits[kind]);
    if (this.#all[kind] >= limits[ALL[kind]]) throw full(kind, "the instance", limits[ALL[kind]]);
  }

  take(kind: Kind): void {
    this.#used[kind]++;
    this.#all[kind]++;
  }

  give(kind: Kind): void {
    this.#used[kind]--;
    this.#all[kind]--;
  }

  /** Returns whether a backlog is too much for one connection, or, while it is not read, all of them are for the server. */
  overflows(backlog: number): boolean {
    const { limits } = this.#all;
    return backlog > limits.backlog || (backlog > 0 && this.#all.backlog > limits.allBacklog);
  }
}

function full(kind: Kind, who: string, limit: number): ControlError {
  const [one, more] = WORDS[kind];
  return new ControlError(CODES[kind], `${who} has ${limit} ${limit === 1 ? one : more}, the most that it may have; end one first`);
}
