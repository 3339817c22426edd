/** The surroundings of the sockets of one stack. */
import type { Tcp } from "../../transport/tcp/tcp.ts";
import type { Holds, Lookup, SocketStack } from "../ground.ts";

/** The part of TCP that sockets use. */
export type TcpService = Pick<Tcp, "connect" | "listen">;

/** The parts of a Stack that sockets of TCP use. */
export interface NetStack extends SocketStack {
  readonly tcp: TcpService;
}

export interface NetGround {
  readonly stack: NetStack;
  readonly lookup: Lookup;
  readonly holds: Holds;
}
