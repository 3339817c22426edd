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
  t.ok(files.length < 110, `${files.length} files`);
});

t.test("the doors for whoever has hardware load what they open when it is opened", async (t) => {
  const packages: Record<string, readonly string[]> = {};
  for (const { name, source } of doors()) {
    const { modules } = await loadedBy(source);
    packages[name] = modules.filter((module) => !module.startsWith("node:"));
  }
  t.same(packages, {
    whohas: [],
    "whohas/drivers": [],
    "whohas/bridges": ["@serialport/parser-byte-length"],
    "whohas/models": [],
    "whohas/board": ["@serialport/parser-byte-length", "valibot", "yaml"],
    "whohas/control": [],
    "whohas/iproute": [],
    "whohas/rigs": ["commander"],
  });
});
