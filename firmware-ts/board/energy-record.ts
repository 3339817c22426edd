/** Reads a meter's record from the disk, line by line: such a file may have hundreds of megabytes. */
import { createReadStream, statSync } from "node:fs";
import { type Measured, MeasuredError, MeasuredReader } from "./energy/measured.ts";
import { whyUnreadable } from "./errno-words.ts";

/** Characters of a line: no row of a meter is longer. */
const LONGEST_LINE = 65_536;

/**
 * @param volts supply of a file that has current alone
 * Rejects with MeasuredError, also for a file that cannot be read.
 */
export async function readMeasured(path: string, volts: number | null): Promise<Measured> {
  const reader = new MeasuredReader(path, volts);
  let lines = 0;
  let rest = "";
  try {
    if (!statSync(path).isFile()) throw new Error("it is no file");
    for await (const chunk of createReadStream(path, { encoding: "utf8" })) {
      const parts = (rest + (chunk as string)).split("\n");
      rest = parts.pop() ?? "";
      lines += parts.length;
      for (const part of parts) reader.push(part);
      if (rest.length > LONGEST_LINE) throw new MeasuredError(path, lines + 1, `a line of more than ${LONGEST_LINE} characters`);
    }
  } catch (error) {
    if (error instanceof MeasuredError) throw error;
    throw new MeasuredError(path, lines + 1, `cannot be read: ${whyUnreadable(error)}`);
  }
  if (rest !== "") reader.push(rest);
  return reader.end();
}
