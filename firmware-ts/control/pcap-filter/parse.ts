/** The grammar of pcap-filter(7), as much of it as `UNDERSTOOD` names: `and` and `or` bind alike, from the left, `not` closest. */
import { and, not, or, type Test } from "./packet.ts";
import {
  ADDRESSED,
  type Addressed,
  address,
  EtherType,
  etherHost,
  etherMulticast,
  etherType,
  IpProtocol,
  ipMulticast,
  ipProtocol,
  ports,
  type Side,
  transport,
} from "./tests.ts";
import { FilterError, FilterWords, hostOf, macOf, netOf, numberOf, portOf, rangeOf, UNDERSTOOD } from "./words.ts";

/** Parentheses and `not` in each other. */
const DEEPEST = 100;
const BROADCAST = new Uint8Array(6).fill(0xff);
const LONGEST_FRAME = 0xffff;
/** Smaller numbers in the place of an EtherType are lengths (IEEE 802.3). */
const LEAST_TYPE = 0x600;

type Kind = "host" | "net" | "port" | "portrange" | "proto";

/** The words in front of a value, which hold for a value without any of its own behind it: `host 10.0.0.1 or 10.0.0.2`. */
interface Qualifiers {
  /** Empty: any. */
  readonly protocol: string;
  readonly side: Side;
  readonly kind: Kind;
}

const TYPES: Readonly<Record<string, number>> = {
  arp: EtherType.ARP,
  rarp: EtherType.RARP,
  ip: EtherType.IP,
  ip6: EtherType.IP6,
};
const IP_ONLY: Readonly<Record<string, number>> = { icmp: IpProtocol.ICMP, igmp: IpProtocol.IGMP };
const TRANSPORTS: Readonly<Record<string, number>> = { tcp: IpProtocol.TCP, udp: IpProtocol.UDP };
const PROTOCOLS: readonly string[] = ["ether", ...Object.keys({ ...TYPES, ...IP_ONLY, ...TRANSPORTS })];
const KINDS: readonly string[] = ["host", "net", "port", "portrange"] satisfies Kind[];
/** Words that cannot be a value. */
const KEYWORDS: readonly string[] = [
  ...PROTOCOLS,
  ...KINDS,
  "src",
  "dst",
  "proto",
  "broadcast",
  "multicast",
  "less",
  "greater",
  "inbound",
  "outbound",
  "not",
  "(",
];
const ENDS: readonly string[] = ["and", "or", ")"];

/** @throws FilterError; an empty text chooses every packet */
export function parseFilter(text: string): Test {
  const words = new FilterWords(text);
  if (words.ended) return () => true;
  return new Parser(words).whole();
}

class Parser {
  readonly #words: FilterWords;
  /** Those of the last value. */
  #last: Qualifiers | null = null;
  #depth = 0;

  constructor(words: FilterWords) {
    this.#words = words;
  }

  whole(): Test {
    const test = this.#expression(() => this.#term());
    if (!this.#words.ended) throw unexpected(this.#words.head);
    return test;
  }

  #expression(first: () => Test): Test {
    let test = first();
    for (;;) {
      if (this.#words.take("and")) test = and(test, this.#termOrValue());
      else if (this.#words.take("or")) test = or(test, this.#termOrValue());
      else return test;
    }
  }

  #termOrValue(): Test {
    const { head, ended } = this.#words;
    if (this.#words.take("not")) return not(this.#deeper(() => this.#termOrValue()));
    if (this.#last === null || ended || KEYWORDS.includes(head) || ENDS.includes(head)) return this.#term();
    return this.#value(this.#last);
  }

  #term(): Test {
    if (this.#words.take("not")) return not(this.#deeper(() => this.#term()));
    if (this.#words.take("(")) return this.#closed(() => this.#term());
    return this.#simple() ?? this.#qualified();
  }

  #deeper(inner: () => Test): Test {
    if (++this.#depth > DEEPEST) throw new FilterError(`it is nested deeper than ${DEEPEST}`);
    const test = inner();
    this.#depth--;
    return test;
  }

  #closed(first: () => Test): Test {
    const test = this.#deeper(() => this.#expression(first));
    if (this.#words.take(")")) return test;
    throw this.#words.ended ? new FilterError('a ")" is missing') : unexpected(this.#words.head);
  }

  /** Words that need no value, or a number only. */
  #simple(): Test | null {
    const words = this.#words;
    if (words.take("inbound")) return (packet) => !packet.outgoing;
    if (words.take("outbound")) return (packet) => packet.outgoing;
    if (words.take("broadcast")) return etherHost(BROADCAST, "dst");
    if (words.take("multicast")) return etherMulticast;
    if (words.take("less")) return shorter(numberOf(words.value("a length"), "length", 0, LONGEST_FRAME));
    if (!words.take("greater")) return null;
    const least = numberOf(words.value("a length"), "length", 0, LONGEST_FRAME);
    return (packet) => packet.length >= least;
  }

  #qualified(): Test {
    const words = this.#words;
    const protocol = PROTOCOLS.includes(words.head) ? words.value("a protocol") : "";
    const side = this.#side();
    const kind = this.#kind(protocol);
    if (side === null && kind === null) return this.#protocol(protocol);
    if (words.take("(")) {
      // host (10.0.0.1 or 10.0.0.2)
      this.#last = { protocol, side: side ?? "either", kind: kind ?? "host" };
      const last = this.#last;
      return this.#closed(() => this.#value(last));
    }
    return this.#value({ protocol, side: side ?? "either", kind: kind ?? "host" });
  }

  /** A protocol without a value. */
  #protocol(protocol: string): Test {
    const words = this.#words;
    if (protocol === "ether" && words.take("broadcast")) return etherHost(BROADCAST, "dst");
    if (protocol === "ether" && words.take("multicast")) return etherMulticast;
    if (protocol === "ip" && words.take("multicast")) return ipMulticast;
    const test = protocolTest(protocol);
    if (test) return test;
    throw words.ended ? new FilterError(`it ends too early; there are: ${UNDERSTOOD}`) : unexpected(words.head);
  }

  #side(): Side | null {
    const words = this.#words;
    const first = words.head;
    if (first !== "src" && first !== "dst") return null;
    words.take(first);
    const other = first === "src" ? "dst" : "src";
    if ((words.head !== "or" && words.head !== "and") || words.second !== other) return first;
    const both = words.take("and");
    words.take("or");
    words.take(other);
    return both ? "both" : "either";
  }

  #kind(protocol: string): Kind | null {
    const words = this.#words;
    if (KINDS.includes(words.head)) return words.value("a kind") as Kind;
    return (protocol === "ip" || protocol === "ether") && words.take("proto") ? "proto" : null;
  }

  #value(qualifiers: Qualifiers): Test {
    const words = this.#words;
    const text = words.value(EXPECTED[qualifiers.kind]);
    if (KEYWORDS.includes(text) || ENDS.includes(text)) {
      throw new FilterError(`"${text}" stands where ${EXPECTED[qualifiers.kind]} is expected`);
    }
    const mask = qualifiers.kind === "net" && !text.includes("/") && words.take("mask") ? words.value("a mask") : null;
    this.#last = qualifiers;
    return primitive(qualifiers, text, mask);
  }
}

const EXPECTED: Readonly<Record<Kind, string>> = {
  host: "an address",
  net: "a network",
  port: "a port",
  portrange: "a range of ports",
  proto: "a protocol's number",
};

function unexpected(word: string): FilterError {
  return new FilterError(`"${word}" is not understood there; there are: ${UNDERSTOOD}`);
}

function shorter(most: number): Test {
  return (packet) => packet.length <= most;
}

function protocolTest(protocol: string): Test | null {
  const type = TYPES[protocol];
  if (type !== undefined) return etherType(type);
  const only = IP_ONLY[protocol];
  if (only !== undefined) return ipProtocol(only);
  const carried = TRANSPORTS[protocol];
  return carried === undefined ? null : transport(carried);
}

function primitive({ protocol, side, kind }: Qualifiers, text: string, mask: string | null): Test {
  if (kind === "proto") {
    const number = (least: number, most: number): number => numberOf(text, "protocol's number", least, most);
    return protocol === "ip" ? ipProtocol(number(0, 255)) : etherType(number(LEAST_TYPE, 0xffff));
  }
  if (kind === "port" || kind === "portrange") {
    const [first, last] = kind === "port" ? [portOf(text), portOf(text)] : rangeOf(text);
    return ports(carriers(protocol, kind), first, last, side);
  }
  if (protocol === "ether") {
    if (kind === "net") throw new FilterError('"ether net" means nothing; say ether host or net');
    return etherHost(macOf(text), side);
  }
  const { value, mask: bits } = kind === "net" ? netOf(text, mask) : { value: hostOf(text), mask: -1 };
  return addressed(protocol, kind)
    .map((each) => address(each, value, bits, side))
    .reduce(or);
}

function carriers(protocol: string, kind: Kind): number[] {
  if (protocol === "") return [IpProtocol.TCP, IpProtocol.UDP, IpProtocol.SCTP];
  const carrier = TRANSPORTS[protocol];
  if (carrier === undefined) throw new FilterError(`"${protocol} ${kind}" means nothing; ports are udp's and tcp's`);
  return [carrier];
}

function addressed(protocol: string, kind: Kind): readonly Addressed[] {
  const found = ADDRESSED.filter((each) => protocol === "" || each === protocol);
  if (found.length === 0)
    throw new FilterError(`"${protocol} ${kind}" means nothing; addresses are ip's and arp's: ${protocol} and ${kind}`);
  return found;
}
