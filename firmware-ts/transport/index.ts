/** Every transport of a stack: to add one, write its file and add its line here. `stack.transports` has it under this name. */
import type { Random } from "../../hal/random.ts";
import type { EchoProtocol } from "../ip/echo.ts";
import type { IpLayers } from "../ip/layers.ts";
import type { Network } from "../net/network.ts";
import { Ping } from "./ping.ts";
import { Tcp } from "./tcp/tcp.ts";
import { Udp } from "./udp.ts";

/** The parts of a stack that a transport stands on. */
export interface TransportGround {
  readonly network: Network;
  /** The stack's own. A transport draws from forks of it, under names of its own. */
  readonly random: Random;
  readonly layers: IpLayers;
  /** The echo protocol of each layer. */
  readonly echoes: readonly EchoProtocol[];
}

const TRANSPORTS = {
  udp: ({ network, random, layers }: TransportGround): Udp => new Udp(network, random.fork("udp"), layers),
  tcp: ({ network, random, layers }: TransportGround): Tcp => new Tcp(network, random.fork("tcp"), layers),
  ping: ({ network, layers, echoes }: TransportGround): Ping => new Ping(network, layers, echoes),
};

/** The transports of one stack. */
export type Transports = { readonly [Name in keyof typeof TRANSPORTS]: ReturnType<(typeof TRANSPORTS)[Name]> };

/** Makes the transports of one stack, in the order of the list. */
export function makeTransports(ground: TransportGround): Transports {
  return Object.fromEntries(Object.entries(TRANSPORTS).map(([name, make]) => [name, make(ground)])) as Transports;
}
