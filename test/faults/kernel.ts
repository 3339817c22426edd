/** The rows of controllers on Linux interfaces: the far end is a packet socket that comes back whenever its interface does. */
import { existsSync } from "node:fs";
import { PacketController } from "../../drivers/packet/packet.ts";
import { TapController } from "../../drivers/tap/tap.ts";
import type { Clock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { FakeHost } from "../support/controller-host.ts";
import { LocalVeth, missingForNetns, run } from "../support/netns.ts";
import { PREFIX } from "../support/own.ts";
import { pause } from "../support/waiting.ts";
import { type FaultKind, faultKind } from "./kind.ts";
import { RealSubject } from "./real-subject.ts";
import { lasting, STANDS_STILL } from "./subject.ts";

/** Between two looks for the far end's interface, in ms. */
const LOOK = 100;

class FarSocket {
  readonly #host: FakeHost;
  readonly #controller: PacketController;
  #works = false;
  #closed = false;

  constructor(clock: Clock, name: string, arrived: (frame: Uint8Array) => void) {
    this.#controller = new PacketController(clock, { interface: name });
    this.#host = new FakeHost(clock, { keep: false });
    this.#host.onFrame = (skb) => arrived(skb.contents().slice());
    void this.#keepOpen();
  }

  send(frame: Uint8Array): void {
    if (this.#works) this.#host.send(frame);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#host.close();
  }

  async #keepOpen(): Promise<void> {
    for (; !this.#closed; await pause(LOOK)) {
      if (this.#works && this.#host.errors.length === 0) continue;
      this.#works = false;
      await this.#host.close();
      this.#host.errors.length = 0;
      this.#works = await this.#host.open(this.#controller).then(
        () => true,
        () => false,
      );
      // The stack's neighbour has an address of its own, which is not the interface's.
      if (this.#works) this.#controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    }
  }
}

abstract class KernelSubject extends RealSubject {
  readonly #far: FarSocket;

  constructor(farEnd: string) {
    super();
    this.#far = new FarSocket(this.clock, farEnd, (frame) => this.onArrived(frame));
  }

  inject(frame: Uint8Array): void {
    this.#far.send(frame);
  }

  override remove(): void {
    void this.#far.close().then(() => super.remove());
  }
}

class PacketSubject extends KernelSubject {
  readonly controller: EthernetController;
  readonly cable: LocalVeth;

  constructor(cable: LocalVeth) {
    super(cable.b);
    this.cable = cable;
    this.controller = new PacketController(this.clock, { interface: cable.a });
  }

  lay(): void {
    const { a, b } = this.cable;
    run("ip", ["link", "add", a, "type", "veth", "peer", "name", b]);
    for (const name of [a, b]) run("ip", ["link", "set", name, "up"]);
  }

  override remove(): void {
    super.remove();
    this.cable.remove();
  }
}

let made = 0;

class TapSubject extends KernelSubject {
  readonly name: string;
  readonly controller: EthernetController;

  constructor(name: string) {
    super(name);
    this.name = name;
    this.controller = new TapController(this.clock, { interface: name, address: Uint8Array.of(2, 0, 0x5e, 0x10, 0, 1) });
  }
}

export const PACKET: FaultKind = faultKind(
  "packet, on one end of a veth pair",
  async () => new PacketSubject(new LocalVeth()),
  [
    ...lasting<PacketSubject>(
      "interface removed",
      [2],
      ({ cable }) => void run("ip", ["link", "delete", cable.a]),
      (subject) => subject.lay(),
    ),
    ...lasting<PacketSubject>(
      "interface set down",
      [2],
      ({ cable }) => void run("ip", ["link", "set", cable.a, "down"]),
      ({ cable }) => void run("ip", ["link", "set", cable.a, "up"]),
    ),
    STANDS_STILL,
  ],
  1,
  { missing: missingForNetns },
);

export const TAP: FaultKind = faultKind<TapSubject>(
  "tap, the kernel at the far end",
  async () => new TapSubject(`${PREFIX}f${made++}`),
  [
    { name: "interface removed", lasts: 0, begin: ({ name }) => void run("ip", ["link", "delete", name]) },
    ...lasting<TapSubject>(
      "interface set down",
      [2],
      ({ name }) => void run("ip", ["link", "set", name, "down"]),
      ({ name }) => void run("ip", ["link", "set", name, "up"]),
    ),
    STANDS_STILL,
  ],
  1,
  { missing: () => missingForNetns() || (existsSync("/dev/net/tun") ? false : "needs /dev/net/tun, from the kernel module tun") },
);
