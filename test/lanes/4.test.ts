/** A fifth of the tests that wait, in one process. */
import { waiting } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(waiting(4));
