/** All tests of the board in one process. */
import "../support/computing.ts";
import { below } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(below("test/firmware-ts/control/", "test/firmware-ts/apps/", "test/firmware-ts/board/", "test/firmware-ts/cli/"));
