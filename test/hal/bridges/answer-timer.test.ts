/** The time limit of an answer, in a process that runs and in one that was stopped for a while. */
import t from "tap";
import { AnswerTimer } from "../../../hal/bridges/answer-timer.ts";
import { VirtualClock } from "../../../hal/clock.ts";

t.test("a process that stood still hears what came meanwhile, some ms after it goes on", async (t) => {
  const clock = new VirtualClock();
  let expired = 0;
  const timer = new AnswerTimer(clock, () => expired++);
  timer.arm(250);
  clock.stall(4000);
  await clock.advance(20);
  t.equal(expired, 0, "the answer is on its way from the kernel");
  timer.cancel();
  await clock.advance(1000);
  t.equal(expired, 0);
});

t.test("an answer that never comes is over after a stop, too", async (t) => {
  const clock = new VirtualClock();
  let expired = 0;
  const timer = new AnswerTimer(clock, () => expired++);
  timer.arm(250);
  clock.stall(4000);
  await clock.advance(60);
  t.equal(expired, 1);
});
