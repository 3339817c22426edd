/**
 * whohas: a firmware-style network stack whose neighbour core behaves like Linux's.
 *
 * A stack in virtual time, on a simulated wire:
 *
 *     import { EthernetSegment, SeededRandom, Stack, VirtualClock, WireNic, ipv4 } from "whohas";
 *     const clock = new VirtualClock();
 *     const random = new SeededRandom(7);
 *     const wire = new EthernetSegment(clock, random.fork("wire"));
 *     const stack = new Stack({ clock, random });
 *     …
 *     await clock.advance(3_600_000);   // an hour, in a moment
 */
export { type Clock, SystemClock, VirtualClock } from "../hal/clock.ts";
export { DropReason, dropReasonName } from "../hal/drop-reason.ts";
export {
  ControllerError,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  POLL_PENDING,
  type ReceiveMode,
} from "../hal/ethernet.ts";
export { type InterruptLine, SimulatedInterrupt } from "../hal/interrupt.ts";
export { type Random, SeededRandom } from "../hal/random.ts";
export { EthernetSegment, type SegmentOptions, SegmentPort, type WireStation } from "../hal/simulated/segment.ts";
export { SkBuff, SkBuffPool } from "../hal/skbuff.ts";
export { SpiBatch, type SpiBus } from "../hal/spi.ts";
export { formatIpv4, parseIpv4 } from "./inet/address.ts";
export { InetError, type InterfaceAddress } from "./inet/addresses.ts";
export type { EchoReply, Pinger } from "./inet/ping.ts";
export type { Route } from "./inet/routes.ts";
export type { SendResult } from "./inet/send-result.ts";
export type { UdpSocket } from "./inet/udp-socket.ts";
export type { Neighbour } from "./neigh/entry.ts";
export { Nud, nudName } from "./neigh/states.ts";
export type { NetDevice } from "./net/device.ts";
export { formatMac, parseMac } from "./net/ethernet.ts";
export { ipv4, type RouteOptions, Stack, type StackOptions } from "./stack.ts";
