/** The beginning of a conversation with a serprog bridge, byte by byte: when both agree on where a command begins, and what is asked. */
import t from "tap";
import { ACK, Command, NAK } from "../../../../hal/bridges/serprog/protocol.ts";
import { SerprogSession } from "../../../../hal/bridges/serprog/session.ts";
import { VirtualClock } from "../../../../hal/clock.ts";
import type { ByteStream } from "../../../../hal/serial.ts";
import { settle } from "../../../support/waiting.ts";

/** Most ms that an answer may take. */
const LIMIT = 100;

/** A stream whose far end answers as told, a millisecond after it was asked. */
class Scripted implements ByteStream {
  readonly description = "the port";
  readonly simulated = true;
  readonly interrupt = null;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost = null;
  /** The writes, as lists of bytes, without NOPs. */
  readonly asked: number[][] = [];
  nops = 0;
  /** Answers to SYNCNOP, one after the other; the last one again and again. */
  sync: (readonly number[])[] = [[NAK, ACK]];
  /** Answers to other commands; none: silence. */
  readonly answers = new Map<number, readonly number[]>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  write(bytes: Uint8Array, at: number, length: number): void {
    const written = [...bytes.subarray(at, at + length)];
    if (written.every((byte) => byte === Command.NOP)) {
      this.nops += length;
      return;
    }
    this.asked.push(written);
    const answer = written[0] === Command.SYNCNOP ? this.#synced() : this.answers.get(written[0]!);
    if (answer?.length) this.#clock.timer(() => this.onData?.(Uint8Array.from(answer))).arm(1);
  }

  #synced(): readonly number[] {
    return (this.sync.length > 1 ? this.sync.shift() : this.sync[0]) ?? [];
  }
}

function sessionBench(): { clock: VirtualClock; stream: Scripted; session: SerprogSession } {
  const clock = new VirtualClock();
  const stream = new Scripted(clock);
  const session = new SerprogSession(clock, stream, 0, LIMIT);
  stream.onData = (bytes) => session.conversation.take(bytes);
  session.conversation.begin();
  return { clock, stream, session };
}

t.test(
  "in step after two SYNCNOPs in a row that were answered: one alone may be an answer to the NOPs that came late",
  async (t) => {
    const rows: [what: string, sync: (readonly number[])[], asked: number][] = [
      ["at once", [[NAK, ACK]], 2],
      ["the first answer was not one", [[NAK, ACK], [], [NAK, ACK]], 4],
      [
        "the first was not understood",
        [
          [ACK, ACK],
          [NAK, ACK],
        ],
        3,
      ],
      [
        "the other way round",
        [
          [ACK, NAK],
          [NAK, NAK],
          [NAK, ACK],
        ],
        4,
      ],
      [
        "right, wrong, right, wrong, right",
        [
          [NAK, ACK],
          [NAK, NAK],
          [NAK, ACK],
          [ACK, ACK],
          [NAK, ACK],
        ],
        6,
      ],
    ];
    for (const [what, sync, asked] of rows) {
      const { clock, stream, session } = sessionBench();
      stream.sync = sync;
      await settle(clock, session.synchronise(false));
      t.equal(stream.asked.length, asked, what);
      t.equal(stream.nops, 8, "one drain");
    }
  },
);

t.test("four attempts, then more NOPs and four again; then who is there decides what is said", async (t) => {
  const silent = sessionBench();
  silent.stream.sync = [[]];
  await t.rejects(settle(silent.clock, silent.session.synchronise(false)), { code: "SERPROG_NO_ANSWER" });
  t.same([silent.stream.asked.length, silent.stream.nops], [8, 8 + 2048]);
  const { clock, stream, session } = sessionBench();
  stream.sync = [[]];
  // A modem that echoes: bytes come, also while nothing is asked.
  const write = stream.write.bind(stream);
  stream.write = (bytes, at, length) => {
    write(bytes, at, length);
    clock.timer(() => session.conversation.take(Uint8Array.of(0x41))).arm(2);
  };
  await t.rejects(settle(clock, session.synchronise(false)), { code: "SERPROG_NOT_SERPROG" });
});

t.test("a board that boots is given two seconds", async (t) => {
  const { clock, stream, session } = sessionBench();
  stream.sync = [[]];
  const boots = clock.timer(() => {
    stream.sync = [[NAK, ACK]];
  });
  boots.arm(1400);
  await settle(clock, session.synchronise(true));
  t.ok(clock.now() > 1400 && clock.now() < 2000, `${clock.now()} ms`);
});

t.test("a question: its parameter low byte first, its answer without the ACK; refused; not answered", async (t) => {
  const { clock, stream, session } = sessionBench();
  stream.answers.set(Command.S_SPI_FREQ, [ACK, 1, 2, 3, 4]);
  t.same([...(await settle(clock, session.ask(Command.S_SPI_FREQ, 4, 0x0a0b0c0d, 4)))], [1, 2, 3, 4]);
  t.same(stream.asked, [[Command.S_SPI_FREQ, 0x0d, 0x0c, 0x0b, 0x0a]]);
  stream.answers.set(Command.S_SPI_FREQ, [NAK]);
  await t.rejects(settle(clock, session.ask(Command.S_SPI_FREQ, 4, 0, 4)), { code: "SERPROG_REFUSED" });
  stream.answers.set(Command.S_SPI_FREQ, [0x33, 1, 2, 3, 4]);
  await t.rejects(settle(clock, session.ask(Command.S_SPI_FREQ, 4, 0, 4)), { code: "SERPROG_TIMEOUT" });
  stream.answers.delete(Command.S_SPI_FREQ);
  const asked = clock.now();
  await t.rejects(settle(clock, session.ask(Command.S_SPI_FREQ, 4, 0, 4)), { code: "SERPROG_TIMEOUT" });
  t.ok(clock.now() - asked >= LIMIT && clock.now() - asked < LIMIT + 100, "within its limit");
});
