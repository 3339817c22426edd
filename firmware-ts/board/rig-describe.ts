/** A rig in readable lines: what `whohas check` prints. */
import { formatGpioLine } from "../../hal/bridges/linux/gpio-chip.ts";
import { formatMac } from "../net/ethernet.ts";
import { type ChipConfig, formatErrata } from "./chip-config.ts";
import type { BusConfig, DeviceConfig, Rig } from "./rig.ts";
import { formatDuration, formatRate } from "./units.ts";

/** What would be opened and set up, one thing a line, in columns: what, name, how. */
export function describeRig(rig: Rig): string[] {
  const rows: [what: string, name: string, how: string][] = [["rig", rig.name, `seed ${rig.seed}`]];
  rows.push(["board", rig.board.io, describeLeds(rig)]);
  for (const device of rig.devices) {
    rows.push(["device", device.name, describeDevice(device)]);
    if (slowForRevisionB(device.bus))
      rows.push(["", "", "note: below 8 MHz an ENC28J60 of revision B1 or B4 is unreliable (erratum 1)"]);
    for (const { address, prefix } of device.addresses) rows.push(["address", device.name, `${address}/${prefix}`]);
  }
  for (const { to, via, dev } of rig.routes) {
    const how = [via && `via ${via}`, dev && `dev ${dev}`].filter(Boolean).join(" ");
    rows.push(["route", to === "default" ? to : `${to.address}/${to.prefix}`, how]);
  }
  const neighbours = describeNeighbours(rig);
  if (neighbours !== "") rows.push(["neighbours", "", neighbours]);
  for (const { ip, lladdr, dev } of rig.neighbours.static)
    rows.push(["neighbour", ip, `lladdr ${formatMac(lladdr)} dev ${dev}, permanent`]);
  for (const [key, value] of Object.entries(rig.sysctl)) rows.push(["sysctl", `${key} = ${value}`, ""]);
  if (rig.telemetry) {
    const { to, every, format, sensors } = rig.telemetry;
    rows.push(["telemetry", `${to.address}:${to.port}`, `every ${formatDuration(every)}, format ${format}`]);
    for (const { kind, pin } of sensors) rows.push(["sensor", kind, `on pin ${pin}`]);
  }
  return align(rows);
}

/** Names longer than this (sysctl keys) do not push the others' third column away. */
const NAME_COLUMN = 20;

function align(rows: readonly (readonly [string, string, string])[]): string[] {
  const first = Math.max(...rows.map(([what]) => what.length));
  const second = Math.max(...rows.map(([, name]) => (name.length > NAME_COLUMN ? 0 : name.length)));
  return rows.map(([what, name, how]) => `${what.padEnd(first)}  ${name.padEnd(second)}  ${how}`.trimEnd());
}

/** What is other than usual. */
function describeNeighbours({ neighbours: { profile, lateness, hz } }: Rig): string {
  const parts = [profile !== "linux" && `profile ${profile}`, lateness === "kernel" && `timers as late as a kernel's at HZ=${hz}`];
  return parts.filter(Boolean).join(", ");
}

function describeLeds({ board }: Rig): string {
  const { link, activity } = board.leds;
  return [link && `link light on pin ${link}`, activity && `activity light on pin ${activity}`].filter(Boolean).join(", ");
}

function describeDevice(device: DeviceConfig): string {
  const parts = [`${device.driver} ${describeBus(device)}`];
  if (device.mac) parts.push(`mac ${formatMac(device.mac)}`);
  if (device.netns !== undefined) parts.push(`netns ${device.netns}`);
  if (device.reset !== undefined) parts.push(`reset on pin ${device.reset}`);
  if (device.power !== undefined) parts.push(`power on pin ${device.power}`);
  if (device.bus.kind !== "sim" && device.bus.kind !== "interface") {
    parts.push(device.fallback === "simulated" ? "if it is not there: simulated" : "no fallback");
  }
  if (device.when === "exit") parts.push("given up when it fails");
  return parts.join(", ");
}

const PIPELINING_WORDS = {
  auto: "pipelined if the bridge bears it",
  on: "pipelined",
  off: "one operation at a time",
} as const;

function describeBus({ driver, bus }: DeviceConfig): string {
  switch (bus.kind) {
    case "sim":
      return `simulated${describeChip(bus.chip)}, ${bus.iface === undefined ? "on a simulated wire with a simulated gateway" : `its wire is ${bus.iface}`}${describeWire(bus)}`;
    case "serprog":
      return `behind serprog on ${bus.port}, ${bus.baud} baud, SPI ${formatRate(bus.spiHz)}, ${PIPELINING_WORDS[bus.pipelining]}${bus.interrupt ? `, interrupt on ${bus.interrupt}` : ""}`;
    case "spidev":
      return `on ${bus.path}, SPI ${formatRate(bus.spiHz)}${bus.interrupt ? `, interrupt on ${formatGpioLine(bus.interrupt)}` : ""}`;
    case "bus-pirate":
      return `behind a Bus Pirate on ${bus.port}, ${bus.baud} baud, SPI ${formatRate(bus.spiHz)}`;
    case "qemu":
      return `in QEMU, its wire is ${bus.iface}`;
    case "interface":
      return driver === "tap" ? `as ${bus.iface}, made for the stack` : `on ${bus.iface}`;
  }
}

/** What is other than usual. */
function describeChip({ revision, errata, strict }: ChipConfig = {}): string {
  const parts = [revision && `revision ${revision}`, errata && `errata ${formatErrata(errata)}`, strict && "strict"];
  const said = parts.filter(Boolean).join(", ");
  return said && ` (${said})`;
}

function describeWire({ segment }: Extract<BusConfig, { kind: "sim" }>): string {
  let text = segment.latency > 0 ? `, latency ${formatDuration(segment.latency)}` : "";
  for (const what of ["loss", "duplication", "corruption"] as const) if (segment[what] > 0) text += `, ${what} ${segment[what]}`;
  return text;
}

function slowForRevisionB(bus: BusConfig): boolean {
  return "spiHz" in bus && bus.spiHz < 8_000_000;
}
