/**
 * The door `whohas/drivers`: drivers of Ethernet controllers, and what a driver of one's own is built from. A driver takes a bus
 * (`whohas/bridges` has real ones, `whohas/models` simulated ones) and is given to a Stack:
 *
 *     import { EthernetSegment, macAddress, SeededRandom, Stack, VirtualClock, WireNic } from "whohas";
 *     import { E1000 } from "whohas/drivers";
 *     import { E1000Chip } from "whohas/models";
 *
 *     const clock = new VirtualClock();
 *     const wire = new EthernetSegment(clock, new SeededRandom(7));
 *     const chip = new E1000Chip(clock, wire, "eth0", { mac: macAddress("02:00:00:00:00:01") });
 *     const peer = new Stack({ clock, random: new SeededRandom(2) });
 *     await peer.addDevice("eth0", new WireNic(clock, wire, "peer", macAddress("02:00:00:00:00:02"))).open();
 *
 *     const stack = new Stack({ clock, random: new SeededRandom(1) });
 *     const eth0 = stack.addDevice("eth0", new E1000(clock, chip));
 *     const opened = eth0.open();
 *     await clock.advance(3000); // a chip takes its time
 *     await opened;
 *     console.log(eth0.controller.description, eth0.hasCarrier ? "up" : "down"); // prints: simulated 82540EM up
 *     await stack.close();
 *     await peer.close();
 *
 * On a Linux interface: `new PacketController(new SystemClock(), { interface: "eth0" })`, as root.
 */

export { type ChipPins, GpioChipPins, type GpioChipPinsOptions } from "../hal/chip-pins.ts";
export type { Clock, Timer } from "../hal/clock.ts";
export { DropReason } from "../hal/drop-reason.ts";
export {
  type ControllerCapabilities,
  ControllerError,
  ControllerHealth,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  POLL_PENDING,
  type ReceiveMode,
} from "../hal/ethernet.ts";
export { type I2cBus, I2cError } from "../hal/i2c.ts";
export type { InterruptLine } from "../hal/interrupt.ts";
export { SOFTWARE_CAPABILITIES } from "../hal/kit/capabilities.ts";
export { copyFrame } from "../hal/kit/copy-frame.ts";
export { completeChecksum, pad, unsendable } from "../hal/kit/outgoing.ts";
export { PollLoop } from "../hal/kit/poll-loop.ts";
export { isMulticast, ReceiveFilter } from "../hal/kit/receive-filter.ts";
export { ReceivedFrames } from "../hal/kit/received-frames.ts";
export { DmaAllocator, type DmaMemory, type MmioBus } from "../hal/mmio.ts";
export { formatMmio, type MmioEntry, MmioRecorder, type MmioSink } from "../hal/mmio-recorder.ts";
export { MeterError, type PowerMeter } from "../hal/power-meter.ts";
export { Checksum, SkBuff } from "../hal/skbuff.ts";
export { SpiBatch, type SpiBus, type SpiTransaction } from "../hal/spi.ts";
export { E1000, type E1000Options } from "./e1000/e1000.ts";
export { Enc28j60, type Enc28j60DriverOptions } from "./enc28j60/enc28j60.ts";
export { Ina2xx, type Ina2xxChip, type Ina2xxOptions } from "./ina2xx/ina2xx.ts";
export { type LoopbackOptions, LoopbackPlug } from "./loopback/loopback.ts";
export { PacketController, type PacketOptions } from "./packet/packet.ts";
export { TapController, type TapOptions } from "./tap/tap.ts";
