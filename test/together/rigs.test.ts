/** All tests of the rigs, of the package's doors and of the architecture in one process. */
import "../support/computing.ts";
import { below } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(below("test/hil-rigs/", "test/support/", "test/doors/", "test/mutate/", "test/adding", "test/architecture"));
