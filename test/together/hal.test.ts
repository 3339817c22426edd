/** All tests of hal/ in one process. */
import "../support/computing.ts";
import { below } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(below("test/hal/"));
