/** Answers of a bridge, framed by the number of bytes that must come. */
import t from "tap";
import { AnswerFramer } from "../../../hal/bridges/answers.ts";

/** Streams hand on what they have in a later turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test("an answer in pieces; what is behind it nobody asked for", async (t) => {
  const framer = new AnswerFramer();
  const answers: number[][] = [];
  t.same([framer.expecting, framer.missing, framer.take(Uint8Array.of(9, 9))], [false, 0, 2], "nothing is expected");
  framer.expect(3, (answer) => answers.push([...answer]));
  t.same([framer.expecting, framer.received, framer.missing], [true, 0, 3]);
  t.equal(framer.take(Uint8Array.of(1)), 0);
  t.same([framer.received, framer.missing], [1, 2]);
  t.equal(framer.take(new Uint8Array(0)), 0);
  t.equal(framer.take(Uint8Array.of(2, 3, 4, 5)), 2, "two are left over");
  await settled();
  t.same(answers, [[1, 2, 3]]);
  t.same([framer.expecting, framer.missing, framer.take(Uint8Array.of(6))], [false, 0, 1]);
});

t.test("an answer is handed on while its last byte is taken, so that none can come after another question was asked", async (t) => {
  const framer = new AnswerFramer();
  const heard: string[] = [];
  framer.expect(2, () => heard.push("first"));
  framer.take(Uint8Array.of(1, 2));
  t.same([heard, framer.expecting], [["first"], false]);
  framer.expect(2, () => heard.push("given up"));
  framer.take(Uint8Array.of(3));
  framer.expect(2, () => heard.push("second"));
  t.same([framer.received, framer.missing], [0, 2]);
  framer.take(Uint8Array.of(4));
  t.same([heard, framer.missing], [["first"], 1]);
  framer.take(Uint8Array.of(5));
  framer.expect(1, () => heard.push("third"));
  framer.cancel();
  t.same([framer.expecting, framer.take(Uint8Array.of(6))], [false, 1]);
  await settled();
  t.same(heard, ["first", "second"], "and nothing comes later");
});
