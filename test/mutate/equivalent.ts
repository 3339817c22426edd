/**
 * Mutants that change nothing anybody could notice, each with the reason. They are told by their texts, not by a line number, and do not
 * count. A mutant that merely lacks a test has no place here; test/mutate/mutate.test.ts holds that each of these is still a mutant.
 */
import type { Mutant } from "./operators.ts";

export interface Equivalent {
  readonly file: string;
  /** As the list of survivors prints it. */
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

/** Told by the file, what it reads before and after, and the reason. */
const LIST: readonly (readonly [file: string, before: string, after: string, why: string])[] = [
  ["drivers/e1000/guard.ts", "#ral = 0;", "#ral = 1;", "begin() sets it before the first look"],
  ["drivers/e1000/guard.ts", "#rah = 0;", "#rah = 1;", "begin() sets it before the first look"],
  [
    "firmware-ts/ip/ip6.ts",
    "left.length < references.length",
    "left.length <= references.length",
    "a list that has lost nothing is put back as an equal one",
  ],
  ["firmware-ts/ip/ip6.ts", "this.#size >= this.#sweepAt", "this.#size > this.#sweepAt", "one address more before the next sweep"],
  ["firmware-ts/ip/ip6.ts", "hash >>> 15", "hash >> 15", "any number will do that is the same for the same address"],
  [
    "firmware-ts/ip4/header/check.ts",
    "at + IP_VERSION_IHL",
    "at - IP_VERSION_IHL",
    "the offset is 0, which may be added or taken away",
  ],
  [
    "drivers/e1000/receiver.ts",
    "left > 0",
    "left > 1",
    "one descriptor is always kept back, and it is the last that is looked at: it has no packet",
  ],
  ["drivers/e1000/statistics.ts", "txDone = 0;", "txDone = 1;", "the guard compares how much it grows, with the chip's own counts"],
  ["drivers/e1000/transmitter.ts", "#stopped = false;", "#stopped = true;", "forget() sets it when the device is opened"],
  [
    "drivers/e1000/transmitter.ts",
    "#completedThen = 0;",
    "#completedThen = 1;",
    "it counts when frames were outstanding at the look before, which has set it",
  ],
  ["drivers/packet/ring.ts", "this.#at + TP_STATUS", "this.#at - TP_STATUS", "the offset is 0, which may be added or taken away"],
  [
    "hal/bridges/pty.ts",
    "at < kept",
    "at <= kept",
    "the byte behind those that are kept is overwritten by the next ones, or never read",
  ],
  ["firmware-ts/ip4/routing/devconf.ts", "arpFilter = false;", "arpFilter = true;", "combine() sets it before anybody reads it"],
  ["firmware-ts/ip4/header/identification.ts", "return id;", "return (id) + 1;", "each count begins at a random number anyhow"],
  [
    "firmware-ts/ip4/delivery.ts",
    "new Array<IpProtocol | undefined>(256)",
    "new Array<IpProtocol | undefined>(257)",
    "no number is that large",
  ],
  [
    "firmware-ts/ip/ip6.ts",
    "hash ^ (hash >>> 15)",
    "hash | (hash >>> 15)",
    "any number will do that is the same for the same address",
  ],
  [
    "firmware-ts/ip/icmp-rate-limit.ts",
    'Math.imul(typeof destination === "number" ? destination : destination.hash, 0x9e3779b1)',
    'Math.imul(typeof destination === "number" ? destination : destination.hash, 0x9e3779b0)',
    "any number will do that is the same for the same address",
  ],
  [
    "drivers/packet/ring.ts",
    "length <= LONG",
    "length < LONG",
    "a frame of just that length is copied in the other way, to the same bytes",
  ],
  [
    "drivers/packet/socket.ts",
    "this.#libc.setsockopt(this.fd, SOL_PACKET, option, this.#option, 16)",
    "this.#libc.setsockopt(this.fd, SOL_PACKET, option, this.#option, 17)",
    "the kernel reads as many bytes as it knows, and there is room for more",
  ],
  ["drivers/enc28j60/receiver.ts", "#more = false;", "#more = true;", "each reading of packets begins with setting it"],
  [
    "firmware-ts/ip4/routing/prefix-table.ts",
    "destination >>> 15",
    "destination >>> 14",
    "any number will do that is the same for the same prefix",
  ],
  ["firmware-ts/ip4/routing/prefix-table.ts", "#size = 0;", "#size = 1;", "the table grows, and is hinted, one prefix sooner"],
  ["firmware-ts/transport/udp.ts", "at + UDP_SOURCE", "at - UDP_SOURCE", "the offset is 0, which may be added or taken away"],
  ["firmware-ts/neigh/hash.ts", "this.#size + 1", "this.#size + 0", "the table grows one entry later"],
  ["hal/bridges/linux/gpio-line.ts", "at < CONSUMER.length", "at <= CONSUMER.length", "the byte behind the name is 0 anyhow"],
  [
    "drivers/e1000/receiver.ts",
    "left > 0",
    "left >= 0",
    "the descriptor that is looked at twice has lost its packet the first time",
  ],
  ["drivers/e1000/transmitter.ts", "this.tctl = 0", "this.tctl = 1", "TCTL is never told either: each value has EN, bit 1"],
  [
    "firmware-ts/ip4/arp/receive.ts",
    "(front << 16) | (middle >>> 16)",
    "(front << 16) & (middle >>> 16)",
    "a known asker is then taken for a new one, and the long way gives the same answer",
  ],
  ["drivers/enc28j60/command-list.ts", "to = 0", "to = 1", "the pieces lie a byte further on, in memory with room for it"],
  ["hal/bridges/linux/link.ts", "new Uint8Array(65536)", "new Uint8Array(65537)", "room for messages, a byte more than enough"],
  [
    "drivers/e1000/transmitter.ts",
    "SHORT = 128",
    "SHORT = 129",
    "a frame of just that length is copied in the other way, to the same bytes",
  ],
  ["drivers/e1000/transmitter.ts", "end <= SLOT", "end > SLOT", "the frame is copied in the other way, to the same bytes"],
  ["drivers/enc28j60/bring-up.ts", "statusAt = -1", "statusAt = -0", "the batch sets it before it is read"],
  ["drivers/enc28j60/link.ts", "#proofAt = -1;", "#proofAt = -0;", "each step that has it read sets it"],
  ["drivers/enc28j60/link.ts", "AGAIN: 4", "AGAIN: 5", "a step's name, as good as any that no other has"],
  ["drivers/enc28j60/receiver.ts", "END: 10", "END: 11", "a step's name, as good as any that no other has"],
  ["drivers/packet/ring.ts", "TP_MAC = 12", "TP_MAC = 13", "it is halved, and the half is the same"],
  [
    "firmware-ts/ip4/arp/receive.ts",
    "ARPHRD_ETHER << 16",
    "ARPHRD_ETHER >> 16",
    "no asker is taken for a known one then, and the long way gives the same answer",
  ],
  [
    "firmware-ts/ip4/arp/receive.ts",
    "4 << 16",
    "4 >> 16",
    "no asker is taken for a known one then, and the long way gives the same answer",
  ],
  [
    "firmware-ts/ip4/routing/devconf.ts",
    "logMartians = false;",
    "logMartians = true;",
    "combine() sets it before anybody reads it",
  ],
  ["firmware-ts/net/network.ts", "#lastType = -1;", "#lastType = -0;", "nobody takes frames of type 0"],
  [
    "hal/bridges/linux/link.ts",
    "NLM_F_ACK = 4",
    "NLM_F_ACK = 5",
    "the added bit is NLM_F_REQUEST, which stands beside it each time",
  ],
  [
    "firmware-ts/neigh/hash.ts",
    "key ^ Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX)",
    "key | Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX)",
    "any number will do that is the same for the same key",
  ],
  ["firmware-ts/ip4/icmp.ts", "at + ICMP_TYPE", "at - ICMP_TYPE", "the offset is 0, which may be added or taken away"],
  ["firmware-ts/ip4/routing/input-route.ts", "redirect = false;", "redirect = true;", "find() sets it before anybody reads it"],
  [
    "firmware-ts/ip4/routing/prefix-table.ts",
    "this.#counts[length]!++",
    "this.#counts[length]!--",
    "a length that has gone is asked for once more in a look-up, and not found",
  ],
  [
    "firmware-ts/neigh/update.ts",
    "(old ^ entry.nudState) & Nud.PERMANENT",
    "(old ^ entry.nudState) | Nud.PERMANENT",
    "an entry that is rightly listed already stays where it is",
  ],
  ["hal/bridges/bus-pirate/session.ts", "ANSWER_TIME = 250", "ANSWER_TIME = 251", "a limit ten times as long as any answer takes"],
  [
    "hal/bridges/linux/privileges.ts",
    'libc.memfd_create("whohas-input", 0)',
    'libc.memfd_create("whohas-input", 1)',
    "the descriptor is closed a moment later, and its copy stays open in any case",
  ],
  ["hal/bridges/linux/link.ts", "length < 0", "length <= 0", "no message of the kernel's is empty"],
  ["hal/bridges/qemu/bus.ts", "#epoch = 0;", "#epoch = 1;", "only its changes are looked at"],
  [
    "hal/bridges/qemu/pci.ts",
    "PCI_INTERRUPT * 0x0101_0101",
    "PCI_INTERRUPT * 0x1010100",
    "the first of the four lines is none that the controller's slot is wired to",
  ],
  ["hal/bridges/qemu/libc.ts", "new Int32Array(2)", "new Int32Array(3)", "room for two descriptors, and for one that nobody reads"],
];

export const EQUIVALENT: readonly Equivalent[] = LIST.map(([file, before, after, why]) => ({ file, before, after, why }));

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT.some((each) => matches(each, mutant));
}

export function matches({ file, before, after }: Equivalent, mutant: Mutant): boolean {
  return file === mutant.file && before === mutant.before && after === mutant.after;
}
