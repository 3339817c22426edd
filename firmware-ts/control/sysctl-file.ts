/** A setting as a file below /proc/sys, and its numbers as the kernel reads them. */
import {
  NEIGH_FILES,
  NEIGH_TABLE_FILES,
  ParameterError,
  readNeighParameter,
  readTableParameter,
  writeNeighParameter,
  writeTableParameter,
} from "../neigh/parameter-files.ts";
import type { NeighParameters } from "../neigh/parameters.ts";
import type { NeighbourService } from "../neigh/service.ts";
import type { NetDevice } from "../net/device.ts";

export interface SysctlFile {
  read(): string;
  /** @throws ParameterError */
  write(value: string): void;
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

/**
 * The file of a neighbour parameter. The defaults and the table's own settings are files of the initial namespace only.
 * @param where `default`, or the name of `device`
 */
export function neighFile(
  { table, namespace }: NeighbourService,
  where: string,
  device: NetDevice | undefined,
  name: string,
): SysctlFile | undefined {
  const defaults = where === "default" && namespace.initial;
  if (defaults && NEIGH_TABLE_FILES.includes(name)) {
    return { read: () => readTableParameter(table.gc, name), write: (value) => writeTableParameter(table.gc, name, value) };
  }
  const set: NeighParameters | undefined = defaults ? table.defaults : device && table.parametersOf(device);
  if (!set || !NEIGH_FILES.includes(name)) return undefined;
  return { read: () => readNeighParameter(set, name), write: (value) => writeNeighParameter(set, name, value) };
}

/**
 * Reads a number: the first one, and after it white space and anything.
 * @throws ParameterError EINVAL
 */
export function readNumber(value: string, least: number = INT_MIN, most: number = INT_MAX): number {
  const [, sign = "", digits = ""] = /^\s*(-?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)(?=[ \t\n]|$)/i.exec(value) ?? [];
  const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : digits === "" ? Number.NaN : Number(digits);
  const signed = sign ? -number : number;
  if (Number.isNaN(signed)) throw new ParameterError("EINVAL", `"${value}" is not a number that fits`);
  if (signed < least || signed > most) throw new ParameterError("EINVAL", `${signed} is out of range: ${least} to ${most}`);
  return signed;
}
