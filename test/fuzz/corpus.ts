/** The kept corpus: one file for each format in test/fuzz/corpus/, one piece a line in hexadecimal, `#` in front of a remark. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hex, unhex } from "./session.ts";
import type { Piece } from "./target.ts";

const FOLDER = fileURLToPath(new URL("./corpus/", import.meta.url));
/** Bytes of one file: the corpus is part of the repository. */
const MOST_BYTES = 8 * 1024;
/** Longest piece that is kept: what is found with a long one is found with a shorter one soon. */
const LONGEST = 512;

export function readCorpus(): Map<string, Piece[]> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".hex"));
  return new Map(names.map((name) => [name, pieces(readFileSync(join(FOLDER, name), "utf8"))]));
}

function pieces(text: string): Piece[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map(unhex);
}

/** Adds pieces to a file, the shortest first, as long as there is room; returns how many. */
export function keep(name: string, more: readonly Piece[]): number {
  const path = join(FOLDER, name);
  const text = readFileSync(path, "utf8");
  const lines: string[] = [];
  let room = MOST_BYTES - text.length;
  for (const piece of more.toSorted((a, b) => a.length - b.length)) {
    const line = hex(piece);
    if (piece.length > LONGEST || line.length >= room || text.includes(`\n${line}\n`)) continue;
    lines.push(`${line}\n`);
    room -= line.length + 1;
  }
  writeFileSync(path, text + lines.join(""));
  return lines.length;
}
