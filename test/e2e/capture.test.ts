/** `whohas run --capture -`: the capture on standard output, into a pipe or a file, and the run's lines on standard error. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { missingPrograms } from "../support/netns.ts";
import { fileOf, folder, whohasProcess } from "../support/whohas.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const RIG = `board: { io: none }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.9.0.2/24] } }
telemetry: { to: "10.9.0.1:8094", every: 1s }
`;
const RUN = ["run", "--virtual-time", "--duration", "10s", "--capture", "-"];

/** Puts standard output somewhere else. */
const into = (where: string): string[] => ["sh", "-c", `"$@" ${where}`, "sh"];

t.test("into a file that the shell opened, which keeps its mode and what it held", async (t) => {
  const file = join(folder, "out.pcapng");
  const { stdout, stderr, code } = await whohasProcess([...RUN, fileOf(RIG)], into(`> ${file}; chmod 640 ${file}`));
  t.match({ stdout, code }, { stdout: "", code: 0 });
  t.match(stderr, /^eth0: .*\n[\s\S]*^ready: rig[\s\S]*^datagrams +10 sent/m);
  t.equal(readFileSync(file).readUInt32LE(0), SECTION_HEADER);
  const { size } = statSync(file);
  await whohasProcess([...RUN, "--json", fileOf(RIG)], into(`>> ${file}`));
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.equal(statSync(file).size, 2 * size, "a section more");
});

t.test("through a pipe", { skip: missingPrograms("tshark") }, async (t) => {
  const { stdout, stderr } = await whohasProcess(
    [...RUN, "--quiet", "--json", fileOf(RIG)],
    into("| tshark -r - -Y udp 2>/dev/null"),
  );
  t.equal(stdout.trimEnd().split("\n").length, 10, "each datagram");
  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  t.match(events, [{ event: "ready" }, { event: "summary", datagrams: { sent: 10 } }]);
});

t.test("without a reader the run goes on to its end", async (t) => {
  const { stderr } = await whohasProcess([...RUN, fileOf(RIG)], into("| true"));
  t.match(stderr, /^whohas: \d+ packets are missing in the capture -$[\s\S]*^datagrams +10 sent/m);
});

t.test("as a socket, which Node gives its children", async (t) => {
  const { stdout, stderr, code } = await whohasProcess([...RUN, fileOf(RIG)]);
  t.match(stderr, /^ready: /m);
  t.equal(code, 0);
  t.match(stdout, /^\n\r\r\n/);
});

t.test("a terminal is refused", { skip: missingPrograms("script") }, async (t) => {
  const { stdout } = await whohasProcess([...RUN, fileOf(RIG)], ["sh", "-c", 'script -qec "$*" /dev/null', "sh"]);
  t.match(stdout, /^whohas: --capture -: standard output is a terminal; give the capture to a file or a program/m);
});
