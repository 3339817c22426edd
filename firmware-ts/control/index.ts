/**
 * The door `whohas/control`: what an operator can ask of a stack, as JSON-RPC methods, over any channel of lines or in the same
 * process. It runs in a browser; the control socket of an instance is in `whohas/board` (ControlServer, connectSocket).
 *
 *     import { EthernetSegment, macAddress, SeededRandom, Stack, VirtualClock, WireNic } from "whohas";
 *     import { ControlClient, LocalCaller, stackMethods } from "whohas/control";
 *
 *     const clock = new VirtualClock();
 *     const wire = new EthernetSegment(clock, new SeededRandom(7));
 *     const stack = new Stack({ clock, random: new SeededRandom(1) });
 *     const eth0 = stack.addDevice("eth0", new WireNic(clock, wire, "board", macAddress("02:00:00:00:00:01")));
 *     await eth0.open();
 *     stack.addAddress(eth0, "10.0.0.1/24");
 *     stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", eth0);
 *
 *     const client = new ControlClient(new LocalCaller(stackMethods(stack)));
 *     const [entry] = await client.call("neigh.show");
 *     console.log(entry.dst, entry.lladdr, entry.state[0]); // prints: 10.0.0.2 02:00:00:00:00:02 PERMANENT
 *     client.close();
 *     await stack.close();
 *
 * To an instance of `whohas run`: `new ControlClient(new RpcClient(await connectSocket(socketPath("default"))))`. docs/control-methods.md
 * lists the methods.
 */

export { type Caller, ControlClient, NetnsCaller, type Patience } from "./methods/client.ts";
export { type Description, describeMethods, type Field, type Shape } from "./methods/describe.ts";
export { METHODS, type MethodName, type Note, type ParamsOf, type ResultOf, stackMethods } from "./methods/index.ts";
export { Direction, pcapngHeader, pcapngPacket, pcapngStatistics } from "./pcapng.ts";
export { readProc } from "./proc.ts";
export type { LineChannel } from "./rpc/channel.ts";
export { RpcClient } from "./rpc/client.ts";
export { LineReader } from "./rpc/line-reader.ts";
export { LIMITS, type Limits, ServerLoad } from "./rpc/load.ts";
export { LocalCaller } from "./rpc/local.ts";
export {
  ControlError,
  type Json,
  type JsonObject,
  type Method,
  type Methods,
  type RefusalData,
  type RpcCaller,
  RpcCode,
  type Session,
} from "./rpc/protocol.ts";
export { serve } from "./rpc/server.ts";
export { readSysctl, writeSysctl } from "./sysctl.ts";
