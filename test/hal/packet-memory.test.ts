/** Packet memory that a WebAssembly kernel sums up: its source, its sums, and what happens where there is none. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import t from "tap";
import wabt from "wabt";
import { sumBytes, sumPacket } from "../../firmware-ts/ip/checksum.ts";
import { kernelBytes, takePacketMemory } from "../../hal/packet-memory.ts";
import { SeededRandom } from "../../hal/random.ts";
import { SkBuffPool, SLOT_BYTES } from "../../hal/skbuff.ts";

const SOURCE = new URL("../../hal/packet-memory.wat", import.meta.url);

t.test("the kernel's bytes are what its source assembles to", async (t) => {
  const assembler = await wabt();
  const { buffer } = assembler
    .parseWat("packet-memory.wat", readFileSync(SOURCE, "utf8"), { simd: true, bulk_memory: true })
    .toBinary({});
  t.strictSame(kernelBytes(), Uint8Array.from(buffer));
  t.ok(buffer.length < 1024, `${buffer.length} bytes`);
});

t.test("sums of every length, at every offset from a word, are those of the JavaScript sum", async (t) => {
  const random = new SeededRandom(7);
  const skb = new SkBuffPool().allocate();
  if (!skb) throw new Error("no packet");
  t.ok(skb.summable);
  const differences: string[] = [];
  for (const fill of ["random", "ones"]) {
    for (let at = 0; at < SLOT_BYTES; at++) skb.bytes[at] = fill === "ones" ? 0xff : random.below(256);
    for (let at = 128; at < 132; at++) {
      for (let length = 0; length <= 1500; length++) {
        const found = fold(sumPacket(skb, at, length, 0x1234));
        if (found !== fold(sumBytes(skb.view, at, length, 0x1234))) differences.push(`${fill}: ${length} bytes at ${at}`);
      }
    }
  }
  t.strictSame(differences, []);
});

t.test("there is an end to it", async (t) => {
  const owner = {};
  let taken = 0;
  for (let bytes = 1024 * 1024; bytes >= SLOT_BYTES; bytes /= 2) while (takePacketMemory(bytes, owner)) taken += bytes;
  t.ok(taken > 32 * 1024 * 1024 && taken <= 64 * 1024 * 1024, `${taken} bytes`);
  const pool = new SkBuffPool();
  const skb = pool.allocate();
  t.equal(skb?.summable, false, "a pool that comes too late has ordinary memory");
});

t.test("without WebAssembly packets lie in ordinary memory", async (t) => {
  const script = `
    const { SkBuffPool } = await import(${JSON.stringify(new URL("../../hal/skbuff.ts", import.meta.url).href)});
    const { sumPacket } = await import(${JSON.stringify(new URL("../../firmware-ts/ip/checksum.ts", import.meta.url).href)});
    const skb = new SkBuffPool().allocate();
    skb.bytes.fill(1);
    console.log(skb.summable, sumPacket(skb, 128, 1000));`;
  const words = ["--jitless", "--import", "./firmware-ts/cli/dev.mjs", "--input-type=module", "-e", script];
  const out = execFileSync(process.execPath, words, {
    encoding: "utf8",
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.equal(out, `false ${500 * 0x0101}\n`);
});

/** Folds a running sum; two sums of the same words may differ before that. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
