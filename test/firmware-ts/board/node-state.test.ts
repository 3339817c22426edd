/** A node's state over restarts: its neighbour, its numbers and its leases come back, whatever became of its file. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { LeaseMemory } from "../../../firmware-ts/apps/lease-store.ts";
import { NodeState } from "../../../firmware-ts/board/node-state.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const EPOCH = 1.7e12;

function scratchFile(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), "whohas-node-state-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "node");
}

interface Life {
  readonly broadcasts: number;
  readonly seqs: readonly number[];
  readonly complaints: readonly string[];
  readonly state: NodeState;
}

interface LifeWish {
  readonly readings?: number;
  /** ms after EPOCH at which it begins. */
  readonly after?: number;
  /** Saved, or forgotten, while it lives. */
  readonly leases?: Readonly<Record<string, string | null>>;
}

/** One life of a node: some readings, ten seconds apart, asleep in between. */
async function life(file: string, { readings = 3, after = 0, leases = {} }: LifeWish = {}): Promise<Life> {
  const rig = parseRig(
    `
board: { io: simulated }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [192.168.10.10/24] } }
snapshot: { file: ${file}, every: 10s }
telemetry: { to: 192.168.10.1:8094, every: 10s, sleep: { controller: down }, sensors: [{ kind: thermometer, pin: A0 }] }
`,
    "node.yaml",
  );
  const clock = new VirtualClock(EPOCH + after);
  const complaints: string[] = [];
  if (!rig.snapshot) throw new Error("no snapshot");
  const state = new NodeState(rig.snapshot, clock, new LeaseMemory(), (message) => complaints.push(message));
  const system = await System.make(rig, { clock, state, leases: state });
  const seqs: number[] = [];
  system.stack.network.tap((skb, _device, outgoing) => {
    const seq = /seq=(\d+)i/.exec(outgoing ? Buffer.from(skb.contents()).toString("latin1") : "");
    if (seq) seqs.push(Number(seq[1]));
  });
  await startSystem(system);
  for (const [name, text] of Object.entries(leases)) state.save(name, text);
  await clock.advance(10_000 * (readings - 1) + 5000);
  await system.stop();
  return { broadcasts: system.summary().arp.requestsBroadcast, seqs, complaints, state };
}

t.test("the second life knows its gateway, and counts its readings on", async (t) => {
  const file = scratchFile(t);
  const first = await life(file);
  t.same([first.broadcasts, first.seqs, first.complaints], [1, [1, 2, 3], []]);
  const second = await life(file, { after: 60_000 });
  t.same([second.broadcasts, second.seqs, second.complaints], [0, [4, 5, 6], []]);
  const month = await life(file, { after: 30 * 86_400_000 });
  t.same([month.broadcasts, month.seqs], [0, [7, 8, 9]], "after a month, too");
});

t.test("leases are in it", async (t) => {
  const file = scratchFile(t);
  await life(file, { leases: { "bench/eth0/dhcp": "a lease", other: null } });
  const { state } = await life(file);
  t.equal(state.load("bench/eth0/dhcp"), "a lease");
  t.equal(state.load("other"), null);
});

t.test("whatever is wrong with the file is told in one line, and the node begins anew", async (t) => {
  for (const [contents, message] of [
    ["nonsense", /is damaged/],
    ["", /is damaged/],
    ["whohas node 1 57b85ff4 2\n{}", /stack: nothing|is damaged/],
  ] as const) {
    const file = scratchFile(t);
    writeFileSync(file, contents);
    const { broadcasts, seqs, complaints } = await life(file);
    t.same([broadcasts, seqs], [1, [1, 2, 3]]);
    t.equal(complaints.length, 1);
    t.match(complaints[0], message);
    t.notMatch(complaints[0], /\n/);
    const next = await life(file);
    t.same([next.broadcasts, next.complaints], [0, []], "and has a good file again");
  }
});

t.test("a damaged one gives way to the one before", async (t) => {
  const file = scratchFile(t);
  await life(file);
  writeFileSync(file, "torn");
  const { broadcasts, complaints } = await life(file);
  t.equal(broadcasts, 0);
  t.match(complaints, [/damaged; the state before it is taken/]);
});

t.test("a disk that takes nothing is told once, and the node runs", async (t) => {
  const file = join(scratchFile(t), "none", "node");
  const { seqs, complaints } = await life(file);
  t.same(seqs, [1, 2, 3]);
  t.match(complaints, [/not kept over restarts: ENOENT/]);
  t.equal(complaints.length, 1);
  t.notOk(existsSync(file));
});
