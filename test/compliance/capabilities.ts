/** Cases that hold a controller to its capabilities: groups, largest frames, tags and checksums. */
import type { Test } from "tap";
import { DropReason } from "../../hal/drop-reason.ts";
import { MAC_BYTES, MAX_FRAME, MIN_FRAME, VLAN_TAG } from "../../hal/ethernet.ts";
import { Checksum, type SkBuff } from "../../hal/skbuff.ts";
import { firstDifference, frameOf, padded } from "../support/enc28j60-bench.ts";
import { Traffic } from "./behind.ts";
import type { ControllerBench, ControllerKind } from "./bench.ts";

const BROADCAST = new Uint8Array(MAC_BYTES).fill(0xff);
/** Offset of the type in a frame. */
const TYPE = 12;

/** Group number `n` of IPv6's solicited nodes (RFC 2464 section 7), as a stack joins them. */
function group(n: number): Uint8Array {
  return Uint8Array.of(0x33, 0x33, 0xff, 0x10, n >> 2, (n * 0x25) & 0xff);
}

/** More than any chip has exact filters for. */
const JOINED: readonly Uint8Array[] = Array.from({ length: 20 }, (_, n) => group(n));
const OTHERS: readonly Uint8Array[] = Array.from({ length: 32 }, (_, n) => group(100 + n));
/** The part of other groups that a hash table may let through. */
const SLIP = 1 / 4;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function join(bench: ControllerBench, groups: readonly Uint8Array[]): void {
  bench.controller.setReceiveMode({ promiscuous: false, allMulticast: false, groups });
}

/** The far end sends one frame to each; how many of them come in. */
async function heard(bench: ControllerBench, kind: ControllerKind, groups: readonly Uint8Array[]): Promise<number> {
  const { controller, host } = bench;
  await bench.settle();
  let count = 0;
  for (let at = 0; at < groups.length; at += kind.holds) {
    const before = host.frames.length;
    const lot = groups.slice(at, at + kind.holds);
    for (const address of lot) bench.inject(frameOf(MIN_FRAME, at, address));
    // The last one passes every filter.
    bench.inject(frameOf(MIN_FRAME, at, controller.address));
    await bench.until(() => host.frames.slice(before).some((frame) => sameBytes(frame.subarray(0, MAC_BYTES), controller.address)));
    const arrived = host.frames.splice(before);
    count += lot.filter((address) => arrived.some((frame) => sameBytes(frame.subarray(0, MAC_BYTES), address))).length;
  }
  return count;
}

/** Joined groups come in, all others are kept away as far as the controller says that it can. */
async function checkGroups(t: Test, bench: ControllerBench, kind: ControllerKind, joined: readonly Uint8Array[], when: string) {
  const { exactGroups, groupHashBits } = bench.controller.capabilities;
  t.equal(await heard(bench, kind, joined), joined.length, `${when}: all of ${joined.length} groups are heard`);
  const others = [...OTHERS, ...JOINED.filter((each) => !joined.includes(each))];
  const strange = await heard(bench, kind, others);
  if (exactGroups >= joined.length) t.equal(strange, 0, `${when}: no other group is`);
  else t.ok(groupHashBits > 0 && strange <= others.length * SLIP, `${when}: ${strange} of ${others.length} others are`);
}

export async function groups(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  await checkGroups(t, bench, kind, [], "as it opens");
  join(bench, JOINED.slice(0, 2));
  await checkGroups(t, bench, kind, JOINED.slice(0, 2), "two joined");
  join(bench, JOINED);
  const errors = bench.controller.statistics.rxErrors;
  t.equal(await heard(bench, kind, JOINED), JOINED.length, "as many as there are");
  join(bench, JOINED.slice(1, 3));
  await checkGroups(t, bench, kind, JOINED.slice(1, 3), "most of them left");
  await bench.close();
  await bench.open();
  t.ok(await bench.until(() => bench.host.carriers.at(-1) === true));
  await checkGroups(t, bench, kind, JOINED.slice(1, 3), "closed and opened");
  bench.controller.setReceiveMode({ promiscuous: false, allMulticast: true, groups: JOINED.slice(1, 3) });
  t.equal(await heard(bench, kind, OTHERS), OTHERS.length, "all multicast");
  join(bench, []);
  await checkGroups(t, bench, kind, [], "all left");
  t.equal(bench.controller.statistics.rxErrors, errors, "what the filter keeps away is no loss");
}

export async function groupsHealed(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const joined = JOINED.slice(0, 3);
  join(bench, joined);
  const traffic = new Traffic(bench);
  await traffic.until(t, "frames pass");
  bench.resetBehind?.();
  await traffic.fault(t, 0);
  await checkGroups(t, bench, kind, joined, "after the chip was set up anew");
}

function tagged(frame: Uint8Array, ...tags: readonly number[]): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset);
  for (const [at, type] of tags.entries()) view.setUint32(TYPE + VLAN_TAG * at, type << 16);
  view.setUint16(TYPE + VLAN_TAG * tags.length, 0x88b5);
  return frame;
}

const C_TAG = 0x8100;
const S_TAG = 0x88a8;

export async function largest(t: Test, bench: ControllerBench): Promise<void> {
  const { controller, host } = bench;
  const { maxFrame, vlan } = controller.capabilities;
  t.ok(maxFrame >= MAX_FRAME, "an Ethernet frame");
  const frames = (to: Uint8Array, from: Uint8Array): Uint8Array[] => [
    frameOf(maxFrame, 1, to, from),
    tagged(frameOf(MIN_FRAME, 2, to, from), C_TAG),
    tagged(frameOf(maxFrame, 3, to, from), C_TAG),
    tagged(frameOf(maxFrame, 4, to, from), S_TAG),
    tagged(frameOf(maxFrame, 5, to, from), C_TAG, C_TAG),
    tagged(frameOf(maxFrame, 6, to, from), S_TAG, C_TAG),
    ...(vlan ? [tagged(frameOf(maxFrame + VLAN_TAG, 7, to, from), C_TAG)] : []),
    ...(vlan ? [tagged(frameOf(maxFrame + VLAN_TAG, 8, to, from), C_TAG, C_TAG)] : []),
  ];
  const out = frames(BROADCAST, controller.address);
  const before = bench.arrived.length;
  for (const [at, frame] of out.entries()) {
    host.send(frame);
    await bench.until(() => bench.arrived.length > before + at);
  }
  t.equal(firstDifference(bench.arrived.slice(before), out.map(padded)), -1, "each goes out as it is");
  const received = host.frames.length;
  const back = frames(
    controller.address,
    BROADCAST.map((octet) => octet & 0xfe),
  );
  for (const [at, frame] of back.entries()) {
    bench.inject(frame);
    await bench.until(() => host.frames.length > received + at);
  }
  t.equal(firstDifference(host.frames.slice(received), back), -1, "and comes in as it is");
}

/** Offsets of a transport header behind an IP header without and with options, and of the checksum in it. */
const TRANSPORT = 34;
const BEHIND_OPTIONS = 38;
const CHECKSUM = 6;

/** Ones' complement sum of 16-bit words (RFC 1071), one at a time, so that no code of ours is taken for true. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const [at, byte] of bytes.entries()) total += at % 2 === 0 ? byte * 256 : byte;
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return total;
}

/** Payloads of a few lengths, odd ones too, with `pseudo` in the checksum's field. The last one sums to all ones: its checksum would be 0. */
function unsummed(bench: ControllerBench, start: number, pseudo: number): Uint8Array[] {
  const frames = [47, 48, 59, 60, 61, 333, MAX_FRAME - 1, MAX_FRAME].map((length, n) => {
    const frame = frameOf(length, n, BROADCAST, bench.controller.address);
    new DataView(frame.buffer).setUint16(start + CHECKSUM, pseudo);
    return frame;
  });
  const nil = frameOf(100, 99, BROADCAST, bench.controller.address);
  const view = new DataView(nil.buffer);
  view.setUint16(start + CHECKSUM, pseudo);
  view.setUint16(start, 0);
  view.setUint16(start, 0xffff - sum(nil.subarray(start)));
  return [...frames, nil];
}

/** Whether the controller sums or its driver: transmit() takes a frame without its checksum, and the wire gets it with one. */
export async function checksums(t: Test, bench: ControllerBench): Promise<void> {
  const { host } = bench;
  const pseudo = 0x1234;
  // Round the ring, and not always at the same place: what a chip was told of one frame must not be done to the next.
  for (const start of [TRANSPORT, BEHIND_OPTIONS, TRANSPORT, BEHIND_OPTIONS]) {
    const field = start + CHECKSUM;
    for (const frame of unsummed(bench, start, pseudo)) {
      const before = bench.arrived.length;
      const plain = frameOf(77, frame.length & 0xff, BROADCAST, bench.controller.address);
      const cookie = host.send(frame, undefined, (skb) => leave(skb, start, CHECKSUM));
      host.send(plain);
      t.ok(await bench.until(() => bench.arrived.length >= before + 2), `${frame.length} bytes: sent`);
      const [arrived = new Uint8Array(), untouched = new Uint8Array()] = bench.arrived.slice(before);
      t.equal(host.settlements[cookie], DropReason.NONE);
      t.not((arrived[field]! << 8) | arrived[field + 1]!, 0, "it has a checksum,");
      t.equal(sum(Uint8Array.of(pseudo >> 8, pseudo & 0xff, ...arrived.subarray(start))), 0xffff, "a right one");
      arrived.set(frame.subarray(field, field + 2), field);
      t.equal(firstDifference([arrived], [padded(frame)]), -1, "nothing else was changed");
      t.equal(firstDifference([untouched], [padded(plain)]), -1, "nor was the next one");
    }
  }
  // A field that is not in the frame.
  const cookie = host.send(frameOf(60, 0, BROADCAST, bench.controller.address), undefined, (skb) => leave(skb, TRANSPORT, 60));
  t.ok(await bench.until(() => host.settlements[cookie] !== undefined));
  t.equal(host.settlements[cookie], DropReason.TX_ABORTED, "what cannot be summed is dropped");
  t.equal(bench.controller.statistics.txErrors, 1);
}

function leave(skb: SkBuff, start: number, offset: number): void {
  skb.checksum = Checksum.PARTIAL;
  skb.csumStart = skb.data + start;
  skb.csumOffset = offset;
}

/** UDP over IPv4, 10.9.9.2 to 10.9.9.1, whose checksum is right, or not. */
function datagram(bench: ControllerBench, good: boolean): Uint8Array {
  const head = "450000400000400040110000" + "0a0909020a090901" + "1f9e1f9e002c0000";
  const bytes = frameOf(78, 0, bench.controller.address);
  bytes.set([0x08, 0x00, ...Buffer.from(head, "hex")], TYPE);
  const view = new DataView(bytes.buffer);
  view.setUint16(24, 0xffff - sum(bytes.subarray(14, 34)));
  const pseudo = Uint8Array.of(0, 17, 0, 0x2c, ...bytes.subarray(26, 34));
  view.setUint16(TRANSPORT + CHECKSUM, 0xffff - sum(Uint8Array.of(...pseudo, ...bytes.subarray(TRANSPORT))) + (good ? 0 : -1));
  return bytes;
}

export async function received(t: Test, bench: ControllerBench): Promise<void> {
  const { host } = bench;
  const seen: Checksum[] = [];
  host.onFrame = (skb) => {
    if (skb.view.getUint16(skb.data + TYPE) === 0x0800) seen.push(skb.checksum);
  };
  for (const good of [true, false, true, false]) {
    const before = seen.length;
    bench.inject(datagram(bench, good));
    t.ok(await bench.until(() => seen.length > before), "it comes in, good or bad");
    if (!good) t.equal(seen.at(-1), Checksum.NONE, "a bad checksum is never said to be good");
    if (!bench.controller.capabilities.rxChecksum) t.equal(seen.at(-1), Checksum.NONE, "nor is a good one, where nobody looks");
  }
  host.onFrame = null;
}
