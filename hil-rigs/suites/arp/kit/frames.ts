/** Names the kinds of ARP frames that speak of a host. They are the rows of the result matrix. */
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { BROADCAST, DUT, type Host, host, T2 } from "../../../wire/hosts.ts";

/** Builds the frame of one kind from a host. */
type Speak = (from: Host) => Uint8Array;

export type Word =
  | "reply"
  | "reply-foreign"
  | "reply-broadcast"
  | "reply-self"
  | "request-other"
  | "garp-request"
  | "garp-reply"
  | "garp-reply-unicast"
  | "request"
  | "request-unicast";

const NEITHER: Host = host(9);

export const SPEAK: Readonly<Record<Word, Speak>> = {
  /** An answer to us alone. */
  reply: (from) => arpReply({ from }),
  /** To us alone, with another host's address as its target, which nobody looks at. */
  "reply-foreign": (from) => arpReply({ from, tpa: NEITHER.ip, tha: NEITHER.mac }),
  "reply-broadcast": (from) => arpReply({ from, dst: BROADCAST, tha: DUT.mac }),
  /** The target address is its own and the target hardware address is not, so it is no announcement. */
  "reply-self": (from) => arpReply({ from, dst: BROADCAST, tpa: from.ip, tha: DUT.mac }),
  "request-other": (from) => arpRequest({ from, tpa: NEITHER.ip }),
  "garp-request": (from) => arpAnnounce({ from }),
  "garp-reply": (from) => arpAnnounceReply({ from }),
  "garp-reply-unicast": (from) => arpAnnounceReply({ from, dst: DUT.mac }),
  request: (from) => arpRequest({ from }),
  "request-unicast": (from) => arpRequest({ from, dst: DUT.mac }),
};

export const WORDS: readonly Word[] = Object.keys(SPEAK) as Word[];

/** True for the kinds that ask for us and are answered. */
export function isForUs(word: Word): boolean {
  return word === "request" || word === "request-unicast";
}

/** The host at another hardware address, that of T2. */
export function moved(who: Host): Host {
  return { ip: who.ip, mac: T2.mac };
}
