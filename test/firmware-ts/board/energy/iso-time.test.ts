/** Times of ISO 8601 beside JavaScript's own reading. */
import fc from "fast-check";
import t from "tap";
import { isoSeconds } from "../../../../firmware-ts/board/energy/iso-time.ts";

const ORIGIN = "2000-01-01T00:00:00Z";

t.test("the time between two is JavaScript's, over leap years and zones", async () => {
  const seconds = (text: string): number => (isoSeconds(text) as number) - (isoSeconds(ORIGIN) as number);
  const time = fc.date({ min: new Date("1970-01-01"), max: new Date("2399-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(
      time,
      (date) => Math.abs(seconds(date.toISOString()) - (date.getTime() - new Date(ORIGIN).getTime()) / 1000) < 1e-3,
    ),
    { seed: 1 },
  );
});

t.test("zones, a space, a comma, and what is no time", async (t) => {
  t.equal(isoSeconds("2026-04-12T02:31:06+02:00"), isoSeconds("2026-04-12T00:31:06Z"));
  t.equal(isoSeconds("2026-04-12 02:31:06,5-0130"), isoSeconds("2026-04-12T04:01:06.5"));
  for (const wrong of [
    "",
    "2026-04-12",
    "2026-13-12T02:31:06",
    "2026-04-32T02:31:06",
    "2026-04-12T24:31:06",
    "2026-04-12T02:60:06",
    "2026-04-12T02:31:61",
  ])
    t.equal(isoSeconds(wrong), null, wrong);
});
