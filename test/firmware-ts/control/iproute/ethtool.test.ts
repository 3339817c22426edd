/** `ethtool`: link, driver and what it counts; as JSON; and the machine's own words where there is nothing. */
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
  t.equal(await operator.type("ethtool eth1"), "Settings for eth1:\n\tLink detected: yes\n");
  t.match(
    await operator.type("ethtool -i eth1"),
    /^driver: e1000\nversion: \n(.*\n)+bus-info: .*82540.*\nsupports-statistics: yes\n/,
  );
  for (const line of ["ethtool", "ethtool -x eth1", "ethtool -i", "ethtool eth1 eth1"])
    t.match(await operator.type(line), /bad command line argument/, line);
  const json = async (line: string): Promise<unknown> => JSON.parse(await operator.type(line)) as unknown;
  t.same(await json("ethtool --json eth1"), [{ ifname: "eth1", "link-detected": true }]);
  t.match(await json("ethtool --json -i eth1"), [{ ifname: "eth1", driver: "e1000", "supports-statistics": true }]);
  t.match(await json("ethtool --json -S eth1"), [{ ifname: "eth1", statistics: { rx_packets: 0 } }]);
  await eth1.close();
});

realTime(t, "nothing to tell, in the words of the machine's own", { skip: missingPrograms("ethtool") }, async (t) => {
  const lab = await Lab.open({ loopback: true });
  const operator = new Operator(lab.stack);
  for (const words of ["-S lo", "-S nope0", "-i lo", "-i nope0", "lo", "nope0"]) {
    const { status, stdout, stderr } = spawnSync("ethtool", words.split(" "), { encoding: "utf8" });
    t.equal(await operator.type(`ethtool ${words}`), `${stdout}${stderr}${status === 0 ? "" : `[${status}]`}`, words);
  }
});
