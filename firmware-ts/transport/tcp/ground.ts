/** The parts of TCP that its flows share. */
import type { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Received } from "../../ip/layer.ts";
import type { TimerWheel } from "../../net/timer-wheel.ts";
import type { RingMemory } from "./byte-ring.ts";
import type { TcpUser } from "./contract.ts";
import type { TcpCounters } from "./counters.ts";
import type { Endpoints, FlowTable } from "./flow.ts";
import type { Segment } from "./segment.ts";
import type { TcpSettings } from "./settings.ts";

/** A connection that asked for lookAnew(). */
export interface PathUser {
  pathChanged(): void;
}

export interface TcpGround {
  readonly settings: TcpSettings;
  readonly counters: TcpCounters;
  readonly flows: FlowTable;
  readonly timers: TimerWheel;
  readonly rings: RingMemory;
  /** Most bytes behind an IP header for which a packet buffer has room. */
  readonly room: number;
  /** Connections that nobody uses any more. */
  orphans: number;
  /** Connections in TIME_WAIT. */
  timeWaits: number;
  /**
   * The time, as now() has read it: monotonic ms with fractions, and us and whole ms as int32, which begin anew. In arrays, because a
   * number with a fraction that is handed from function to function costs memory each time.
   */
  readonly time: Float64Array;
  readonly ticks: Int32Array;
  /** Reads the clock: once for each segment, timer and call of a user. */
  now(): number;
  /** Returns an empty packet with room for a segment; null without memory. */
  allocate(bytes: number): SkBuff | null;
  /** Returns the first sequence number of a connection (RFC 6528), and the start of its time stamps (RFC 7323 7.1). */
  initialSequence(endpoints: Endpoints): number;
  timestampOffset(endpoints: Endpoints): number;
  /** Has a connection look at its path anew, once the message at hand was taken in. */
  lookAnew(connection: PathUser): void;
  /** Hands a segment to the listener of its port, as if there were no flow. @param iss our first number of what begins by it */
  receiveWithoutFlow(skb: SkBuff, segment: Segment, packet: Received, iss?: number): DropReason;
}

/** The user of a connection that has none. */
export const NOBODY: TcpUser = {
  connected(): void {},
  readable(): void {},
  writable(): void {},
  ended(): void {},
  closed(): void {},
};
