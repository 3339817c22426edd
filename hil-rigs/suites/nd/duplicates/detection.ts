/** Duplicate address detection: the question, the time until an address is used, and what makes it fail. */
import type { Case } from "../../../contract/case.ts";
import { type Host, PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise, advertiseAll, solicit, solicitAlone, solicitUnspecified } from "../../../wire/build-nd.ts";
import { ALL_NODES, groupMac, solicitedNode } from "../../../wire/hosts6.ts";
import { until } from "../../arp/kit/setup.ts";
import { addAndTry, detects, detectsSlowly, flagsOf, TRIED, tries, untilDetected } from "../kit/dad.ts";
import { overIpv6 } from "../kit/family.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
const GROUP = solicitedNode(TRIED);
/** A host that has the address. */
const HOLDER: Host = { ip: TRIED, mac: T2.mac };
const OTHER_NONCE = [9, 8, 7, 6, 5, 4];

function bytesOf(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
}

const question: readonly Case[] = [
  {
    id: "ND-S-05",
    title: "a new address is asked for once, from ::, with a nonce, and used one retrans_time later",
    source: "RFC 4862 5.4.2, RFC 7527; kernel: dad_transmits 1",
    needs: ["address-admin"],
    patient: true,
    async run(bench) {
      detectsSlowly(bench);
      const ask = await addAndTry(bench);
      bench.expect("its group", [ask.destination, ask.dst], [GROUP, groupMac(GROUP)]);
      bench.expect("no link address, a nonce of six bytes", [ask.lladdr, ask.options, ask.nonce.length], ["", "14", 12]);
      bench.expect("hop limit and length", [ask.ttl, ask.length], [255, 86]);
      bench.expect("it is tentative", flagsOf(bench), "tentative");
      await untilDetected(bench);
      bench.expect("then it is not", flagsOf(bench), "");
      await bench.say(solicit({ target: TRIED }));
      await bench.hears("and is answered for", { kind: "nd", message: "na", target: TRIED, dst: T1.mac });
      const joined = bench.reports.flatMap(({ records }) => records.map(([, group]) => group));
      bench.expect("its group was joined", joined.includes(GROUP), true);
    },
  },
  {
    id: "ND-S-05/transmits-3",
    title: "with dad_transmits 3 it is asked for three times, with the same nonce",
    source: "RFC 4862 5.1, RFC 7527 4.1; kernel, measured",
    needs: ["address-admin"],
    async run(bench) {
      detects(bench);
      bench.conf("dad_transmits", 3);
      const one = await addAndTry(bench);
      const two = await bench.hears("again", tries());
      const three = await bench.hears("and again", tries());
      bench.expectTime("the second", two.time - one.time, 100);
      bench.expectTime("the third", three.time - one.time, 200, 2);
      bench.expect("nonces", [two.nonce, three.nonce], [one.nonce, one.nonce]);
      await bench.silence("no more", 150);
      bench.expect("it is used", flagsOf(bench), "");
    },
  },
  {
    id: "ND-S-05/transmits-0",
    title: "with dad_transmits 0 nobody is asked",
    source: "RFC 4862 5.1; kernel",
    needs: ["address-admin"],
    async run(bench) {
      detects(bench);
      bench.conf("dad_transmits", 0);
      await bench.must(`address add ${TRIED}/64 dev e0`);
      await bench.silence("nobody is asked", 60);
      bench.expect("it is used", flagsOf(bench), "");
    },
  },
  {
    id: "ND-S-05/nodad",
    title: "an address with the flag nodad is used at once",
    source: "kernel: IFA_F_NODAD",
    needs: ["address-admin"],
    async run(bench) {
      detects(bench);
      await bench.must(`address add ${TRIED}/64 dev e0 nodad`);
      bench.expect("it is used", flagsOf(bench), "nodad");
      await bench.silence("nobody is asked", 60);
    },
  },
  {
    id: "ND-S-05/no-nonce",
    title: "without enhanced_dad the question has no nonce",
    source: "kernel: enhanced_dad 0 for all and for the device",
    needs: ["address-admin"],
    async run(bench) {
      detects(bench);
      bench.conf("enhanced_dad", 0, "all");
      bench.conf("enhanced_dad", 0);
      const ask = await addAndTry(bench);
      bench.expect("options and length", [ask.options, ask.length], ["", 78]);
    },
  },
  {
    id: "ND-S-05/delay",
    title: "the question waits for up to router_solicitation_delay",
    source: "RFC 4862 5.4.2; kernel",
    needs: ["address-admin"],
    patient: true,
    drawn: true,
    async run(bench) {
      bench.conf("accept_dad", 1);
      await bench.must(`address add ${TRIED}/64 dev e0`);
      await bench.hears("asks within a second", tries(), { within: 1000 });
    },
  },
];

/** Frames that come while the address is tentative, and whether it fails by them. */
const MEANWHILE: readonly (readonly [id: string, what: string, source: string, frame: Uint8Array, fails: boolean])[] = [
  ["ND-S-06", "another host's question", "RFC 4862 5.4.3", solicitUnspecified({ target: TRIED, from: T2 }), true],
  [
    "ND-S-06/nonce",
    "another host's question with a nonce",
    "RFC 7527 4.2",
    solicitUnspecified({ target: TRIED, from: T2 }, OTHER_NONCE),
    true,
  ],
  ["ND-S-07/all", "an advertisement of the address to all nodes", "RFC 4862 5.4.4", advertiseAll({ from: HOLDER }), true],
  [
    "ND-S-07/no-link",
    "an advertisement without a link address",
    "RFC 4862 5.4.4",
    advertise({ from: HOLDER, destination: ALL_NODES, lladdr: null }, ""),
    true,
  ],
  ["ND-S-07/alone", "an advertisement to our other address", "kernel, measured", advertise({ from: HOLDER }, "SO"), true],
  ["ND-S-08", "an advertisement with a hop limit of 254", "v6LC.3.1.4b", advertiseAll({ from: HOLDER, hops: 254 }), false],
  [
    "ND-S-08/checksum",
    "an advertisement with a wrong checksum",
    "RFC 4861 7.1.2",
    advertiseAll({ from: HOLDER, sumError: 1 }),
    false,
  ],
  [
    "ND-S-08/solicited",
    "an advertisement with S to all nodes",
    "RFC 4861 7.1.2",
    advertise({ from: HOLDER, destination: ALL_NODES }, "SO"),
    false,
  ],
  [
    "ND-S-08/question-hops",
    "a question with a hop limit of 64",
    "RFC 4861 7.1.1",
    solicitUnspecified({ target: TRIED, from: T2, hops: 64 }),
    false,
  ],
  [
    "ND-S-08/question-link",
    "a question from :: with a link address",
    "RFC 4861 7.1.1",
    solicitUnspecified({ target: TRIED, lladdr: T2.mac }),
    false,
  ],
  [
    "ND-S-08/question-alone",
    "a question from :: to all nodes",
    "RFC 4861 7.1.1",
    solicitUnspecified({ target: TRIED, destination: ALL_NODES }),
    false,
  ],
  ["ND-S-09", "a solicitation from a host's address", "RFC 4862 5.4.3; v6LC.3.1.5a", solicit({ target: TRIED }), false],
  ["ND-S-09/alone", "the same to the address alone", "RFC 4862 5.4.3", solicitAlone({ target: TRIED }), false],
  [
    "ND-S-10",
    "another host's question about another address",
    "RFC 4862 5.4.3",
    solicitUnspecified({ target: "fd00::1:d", from: T2, destination: GROUP }),
    false,
  ],
];

const meanwhile: readonly Case[] = MEANWHILE.map(([id, what, source, frame, fails]) => ({
  id,
  title: `${what}, while an address is tentative: the address ${fails ? "fails" : "survives"}, and nobody is answered`,
  source,
  needs: ["address-admin"],
  patient: true,
  async run(bench) {
    detectsSlowly(bench);
    await addAndTry(bench);
    await bench.say(frame);
    await bench.silence("nobody is answered", 20);
    if (fails) {
      bench.expect("it has failed", flagsOf(bench), "dadfailed tentative");
      await bench.say(solicit({ target: TRIED }));
      await bench.silence("and is not answered for", 20);
      return;
    }
    bench.expect("it is tentative", flagsOf(bench), "tentative");
    await untilDetected(bench);
    bench.expect("and then used", flagsOf(bench), "");
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-S-11",
    title: "our own question, looped back, is no duplicate: it has our nonce",
    source: "RFC 7527 4.2",
    needs: ["address-admin"],
    patient: true,
    async run(bench) {
      detectsSlowly(bench);
      const ask = await addAndTry(bench);
      await bench.say(ask.bytes);
      await bench.say(solicitUnspecified({ target: TRIED, from: T2 }, bytesOf(ask.nonce)));
      bench.expect("it is tentative", flagsOf(bench), "tentative");
      await untilDetected(bench);
      bench.expect("and then used", flagsOf(bench), "");
    },
  },
  {
    id: "ND-S-12",
    title: "a tentative address is the source of nothing",
    source: "RFC 4862 5.4; kernel",
    needs: ["address-admin", "route-admin"],
    patient: true,
    async run(bench) {
      detectsSlowly(bench);
      await bench.must(`neigh add fd01::2 lladdr ${T1.mac} dev e0`);
      await bench.must("address add fd01::d/64 dev e0");
      await bench.hears("asks", tries("fd01::d"));
      await bench.poke("fd01::2");
      const early = await bench.hears("sent", datagram("fd01::2"));
      await untilDetected(bench, "fd01::d");
      bench.socket().send(new Uint8Array(1), "fd01::2", 9);
      const late = await bench.hears("sent", datagram("fd01::2"));
      bench.expect("sources", [early.source, late.source], [DUT.ip, "fd01::d"]);
    },
  },
  {
    id: "ND-N-31",
    title: "another host's question about an address of ours is answered to all nodes, with O and without S",
    source: "RFC 4861 7.2.4, RFC 4862 5.4.3",
    async run(bench) {
      await bench.say(solicitUnspecified({ from: T2 }));
      const answer = await bench.hears("answers", { kind: "nd", message: "na", destination: ALL_NODES });
      bench.expect("to all stations of the group", answer.dst, groupMac(ALL_NODES));
      bench.expect(
        "from the address, with O, with our link address",
        [answer.source, answer.flags, answer.lladdr],
        [DUT.ip, "O", DUT.mac],
      );
      await bench.say(solicitUnspecified({ from: T2 }, OTHER_NONCE));
      await bench.hears("as one with a nonce is", { kind: "nd", message: "na", destination: ALL_NODES, flags: "O" });
      await bench.say(solicit());
      await bench.hears("and the address stays ours", { kind: "nd", message: "na", dst: T1.mac });
    },
  },
  {
    id: "ND-S-15",
    title: "an optimistic address is answered for, without O, while it is tried",
    source: "RFC 4429 3.3; kernel: optimistic_dad",
    needs: ["address-admin"],
    async run(bench) {
      detectsSlowly(bench);
      bench.conf("optimistic_dad", 1);
      await addAndTry(bench, "optimistic");
      bench.expect("flags", flagsOf(bench), "optimistic tentative");
      await bench.say(solicit({ target: TRIED }));
      const answer = await bench.hears("answers", { kind: "nd", message: "na", target: TRIED, dst: T1.mac });
      bench.expect("flags of the answer", answer.flags, "S");
    },
  },
  {
    id: "ND-S-15/ordinary",
    title: "without optimistic_dad the word optimistic means nothing",
    source: "kernel, measured",
    needs: ["address-admin"],
    async run(bench) {
      detectsSlowly(bench);
      await addAndTry(bench, "optimistic");
      await bench.say(solicit({ target: TRIED }));
      await bench.silence("no answer", 20);
    },
  },
  {
    id: "ND-S-16",
    title: "with accept_dad 2 a duplicate of the link-local address turns IPv6 off on the device",
    source: "RFC 4862 5.4.5; kernel: accept_dad 2",
    async run(bench) {
      // A link that comes up would be used up to a second later: Linux looks at links once in a second.
      bench.conf("disable_ipv6", 1);
      detectsSlowly(bench);
      bench.conf("accept_dad", 2);
      bench.conf("disable_ipv6", 0);
      const own = "fe80::ff:fe00:1000";
      await bench.hears("asks", tries(own), { within: 1500 });
      await bench.say(advertiseAll({ from: { ip: own, mac: T2.mac } }));
      await until(bench, () => bench.sysctl("net.ipv6.conf.e0.disable_ipv6") === "1", 500);
      bench.expect("disable_ipv6", bench.sysctl("net.ipv6.conf.e0.disable_ipv6"), "1");
    },
  },
  {
    id: "ND-S-17/own-address",
    title: "with a static entry for the only peer an address of ours is tried all the same, and nobody else is asked for",
    source: "RFC 4862 5.4; telemetry with a static collector",
    needs: ["address-admin"],
    async run(bench) {
      detects(bench);
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      await addAndTry(bench);
      await until(bench, () => flagsOf(bench) === "", 400);
      bench.socket({ address: TRIED }).send(new Uint8Array(1), T1.ip, 9);
      await bench.hears("sent", datagram(T1.ip, { source: TRIED, dst: T1.mac }));
      await bench.silence("nobody is asked for", 50);
    },
  },
  {
    id: "LNK-05",
    title: "a cable pulled and plugged while an address is tried: its time goes on, and nobody is asked again",
    source: "Zephyr differs, which tries it again; kernel: addrconf_notify, measured",
    needs: ["address-admin", "carrier"],
    patient: true,
    async run(bench) {
      detects(bench);
      bench.param("retrans_time_ms", 3000);
      await addAndTry(bench);
      await bench.plug(false);
      await bench.sleep(1200);
      await bench.plug(true);
      bench.expect("it is tentative", flagsOf(bench), "tentative");
      await bench.silence("nobody is asked", 1000);
      await until(bench, () => flagsOf(bench) === "", 1500);
      bench.expect("and then used", flagsOf(bench), "");
    },
  },
];

export const detection: readonly Case[] = overIpv6([...question, ...meanwhile, ...others]);
