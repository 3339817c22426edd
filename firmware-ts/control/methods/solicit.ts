/** `solicit`: asks for routers or for a neighbour past the neighbour table, and tells of the answers as they are. As Debian's rdisc6 and ndisc6 do it. */
import * as v from "valibot";
import type { Timer } from "../../../hal/clock.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Destination } from "../../ip/destination.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import { errnoOf } from "../../ip/route-type.ts";
import { type AdvertisedOption, type Advertisement, readAdvertisement } from "../../ip6/auto/advertisement-view.ts";
import { writeRouterSolicitation } from "../../ip6/auto/messages.ts";
import { solicitedNodeOf } from "../../ip6/common/address-kind.ts";
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_ROUTER_ADVERTISEMENT } from "../../ip6/common/icmp6-types.ts";
import type { Ipv6 } from "../../ip6/ipv6.ts";
import type { NdListener } from "../../ip6/ndisc/ndisc.ts";
import { ND_BYTES, ND_TARGET, NdOptions, OPTION_TARGET_LINK } from "../../ip6/ndisc/wire.ts";
import type { NetDevice } from "../../net/device.ts";
import { formatMac } from "../../net/ethernet.ts";
import { ControlError } from "../rpc/protocol.ts";
import { FLAG, integer, maybe, needed, TEXT, UINT_MAX } from "./forms.ts";
import { type MethodContext, method, type Told } from "./method.ts";

const PARAMS = {
  dev: needed(TEXT, "device"),
  target: maybe(TEXT, "IPv6 address of the neighbour that is asked for; default: routers are"),
  source: maybe(TEXT, "source of the questions, an address of ours; default the best"),
  attempts: maybe(integer(0, UINT_MAX), "questions at most; default 3"),
  wait: maybe(integer(0, UINT_MAX), "ms to wait for answers to each; default 4000 for routers, 1000 for a neighbour"),
  first: maybe(FLAG, "end at the first answer; default: after the time in which it came"),
  listen: maybe(FLAG, "ask nothing"),
};

type Params = v.InferOutput<v.ObjectSchema<typeof PARAMS, undefined>>;

const seconds = v.pipe(v.number(), v.description("s; 4294967295: for ever"));
const preference = v.picklist(["low", "medium", "high", "invalid"]);

const OPTION = v.variant("kind", [
  v.object({
    kind: v.literal("prefix"),
    prefix: v.string(),
    length: v.number(),
    onLink: v.boolean(),
    autonomous: v.boolean(),
    valid: seconds,
    preferred: seconds,
  }),
  v.object({ kind: v.literal("route"), prefix: v.string(), length: v.number(), preference, lifetime: seconds }),
  v.object({ kind: v.literal("dns"), servers: v.array(v.string()), lifetime: seconds }),
  v.object({ kind: v.literal("search"), domains: v.array(v.string()), lifetime: seconds }),
  v.object({ kind: v.literal("mtu"), mtu: v.number() }),
  v.object({ kind: v.literal("link"), lladdr: v.string() }),
]);

export type ToldOption = v.InferOutput<typeof OPTION>;

const NOTES = {
  "solicit.start": v.object({ to: v.string(), dev: v.string() }),
  "solicit.timeout": v.object({}),
  "solicit.router": v.object({
    from: v.string(),
    hopLimit: v.pipe(v.number(), v.description("0: left open, as the times below")),
    managed: v.boolean(),
    other: v.boolean(),
    homeAgent: v.boolean(),
    preference,
    proxy: v.boolean(),
    lifetime: v.pipe(v.number(), v.description("s; 0: no default router")),
    reachable: v.pipe(v.number(), v.description("ms")),
    retrans: v.pipe(v.number(), v.description("ms")),
    options: v.array(OPTION),
  }),
  "solicit.neighbour": v.object({ from: v.string(), lladdr: v.string() }),
};

const RESULT = v.object({ received: v.number() });

export type ToldRouter = v.InferOutput<(typeof NOTES)["solicit.router"]>;

/** Times to wait for answers, in ms, and questions. */
const ROUTER_WAIT = 4000;
const NEIGHBOUR_WAIT = 1000;
const ATTEMPTS = 3;

export const solicitMethods = {
  solicit: method({
    about:
      "Asks for the routers on a device's link, or for the link address of a neighbour there, and tells of each answer as it comes. Answers " +
      "itself when there was one, or when no question is left.",
    params: PARAMS,
    result: RESULT,
    notes: NOTES,
    lasting: true,
    errors: ["NO_DEVICE", "SOLICIT_SOURCE", "UNREACHABLE", "FAMILY_UNSUPPORTED"],
    run: (context, params, session) => new Solicitation(context, params, session).run(),
  }),
};

/** One run. */
class Solicitation {
  readonly #ip6: Ipv6;
  readonly #device: NetDevice;
  readonly #session: Told<typeof NOTES>;
  /** Null: routers are asked for. */
  readonly #target: Ip6 | null;
  readonly #from: Ip6 | null;
  readonly #destination: Destination;
  readonly #wait: number;
  readonly #first: boolean;
  readonly #listen: boolean;
  readonly #timer: Timer;
  readonly #options = new NdOptions();
  #left: number;
  #received = 0;
  #over = false;
  #done: (result: v.InferOutput<typeof RESULT>) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #forget: () => void = () => {};
  readonly #hear: NdListener = (skb, { source, device }, type) => {
    if (device === this.#device && !this.#over) this.#heard(skb, source, type);
  };

  constructor(context: MethodContext, params: Params, session: Told<typeof NOTES>) {
    const { stack } = context;
    const { dev, target, source, attempts = ATTEMPTS, first = false, listen = false } = params;
    this.#ip6 = context.ip6("solicit");
    this.#target = target === undefined ? null : context.ip6Address(target);
    this.#from = source === undefined ? null : context.ip6Address(source);
    this.#device = context.device(dev);
    if (this.#from !== null && !this.#ip6.addresses.find(this.#from)) {
      const detail = formatIpv6(this.#from);
      throw new ControlError("SOLICIT_SOURCE", `${detail} is not an address of this stack`, { errno: "EADDRNOTAVAIL", detail });
    }
    this.#session = session;
    this.#wait = params.wait ?? (this.#target === null ? ROUTER_WAIT : NEIGHBOUR_WAIT);
    this.#first = first;
    this.#listen = listen;
    this.#left = attempts;
    const { known, interner } = this.#ip6.fib;
    const group = this.#target === null ? known.allRouters : solicitedNodeOf(interner, this.#target);
    this.#destination = stack.layers.destination(group, 0, this.#from, this.#device);
    this.#timer = stack.clock.timer(() => this.#tick());
  }

  run(): Promise<v.InferOutput<typeof RESULT>> {
    const { allRouters } = this.#ip6.fib.known;
    this.#session.notify("solicit.start", { to: formatIpv6(this.#target ?? allRouters), dev: this.#device.name });
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
      this.#forget = this.#session.onClose(() => this.#finish());
      this.#ip6.ndisc.listeners.add(this.#hear);
      this.#next();
    });
  }

  /** The time for answers is over. */
  #tick(): void {
    if (this.#received > 0 || this.#over) {
      this.#finish();
      return;
    }
    this.#session.notify("solicit.timeout", {});
    this.#next();
  }

  #next(): void {
    if (this.#left === 0) {
      this.#finish();
      return;
    }
    this.#left--;
    // Armed before the question goes: its answer may come within the call, and be the end.
    this.#timer.arm(this.#wait);
    if (this.#listen) return;
    try {
      this.#ask();
    } catch (error) {
      this.#fail(error);
      this.#finish();
    }
  }

  /** @throws ControlError UNREACHABLE */
  #ask(): void {
    const { ndisc, addresses } = this.#ip6;
    const destination = this.#destination;
    const device = this.#device;
    const source = this.#from ?? (destination.room < 0 ? null : (destination.source as Ip6));
    if (source === null || source === this.#ip6.unspecified || device.loopback) {
      const empty = device.up && !device.loopback && addresses.of(device).length === 0;
      const errno = empty ? "EADDRNOTAVAIL" : errnoOf(destination.way.failure);
      throw new ControlError("UNREACHABLE", `no question goes out on ${device.name}`, { errno, detail: device.name });
    }
    const group = destination.address as Ip6;
    if (this.#target !== null) {
      ndisc.sender.solicit(device, this.#target, group, source);
      return;
    }
    const skb = ndisc.sender.allocate(device);
    if (skb === null) return;
    // Without our link address, as rdisc6: nobody is to learn of us.
    writeRouterSolicitation(skb, device, false);
    ndisc.sender.send(skb, device, group, source);
  }

  #heard(skb: SkBuff, source: Ip6, type: number): void {
    if (this.#target !== null) {
      if (type === ICMP6_NEIGHBOUR_ADVERTISEMENT) this.#neighbour(skb, source);
      return;
    }
    const advertisement = type === ICMP6_ROUTER_ADVERTISEMENT ? readAdvertisement(skb) : null;
    if (advertisement === null) return;
    this.#session.notify("solicit.router", told(advertisement, source));
    this.#count();
  }

  /** As for ndisc6, the neighbour has to speak for itself. */
  #neighbour({ view, bytes, data: at, tail }: SkBuff, source: Ip6): void {
    if (source !== this.#target || tail - at < ND_BYTES || this.#ip6.fib.interner.read(view, at + ND_TARGET) !== this.#target)
      return;
    if (!this.#options.parse(view, at + ND_BYTES, tail)) return;
    const link = this.#options.linkAddress(OPTION_TARGET_LINK);
    if (link <= 0) return;
    this.#session.notify("solicit.neighbour", { from: formatIpv6(source), lladdr: formatMac(bytes, link) });
    this.#count();
  }

  #count(): void {
    this.#received++;
    if (!this.#first) return;
    // Not in the midst of the packet's reception.
    this.#over = true;
    this.#timer.arm(0);
  }

  #finish(): void {
    this.#forget();
    this.#ip6.ndisc.listeners.delete(this.#hear);
    this.#timer.cancel();
    this.#done({ received: this.#received });
  }
}

function told({ options, ...rest }: Advertisement, source: Ip6): ToldRouter {
  return { ...rest, from: formatIpv6(source), options: options.map(toldOption) };
}

function toldOption(option: AdvertisedOption): ToldOption {
  switch (option.kind) {
    case "prefix":
    case "route":
      return { ...option, prefix: formatIpv6(option.prefix) };
    case "dns":
      return { ...option, servers: option.servers.map(formatIpv6) };
    case "link":
      return { kind: "link", lladdr: Array.from(option.address, (octet) => octet.toString(16).padStart(2, "0")).join(":") };
    case "search":
      return { ...option, domains: [...option.domains] };
    default:
      return option;
  }
}
