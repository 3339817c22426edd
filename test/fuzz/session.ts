/** Sessions: one subject and its pieces, played, replayed from a file, and made shorter as long as they end as badly. */
import { readFileSync, writeFileSync } from "node:fs";
import { FuzzError, type Piece, type Subject, type Target } from "./target.ts";

/** The bad end of a session. */
export interface Failure {
  readonly complaint: "unaccounted" | "promise" | "exception";
  readonly message: string;
}

/** All that a session is. */
export interface Recording {
  readonly target: string;
  readonly seed: string;
  readonly pieces: readonly Piece[];
}

/** Replays that making a session shorter may take, and their time in ms. */
const SHRINK_REPLAYS = 400;
const SHRINK_TIME = 20_000;

/** Errors that nobody caught, on their way to the session that is played. */
let stray: unknown[] = [];

/** From now on an error outside a call belongs to the session under way. */
export function catchStrays(): () => void {
  const take = (error: unknown): void => {
    stray.push(error);
  };
  process.on("unhandledRejection", take);
  process.on("uncaughtException", take);
  return () => {
    process.off("unhandledRejection", take);
    process.off("uncaughtException", take);
  };
}

/** Runs something of a session; null when nothing was wrong with it. */
export async function failureOf(body: () => void | Promise<void>): Promise<Failure | null> {
  stray = [];
  try {
    const going = body();
    if (going) await going;
    if (stray.length > 0) throw stray[0];
    return null;
  } catch (error) {
    const complaint = error instanceof FuzzError ? error.complaint : "exception";
    return { complaint, message: error instanceof FuzzError ? error.message : describe(error) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, first = ""] = /\n\s+at (.*)/.exec(error.stack ?? "") ?? [];
  return `${error.name}: ${error.message}${first ? ` (${first})` : ""}`;
}

/** Plays a whole session anew. */
export async function replay(target: Target, { seed, pieces }: Pick<Recording, "seed" | "pieces">): Promise<Failure | null> {
  let subject: Subject | null = null;
  const failed = await failureOf(async () => {
    subject = await target.open(seed);
    for (const piece of pieces) {
      const going = subject.play(piece);
      if (going) await going;
    }
  });
  if (failed) return failed;
  return failureOf(() => (subject as Subject | null)?.end());
}

/** Leaves out pieces, large parts first, as long as the session ends with the same complaint; then the ends of the pieces. */
export async function shrink(target: Target, recording: Recording, failure: Failure): Promise<Recording> {
  const end = Date.now() + SHRINK_TIME;
  let left = SHRINK_REPLAYS;
  let { pieces } = recording;
  const stillFails = async (fewer: readonly Piece[]): Promise<boolean> => {
    if (left-- <= 0 || Date.now() > end) return false;
    return (await replay(target, { seed: recording.seed, pieces: fewer }))?.complaint === failure.complaint;
  };
  for (let part = Math.ceil(pieces.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let at = 0; at < pieces.length; ) {
      const fewer = [...pieces.slice(0, at), ...pieces.slice(at + part)];
      if (await stillFails(fewer)) pieces = fewer;
      else at += part;
    }
  }
  return { ...recording, pieces };
}

export function save(path: string, recording: Recording, failure: Failure): void {
  const { target, seed, pieces } = recording;
  const file = { target, seed, complaint: failure.complaint, message: failure.message, pieces: pieces.map(hex) };
  writeFileSync(path, `${JSON.stringify(file, null, 1)}\n`);
}

/** @throws Error when the file is none of save() */
export function load(path: string): Recording {
  const { target, seed, pieces } = JSON.parse(readFileSync(path, "utf8")) as { target?: string; seed?: string; pieces?: string[] };
  if (typeof target !== "string" || typeof seed !== "string" || !Array.isArray(pieces)) {
    throw new Error(`${path}: not a recording: it has target, seed and pieces, as npm run fuzz writes it when it finds something`);
  }
  return { target, seed, pieces: pieces.map(unhex) };
}

export function hex(piece: Piece): string {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("hex");
}

export function unhex(text: string): Piece {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
