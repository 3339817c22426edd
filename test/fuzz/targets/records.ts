/** Meters' records: any text is read line by line to a number of joules, or refused with the line; never another error. */
import { type Measured, MeasuredError, MeasuredReader } from "../../../firmware-ts/board/energy/measured.ts";
import type { Random } from "../../../hal/random.ts";
import { mutateBytes, oneIn, pick } from "../bytes.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

const RECORDS: readonly string[] = [
  "#time,current,voltage,power,charge,energy\n0.0,0.4,4.75,1.9,0,0.5\n0.5,0.4,4.75,1.9,0.2,1.45\n",
  "#start(samples),end_time(iso),current_mean(A),voltage_mean(V),power_max(W)\n1,2026-04-12T02:31:06.000,0.1,5,9\n2,2026-04-12T02:31:08.5,0.1,5,9\n",
  "Timestamp (ms);Main current (mA);ADC current (mA);Main voltage (V)\r\n0;100;1;3,0\r\n1000;200;1;3,0\r\n",
  "time_s\tpower_mW\n0\t1\n1\t2\n2\tNaN\n3\t4\n",
];
const WORDS: readonly string[] = [
  "",
  "#",
  '"',
  "NaN",
  "-1",
  "1e308",
  "1e-400",
  "-0",
  "9".repeat(25),
  "time",
  "energy(Wh)",
  "(",
  "2026-02-30T24:00:61",
  "\u0000",
  "\u202e",
  "__proto__",
];
/** Kinds of refusal, without the words of the file. */
const REFUSALS =
  /no names of columns|several columns of \w+|more than \d+ columns|current without voltage|the time goes back|the counted energy goes back|not a time|less than two rows/;
const LONGEST = 4096;

class RecordSubject implements Subject {
  frames = 0;
  behaviour: number | string = "";

  play(piece: Piece): void {
    this.frames++;
    const reader = new MeasuredReader("f", this.frames % 2 === 0 ? 3.6 : null);
    try {
      for (const line of Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("utf8").split("\n")) reader.push(line);
      this.#judge(reader.end());
    } catch (error) {
      if (!(error instanceof MeasuredError)) throw error;
      if (!/^f:\d+: [^\p{Cc}]+$/u.test(error.message))
        throw new FuzzError("promise", `a line for people: ${JSON.stringify(error.message)}`);
      this.behaviour = REFUSALS.exec(error.message)?.[0] ?? error.message;
    }
  }

  end(): void {}

  #judge({ joules, span, rows, skipped, columns }: Measured): void {
    if (!(span > 0) || rows < 2 || skipped > rows) throw new FuzzError("promise", `a record of ${span} ms, ${rows} rows`);
    if (Number.isNaN(joules)) throw new FuzzError("promise", "joules that are no number");
    this.behaviour = `record of ${columns.length} columns, ${skipped > 0 ? "some" : "no"} gaps`;
  }
}

/** A meter's record with some cells, lines or bytes changed. */
function make(random: Random): Piece {
  const lines = pick(random, RECORDS).split("\n");
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(lines.length);
    const kind = random.below(4);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, pick(random, lines.length > 0 ? lines : WORDS));
    else lines[at] = (lines[at] ?? "").replace(/[^,;\t]+/g, (cell) => (oneIn(random, 3) ? pick(random, WORDS) : cell));
  }
  const bytes = new Uint8Array(Buffer.from(lines.join("\n")));
  return oneIn(random, 4) ? mutateBytes(bytes, random, LONGEST) : bytes;
}

export const RECORD_FILES: Target = {
  name: "records",
  session: 200,
  turns: 1,
  corpus: "records.hex",
  open: async () => new RecordSubject(),
  make,
  mutate: (piece, random) => mutateBytes(piece, random, LONGEST),
};
