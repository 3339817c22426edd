import type { Stack } from "../stack.ts";
import { inetMethods } from "./inet.ts";
import { neighMethods } from "./neigh.ts";
import type { Methods } from "./rpc.ts";
import { trafficMethods } from "./traffic.ts";

/** Everything a client may ask of a running stack. */
export function stackMethods(stack: Stack): Methods {
  return new Map([...neighMethods(stack), ...inetMethods(stack), ...trafficMethods(stack)]);
}
