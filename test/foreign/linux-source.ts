/**
 * Builds drivers of Linux's out of Debian 12's package `linux-source-6.1`, with the shim of ./linux around them, as a shared library that
 * koffi loads. Nothing of Linux's is part of this project: the few files that are needed are unpacked and compiled when asked for, and
 * what came of it is kept under node_modules/.cache, by what it was made of.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export type ForeignDriver = "enc28j60" | "e1000";

/** The kernel that the shim was written for; drivers of others call other functions. */
export const FOREIGN_VERSION = "linux-source-6.1";
const ARCHIVE = `/usr/src/${FOREIGN_VERSION}.tar.xz`;
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/whohas-foreign", import.meta.url));
const SHIM = fileURLToPath(new URL("./linux", import.meta.url));
/** Where the compiler looks for headers by itself. */
const SYSTEM_HEADERS = ["/usr/include"];
const STEP = 120_000;

interface Recipe {
  /** In the kernel's tree. */
  readonly folder: string;
  readonly sources: readonly string[];
  readonly headers: readonly string[];
  /** The shim's part that hangs the device on its bus. */
  readonly bus: string;
}

const RECIPES: Readonly<Record<ForeignDriver, Recipe>> = {
  enc28j60: { folder: "drivers/net/ethernet/microchip", sources: ["enc28j60.c"], headers: ["enc28j60_hw.h"], bus: "spi.c" },
  e1000: {
    folder: "drivers/net/ethernet/intel/e1000",
    sources: ["e1000_main.c", "e1000_hw.c", "e1000_param.c", "e1000_ethtool.c"],
    headers: ["e1000.h", "e1000_hw.h", "e1000_osdep.h"],
    bus: "pci.c",
  },
};
const COMMON = ["kernel.c", "memory.c", "net.c"];
const FLAGS = ["-std=gnu11", "-O1", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing"];

/** Names the things that are missing on this machine to build them, or null. */
export function missingForForeign(): string | null {
  for (const tool of ["gcc", "tar", "xz"]) if (spawnSync(tool, ["--version"]).error) return tool;
  if (!existsSync("/usr/include/linux/ethtool.h")) return "linux-libc-dev (apt-get install libc6-dev)";
  if (!existsSync(ARCHIVE)) return `${FOREIGN_VERSION} (apt-get install --no-install-recommends ${FOREIGN_VERSION})`;
  return null;
}

/** Builds a driver if that was not done before. Returns the library's path. @throws Error with the compiler's words */
export function buildForeign(driver: ForeignDriver): string {
  const recipe = RECIPES[driver];
  const tree = unpack();
  const made = join(CACHE, `${driver}-${madeOf(tree)}.so`);
  if (existsSync(made)) return made;
  const work = join(CACHE, `${driver}-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const folder = join(tree, recipe.folder);
    hideHeaders(folder, [...recipe.sources, ...recipe.headers], join(work, "empty"));
    const include = [`-I${join(work, "empty")}`, `-I${SHIM}`, "-include", "kernel.h"];
    const objects: string[] = [];
    const compile = (source: string, ...more: readonly string[]): void => {
      const object = join(work, `${objects.length}.o`);
      gcc([...FLAGS, ...include, ...more, "-c", source, "-o", object]);
      objects.push(object);
    };
    for (const file of [...COMMON, recipe.bus]) compile(join(SHIM, file), "-Wall", "-Wextra", "-Werror");
    // Warnings about the kernel's own source are not ours to judge.
    for (const file of recipe.sources) compile(join(folder, file), "-w", `-DKBUILD_MODNAME="${driver}"`);
    const draft = join(work, "made.so");
    gcc(["-shared", "-Wl,-z,defs", "-Wl,-Bsymbolic", "-o", draft, ...objects]);
    renameSync(draft, made);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return made;
}

/** Unpacks the drivers' files, once for each version of the package. Returns the folder that stands for the kernel's tree. */
function unpack(): string {
  const { size, mtimeMs } = statSync(ARCHIVE);
  const stamp = digest([ARCHIVE, String(size), String(mtimeMs)]);
  const tree = join(CACHE, `tree-${stamp}`);
  if (existsSync(tree)) return tree;
  const draft = join(CACHE, `tree-${stamp}-${process.pid}`);
  mkdirSync(draft, { recursive: true });
  const wanted = Object.values(RECIPES).flatMap(({ folder, sources, headers }) =>
    [...sources, ...headers].map((file) => `${FOREIGN_VERSION}/${folder}/${file}`),
  );
  // It stops reading when the last of them has come: a third of the archive.
  execFileSync("tar", ["-xJf", ARCHIVE, "-C", draft, "--strip-components=1", "--occurrence=1", ...wanted], { timeout: STEP });
  try {
    renameSync(draft, tree);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(tree)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
  return tree;
}

/** Puts an empty file in `empty` for each header that only the kernel has: kernel.h stands for them all. */
function hideHeaders(folder: string, files: readonly string[], empty: string): void {
  const triplet = execFileSync("gcc", ["-print-multiarch"], { encoding: "utf8", timeout: STEP }).trim();
  const system = [...SYSTEM_HEADERS, join("/usr/include", triplet)];
  for (const file of files) {
    for (const [, header] of readFileSync(join(folder, file), "utf8").matchAll(/^#include <([^>]+)>/gm)) {
      if (system.some((path) => existsSync(join(path, header as string)))) continue;
      const path = join(empty, header as string);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "");
    }
  }
}

function madeOf(tree: string): string {
  const shim = readdirSync(SHIM).sort();
  return digest([tree, FLAGS.join(" "), ...shim.map((name) => readFileSync(join(SHIM, name), "utf8"))]);
}

function digest(parts: readonly string[]): string {
  return createHash("sha1").update(parts.join("\0")).digest("hex").slice(0, 16);
}

function gcc(words: readonly string[]): void {
  execFileSync("gcc", words, { timeout: STEP, stdio: ["ignore", "ignore", "pipe"] });
}
