/** `whohas sim`: runs a field of telemetry nodes in virtual time, and says which frames that took. */
import { isatty } from "node:tty";
import { type Clock, SystemClock, VirtualClock } from "../../../hal/clock.ts";
import { Field, type FieldOptions, type FieldReport } from "../../board/field.ts";
import { FRAME_KINDS, type FrameKind } from "../../board/field-frames.ts";
import { formatDuration } from "../../board/rig/units.ts";
import { Exit } from "../contract/exit.ts";
import { printableJson } from "./printable.ts";
import { dropsText } from "./report-words.ts";
import { untilTold, type WayDown } from "./way-down.ts";

export interface SimOptions extends Omit<FieldOptions, "clock"> {
  /** Simulated time, ms. */
  readonly duration: number;
  /** One object instead of lines. */
  readonly json: boolean;
  /** JSON on several lines. */
  readonly pretty: boolean;
}

/** Times in ms; nothing else in a result differs between two runs. */
interface Took {
  readonly wall: number;
  /** All threads', those of the garbage collector too. */
  readonly processor: number;
}

/** Virtual time between two turns of the event loop, in ms. */
const SLICE = 1000;
/** Parts of the whole after which a terminal is told how far it is. */
const PARTS = 10;
/** The last frames arrive within this time, in ms. */
const LAST_FRAMES = 1000;

const KIND_WORDS: Readonly<Record<FrameKind, string>> = {
  udp: "udp",
  arpBroadcast: "arp requests to everybody",
  arpUnicast: "arp requests to one",
  arpReply: "arp replies",
  lldp: "lldp, of the gateway",
  other: "other",
};

export function sim(options: SimOptions): Promise<number> {
  return untilTold((down) => simUntil(options, down), { patient: true });
}

async function simUntil(options: SimOptions, down: WayDown): Promise<number> {
  const { duration, json, pretty } = options;
  const { terminal } = down;
  const watch = new Stopwatch();
  const clock = new VirtualClock();
  let told = false;
  void down.told.then(() => {
    told = true;
  });
  const field = await Field.open({ ...options, clock });
  for (let part = 1; part <= PARTS && !told; part++) {
    const end = (duration * part) / PARTS;
    while (clock.now() < end && !told) {
      clock.advanceSync(Math.min(SLICE, end - clock.now()));
      await turn();
    }
    if (isatty(2) && part < PARTS && !told) terminal.complain(progress(clock.now(), duration, watch));
  }
  const simulated = clock.now();
  field.stop();
  clock.advanceSync(LAST_FRAMES);
  const report = field.report();
  const took = watch.read();
  down.begin();
  await field.close();
  if (json) terminal.print(printableJson(asJson(options, simulated, report, took), pretty));
  else for (const line of lines(options, simulated, report, took)) terminal.print(line);
  return Exit.DONE;
}

/** Signals are heard, and output leaves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Measures wall and processor time. */
class Stopwatch {
  readonly #clock: Clock = new SystemClock();
  readonly #start: number = this.#clock.now();
  readonly #used: NodeJS.CpuUsage = process.cpuUsage();

  read(): Took {
    const { user, system } = process.cpuUsage(this.#used);
    return { wall: Math.round(this.#clock.now() - this.#start), processor: Math.round((user + system) / 1000) };
  }
}

function progress(now: number, duration: number, watch: Stopwatch): string {
  const done = Math.round((100 * now) / duration);
  return `whohas: ${done} % of ${formatDuration(duration)}, ${seconds(watch.read().wall)} so far`;
}

function asJson(options: SimOptions, simulated: number, report: FieldReport, took: Took): object {
  const { hosts, duration, interval, seed, profile, staticGateway } = options;
  return { hosts, duration, simulated, interval, seed, profile, staticGateway, ...report, arpShare: shares(report), took };
}

function lines(options: SimOptions, simulated: number, report: FieldReport, took: Took): string[] {
  const { hosts, duration, interval, seed, profile, staticGateway } = options;
  const { frames, received, datagrams, tables, drops, longestQueue } = report;
  const share = shares(report);
  const early = simulated < duration ? ` of ${formatDuration(duration)}, stopped` : "";
  return [
    `--- ${hosts} ${hosts === 1 ? "node" : "nodes"}, a datagram every ${formatDuration(interval)}, ${formatDuration(Math.round(simulated))}${early}; seed ${seed}, profile ${profile}, gateway ${staticGateway ? "static" : "resolved"} ---`,
    ...FRAME_KINDS.map((kind) => row(KIND_WORDS[kind], `${frames[kind].frames} frames, ${frames[kind].bytes} bytes`)),
    row("arp share", `${percent(share.frames)} of the frames, ${percent(share.bytes)} of the bytes`),
    row("received", `${received} frames, one to everybody counted for each station`),
    row(
      "datagrams",
      `${datagrams.sent} sent, ${datagrams.failed} failed, ${datagrams.queued} waited; ${datagrams.received} at the gateway`,
    ),
    row("tables", `${tables.gateway} entries at the gateway, ${tables.nodes} at the nodes, ${tables.switch} in the switch`),
    row("longest queue", `${longestQueue} bytes`),
    row("drops", dropsText(drops)),
    row("took", `${seconds(took.wall)}, ${seconds(took.processor)} of processor time`),
  ];
}

/** ARP's part of the frames, and of their bytes, 0..1. */
function shares({ frames }: FieldReport): { frames: number; bytes: number } {
  const all = { frames: 0, bytes: 0 };
  const arp = { frames: 0, bytes: 0 };
  for (const kind of FRAME_KINDS) {
    const count = frames[kind];
    for (const to of kind.startsWith("arp") ? [all, arp] : [all]) {
      to.frames += count.frames;
      to.bytes += count.bytes;
    }
  }
  return { frames: arp.frames / Math.max(1, all.frames), bytes: arp.bytes / Math.max(1, all.bytes) };
}

function row(name: string, text: string): string {
  return `${name.padEnd(26)}${text}`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
