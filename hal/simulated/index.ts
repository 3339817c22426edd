/**
 * The door `whohas/models`: silicon in software, register for register, and the wires between. What a driver does to a chip
 * against its data sheet is counted:
 *
 *     import { macAddress, SeededRandom, Stack, VirtualClock } from "whohas";
 *     import { Enc28j60 } from "whohas/drivers";
 *     import { Enc28j60Chip, EthernetSegment, SimulatedSpiBus, WireNic } from "whohas/models";
 *
 *     const clock = new VirtualClock();
 *     const wire = new EthernetSegment(clock, new SeededRandom(7), { loss: 0.1, latency: 2 });
 *     const chip = new Enc28j60Chip(clock, wire, "chip", { revision: "B5" });
 *     const bus = new SimulatedSpiBus(chip, clock);
 *     const peer = new Stack({ clock, random: new SeededRandom(2) });
 *     const far = peer.addDevice("eth0", new WireNic(clock, wire, "peer", macAddress("02:00:00:00:00:02")));
 *     await far.open();
 *     peer.addAddress(far, "10.0.0.2/24");
 *
 *     const board = new Stack({ clock, random: new SeededRandom(1) });
 *     const address = macAddress("02:00:00:00:00:01");
 *     const eth0 = board.addDevice("eth0", new Enc28j60(bus, clock, { address, interrupt: chip.interrupt }));
 *     const opened = eth0.open();
 *     await clock.advance(1000);
 *     await opened;
 *     board.addAddress(eth0, "10.0.0.1/24");
 *     console.log(eth0.hasCarrier, chip.violations.total); // prints: true 0
 *     await board.close();
 *     await peer.close();
 *
 * It runs in a browser, all of it. The model of a board's pins, which is made for johnny-five, is in `whohas/board`.
 */

export type { Clock } from "../clock.ts";
export { type InterruptLine, SimulatedInterrupt } from "../interrupt.ts";
export type { ByteStream } from "../serial.ts";
export type { SerialDevice } from "../serial-device.ts";
export type { Wire, WirePort, WireStation } from "../wire.ts";
export { AnalogSignal } from "./analog-signal.ts";
export { Atmega328p, type Atmega328pOptions } from "./avr/atmega328p.ts";
export { FirmwareError, parseIntelHex } from "./avr/intel-hex.ts";
export type { TwoWireDevice, TwoWireWiring, UnoWiring } from "./avr/wiring.ts";
export { BusPirateResponder, type BusPirateResponderOptions } from "./bridges/bus-pirate-responder.ts";
export { type Faults, FaultyStream, NO_FAULTS } from "./bridges/faulty-stream.ts";
export { SerialLine, type SerialLineOptions } from "./bridges/serial-line.ts";
export { PICO_SERPROG, SerprogResponder, type SerprogResponderOptions } from "./bridges/serprog-responder.ts";
export { ControllerPort, type ControllerPortOptions } from "./controller-port.ts";
export { E1000Chip, type E1000ChipOptions } from "./e1000/chip.ts";
export { Enc28j60Chip, type Enc28j60Options } from "./enc28j60/chip.ts";
export { Enc28j60Pins } from "./enc28j60/pins.ts";
export type { SimulatedI2cPart } from "./i2c-part.ts";
export { Ina2xxModel } from "./ina2xx-chip.ts";
export { EthernetSegment, type SegmentOptions, SegmentPort, type WireTap } from "./segment.ts";
export type { FrameTap, SimulatedWire } from "./simulated-wire.ts";
export { SimulatedSpiBus, type SpiDevice } from "./spi-bus.ts";
export type { SpiPins } from "./spi-pins.ts";
export type { MacEntry } from "./switch/mac-table.ts";
export { EthernetSwitch, type SwitchOptions } from "./switch/switch.ts";
export { SwitchPort, type SwitchPortOptions } from "./switch/switch-port.ts";
export { WireNic, type WireNicOptions } from "./wire-nic.ts";
