/** News of routers about a connection (RFC 9293 3.9.2.2, RFC 1191, RFC 8201, RFC 5927), and what the neighbour table learns of one. */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { Family } from "../../contract/plan.ts";
import { icmp } from "../../wire/build4.ts";
import { icmp6 } from "../../wire/build6.ts";
import { longWord } from "../../wire/bytes.ts";
import { accepted, bytes, connecting, OFFERS, PORT, type Talk } from "./kit/talk.ts";

const needs = ["streams"] as const;
const TOO_BIG = 2;

/** A router says that a packet of the DUT's was too long for the next link. @param at of its sequence number in the quoted packet */
function tooLong(bench: Bench, frame: Uint8Array, mtu: number, wrong = false): Uint8Array {
  const four = bench.plan.family === 4;
  const quote = [...frame.subarray(14, four ? 14 + 28 : 14 + 60)];
  const at = four ? 24 : 44;
  if (wrong) quote[at] = (quote[at]! + 0x40) & 0xff;
  return four ? icmp({ code: 4 }, 3, [...longWord(mtu), ...quote]) : icmp6({}, TOO_BIG, [...longWord(mtu), ...quote]);
}

/** Bytes of IP and TCP headers. */
function headers(family: Family): number {
  return family === 4 ? 40 : 60;
}

function shorter(family: Family, mtu: number): Case[] {
  const own = family === 4 ? "TCP" : "TCP6";
  return [
    {
      id: `${own}-50`,
      title: `a router tells of a path of ${mtu} bytes: what was too long is sent again at once, in segments that fit`,
      source: family === 4 ? "RFC 1191 6.4, RFC 9293 3.7.2" : "RFC 8201 5.2",
      family,
      needs,
      async run(bench) {
        const { talk, stream } = await accepted(bench);
        stream.send(new Uint8Array(1400));
        const first = await talk.next("a segment");
        bench.expect("its length", first.payload.length, 1400);
        await bench.say(tooLong(bench, first.bytes, mtu));
        const most = mtu - headers(family);
        const again = await talk.next("again");
        bench.expect(
          "from the first byte, as long as fits",
          [talk.inShort(again).split(" ")[2], again.payload.length],
          ["0", most],
        );
        await talk.say({ ack: most });
        const rest = await talk.next("the rest", 300);
        bench.expect("its length", rest.payload.length, 1400 - most);
      },
    },
    {
      id: `${own}-50/wrong`,
      title: "such a message about a number that was not sent is not believed",
      source: "RFC 5927 4, 7.2",
      family,
      needs,
      async run(bench) {
        const { talk, stream } = await accepted(bench);
        stream.send(new Uint8Array(1400));
        const first = await talk.next("a segment");
        await bench.say(tooLong(bench, first.bytes, mtu, true));
        bench.expect("nothing is said", await talk.heard(30), []);
        await talk.say({ ack: 1400 });
        stream.send(new Uint8Array(1400));
        const next = await talk.next("the next segment");
        bench.expect("is as long as ever", next.payload.length, 1400);
      },
    },
  ];
}

const told: readonly Case[] = [
  {
    id: "TCP-51",
    title: "host unreachable about an open connection does not end it",
    source: "RFC 9293 3.9.2.2 MUST NOT, RFC 5927 6.1",
    needs,
    async run(bench) {
      const { talk, stream } = await accepted(bench);
      stream.send(bytes("hello"));
      const sent = await talk.hears("sent", 'PA seq 0 ack 0 "hello"');
      for (const code of [0, 1, 3]) await bench.say(icmp({ code }, 3, [0, 0, 0, 0, ...sent.bytes.subarray(14, 42)]));
      await bench.sleep(10);
      bench.expect("state", stream.state(), "ESTABLISHED");
      await talk.say({ ack: 5, payload: "abc" });
      await talk.hears("goes on", "A seq 5 ack 3");
    },
  },
];

/** Time that data go to and fro, in ms: entries are reachable for 300 to 900 ms, and asked for a second after. */
const LASTS = 3500;
const STEP = 100;

interface Asked {
  /** Requests for T1's address, and those to T1 alone. */
  everybody: number;
  alone: number;
}

/** Counts the DUT's requests for T1's address in frames that it has sent. */
function requests(bench: Bench): Asked {
  const { T1 } = bench.plan;
  const asked: Asked = { everybody: 0, alone: 0 };
  for (const frame of bench.frames) {
    const request =
      (frame.kind === "arp" && frame.op === 1 && frame.tpa === T1.ip) || (frame.kind === "nd" && frame.message === "ns");
    if (request) asked[frame.dst === T1.mac ? "alone" : "everybody"]++;
  }
  return asked;
}

/** The tester answers requests for T1's address. */
function isThere(bench: Bench): void {
  const { T1, dut } = bench.plan;
  bench.respond((frame) => {
    const asked =
      (frame.kind === "arp" && frame.op === 1 && frame.tpa === T1.ip) || (frame.kind === "nd" && frame.message === "ns");
    return asked && frame.src === dut.e0.mac ? bench.resolution.reply(T1) : null;
  });
}

/** The DUT connects to T1, whose address it asks for first. */
async function resolved(bench: Bench): Promise<{ talk: Talk; stream: ReturnType<Bench["connect"]> }> {
  isThere(bench);
  const { talk, stream } = await connecting(bench);
  await talk.say({ flags: "SA", seq: -1, options: OFFERS.plain });
  await talk.hears("the handshake is done", "A seq 0 ack 0");
  return { talk, stream };
}

function neighbours(family: Family): Case[] {
  const own = family === 4 ? "TCP" : "TCP6";
  const common = { source: "RFC 4861 7.3.1; kernel: sk_dst_confirm", family, needs, patient: true, drawn: true, sized: true };
  return [
    {
      ...common,
      id: `${own}-60/sending`,
      title: "data that are acknowledged confirm the neighbour: it is asked for once, and never probed",
      async run(bench) {
        const { talk, stream } = await resolved(bench);
        for (let at = 0; at < LASTS / STEP; at++) {
          stream.send(bytes("x"));
          await talk.next("sent");
          await talk.say({ ack: at + 1 });
          await bench.sleep(STEP);
        }
        bench.expect("state", await bench.state(bench.plan.T1.ip), "REACHABLE");
        bench.expect("requests", requests(bench), { everybody: 1, alone: 0 });
      },
    },
    {
      ...common,
      id: `${own}-60/receiving`,
      title: "data that come in and are acknowledged confirm nothing: the neighbour is probed",
      async run(bench) {
        const { talk, stream } = await resolved(bench);
        for (let at = 0; at < LASTS / STEP; at++) {
          await talk.say({ seq: 3 * at, payload: "abc" });
          await bench.sleep(STEP);
        }
        bench.expect("bytes", stream.received().length, (3 * LASTS) / STEP);
        const { everybody, alone } = requests(bench);
        bench.expect("asked once, then probed", [everybody, alone > 0], [1, true]);
      },
    },
    {
      ...common,
      id: `${own}-60/handshake`,
      title: "the answer to a SYN confirms the neighbour that was in doubt",
      async run(bench) {
        const { T1 } = bench.plan;
        isThere(bench);
        await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0 nud stale`);
        const { talk } = await connecting(bench);
        // The entry is in doubt by now: only what comes from here on can confirm it.
        await bench.sleep(200);
        await talk.say({ flags: "SA", seq: -1, options: OFFERS.plain });
        await talk.hears("the handshake is done", "A seq 0 ack 0");
        await bench.sleep(1300);
        bench.expect("requests", requests(bench), { everybody: 0, alone: 0 });
      },
    },
  ];
}

const gone: readonly Case[] = [
  {
    id: "TCP-61",
    title: "nobody answers for the next hop: a connection that is being opened ends with EHOSTUNREACH",
    source: "RFC 1122 4.2.3.9; kernel: ipv4_link_failure",
    needs,
    patient: true,
    async run(bench) {
      const { T1 } = bench.plan;
      const stream = bench.connect(T1.ip, PORT);
      await bench.hears("asks", { kind: "arp", op: 1, tpa: T1.ip });
      await bench.sleep(600);
      bench.expect("state and error", [stream.state(), stream.error()], ["CLOSE", "EHOSTUNREACH"]);
    },
  },
];

export const paths: readonly Case[] = [
  ...shorter(4, 1000),
  ...shorter(6, 1280),
  ...told,
  ...neighbours(4),
  ...neighbours(6),
  ...gone,
];
