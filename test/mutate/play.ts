/** Plays the test files named on the command line in one process, for files that can share one; tells hook.mjs after each. */
import "../support/computing.ts";
import { together } from "../support/together.ts";

const tell = (globalThis as { __report?: (file: string, passed: boolean) => void }).__report;
await together(process.argv.slice(2), tell);
