/** Patterns of the DUT's neighbour discovery. */
import type { FrameOf, Pattern } from "../../../contract/frame.ts";
import { groupMac, solicitedNode } from "../../../wire/hosts6.ts";

type Fields = Partial<FrameOf<"nd">>;

/** The DUT's question for an address, to its group or to a host alone. */
export function asks(target: string, more: Fields = {}): Pattern<"nd"> {
  return { kind: "nd", message: "ns", target, ...more };
}

export function asksGroup(target: string): Pattern<"nd"> {
  return asks(target, { dst: groupMac(solicitedNode(target)) });
}
