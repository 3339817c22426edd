import type { Stack } from "../stack.ts";
import { arpingMethods } from "./arping.ts";
import { ethtoolMethods } from "./ethtool.ts";
import { inetMethods } from "./inet.ts";
import { monitorMethods } from "./monitor.ts";
import { neighMethods } from "./neigh.ts";
import { netnsMethods } from "./netns.ts";
import { ntableMethods } from "./ntable.ts";
import { procMethods } from "./proc.ts";
import { routeMethods } from "./route.ts";
import type { Methods } from "./rpc/protocol.ts";
import { sysctlMethods } from "./sysctl.ts";
import { trafficMethods } from "./traffic.ts";

/**
 * Everything a client may ask of a running stack.
 * @param namespaces the other stacks on its neighbour table, by the name with which a request (`netns`) asks one of them
 */
export function stackMethods(stack: Stack, namespaces: ReadonlyMap<string, Stack> = new Map()): Methods {
  const others = new Map([...namespaces].map(([name, other]) => [name, methodsOf(other)]));
  return netnsMethods(methodsOf(stack), others);
}

function methodsOf(stack: Stack): Methods {
  return new Map([
    ...neighMethods(stack),
    ...monitorMethods(stack),
    ...ntableMethods(stack),
    ...inetMethods(stack),
    ...routeMethods(stack),
    ...sysctlMethods(stack),
    ...procMethods(stack),
    ...trafficMethods(stack),
    ...arpingMethods(stack),
    ...ethtoolMethods(stack),
  ]);
}
