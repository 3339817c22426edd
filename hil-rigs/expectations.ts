/** Where our stack is known, or wanted, to differ from what the cases say. An entry that no longer holds is reported as stale. */
import type { Expectation } from "./contract/case.ts";

export const EXPECTATIONS: readonly Expectation[] = [
  ...["whohas-sim", "whohas-wire"].map(
    (dut): Expectation => ({
      dut,
      case: "ARP-T-06",
      kind: "known",
      reason: "our machine does not move `used` up to `confirmed` when it arms an entry's timer",
    }),
  ),
];
