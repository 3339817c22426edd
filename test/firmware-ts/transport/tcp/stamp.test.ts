/** The time stamp of an answer with a cookie keeps what the peer's SYN has offered. */
import t from "tap";
import { readStamp, stampOptions } from "../../../../firmware-ts/transport/tcp/cookies.ts";
import type { Segment } from "../../../../firmware-ts/transport/tcp/segment.ts";

t.test("window scale, SACK and ECN come back as they were offered, and the stamp never lies ahead", async (t) => {
  for (const timestamp of [0, 63, 64, 1_000_003, 0xffff_ffff, 0x8000_0010]) {
    for (const windowScale of [-1, 0, 7, 14]) {
      for (const sackPermitted of [true, false]) {
        for (const ecn of [true, false]) {
          const stamp = stampOptions(timestamp, { windowScale, sackPermitted } as Segment, ecn);
          t.same(readStamp(stamp), { windowScale, sack: sackPermitted, ecn });
          t.ok(((stamp - timestamp) | 0) <= 0 && ((timestamp - stamp) | 0) < 128, `${stamp} for ${timestamp}`);
        }
      }
    }
  }
});
