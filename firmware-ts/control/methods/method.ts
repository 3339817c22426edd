/**
 * The description of one control method: parameters and result as schemas. TypeScript types of both ends, the check of what a client
 * sends, the check of what an instance answers, and docs/control-methods.md come from it.
 */
import * as v from "valibot";
import type { Ip6 } from "../../ip/ip6.ts";
import { parseIpv6 } from "../../ip/ip6-text.ts";
import type { Ipv6 } from "../../ip6/ipv6.ts";
import type { NetDevice } from "../../net/device.ts";
import { StackError } from "../../net/stack-error.ts";
import type { Stack } from "../../stack.ts";
import { ControlError, type Json, type JsonObject, type Session } from "../rpc/protocol.ts";
import { noIpv6, wrong } from "./forms.ts";

/** The stack that a request is for, and the state that methods keep between requests. */
export class MethodContext {
  readonly stack: Stack;
  readonly #kept = new Map<new () => unknown, unknown>();

  constructor(stack: Stack) {
    this.stack = stack;
  }

  /** The one object of a class that belongs to this stack's methods; made when it is first asked for. */
  kept<T>(kind: new () => T): T {
    const known = this.#kept.get(kind) as T | undefined;
    if (known !== undefined) return known;
    const made = new kind();
    this.#kept.set(kind, made);
    return made;
  }

  /** @throws ControlError NO_DEVICE */
  device(name: string): NetDevice {
    const device = this.stack.network.device(name);
    if (!device) throw new ControlError("NO_DEVICE", `no device is called "${name}"`, { errno: "ENODEV", detail: name });
    return device;
  }

  /**
   * The stack's IPv6.
   * @param detail what needs it, for the refusal
   * @throws ControlError FAMILY_UNSUPPORTED
   */
  ip6(detail: string): Ipv6 {
    const { ip6 } = this.stack;
    if (ip6) return ip6;
    throw noIpv6(detail);
  }

  /** The stack's object of an IPv6 address. @throws ControlError FAMILY_UNSUPPORTED, INVALID_PARAMS */
  ip6Address(text: string): Ip6 {
    this.ip6(text);
    const address = parseIpv6(text, this.stack.layers.interner);
    if (address) return address;
    throw wrong(`"${text}" is not an IPv6 address; say e.g. fd00::1`);
  }
}

/** Notifications of a method, by their name. */
type Notes = Readonly<Record<string, v.GenericSchema<JsonObject>>>;

/** A session that sends the notifications of one method. */
export interface Told<N extends Notes> extends Session {
  notify<Name extends keyof N & string>(name: Name, params: v.InferInput<N[Name]>): void;
}

export interface MethodSpec<P extends v.ObjectEntries, R extends v.GenericSchema<Json>, N extends Notes> {
  /** One sentence for the docs. */
  readonly about: string;
  readonly params: P;
  readonly result: R;
  /** Its notifications, by name. Default: none. */
  readonly notes?: N;
  /** Codes with which it refuses, besides INVALID_PARAMS. */
  readonly errors: readonly string[];
  /** It goes on, and answers when it is over. Default false: it answers at once. */
  readonly lasting?: boolean;
  run(
    context: MethodContext,
    params: v.InferOutput<v.ObjectSchema<P, undefined>>,
    session: Told<N>,
  ): v.InferInput<R> | Promise<v.InferInput<R>>;
}

export interface ControlMethod<P extends v.ObjectEntries, R extends v.GenericSchema<Json>, N extends Notes> {
  readonly about: string;
  readonly params: v.ObjectSchema<P, undefined>;
  readonly result: R;
  readonly notes: N;
  readonly errors: readonly string[];
  readonly lasting: boolean;
  /** Runs a request as it came from a client. @throws ControlError */
  serve(context: MethodContext, params: JsonObject, session: Session): Json | Promise<Json>;
}

/** Makes a method of its description. */
export function method<P extends v.ObjectEntries, R extends v.GenericSchema<Json>, const N extends Notes = Record<never, never>>(
  spec: MethodSpec<P, R, N>,
): ControlMethod<P, R, N> {
  const { about, result, errors, notes = {} as N, lasting = false } = spec;
  const params = v.object(spec.params);
  const serve = (context: MethodContext, given: JsonObject, session: Session): Json | Promise<Json> => {
    try {
      const answer = spec.run(context, checked(params, given), session);
      return answer instanceof Promise ? answer.catch(refused) : answer;
    } catch (error) {
      return refused(error);
    }
  };
  return { about, params, result, notes, errors, lasting, serve };
}

/** Refuses a request as the stack refused it. */
function refused(error: unknown): never {
  if (!(error instanceof StackError)) throw error;
  const { code, message, errno, detail } = error;
  throw new ControlError(code, message, { errno, detail });
}

/** The parameters of a request as a method works with them. @throws ControlError INVALID_PARAMS */
function checked<P extends v.ObjectEntries>(schema: v.ObjectSchema<P, undefined>, given: JsonObject): v.InferOutput<typeof schema> {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const { success, output, issues } = v.safeParse(schema, present, { abortEarly: true });
  if (success) return output;
  const [issue] = issues;
  const key = String(issue.path?.[0]?.key);
  throw wrong(issue.type === "object" ? `${key} is missing` : `${key} ${issue.message}`);
}
