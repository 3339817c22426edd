/** The test file that is being played: that of the process, or the one whose turn it is where several share it (together.ts). */
import { relative } from "node:path";
import { ROOT } from "./sources.ts";

export const played: {
  /** Its path from the project's root. */
  file: string;
  /** When its turn came, in ms since 1970; 0 for that of the process. */
  since: number;
} = { file: relative(ROOT, process.argv[1] ?? ""), since: 0 };
