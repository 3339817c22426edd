/**
 * whohas: a firmware-style network stack whose neighbour core behaves like Linux's.
 *
 * Two stacks in virtual time on a simulated wire; one asks the other for its address once, and sends:
 *
 *     import { EthernetSegment, parseMac, SeededRandom, Stack, VirtualClock, WireNic } from "whohas";
 *
 *     const clock = new VirtualClock();
 *     const random = new SeededRandom(7);
 *     const wire = new EthernetSegment(clock, random.fork("wire"));
 *
 *     async function host(name: string, mac: string, cidr: string): Promise<Stack> {
 *       const stack = new Stack({ clock, random: random.fork(name) });
 *       const eth0 = stack.addDevice("eth0", new WireNic(clock, wire, name, parseMac(mac)!));
 *       await eth0.open();
 *       stack.addAddress(eth0, cidr);
 *       return stack;
 *     }
 *     const board = await host("board", "02:00:00:00:00:01", "10.0.0.1/24");
 *     const gateway = await host("gateway", "02:00:00:00:00:02", "10.0.0.2/24");
 *
 *     gateway.udp.open(8094).onDatagram = (bytes, at, length) => console.log(length);
 *     const socket = board.udp.open();
 *     socket.onFate = (cookie, { status }) => console.log(cookie, status);
 *     const collector = socket.to("10.0.0.2", 8094);
 *     socket.send(new Uint8Array(10), collector, 1).status;   // "queued": who has 10.0.0.2?
 *     await clock.advance(3_600_000);   // an hour, in a moment: prints "1 sent" and "10"
 *     await board.close();
 *     await gateway.close();
 *
 * With a chip model in place of WireNic: `new Enc28j60(new SimulatedSpiBus(new Enc28j60Chip(clock, wire, "eth0"), clock), clock, …)`;
 * with a Linux interface and a SystemClock: `new PacketController(clock, { interface: "eth0" })`. What `whohas run` brings up is a
 * System: `await System.make(parseRig(text, "rig.yaml"), { clock })`.
 */

export { createBoardIo } from "../hal/bridges/board-io.ts";
export { type Clock, SystemClock, Task, type Timer, VirtualClock } from "../hal/clock.ts";
export { DropReason, dropReasonName } from "../hal/drop-reason.ts";
export {
  ControllerError,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  POLL_PENDING,
  type ReceiveMode,
} from "../hal/ethernet.ts";
export { type BoardIo, GpioError, type Led, type Output, type Sensor } from "../hal/gpio.ts";
export { type InterruptLine, SimulatedInterrupt } from "../hal/interrupt.ts";
export { type Random, SeededRandom } from "../hal/random.ts";
export { ControllerPort, type ControllerPortOptions } from "../hal/simulated/controller-port.ts";
export { Enc28j60Chip, type Enc28j60Options } from "../hal/simulated/enc28j60/chip.ts";
export { EthernetSegment, type SegmentOptions, SegmentPort, type WireStation } from "../hal/simulated/segment.ts";
export { SimulatedSpiBus, type SpiDevice } from "../hal/simulated/spi-bus.ts";
export { WireNic, type WireNicOptions } from "../hal/simulated/wire-nic.ts";
export { DropCounters, SkBuff, SkBuffPool, type SkBuffPoolOptions } from "../hal/skbuff.ts";
export { SpiBatch, type SpiBus } from "../hal/spi.ts";
export { linePoint } from "./apps/telemetry/line-protocol.ts";
export { Telemetry, type TelemetryCounters, type TelemetryEvent, type TelemetryOptions } from "./apps/telemetry/telemetry.ts";
export { benchRig } from "./board/bench.ts";
export { CaptureFile } from "./board/capture-file.ts";
export { ControlServer, connectSocket } from "./board/control-socket.ts";
export { Enc28j60, type Enc28j60DriverOptions, PacketController, type PacketOptions } from "./board/controllers.ts";
export type { DeviceConfig, Rig } from "./board/rig.ts";
export { parseRig, RigError, type RigProblem } from "./board/rig-file.ts";
export {
  type DeviceReport,
  needsRealTime,
  type Summary,
  System,
  type SystemListener,
  type SystemOptions,
  startSystem,
} from "./board/system.ts";
export { type Caller, ControlClient } from "./control/methods/client.ts";
export { type MethodName, type Note, type ParamsOf, type ResultOf, stackMethods } from "./control/methods/index.ts";
export type { LineChannel } from "./control/rpc/channel.ts";
export { RpcClient } from "./control/rpc/client.ts";
export { ControlError, type Json, type JsonObject, type RpcCaller } from "./control/rpc/protocol.ts";
export { writeSysctl } from "./control/sysctl.ts";
export { formatIpv4, type IpAddress, parseIpv4 } from "./ip/address.ts";
export type { Destination } from "./ip/destination.ts";
export { InetError } from "./ip/inet-error.ts";
export type { SendResult } from "./ip/send-result.ts";
export type { InterfaceAddress } from "./ip4/routing/addresses.ts";
export type { Route } from "./ip4/routing/routes.ts";
export type { Neighbour } from "./neigh/entry.ts";
export { Nud, nudName } from "./neigh/states.ts";
export type { DeviceEvent, NetDevice } from "./net/device.ts";
export { formatMac, parseMac } from "./net/ethernet.ts";
export { ipv4, type NeighbourOptions, type NeighbourServices, type RouteOptions, Stack, type StackOptions } from "./stack.ts";
export type { EchoReply, Pinger } from "./transport/ping.ts";
export type { UdpSocket } from "./transport/udp-socket.ts";
