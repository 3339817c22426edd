/** Errors of TCP in words. */
import t from "tap";
import { tcpWords } from "../../../hal/bridges/tcp-words.ts";

t.test("a code that is known has words; another error keeps its own", async (t) => {
  t.equal(tcpWords(Object.assign(new Error("connect ENETUNREACH"), { code: "ENETUNREACH" })), "no route leads there");
  t.equal(tcpWords(Object.assign(new Error("odd"), { code: "EODD" })), "odd");
  t.equal(tcpWords(new Error("without a code")), "without a code");
});
