/** Neighbour solicitations, sound and broken, to a host that knows the asker and to one that does not: answered as the kernel answers them. */
import { type NdFields, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, solicitedNode } from "../../../support/wire-format6.ts";
import { type Row6, sameAnswers6 } from "../exchange.ts";

const T2 = "02:00:00:00:00:77";
const ANSWER = `na ${OUR_LL} SO tlla us ${OUR_LL} > ${PEER_LL} > T1`;
const PLAIN = `na ${OUR_LL} S ${OUR_LL} > ${PEER_LL} > T1`;
const UNICAST = { destination: OUR_LL };

function row(what: string, fields: NdFields, ...answers: string[]): Row6 {
  return [what, ns(fields), answers];
}

/** Dropped or answered alike, known or not: the asker does not matter. */
const BROKEN: readonly Row6[] = [
  row("hop limit 254", { hops: 254 }),
  row("another code", { code: 1 }),
  row("a wrong checksum", { icmpSum: 1 }),
  row("a group as target", { target: "ff02::1", destination: OUR_LL }),
  row("for another host", { target: "fe80::9", destination: OUR_LL }),
  row("for another host, in our group", { target: "fe80::99:0:1", destination: solicitedNode(OUR_LL) }),
  row("an option without length", { units: 0 }),
  row("an option of two units that is there with one", { units: 2 }),
  row("a link address of two units", { units: 2, more: new Array(8).fill(0) }),
  row("an octet behind the options", { more: [7] }),
  row("from nobody, with a link address", { source: "::" }),
  row("from nobody, to us alone", { source: "::", destination: OUR_LL, link: null }),
  row("from nobody, to all nodes", { source: "::", destination: "ff02::1", link: null }),
  row(
    "from nobody: a claim to our address",
    { source: "::", link: null },
    `na ${OUR_LL} O tlla us ${OUR_LL} > ff02::1 > 33:33:00:00:00:01`,
  ),
  ["cut off", ns().subarray(0, 14 + 40 + 23), []],
  ["cut off, with the length of that", Uint8Array.from(ns({ length: 23 })), []],
];

const KNOWN: readonly Row6[] = [
  row("to our group", {}, ANSWER),
  row("to us alone", UNICAST, PLAIN),
  row("to us alone, without a link address", { ...UNICAST, link: null }, PLAIN),
  row("to our group, without a link address", { link: null }, ANSWER),
  row("to all nodes", { destination: "ff02::1" }, ANSWER),
  row("for our global address", { target: OUR_IP6 }, `na ${OUR_IP6} SO tlla us ${OUR_IP6} > ${PEER_LL} > T1`),
  row(
    "for our global address, from a global one",
    { target: OUR_IP6, source: PEER_IP6 },
    `na ${OUR_IP6} SO tlla us ${OUR_IP6} > ${PEER_IP6} > T1`,
  ),
  row("in a frame to us, to our group", { to: "02:00:00:00:00:01" }, ANSWER),
  row("in a broadcast frame", { to: "ff:ff:ff:ff:ff:ff" }, ANSWER),
  row("reserved bits", { reserved: -1 }, ANSWER),
  row("a traffic class", { tclass: 0xc0 }, ANSWER),
  row("an unknown option before", { option: 200, more: [1, 1, 2, 0, 0, 0, 0, 2] }, ANSWER),
  row("a second link address", { more: [1, 1, 2, 0, 0, 0, 0, 9] }, ANSWER),
  row("a target's link address", { option: 2 }, ANSWER),
  row("from another link address", { link: T2, from: T2 }, ANSWER),
];

const UNKNOWN: readonly Row6[] = [
  row("to our group", { source: "fe80::31" }, `na ${OUR_LL} SO tlla us ${OUR_LL} > fe80::31 > T1`),
  row("to us alone", { source: "fe80::32", ...UNICAST }, `na ${OUR_LL} S ${OUR_LL} > fe80::32 > T1`),
  row("to our group, without a link address", { source: "fe80::33", link: null }),
  row(
    "to us alone, without a link address",
    { source: "fe80::34", ...UNICAST, link: null },
    `who-has fe80::34 slla us ${OUR_LL} > ff02::1:ff00:34 > 33:33:ff:00:00:34`,
  ),
  row(
    "a group's link address",
    { source: "fe80::35", link: "33:33:00:00:00:01" },
    `na ${OUR_LL} SO tlla us ${OUR_LL} > fe80::35 > 33:33:00:00:00:01`,
  ),
  row(
    "our own link address",
    { source: "fe80::36", link: "02:00:00:00:00:01" },
    `na ${OUR_LL} SO tlla us ${OUR_LL} > fe80::36 > us`,
  ),
  row(
    "nobody's link address",
    { source: "fe80::37", link: "00:00:00:00:00:00" },
    `na ${OUR_LL} SO tlla us ${OUR_LL} > fe80::37 > 00:00:00:00:00:00`,
  ),
  row("from another subnet", { source: "fd77::1", target: OUR_IP6 }, `na ${OUR_IP6} SO tlla us ${OUR_IP6} > fd77::1 > T1`),
];

sameAnswers6("broken solicitations", BROKEN);
sameAnswers6("solicitations of a known host", KNOWN);
sameAnswers6("solicitations of an unknown host", UNKNOWN, { known: false });
sameAnswers6(
  "a traffic class of our own, and link addresses everywhere",
  [row("to us alone", { source: "fe80::32", ...UNICAST }, `na ${OUR_LL} S tlla us ${OUR_LL} > fe80::32 > ${"T1"} tclass a0`)],
  { known: false, conf: { ndisc_tclass: 0xa0, force_tllao: 1 } },
);
