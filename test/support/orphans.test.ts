/** A test process that is killed leaves nothing behind for longer than until the next run, which takes nothing from those that live. */
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t, { type Test } from "tap";
import { linkExists, missingForNetns } from "./netns.ts";
import { removeOrphans } from "./orphans.ts";
import type { Belongings } from "./orphans-child.ts";
import { PREFIX, SCRATCH, startNode } from "./own.ts";
import { realTime } from "./real-time.ts";
import { eventually } from "./waiting.ts";

interface Owner {
  has: Belongings;
  kill(): Promise<void>;
}

async function owner(t: Test): Promise<Owner> {
  const child = startNode(new URL("./orphans-child.ts", import.meta.url), []);
  const closed = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  t.teardown(async () => {
    await kill();
    removeOrphans();
  });
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, "line"), once(lines, "close")])) as string[];
  return { has: JSON.parse(line ?? "null") as Belongings, kill };
}

/** The parts of it that are still there. */
function remains(has: Belongings): (string | number)[] {
  return [
    ...(linkExists(has.interface) ? [has.interface] : []),
    ...(existsSync(`/run/netns/${has.namespace}`) ? [has.namespace] : []),
    ...has.folders.filter((folder) => existsSync(folder)),
    ...has.pids.filter(runs),
  ];
}

function runs(pid: number): boolean {
  try {
    // A zombie waits for whoever became its parent, and has let go of everything.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

realTime(t, "what a killed process leaves is removed, and nothing of one that lives", { skip: missingForNetns() }, async (t) => {
  const [killed, living] = await Promise.all([owner(t), owner(t)]);
  const all = ({ has }: Owner): (string | number)[] => [has.interface, has.namespace, ...has.folders, ...has.pids];
  for (const each of [killed, living]) t.same(remains(each.has), all(each), "all is there");

  removeOrphans();
  for (const each of [killed, living]) t.same(remains(each.has), all(each), "nothing is removed while its owner lives");

  await killed.kill();
  await eventually(() => !killed.has.pids.some(runs), "the end of its programs, by themselves");
  const removed = removeOrphans().join("\n");
  t.same(remains(killed.has), []);
  t.same(remains(living.has), all(living), "what another one has is untouched");
  t.notMatch(removed, new RegExp(`${living.has.namespace}|${living.has.folders[0]}`));

  await living.kill();
  await eventually(() => !living.has.pids.some(runs), "the end of the other one's programs");
  removeOrphans();
  t.same(remains(living.has), []);
});

t.test("a name that carries no process's id is nobody's that we know", async (t) => {
  const folder = join(tmpdir(), `${SCRATCH}Ab3-xY`);
  mkdirSync(folder, { recursive: true });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  t.notOk(removeOrphans().some((line) => line.includes("Ab3-xY") || line.includes(PREFIX)));
  t.ok(existsSync(folder));
});
