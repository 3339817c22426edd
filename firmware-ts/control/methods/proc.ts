/** `cat`: the kernel's files in /proc that tell of neighbours; `nstat`: its counters. */
import * as v from "valibot";
import type { Stack } from "../../stack.ts";
import { readProc } from "../proc.ts";
import { FLAG, maybe, needed, TEXT, TEXTS } from "./forms.ts";
import { method } from "./method.ts";

/** Counters as they were when nstat was asked last. */
class History extends Map<string, number> {}

const PARAMS = {
  ignore: maybe(FLAG, "values since the start, not since the last time"),
  zeros: maybe(FLAG, "counters that did not move too"),
  keep: maybe(FLAG, "do not count this as a time"),
  silent: maybe(FLAG, "answer nothing"),
  patterns: maybe(TEXTS, "names, with * and ?; default all"),
};

export const procMethods = {
  cat: method({
    about:
      "The contents of a file: /proc/net/arp, /proc/net/stat/arp_cache, /proc/net/stat/ndisc_cache, /proc/net/softnet_stat, snmp, snmp6, netstat, if_inet6, igmp6, ipv6_route, /proc/sys/….",
    params: { path: needed(TEXT, "path") },
    result: v.string(),
    errors: ["FILE_UNKNOWN"],
    run: ({ stack }, { path }) => readProc(stack, path),
  }),
  nstat: method({
    about: "Counters of IP, ICMP and UDP and how far they moved since the last time.",
    params: PARAMS,
    result: v.array(v.tuple([v.string(), v.number()])),
    errors: [],
    run: (context, params) => nstat(context.stack, params, context.kept(History)),
  }),
};

function nstat(
  stack: Stack,
  { ignore, zeros, keep, silent, patterns = [] }: v.InferOutput<v.ObjectSchema<typeof PARAMS, undefined>>,
  history: History,
): [name: string, value: number][] {
  const counters = stack.counters();
  const rows = counters.map(([name, value]): [string, number] => [name, ignore ? value : value - (history.get(name) ?? 0)]);
  if (!keep) for (const [name, value] of counters) history.set(name, value);
  const wanted = (name: string): boolean => patterns.length === 0 || patterns.some((pattern) => matches(pattern, name));
  return silent ? [] : rows.filter(([name, value]) => (zeros || value !== 0) && wanted(name));
}

/** Whether a pattern of `*` and `?` fits. It backs up to the last star only, so that no pattern takes long. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let read = 0; read < name.length; ) {
    if (at < pattern.length && pattern[at] !== "*" && (pattern[at] === "?" || pattern[at] === name[read])) {
      at++;
      read++;
    } else if (pattern[at] === "*") {
      star = at++;
      resume = read;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
