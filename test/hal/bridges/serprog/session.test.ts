/** The beginning of a conversation with a serprog bridge, byte by byte: when both agree on where a command begins, and what is asked. */
import t from "tap";
import {
  ACK,
  BUS_SPI,
  COMMAND_MAP_BYTES,
  Command,
  LONGEST_OPERATION,
  NAK,
  NAME_BYTES,
} from "../../../../hal/bridges/serprog/protocol.ts";
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

/** The answers of a bridge with every command. */
function talkative(stream: Scripted, map: readonly number[]): void {
  const bytes = new Array<number>(COMMAND_MAP_BYTES).fill(0);
  for (const command of map) bytes[command >> 3]! |= 1 << (command & 7);
  stream.answers.set(Command.Q_CMDMAP, [ACK, ...bytes]);
  stream.answers.set(Command.Q_PGMNAME, [ACK, ...Buffer.from("my \u0007bridge\0 rubbish", "latin1").subarray(0, NAME_BYTES)]);
  stream.answers.set(Command.Q_SERBUF, [ACK, 0x34, 0x12]);
  stream.answers.set(Command.Q_WRNMAXLEN, [ACK, 1, 2, 3]);
  stream.answers.set(Command.Q_RDNMAXLEN, [ACK, 0, 0, 0]);
  stream.answers.set(Command.S_BUSTYPE, [ACK]);
  stream.answers.set(Command.S_PIN_STATE, [ACK]);
  stream.answers.set(Command.S_SPI_FREQ, [ACK, 0x00, 0x12, 0x7a, 0x00]);
}

t.test("the facts of a bridge that tells all, and what it is told", async (t) => {
  const { clock, stream, session } = sessionBench();
  talkative(stream, Object.values(Command));
  const { map, ...facts } = await settle(clock, session.identify(10_000_000));
  t.same(facts, {
    name: "my ?bridge",
    serialBuffer: 0x1234,
    longestWrite: 0x030201,
    longestRead: LONGEST_OPERATION,
    hertz: 8_000_000,
    notes: [],
  });
  t.equal(map[Command.O_SPIOP >> 3]! & (1 << (Command.O_SPIOP & 7)), 8);
  t.same(
    stream.asked.filter((bytes) => bytes.length > 1),
    [
      [Command.S_BUSTYPE, BUS_SPI],
      [Command.S_PIN_STATE, 1],
      [Command.S_SPI_FREQ, 0x80, 0x96, 0x98, 0x00],
    ],
  );
});

t.test("the facts of a bridge that tells little, one that refuses, one without SPI, and one without a name", async (t) => {
  const little = sessionBench();
  talkative(little.stream, [Command.O_SPIOP]);
  const { name, serialBuffer, longestWrite, hertz, notes } = await settle(little.clock, little.session.identify(1));
  t.same([name, serialBuffer, longestWrite, hertz, notes], ["unnamed", 0, LONGEST_OPERATION, null, ["has no S_SPI_FREQ"]]);
  t.equal(little.stream.asked.length, 1, "it is asked for what it has");

  const refusing = sessionBench();
  talkative(refusing.stream, Object.values(Command));
  for (const command of [Command.Q_SERBUF, Command.S_SPI_FREQ]) refusing.stream.answers.set(command, [NAK]);
  const facts = await settle(refusing.clock, refusing.session.identify(1));
  t.same([facts.serialBuffer, facts.hertz, facts.notes], [0, null, ["refuses Q_SERBUF", "refuses S_SPI_FREQ"]]);
  t.equal(refusing.stream.asked.filter(([command]) => command === Command.Q_SERBUF).length, 2, "one refusal is none");

  const mapless = sessionBench();
  talkative(mapless.stream, []);
  mapless.stream.answers.set(Command.Q_CMDMAP, [NAK]);
  const guessed = await settle(mapless.clock, mapless.session.identify(1));
  t.same(guessed.notes, ["refuses Q_CMDMAP", "has no S_SPI_FREQ"]);

  const spiless = sessionBench();
  talkative(spiless.stream, [Command.Q_PGMNAME]);
  await t.rejects(settle(spiless.clock, spiless.session.identify(1)), { code: "SERPROG_NO_SPI" });

  const nameless = sessionBench();
  talkative(nameless.stream, [Command.O_SPIOP, Command.Q_PGMNAME]);
  nameless.stream.answers.set(Command.Q_PGMNAME, [ACK, ...new Array<number>(NAME_BYTES).fill(0)]);
  t.equal((await settle(nameless.clock, nameless.session.identify(1))).name, "");
  nameless.stream.answers.set(Command.Q_PGMNAME, [ACK, ...new Array<number>(NAME_BYTES).fill(0x7a)]);
  t.equal((await settle(nameless.clock, nameless.session.identify(1))).name, "z".repeat(NAME_BYTES), "one without a NUL");
});
