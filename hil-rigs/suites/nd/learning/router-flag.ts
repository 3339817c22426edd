/** The router flag of an entry follows R, whenever the advertisement was not refused for its address. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertise, advertiseRouter, type NaFlags } from "../../../wire/build-nd.ts";
import { local } from "../../../wire/hosts6.ts";
import { calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2 } = PLANS[6];

interface Row {
  nud: string;
  /** The entry is a router's at first. */
  was: boolean;
  flags: NaFlags;
  lladdr: "same" | "other" | "none";
  /** It is one afterwards. */
  is: boolean;
}

const ROWS: readonly Row[] = [
  { nud: "stale", was: false, flags: "R", lladdr: "same", is: true },
  { nud: "stale", was: true, flags: "", lladdr: "same", is: false },
  { nud: "stale", was: true, flags: "RSO", lladdr: "same", is: true },
  { nud: "stale", was: false, flags: "RS", lladdr: "none", is: true },
  { nud: "stale", was: true, flags: "S", lladdr: "none", is: false },
  { nud: "stale", was: false, flags: "R", lladdr: "other", is: false },
  { nud: "stale", was: true, flags: "S", lladdr: "other", is: true },
  { nud: "stale", was: false, flags: "RSO", lladdr: "other", is: true },
  { nud: "stale", was: true, flags: "O", lladdr: "other", is: false },
  { nud: "reachable", was: false, flags: "RS", lladdr: "other", is: false },
  { nud: "reachable", was: true, flags: "SO", lladdr: "same", is: false },
  { nud: "permanent", was: false, flags: "RSO", lladdr: "same", is: false },
  { nud: "permanent", was: true, flags: "SO", lladdr: "same", is: true },
  { nud: "noarp", was: true, flags: "SO", lladdr: "same", is: true },
];

async function isRouter(bench: Bench, address: string = T1.ip): Promise<boolean> {
  return (await bench.neigh(address))?.flags.includes("router") ?? false;
}

const rows: readonly Case[] = ROWS.map(({ nud, was, flags, lladdr, is }) => ({
  id: `ND-A-40/${nud}-${was ? "router" : "host"}-${flags === "" ? "plain" : flags}-${lladdr}`,
  title: `a ${nud} entry of a ${was ? "router" : "host"}, flags "${flags}", link address ${lladdr}: ${is ? "a router" : "a host"} afterwards`,
  source: "RFC 4861 7.2.5; v6LC.2.1.21; kernel, measured",
  needs: ["neigh-flags"],
  async run(bench) {
    calm(bench);
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud ${nud}${was ? " router" : ""} dev e0`);
    bench.expect("before", await isRouter(bench), was);
    const link = { same: T1.mac, other: T2.mac, none: null }[lladdr];
    await bench.say(advertise({ lladdr: link }, flags));
    await bench.sleep(10);
    bench.expect("afterwards", await isRouter(bench), is);
  },
}));

const R = local(T2);

const others: readonly Case[] = [
  {
    id: "ND-A-41",
    title: "a router that becomes a host is no default router any more",
    source: "RFC 4861 7.2.5; v6LC.2.1.21",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.say(advertiseRouter({ from: R }));
      await bench.sleep(10);
      bench.expect("the route is there", (await bench.must("-6 route show default")).includes(`via ${R.ip}`), true);
      bench.expect("a router", await isRouter(bench, R.ip), true);
      await bench.say(advertise({ from: R }, "O"));
      await bench.sleep(10);
      bench.expect("the route is gone", await bench.must("-6 route show default"), "");
      bench.expect("a host", await isRouter(bench, R.ip), false);
    },
  },
  {
    id: "ND-A-42",
    title: "the route that goes is that of the advertisement's sender, not of its target",
    source: "kernel, measured",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.say(advertiseRouter({ from: R }));
      await bench.sleep(10);
      await bench.say(advertise({ from: R, source: T1.ip, target: R.ip }, "O"));
      await bench.sleep(10);
      bench.expect("the route stays", (await bench.must("-6 route show default")).includes(`via ${R.ip}`), true);
      bench.expect("though the entry is a host's", await isRouter(bench, R.ip), false);
    },
  },
];

export const routerFlag: readonly Case[] = overIpv6([...rows, ...others]);
