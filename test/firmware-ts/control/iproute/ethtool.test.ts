/** `ethtool -S`: what a driver counts, and the machine's own words where there is nothing. */
import { spawnSync } from "node:child_process";
import t from "tap";
import { E1000 } from "../../../../drivers/e1000/e1000.ts";
import { E1000Chip } from "../../../../hal/simulated/e1000/chip.ts";
import { Lab } from "../../../support/lab.ts";
import { missingPrograms } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { realTime } from "../../../support/real-time.ts";

t.test("a driver's counters, by name", async (t) => {
  const lab = await Lab.open({ loopback: true });
  const chip = new E1000Chip(lab.clock, lab.wire, "chip", { mac: Uint8Array.of(2, 0, 0, 0, 0, 9) });
  const eth1 = lab.stack.addDevice("eth1", new E1000(lab.clock, chip));
  const opened = eth1.open();
  await lab.clock.advance(100);
  await opened;
  const operator = new Operator(lab.stack);
  const printed = await operator.type("ethtool -S eth1");
  t.match(printed, /^NIC statistics:\n {5}rx_packets: 0\n {5}tx_packets: 0\n/);
  t.match(printed, /\n {5}tx_timeout_count: 0\n/);
  t.match(await operator.type("ethtool eth1"), /bad command line argument/);
  await eth1.close();
});

realTime(t, "nothing to tell, in the words of the machine's own", { skip: missingPrograms("ethtool") }, async (t) => {
  const lab = await Lab.open({ loopback: true });
  const operator = new Operator(lab.stack);
  for (const dev of ["lo", "nope0"]) {
    const { status, stderr } = spawnSync("ethtool", ["-S", dev], { encoding: "utf8" });
    t.equal(await operator.type(`ethtool -S ${dev}`), `${stderr}[${status}]`);
  }
});
