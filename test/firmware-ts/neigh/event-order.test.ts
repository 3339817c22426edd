/** Order of frames and events, as a packet socket and a netlink socket see it on Linux 6.18 (changes are told last). */
import t from "tap";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, decode } from "../../support/wire-format.ts";

/** Frames as they are handed to the controller, and changes as they are told, in one list. */
async function recorded(): Promise<{ lab: Lab; take(): string[] }> {
  const lab = await Lab.open();
  let seen: string[] = [];
  lab.stack.network.tap((skb, _device, outgoing) => {
    if (outgoing) seen.push(decode(skb.contents()).line.replace(/ .*/, ""));
  });
  const { table } = lab.stack.neighbours(4);
  table.onChange((entry, event) => seen.push(`${event} ${lab.state()} probes ${entry.probes}`));
  table.onTransition(({ from, to, cause }) => seen.push(`${from ?? "-"}>${to ?? "-"} ${cause}`));
  return {
    lab,
    take: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
  };
}

const NONE = 0;
const [INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED] = [1, 2, 4, 8, 16, 32];

t.test("the question goes out after the entry has changed; nothing is told of it", async (t) => {
  const { lab, take } = await recorded();
  lab.poke();
  t.same(take(), [`->${NONE} packet`, `${NONE}>${INCOMPLETE} packet`, "who-has"]);
});

t.test("an answer: the entry changes, what waited goes out, then it is told", async (t) => {
  const { lab, take } = await recorded();
  lab.poke();
  lab.poke();
  take();
  lab.say(arpReply());
  t.same(take(), [`${INCOMPLETE}>${REACHABLE} frame`, "udp", "udp", "new REACHABLE probes 4"]);
});

t.test("a question for us that answers ours: what waited, the news, then our answer", async (t) => {
  const { lab, take } = await recorded();
  lab.poke();
  take();
  lab.say(arp());
  t.same(take(), [`${INCOMPLETE}>${STALE} frame`, `${STALE}>${DELAY} packet`, "udp", "new DELAY probes 4", "reply"]);
});

t.test("a doubt: the packet goes before its question, the question before its news", async (t) => {
  const { lab, take } = await recorded();
  lab.poke();
  lab.say(arpReply());
  lab.run(60_000);
  take();
  lab.poke();
  t.same(take(), [`${STALE}>${DELAY} packet`, "udp"]);
  lab.run(5000);
  t.same(take(), [`${DELAY}>${PROBE} timer`, "who-has", "new PROBE probes 1"]);
});

t.test("a failure: whoever waits is told first, then the table's listeners", async (t) => {
  const { lab, take } = await recorded();
  const order: string[] = [];
  lab.stack.neighbours(4).table.onChange((_entry, event) => order.push(event));
  const socket = lab.stack.udp.open(7000);
  socket.onFate = (_cookie, { reason }) => order.push(`fate ${reason}`);
  socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9), 1);
  lab.run(2999);
  take();
  lab.run(1);
  t.same(take().slice(0, 2), [`${INCOMPLETE}>${FAILED} timer`, "new FAILED probes 6"]);
  t.same(order, ["fate NEIGH_FAILED", "new"]);
});
