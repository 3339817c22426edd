/**
 * Measures a fault's effect on the datagrams of a board: a stack on the controller sends one every 100 ms (some less often) to a
 * static neighbour and gets one as often. Each carries its number; the far end of the wire, and our socket, note which came.
 */

import type { Destination } from "../../firmware-ts/ip/destination.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { formatMac } from "../../firmware-ts/net/ethernet.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import type { UdpSocket } from "../../firmware-ts/transport/udp-socket.ts";
import { SeededRandom } from "../../hal/random.ts";
import { udp } from "../support/wire-format.ts";
import type { Fault, Subject } from "./subject.ts";

/** Times in ms; null: it was not told, it did not heal. */
export interface Outcome {
  /** From the beginning of the fault until an operator is told: `failed`, `repaired`, or the carrier is gone. */
  noticed: number | null;
  /** From the end of the fault until every datagram passes again; 0: none was lost after it. */
  healed: number | null;
  /** Datagrams that were said to be sent and did not arrive: of those sent in the first two seconds of the fault, and of the others. */
  falselyEarly: number;
  falselyLater: number;
}

export const PEER_MAC = "02:00:5e:10:00:fe";
const PEER = "10.0.0.2";
const OURS = "10.0.0.1";
const PORT = 4444;
/** Answers this soon after the beginning of a fault may be wrong. */
const DOUBT = 2000;
/** A datagram that takes longer has not passed. */
const LATE = 300;
/** So long nothing may be lost until the fault counts as healed, and so long one looks at the least, and at the most, after its end. */
const PROOF = 5000;
const SHORTEST_LOOK = 8000;
const LONGEST_LOOK = 100_000;
/** Until the first datagrams pass. */
const START = 30_000;
/** A datagram that has not arrived by then has not left. */
const LAST_CHANCE = 2000;
const HEADERS = 14 + 20 + 8;
const PAYLOAD = 32;

class Datagram {
  readonly at: number;
  out = Number.POSITIVE_INFINITY;
  back = Number.POSITIVE_INFINITY;
  told = false;

  constructor(at: number) {
    this.at = at;
  }

  get passed(): boolean {
    return Math.max(this.out, this.back) <= this.at + LATE;
  }
}

class Traffic {
  readonly sent: Datagram[] = [];
  readonly #subject: Subject;
  readonly #device: NetDevice;
  readonly #socket: UdpSocket;
  readonly #peer: Destination;

  constructor(subject: Subject, stack: Stack, device: NetDevice) {
    this.#subject = subject;
    this.#device = device;
    this.#socket = stack.udp.open(PORT);
    this.#peer = this.#socket.to(PEER, PORT);
    this.#socket.onDatagram = (bytes, at, length) => {
      const datagram = this.#numbered(bytes.subarray(at, at + length));
      if (datagram) datagram.back = Math.min(datagram.back, subject.clock.now());
    };
    this.#socket.onFate = (cookie, { status }) => {
      if (status === "sent") (this.sent[cookie] as Datagram).told = true;
    };
    subject.onArrived = (frame) => {
      const datagram = this.#numbered(frame.subarray(HEADERS, HEADERS + PAYLOAD));
      if (datagram) datagram.out = Math.min(datagram.out, subject.clock.now());
    };
  }

  /** One datagram each way, and time until the next one is due. */
  async round(): Promise<void> {
    const subject = this.#subject;
    const number = this.sent.push(new Datagram(subject.clock.now())) - 1;
    this.#socket.send(payload(number), this.#peer, number);
    const fields = { to: formatMac(this.#device.address), from: PEER_MAC, sport: PORT, dport: PORT };
    subject.inject(udp(fields, payload(number)));
    await subject.pass(subject.every);
  }

  /** Every datagram of the last so many ms has passed; the latest ones may be under way. */
  passed(ms: number): boolean {
    const until = this.#subject.clock.now() - LATE;
    const since = until - ms;
    if ((this.sent[0]?.at ?? until) > since) return false;
    for (let at = this.sent.length - 1; at >= 0; at--) {
      const datagram = this.sent[at] as Datagram;
      if (datagram.at < since) return true;
      if (datagram.at <= until && !datagram.passed) return false;
    }
    return true;
  }

  #numbered(bytes: Uint8Array): Datagram | null {
    if (bytes.length !== PAYLOAD) return null;
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const datagram = this.sent[number];
    return datagram && Buffer.compare(bytes, payload(number)) === 0 ? datagram : null;
  }
}

/** Plays the fault, `phase` ms after traffic flows; the subject is used up. @throws Error when it does not work before the fault. */
export async function measure<S extends Subject>(subject: S, fault: Fault<S>, phase: number): Promise<Outcome> {
  const { clock, controller } = subject;
  const stack = new Stack({ clock, random: new SeededRandom("faults") });
  try {
    const device = stack.addDevice("eth0", controller);
    await subject.wait(device.open());
    stack.addAddress(device, `${OURS}/24`);
    stack.addNeighbour(PEER, PEER_MAC, device);
    const traffic = new Traffic(subject, stack, device);
    while (!traffic.passed(1000)) {
      if (traffic.sent.length * subject.every > START)
        throw new Error(`${controller.description}: nothing passes, and no fault was done yet`);
      await traffic.round();
    }
    await subject.pass(phase);
    const began = clock.now();
    let noticed: number | null = null;
    stack.network.onDeviceEvent((_device, event) => {
      if (event === "failed" || event === "repaired" || event === "carrier-down") noticed ??= clock.now() - began;
    });
    await fault.begin(subject);
    while (clock.now() < began + fault.lasts) await traffic.round();
    await fault.end?.(subject);
    const ended = clock.now();
    const looked = (): number => clock.now() - ended;
    while (looked() < SHORTEST_LOOK || (!traffic.passed(PROOF) && looked() < LONGEST_LOOK)) await traffic.round();
    const healed = traffic.passed(PROOF);
    await subject.pass(LAST_CHANCE);
    const lost = traffic.sent.filter(({ at, passed }) => at >= ended && !passed).at(-1);
    const falsely = traffic.sent.filter(({ at, told, out }) => at >= began - LATE && told && out === Number.POSITIVE_INFINITY);
    const falselyEarly = falsely.filter(({ at }) => at < began + DOUBT).length;
    return {
      noticed,
      healed: healed ? (lost ? lost.at + subject.every - ended : 0) : null,
      falselyEarly,
      falselyLater: falsely.length - falselyEarly,
    };
  } finally {
    await subject.wait(stack.close());
    subject.remove();
  }
}

/** The worse of two, figure by figure; what one of them was not told of is the other's. */
export function worse(one: Outcome, other: Outcome): Outcome {
  const noticed =
    one.noticed === null || other.noticed === null ? (one.noticed ?? other.noticed) : Math.max(one.noticed, other.noticed);
  return {
    noticed,
    healed: one.healed === null || other.healed === null ? null : Math.max(one.healed, other.healed),
    falselyEarly: Math.max(one.falselyEarly, other.falselyEarly),
    falselyLater: Math.max(one.falselyLater, other.falselyLater),
  };
}

/** Every byte follows from the number. */
function payload(number: number): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  new DataView(bytes.buffer).setUint32(0, number);
  for (let at = 4; at < PAYLOAD; at++) bytes[at] = (number * 31 + at * 7) & 0xff;
  return bytes;
}
