/** An entry of the neighbour table as text, for the record. */
import type { NeighRow } from "../contract/dut.ts";

/** An entry without its times, which differ from run to run. */
export function rowText(row: NeighRow): string {
  const lladdr = row.lladdr === "" ? [] : ["lladdr", row.lladdr];
  return [...lladdr, ...row.flags, row.state, `probes ${row.probes}`, row.protocol].filter((part) => part !== "").join(" ");
}

/** An entry as a line of `ip -s neigh show`, for the evidence. */
export function rowLine(row: NeighRow): string {
  return `${row.dst} dev ${row.dev} used ${row.used}/${row.confirmed}/${row.updated} ${rowText(row)}`;
}
