/** Settings of TCP by the kernel's keys: its start values are ours, and it takes what we take. */
import t from "tap";
import { readSysctl, writeSysctl } from "../../../../firmware-ts/control/sysctl.ts";
import { TCP_FILES } from "../../../../firmware-ts/transport/tcp/settings.ts";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, Netns } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";

/** The kernel derives these from the memory of the machine; the first one is a file of the initial namespace only. */
const OF_THE_MACHINE: readonly string[] = ["tcp_max_orphans", "tcp_max_tw_buckets"];

realTime(t, "the kernel's files", { skip: missingForNetns() }, async (t) => {
  const netns = new Netns();
  t.teardown(() => netns.remove());
  const { stack } = await Lab.open();
  for (const [name, { least, most }] of TCP_FILES) {
    const key = `net.ipv4.${name}`;
    if (!OF_THE_MACHINE.includes(name)) t.equal(readSysctl(stack, key), netns.run("sysctl", "-n", key).trim(), key);
    t.throws(() => writeSysctl(stack, key, String(least - 1)), { code: "SYSCTL_INVALID" }, `${key} has a least value`);
    if (name === "tcp_max_orphans") continue;
    for (const value of [least, most]) {
      writeSysctl(stack, key, String(value));
      netns.run("sysctl", "-qw", `${key}=${value}`);
      t.equal(readSysctl(stack, key), netns.run("sysctl", "-n", key).trim(), `${key}=${value}`);
    }
  }
});
