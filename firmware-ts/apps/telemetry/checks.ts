/** Options of telemetry that are good by themselves and do not fit together. */
import { INADDR_BROADCAST, isMulticast, parseIpv4 } from "../../ip/address.ts";
import type { Endpoint } from "../../ip/endpoint.ts";
import { ip6Words } from "../../ip/ip6-text.ts";
import type { OptionProblem } from "../app.ts";
import { isHostName } from "../host-names.ts";
import type { Tags } from "./contract/encoder.ts";
import type { Format, Settings } from "./contract/format.ts";

type Given = Readonly<Record<string, unknown>>;

/** Names that every point has already, and the one that collectors take for its time. */
const TAKEN_TAGS = ["node", "time"];
const TAKEN_NAMES = ["seq", "time"];

/** @param given the options, some of which may have been refused */
export function checkTogether(format: Format, given: Given): readonly OptionProblem[] {
  const settings = (given[format.format] ?? {}) as Settings;
  return [
    ...(format.check?.(settings) ?? []).map((problem) => ({ ...problem, at: [format.format, ...problem.at] })),
    ...checkCollector(format, settings, given),
    ...checkSleep(format, settings, given),
    ...checkTimes(format.format, format.times(settings), given),
    ...checkNames(given),
    ...checkSequence(format.times(settings), given),
    ...checkTags(format, settings, given),
  ];
}

function checkCollector({ format, converses }: Format, settings: Settings, { to }: Given): OptionProblem[] {
  const { address = "" } = (to ?? {}) as Partial<Endpoint<string>>;
  if (!converses(settings) || !isForMany(address)) return [];
  return [{ at: ["to"], message: `${address}: an address of many hosts, and ${format} waits for the answers of one` }];
}

/** A node that sleeps hears no answer. */
function checkSleep({ format, converses }: Format, settings: Settings, { to, sleep }: Given): OptionProblem[] {
  if (sleep === undefined) return [];
  if (converses(settings))
    return [{ at: ["sleep"], message: `${format} waits for answers, and a node that sleeps hears none`, atKey: true }];
  const { address = "" } = (to ?? {}) as Partial<Endpoint<string>>;
  if (!isHostName(address)) return [];
  return [{ at: ["to"], message: `${address}: a name is asked for, and a node that sleeps hears no answer; say its address` }];
}

/** A group, or the broadcast address of the own network. */
function isForMany(address: string): boolean {
  const four = parseIpv4(address);
  if (four !== null) return isMulticast(four) || four === INADDR_BROADCAST;
  // ff00::/8, whatever the scope (RFC 4291 2.7). `ff::1` is none of it, and neither is a name.
  const six = ip6Words(address.replace(/%.*/, ""));
  return six !== null && six.a >>> 24 === 0xff;
}

/** Readings that a collector would take for one and the same. */
function checkTimes(format: string, times: ReturnType<Format["times"]>, given: Given): OptionProblem[] {
  const { batch = 1, timestamp, store } = given;
  const problems: OptionProblem[] = [];
  if (times === "none" && timestamp !== undefined && timestamp !== "none")
    problems.push({ at: ["timestamp"], message: `${timestamp}: ${format} has no times; say none, or leave it out` });
  for (const key of ["batch", "store"] as const) {
    if (key === "batch" ? (batch as number) < 2 : store === undefined) continue;
    const said = key === "batch" ? `${batch}: ` : "";
    if (times === "none")
      problems.push({
        at: [key],
        message: `${said}${format} has no times, of several readings only the last would be kept`,
        ...(key === "store" && { atKey: true }),
      });
    else if (times === "absolute" && timestamp === "none")
      problems.push({
        at: [key],
        message: `${said}without times all readings of a message become one; say timestamp: always or wait`,
        ...(key === "store" && { atKey: true }),
      });
  }
  if (times === "relative" && timestamp === "none" && (store as { file?: string } | undefined)?.file !== undefined)
    problems.push({ at: ["store", "file"], message: "a file keeps readings by their times; say timestamp: always or wait" });
  return problems;
}

function checkNames({ sensors, own }: Given): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const names = new Set<string>(TAKEN_NAMES);
  for (const [at, sensor] of ((sensors ?? []) as readonly ({ name?: string } | undefined)[]).entries()) {
    const name = sensor?.name;
    if (name === undefined) continue;
    if (names.has(name))
      problems.push({
        at: ["sensors", at, "name"],
        message: TAKEN_NAMES.includes(name) ? `${name}: a name that readings have for themselves` : `${name}: given twice`,
      });
    names.add(name);
  }
  const groups = (own ?? []) as readonly (string | undefined)[];
  for (const [at, group] of groups.entries())
    if (group !== undefined && groups.indexOf(group) < at) problems.push({ at: ["own", at], message: `${group}: given twice` });
  return problems;
}

function checkSequence(times: ReturnType<Format["times"]>, { sequence, sensors, own }: Given): OptionProblem[] {
  if (sequence === "count" && times !== "none")
    return [{ at: ["sequence"], message: "count: only StatsD counts; say number or none" }];
  const empty = ((sensors ?? []) as readonly unknown[]).length + ((own ?? []) as readonly unknown[]).length === 0;
  if (sequence === "none" && empty)
    return [{ at: ["sequence"], message: "none: a reading without sensors and own numbers has nothing but its number" }];
  return [];
}

function checkTags(format: Format, settings: Settings, { tags }: Given): OptionProblem[] {
  if (typeof tags !== "object" || tags === null) return [];
  const problems: OptionProblem[] = [];
  for (const [key, value] of Object.entries(tags)) {
    if (value === undefined) return [];
    if (TAKEN_TAGS.includes(key))
      problems.push({
        at: ["tags", key],
        message: `${key}: a word that every point has for itself; call the tag otherwise`,
        atKey: true,
      });
  }
  const trouble = Object.keys(tags).length > 0 ? (format.tagTrouble?.(tags as Tags, settings) ?? null) : null;
  if (trouble !== null) problems.push({ at: ["tags"], message: trouble, atKey: true });
  return problems;
}
