/** Puts a connection of the DUT's into each state that its end goes through, from its program's and from the tester's side. */
import type { Bench } from "../../../contract/bench.ts";
import { accepted, type Opened } from "./talk.ts";

/** States by the kernel's names, but for the two handshakes. */
export type EndState = "FIN_WAIT1" | "FIN_WAIT2" | "CLOSING" | "TIME_WAIT" | "CLOSE_WAIT" | "LAST_ACK";

/** The bytes of both sides are used up: numbers count on from 0, the FIN of each side is number 0. */
export async function openedTo(bench: Bench, state: EndState): Promise<Opened> {
  const opened = await accepted(bench, { offer: "sack" });
  const { talk, stream } = opened;
  if (state === "CLOSE_WAIT" || state === "LAST_ACK") {
    await talk.say({ flags: "FA" });
    await talk.hears("the tester's FIN is acknowledged", "A seq 0 ack 1");
    if (state === "CLOSE_WAIT") return opened;
    stream.end();
    await talk.hears("the DUT's FIN", "FA seq 0 ack 1");
    return opened;
  }
  stream.end();
  await talk.hears("the DUT's FIN", "FA seq 0 ack 0");
  if (state === "FIN_WAIT2" || state === "TIME_WAIT") await talk.say({ ack: 1 });
  if (state === "CLOSING" || state === "TIME_WAIT") {
    await talk.say({ flags: "FA", ack: state === "CLOSING" ? 0 : 1 });
    await talk.hears("the tester's FIN is acknowledged", "A seq 1 ack 1");
  }
  return opened;
}
