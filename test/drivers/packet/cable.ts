/** Two packet controllers on a veth pair of their own, for the tests of the driver. */
import type { Test } from "tap";
import { PacketController, type PacketOptions } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalVeth, missingForNetns } from "../../support/netns.ts";

export const BROADCAST: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
export const MULTICAST: Uint8Array = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x01);
export const STRANGER: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0x99);

export const clock: SystemClock = new SystemClock();
export const skip: string | false = missingForNetns();

/** A frame of an ethertype for local experiments (0x88b5), which no kernel answers; its bytes tell its length and number. */
export function frame(to: Uint8Array, from: Uint8Array, length: number, number = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + length + number) & 0xff;
  bytes.set(to, 0);
  bytes.set(from, 6);
  bytes.set([0x88, 0xb5], 12);
  return bytes;
}

export interface End {
  controller: PacketController;
  host: FakeHost;
}

export async function end(t: Test, options: PacketOptions, host: FakeHost = new FakeHost(clock)): Promise<End> {
  const controller = new PacketController(clock, options);
  t.teardown(() => host.close());
  await host.open(controller);
  await host.until(() => host.carriers.at(-1) === true, "carrier");
  return { controller, host };
}

/** Two controllers on a cable of their own. */
export async function cable(
  t: Test,
  a: Partial<PacketOptions> = {},
  b: Partial<PacketOptions> = {},
): Promise<[End, End, LocalVeth]> {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  return [await end(t, { interface: veth.a, ...a }), await end(t, { interface: veth.b, ...b }), veth];
}

export function send(from: End, bytes: Uint8Array): boolean {
  return from.controller.transmit(from.host.packet(bytes));
}
