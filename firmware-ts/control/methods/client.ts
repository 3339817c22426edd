/** The typed end of a control connection: parameters, results and notifications as the methods describe them, checked as they arrive. */
import * as v from "valibot";
import type { Clock } from "../../../hal/clock.ts";
import { ControlError, type Json, type JsonObject, type RpcCaller } from "../rpc/protocol.ts";
import { METHODS, type MethodName, type Note, type ParamsOf, type ResultOf } from "./index.ts";

/** Carries out requests: a connection to an instance, or the instance's methods themselves. */
export interface Caller {
  /** @throws ControlError as the stack refused it */
  call<Name extends MethodName>(name: Name, ...[params]: Args<Name>): Promise<ResultOf<Name>>;
  /** Receives what a request tells while it goes on. */
  onNotification: ((...note: Note) => void) | null;
}

/** Parameters may be left out where none is needed. */
type Args<Name extends MethodName> =
  Record<never, never> extends ParamsOf<Name> ? [params?: ParamsOf<Name>] : [params: ParamsOf<Name>];

/** Schemas of the notifications of all methods. */
const NOTES: ReadonlyMap<string, v.GenericSchema> = new Map(
  Object.values(METHODS).flatMap(({ notes }) => Object.entries<v.GenericSchema>(notes)),
);

/** How long a client waits for an answer. */
export interface Patience {
  readonly clock: Clock;
  /** ms; requests that go on for longer by their nature (`ping`, `neigh.monitor`…) have no limit. */
  readonly limit: number;
}

/** Asks an instance. What it answers is hostile until checked, like what it is asked. */
export class ControlClient implements Caller {
  readonly #rpc: RpcCaller;
  readonly #patience: Patience | null;
  onNotification: Caller["onNotification"] = null;

  /** @param patience default: it waits for as long as the connection stands */
  constructor(rpc: RpcCaller, patience: Patience | null = null) {
    this.#rpc = rpc;
    this.#patience = patience;
    rpc.onNotification = (name, params) => {
      const note: [string, JsonObject] = [name, params];
      if (isNote(note)) this.onNotification?.(...note);
    };
  }

  /**
   * @throws ControlError as the instance refused it; ANSWER_UNKNOWN when its answer is not that of the method; ANSWER_LATE when there is
   *   none in time, and the connection is closed
   */
  async call<Name extends MethodName>(name: Name, ...[params]: Args<Name>): Promise<ResultOf<Name>> {
    const answer = await this.#inTime(name, this.#rpc.call(name, params));
    if (v.is(METHODS[name].result, answer)) return answer;
    throw new ControlError("ANSWER_UNKNOWN", `the answer to ${name} is none of this version; is the instance of another one?`);
  }

  #inTime(name: MethodName, answer: Promise<Json>): Promise<Json> {
    if (!this.#patience || METHODS[name].lasting) return answer;
    const { clock, limit } = this.#patience;
    return new Promise((resolve, reject) => {
      const timer = clock.timer(() => {
        reject(new ControlError("ANSWER_LATE", `no answer to ${name} within ${limit / 1000} s`));
        this.close();
      });
      timer.arm(limit);
      answer.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  close(): void {
    this.#rpc.close();
  }
}

function isNote(note: [string, unknown]): note is Note {
  const schema = NOTES.get(note[0]);
  return schema !== undefined && v.is(schema, note[1]);
}

/** A caller whose requests go to a network namespace. */
export class NetnsCaller implements Caller {
  readonly #caller: Caller;
  readonly #netns: string;

  constructor(caller: Caller, netns: string) {
    this.#caller = caller;
    this.#netns = netns;
  }

  call<Name extends MethodName>(name: Name, ...[params]: Args<Name>): Promise<ResultOf<Name>> {
    return this.#caller.call(name, { ...params, netns: this.#netns });
  }

  get onNotification(): Caller["onNotification"] {
    return this.#caller.onNotification;
  }

  set onNotification(listener: Caller["onNotification"]) {
    this.#caller.onNotification = listener;
  }
}
