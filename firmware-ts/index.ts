/**
 * The door `whohas`: a firmware-style network stack whose neighbour core behaves like Linux's. It needs nothing of Node.
 *
 * Two stacks in virtual time on a simulated wire; one asks the other for its address once, and sends:
 *
 *     import { EthernetSegment, macAddress, SeededRandom, Stack, VirtualClock, WireNic } from "whohas";
 *
 *     const clock = new VirtualClock();
 *     const random = new SeededRandom(7);
 *     const wire = new EthernetSegment(clock, random.fork("wire"));
 *
 *     const board = new Stack({ clock, random: random.fork("board") });
 *     const near = board.addDevice("eth0", new WireNic(clock, wire, "board", macAddress("02:00:00:00:00:01")));
 *     await near.open();
 *     board.addAddress(near, "10.0.0.1/24");
 *
 *     const gateway = new Stack({ clock, random: random.fork("gateway") });
 *     const far = gateway.addDevice("eth0", new WireNic(clock, wire, "gateway", macAddress("02:00:00:00:00:02")));
 *     await far.open();
 *     gateway.addAddress(far, "10.0.0.2/24");
 *
 *     const socket = board.udp.open();
 *     const collector = socket.to("10.0.0.2", 8094);
 *     console.log(socket.send(new Uint8Array(10), collector, 1).status); // prints: queued
 *     // "queued": who has 10.0.0.2? The answer comes within the hour, which takes a moment.
 *     socket.onFate = (cookie, { status }) => console.log(cookie, status); // prints: 1 sent
 *     gateway.udp.open(8094).onDatagram = (bytes, at, length) => console.log(length); // prints: 10
 *     await clock.advance(3_600_000);
 *     await board.close();
 *     await gateway.close();
 *
 * Drivers, bridges, chip models, whole boards, the control methods, the words of `ip` and the rigs have doors of their own:
 * `whohas/drivers`, `/bridges`, `/models`, `/board`, `/control`, `/iproute`, `/rigs`.
 */

export { type Clock, SystemClock, Task, type Timer, VirtualClock } from "../hal/clock.ts";
export { DropReason, dropReasonName } from "../hal/drop-reason.ts";
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
export { HeldClock } from "../hal/held-clock.ts";
export { type InterruptLine, SimulatedInterrupt } from "../hal/interrupt.ts";
export { SOFTWARE_CAPABILITIES } from "../hal/kit/capabilities.ts";
export { type Random, SeededRandom } from "../hal/random.ts";
export { ControllerPort, type ControllerPortOptions } from "../hal/simulated/controller-port.ts";
export { EthernetSegment, type SegmentOptions, SegmentPort, type WireTap } from "../hal/simulated/segment.ts";
export { WireNic, type WireNicOptions } from "../hal/simulated/wire-nic.ts";
export { DropCounters, SkBuff, SkBuffPool, type SkBuffPoolOptions } from "../hal/skbuff.ts";
export type { Wire, WirePort, WireStation } from "../hal/wire.ts";
export type { NeighbourServices } from "./families.ts";
export { formatIpv4, type Ip4, type IpAddress, type IpFamily, parseIpv4 } from "./ip/address.ts";
export type { Destination } from "./ip/destination.ts";
export { type Endpoint, formatEndpoint, formatIp, parseEndpoint, parseIp } from "./ip/endpoint.ts";
export { InetError, type SocketErrno } from "./ip/inet-error.ts";
export { type Ip6, Ip6Interner } from "./ip/ip6.ts";
export type { IcmpError, Received } from "./ip/layer.ts";
export type { Lifetime, Lifetimes } from "./ip/lifetimes.ts";
export type { NameServerList, NameServers } from "./ip/name-servers.ts";
export type { SendResult } from "./ip/send-result.ts";
export type { AddressConflict, Claim, ClaimOptions, DefencePolicy } from "./ip4/arp/claim.ts";
export type { ClaimedAddress, ClaimedAddressOptions, ClaimedAddressUser } from "./ip4/claimed-address.ts";
export type { AddressOptions, InterfaceAddress } from "./ip4/routing/addresses.ts";
export type { Route } from "./ip4/routing/routes.ts";
export type { Ip6InterfaceAddress } from "./ip6/routing/addresses.ts";
export type { Ip6Route, Ip6RouteEntry } from "./ip6/routing/route.ts";
export type { DoubtCause, Neighbour, NeighEvent, NeighStrategy, StrategyNeighbour, StrategyReport } from "./neigh/entry.ts";
export type { NeighListener, Transition, TransitionListener } from "./neigh/notify.ts";
export { PROFILE_NAMES, type ProfileName } from "./neigh/profile.ts";
export type { SleepTimers } from "./neigh/sleep.ts";
export { Nud, nudName, parseNud } from "./neigh/states.ts";
export { type ConfirmedOptions, ConfirmedStrategy } from "./neigh/strategies/confirmed.ts";
export { makeStrategy, STRATEGY_NAMES, type StrategyName, type StrategySettings } from "./neigh/strategies/index.ts";
export { PiggybackStrategy } from "./neigh/strategies/piggyback.ts";
export { type PinnedOptions, PinnedStrategy } from "./neigh/strategies/pinned.ts";
export type { DeviceEvent, DeviceOptions, NetDevice } from "./net/device.ts";
export type { HealthReport } from "./net/device-health.ts";
export type { ControllerPower, DevicePower } from "./net/device-power.ts";
export { formatMac, parseMac } from "./net/ethernet.ts";
export type { DeviceListener, PacketHandler, PacketTap } from "./net/network.ts";
export type { NapiOptions } from "./net/softnet.ts";
export { SnapshotError, type SnapshotErrorCode } from "./snapshot/check.ts";
export { parseSnapshot, type Snapshot } from "./snapshot/form.ts";
export type { Restored, RestoreOptions, SnapshotPart } from "./snapshot/restore.ts";
export {
  ipv4,
  macAddress,
  type NeighbourOptions,
  type RouteOptions,
  Stack,
  type StackAddressOptions,
  type StackOptions,
} from "./stack.ts";
export type { SleepOptions, SleepReport, StackPower } from "./stack-power.ts";
export type { EchoReply, Pinger } from "./transport/ping.ts";
export type {
  TcpAcceptor,
  TcpConnection,
  TcpConnectOptions,
  TcpInfo,
  TcpListener,
  TcpListenOptions,
  TcpState,
  TcpUser,
} from "./transport/tcp/contract.ts";
export type { DatagramHandler, ErrorHandler, FateHandler, UdpSocket } from "./transport/udp-socket.ts";
