/**
 * The cost of a sensor's reports in ARP and in neighbour discovery: a program that only ever sends, on a host with the kernel's default timers. This project began
 * with that question. Each case takes five minutes of the DUT's time, so on DUTs in real time a person starts them by hand:
 * `whohas-rig measure telemetry --dut linux`.
 */
import type { Suite } from "../../contract/case.ts";
import { oneWay, oneWay6 } from "./one-way.ts";

export const telemetry: Suite = {
  name: "telemetry",
  title: "ARP and neighbour discovery beside one-way UDP, five minutes a case",
  cases: [...oneWay, ...oneWay6],
};
