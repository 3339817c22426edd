/** Cases as short stories of two sockets `a` and `b`, of routers that ask, and of hosts that send to groups, in the words of both families. */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { DutSocket, GroupAct } from "../../contract/dut.ts";
import type { FrameOf } from "../../contract/frame.ts";
import type { Family } from "../../contract/plan.ts";
import { igmp, igmpQuery, mldQuery } from "../../wire/build-groups.ts";
import { udp } from "../../wire/build4.ts";
import { udp6 } from "../../wire/build6.ts";
import { ipText } from "../../wire/bytes.ts";
import { solicitedNode } from "../../wire/hosts6.ts";

/**
 * A step: something that is done, the answer to it, and the records that routers are told because of it.
 *
 * `a join G`: socket a says so, and the answer is `ok` or an errno. `A > G`: A sends to the group, and the answer names the sockets that
 * hear it. `query G A`: a router asks. `v2 query G`, `v2 report G`: messages of old versions. Anything with `=` is a setting below net.ipv4.
 */
export type Step = readonly [act: string, answer: string, ...told: string[]];

export interface Story {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly steps: readonly Step[];
}

/** Names of addresses in a story; those of sources are hosts of the link, and N is no group. */
const NAMES: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  4: { G: "239.1.2.3", H: "239.1.2.4", L: "224.0.0.99", A: "10.0.0.5", B: "10.0.0.6", C: "10.0.0.7", N: "10.0.0.9" },
  6: { G: "ff05::99", H: "ff05::9a", L: "ff02::99", A: "fd00::5", B: "fd00::6", C: "fd00::7", N: "fd00::9" },
};

const PORT = 5000;
const IGMP = 2;
/** Milliseconds within which a change is told again, and time in which all is told. */
const AGAIN = 20;
const PATIENCE = 130;
const INTRODUCTION = 1100;

/** Makes the cases of a family. IPv6's have a 6 in their id. */
export function cases(stories: readonly Story[], family: Family): Case[] {
  return stories.map(({ id, title, source, steps }) => ({
    id: family === 4 ? id : id.replace(/^MC/, "MC6"),
    title,
    source,
    family,
    needs: ["groups"],
    drawn: true,
    patient: family === 6,
    async run(bench) {
      // A new link-local address has all groups told once more within a second.
      if (family === 6) await bench.sleep(INTRODUCTION);
      const sockets = prepare(bench, family);
      for (const step of steps) await play(bench, family, sockets, step);
    },
  }));
}

type Sockets = Readonly<Record<string, DutSocket>>;

function prepare(bench: Bench, family: Family): Sockets {
  const name = family === 4 ? ["igmpv2", "igmpv3"] : ["mldv2"];
  for (const version of name) bench.conf(`${version}_unsolicited_report_interval`, AGAIN);
  return { a: bench.socket({ port: PORT }), b: bench.socket({ port: PORT + 1 }) };
}

async function play(bench: Bench, family: Family, sockets: Sockets, [act, answer, ...told]: Step): Promise<void> {
  const named = (text: string): string => text.replace(/\b[GHLABCN]\b/g, (one) => NAMES[family][one] as string);
  await toldSince(bench, family, 0);
  const reports = bench.reports.length;
  const words = named(act).split(" ");
  if (act.includes("=")) {
    const [key = "", value = ""] = act.split("=");
    bench.expect(act, bench.sysctl(`net.ipv4.${key}`, value), "ok");
  } else if (act.includes(">")) {
    bench.expect(act, await hearers(bench, family, sockets, words), answer);
  } else if (words[0] === "query") {
    const [, group, ...sources] = words;
    const fields = { sources, ...(group === undefined ? {} : { group }) };
    await bench.say(family === 4 ? igmpQuery(fields) : mldQuery(fields));
  } else if (/^v\d/.test(act)) {
    await bench.say(old(words));
  } else {
    const [name = "", what, group = "", ...sources] = words;
    bench.expect(act, sockets[name]?.member(what as GroupAct, group, ...sources), answer);
  }
  const heard = await toldSince(bench, family, PATIENCE, reports);
  bench.expect(`${act}: told`, heard, told.map(named));
}

async function hearers(
  bench: Bench,
  family: Family,
  sockets: Sockets,
  [source = "", , destination = ""]: string[],
): Promise<string> {
  for (const { port: dport } of Object.values(sockets)) {
    const dst = family === 4 ? { dst: "01:00:5e:01:02:03" } : {};
    const fields = { source, destination, dport, sport: PORT, ...dst };
    await bench.say(family === 4 ? udp(fields) : udp6(fields));
  }
  await bench.settle();
  const heard = Object.entries(sockets).filter(([, socket]) => socket.received().length > 0);
  return heard.map(([name]) => name).join(" ") || "-";
}

/** A query or a report of IGMPv1 or v2: they differ from each other by the code, and by the type. */
function old([version, what, group]: string[]): Uint8Array {
  if (what === "query") return igmp(0x11, version === "v1" ? 0 : 1, group);
  return igmp(version === "v1" ? 0x12 : 0x16, 0, group);
}

/** Takes what routers were told since the last look. */
async function toldSince(bench: Bench, family: Family, ms: number, reports = 0): Promise<string[]> {
  const frames = await bench.heard(ms);
  if (family === 4) return frames.flatMap((frame) => (frame.kind === "packet" && frame.protocol === IGMP ? [igmpText(frame)] : []));
  const own = solicitedNode(bench.plan.dut.e0.ip);
  const local = solicitedNode("fe80::ff:fe00:1000");
  return bench.reports.slice(reports).flatMap(({ records }) => {
    const lines = records.filter(([, group]) => group !== own && group !== local).map(recordText);
    return lines.length > 0 ? [lines.join(", ")] : [];
  });
}

function recordText([type, group, sources]: readonly [type: number, group: string, sources: readonly string[]]): string {
  return `${type} ${group}${sources.length > 0 ? ` {${sources.join(",")}}` : ""}`;
}

const OLD_TYPES: Readonly<Record<number, string>> = { 18: "v1 report", 22: "v2 report", 23: "v2 leave" };

/** The message in words; what is odd about its header stands behind it. */
function igmpText({ body, ttl, tos, destination }: FrameOf<"packet">): string {
  const kind = OLD_TYPES[body[0] ?? 0];
  const group = ipText(body, 4);
  const odd = ttl !== 1 || tos !== 0xc0 ? `; ttl ${ttl} tos ${tos}` : "";
  if (kind !== undefined) return `${kind} ${group}${destination === group ? "" : ` to ${destination}`}${odd}`;
  const lines: string[] = [];
  for (let at = 8; at + 8 <= body.length; at += 8 + 4 * count(body, at)) {
    const sources = Array.from({ length: count(body, at) }, (_, one) => ipText(body, at + 8 + 4 * one));
    lines.push(recordText([body[at]!, ipText(body, at + 4), sources]));
  }
  return `${lines.join(", ")}${destination === "224.0.0.22" ? "" : ` to ${destination}`}${odd}`;
}

function count(body: Uint8Array, at: number): number {
  return (body[at + 2]! << 8) | body[at + 3]!;
}
