/** The forms of a device SPEC, for the help of commands that take one. */
import type { AddHelpTextContext } from "commander";
import { DEVICE_KINDS } from "../../board/kinds/index.ts";
import { specHelp } from "../../board/kinds/lookup.ts";
import { CHIP_OPTIONS } from "../../board/rig/chip-config.ts";
import { itemsHelp } from "./help.ts";

export function specForms(context: AddHelpTextContext): string {
  const heading = "SPEC is [NAME=]DRIVER[:BUS[:PATH]][,mac=AA:BB:CC:DD:EE:FF]; without NAME= devices are eth0, eth1, ...";
  const options = `Behind enc28j60:sim also, between commas: ${CHIP_OPTIONS}.`;
  return `${itemsHelp(context, heading, DEVICE_KINDS.flatMap(specHelp))}\n${itemsHelp(context, options, [])}`;
}
