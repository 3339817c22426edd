/** QEMU ends with its owner, and leaves nothing behind. */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { run } from "../../../support/netns.ts";
import { bound, nodeCommand, scratch, startNode } from "../../../support/own.ts";
import { realTime } from "../../../support/real-time.ts";
import { Bench, lives, skip, until } from "./bench.ts";

const script = new URL("./qemu-child.ts", import.meta.url);

realTime(t, "QEMU ends with its owner", { skip }, async (t) => {
  const end = async (ending: string): Promise<void> => {
    const child = startNode(script, [ending], { stdio: ["pipe", "pipe", "ignore"] });
    const giveUp = setTimeout(() => child.kill("SIGKILL"), 45_000);
    const closed = once(child, "close");
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const pid = Number(line);
    if (ending.startsWith("SIG")) {
      t.ok(lives(pid), "it runs");
      child.kill(ending as NodeJS.Signals);
    }
    await closed;
    clearTimeout(giveUp);
    await until(() => !lives(pid), `the end of QEMU after its owner's ${ending}`);
    t.pass(ending);
  };
  await Promise.all(["close", "exit", "throw", "SIGTERM", "SIGKILL"].map(end));
});

realTime(t, "QEMU does not start when its owner was killed before the kernel could tell", { skip }, async (t) => {
  const folder = scratch("slow-setpriv");
  const told = join(folder, "pid");
  const slow = join(folder, "setpriv");
  const setpriv = run("sh", ["-c", "command -v setpriv"]).trim();
  writeFileSync(slow, `#!/bin/sh\necho $$ > ${told}\nwhile [ -d /proc/$PPID ]; do :; done\nexec ${setpriv} "$@"\n`, {
    mode: 0o755,
  });
  const [node, words] = nodeCommand(script, ["close"]);
  const child = bound("env", [`PATH=${folder}:${process.env["PATH"]}`, node, ...words], { stdio: "ignore" });
  const closed = once(child, "close");
  const pid = (): number => (existsSync(told) ? Number(readFileSync(told, "utf8")) : 0);
  await until(() => pid() > 0, "the start of setpriv");
  child.kill("SIGKILL");
  await closed;
  const orphan = pid();
  t.teardown(() => lives(orphan) && process.kill(orphan, "SIGKILL"));
  await until(() => !lives(orphan), "the end of what would be QEMU");
});

realTime(t, "what is shared with QEMU has no name in the file system", { skip }, async (t) => {
  const bench = new Bench(t);
  await bench.bus.open();
  for (const pid of ["self", `${bench.bus.pid}`]) {
    const folder = `/proc/${pid}/fd`;
    const files = readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)];
      } catch {
        // The one that reads the folder.
        return [];
      }
    });
    t.ok(
      files.some((file) => file.startsWith("/memfd:whohas-qemu")),
      "the memory is there",
    );
    t.same(
      files.filter((file) => /^\/(tmp|dev\/shm|run)\/.*qemu|qtest/.test(file)),
      [],
    );
  }
});
