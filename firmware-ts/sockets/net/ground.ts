/** The surroundings of the sockets of one stack. */
import type { Holds, Lookup, NetStack } from "../ground.ts";

export interface NetGround {
  readonly stack: NetStack;
  readonly lookup: Lookup;
  readonly holds: Holds;
}
