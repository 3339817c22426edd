/**
 * Reads a rig file: the result is a checked Rig, or a list of all its faults with line and column. Nothing is opened.
 *
 *     const rig = parseRig(await readFile("bench.yaml", "utf8"), "bench.yaml");
 *     for (const line of describeRig(rig)) console.log(line);
 */
import { telemetryWith } from "../apps/telemetry/kind.ts";
import { appDefaults, appKind } from "./apps.ts";
import { busKind } from "./kinds/lookup.ts";
import { type DeviceConfig, RIG_DEFAULTS, type Rig } from "./rig/rig.ts";
import { checkTogether } from "./rig-checks.ts";
import { checkSchema, type DeviceSource, type RigSource } from "./rig-schema.ts";
import { type RigProblem, YamlFile } from "./rig-yaml.ts";

export { describeRig } from "./rig-describe.ts";
export type { RigProblem } from "./rig-yaml.ts";

/** The most problems that are told: nobody reads on. */
const MAX_PROBLEMS = 100;

/**
 * A rig file that is not one. The message has one line a problem, `FILE:LINE:COLUMN: PATH: what is wrong; what would be right`,
 * in the file's order.
 */
export class RigError extends Error {
  readonly code = "RIG_INVALID";
  readonly file: string;
  readonly problems: readonly RigProblem[];

  constructor(file: string, problems: readonly RigProblem[]) {
    super(problems.map((problem) => formatProblem(file, problem)).join("\n"));
    this.name = "RigError";
    this.file = file;
    this.problems = problems;
  }
}

export interface ParseOptions {
  /** The rig's firmware will run: its sensors need a board. Default false. */
  readonly firmware?: boolean;
}

function formatProblem(file: string, { line, column, path, message }: RigProblem): string {
  return `${file}:${line}:${column}: ${path ? `${path}: ` : ""}${message}`;
}

/**
 * Reads a rig file's text. Keys, values and defaults are listed in rig-schema.ts and rig.ts.
 * @param file the file's name, for messages, and for the rig's when it gives none
 * @throws RigError with every problem there is (the first 100); there is no partial result
 */
export function parseRig(text: string, file: string, { firmware = false }: ParseOptions = {}): Rig {
  const yaml = new YamlFile(text);
  if (yaml.unreadable) throw new RigError(file, inOrder(yaml.problems));
  const { whole, draft, problems } = checkSchema(yaml.value);
  for (const { path, message, key } of problems) yaml.note(path, message, { key });
  checkTogether(yaml, draft, firmware);
  if (whole === null || yaml.problems.length > 0) throw new RigError(file, inOrder(yaml.problems));
  return toRig(whole, file);
}

function inOrder(problems: readonly RigProblem[]): RigProblem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const more = sorted.length - MAX_PROBLEMS;
  const last = sorted.at(-1);
  if (more <= 0 || !last) return sorted;
  return [...sorted.slice(0, MAX_PROBLEMS), { ...last, path: "", message: `and ${more} more, down to here`, code: "RIG_INVALID" }];
}

function toRig(source: RigSource, file: string): Rig {
  const { io = RIG_DEFAULTS.io, leds = {} } = source.board ?? {};
  const { telemetry, apps, dns, metrics, snapshot } = source;
  return {
    name: source.name ?? nameOf(file),
    seed: source.seed ?? RIG_DEFAULTS.seed,
    board: { io, leds },
    devices: Object.entries(source.devices).map(([name, device]) => toDevice(name, device)),
    routes: source.routes ?? [],
    neighbours: { ...RIG_DEFAULTS.neighbours, ...source.neighbours },
    sysctl: source.sysctl ?? {},
    ...(telemetry && { telemetry: telemetryWith(telemetry) }),
    ...(snapshot && { snapshot: { ...RIG_DEFAULTS.snapshot, ...snapshot } }),
    ...(apps && { apps: apps.map((app) => ({ ...appDefaults(appKind(app)), ...app })) }),
    ...(dns && { dns }),
    ...(metrics && { metrics }),
  };
}

function toDevice(name: string, source: DeviceSource): DeviceConfig {
  const automatic = (source.addresses ?? []).filter((address) => typeof address === "string");
  return {
    name,
    driver: source.driver,
    bus: busKind(source.bus).fromFile(source.bus),
    fallback: source.fallback ?? RIG_DEFAULTS.fallback,
    when: source.when ?? RIG_DEFAULTS.when,
    ...(source.mac && { mac: source.mac }),
    ...(source.netns !== undefined && { netns: source.netns }),
    addresses: (source.addresses ?? []).filter((address) => typeof address !== "string"),
    ...(automatic.length > 0 && { automatic }),
    ...(source.reset !== undefined && { reset: source.reset }),
    ...(source.power !== undefined && { power: source.power }),
  };
}

/** `rigs/bench-pico.yaml` is bench-pico. */
function nameOf(file: string): string {
  const base = /([^/\\]*?)(\.ya?ml)?$/i.exec(file)?.[1] ?? "";
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(base) ? base : "rig";
}
