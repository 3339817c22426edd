/** Every test file is played, and those that share a process in virtual time leave time to a virtual clock. */
import { readFileSync } from "node:fs";
import t from "tap";
import { alone, apart, below, lanes, shared, waiting } from "./files.ts";

t.test("a file has a process of its own, or a place in one that is shared; none has both or neither", async (t) => {
  const places = shared().flatMap((file) => {
    const [, list = ""] = /below\(([^)]*)\)/.exec(readFileSync(file, "utf8")) ?? [];
    return below(...(JSON.parse(`[${list.replace(/,\s*$/, "")}]`) as string[]));
  });
  t.same(places.toSorted(), below("test/").toSorted());
  const played = lanes().map((file) => Number(/\bwaiting\((\d+)\)/.exec(readFileSync(file, "utf8"))?.[1]));
  t.same([...played.flatMap(waiting), ...alone()].toSorted(), apart().toSorted());
  const all = [...places, ...apart()];
  t.equal(new Set(all).size, all.length);
});

t.test("who has a real clock for longer than a look at it takes part in the measuring of lateness", async (t) => {
  const unmeasured = apart().filter((file) => {
    const text = readFileSync(file, "utf8");
    return /new SystemClock\(/.test(text) && !/\brealTime\(|realTime\)/.test(text);
  });
  // The timers of the first are bounded from above by seconds and from below by what they promise; the other starts none.
  t.same(unmeasured.toSorted(), ["test/hal/bridges/linux/clock-status-as-linux.test.ts", "test/hal/clock.test.ts"]);
});
