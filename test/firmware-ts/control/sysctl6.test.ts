/** Settings of IPv6 by the kernel's keys: what each takes, in its unit. */
import t from "tap";
import { listSysctl, readSysctl, writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import { Lab } from "../../support/lab.ts";
import { Lab6 } from "../../support/lab6.ts";

/** Each setting refuses (`E`) or takes (`=`) these values, in their order (measured on Linux 6.18). */
const VALUES = ["-1", "0", "1", "2", "3", "4", "255", "256", "70000", "2147483647", "2147483648"];
const TAKEN: Readonly<Record<string, string>> = {
  accept_ra: "==========E",
  accept_untracked_na: "E===EEEEEEE",
  force_forwarding: "E==EEEEEEEE",
  hop_limit: "EE=====EEEE",
  ndisc_evict_nocarrier: "E==EEEEEEEE",
  ndisc_tclass: "E======EEEE",
  ra_defrtr_metric: "EE=========",
  router_solicitation_interval: "=========EE",
  max_addresses: "==========E",
};

t.test("what each setting takes", async (t) => {
  const lab = await Lab6.open();
  for (const [name, taken] of Object.entries(TAKEN)) {
    const key = `net.ipv6.conf.eth0.${name}`;
    const found = VALUES.map((value) => {
      try {
        writeSysctl(lab.stack, key, value);
      } catch {
        return "E";
      }
      return readSysctl(lab.stack, key) === value ? "=" : readSysctl(lab.stack, key);
    });
    t.equal(found.join(""), taken, name);
  }
});

t.test("the longest packet; jiffies, seconds; the table's limits; all and default", async (t) => {
  const lab = await Lab6.open();
  const { stack } = lab;
  const read = (key: string): string => readSysctl(stack, `net.ipv6.${key}`);
  t.same([read("conf.eth0.mtu"), read("conf.default.mtu")], ["1500", "1280"]);
  writeSysctl(stack, "net.ipv6.conf.eth0.mtu", "1400");
  for (const value of ["1279", "1501"]) t.throws(() => writeSysctl(stack, "net.ipv6.conf.eth0.mtu", value));
  t.throws(() => writeSysctl(stack, "net.ipv6.conf.all.mtu", "1400"));
  t.equal(read("conf.eth0.mtu"), "1400");
  writeSysctl(stack, "net.ipv6.ip6frag_time", "30");
  t.same([read("ip6frag_time"), lab.ip6.settings.fragTime], ["30", 30_000]);
  writeSysctl(stack, "net.ipv6.neigh.eth0.retrans_time_ms", "250");
  t.same([read("neigh.eth0.retrans_time_ms"), read("neigh.default.gc_thresh3")], ["252", "1024"]);
  writeSysctl(stack, "net.ipv6.conf.all.forwarding", "1");
  t.same([read("conf.eth0.forwarding"), read("conf.default.forwarding")], ["1", "1"]);
});

t.test("a stack without IPv6 has no such keys, a stack with it no keys of others", async (t) => {
  const { stack } = await Lab.open();
  t.throws(() => readSysctl(stack, "net.ipv6.conf.eth0.forwarding"), { code: "SYSCTL_UNKNOWN" });
  t.same(listSysctl(stack, "net.ipv6"), []);
  const lab = await Lab6.open();
  for (const key of ["conf.eth7.forwarding", "conf.eth0.locktime", "conf.eth0.forwarding.more", "nothing", "neigh.eth0.nothing"]) {
    t.throws(() => readSysctl(lab.stack, `net.ipv6.${key}`), { code: "SYSCTL_UNKNOWN" }, key);
  }
});
