/** The neighbour entry of a router, after its advertisement: its address, its state, the flag router, and whether anybody is told. */
import type { Case } from "../../../contract/case.ts";
import { advertiseRouter, NdOption, option, type RouterFields } from "../../../wire/build-nd.ts";
import { calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { R1 } from "../kit/routers.ts";

const BARE: RouterFields = { lladdr: null };
/** A link address of 14 bytes. */
const MALFORMED: RouterFields = { lladdr: null, options: [option(NdOption.SOURCE, [2, 0, 0, 0, 0, 2, 0, 0, 0])] };
const NO_LIFE: RouterFields = { lifetime: 0 };

const HOST = `lladdr ${R1.mac} nud reachable`;
const STATIC = `lladdr ${R1.mac} nud permanent`;

interface Row {
  id: string;
  what: string;
  /** The words of `ip neigh add` for an entry that is there before. */
  known?: string;
  fields?: RouterFields;
  /** The words that `ip neigh show` prints behind the device. */
  shown: string;
  told?: boolean;
}

const ROWS: readonly Row[] = [
  { id: "new", what: "of a stranger", shown: `lladdr ${R1.mac} router STALE`, told: true },
  { id: "new-no-life", what: "of a stranger, lifetime 0", fields: NO_LIFE, shown: `lladdr ${R1.mac} router STALE`, told: true },
  { id: "bare", what: "without a link address", fields: BARE, shown: "router" },
  { id: "bare-no-life", what: "without a link address, lifetime 0", fields: { ...BARE, ...NO_LIFE }, shown: "" },
  { id: "malformed", what: "with a malformed link address", fields: MALFORMED, shown: "router" },
  { id: "malformed-no-life", what: "with a malformed link address, lifetime 0", fields: { ...MALFORMED, ...NO_LIFE }, shown: "" },
  { id: "host", what: "of a known host", known: HOST, shown: `lladdr ${R1.mac} router REACHABLE` },
  {
    id: "host-no-life",
    what: "of a known host, lifetime 0",
    known: HOST,
    fields: NO_LIFE,
    shown: `lladdr ${R1.mac} router REACHABLE`,
    told: true,
  },
  {
    id: "host-bare",
    what: "of a known host, without a link address",
    known: HOST,
    fields: BARE,
    shown: `lladdr ${R1.mac} router REACHABLE`,
  },
  { id: "static", what: "of a static host", known: STATIC, shown: `lladdr ${R1.mac} router PERMANENT` },
  {
    id: "static-no-life",
    what: "of a static host, lifetime 0",
    known: STATIC,
    fields: NO_LIFE,
    shown: `lladdr ${R1.mac} PERMANENT`,
  },
  { id: "failed", what: "of a neighbour that has failed", known: "nud failed", shown: `lladdr ${R1.mac} router STALE`, told: true },
  {
    id: "failed-bare",
    what: "of a neighbour that has failed, without a link address",
    known: "nud failed",
    fields: BARE,
    shown: "router FAILED",
  },
];

export const entries: readonly Case[] = overIpv6(
  ROWS.map(
    ({ id, what, known = "", fields = {}, shown, told = false }): Case => ({
      id: `ND-R-19/${id}`,
      title: `an advertisement ${what}: its entry is "${shown}", ${told ? "and that is told" : "and nobody is told"}`,
      source: "RFC 4861 6.3.4; kernel: ndisc_router_discovery marks a new default router first, and tells nobody; measured",
      async run(bench) {
        calm(bench);
        if (known !== "") await bench.must(`neigh add ${R1.ip} ${known} dev e0`);
        bench.events();
        await bench.say(advertiseRouter({ from: R1, ...fields }));
        await bench.sleep(20);
        const text = await bench.must(`neigh show ${R1.ip} nud all`);
        bench.expect("shown", text.replace(`${R1.ip} dev e0 `, "").trim(), shown);
        bench.expect("told", bench.events().length > 0, told);
      },
    }),
  ),
);
