/** Solicitations that are answered: which flags and link address the answer has, and what is learned of the asker. */
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertise, NdOption, option, solicit, solicitAlone } from "../../../wire/build-nd.ts";
import { ALL_NODES, DUT_LOCAL, local } from "../../../wire/hosts6.ts";
import { becomes, calm, seen } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;

interface Answered {
  id: string;
  what: string;
  source: string;
  frame: Uint8Array;
  /** The asker's address. Default T1's. */
  asker?: string;
  target?: string;
  /** Default: the answer to a group's member, S and O with our link address. */
  flags?: "S" | "SO";
  /** The asker's link address, as learned. Default T1's. */
  learned?: string;
}

const UNKNOWN_OPTION = option(200, [1, 2, 3, 4, 5, 6]);
const MOVED = option(NdOption.SOURCE, [2, 0, 0, 0, 0, 0x77]);
/** An address outside all of our prefixes. */
const STRANGER = "2001:db8::7";
const local1 = local(T1);

const ANSWERED: readonly Answered[] = [
  { id: "ND-N-01/global", what: "for our global address", source: "RFC 4861 7.2.4; v6LC.2.1.8b", frame: solicit() },
  {
    id: "ND-N-01/link-local",
    what: "for our link-local address",
    source: "RFC 4861 7.2.4",
    frame: solicit({ from: local1, target: DUT_LOCAL.ip }),
    asker: local1.ip,
    target: DUT_LOCAL.ip,
  },
  {
    id: "ND-N-01/crossed",
    what: "from a link-local address for our global one",
    source: "RFC 4861 7.2.4",
    frame: solicit({ from: local1 }),
    asker: local1.ip,
  },
  {
    id: "ND-N-02",
    what: "to us alone, with a link address",
    source: "RFC 4861 7.2.4: the link address may be left out; v6LC.2.1.8a",
    frame: solicitAlone(),
    flags: "S",
  },
  {
    id: "ND-N-09/reserved",
    what: "with reserved bits that are not zero",
    source: "RFC 4861 7.1.1",
    frame: solicit({ reserved: 0xffff_ffff }),
  },
  {
    id: "ND-N-09/unknown-option",
    what: "with an unknown option first",
    source: "RFC 4861 7.1.1",
    frame: solicit({ first: [UNKNOWN_OPTION] }),
  },
  {
    id: "ND-N-09/target-option",
    what: "with a target link-address option, which means nothing here",
    source: "RFC 4861 4.3",
    frame: solicit({ first: [option(NdOption.TARGET, [2, 0, 0, 0, 0, 0x55])] }),
  },
  {
    id: "ND-N-09/nonce",
    what: "with a nonce",
    source: "RFC 7527",
    frame: solicit({ options: [option(NdOption.NONCE, [1, 2, 3, 4, 5, 6])] }),
  },
  {
    id: "ND-N-12",
    what: "with two link addresses, of which the first counts",
    source: "kernel: ndisc_parse_options",
    frame: solicit({ options: [MOVED] }),
  },
  {
    id: "ND-N-13/broadcast",
    what: "with the broadcast address as its link address",
    source: "kernel: not checked by ndisc_recv_ns",
    frame: solicit({ lladdr: "ff:ff:ff:ff:ff:ff" }),
    learned: "ff:ff:ff:ff:ff:ff",
  },
  {
    id: "ND-N-13/group",
    what: "with a group's address as its link address",
    source: "kernel: not checked by ndisc_recv_ns",
    frame: solicit({ lladdr: "33:33:00:00:00:01" }),
    learned: "33:33:00:00:00:01",
  },
  {
    id: "ND-N-13/zero",
    what: "with a link address of zeros",
    source: "kernel: not checked by ndisc_recv_ns",
    frame: solicit({ lladdr: "00:00:00:00:00:00" }),
    learned: "00:00:00:00:00:00",
  },
  {
    id: "ND-N-13/ours",
    what: "with our own link address",
    source: "kernel: not checked by ndisc_recv_ns",
    frame: solicit({ lladdr: DUT.mac }),
    learned: DUT.mac,
  },
  {
    id: "ND-N-16",
    what: "with a link address that is not the frame's sender",
    source: "RFC 4861 4.3",
    frame: solicit({ src: T2.mac }),
  },
  {
    id: "ND-N-15",
    what: "sent to all nodes",
    source: "kernel: any group that we are in",
    frame: solicit({ destination: ALL_NODES }),
  },
  {
    id: "ND-N-17/to-our-station",
    what: "to the group, in a frame to us alone",
    source: "kernel: the IP destination decides",
    frame: solicit({ dst: DUT.mac }),
  },
  {
    id: "ND-N-17/to-all-stations",
    what: "to the group, in a broadcast frame",
    source: "kernel",
    frame: solicit({ dst: "ff:ff:ff:ff:ff:ff" }),
  },
  { id: "ND-N-18/tclass", what: "with a traffic class", source: "RFC 4861 6.1: not checked", frame: solicit({ tclass: 0xb8 }) },
  {
    id: "ND-N-18/destination-options",
    what: "behind a header of destination options",
    source: "RFC 8200 4.6; kernel",
    frame: solicit({ extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] }),
  },
  {
    id: "ND-N-18/trailer",
    what: "with bytes behind the packet",
    source: "RFC 8200 3: the payload length counts",
    frame: solicit({ trailer: [1, 2, 3, 4, 5] }),
  },
  {
    id: "ND-N-19",
    what: "from a global address that we have no route to",
    source: "kernel: no look at the sender's prefix, and an answer needs no route",
    frame: solicit({ source: STRANGER }),
    asker: STRANGER,
  },
];

const answered: readonly Case[] = ANSWERED.map((each) => ({
  id: each.id,
  title: `a solicitation ${each.what} is answered with ${each.flags ?? "SO"}, and the asker learned`,
  source: each.source,
  async run(bench) {
    const { asker = T1.ip, target = DUT.ip, flags = "SO", learned = T1.mac } = each;
    calm(bench);
    await bench.say(each.frame);
    const answer = await bench.hears("answers", { kind: "nd", message: "na", destination: asker, dst: learned });
    bench.expect("flags", answer.flags, flags);
    bench.expect("from the target, about it", [answer.source, answer.target], [target, target]);
    bench.expect("its link address", answer.lladdr, flags === "SO" ? DUT.mac : "");
    bench.expect("hop limit and class", [answer.ttl, answer.tos], [255, 0]);
    await bench.silence("once", 10);
    // The answer uses the entry, so that it does not stay stale.
    await becomes(bench, asker, `DELAY ${learned}`);
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-N-03",
    title: "a solicitation to us alone without a link address, from a stranger: it is asked for first, then answered",
    source: "RFC 4861 7.2.4; v6LC.2.1.8c",
    async run(bench) {
      calm(bench);
      await bench.say(solicitAlone({ lladdr: null }));
      await bench.hears("asks", { kind: "nd", message: "ns", target: T1.ip, lladdr: DUT.mac });
      await bench.expectState(T1.ip, "INCOMPLETE");
      await bench.say(advertise());
      const answer = await bench.hears("answers", { kind: "nd", message: "na", destination: T1.ip, dst: T1.mac });
      bench.expect("without its link address", [answer.flags, answer.lladdr], ["S", ""]);
      await becomes(bench, T1.ip, `REACHABLE ${T1.mac}`);
    },
  },
  {
    id: "ND-N-04",
    title: "a solicitation to the group without a link address, from a stranger, is ignored",
    source: "kernel: ndisc_recv_ns makes no entry of it",
    async run(bench) {
      await bench.say(solicit({ lladdr: null }));
      await bench.silence("no answer");
      bench.expect("nobody is learned", seen(bench, T1.ip), "-");
    },
  },
  {
    id: "ND-N-05",
    title: "a solicitation to the group without a link address, from a known host, is answered to the address known",
    source: "RFC 4861 7.2.4",
    async run(bench) {
      calm(bench);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} nud stale dev e0`);
      await bench.say(solicit({ lladdr: null }));
      const answer = await bench.hears("answers", { kind: "nd", message: "na", dst: T1.mac });
      bench.expect("flags", answer.flags, "SO");
      await becomes(bench, T1.ip, `DELAY ${T1.mac}`);
    },
  },
  {
    id: "ND-N-06",
    title: "force_tllao puts the link address into an answer to a solicitation that came to us alone",
    source: "kernel: force_tllao",
    async run(bench) {
      bench.conf("force_tllao", 1);
      await bench.say(solicitAlone());
      const answer = await bench.hears("answers", { kind: "nd", message: "na", dst: T1.mac });
      bench.expect("flags and link address", [answer.flags, answer.lladdr], ["S", DUT.mac]);
    },
  },
  {
    id: "ND-N-07",
    title: "one that forwards says R in its answers",
    source: "RFC 4861 7.2.4; kernel: forwarding",
    needs: ["forwarding"],
    async run(bench) {
      bench.conf("forwarding", 1);
      await bench.say(solicit());
      const first = await bench.hears("answers", { kind: "nd", message: "na", dst: T1.mac });
      await bench.say(solicitAlone());
      const second = await bench.hears("again", { kind: "nd", message: "na", dst: T1.mac });
      bench.expect("flags", [first.flags, second.flags], ["RSO", "RS"]);
    },
  },
  {
    id: "ND-N-08",
    title: "ndisc_tclass is the traffic class of answers and questions",
    source: "kernel: ndisc_tclass",
    async run(bench) {
      bench.conf("ndisc_tclass", 0xe0);
      await bench.say(solicit());
      const answer = await bench.hears("answers", { kind: "nd", message: "na" });
      await bench.poke(T2.ip);
      const ask = await bench.hears("asks", { kind: "nd", message: "ns", target: T2.ip });
      bench.expect("class", [answer.tos, ask.tos], [0xe0, 0xe0]);
    },
  },
  {
    id: "ND-N-14",
    title: "an anycast address, that of all routers of a prefix, is answered without O after up to proxy_delay",
    source: "RFC 4861 7.2.7; v6LC.2.1.14; kernel: proxy_delay, 0.8 s",
    needs: ["forwarding"],
    patient: true,
    drawn: true,
    async run(bench) {
      bench.conf("forwarding", 1);
      await bench.settle();
      await bench.say(solicit({ target: "fd00::" }));
      const answer = await bench.hears("answers", { kind: "nd", message: "na", target: "fd00::" }, { within: 900 });
      bench.expect("flags and link address", [answer.flags, answer.lladdr], ["RS", DUT.mac]);
    },
  },
  {
    id: "ND-N-20",
    title: "every solicitation received is counted, also one that is dropped for its hop limit",
    source: "RFC 4293; kernel: Icmp6InNeighborSolicits",
    needs: ["proc"],
    async run(bench) {
      await bench.say(solicit(), solicitAlone(), solicit({ hops: 64 }));
      await bench.hears("answers", { kind: "nd", message: "na" });
      const line = bench.dut.cat("/proc/net/snmp6").match(/^Icmp6InNeighborSolicits\s+(\d+)$/m);
      bench.expect("solicitations in", line?.[1], "3");
    },
  },
];

export const answers: readonly Case[] = overIpv6([...answered, ...others]);
