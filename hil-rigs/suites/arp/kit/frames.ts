/** The ways in which ARP speaks of a host, by name: what the result matrix has for its rows. */
import { arpAnnounce, arpAnnounceReply, arpReply, arpRequest } from "../../../wire/build.ts";
import { BROADCAST, DUT, type Host, host, T2 } from "../../../wire/hosts.ts";

/** The frame in which a host speaks so. */
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
  /** To us alone, yet with another's address as its target: nobody looks at it. */
  "reply-foreign": (from) => arpReply({ from, tpa: NEITHER.ip, tha: NEITHER.mac }),
  "reply-broadcast": (from) => arpReply({ from, dst: BROADCAST, tha: DUT.mac }),
  /** Target address its own, target hardware address not: no announcement. */
  "reply-self": (from) => arpReply({ from, dst: BROADCAST, tpa: from.ip, tha: DUT.mac }),
  "request-other": (from) => arpRequest({ from, tpa: NEITHER.ip }),
  "garp-request": (from) => arpAnnounce({ from }),
  "garp-reply": (from) => arpAnnounceReply({ from }),
  "garp-reply-unicast": (from) => arpAnnounceReply({ from, dst: DUT.mac }),
  request: (from) => arpRequest({ from }),
  "request-unicast": (from) => arpRequest({ from, dst: DUT.mac }),
};

export const WORDS: readonly Word[] = Object.keys(SPEAK) as Word[];

/** Those that ask for us, and so are answered. */
export function isForUs(word: Word): boolean {
  return word === "request" || word === "request-unicast";
}

/** The host at another hardware address than its own. */
export function moved(who: Host): Host {
  return { ip: who.ip, mac: T2.mac };
}
