/** Revival tries again after a failure, one attempt at a time, and forgets no failure. */
import t from "tap";
import { VirtualClock } from "../../hal/clock.ts";
import { Revival } from "../../hal/revival.ts";

t.test("a failure between the end of an attempt and its being told is not lost", async (t) => {
  for (let turns = 0; turns < 6; turns++) {
    const clock = new VirtualClock();
    const told: string[] = [];
    let attempts = 0;
    const attempt = (): Promise<void> => {
      const done = Promise.resolve();
      if (++attempts > 1) return done;
      let later = done;
      for (let turn = 0; turn < turns; turn++) later = later.then(() => undefined);
      void later.then(() => {
        told.push("failed");
        revival.begin();
      });
      return done;
    };
    const revival = new Revival(clock, attempt, () => told.push("revived"));
    revival.begin();
    await clock.advance(60_000);
    t.equal(attempts, 2, `${turns} turns later`);
    t.equal(told.at(-1), "revived");
  }
});

t.test("stopped and begun again during an attempt: never two at once", async (t) => {
  const clock = new VirtualClock();
  let running = 0;
  let most = 0;
  const attempt = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => clock.timer(resolve).arm(5000));
    running--;
    throw new Error("not yet");
  };
  const revival = new Revival(clock, attempt, () => t.fail("it did not work"));
  revival.begin();
  await clock.advance(1500);
  const stopped = revival.stop();
  revival.begin();
  await clock.advance(60_000);
  await stopped;
  t.equal(most, 1);
});
