/** A device that fails under `whohas run`: what is printed of it, and `when: exit`, which ends the run for a supervisor to see. */

import t from "tap";
import { LocalVeth, missingForNetns, run } from "../support/netns.ts";
import { bound } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { adopt, commandLine, ended, fileOf, folder, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns();

function device(name: string, iface: string, more = ""): string {
  return `${name}: { driver: packet, bus: { kind: interface, name: ${iface} }${more} }`;
}

t.jobs = 2;

realTime(
  t,
  "when: exit, with --json: the last device to be given up ends the run with status 1",
  { skip, buffered: true },
  async (t) => {
    const [one, two] = [new LocalVeth(), new LocalVeth()];
    t.teardown(() => {
      one.remove();
      two.remove();
    });
    const rig = `devices: { ${device("eth0", one.a, ", when: exit")}, ${device("eth1", two.a, ", when: exit")} }`;
    const board = await Instance.start([fileOf(rig)]);
    t.teardown(() => board.kill());
    run("ip", ["link", "delete", one.a]);
    const failed = await board.until(({ device, change }) => device === "eth0" && change === "failed", "news of eth0");
    t.match(failed, { error: `packet: interface ${one.a} was removed`, health: { failures: 1, attempts: 0, recoveries: 0 } });
    t.match(
      (await whohas("-i", board.name, "ethtool", "-S", "eth1")).stdout,
      /health_failures: 0\n/,
      "with the other one it goes on",
    );
    run("ip", ["link", "delete", two.a]);
    const { code, summary } = await board.stop(null);
    t.equal(code, 1);
    t.match(
      board.stderr,
      /^whohas: nothing is left to wait for: eth0: packet: interface \S+ was removed; eth1: packet: interface \S+ was removed\n$/,
    );
    t.match(summary, { devices: { eth0: { failures: 1, recoveries: 0 }, eth1: { failures: 1, recoveries: 0 } } });
  },
);

realTime(t, "when: retry, in words: told once, back by itself, and in the summary", { skip, buffered: true }, async (t) => {
  const cable = new LocalVeth();
  t.teardown(() => cable.remove());
  const [program, args] = commandLine(["run", fileOf(`devices: { ${device("eth0", cable.a)} }`), "--name", "words"]);
  const child = adopt(bound(program, args, { env: { ...process.env, WHOHAS_RUNTIME_DIR: `${folder}/run` } }));
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const over = ended(child);
  const says = (words: RegExp): Promise<void> => eventually(() => words.test(said), `${words} in ${said}`);
  await says(/^ready: /m);
  run("ip", ["link", "delete", cable.a]);
  await says(/^eth0: failed: packet: interface \S+ was removed; trying again until it works$/m);
  run("ip", ["link", "add", cable.a, "type", "veth", "peer", "name", cable.b]);
  for (const name of [cable.a, cable.b]) run("ip", ["link", "set", name, "up"]);
  await says(/^eth0: works again after \d+\.\d s, \d attempts?$/m);
  await says(/^eth0: link up$/m);
  child.kill("SIGINT");
  t.equal((await over).code, 0);
  t.match(said, /^eth0 {10}failed once, came back once$/m);
});
