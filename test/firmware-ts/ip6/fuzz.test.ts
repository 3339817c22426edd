/**
 * Hostile IPv6: 100,000 generated messages of neighbour discovery, chains of extension headers, fragments and errors. Nothing is thrown,
 * no buffer is lost, nothing malformed is sent, no table grows without bound.
 */
import t from "tap";
import { Dice } from "../../support/dice.ts";
import { Lab6 } from "../../support/lab6.ts";
import { T1 } from "../../support/wire-format.ts";
import {
  echo6,
  icmp6Message,
  ip6Frame,
  line6,
  na,
  ns,
  OUR_IP6,
  OUR_LL,
  PEER_IP6,
  PEER_LL,
  solicitedNode,
  udp6Message,
} from "../../support/wire-format6.ts";

const FRAMES = 100_000;
const SEED = 66;

const SOURCES = [PEER_LL, PEER_IP6, "::", "::1", OUR_LL, OUR_IP6, "ff02::1", "fd00::77", "fe80::77", "2001:db8::1"];
const DESTINATIONS = [OUR_LL, OUR_LL, OUR_IP6, OUR_IP6, "ff02::1", solicitedNode(OUR_LL), "fd00::9", "::", "ff05::1:3", "fe80::9"];
const TARGETS = [OUR_LL, OUR_IP6, PEER_LL, PEER_IP6, "ff02::1", "::", "fe80::77"];
const NUMBERS = [0, 43, 44, 60, 51, 59, 58, 17, 6, 253];
const OPTION_TYPES = [1, 2, 3, 4, 5, 14, 24, 25, 31, 200];

class Generator extends Dice {
  /** A message of neighbour discovery, often sound. */
  discovery(): Uint8Array {
    const fields = {
      hops: this.chance(95) ? 255 : this.below(256),
      code: this.chance(97) ? 0 : this.below(256),
      source: this.one(SOURCES),
      destination: this.one(DESTINATIONS),
      target: this.one(TARGETS),
      link: this.chance(70) ? `02:00:00:00:00:0${this.below(9)}` : null,
      units: this.chance(95) ? 1 : this.below(5),
      more: this.chance(30) ? this.options() : [],
    };
    switch (this.below(3)) {
      case 0:
        return ns({ ...fields, reserved: this.below(2 ** 31) });
      case 1:
        return na({ ...fields, flags: this.one(["", "S", "O", "SO", "RSO", "R"]) });
      default: {
        const type = 133 + this.below(5);
        const body = [...this.bytes(this.one([4, 12, 20, 36])), ...(this.chance(70) ? this.options() : [])];
        return ip6Frame(fields, 58, icmp6Message(fields, type, body));
      }
    }
  }

  options(): number[] {
    return Array.from({ length: 1 + this.below(3) }, () => {
      const units = this.chance(95) ? 1 + this.below(4) : this.below(256);
      return [this.one(OPTION_TYPES), units, ...this.bytes(this.chance(95) ? Math.min(units, 4) * 8 - 2 : this.below(40))];
    }).flat();
  }

  /** A chain of extension headers with something behind it. */
  chain(): Uint8Array {
    const fields = { source: this.one(SOURCES), destination: this.one(DESTINATIONS), hops: this.below(256) };
    let next = this.one(NUMBERS);
    let bytes = this.payload(next, fields);
    for (let count = this.below(5); count > 0; count--) {
      const number = this.one([0, 43, 44, 60, 60, 51]);
      const units = this.chance(90) ? this.below(3) : this.below(256);
      const contents = this.chance(50) ? this.optionBytes(Math.min(units, 4) * 8 + 6) : this.bytes(Math.min(units, 4) * 8 + 6);
      bytes = [next, number === 44 ? 0 : units, ...contents, ...bytes];
      next = number;
    }
    return ip6Frame(fields, next, bytes.slice(0, 1460));
  }

  payload(next: number, fields: { source: string; destination: string }): number[] {
    if (next === 58) return icmp6Message(fields, this.one([128, 129, 1, 2, 3, 4, 135, 136, 130, 143]), this.bytes(this.below(60)));
    return next === 17
      ? udp6Message({ ...fields, dport: this.one([5000, 7]) }, this.bytes(this.below(60)))
      : this.bytes(this.below(60));
  }

  optionBytes(length: number): number[] {
    const bytes: number[] = [];
    while (bytes.length < length)
      bytes.push(this.one([0, 1, 5, 0xc2, 0x1e, 0x5e, 0x9e, 0xde]), this.below(6), ...new Array<number>(this.below(6)).fill(0));
    return bytes.slice(0, length);
  }

  /** Part of one of a few packets. */
  fragment(): Uint8Array {
    const fields = { source: PEER_IP6, destination: OUR_IP6 };
    const offset = this.below(this.chance(95) ? 12 : 8192) * 8;
    const field = offset | (this.chance(60) ? 1 : 0);
    const length = this.chance(80) ? (1 + this.below(6)) * 8 : this.below(1400);
    const header = [this.one([58, 17, 60, 44]), 0, field >> 8, field & 255, 0, 0, 0, this.below(20)];
    return ip6Frame(fields, 44, [...header, ...this.bytes(length)]);
  }

  /** An error about a packet that may be ours. */
  error(): Uint8Array {
    const ours = { source: OUR_IP6, destination: PEER_IP6 };
    const quoted = this.chance(50) ? udp6Message({ ...ours, sport: 5000 }, this.bytes(20)) : this.bytes(40);
    const packet = ip6Frame(ours, this.chance(70) ? 17 : this.one(NUMBERS), quoted).subarray(14, 14 + 40 + this.below(60));
    const fields = { source: PEER_IP6, destination: OUR_IP6, code: this.below(8) };
    return ip6Frame(fields, 58, icmp6Message(fields, this.one([1, 2, 3, 4, 100]), [...this.bytes(4), ...packet]));
  }

  frame(): Uint8Array {
    const make = this.one([this.discovery, this.discovery, this.chain, this.chain, this.fragment, this.error]);
    const frame = make.call(this);
    if (!this.chance(15)) return frame;
    for (let count = 1 + this.below(3); count > 0; count--) frame[14 + this.below(frame.length - 14)] = this.below(256);
    return this.chance(30) ? frame.subarray(0, 14 + this.below(frame.length - 13)) : frame;
  }
}

t.test(`${FRAMES} frames`, async (t) => {
  const lab = await Lab6.open();
  lab.lab.nic.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  lab.stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  let delivered = 0;
  const socket = lab.stack.udp.open(5000);
  socket.onDatagram = () => delivered++;
  socket.onError = () => {};
  const generator = new Generator(SEED);
  let sent = 0;
  for (let frame = 0; frame < FRAMES; frame++) {
    lab.say(generator.frame());
    if (generator.chance(1)) lab.run(generator.below(3000));
    for (const { bytes } of lab.lab.take()) {
      const line = line6(bytes);
      sent++;
      if (/FAULT|BROKEN/.test(line)) t.fail(`frame ${frame}: ${line}`);
    }
  }
  t.ok(delivered > 100 && sent > 5000, `${delivered} datagrams came through, ${sent} answers`);
  const { table } = lab.stack.neighbours(6);
  t.ok(table.gc.entries <= 1024, `${table.entries} entries`);
  t.ok(lab.ip6.addresses.list.length === 2 && lab.ip6.routes.list.length < 20, "addresses and routes are as they were");
  lab.run(70_000);
  t.equal(lab.inUse, 0, "no buffer is lost");
  lab.lab.take();
  lab.say(echo6({ source: PEER_IP6, destination: OUR_IP6 }));
  t.match(lab.heard(), [/echo-reply/], "and it answers still");
});
