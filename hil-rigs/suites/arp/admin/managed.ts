/** Managed entries, which the kernel keeps resolved, and flags that come and go. Measured. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { at, becomes, calm, make, told, untilFailed } from "../kit/setup.ts";

/** interval_probe_time_ms of the defaults. One timer of the whole machine looks at managed entries, and it may be late. */
const INTERVAL = 5000;

export const managed: readonly Case[] = [
  {
    id: "NUD-39",
    title: "managed entries are looked at every five seconds: one that failed is asked for again, and again",
    source: "kernel: neigh_managed_work, interval_probe_time_ms of the defaults; measured",
    needs: ["neigh-flags"],
    drawn: true,
    limit: 30_000,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      bench.param("retrans_time_ms", 30);
      bench.param("mcast_solicit", 1);
      await bench.must(`neigh add ${at(bench)} managed`);
      await bench.hears("asks", asks(T1.ip, "everybody"));
      await untilFailed(bench, 2000);
      await bench.hears("asks again", asks(T1.ip, "everybody"), { within: INTERVAL + 1500 });
      await untilFailed(bench, 2000);
      await bench.hears("and once more", asks(T1.ip, "everybody"), { within: INTERVAL + 1500 });
    },
  },
  {
    id: "NUD-45",
    title: "a managed entry may not be made PERMANENT",
    source: "kernel: neigh_add, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      const { T1 } = bench.plan;
      const result = await bench.ip(`neigh add ${at(bench)} lladdr ${T1.mac} managed nud permanent`);
      bench.expect("refused", [result.exit, result.stderr.trim()], [2, "Error: Invalid NTF_* flag for permanent entry."]);
      await bench.expectState(T1.ip, "-");
      await bench.silence("nobody is asked for", 10);
    },
  },
  {
    id: "NUD-46",
    title:
      "use with a link address, on an entry that is not there: the address is not taken, the host is asked for, and nothing is told",
    source: "kernel: neigh_update with USE, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks } = bench.resolution;
      calm(bench);
      await bench.must(`neigh add ${at(bench)} lladdr ${T1.mac} use`);
      await bench.hears("asks", asks(T1.ip, "everybody"));
      await bench.expectState(T1.ip, "INCOMPLETE", "");
      bench.expect("told", told(bench), []);
    },
  },
  {
    id: "NUD-47",
    title: "a change that does not name managed ends the managing, and tells so; nothing more is asked",
    source: "kernel: flags are set to what the request carries, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      const { T1 } = bench.plan;
      const { asks, reply } = bench.resolution;
      calm(bench);
      await bench.must(`neigh add ${at(bench)} managed`);
      await bench.hears("asks", asks(T1.ip));
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      bench.events();
      await bench.must(`neigh change ${at(bench)} lladdr ${T1.mac} nud reachable`);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, []);
      bench.expect("told", told(bench), [`new REACHABLE ${T1.mac}`]);
    },
  },
  {
    id: "NUD-48",
    title: "a flag that comes with a state without an address is kept and not told",
    source: "kernel: __neigh_update forgets to notify, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      const { T1 } = bench.plan;
      calm(bench);
      await make(bench, "FAILED");
      await bench.must(`neigh change ${at(bench)} nud failed extern_learn`);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, ["extern_learn"]);
      bench.expect("told", told(bench), []);
    },
  },
  {
    id: "NUD-49",
    title: "ARP of the host does not take extern_learn or router away",
    source: "kernel: only an operator's request sets them, measured",
    needs: ["neigh-flags"],
    async run(bench) {
      const { T1 } = bench.plan;
      const { reply } = bench.resolution;
      calm(bench);
      await bench.must(`neigh add ${at(bench)} lladdr 02:00:00:00:00:55 nud stale router extern_learn`);
      bench.events();
      bench.param("locktime", 0);
      await bench.sleep(20);
      await bench.say(reply(T1));
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
      bench.expect("flags", (await bench.neigh(T1.ip))?.flags, ["router", "extern_learn"]);
      await bench.must(`neigh replace ${at(bench)} lladdr ${T1.mac} nud reachable`);
      bench.expect("flags after a change that names none", (await bench.neigh(T1.ip))?.flags, []);
    },
  },
  {
    id: "NUD-44",
    title: "the first datagram to a static entry counts as use, and those after it do not: the header is at hand",
    source: "kernel: neigh_hh_output, measured",
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      await make(bench, "PERMANENT");
      await bench.sleep(2100);
      await bench.poke(T1.ip);
      await bench.hears("sent", datagram(T1.ip, { dst: T1.mac }));
      bench.expect("used", (await bench.neigh(T1.ip))?.used, 0);
      await bench.sleep(2100);
      await bench.poke(T1.ip);
      await bench.hears("sent", datagram(T1.ip, { dst: T1.mac }));
      bench.expect("used", (await bench.neigh(T1.ip))?.used, 2);
    },
  },
];
