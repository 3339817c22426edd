/**
 * Keeps what tells why a test failed, before its teardown takes it away: files of its scratch folder (captures, logs, rig files), and
 * what whoever took part says of itself (the tables of both ends). Under .tap/evidence, of the last run alone; the reporter names it.
 */
import { cpSync, existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { scratchFolder } from "./own.ts";
import { played } from "./played.ts";

/** Somebody who took part: a running instance, a namespace. */
export interface Witness {
  readonly name: string;
  /** Its own account, as text. It may be gone by now; then this throws. */
  testify(): string | Promise<string>;
}

/** Longest that one of them may take, in ms: a test that failed because somebody hangs is not to hang with him. */
const PATIENCE = 10_000;

export const EVIDENCE: string = join(".tap", "evidence");

const witnesses = new Set<Witness>();

/** Asks this one as well when a test fails, until the function that is returned is called. */
export function witness(who: Witness): () => void {
  witnesses.add(who);
  return () => witnesses.delete(who);
}

async function limited(testify: Witness["testify"]): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`said nothing within ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    return await Promise.race([testify(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sockets cannot be copied, links lead to ports, and what is older is another file's. */
function isKept(path: string): boolean {
  const found = lstatSync(path);
  return found.isDirectory() || (found.isFile() && found.mtimeMs >= played.since);
}

export async function preserve(t: Test, name: string): Promise<void> {
  const file = played.file.replace(/^test\//, "").replace(/\.test\.ts$/, "");
  const folder = join(EVIDENCE, file, name.replace(/[^\w.-]+/g, "-"));
  mkdirSync(folder, { recursive: true });
  if (existsSync(scratchFolder)) cpSync(scratchFolder, folder, { recursive: true, filter: isKept });
  for (const { name: who, testify } of witnesses) {
    const said = await limited(testify).catch((error: Error) => `${error.message}\n`);
    writeFileSync(join(folder, `${who}.txt`), said);
  }
  t.comment(`evidence: ${folder}`);
}
