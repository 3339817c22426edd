/** Requests as they come from whoever can open the socket: each gets the right answer, and none of them an internal error. */
import fc from "fast-check";
import t from "tap";
import { LineReader, MAX_LINE } from "../../../../firmware-ts/control/rpc/line-reader.ts";
import type { Method, Methods } from "../../../../firmware-ts/control/rpc/protocol.ts";
import { answer } from "../../../../firmware-ts/control/rpc/server.ts";
import { outcome, TestSession } from "../../../support/control.ts";

const methods: Methods = new Map<string, Method>([
  ["echo", (params) => params],
  [
    "broken",
    () => {
      throw new TypeError("a fault of ours");
    },
  ],
]);

async function ask(line: string): Promise<unknown> {
  const reply = await answer(line, methods, new TestSession());
  return reply === null ? null : outcome(reply);
}

t.test("what is no request gets its code, without an id to go by", async (t) => {
  const request = { jsonrpc: "2.0", id: 1, method: "echo" };
  const rows: [string, number, string][] = [
    ["", -32_700, "PARSE_ERROR"],
    ["{", -32_700, "PARSE_ERROR"],
    ["GET / HTTP/1.1", -32_700, "PARSE_ERROR"],
    ['{"jsonrpc":"2.0","id":1,"method":"echo"}}', -32_700, "PARSE_ERROR"],
    ["\u0000", -32_700, "PARSE_ERROR"],
    ["null", -32_600, "INVALID_REQUEST"],
    ["7", -32_600, "INVALID_REQUEST"],
    ["{}", -32_600, "INVALID_REQUEST"],
    ["[]", -32_600, "INVALID_REQUEST"],
    [JSON.stringify([request]), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, jsonrpc: "1.0" }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, jsonrpc: 2 }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, method: 1 }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, method: undefined }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: {} }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: [1] }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: true }), -32_600, "INVALID_REQUEST"],
  ];
  for (const [line, rpcCode, code] of rows) {
    const reply = JSON.parse((await answer(line, methods, new TestSession())) as string);
    t.match(reply, { jsonrpc: "2.0", id: null, error: { code: rpcCode, data: { code } } }, line);
  }
});

t.test("a request gets its own id back, a notification nothing, and faults of ours say so", async (t) => {
  for (const id of [0, -1, 1.5, "", "a", null]) {
    const reply = await answer(JSON.stringify({ jsonrpc: "2.0", id, method: "echo" }), methods, new TestSession());
    t.same(JSON.parse(reply as string), { jsonrpc: "2.0", id, result: {} });
  }
  for (const method of ["echo", "broken", "none"]) t.equal(await ask(JSON.stringify({ jsonrpc: "2.0", method })), null);
  const to = (method: string, params?: unknown): Promise<unknown> => ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  t.same(await to("broken"), [-32_603, "INTERNAL", "a fault of ours"]);
  t.same(await to("none"), [-32_601, "NO_METHOD", "no method none; there are echo, broken"]);
  t.same(await to("__proto__"), [-32_601, "NO_METHOD", "no method __proto__; there are echo, broken"]);
  for (const params of [[], "x", 1, false])
    t.same(await to("echo", params), [-32_602, "INVALID_PARAMS", "params is not an object"]);
  t.same(await to("echo", null), {});
});

t.test("lines are put together from any pieces, and one that is too long ends it", async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z{}" é😀]{0,9}$/u)),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      (lines, sizes) => {
        const text = lines.map((line) => `${line}\n`).join("");
        const got: string[] = [];
        const reader = new LineReader((line) => got.push(line));
        for (let at = 0; at < text.length; ) {
          const size = sizes.next().value as number;
          reader.push(text.slice(at, at + size));
          at += size;
        }
        t.strictSame(
          got,
          lines.filter((line) => line.trim() !== ""),
        );
      },
    ),
    { numRuns: 50, seed: 1 },
  );
  for (const piece of [1, 1000, 1 << 16, 1 << 22]) {
    let got = 0;
    const reader = new LineReader((line) => {
      got = line.length;
    });
    const longest = `${"x".repeat(MAX_LINE)}\n`;
    for (let at = 0; at < longest.length; at += piece) reader.push(longest.slice(at, at + piece));
    t.equal(got, MAX_LINE, `a longest line in pieces of ${piece}`);
    reader.push("y\n");
    t.equal(got, 1);
    const tooLong = `${"x".repeat(MAX_LINE + 1)}\n`;
    t.throws(
      () => {
        for (let at = 0; at < tooLong.length; at += piece) reader.push(tooLong.slice(at, at + piece));
      },
      { code: "LINE_TOO_LONG", rpcCode: -32_600 },
    );
    t.equal(got, 1);
  }
});
