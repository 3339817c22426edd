/** The output of `whohas run`: lines for people, or an object a line with --json. */

import type { AddressEvent } from "../../apps/address-event.ts";
import { formatDuration } from "../../board/rig/units.ts";
import type { Summary } from "../../board/summary.ts";
import type { DeviceReport, System, SystemListener } from "../../board/system.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import { printable, printableJson } from "./printable.ts";
import { dropsText, healthLines, healthWords, neighLines, standInLines } from "./report-words.ts";

export interface RunReport extends SystemListener {
  summary(summary: Summary): void;
}

export interface ReportOptions {
  /** Prints one line. */
  readonly print: (line: string) => void;
  /** Only `ready` and the summary. */
  quiet: boolean;
  /** Path of the control socket; null in virtual time, which has none. */
  socket: string | null;
  /** The instance's name. */
  name: string;
  /** Where metrics are served; null: nowhere. */
  metrics: string | null;
}

export function textReport({ print, quiet, socket, name, metrics }: ReportOptions): RunReport {
  let severalApps = false;
  // Questions that the lines so far have told of.
  let told = QUESTIONS.map(() => 0);
  return {
    ready(system) {
      severalApps = Object.keys(system.summary().apps).length > 1;
      for (const device of system.reports()) for (const line of deviceLines(device)) print(line);
      if (metrics !== null) print(`metrics: ${metrics}`);
      const where = socket === null ? "in virtual time" : `as instance ${name}, control socket ${socket}`;
      const { name: rig, seed, neighbours } = system.rig;
      const profile = neighbours.profile === "linux" ? "" : `, profile ${neighbours.profile}`;
      print(`ready: ${rig} (seed ${seed}${profile}) ${where}`);
    },
    device(device, event) {
      if (quiet) return;
      if (event === "carrier-up") print(`${device.name}: link up`);
      else if (event === "carrier-down") print(`${device.name}: link down`);
      else if (event === "failed" || event === "recovered" || event === "repaired")
        print(`${device.name}: ${healthText(device, event)}`);
    },
    health(device) {
      if (!quiet) print(`${device.name}: ${healthWords(device.health.report()).join("; ")}`);
    },
    neighbours({ text }) {
      if (!quiet) print(text);
    },
    log(line) {
      if (!quiet) print(line);
    },
    address(event) {
      if (!quiet) print(`${event.device}: ${addressText(event)}`);
    },
    board(event, message) {
      if (quiet) return;
      if (event === "lost") print(`board: ${printable(message)}; until then no lamps and no sensors, the network goes on`);
      else print(`board: back, ${printable(message)}`);
    },
    datagram(event, system) {
      if (quiet) return;
      const summary = system.summary();
      const asked = QUESTIONS.map((question) => question.asked(summary));
      const cost = costText(asked, told);
      told = asked;
      const fate = event.status === "failed" ? `failed ${event.reason}` : "sent";
      const waited = event.waited === null ? "" : ` after ${event.waited.toFixed(1)} ms in the queue`;
      const values = event.readings.map(({ kind, value, unit, name = kind }) =>
        Number.isFinite(value) ? `${name} ${value.toFixed(2)} ${unit}`.trim() : `${name} missing`,
      );
      const several = event.count > 1 ? `${event.count} readings, the newest ` : "";
      const columns = [
        `${(event.time / 1000).toFixed(3).padStart(10)} s  #${event.seq}`,
        severalApps ? event.app : "",
        fate + waited,
        several + values.join(", "),
        cost,
      ];
      print(columns.filter((column) => column !== "").join("  "));
    },
    summary(summary) {
      for (const line of summaryLines(summary)) print(line);
    },
  };
}

function deviceLines(device: DeviceReport): string[] {
  const lines = [
    `${device.name}: ${printable(device.description)}, ${device.mac}, ${addressesText(device)}, link ${device.carrier ? "up" : "down"}`,
  ];
  lines.push(...standInLines(device.name, device.fallback, device.gateway));
  return lines;
}

/** The addresses that are there, and those that are still to come. */
function addressesText({ addresses, awaited }: DeviceReport): string {
  const there = addresses.filter((address) => !awaited.includes(address));
  const coming = awaited.map((address) =>
    /^\d/.test(address) ? `${address} is asked for` : `waits for an address from ${address}`,
  );
  return [...there, ...coming].join(", ") || "no address";
}

/** News of an address that a device gets by itself, in words. */
function addressText(event: AddressEvent): string {
  const told = Object.entries(event.options ?? {}).map(([code, value]) => `, option ${code} ${value}`);
  return changeText(event) + told.join("");
}

function changeText({ by, change, address, server, seconds, lladdr, reason }: AddressEvent): string {
  const lease =
    server === null ? "" : ` from ${server}, ${seconds === null ? "without an end" : `for ${formatDuration(seconds * 1000)}`}`;
  switch (change) {
    case "got":
      if (by === "dhcp" && reason !== "") return `has ${address} by the lease of before${lease}: ${reason}`;
      return `has ${address}${lease || (by === "link-local" ? ", link-local" : ", which nobody else has")}`;
    case "renewed":
      return `lease of ${address} renewed${lease}`;
    case "lost":
      return `lost ${address}: ${reason === "expired" ? "its lease is over" : "its server takes it back"}`;
    case "taken":
      return `${address} belongs to ${lladdr}; ${by === "static" ? "it is not used, and asked for again in 1m" : "another one is tried"}`;
    case "defended":
      return `${lladdr} uses ${address}, too; it was announced again`;
    case "refused":
      return `cannot have ${address}: ${printable(reason)}`;
    case "silent":
      return `no DHCP server answers; ${reason || "it is asked on"}`;
    case "informed":
      return `${server} tells what belongs to ${address}`;
  }
}

/** Kinds of questions for link addresses, in the order of the words. */
const QUESTIONS: readonly { protocol: string; kind: string; asked(summary: Summary): number }[] = [
  { protocol: "arp requests", kind: "broadcast", asked: ({ arp }) => arp.requestsBroadcast },
  { protocol: "arp requests", kind: "unicast", asked: ({ arp }) => arp.requestsUnicast },
  { protocol: "nd solicits", kind: "multicast", asked: ({ nd }) => nd?.solicitsMulticast ?? 0 },
  { protocol: "nd solicits", kind: "unicast", asked: ({ nd }) => nd?.solicitsUnicast ?? 0 },
];

/** The questions since the last line: `arp requests: 1 broadcast`. Both have a number for each kind. */
function costText(asked: readonly number[], told: readonly number[]): string {
  const words = new Map<string, string[]>();
  for (const [at, { protocol, kind }] of QUESTIONS.entries()) {
    const count = asked[at]! - told[at]!;
    if (count > 0) words.set(protocol, [...(words.get(protocol) ?? []), `${count} ${kind}`]);
  }
  return [...words].map(([protocol, kinds]) => `${protocol}: ${kinds.join(", ")}`).join("; ");
}

/** Events about a device's health. */
const HEALTH: ReadonlySet<DeviceEvent> = new Set(["failed", "recovered", "repaired"]);

function healthText({ health, error }: NetDevice, event: "failed" | "recovered" | "repaired"): string {
  const { attempts } = health.report();
  if (event === "failed")
    return `failed: ${printable(error?.message ?? "")}; ${health.retries ? "trying again until it works" : "given up"}`;
  if (event === "repaired") return `repaired: ${health.repaired}`;
  const tries = attempts === 0 ? "" : `, ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  return `works again after ${(health.outage / 1000).toFixed(1)} s${tries}`;
}

/** A line for each firmware, where there are several. */
function appLines(apps: Summary["apps"]): string[] {
  const all = Object.entries(apps);
  return all.length < 2 ? [] : all.map(([name, datagrams]) => `${name.padEnd(14)}${datagramsText(datagrams)}`);
}

function datagramsText({ sent, failed, queued }: Summary["datagrams"]): string {
  return `${sent} sent, ${failed} failed; ${queued} had to wait for an address`;
}

function summaryLines({ devices, duration, datagrams, apps, readings, arp, nd, neighbours, drops, missed }: Summary): string[] {
  return [
    "",
    `--- ${formatDuration(Math.round(duration))} ---`,
    `datagrams     ${datagramsText(datagrams)}`,
    ...appLines(apps),
    ...readingLines(readings),
    `arp requests  ${arp.requestsBroadcast} broadcast, ${arp.requestsUnicast} unicast sent; ${arp.requestsReceived} received`,
    `arp replies   ${arp.repliesReceived} received, ${arp.repliesSent} sent`,
    ...ndLines(nd),
    ...neighLines(neighbours),
    `drops         ${dropsText(drops)}`,
    ...(missed > 0 ? [`missed        ${missed} frames by controllers whose memory was full`] : []),
    ...healthLines(devices),
  ];
}

/** The fate of readings, where it is not that of their messages alone. */
function readingLines(readings: Summary["readings"]): string[] {
  if (readings === null) return [];
  const { taken, restored, sent, stored, underWay, dropped } = readings;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (restored + stored + lost === 0) return [];
  const from = restored > 0 ? `${taken} taken, ${restored} from before` : `${taken} taken`;
  const waiting = stored + underWay > 0 ? `, ${stored + underWay} stored` : "";
  const reasons = lost > 0 ? ` (${dropsText(dropped)})` : "";
  return [`readings      ${from}; ${sent} sent${waiting}, ${lost} lost${reasons}`];
}

function ndLines(nd: Summary["nd"]): string[] {
  if (nd === null) return [];
  const { solicitsMulticast, solicitsUnicast, claims, advertsSent, solicitsReceived, advertsReceived } = nd;
  return [
    `nd solicits   ${solicitsMulticast} multicast, ${solicitsUnicast} unicast, ${claims} about own addresses sent; ${solicitsReceived} received`,
    `nd adverts    ${advertsReceived} received, ${advertsSent} sent`,
  ];
}

export function jsonReport({ print: printLine, quiet, socket, name, metrics }: ReportOptions): RunReport {
  const print = (value: object): void => printLine(printableJson(value));
  return {
    ready(system: System) {
      const { rig } = system;
      const { profile } = rig.neighbours;
      const served = metrics === null ? {} : { metrics };
      print({
        event: "ready",
        instance: name,
        socket,
        ...served,
        rig: rig.name,
        seed: rig.seed,
        profile,
        devices: system.reports(),
      });
    },
    device(device, event) {
      if (!quiet)
        print({
          event: "device",
          device: device.name,
          change: event,
          ...(device.error ? { error: device.error.message } : {}),
          ...(event === "repaired" ? { repaired: device.health.repaired } : {}),
          ...(event === "recovered" ? { outage: device.health.outage } : {}),
          ...(HEALTH.has(event) ? { health: device.health.report() } : {}),
        });
    },
    health(device) {
      if (!quiet) print({ event: "health", device: device.name, ...device.health.report() });
    },
    neighbours({ text, ...warning }) {
      if (!quiet) print({ event: "neighbours", ...warning, text });
    },
    log(text) {
      if (!quiet) print({ event: "log", text });
    },
    address({ change, ...event }) {
      if (!quiet) print({ event: "address", ...event, change });
    },
    board(event, message) {
      if (!quiet) print({ event: "board", change: event, ...(event === "lost" ? { error: message } : {}) });
    },
    datagram(event) {
      if (!quiet) print({ event: "datagram", ...event });
    },
    summary(summary) {
      print({ event: "summary", ...summary });
    },
  };
}

/** Tells of lines that were lost, as {@link jsonReport} tells of other events. */
export function jsonLost(lines: number, reason: string): string {
  return JSON.stringify({ event: "output-lost", lines, reason });
}
