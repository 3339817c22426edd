/** Extension headers of packets that come in (RFC 8200 4). */
import type { Case } from "../../contract/case.ts";
import { PLANS } from "../../contract/plan.ts";
import { type Extension, echo6, echo6Message, ICMPV6, ipv6 } from "../../wire/build6.ts";
import { ip6Bytes } from "../../wire/bytes.ts";
import { ALL_NODES } from "../../wire/hosts6.ts";
import { type Row, row, rows } from "../ip/kit/answers.ts";

const { dut } = PLANS[6];
const REPLY = "echo reply";
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const NO_NEXT = 59;
const DESTINATION = 60;

/** A header of options, filled up with zeros (Pad1) to a multiple of eight bytes. */
function optionsHeader(type: number, options: readonly number[]): Extension {
  const units = Math.ceil((options.length + 2) / 8);
  return [type, [units - 1, ...options, ...Array<number>(units * 8 - 2 - options.length).fill(0)]];
}

/** A routing header with one address. */
function routing(type: number, left: number): Extension {
  return [ROUTING, [2, type, left, 0, 0, 0, 0, ...ip6Bytes(dut.e0.ip)]];
}

function probe(id: string, what: string, source: string, extensions: readonly Extension[], ...sends: string[]): Row {
  return row(`IP6-${id}`, `an echo request with ${what}`, source, echo6({ extensions }), ...sends);
}

/** The two high bits of an unknown option's number tell what to do with the packet (RFC 8200 4.2). The option's offset is 42. */
const ACTIONS: readonly (readonly [bits: string, option: number, ...sends: string[]])[] = [
  ["skip", 0x1e, REPLY],
  ["discard", 0x5e],
  ["report", 0x9e, "parameter problem 2 at 42"],
  ["report-unless-group", 0xde, "parameter problem 2 at 42"],
];

const unknown: readonly Row[] = [HOP_BY_HOP, DESTINATION].flatMap((header) =>
  ACTIONS.flatMap(([bits, option, ...sends]) => {
    const name = header === HOP_BY_HOP ? "hop-by-hop" : "destination";
    const extensions = [optionsHeader(header, [option, 4, 0, 0, 0, 0])];
    const toAll = bits === "report-unless-group" ? [] : sends;
    return [
      probe(`30/${name}-${bits}`, `an unknown ${name} option: ${bits}`, "RFC 8200 4.2", extensions, ...sends),
      row(
        `IP6-30/${name}-${bits}-group`,
        `an echo request to all nodes with an unknown ${name} option: ${bits}`,
        "RFC 8200 4.2",
        echo6({ extensions, destination: ALL_NODES }),
        ...toAll,
      ),
    ];
  }),
);

const known: readonly Row[] = [
  probe(
    "31/hop-pad1",
    "hop-by-hop options of single bytes of padding",
    "RFC 8200 4.2: up to seven bytes",
    [optionsHeader(HOP_BY_HOP, [0, 0, 0, 0, 1, 0])],
    REPLY,
  ),
  probe("31/hop-padn", "hop-by-hop options of padding", "RFC 8200 4.2", [optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 0])], REPLY),
  probe("31/hop-padn-8", "padding of more than seven bytes", "RFC 8504 5.3; kernel: ip6_parse_tlv", [
    optionsHeader(HOP_BY_HOP, [1, 12, ...Array<number>(12).fill(0)]),
  ]),
  probe("31/hop-padn-dirty", "padding that is not zero", "RFC 8504 5.3; kernel: ip6_parse_tlv", [
    optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 7]),
  ]),
  probe("31/hop-alert", "a router alert", "RFC 2711", [optionsHeader(HOP_BY_HOP, [5, 2, 0, 0, 1, 0])], REPLY),
  probe("31/hop-beyond", "an option beyond its header", "RFC 8200 4.2", [optionsHeader(HOP_BY_HOP, [0x1e, 9, 0, 0, 0, 0])]),
  probe("31/hop-long", "a header of hop-by-hop options beyond the packet", "RFC 8200 4.3", [[HOP_BY_HOP, [9, 1, 4, 0, 0, 0, 0]]]),
  probe(
    "31/hop-later",
    "hop-by-hop options behind destination options",
    "RFC 8200 4.1: they come first",
    [optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0]), optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 0])],
    "parameter problem 1 at 40",
  ),
  probe(
    "31/hop-twice",
    "hop-by-hop options twice",
    "RFC 8200 4.1",
    [optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 0]), optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 0])],
    "parameter problem 1 at 40",
  ),
  probe(
    "32/destination",
    "destination options of padding",
    "RFC 8200 4.6",
    [optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0])],
    REPLY,
  ),
  probe(
    "32/destination-twice",
    "destination options twice",
    "RFC 8200 4.1: a node takes any order",
    [optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0]), optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0])],
    REPLY,
  ),
  probe("32/destination-long", "destination options beyond the packet", "RFC 8200 4.6", [[DESTINATION, [9, 1, 4, 0, 0, 0, 0]]]),
  probe(
    "32/chain",
    "hop-by-hop options, destination options, a finished routing header",
    "RFC 8200 4.1",
    [optionsHeader(HOP_BY_HOP, [1, 4, 0, 0, 0, 0]), optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0]), routing(0, 0)],
    REPLY,
  ),
  probe("33/routing-0", "a routing header of type 0 that is finished", "RFC 5095; kernel: ipv6_rthdr_rcv", [routing(0, 0)], REPLY),
  probe(
    "33/routing-0-left",
    "a routing header of type 0 with a segment left",
    "RFC 5095 MUST",
    [routing(0, 1)],
    "parameter problem 0 at 42",
  ),
  probe("33/routing-2", "a routing header of type 2 that is finished", "RFC 6275", [routing(2, 0)], REPLY),
  probe("33/routing-99", "a routing header of an unknown type that is finished", "RFC 8200 4.4: ignored", [routing(99, 0)], REPLY),
  probe(
    "33/routing-99-left",
    "a routing header of an unknown type with a segment left",
    "RFC 8200 4.4",
    [routing(99, 1)],
    "parameter problem 0 at 42",
  ),
  probe("34/atomic", "a fragment header of a whole packet", "RFC 6946", [[FRAGMENT, [0, 0, 0, 0, 0, 0, 9]]], REPLY),
  row("IP6-34/no-next", "a packet with no next header", "RFC 8200 4.7", ipv6({}, NO_NEXT, [])),
  row("IP6-34/no-next-data", "a packet with no next header and bytes behind it", "RFC 8200 4.7", ipv6({}, NO_NEXT, [1, 2, 3, 4])),
  row(
    "IP6-34/message-of-ipv4",
    "an ICMP message of IPv4",
    "RFC 8200 4",
    ipv6({}, 1, [8, 0, 0xf7, 0xfd, 0, 1, 0, 1]),
    "parameter problem 1 at 6",
  ),
  ...[3, 89, 253, 255].map((next) =>
    row(
      `IP6-35/${next}`,
      `a packet with the next header ${next}`,
      "RFC 4443 3.4, RFC 8200 4",
      ipv6({}, next, [1, 2, 3, 4, 5, 6, 7, 8]),
      "parameter problem 1 at 6",
    ),
  ),
  row(
    "IP6-35/group",
    "a packet with an unknown next header to all nodes",
    "RFC 4443 2.4 e.3",
    ipv6({ destination: ALL_NODES }, 253, [1, 2, 3, 4]),
  ),
  row(
    "IP6-35/behind",
    "an unknown next header behind destination options",
    "RFC 4443 3.4",
    ipv6({ extensions: [optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0])] }, 253, [1, 2, 3, 4]),
    "parameter problem 1 at 40",
  ),
  row(
    "IP6-36/cut-options",
    "a packet that ends within its destination options",
    "RFC 8200 4.6",
    ipv6({ extensions: [[DESTINATION, [0, 1]]] }, ICMPV6, []),
  ),
  row(
    "IP6-36/many",
    "an echo request behind eight headers of destination options",
    "RFC 8504 5.3; kernel: max_dst_opts_number is of options",
    ipv6({ extensions: Array.from({ length: 8 }, () => optionsHeader(DESTINATION, [1, 4, 0, 0, 0, 0])) }, ICMPV6, echo6Message()),
    REPLY,
  ),
];

export const extensions: readonly Case[] = rows([...unknown, ...known]);
