/** Other controllers with a Linux host at the far end of their wire: e1000, ours and QEMU's, and a TAP device. */

import { existsSync } from "node:fs";
import t from "tap";
import { BOARD, BOARD6, HOST, HOST6, Host, manyOverIp6 } from "../support/host.ts";
import { linkExists, missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { bound } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ended, Instance, whohas, whohasProcess } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");
const WORDS = ["--no-app", "--address", `${BOARD}/24`, "--address", `${BOARD6}/64`];

const KINDS: readonly [spec: string, description: RegExp, skip: string | false][] = [
  ["e1000:sim", /^simulated 82540EM$/, skip],
  ["e1000:qemu", /^QEMU's 82540EM over qtest$/, skip || missingPrograms("qemu-system-x86_64", "setpriv")],
];

for (const [spec, description, skip] of KINDS) {
  realTime(t, `${spec}@IFACE`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    await host.ip6();
    const board = await Instance.start([...WORDS, "--device", `eth0=${spec}@${host.near},mac=02:00:00:00:e1:00`]);
    t.teardown(() => board.kill());
    const ready = board.events.find(({ event }) => event === "ready");
    t.match(ready?.["devices"], [{ description, mac: "02:00:00:00:e1:00", fallback: null, gateway: null }]);
    // QEMU's chip hears nothing for a second after it was set up: -w goes on until all have been answered.
    const { stdout } = await host.exec("ping", "-n", "-q", "-c", "10", "-i", "0.2", "-w", "10", "-s", "1472", BOARD);
    t.match(stdout, / 10 received/);
    const back = await whohas("-i", board.name, "ping", "-c", "5", "-i", "0.05", HOST);
    t.match(back.stdout, /5 packets transmitted, 5 received, 0% packet loss/);
    await manyOverIp6(t, host.exec, board);
    const { code, summary } = await board.stop();
    t.match([code, summary.drops], [0, {}]);
  });
}

realTime(t, "tap:IFACE", { skip: skip || (existsSync("/dev/net/tun") ? false : "needs /dev/net/tun") }, async (t) => {
  const iface = `wht${process.pid.toString(36)}`;
  const board = await Instance.start([...WORDS, "--device", `eth0=tap:${iface},mac=02:00:00:00:7a:00`]);
  t.teardown(() => board.kill());
  run("ip", ["address", "add", `${HOST}/24`, "dev", iface]);
  t.match(run("ping", ["-n", "-q", "-c", "5", "-i", "0.1", "-W", "5", "-I", iface, BOARD]), /5 packets transmitted, 5 received/);
  run("sysctl", ["-qw", `net.ipv6.conf.${iface}.disable_ipv6=0`, `net.ipv6.conf.${iface}.accept_dad=0`]);
  run("ip", ["address", "add", `${HOST6}/64`, "dev", iface, "nodad"]);
  await manyOverIp6(t, (program, ...words) => ended(bound(program, words, { stdio: ["ignore", "pipe", "pipe"] })), board);
  const taken = await whohasProcess(["run", ...WORDS, "--name", "taken", "--device", `tap:${iface}`]);
  t.match(taken, { stderr: /^whohas: tap: there is an interface \S+ already; take another name.*\n$/, code: 1 });
  t.equal((await board.stop()).code, 0);
  t.notOk(linkExists(iface), "it goes with the board");
});
