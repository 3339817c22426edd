/** Every control method, by name: the one list. A group of methods is one file and one line here. */
import type * as v from "valibot";
import type { Stack } from "../../stack.ts";
import { ControlError, type JsonObject, type Method, type Methods } from "../rpc/protocol.ts";
import { addressMethods } from "./address.ts";
import { arpingMethods } from "./arping.ts";
import { captureMethods } from "./capture.ts";
import { ethtoolMethods } from "./ethtool.ts";
import { wrong } from "./forms.ts";
import { linkMethods } from "./link.ts";
import { maddressMethods } from "./maddress.ts";
import { MethodContext } from "./method.ts";
import { neighMethods } from "./neigh.ts";
import { neighChangeMethods } from "./neigh-change.ts";
import { neighMonitorMethods } from "./neigh-monitor.ts";
import { neighStrategyMethods } from "./neigh-strategy.ts";
import { netnsMethods } from "./netns.ts";
import { ntableMethods } from "./ntable.ts";
import { pingMethods } from "./ping.ts";
import { procMethods } from "./proc.ts";
import { routeMethods } from "./route.ts";
import { solicitMethods } from "./solicit.ts";
import { sysctlMethods } from "./sysctl.ts";
import { udpMethods } from "./udp.ts";

export const METHODS = {
  ...neighMethods,
  ...neighChangeMethods,
  ...neighMonitorMethods,
  ...neighStrategyMethods,
  ...ntableMethods,
  ...linkMethods,
  ...addressMethods,
  ...routeMethods,
  ...sysctlMethods,
  ...procMethods,
  ...udpMethods,
  ...pingMethods,
  ...arpingMethods,
  ...solicitMethods,
  ...captureMethods,
  ...ethtoolMethods,
  ...netnsMethods,
  ...maddressMethods,
};

type MethodMap = typeof METHODS;

export type MethodName = keyof MethodMap;

/** Parameters of a method as a client writes them. `netns` names the network namespace that is asked; default the initial one. */
export type ParamsOf<Name extends MethodName> = v.InferInput<MethodMap[Name]["params"]> & { netns?: string | undefined };

/** Result of a method. */
export type ResultOf<Name extends MethodName> = v.InferOutput<MethodMap[Name]["result"]>;

type NotesOf<Described> = Described extends { readonly notes: infer Notes }
  ? {
      [Name in keyof Notes]: Notes[Name] extends v.GenericSchema ? [name: Name, params: v.InferOutput<Notes[Name]>] : never;
    }[keyof Notes]
  : never;

/** Every notification: its name and its parameters. */
export type Note = NotesOf<MethodMap[MethodName]>;

/**
 * The methods of a running stack, for a server or a local caller.
 * @param namespaces the other stacks on its neighbour table, by the name with which a request (`netns`) asks one of them
 */
export function stackMethods(stack: Stack, namespaces: ReadonlyMap<string, Stack> = new Map()): Methods {
  const initial = new MethodContext(stack);
  const others = new Map(Array.from(namespaces, ([name, other]) => [name, new MethodContext(other)]));
  const contextOf = ({ netns }: JsonObject): MethodContext => {
    if (netns === undefined || netns === null) return initial;
    if (typeof netns !== "string") throw wrong("netns is not a string");
    const context = others.get(netns);
    if (context) return context;
    throw new ControlError("NETNS_UNKNOWN", `no network namespace is called "${netns}"`, { errno: "ENOENT", detail: netns });
  };
  return new Map(
    Object.entries(METHODS).map(([name, { serve }]): [string, Method] => [
      name,
      (params, session) => serve(contextOf(params), params, session),
    ]),
  );
}
