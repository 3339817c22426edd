/**
 * The door `whohas/board`: a running system from a few words, or from a rig file. A board in three lines:
 *
 *     import { openBoard } from "whohas/board";
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24", gateway: "192.168.10.1" });
 *     const { ping } = board.stack;
 *     const pinger = ping.open();
 *     const replied = new Promise((resolve) => (pinger.onReply = ({ ttl }) => resolve(ttl)));
 *     pinger.send(ping.to("192.168.10.1"), 1, 56);
 *     console.log(await replied); // prints: 64
 *     pinger.close();
 *     await board.close();
 *
 * On hardware the device is `enc28j60:serprog:/dev/ttyACM0`, `enc28j60:spidev:/dev/spidev0.0`, `packet:eth0`. What `whohas run`
 * brings up is a System: `await System.make(parseRig(text, "rig.yaml"), { clock })`.
 */

export type { Clock } from "../../hal/clock.ts";
export { type BoardIo, GpioError, type Led, type Output, type Sensor } from "../../hal/gpio.ts";
export { SimulatedBoardIo } from "../../hal/simulated/board-io.ts";
export { SimulatedIo } from "../../hal/simulated/io.ts";
export { SimulatedIoSource } from "../../hal/simulated/io-source.ts";
export type { App, AppContext, AppDatagram, AppKind, DatagramEvent } from "../apps/app.ts";
export { LinkLeds } from "../apps/link-leds.ts";
export type { SleepConfig, Sleeper } from "../apps/sleeper.ts";
export { LineProtocolError, linePoint } from "../apps/telemetry/encoders/line-protocol.ts";
export { Telemetry, type TelemetryOptions } from "../apps/telemetry/telemetry.ts";
export type { ProfileName } from "../neigh/profile.ts";
export { benchRig } from "./bench.ts";
export { type BoardIoOptions, createBoardIo } from "./board-io.ts";
export {
  type BridgeFirmware,
  BridgeSim,
  type BridgeSimListener,
  type BridgeSimOptions,
  type BridgeSimSummary,
  type EndpointConfig,
} from "./bridge-sim.ts";
export { type CaptureSpec, parseCaptureSpec } from "./capture/spec.ts";
export { CaptureFile, type CaptureOptions } from "./capture-file.ts";
export { ControlServer, connectSocket } from "./control-socket.ts";
export { DeviceSpecError, formatDeviceSpec, parseDeviceSpecs } from "./device-spec.ts";
export { claimInstance, InstanceClaim, type RunningInstance, runningInstance, runningInstances } from "./instance-claim.ts";
export { needsRealTime } from "./needs-real-time.ts";
export type { Dispute, NeighTroubles, NeighWarning } from "./neigh-watch.ts";
export { type Disk, NodeFile } from "./node-file.ts";
export { NodeState } from "./node-state.ts";
export { Board, type BoardOptions, openBoard } from "./open-board.ts";
export type { DeviceConfig, Rig } from "./rig/rig.ts";
export { UnitError } from "./rig/units.ts";
export { describeRig, parseRig, RigError, type RigProblem } from "./rig-file.ts";
export { runtimeDir, socketPath } from "./runtime-dir.ts";
export { type RunAction, type RunDifference, RunHistory, SimulatedRun } from "./simulated-run.ts";
export type { ArpSummary, NdSummary, Summary } from "./summary.ts";
export {
  type DeviceReport,
  System,
  type SystemListener,
  type SystemOptions,
  startSystem,
} from "./system.ts";
export { TapBridge, type TapBridgeListener, type TapBridgeSummary } from "./tap-bridge.ts";
