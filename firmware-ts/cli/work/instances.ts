/** `whohas instances`: the running instances of this user. */
import { runningInstances } from "../../board/instance-claim.ts";
import { dateTime } from "../../control/iproute/time.ts";
import { Exit } from "../contract/exit.ts";
import { printableJson } from "./printable.ts";

const HEADER = ["NAME", "PID", "SINCE", "SOCKET"];

/** Prints a line for each instance under a header, nothing when none runs; with `json` an array. */
export function instances({ json, pretty }: { json: boolean; pretty: boolean }): number {
  const running = runningInstances();
  if (json) {
    const list = running.map(({ name, pid, since, socket }) => ({ name, pid, since: Math.floor(since), socket }));
    console.log(printableJson(list, pretty));
  } else if (running.length > 0) {
    const rows = running.map(({ name, pid, since, socket }) => [name, String(pid), dateTime(since), socket]);
    for (const line of table([HEADER, ...rows])) console.log(line);
  }
  return Exit.DONE;
}

/** Columns two spaces apart, each as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADER.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
