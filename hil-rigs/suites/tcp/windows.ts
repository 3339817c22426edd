/** Windows of both sides, acknowledgments that wait, and probes (RFC 9293 3.8.6, 3.8.4, RFC 5681 4.2). */
import type { Case } from "../../contract/case.ts";
import { accepted, bytes, connected, connecting, OFFERS, text } from "./kit/talk.ts";

const needs = ["streams"] as const;
const SEGMENT = 1460;
/** A path so long that a probe for a lost tail, which comes after two round trips, does not disturb. In ms. */
const ROUND_TRIP = 40;

const theirs: readonly Case[] = [
  {
    id: "TCP-40/probe",
    title: "a window that closes is probed after 200 ms, then 400 and 800, by a segment without data in front of it",
    source: "RFC 9293 3.8.6.1 MUST; kernel: tcp_xmit_probe_skb",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await talk.say({ ack: 5, window: 0 });
      stream.send(bytes("world"));
      const probes = [];
      for (const within of [300, 500, 900]) probes.push(await talk.hears("asks", "A seq 4 ack 0", within));
      const [one, two, three] = probes.map(({ time }) => time) as [number, number, number];
      bench.expectTime("half as long as the next", 2 * (two - one), three - two);
      await talk.say({ ack: 5 });
      await talk.hears("then sends", 'PA seq 5 ack 0 "world"');
    },
  },
  {
    id: "TCP-40/answered",
    title: "probes go on for as long as each is answered: a closed window ends no connection",
    source: "RFC 9293 3.8.6.1 MUST",
    needs,
    patient: true,
    async run(bench) {
      bench.sysctl("net.ipv4.tcp_retries2", 2);
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      await talk.say({ ack: 5, window: 0 });
      stream.send(bytes("world"));
      for (const within of [300, 600, 1100, 2000]) {
        await talk.hears("asks", "A seq 4 ack 0", within);
        await talk.say({ ack: 5, window: 0 });
      }
      bench.expect("state", stream.state(), "ESTABLISHED");
      await talk.say({ ack: 5 });
      await talk.hears("then sends", 'PA seq 5 ack 0 "world"');
    },
  },
  {
    id: "TCP-41/update",
    title: "a window that grows lets the rest out at once",
    source: "RFC 9293 3.8.6",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench, { window: 2 * SEGMENT });
      stream.send(new Uint8Array(5 * SEGMENT));
      bench.expect("two segments", (await talk.heard(20)).length, 2);
      await talk.say({ ack: 2 * SEGMENT, window: 3 * SEGMENT });
      bench.expect("the rest", (await talk.heard(20)).length, 3);
    },
  },
  {
    id: "TCP-41/scaled",
    title: "the peer's window counts as it has scaled it",
    source: "RFC 7323 2.2, 2.3",
    needs,
    async run(bench) {
      await bench.must(`neigh add ${bench.plan.T1.ip} lladdr ${bench.plan.T1.mac} dev e0`);
      const { talk, stream } = await connecting(bench, { window: 100 });
      await bench.sleep(ROUND_TRIP);
      // A window scale of 7 multiplies by 128; that of a SYN is not scaled.
      await talk.say({ flags: "SA", seq: -1, options: OFFERS.all, window: 1000 });
      await talk.next("the handshake is done");
      await talk.say({ window: 30 });
      stream.send(new Uint8Array(10 * SEGMENT));
      const sent = await bench.heard(20);
      const length = sent.reduce((sum, frame) => sum + (frame.kind === "tcp" ? frame.payload.length : 0), 0);
      bench.expect("no more than 30 times 128, in whole segments", length, 2 * 1448);
    },
  },
  {
    id: "TCP-41/old",
    title: "the window of an older segment does not count",
    source: "RFC 9293 3.10.7.4: SND.WL1, SND.WL2",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench, { window: 2 * SEGMENT });
      await talk.say({ payload: "abc" });
      await talk.hears("acknowledged", "A seq 0 ack 3");
      await talk.say({ seq: -1, window: 5 * SEGMENT });
      await talk.heard(20);
      stream.send(new Uint8Array(5 * SEGMENT));
      bench.expect("two segments", (await talk.heard(20)).length, 2);
    },
  },
];

const ours: readonly Case[] = [
  {
    id: "TCP-42/full",
    title: "a program that reads nothing: the window closes, bytes beyond it are refused, and reading opens it",
    source: "RFC 9293 3.8.6, 3.8.6.2.2 MUST",
    needs,
    sized: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      let [seq, edge] = [0, 0];
      // Full segments, each within the window that the DUT has told.
      for (let turn = 0; turn < 1000; turn++) {
        await talk.say({ seq, payload: new Uint8Array(SEGMENT).fill(120) });
        const answer = await talk.next("acknowledges", 200);
        const acked = (answer.ack - 1001) | 0;
        bench.expect("all of it is acknowledged", acked, seq + SEGMENT);
        bench.expect("the window does not shrink", acked + answer.window >= edge, true);
        [seq, edge] = [acked, acked + answer.window];
        if (answer.window < SEGMENT) break;
      }
      const left = edge - seq;
      if (left > 0) {
        await talk.say({ seq, payload: new Uint8Array(left).fill(120) });
        await talk.next("the last bytes");
      }
      await talk.say({ seq: edge, payload: "xxx" });
      const refusal = await talk.next("bytes beyond the window");
      bench.expect("are refused by a closed window", [(refusal.ack - 1001) | 0, refusal.window], [edge, 0]);
      bench.expect("the program gets what was acknowledged", stream.received().length, edge);
      const update = await talk.next("and the window opens");
      bench.expect("by a segment or more", update.window >= SEGMENT, true);
      await talk.say({ seq: edge, payload: "xxx" });
      await bench.sleep(60);
      bench.expect("the connection goes on", text(stream), "xxx");
    },
  },
  {
    id: "TCP-43/first",
    title: "the first segments are acknowledged at once",
    source: "RFC 5681 4.2; kernel: quick acknowledgments while a connection is new",
    needs,
    async run(bench) {
      const { talk } = await accepted(bench);
      for (let turn = 0; turn < 4; turn++) {
        await talk.say({ seq: turn * 3, payload: "abc" });
        await talk.hears("acknowledges", `A seq 0 ack ${turn * 3 + 3}`, 10);
      }
    },
  },
  {
    id: "TCP-43/delayed",
    title: "in a conversation an acknowledgment waits 40 ms for the answer, which carries it if it comes in time",
    source: "RFC 9293 3.8.6.3 MUST be within 0.5 s; kernel: TCP_DELACK_MIN 40 ms",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      let [theirs, own] = [0, 0];
      const answers = async (): Promise<void> => {
        await talk.say({ seq: theirs, ack: own, payload: "ask" });
        theirs += 3;
        stream.received();
        stream.send(bytes("yes"));
        await bench.settle();
        own += 3;
      };
      for (let turn = 0; turn < 3; turn++) {
        await answers();
        await talk.heard(60);
        await talk.say({ seq: theirs, ack: own });
      }
      const began = bench.now();
      await talk.say({ seq: theirs, ack: own, payload: "ask" });
      const late = await talk.hears("acknowledges", `A seq ${own} ack ${theirs + 3}`);
      bench.expectTime("late", late.time - began, 40);
    },
  },
  {
    id: "TCP-43/two",
    title: "in a conversation two full segments are acknowledged at once",
    source: "RFC 9293 3.8.6.3 SHOULD, RFC 5681 4.2 SHOULD",
    needs,
    async run(bench) {
      const { talk, stream } = await connected(bench);
      const full = new Uint8Array(SEGMENT).fill(120);
      await talk.say({ payload: full });
      await talk.hears("the first", `A seq 0 ack ${SEGMENT}`);
      stream.send(bytes("go"));
      await talk.hears("an answer", `PA seq 0 ack ${SEGMENT} "go"`);
      await talk.say({ ack: 2, seq: SEGMENT, payload: full }, { ack: 2, seq: 2 * SEGMENT, payload: full });
      bench.expect("both", await talk.heard(15), [`A seq 2 ack ${3 * SEGMENT}`]);
    },
  },
];

const silence: readonly Case[] = [
  {
    id: "TCP-44/answered",
    title: "a peer that was silent for the time of keep-alive is probed by what it has acknowledged, and an answer ends that",
    source: "RFC 9293 3.8.4 MAY; kernel: SO_KEEPALIVE",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      const began = bench.now();
      stream.keepAlive({ idle: 1, interval: 1, probes: 3 });
      const first = await talk.hears("asks", "A seq -1 ack 0", 1100);
      bench.expectTime("after a second", first.time - began, 1000);
      await talk.say({});
      const second = await talk.hears("asks", "A seq -1 ack 0", 1100);
      bench.expectTime("and again a second after the answer", second.time - first.time, 1000);
      bench.expect("state", stream.state(), "ESTABLISHED");
    },
  },
  {
    id: "TCP-44/dead",
    title: "a peer that answers no probe is reset: ETIMEDOUT",
    source: "RFC 9293 3.8.4; kernel: TCP_KEEPCNT",
    needs,
    patient: true,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.keepAlive({ idle: 1, interval: 1, probes: 2 });
      for (let turn = 0; turn < 2; turn++) await talk.hears("asks", "A seq -1 ack 0", 1100);
      await talk.hears("resets", "RA seq 0 ack 0", 1100);
      bench.expect("state and error", [stream.state(), stream.error()], ["CLOSE", "ETIMEDOUT"]);
    },
  },
];

export const windows: readonly Case[] = [...theirs, ...ours, ...silence];
