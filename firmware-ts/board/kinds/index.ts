/** Every kind of device and of bus: to add one, write its file and add its line here. Messages name them in this order. */
import { busPirate } from "./bus-pirate.ts";
import { e1000 } from "./e1000.ts";
import { enc28j60 } from "./enc28j60.ts";
import { netInterface } from "./interface.ts";
import type { BusKind, DeviceKind } from "./kind.ts";
import { packet } from "./packet.ts";
import { qemu } from "./qemu.ts";
import { serprog } from "./serprog.ts";
import { sim } from "./sim.ts";
import { spidev } from "./spidev.ts";
import { tap } from "./tap.ts";

export const DEVICE_KINDS: readonly DeviceKind[] = [enc28j60, e1000, packet, tap];

export const BUS_KINDS: readonly BusKind[] = [sim, serprog, spidev, busPirate, qemu, netInterface];
