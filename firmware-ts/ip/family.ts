/** The contract between a stack and one of its address families. A family is a folder, `ipN/`, and a line in families.ts. */
import type { Random } from "../../hal/random.ts";
import type { NeighbourService, NeighbourSource } from "../neigh/service.ts";
import type { Network } from "../net/network.ts";
import type { EchoProtocol } from "./echo.ts";
import type { Ip6Interner } from "./ip6.ts";
import type { IpLayer } from "./layer.ts";

/** The parts of a stack that a family stands on. */
export interface FamilyGround {
  readonly network: Network;
  /** The stack's own. A family draws from forks of it, under names of its own. */
  readonly random: Random;
  /** Makes the stack's IPv6 addresses. */
  readonly interner: Ip6Interner;
  readonly neighbours: NeighbourSource;
  /** It looks for routers, makes addresses and asks whether they are free, by itself. */
  readonly automatic: boolean;
}

/** A family in a stack. */
export interface Family {
  /** The family as transports see it. */
  readonly layer: IpLayer;
  /** The family as ping sees it. */
  readonly echo: EchoProtocol;
  readonly neighbours: NeighbourService;
}
