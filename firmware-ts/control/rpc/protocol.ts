/** Terms that both ends of a control connection share: JSON values, methods, sessions, and the error that refuses a request. */

/** Error codes of JSON-RPC 2.0 section 5.1, and one of this project. */
export const RpcCode = {
  PARSE: -32_700,
  INVALID_REQUEST: -32_600,
  NO_METHOD: -32_601,
  INVALID_PARAMS: -32_602,
  INTERNAL: -32_603,
  /** The stack refused the operation; `data.code` says why. */
  REFUSED: 1,
} as const;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

export interface RefusalData {
  /** Default: that of Linux for the same refusal is not known. */
  errno?: string;
  /** The name, key or value that the refusal is about, or a finer reason. Default: empty. */
  detail?: string;
  /** Default: REFUSED. */
  rpcCode?: number;
}

/** Refuses a request. Programs go by `code` (`NEIGH_EXISTS`, …), which is stable; people read the message. */
export class ControlError extends Error {
  readonly code: string;
  readonly rpcCode: number;
  /** EEXIST, ENOENT, …; empty where Linux has none for it. */
  readonly errno: string;
  readonly detail: string;

  constructor(code: string, message: string, { errno = "", detail = "", rpcCode = RpcCode.REFUSED }: RefusalData = {}) {
    super(message);
    this.name = "ControlError";
    this.code = code;
    this.errno = errno;
    this.detail = detail;
    this.rpcCode = rpcCode;
  }
}

/** The limit that a subscription counts against. */
export type SubscriptionKind = "subscriptions" | "captures";

/** The connection that a request came over. */
export interface Session {
  /** Sends a notification to the client. */
  notify(method: string, params: JsonObject): void;
  /**
   * Calls back when the client goes away, unless the returned function was called before. A client that is gone already is not told of:
   * see `closed`.
   */
  onClose(callback: () => void): () => void;
  /**
   * Begins a subscription, which goes on until the client goes away, and `end` is called then, or until the returned function is called.
   * @param kind default `subscriptions`
   * @throws ControlError SUBSCRIPTIONS_LIMIT, CAPTURES_LIMIT when the client, or all clients together, have as many as they may have
   */
  subscribe(end: () => void, kind?: SubscriptionKind): () => void;
  /** Bytes sent that the client has not taken yet. A client is cut off when they are too many. */
  readonly backlog: number;
  readonly closed: boolean;
}

export type Method = (params: JsonObject, session: Session) => Json | Promise<Json>;
export type Methods = ReadonlyMap<string, Method>;

/** Sends requests: over a channel, or to methods in the same process. */
export interface RpcCaller {
  /** @throws ControlError as the other end refused it */
  call(method: string, params?: JsonObject): Promise<Json>;
  /** Receives what a request tells while it goes on. */
  onNotification: ((method: string, params: JsonObject) => void) | null;
  close(): void;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
