/** Known and wanted differences between our stack and the cases. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

export const EXPECTATIONS: readonly Expectation[] = [];
