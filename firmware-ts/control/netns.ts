/** Requests to one of several network namespaces: those that say `netns` go to the stack of that name. */
import type { Caller } from "./iproute/words.ts";
import { optionalText } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method, type Methods } from "./rpc/protocol.ts";

/** `netns.open` asks for nothing but the namespace. */
export function netnsMethods(initial: Methods, others: ReadonlyMap<string, Methods>): Methods {
  const chosen = (params: JsonObject): Methods => {
    const name = optionalText(params, "netns");
    const methods = name === undefined ? initial : others.get(name);
    if (methods) return methods;
    throw new ControlError("NETNS_UNKNOWN", `Cannot open network namespace "${name}": No such file or directory`);
  };
  const directed = [...initial.keys()].map((method): [string, Method] => [
    method,
    (params, session) => (chosen(params).get(method) as Method)(params, session),
  ]);
  return new Map<string, Method>([
    ...directed,
    [
      "netns.open",
      (params) => {
        chosen(params);
        return null;
      },
    ],
  ]);
}

/** A caller whose requests go to a namespace. */
export class NetnsCaller implements Caller {
  readonly #caller: Caller;
  readonly #netns: string;

  constructor(caller: Caller, netns: string) {
    this.#caller = caller;
    this.#netns = netns;
  }

  call(method: string, params: JsonObject = {}): Promise<Json> {
    return this.#caller.call(method, { ...params, netns: this.#netns });
  }

  get onNotification(): Caller["onNotification"] {
    return this.#caller.onNotification;
  }

  set onNotification(listener: Caller["onNotification"]) {
    this.#caller.onNotification = listener;
  }
}
