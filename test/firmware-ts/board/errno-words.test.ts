/** Errors of the system reach nobody with the name of a system call in them. */
import { openSync } from "node:fs";
import t from "tap";
import { errnoWords, systemErrorWords } from "../../../firmware-ts/board/errno-words.ts";

function failure(path: string): unknown {
  try {
    return openSync(path, "r+");
  } catch (error) {
    return error;
  }
}

t.test("known ones, others, and what is none", async (t) => {
  t.equal(errnoWords(failure("/")), "it is a folder");
  t.equal(errnoWords(failure("a\0b")), "a path has no zero byte");
  const stale = Object.assign(new Error("ESTALE: stale file handle, open 'x'"), { code: "ESTALE", syscall: "open", path: "x" });
  t.equal(errnoWords(stale), "stale file handle");
  t.equal(systemErrorWords(stale), "x: stale file handle");
  t.equal(systemErrorWords(failure("/no/such")), "/no/such: no such folder, and none can be made there");
  t.equal(systemErrorWords(new Error("E: no errno, here")), undefined);
  t.equal(errnoWords(new Error("said already")), "said already");
});
