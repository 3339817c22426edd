/**
 * A node's file on a disk that loses its power: what was not brought to the disk may be there, in part or not at all, in any mixture.
 * WHOHAS_POWER_CUTS sets the number of cuts; the nightly run makes a million.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { type Disk, NodeFile } from "../../../firmware-ts/board/node-file.ts";
import type { Random } from "../../../hal/random.ts";
import { SeededRandom } from "../../../hal/random.ts";

const CUTS = Number(process.env["WHOHAS_POWER_CUTS"] ?? 10_000);

class PowerCut extends Error {}

/** Contents of one file: as it is read, and the pieces of it that may be on the disk. */
interface Inode {
  text: string;
  /** On the disk for sure; null: nothing is known. */
  synced: string | null;
}

/**
 * Files in memory, and what of them a loss of power leaves. Names that were not synced are each as before or as after; of unsynced
 * contents any part is there, with zeros or old bytes for the rest.
 */
class LosingDisk implements Disk {
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  /** Renames since the names were synced, in their order. */
  #renames: (readonly [string, string, Inode])[] = [];
  /** Operations until the power goes. */
  left: number = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  read(path: string): string | null {
    return this.#names.get(path)?.text ?? null;
  }

  write(path: string, text: string): void {
    // The power may go in the middle of it.
    const inode = this.#names.get(path) ?? { text: "", synced: null };
    inode.synced = inode.synced ?? "";
    this.#names.set(path, inode);
    inode.text = "";
    inode.synced = null;
    const half = this.#random.below(text.length + 1);
    inode.text = text.slice(0, half);
    this.#use();
    inode.text = text;
    this.#use();
  }

  sync(path: string): void {
    this.#use();
    const inode = this.#names.get(path) as Inode;
    inode.synced = inode.text;
    this.#use();
  }

  rename(from: string, to: string): void {
    this.#use();
    const inode = this.#names.get(from) as Inode;
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#renames.push([from, to, inode]);
    this.#use();
  }

  syncFolder(): void {
    this.#use();
    this.#syncedNames = new Map(this.#names);
    this.#renames = [];
    this.#use();
  }

  /** The power comes back: only what was on the disk is there. */
  restart(): void {
    const names = new Map(this.#syncedNames);
    // A new name may be on the disk though nobody synced it.
    for (const [path, inode] of this.#names) if (!names.has(path) && this.#random.below(2) === 0) names.set(path, inode);
    // A journal keeps the order of renames, or there is none and any of them may be missing.
    const journal = this.#random.below(2) === 0;
    const until = this.#random.below(this.#renames.length + 1);
    for (const [at, [from, to, inode]] of this.#renames.entries()) {
      if (journal ? at >= until : this.#random.below(2) === 0) continue;
      if (names.get(from) === inode) names.delete(from);
      names.set(to, inode);
    }
    for (const [path, inode] of names) names.set(path, { text: this.#survivor(inode), synced: null });
    for (const inode of names.values()) inode.synced = inode.text;
    this.#names = names;
    this.#syncedNames = new Map(names);
    this.#renames = [];
    this.left = Number.POSITIVE_INFINITY;
  }

  /** Damages a file as bad flash does. */
  rot(path: string): void {
    const inode = this.#names.get(path);
    if (!inode) return;
    const at = this.#random.below(inode.text.length);
    inode.text = `${inode.text.slice(0, at)}~${inode.text.slice(at + 1)}`;
  }

  #survivor({ text, synced }: Inode): string {
    if (synced !== null) return synced;
    const kept = this.#random.below(text.length + 1);
    return text.slice(0, kept) + (this.#random.below(2) === 0 ? "\0".repeat(text.length - kept) : "");
  }

  #use(): void {
    if (--this.left < 0) throw new PowerCut();
  }
}

t.test(`${CUTS} losses of power at any moment of a write: the state is the new one or the one before`, async (t) => {
  const random = new SeededRandom(`power ${CUTS}`);
  const disk = new LosingDisk(random);
  const path = "/state/node";
  let [kept, cuts, old, fresh, number] = ["", 0, 0, 0, 0];
  while (cuts < CUTS) {
    const next = `state ${++number} ${"x".repeat(random.below(300))}`;
    disk.left = random.below(14);
    try {
      new NodeFile(path, disk).write(next);
      kept = next;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      cuts++;
      disk.restart();
      const found = new NodeFile(path, disk).read()?.text ?? "";
      if (found !== kept && found !== next) {
        t.fail(`cut ${cuts}: neither the old state nor the new one: ${JSON.stringify(found.slice(0, 40))}`);
        return;
      }
      if (found === next) fresh++;
      else old++;
      kept = found;
    }
  }
  t.ok(old > CUTS / 10 && fresh > CUTS / 50, `${old} times the old state, ${fresh} times the new one`);
});

t.test("a file that rots is found out, and the one before is there", async (t) => {
  const disk = new LosingDisk(new SeededRandom("rot"));
  const file = new NodeFile("/n", disk);
  t.equal(file.read(), null);
  file.write("one");
  file.write("two");
  t.same(file.read(), { text: "two", damaged: false });
  disk.rot("/n");
  t.same(file.read(), { text: "one", damaged: true });
  file.write("three");
  t.same(file.read(), { text: "three", damaged: false });
  disk.rot("/n");
  t.same(file.read(), { text: "one", damaged: true }, "the damaged one did not take the good one's place");
  disk.rot("/n.old");
  t.throws(() => file.read(), { code: "SNAPSHOT_INVALID", message: /\/n is damaged/ });
});

t.test("on a real disk", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "whohas-node-file-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const file = new NodeFile(join(dir, "node"));
  t.equal(file.read(), null);
  for (const text of ["one", "zwei äöü", ""]) {
    file.write(text);
    t.same(file.read(), { text, damaged: false });
  }
  t.match(readFileSync(join(dir, "node.old"), "utf8"), /^whohas node 1 [0-9a-f]{8} 11\nzwei äöü$/);
  writeFileSync(join(dir, "node"), "whohas node 1 00000000 5\nhello");
  t.same(file.read(), { text: "zwei äöü", damaged: true });
  t.throws(() => new NodeFile(join(dir, "none", "node")).write("x"), { code: "ENOENT" });
});
