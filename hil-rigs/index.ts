/**
 * The door `whohas/rigs`: suites of cases, devices under test, and the runner that plays cases on a device.
 *
 *     import { DUTS, runCases, SUITES } from "whohas/rigs";
 *
 *     const [arp] = SUITES;
 *     const [dut] = DUTS.filter(({ name }) => name === "whohas-sim");
 *     const [first] = await runCases(dut, arp.cases.slice(0, 1));
 *     console.log(first.status); // prints: passed
 */

export type { AddressOptions, AddressProgram } from "./contract/address-program.ts";
export type { Bench, PokeOptions, WithinOptions } from "./contract/bench.ts";
export type { Case, Expectation, Suite } from "./contract/case.ts";
export type { Dut, DutKind, DutOptions, DutRack, DutSocket, Need, NeighEvent, NeighRow, RawFrame, Timing } from "./contract/dut.ts";
export type { Frame, FrameOf, Kind, Pattern } from "./contract/frame.ts";
export type { AddressPlan, DeviceName, Family, Host } from "./contract/plan.ts";
export type { Resolution } from "./contract/resolution.ts";
export type { ConnectOptions, DutListener, DutStream, KeepAlive, ListenOptions } from "./contract/stream.ts";
export { ONE_LINK, type Topology, TWO_LINKS } from "./contract/topology.ts";
export { DUTS } from "./duts/index.ts";
export { type CaseResult, type RunOptions, runCases, type Status } from "./run/runner.ts";
export { SUITES, VIEWS } from "./suites/index.ts";
