/** Where our stack is known, or wanted, to differ from what the cases say. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

export const EXPECTATIONS: readonly Expectation[] = [];
