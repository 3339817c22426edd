/** The words of the command line: flags as `ip` has them, abbreviations, and text of strangers on a terminal. */
import t from "tap";
import { parseGlobals } from "../../../firmware-ts/cli/contract/globals.ts";
import { printable } from "../../../firmware-ts/cli/work/udp.ts";

t.test("flags before the object", async (t) => {
  const flags = (...words: string[]): unknown => parseGlobals(words);
  t.match(flags("-i", "one", "-j", "-p", "-s", "-s", "-d", "-o", "-4", "neigh", "-x"), {
    globals: { instance: "one", json: true, pretty: true, statistics: 2, details: true, oneline: true },
    rest: ["neigh", "-x"],
  });
  t.match(flags("--json", "-statistics", "link"), { globals: { json: true, statistics: 1 }, rest: ["link"] });
  t.match(flags(), { globals: { instance: "default" }, rest: [] });
  t.match(flags("--help"), { rest: ["--help"] });
  t.match(flags("-6", "--br", "-ts", "neigh"), { globals: { family: "inet6", brief: true, timestamp: "ts" }, rest: ["neigh"] });
  t.throws(() => flags("-z"), { exitCode: 255, message: 'Option "-z" is unknown, try "whohas --help".' });
  t.throws(() => flags("-i"), { exitCode: 2, message: "-i needs a value; say e.g. -i default" });
});

t.test("what came in a datagram makes no lines of its own and does not drive the terminal", async (t) => {
  t.equal(printable("t=21.5 é😀"), "t=21.5 é😀");
  t.equal(printable("a\n10.0.0.1:1 1 b\r\u001b[2J\u0000\u007f\u009b"), "a\\x0a10.0.0.1:1 1 b\\x0d\\x1b[2J\\x00\\x7f\\x9b");
  t.equal(printable("\u2028\u202e\u200f"), "\\u2028\\u202e\\u200f");
});
