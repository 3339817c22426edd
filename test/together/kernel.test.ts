/** All tests that hold us next to the kernel, in one process. */
import { besideKernel } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(besideKernel());
