/** Answers in the name of others: proxy entries by hand, with forwarding and proxy_ndp. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertise, solicit, solicitAlone, solicitUnspecified } from "../../../wire/build-nd.ts";
import { ALL_NODES, solicitedNode } from "../../../wire/hosts6.ts";
import { becomes, calm } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
/** The address that is answered for. */
const KEPT = "fd00::50";

async function keeps(bench: Bench, words = ""): Promise<void> {
  calm(bench);
  bench.conf("forwarding", 1);
  bench.conf("proxy_ndp", 1);
  bench.param("proxy_delay", 0);
  await bench.must(`neigh add proxy ${KEPT} dev e0${words}`);
  await bench.heard();
}

const na = { kind: "nd", message: "na", target: KEPT } as const;

const cases: readonly Case[] = [
  {
    id: "ND-P-01",
    title: "an address that we keep for another is answered for, without O, with our link address",
    source: "RFC 4861 7.2.8; kernel, measured",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench);
      await bench.say(solicit({ target: KEPT }));
      const answer = await bench.hears("answers", { ...na, dst: T1.mac });
      bench.expect("flags and link address", [answer.flags, answer.lladdr], ["S", DUT.mac]);
      bench.expect("from an address of ours", answer.source, DUT.ip);
      await becomes(bench, T1.ip, `DELAY ${T1.mac}`);
    },
  },
  {
    id: "ND-P-02",
    title: "with the flag router the answer says R",
    source: "RFC 4861 7.2.8; kernel: the proxy entry's flag",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench, " router");
      await bench.say(solicit({ target: KEPT }));
      const answer = await bench.hears("answers", { ...na, dst: T1.mac });
      bench.expect("flags", answer.flags, "RS");
    },
  },
  {
    id: "ND-P-03",
    title: "the answer comes after up to proxy_delay",
    source: "RFC 4861 7.2.8; kernel: proxy_delay, 0.8 s",
    needs: ["proxy-arp", "forwarding"],
    patient: true,
    drawn: true,
    async run(bench) {
      await keeps(bench);
      bench.param("proxy_delay", 80);
      await bench.say(solicit({ target: KEPT }));
      await bench.hears("answers within 0.8 s", { ...na, dst: T1.mac }, { within: 820 });
    },
  },
  ...(["forwarding", "proxy_ndp"] as const).map(
    (name): Case => ({
      id: `ND-P-04/${name}`,
      title: `without ${name} nobody is answered`,
      source: "kernel: ndisc_recv_ns",
      needs: ["proxy-arp", "forwarding"],
      async run(bench) {
        await keeps(bench);
        bench.conf(name, 0);
        await bench.settle();
        await bench.say(solicit({ target: KEPT }));
        await bench.silence("no answer");
      },
    }),
  ),
  {
    id: "ND-P-05",
    title: "an address without an entry is not answered for",
    source: "kernel: pndisc_is_router",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench);
      await bench.say(solicit({ target: "fd00::1:50", destination: solicitedNode(KEPT) }));
      await bench.silence("no answer");
      await bench.must(`neigh del proxy ${KEPT} dev e0`);
      await bench.say(solicit({ target: KEPT }));
      await bench.silence("nor one whose entry is gone");
    },
  },
  {
    id: "ND-P-06",
    title: "its solicited-node group is joined, and left with the entry",
    source: "kernel: pndisc_constructor, pndisc_destructor",
    needs: ["proxy-arp"],
    async run(bench) {
      const group = solicitedNode(KEPT);
      const said = (): string[] =>
        bench.reports.flatMap(({ records }) =>
          records.filter(([, of]) => of === group).map(([type]) => (type === 3 ? "left" : "joined")),
        );
      await bench.must(`neigh add proxy ${KEPT} dev e0`);
      await bench.sleep(30);
      bench.expect("joined", said().includes("joined"), true);
      await bench.must(`neigh del proxy ${KEPT} dev e0`);
      await bench.sleep(30);
      bench.expect("left", said().includes("left"), true);
    },
  },
  {
    id: "ND-P-07",
    title: "a question of duplicate address detection is answered to all nodes, without O",
    source: "RFC 4861 7.2.8; kernel, measured",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench);
      await bench.say(solicitUnspecified({ target: KEPT, from: T2 }));
      const answer = await bench.hears("answers", { ...na, destination: ALL_NODES });
      bench.expect("flags and link address", [answer.flags, answer.lladdr], ["", DUT.mac]);
    },
  },
  {
    id: "ND-P-08",
    title: "a solicitation to the kept address alone is answered only with proxy_ndp for all, and without a link address",
    source: "kernel: ip6_forward_proxy_check, measured",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench);
      await bench.say(solicitAlone({ target: KEPT }));
      const early = (await bench.heard(20)).filter((frame) => frame.kind === "nd" && frame.message === "na");
      bench.expect("no answer", early.length, 0);
      bench.conf("forwarding", 1, "all");
      bench.conf("proxy_ndp", 1, "all");
      await bench.settle();
      await bench.say(solicitAlone({ target: KEPT }));
      const answer = await bench.hears("answers", { ...na, dst: T1.mac });
      bench.expect("flags and link address", [answer.flags, answer.lladdr], ["S", ""]);
    },
  },
  {
    id: "ND-P-09",
    title: "a proxy entry needs a device",
    source: "kernel: pndisc_constructor; measured",
    needs: ["proxy-arp"],
    async run(bench) {
      const refused = await bench.ip(`neigh add proxy ${KEPT}`);
      bench.expect("refused", [refused.exit !== 0, await bench.must("-6 neigh show proxy")], [true, ""]);
      await bench.must(`neigh add proxy ${KEPT} dev e0`);
      bench.expect("shown", await bench.must("-6 neigh show proxy"), `${KEPT} dev e0 proxy \n`);
    },
  },
  {
    id: "ND-P-10",
    title: "an advertisement of the kept address with our own link address is ignored, of another host it is believed",
    source: "kernel: ndisc_recv_na; measured",
    needs: ["proxy-arp", "forwarding"],
    async run(bench) {
      await keeps(bench);
      bench.conf("forwarding", 1, "all");
      bench.conf("proxy_ndp", 1, "all");
      await bench.must(`neigh add ${KEPT} lladdr ${T1.mac} nud stale dev e0`);
      await bench.say(advertise({ target: KEPT, lladdr: DUT.mac }, "O"));
      await bench.sleep(10);
      await bench.expectState(KEPT, "STALE", T1.mac);
      await bench.say(advertise({ target: KEPT, lladdr: T2.mac }, "O"));
      await becomes(bench, KEPT, `STALE ${T2.mac}`);
    },
  },
];

export const proxies: readonly Case[] = overIpv6(cases);
