/** A row of the suite: frames of the tester, and everything that the DUT sends because of them, in short. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import type { Frame, FrameOf } from "../../../contract/frame.ts";
import { hearsAnyone } from "../../arp/kit/setup.ts";

export interface Row {
  id: string;
  /** The beginning of a sentence: `an echo request with a wrong checksum`. */
  what: string;
  source: string;
  frames: readonly Uint8Array[];
  /** Everything that the DUT sends, by inShort(). Default: nothing. */
  sends?: readonly string[];
  needs?: readonly Need[];
  /** Settings of net.ipv4 or net.ipv6, by their names below it. */
  settings?: Readonly<Record<string, number>>;
  /** The tester's packets come from there: no look at the route back to them, and a route to everybody by T1. */
  fromAnywhere?: boolean;
}

/** Time that the DUT gets to answer, in ms. */
const PATIENCE = 15;

/** T1 and T2 are known, so that nobody needs asking. */
export async function acquainted(bench: Bench): Promise<void> {
  const { T1, T2 } = bench.plan;
  for (const { ip, mac } of [T1, T2]) await bench.must(`neigh add ${ip} lladdr ${mac} dev e0`);
}

/** A frame in a few words: `echo reply`, `unreachable 3`, `parameter problem at 20`, `time exceeded 1`, `udp to 9`. */
export function inShort(frame: Frame): string {
  switch (frame.kind) {
    case "arp":
      return frame.op === 1 ? `asks for ${frame.tpa}` : `answers ${frame.tpa}`;
    case "udp":
      return `udp to ${frame.dport}`;
    case "dhcp":
      return `dhcp ${frame.message}`;
    case "tcp":
      return `tcp ${frame.flags}`;
    case "nd":
      return frame.message === "ns" ? `asks for ${frame.target}` : `${frame.message} ${frame.target}`;
    case "icmp":
      if (frame.source.includes(":")) return icmp6InShort(frame);
      if (frame.type === 0) return echoReply(frame.code);
      if (frame.type === 3) return `unreachable ${frame.code}`;
      if (frame.type === 11) return `time exceeded ${frame.code}`;
      if (frame.type === 12) return `parameter problem at ${frame.info >>> 24}`;
      if (frame.type === 14) return "timestamp reply";
      return `icmp ${frame.type}/${frame.code}`;
    case "packet":
      return frame.more || frame.offset > 0 ? `fragment at ${frame.offset}` : `protocol ${frame.protocol}`;
    default:
      return frame.kind;
  }
}

function echoReply(code: number): string {
  return code === 0 ? "echo reply" : `echo reply with code ${code}`;
}

/** The same words for ICMPv6: `unreachable 4`, `parameter problem 1 at 40`, `too big 1400`. */
function icmp6InShort({ type, code, info }: FrameOf<"icmp">): string {
  if (type === 129) return echoReply(code);
  if (type === 1) return `unreachable ${code}`;
  if (type === 2) return `too big ${info}`;
  if (type === 3) return `time exceeded ${code}`;
  if (type === 4) return `parameter problem ${code} at ${info}`;
  return `icmp ${type}/${code}`;
}

/** Everything that the DUT has sent since the last look, in short. */
export async function sentInShort(bench: Bench, ms: number = PATIENCE): Promise<string[]> {
  return (await bench.heard(ms)).map(inShort);
}

export function rows(list: readonly Row[]): Case[] {
  return list.map(({ id, what, source, frames, sends = [], needs = [], settings = {}, fromAnywhere = false }) => ({
    id,
    title: `${what}: ${sends.length === 0 ? "nothing is sent" : sends.join(", ")}`,
    source,
    needs: fromAnywhere ? [...needs, "arp-sysctl", "route-admin"] : needs,
    async run(bench) {
      await acquainted(bench);
      for (const [name, value] of Object.entries(settings)) {
        const key = `net.${bench.plan.keys}.${name}`;
        bench.expect(key, bench.sysctl(key, value), "ok");
      }
      if (fromAnywhere) {
        if (bench.plan.family === 4) hearsAnyone(bench);
        await bench.must(`route add default via ${bench.plan.T1.ip} dev e0`);
      }
      await bench.heard();
      await bench.say(...frames);
      bench.expect("what is sent", await sentInShort(bench), sends);
    },
  }));
}

/** The row's frame once. */
export function row(id: string, what: string, source: string, frame: Uint8Array, ...sends: string[]): Row {
  return { id, what, source, frames: [frame], sends };
}
