/**
 * What a sensor's reports cost in ARP: a program that only ever sends, on a host with the kernel's default timers. It is the question
 * that this project began with. Each case takes five minutes of the DUT's time, so on DUTs whose time is real they are run by hand:
 * `whohas-rig measure telemetry --dut linux`.
 */
import type { Suite } from "../../contract/case.ts";
import { oneWay } from "./one-way.ts";

export const telemetry: Suite = {
  name: "telemetry",
  title: "ARP beside one-way UDP, five minutes a case",
  cases: [...oneWay],
};
