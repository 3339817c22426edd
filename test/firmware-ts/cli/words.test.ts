/** The words of the command line: flags as `ip` has them, abbreviations, and text of strangers on a terminal. */
import t from "tap";
import { parseGlobals } from "../../../firmware-ts/cli/contract/globals.ts";
import { PrintableCaller, printable, printableJson, printableLines } from "../../../firmware-ts/cli/work/printable.ts";
import type { Caller } from "../../../firmware-ts/control/methods/client.ts";
import type { Note } from "../../../firmware-ts/control/methods/index.ts";
import { LocalCaller } from "../../../firmware-ts/control/rpc/local.ts";
import { ControlError, type Json, type Method } from "../../../firmware-ts/control/rpc/protocol.ts";

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
  t.equal(printableJson({ a: "\n\u001b\u007f\u009b\u202eé" }), '{"a":"\\n\\u001b\\u007f\\u009b\\u202eé"}');
  t.equal(printable("\u2028\u202e\u200f"), "\\u2028\\u202e\\u200f");
});

t.test("what an instance answers, tells and refuses drives no terminal, in whatever member it stands", async (t) => {
  const evil = "a\u001b]0;x\u0007\n\tb\u009b";
  const fit = "a\\x1b]0;x\\x07\n\tb\\x9b";
  t.equal(printableLines(evil), fit);
  const rpc = new LocalCaller(
    new Map<string, Method>([
      [
        "link.show",
        (_params, session) => {
          session.notify("ping.error", { from: evil, seq: 1, reason: evil });
          return JSON.parse(JSON.stringify({ [evil]: [evil, { __proto__: null, x: evil }], n: 1 })) as Json;
        },
      ],
      ["cat", () => evil],
      [
        "sysctl.read",
        () => {
          throw new ControlError(evil, evil, { errno: evil, detail: evil });
        },
      ],
      ["neigh.show", () => JSON.parse("[".repeat(99) + "]".repeat(99)) as Json],
    ]),
  );
  const inner: Caller = { onNotification: null, call: async (name, ...[params]) => (await rpc.call(name, params)) as never };
  rpc.onNotification = (...note) => inner.onNotification?.(...(note as Note));
  const caller = new PrintableCaller(inner);
  const notes: unknown[] = [];
  caller.onNotification = (...note) => notes.push(note);
  const line = printable(evil);
  t.same(await caller.call("link.show"), { [line]: [fit, { x: fit }], n: 1 });
  t.same(notes, [["ping.error", { from: fit, seq: 1, reason: fit }]]);
  t.equal(await caller.call("cat", { path: "/proc/net/arp" }), fit);
  const refused = { code: line, message: fit, errno: line, detail: line };
  await t.rejects(caller.call("sysctl.read", { key: "x" }), refused);
  await t.rejects(caller.call("neigh.show"), { code: "ANSWER_UNKNOWN" });
});
