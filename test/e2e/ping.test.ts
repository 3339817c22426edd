/** A Linux kernel pings the board: every size that a frame can hold, and as fast as it can. */
import t from "tap";
import { BOARD, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { Instance, WIRES } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");

for (const wire of WIRES) {
  t.test(`the host's kernel pings the board on ${wire.name}`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    const board = await Instance.start(["--no-app", "--device", wire.spec(host.near), "--address", `${BOARD}/24`]);
    t.teardown(() => board.kill());
    for (const size of [0, 1, 56, 1000, 1472]) {
      const { stdout, code } = await host.exec("ping", "-n", "-q", "-c", "10", "-i", "0.01", "-w", "8", "-s", String(size), BOARD);
      t.match(stdout, "10 packets transmitted, 10 received, 0% packet loss", `${size} bytes`);
      t.equal(code, 0, "ping is content");
    }
    const { stdout } = await host.exec("ping", "-n", "-q", "-f", "-c", "500", "-w", "10", BOARD);
    t.match(stdout, "500 packets transmitted, 500 received, 0% packet loss", "flood");
    const { code, summary } = await board.stop();
    t.equal(code, 0, "exit code of run");
    t.strictSame(summary.drops, {}, "nothing was dropped");
    t.equal(summary.arp.repliesSent, 1, "the host had to ask for our address once");
    t.equal(summary.arp.requestsBroadcast, 0, "its request told us who it is: no question of ours was needed");
  });
}
