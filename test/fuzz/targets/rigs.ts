/** Rig files: any text gives a rig that can be described, or a list of problems with their places; never another error. */
import { readdirSync, readFileSync } from "node:fs";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";
import type { Random } from "../../../hal/random.ts";
import { mutateBytes, oneIn, pick } from "../bytes.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

const FOLDER = new URL("../../fixtures/rigs/", import.meta.url);
const RIGS: readonly string[] = readdirSync(FOLDER)
  .sort()
  .map((name) => readFileSync(new URL(name, FOLDER), "utf8"));
const LONGEST = 8192;
/** Control characters, which must not reach a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const WORDS: readonly string[] = [
  ...[
    "",
    "~",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "0x10",
    "3s",
    "3 s",
    "10MHz",
    "1e3ms",
    "99999999999999999999",
    "[]",
    "{}",
    "- a",
  ],
  ...[
    "10.0.0.1/24",
    "10.0.0.1/33",
    "fd00::1/64",
    "02:00:00:00:00:01",
    "eth0",
    "A0",
    "none",
    "simulated",
    "*a",
    "&a b",
    "!!str x",
    "<<",
  ],
  ...[
    "'",
    '"',
    "|",
    ">-",
    "? a",
    "%YAML 1.1",
    "---",
    "\u0000",
    "\u001b[31m",
    "\u202e",
    "\ud800",
    "__proto__",
    "constructor",
    "{{{{[[[[",
  ],
];

class RigSubject implements Subject {
  frames = 0;
  behaviour: number | string = "";

  play(piece: Piece): void {
    this.frames++;
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("utf8");
    try {
      const lines = describeRig(parseRig(text, "f", { firmware: this.frames % 2 === 0 }));
      this.behaviour = `rig of ${lines.length} lines`;
      this.#readable(lines);
    } catch (error) {
      if (!(error instanceof RigError)) throw error;
      const { problems, message } = error;
      if (problems.length === 0) throw new FuzzError("promise", "refused without a problem");
      this.#readable(message.split("\n"));
      // A kind of problem, whatever its place and its words.
      this.behaviour = problems.map((problem) => problem.message.replace(/["'].*["']|\d+|^[^:]*: /g, "")).sort()[0] ?? "";
    }
  }

  end(): void {}

  #readable(lines: readonly string[]): void {
    const line = lines.find((one) => CONTROL.test(one));
    if (line !== undefined) throw new FuzzError("promise", `a control character in what people read: ${JSON.stringify(line)}`);
  }
}

/** A rig of the fixtures with some words, lines or indentations changed. */
function make(random: Random): Piece {
  const lines = pick(random, RIGS).split("\n");
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(lines.length);
    const line = lines[at] ?? "";
    const kind = random.below(6);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, pick(random, lines));
    else if (kind === 2) lines[at] = `${" ".repeat(random.below(6))}${line.trim()}`;
    else if (kind === 3) lines[at] = line.replace(/[^ ]+$/, () => pick(random, WORDS));
    else if (kind === 4) lines[at] = line.replace(/\w+/, () => pick(random, WORDS));
    else lines[at] = `${line}${pick(random, WORDS)}`;
  }
  const bytes = new Uint8Array(Buffer.from(lines.join("\n")));
  return oneIn(random, 4) ? mutateBytes(bytes, random, LONGEST) : bytes;
}

export const RIG_FILES: Target = {
  name: "rigs",
  session: 200,
  turns: 1,
  corpus: "rigs.hex",
  open: async () => new RigSubject(),
  make,
  mutate: (piece, random) => mutateBytes(piece, random, LONGEST),
};
