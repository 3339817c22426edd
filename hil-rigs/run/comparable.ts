/** Brings the record of a case into a form that is the same for two DUTs that behave alike. */
import type { Case } from "../contract/case.ts";
import type { Step, Trace } from "../stage/trace.ts";

export interface Comparable {
  frames: string[];
  commands: string[];
  table: string[];
  events: string[];
}

export function comparable(trace: Trace, one: Case): Comparable {
  const crowd = one.crowd && new RegExp(`(?<![\\d.])(?:${one.crowd.join("|").replaceAll(".", "\\.")})`);
  // A datagram to one of a crowd is refused when the table has no room for it; all other commands count.
  const fixed = ({ kind, text }: Step): boolean => kind === "command" && !text.startsWith("udp send ");
  const chosen = ({ text }: Step): boolean => one.sized === true && text.startsWith("tcp receive ");
  const steps = trace.steps.filter((step) => (fixed(step) || !crowd?.test(step.text)) && !chosen(step));
  const texts = (kind: Step["kind"]): string[] => steps.filter((step) => step.kind === kind).map((step) => step.text);
  const frames = texts("frame").map((text) => text.replace(EPHEMERAL, "$1:ephemeral > ").replace(PUSH, "$1$2 seq"));
  return {
    frames: one.sized ? [] : one.shuffled?.includes("frames") ? frames.sort() : frames,
    commands: texts("command").map(printed),
    table: texts("table"),
    events: one.sized ? [] : one.shuffled?.includes("events") ? texts("event").sort(byEntry) : told(steps),
  };
}

/** A drawn source port: 32768..60999 (net.ipv4.ip_local_port_range). */
const EPHEMERAL = /((?:udp|tcp) [\da-f.:]+):(?:3[2-9]|[45]\d|60)\d{3} > /;

/** The bit PSH of a TCP segment: a stack may push more often than a program writes (RFC 9293 3.9.1.2). */
const PUSH = /( [FSRAUEC]*)P([FSRAUEC]*) seq/;

/** Dumps of the neighbour table, whose order is the hash's. All other output has an order of its own. */
const DUMP = /^(?:ip (?:-\S+ )*(?:n|ne|nei|neig|neigh|neighb\w*)(?= )|cat \/proc\/net\/arp)/;
/** Matches the line of a dump that is no entry. */
const HEAD = /^IP address/;

function printed(text: string): string {
  const plain = text.replace(REACHABLE, (all, name, drawn, rest, base) => (inRange(drawn, base) ? `${name}drawn${rest}` : all));
  if (!DUMP.test(plain)) return plain;
  const lines = plain.split("\n");
  const fixed = HEAD.test(lines[1] ?? "") ? 2 : 1;
  return [...lines.slice(0, fixed), ...lines.slice(fixed).map(jsonSorted).sort(byMasked)].join("\n");
}

/** The rows of a dump in JSON, which is one line. */
function jsonSorted(line: string): string {
  if (!line.startsWith("[{")) return line;
  const rows = JSON.parse(line) as object[];
  return JSON.stringify(rows.map((row) => JSON.stringify(row)).sort(byMasked));
}

/** The two words of `ip ntable`, as text and as JSON: the reachable time is drawn from half of the base up to one and a half of it. */
const REACHABLE = /(\breachable"?[ :])(\d+)([ ,]"?base_reachable"?[ :](\d+))/g;

function inRange(reachable: string, base: string): boolean {
  return Number(reachable) >= Number(base) / 2 && Number(reachable) < Number(base) * 1.5;
}

/** Ages in whole seconds (`used 1/20/20`, and in JSON), and the count of an entry's users, which depends on the implementation. */
const AGES = /\bused (\d+)\/(\d+)\/(\d+)|\\?"(?:used|confirmed|updated)\\?":(\d+)/g;
const USERS = / ref \d+|\\?"refcnt\\?":\d+,?/g;
/** Ages are rounded down, and the bench itself may have been a moment late. */
const AGE_TOLERANCE = 1;

function masked(text: string): string {
  return text.replace(USERS, "").replace(AGES, (age) => age.replace(/\d+/g, "…"));
}

function byMasked(a: string, b: string): number {
  const [one, other] = [masked(a), masked(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function ages(text: string): number[] {
  return [...text.matchAll(AGES)].flatMap(([, ...found]) => found.filter((each) => each !== undefined).map(Number));
}

/** Equal, except for ages that are a second apart. */
export function sameText(one: string, other: string): boolean {
  if (one === other) return true;
  if (masked(one) !== masked(other)) return false;
  const [a, b] = [ages(one), ages(other)];
  return a.length === b.length && a.every((age, at) => Math.abs(age - b[at]!) <= AGE_TOLERANCE);
}

/** Operations that walk through the whole table. They tell changes of different entries in the hash's order. */
const WALKS: readonly RegExp[] = [
  /^ip (?:-\S+ )*n\S* f(?:lush)? /,
  /^ip (?:-\S+ )*link set /,
  /^ip (?:-\S+ )*addr\S* (?:del|flush) /,
  /^(?:pull|plug) /,
];

/**
 * The changes told, in order. Changes from one walk through the table are sorted by entry; the changes of one entry keep their order.
 */
function told(steps: readonly Step[]): string[] {
  const all: string[] = [];
  let walk: string[] | null = null;
  const close = (): void => {
    if (walk) all.push(...walk.sort(byEntry));
    walk = null;
  };
  for (const { kind, text } of steps) {
    if (kind === "command" || kind === "sent") {
      close();
      if (kind === "command" && WALKS.some((pattern) => pattern.test(text))) walk = [];
    } else if (kind === "event") (walk ?? all).push(text);
  }
  close();
  return all;
}

function byEntry(a: string, b: string): number {
  const [one, other] = [entryOf(a), entryOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** `10.0.0.2 dev e0`, of an event's text. */
function entryOf(event: string): string {
  return event.split(" ").slice(1, 4).join(" ");
}
