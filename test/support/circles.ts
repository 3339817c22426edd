/**
 * Circles of imports, among files and among folders. Folders are looked at level by level: among the folders in one folder, each with
 * all below it, and that folder's own files, nothing leads back to where it came from. A circle of deeper folders is one of these too.
 */
import type { Finding } from "./finding.ts";

/** Files, the files that each imports, and the line of the first import. */
export type ImportGraph = ReadonlyMap<string, ReadonlyMap<string, number>>;

interface Arrow {
  from: string;
  to: string;
  line: number;
}

/** One finding for each file that is first (by name) on a shortest way back to itself; a circle is told once. */
export function fileCircles(graph: ImportGraph): Finding[] {
  return ringsOf(graph).map((way) => {
    const file = way[0] as string;
    const line = graph.get(file)?.get(way[1] ?? file) as number;
    const message = `imports in a circle: ${[...way, file].join(" -> ")}; move what they share into a file that imports neither`;
    return { file, line, message };
  });
}

/** One finding for each circle of folders, at an import that closes it. */
export function folderCircles(graph: ImportGraph): Finding[] {
  const findings: Finding[] = [];
  for (const arrows of levelsOf(graph).values()) {
    const nodes = new Map([...arrows].map(([from, targets]) => [from, new Map([...targets].map(([to, { line }]) => [to, line]))]));
    for (const way of ringsOf(nodes)) {
      const from = way[0] as string;
      const arrow = arrows.get(from)?.get(way[1] as string) as Arrow;
      const names = [...way, from].join(" -> ");
      const message = `folders import in a circle: ${names} (here ${arrow.to}); move what they share below both, or hand it in`;
      findings.push({ file: arrow.from, line: arrow.line, message });
    }
  }
  return findings;
}

/** For each folder the arrows among what it holds; its own files are named as the folder with a slash. */
function levelsOf(graph: ImportGraph): Map<string, Map<string, Map<string, Arrow>>> {
  const levels = new Map<string, Map<string, Map<string, Arrow>>>();
  for (const [from, targets] of graph) {
    for (const [to, line] of targets) {
      const left = from.split("/");
      const right = to.split("/");
      let depth = 0;
      while (depth < left.length - 1 && depth < right.length - 1 && left[depth] === right[depth]) depth++;
      const level = left.slice(0, depth).join("/");
      const source = nodeAt(left, depth);
      const target = nodeAt(right, depth);
      // An index.ts is the door of its folder: it stands above what it shows, and nobody behind it comes in by it.
      if (depth === 0 || source === target || from === `${level}/index.ts`) continue;
      const arrows = entry(levels, level, () => new Map<string, Map<string, Arrow>>());
      const known = entry(arrows, source, () => new Map<string, Arrow>());
      if (!known.has(target)) known.set(target, { from, to, line });
    }
  }
  return levels;
}

/** The folder at this depth, or, for a file that lies there, the folder's own files. */
function nodeAt(parts: readonly string[], depth: number): string {
  return depth === parts.length - 1 ? `${parts.slice(0, depth).join("/")}/` : parts.slice(0, depth + 1).join("/");
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Circles, each told once: its nodes from the one that is first by name. */
function ringsOf(graph: ImportGraph): string[][] {
  const rings: string[][] = [];
  const told = new Set<string>();
  for (const start of [...graph.keys()].sort()) {
    if (told.has(start)) continue;
    const way = wayBack(graph, start);
    if (way === null) continue;
    for (const node of way) told.add(node);
    rings.push(way);
  }
  return rings;
}

/** The nodes on a shortest way from `start` back to it, `start` first; null when there is none. */
function wayBack(graph: ImportGraph, start: string): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (next === start) {
        const way: string[] = [];
        for (let at: string | undefined = node; at !== undefined && at !== start; at = cameFrom.get(at)) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return null;
}
