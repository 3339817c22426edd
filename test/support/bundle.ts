/** Sources bundled with esbuild: what a page would load, and what a command loads. Starts no program of its own in this process. */
import { build, type Metafile } from "esbuild";
import { ROOT } from "./sources.ts";

/** One file's code for a browser, as a script that leaves its exports in the global `whohas`. @throws where it needs a module of Node */
export async function browserBundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [source],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "whohas",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Bundles a file and all that it imports, packages as well, into one that Node runs; it starts in a third of the time. */
export async function nodeBundle(source: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [source],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    outfile,
    logLevel: "silent",
  });
}

/** The modules that load before a module runs: its imports, and theirs, but nothing behind import(). */
export interface Loaded {
  /** Paths from the project's root, in order. */
  readonly files: readonly string[];
  /** Modules of Node and packages, in order. */
  readonly modules: readonly string[];
}

/** Finds what modules load. Modules of Node and packages are not looked into. */
export async function loadedBy(...sources: readonly string[]): Promise<Loaded> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...sources],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outdir: "nowhere",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return closure(metafile, sources);
}

function closure({ inputs }: Metafile, sources: readonly string[]): Loaded {
  const modules = new Set<string>();
  const files = new Set(sources);
  for (const file of files) {
    for (const { path, kind, external } of inputs[file]?.imports ?? []) {
      if (kind === "dynamic-import") continue;
      if (external) modules.add(path);
      else files.add(path);
    }
  }
  return { files: [...files].sort(), modules: [...modules].sort() };
}
