/** A rig in readable lines, as `whohas check` prints it. */
import type { Row, Sayings } from "../apps/app.ts";
import { linkLeds } from "../apps/link-leds.ts";
import { formatMac } from "../net/ethernet.ts";
import { appKind, asksFirst, automaticApps, namedApps } from "./apps.ts";
import { busKind, deviceKind } from "./kinds/lookup.ts";
import type { AppConfig, DeviceConfig, Rig } from "./rig/rig.ts";
import { type Cidr, formatCidr, formatDuration, formatPlace, isOfIpv6 } from "./rig/units.ts";
import { describeStrategy } from "./rig-strategy.ts";

/** The things that would be opened and set up, one a line, in columns: what, name, how. */
export function describeRig(rig: Rig): string[] {
  const rows: Row[] = [["rig", rig.name, `seed ${rig.seed}`]];
  const say: Sayings = { duration: formatDuration };
  rows.push(["board", rig.board.io, describeLeds(rig, say)]);
  for (const device of rig.devices) {
    rows.push(["device", device.name, describeDevice(device)]);
    const note = deviceKind(device).note?.(device.bus) ?? null;
    if (note !== null) rows.push(["", "", `note: ${note}`]);
    for (const cidr of device.addresses) rows.push(["address", device.name, describeAddress(rig, cidr)]);
    for (const app of automaticApps(device)) rows.push(...appKind(app).describe(app, say));
  }
  for (const { to, via, dev } of rig.routes) {
    const how = [via && `via ${via}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
    rows.push(["route", to === "default" ? to : formatCidr(to), how]);
  }
  const neighbours = describeNeighbours(rig);
  if (neighbours !== "") rows.push(["neighbours", "", neighbours]);
  const pins = rig.neighbours.strategy === "pinned" || rig.neighbours.strategy === "registrar";
  for (const { ip, lladdr, dev } of rig.neighbours.static)
    rows.push(["neighbour", ip, `lladdr ${formatMac(lladdr)} dev ${dev}, ${pins ? "pinned" : "permanent"}`]);
  for (const [key, value] of Object.entries(rig.sysctl)) rows.push(["sysctl", `${key} = ${value}`, ""]);
  for (const server of rig.dns ?? []) rows.push(["dns", server, ""]);
  if (rig.metrics) rows.push(["metrics", formatPlace(rig.metrics), "for Prometheus"]);
  if (rig.snapshot)
    rows.push(["snapshot", rig.snapshot.file, `written every ${formatDuration(rig.snapshot.every)} and at the end`]);
  for (const { name, config } of namedApps(rig)) rows.push(...describeApp(rig, name, config, say));
  return align(rows);
}

/** Under its name in events. What stands for an app of the board or of a device is described with that. */
function describeApp({ apps = [] }: Rig, name: string, config: AppConfig, say: Sayings): Row[] {
  const kind = appKind(config);
  if (kind.role !== "firmware" && !apps.includes(config)) return [];
  return kind.describe(config, say).map(([what, ...row]) => [what === kind.kind ? name : what, ...row]);
}

/** Names longer than this (sysctl keys) do not push the others' third column away. */
const NAME_COLUMN = 20;

function align(rows: readonly Row[]): string[] {
  const first = Math.max(...rows.map(([what]) => what.length));
  const second = Math.max(...rows.map(([, name]) => (name.length > NAME_COLUMN ? 0 : name.length)));
  return rows.map(([what, name, how]) => `${what.padEnd(first)}  ${name.padEnd(second)}  ${how}`.trimEnd());
}

/** The settings that are not the defaults. */
function describeNeighbours({ neighbours }: Rig): string {
  const { profile, lateness, hz } = neighbours;
  const parts = [
    profile !== "linux" && `profile ${profile}`,
    describeStrategy(neighbours),
    lateness === "kernel" && `timers as late as a kernel's at HZ=${hz}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function describeLeds({ board }: Rig, say: Sayings): string {
  return linkLeds
    .describe(board.leds, say)
    .map(([, , how]) => how)
    .join();
}

function describeAddress(rig: Rig, cidr: Cidr): string {
  const text = formatCidr(cidr);
  return asksFirst(rig) && !isOfIpv6(cidr.address) ? `${text}, asked for before it is used` : text;
}

function describeDevice(device: DeviceConfig): string {
  const bus = busKind(device.bus);
  const parts = [`${device.driver} ${bus.describe(device.bus, deviceKind(device))}`];
  if (device.mac) parts.push(`mac ${formatMac(device.mac)}`);
  if (device.netns !== undefined) parts.push(`netns ${device.netns}`);
  if (device.reset !== undefined) parts.push(`reset on pin ${device.reset}`);
  if (device.power !== undefined) parts.push(`power on pin ${device.power}`);
  if (bus.mayBeMissing) parts.push(device.fallback === "simulated" ? "if it is not there: simulated" : "no fallback");
  if (device.when === "exit") parts.push("given up when it fails");
  return parts.join(", ");
}
