/** All tests of the stack in one process. */
import "../support/without-domains.ts";
import { below } from "../support/files.ts";
import { together } from "../support/together.ts";

await together(
  below(
    "test/firmware-ts/sockets/",
    "test/firmware-ts/neigh/",
    "test/firmware-ts/sleep/",
    "test/firmware-ts/snapshot/",
    "test/firmware-ts/net/",
    "test/firmware-ts/ip/",
    "test/firmware-ts/ip4/",
    "test/firmware-ts/ip6/",
    "test/firmware-ts/transport/",
    "test/firmware-ts/index",
  ),
);
