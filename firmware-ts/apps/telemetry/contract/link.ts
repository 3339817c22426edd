/** The contract of a link: it carries messages to the collector, and tells the fate of each. */
import type { Random } from "../../../../hal/random.ts";
import type { IpAddress } from "../../../ip/address.ts";
import type { SendResult } from "../../../ip/send-result.ts";
import type { Stack } from "../../../stack.ts";

export interface Link {
  /** Bytes that a message may have now, so that it needs no fragments. */
  readonly room: number;
  /** The reason that nothing can be sent yet, because the collector's address is not known; empty or absent: it can. */
  readonly obstacle?: string;
  /** @throws InetError for an address that cannot be reached from this stack at all */
  start(): void;
  /**
   * Sends a message; the bytes are copied.
   * @param id comes back with its fate; not 0
   * @returns `sent` and `failed` are its fate. `queued`: it waits for an address first. Null: it is under way in another manner.
   */
  send(message: Uint8Array, id: number): SendResult | null;
  /** Ends for good; messages under way that nothing will become of have failed. Called twice, or before start(), it does nothing. */
  stop(): void;
}

/** Hears of the fate of each message for which send() returned no fate; `failed` may come for one that was `sent`. */
export type Settled = (id: number, result: SendResult) => void;

/** The surroundings of a link. */
export interface LinkContext {
  readonly stack: Stack;
  readonly random: Random;
  /** The rig's name. */
  readonly node: string;
  /** The collector. */
  readonly address: string | IpAddress;
  readonly port: number;
  readonly settled: Settled;
  /** A message that the collector's host refuses (ICMP) has failed, though it was sent: readings that are stored can go again. */
  readonly refusals?: boolean;
}

/** Messages that a link keeps at most until their fate is known. */
export const MOST_UNDER_WAY = 256;

/** A failure, with its reason. */
export function failure(reason: string): SendResult {
  return { status: "failed", reason };
}

export const SENT: SendResult = Object.freeze({ status: "sent", reason: "" });
