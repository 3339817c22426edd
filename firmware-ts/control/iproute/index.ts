/**
 * The door `whohas/iproute`: the commands of `ip`, words in and text out, against a stack in the same process or a running instance.
 *
 *     import { EthernetSegment, macAddress, SeededRandom, Stack, VirtualClock, WireNic } from "whohas";
 *     import { ControlClient, LocalCaller, stackMethods } from "whohas/control";
 *     import { runIp } from "whohas/iproute";
 *
 *     const clock = new VirtualClock();
 *     const wire = new EthernetSegment(clock, new SeededRandom(7));
 *     const stack = new Stack({ clock, random: new SeededRandom(1) });
 *     await stack.addDevice("eth0", new WireNic(clock, wire, "board", macAddress("02:00:00:00:00:01"))).open();
 *
 *     const caller = new ControlClient(new LocalCaller(stackMethods(stack)));
 *     const around = { caller, print: console.log, wallTime: () => clock.wallTime() };
 *     await runIp("neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0".split(" "), around);
 *     await runIp(["neigh"], around); // prints: 10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT
 *     console.log((await runIp(["neigh", "del", "10.0.0.3", "dev", "eth0"], around)).exit); // prints: 2
 *     caller.close();
 *     await stack.close();
 */

export type { Caller } from "../methods/client.ts";
export { type Refusal, refusalWords } from "./refusals.ts";
export { type IpEnd, type IpObject, type IpSurroundings, runIp, runIpObject } from "./run-ip.ts";
export { TOOLS, type Tool } from "./tools.ts";
export { IpError, IpExit, type IpOptions } from "./words.ts";
