/** The tester as a DHCP server, message by message, and a client that comes to a lease by it. */
import type { AddressOptions, AddressProgram } from "../../../contract/address-program.ts";
import type { Bench } from "../../../contract/bench.ts";
import type { FrameOf, Pattern } from "../../../contract/frame.ts";
import { arpReply } from "../../../wire/build.ts";
import { type DhcpFields, dhcpReply, LEASED } from "../../../wire/build-dhcp.ts";
import { T1 } from "../../../wire/hosts.ts";
import { addressWithin, BEGINS } from "../../acd/kit/addresses.ts";

export type Message = "DISCOVER" | "REQUEST" | "DECLINE" | "RELEASE";
export type Dhcp = FrameOf<"dhcp">;

/** The lease that most cases are about, as the device shows it. */
export const GIVEN: string = `${LEASED}/24`;
/** An answer comes within so many ms. */
const SOON = 1500;

export function message(name: Message, more: Partial<Dhcp> = {}): Pattern<"dhcp"> {
  return { kind: "dhcp", message: name, ...more };
}

/** Waits for a message of the client. */
export function hears(bench: Bench, name: Message, within: number = SOON, more: Partial<Dhcp> = {}): Promise<Dhcp> {
  return bench.hears(`the client's ${name}`, message(name, more), { within });
}

export interface Begun {
  program: AddressProgram;
  discover: Dhcp;
}

/** The client has begun to ask. */
export async function begun(bench: Bench, options: Partial<AddressOptions> = {}): Promise<Begun> {
  const program = bench.getAddress({ by: "dhcp", ...options });
  return { program, discover: await hears(bench, "DISCOVER", BEGINS) };
}

/** The server is there for whoever asks for its hardware address. */
export function isThere(bench: Bench): void {
  bench.respond((frame) => (frame.kind === "arp" && frame.op === 1 && frame.tpa === T1.ip ? arpReply({ tpa: frame.spa }) : null));
}

/** The client has asked, and has got an offer and a lease with these terms. */
export async function leased(
  bench: Bench,
  terms: DhcpFields = {},
  options: Partial<AddressOptions> = {},
): Promise<Begun & { request: Dhcp }> {
  isThere(bench);
  const one = await begun(bench, options);
  await bench.say(dhcpReply(one.discover, "OFFER", terms));
  const request = await hears(bench, "REQUEST");
  await bench.say(dhcpReply(request, "ACK", terms));
  return { ...one, request };
}

/** As leased(), and the address is there. */
export async function bound(
  bench: Bench,
  terms: DhcpFields = {},
  options: Partial<AddressOptions> = {},
): Promise<Begun & { request: Dhcp }> {
  const all = await leased(bench, terms, options);
  bench.expect("the address is there", await addressWithin(bench, 1500), GIVEN);
  return all;
}
