/** Files that users name: what has no end, no size or no content is refused, and nothing waits for it. */
import { execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import t from "tap";
import { BridgeSim } from "../../../firmware-ts/board/bridge-sim.ts";
import { readRigFile } from "../../../firmware-ts/board/read-rig.ts";
import { readText } from "../../../firmware-ts/board/read-text.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { Folder } from "../../support/control.ts";

const folder = new Folder();
t.teardown(() => folder.remove());

const fifo = folder.file("fifo");
execFileSync("mkfifo", [fifo]);
const large = folder.file("large");
writeFileSync(large, "");
truncateSync(large, 2 ** 40);

const REFUSED: [path: string, why: string][] = [
  ["/etc/passwd/none", "a part of the path is no folder"],
  ["/dev/zero", "it is a device, not a file"],
  [fifo, "it is a pipe, not a file"],
  [large, "it is larger than 1 MiB"],
  [folder.path, "it is a folder"],
  [folder.file("none"), "there is no such file"],
];

t.test("a rig file", async (t) => {
  for (const [path, why] of REFUSED) {
    const message = `cannot read the rig file ${path}: ${why}`;
    await t.rejects(readRigFile(path), { code: "RIG_FILE", message }, path);
  }
});

t.test("a firmware of the simulated bridge", async (t) => {
  for (const [file, why] of REFUSED) {
    const made = BridgeSim.make(
      new VirtualClock(),
      {
        seed: 1,
        endpoint: { kind: "tcp", host: "127.0.0.1", port: 0 },
        firmware: { file },
        baud: "115200",
        chip: {},
        gateway: "10.0.0.1/24",
        sink: 9,
      },
      { connection: () => {}, wire: () => {} },
    );
    await t.rejects(made, { name: "FirmwareError", message: `${file}: cannot be read: ${why}` }, file);
  }
});

t.test("the text is whole, up to the limit", async (t) => {
  const path = folder.file("text");
  const text = `é${"x".repeat(200_000)}`;
  writeFileSync(path, text);
  t.equal(readText(path), text);
  t.equal(readText(path, 200_002), text);
  t.throws(() => readText(path, 200_001), { message: /^it is larger than/ });
  writeFileSync(path, "");
  t.equal(readText(path), "");
});

t.test("a file that says it is empty is read as far as the limit goes", { skip: process.platform !== "linux" }, async (t) => {
  t.match(readText("/proc/self/status"), /^Name:/);
  t.throws(() => readText("/proc/self/status", 10), { message: /^it is larger than/ });
});

t.test("a socket", async (t) => {
  const path = folder.file("socket");
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  t.throws(() => readText(path), { message: "it is a socket, not a file" });
  server.close();
});
