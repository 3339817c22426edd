/**
 * The contract of a fuzz target. A session is one fresh subject in virtual time and a list of pieces played to it in order; seed and
 * pieces decide everything, so that a session that ended badly can be had again from a file.
 */
import type { Random } from "../../hal/random.ts";

/** One frame, line, burst of bytes or file, with a byte in front of it where a target needs one for what happens besides. */
export type Piece = Uint8Array;

export type Complaint = "unaccounted" | "promise";

/** Thrown by a subject whose books do not balance (`unaccounted`), or that broke another promise; any other error is an exception. */
export class FuzzError extends Error {
  readonly complaint: Complaint;

  constructor(complaint: Complaint, message: string) {
    super(message);
    this.name = "FuzzError";
    this.complaint = complaint;
  }
}

export interface Subject {
  /** Frames played to it, each with its place in the books; other targets count answers, transactions or lines. */
  readonly frames: number;
  /** Stands for what the last piece made it do: pieces that do something new join the corpus. */
  readonly behaviour: number | string;
  /** @throws FuzzError, or whatever escaped from the product */
  play(piece: Piece): void | Promise<void>;
  /** Ends the session and checks what must hold then: buffers are back, tables within their bounds. */
  end(): void | Promise<void>;
}

export interface Target {
  readonly name: string;
  /** Pieces of one session. */
  readonly session: number;
  /** Sessions in each round of all targets: more for those that are fast, so that all get about the same time. */
  readonly turns: number;
  /** File of test/fuzz/corpus/ that it begins with. */
  readonly corpus: string;
  open(seed: string): Promise<Subject>;
  /** Makes a piece that knows the format. */
  make(random: Random): Piece;
  /** Changes a piece that did something new. Default: bytes.ts. */
  mutate?(piece: Piece, random: Random): Piece;
}
