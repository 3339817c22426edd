/** A field of telemetry nodes: it repeats from its seed, its figures agree with each other, and a static gateway costs no ARP frame. */
import t from "tap";
import { Field, type FieldOptions, type FieldReport } from "../../../firmware-ts/board/field.ts";
import { FRAME_KINDS } from "../../../firmware-ts/board/field-frames.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const MINUTE = 60_000;

async function played(options: Partial<FieldOptions> = {}, duration = 10 * MINUTE): Promise<FieldReport> {
  const clock = new VirtualClock();
  const given = { hosts: 20, interval: 10_000, seed: 1, profile: "linux", staticGateway: false, ...options } as const;
  const field = await Field.open({ ...given, clock });
  clock.advanceSync(duration);
  field.stop();
  clock.advanceSync(1000);
  const report = field.report();
  await field.close();
  return report;
}

t.test("every node sends at its pace, and every figure agrees with the others", async (t) => {
  const { frames, received, datagrams, tables, drops, longestQueue } = await played();
  t.match(datagrams, { sent: 1200, failed: 0, queued: 20, received: 1200 });
  t.equal(frames.udp.frames, 1200);
  t.equal(frames.arpBroadcast.frames, 20, "each asks everybody once");
  t.ok(frames.arpUnicast.frames > 200, "and its gateway alone from then on");
  t.equal(frames.arpReply.frames, frames.arpBroadcast.frames + frames.arpUnicast.frames);
  t.match(frames, { lldp: { frames: 21, bytes: 21 * 60 }, other: { frames: 0 } });
  t.equal(frames.arpReply.bytes, 60 * frames.arpReply.frames, "padding counts");
  const all = FRAME_KINDS.reduce((sum, kind) => sum + frames[kind].frames, 0);
  t.equal(received, all - frames.lldp.frames + 19 * 20, "a frame to everybody is received by all others, LLDP by nobody");
  t.same(drops, {});
  t.match(tables, { nodes: 20, switch: 21 });
  t.ok(tables.gateway <= 20);
  t.ok(longestQueue >= 60);
});

t.test("a seed says all: when nodes start, what they read, when they probe", async (t) => {
  const [first, again, other] = [await played(), await played(), await played({ seed: 2 })];
  t.same(again, first);
  t.not(JSON.stringify(other), JSON.stringify(first));
});

t.test("with a static gateway there is no ARP frame at all", async (t) => {
  const { frames, received, datagrams } = await played({ staticGateway: true });
  for (const kind of ["arpBroadcast", "arpUnicast", "arpReply"] as const) t.equal(frames[kind].frames, 0, kind);
  t.match(datagrams, { sent: 1200, queued: 0, failed: 0, received: 1200 });
  t.equal(frames.lldp.frames, 21, "the gateway, which says nothing else, tells the switch where it is every 30 s");
  t.equal(received, 1200, "so that no datagram is flooded");
});

t.test("the profile is the nodes'", async (t) => {
  const [linux, lowpower] = [await played(), await played({ profile: "lowpower" })];
  t.ok(lowpower.frames.arpUnicast.frames < linux.frames.arpUnicast.frames / 2);
});
