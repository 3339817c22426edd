/**
 * The door `whohas/bridges`: real ways to a chip. An ENC28J60 on any of them needs no rig file:
 *
 *     import { EthernetSegment, macAddress, SeededRandom, Stack, VirtualClock } from "whohas";
 *     import { SerprogBus } from "whohas/bridges";
 *     import { Enc28j60 } from "whohas/drivers";
 *     import { Enc28j60Chip, SerialLine, SerprogResponder } from "whohas/models";
 *
 *     // A serial line with a serprog bridge and a chip at its end. On a board this is a SystemClock, and
 *     // new SerialPortStream(clock, { path: "/dev/ttyACM0", baud: 115200 }) or new TcpStream(clock, { host, port }).
 *     const clock = new VirtualClock();
 *     const wire = new EthernetSegment(clock, new SeededRandom(7));
 *     const chip = new Enc28j60Chip(clock, wire, "chip");
 *     const line = new SerialLine(clock, new SerprogResponder(clock, chip), { baud: 2_000_000 });
 *
 *     const bus = new SerprogBus(clock, line, { spiHz: 10_000_000, baud: 2_000_000 });
 *     const address = macAddress("02:00:00:00:00:01");
 *     const stack = new Stack({ clock, random: new SeededRandom(1) });
 *     const eth0 = stack.addDevice("eth0", new Enc28j60(bus, clock, { address }));
 *     const opened = eth0.open();
 *     await clock.advance(1000);
 *     await opened;
 *     stack.addAddress(eth0, "192.168.10.10/24");
 *     console.log(eth0.up); // prints: true
 *     const closed = stack.close();
 *     await clock.advance(1000);
 *     await closed;
 *
 * On a Raspberry Pi the bus is `new SpidevBus({ path: "/dev/spidev0.0", spiHz: 10_000_000 })`.
 */

export type { Clock } from "../clock.ts";
export { ControllerError } from "../ethernet.ts";
export type { BoardIo, GpioError, Led, Output, Sensor } from "../gpio.ts";
export { type I2cBus, I2cError } from "../i2c.ts";
export type { InterruptLine } from "../interrupt.ts";
export type { MmioBus } from "../mmio.ts";
export { MeterError, type PowerMeter } from "../power-meter.ts";
export type { ByteStream } from "../serial.ts";
export type { SerialDevice } from "../serial-device.ts";
export { SpiBatch, type SpiBus } from "../spi.ts";
export type { Wire, WirePort, WireStation } from "../wire.ts";
export { BusPirateBus, type BusPirateOptions } from "./bus-pirate/bus-pirate.ts";
export { type FirmataOptions, FirmataSource } from "./firmata.ts";
export { type IoPluginOptions, IoPluginSource } from "./io-plugin.ts";
export { type IoConnection, type IoSource, JohnnyFiveBoardIo } from "./johnny-five.ts";
export { LastingBoardIo } from "./lasting-io.ts";
export type { GpioLineAddress } from "./linux/gpio-chip.ts";
export { HwmonMeter } from "./linux/hwmon.ts";
export { NoBoardIo } from "./no-board-io.ts";
export { PluginI2c } from "./plugin-i2c.ts";
export { PtyEndpoint } from "./pty.ts";
export { QemuBus, type QemuNetwork, type QemuOptions } from "./qemu/bus.ts";
export { QemuWire } from "./qemu/wire.ts";
export type { EndpointCounters, SerialEndpoint } from "./serial-endpoint.ts";
export { type ModemInput, type SerialPortOptions, SerialPortStream } from "./serial-port.ts";
export { type Pipelining, SerprogBus, type SerprogOptions } from "./serprog/serprog.ts";
export { SpidevBus, type SpidevOptions } from "./spidev.ts";
export { TcpEndpoint } from "./tcp-endpoint.ts";
export { TcpStream, type TcpStreamOptions } from "./tcp-stream.ts";
