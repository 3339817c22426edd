/** Lists of the modules that each door and command loads, so that the start stays cheap. test/bench/start.ts measures the times. */
import t from "tap";
import { loadedBy } from "../support/bundle.ts";
import { doors } from "../support/doors.ts";

/** Files of these rooms. */
function inRooms(files: readonly string[], ...rooms: readonly string[]): string[] {
  return files.filter((file) => rooms.some((room) => file.startsWith(room)));
}

t.test("the door whohas: no package and nothing of Node", async (t) => {
  const { files, modules } = await loadedBy("firmware-ts/index.ts");
  t.same(modules, []);
  t.same(inRooms(files, "drivers/", "hal/bridges/", "firmware-ts/control/", "firmware-ts/apps/", "firmware-ts/board/"), []);
  t.ok(files.length <= 239, `${files.length} files`);
});

t.test("packages that the doors load; serial ports, johnny-five, koffi and avr8js wait until something is opened", async (t) => {
  const packages: Record<string, readonly string[]> = {};
  const node: Record<string, boolean> = {};
  for (const { name, source } of doors()) {
    const { modules } = await loadedBy(source);
    packages[name] = modules.filter((module) => !module.startsWith("node:"));
    node[name] = modules.some((module) => module.startsWith("node:"));
  }
  t.same(packages, {
    whohas: [],
    "whohas/drivers": [],
    "whohas/bridges": ["@serialport/parser-byte-length"],
    "whohas/models": [],
    "whohas/board": ["valibot", "yaml"],
    "whohas/control": ["valibot"],
    "whohas/iproute": ["valibot"],
    "whohas/dgram": [],
    "whohas/net": [],
    "whohas/dns": ["dns-packet"],
    "whohas/rigs": ["valibot"],
  });
  const needNode = Object.keys(node).filter((name) => node[name]);
  t.same(
    needNode,
    ["whohas/bridges", "whohas/board", "whohas/dgram", "whohas/net", "whohas/dns", "whohas/rigs"],
    "the other doors need no module of Node",
  );
});

const CLI = "firmware-ts/cli/";

t.test("whohas --version", async (t) => {
  const { files, modules } = await loadedBy(`${CLI}main.ts`);
  t.same(modules, ["node:fs", "node:module", "node:tty"]);
  t.ok(files.length <= 13, `${files.length} files: ${files.join(" ")}`);
});

t.test("whohas neigh: no stack, no rig, no commander", async (t) => {
  const { files, modules } = await loadedBy(`${CLI}main.ts`, `${CLI}work/ip.ts`);
  t.same(
    modules.filter((module) => !module.startsWith("node:")),
    ["valibot"],
    "the schemas of control methods",
  );
  t.same(inRooms(files, "drivers/", "hal/bridges/", "hal/simulated/", "firmware-ts/apps/", "firmware-ts/stack.ts"), []);
  t.same(inRooms(files, "firmware-ts/board/"), [
    "firmware-ts/board/control-socket.ts",
    "firmware-ts/board/errno-words.ts",
    "firmware-ts/board/runtime-dir.ts",
  ]);
  t.ok(files.length <= 146, `${files.length} files`);
});

t.test("whohas run without a rig file: no YAML, and no driver before the rig is known", async (t) => {
  const { files, modules } = await loadedBy(`${CLI}main.ts`, `${CLI}program.ts`, `${CLI}commands/run.ts`, `${CLI}work/run.ts`);
  t.same(
    modules.filter((module) => !module.startsWith("node:")),
    ["commander", "valibot"],
  );
  t.notOk(modules.includes("node:child_process"));
  t.same(inRooms(files, "drivers/", "hal/bridges/serprog/", "hal/bridges/qemu/", "hal/simulated/e1000/"), []);
});
