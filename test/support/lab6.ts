/**
 * A bench for IPv6 in virtual time: the lab's stack with both families, fd00::1/64 on eth0 beside its link-local address, and a tester that
 * may be anybody.
 *
 *     const lab = await Lab6.open();
 *     lab.poke("fd00::2");                               // a datagram, nobody known there
 *     t.same(lab.heard(), ["0 who-has fd00::2 slla us fd00::1 > ff02::1:ff00:2 > 33:33:ff:00:00:02"]);
 *     lab.say(na({ source: "fd00::2", destination: "fd00::1" }));
 *     t.equal(lab.state("fd00::2"), "REACHABLE");
 */
import type { Destination } from "../../firmware-ts/ip/destination.ts";
import type { Ip6 } from "../../firmware-ts/ip/ip6.ts";
import type { Ipv6 } from "../../firmware-ts/ip6/ipv6.ts";
import type { Neighbour } from "../../firmware-ts/neigh/entry.ts";
import { nudName } from "../../firmware-ts/neigh/states.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import type { Stack } from "../../firmware-ts/stack.ts";
import type { UdpSocket } from "../../firmware-ts/transport/udp-socket.ts";
import { Lab, type LabOptions, say } from "./lab.ts";
import { line6 } from "./wire-format6.ts";

export class Lab6 {
  readonly lab: Lab;
  /** Fates of the datagrams that poke() sent, as `cookie status reason`. */
  readonly fates: string[] = [];
  #socket: UdpSocket | null = null;
  readonly #destinations = new Map<string, Destination>();
  #cookie = 0;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async open(options: LabOptions = {}): Promise<Lab6> {
    return new Lab6(await Lab.open({ addresses: ["fd00::1/64"], ...options, ip6: true }));
  }

  get stack(): Stack {
    return this.lab.stack;
  }

  get eth0(): NetDevice {
    return this.lab.eth0;
  }

  get ip6(): Ipv6 {
    return this.stack.ip6 as Ipv6;
  }

  /** The stack's object of an address. */
  address(text: string): Ip6 {
    return this.stack.layers.address(text) as Ip6;
  }

  /** The socket of poke(), with its fates written down. */
  get socket(): UdpSocket {
    if (!this.#socket) {
      this.#socket = this.stack.udp.open(4444);
      this.#socket.onFate = (cookie, result) => this.fates.push(`${cookie} ${say(result)}`);
    }
    return this.#socket;
  }

  /** Sends one datagram to port 9 and says what send() said; its cookie is how many were poked before. */
  poke(to = "fd00::2", payload: string | Uint8Array = "hi", confirm = false): string {
    const destination = this.#destinations.get(to) ?? this.socket.to(to, 9);
    this.#destinations.set(to, destination);
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const result = say(this.socket.send(bytes, destination, this.#cookie++, confirm));
    this.run(0);
    return result;
  }

  say(frame: Uint8Array): void {
    this.lab.say(frame);
  }

  run(ms: number): void {
    this.lab.run(ms);
  }

  /** Takes the frames heard since the last time, as `time line`. */
  heard(): string[] {
    return this.lab.take().map(({ time, bytes }) => `${time} ${line6(bytes)}`);
  }

  entry(address: string, device: NetDevice = this.eth0): Neighbour | null {
    const key = this.address(address);
    return this.stack.neighbours(6).table.find(key.d, device, key);
  }

  /** The state of an entry, `-` if there is none. */
  state(address = "fd00::2"): string {
    const entry = this.entry(address);
    return entry ? nudName(entry.nudState) || "NONE" : "-";
  }

  /** The state of an entry and the last octet of its link address, `STALE:02`. */
  shown(address = "fd00::2"): string {
    const entry = this.entry(address);
    if (!entry) return "-";
    const octet = entry.valid ? `:${(entry.addressLow & 0xff).toString(16).padStart(2, "0")}` : "";
    return `${this.state(address)}${octet}`;
  }

  /** Packet buffers out in the stack. */
  get inUse(): number {
    return this.lab.inUse;
  }
}
