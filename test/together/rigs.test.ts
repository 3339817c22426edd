/** All tests of the rigs in one process. */
import { below } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(below("test/hil-rigs/", "test/support/", "test/architecture"));
