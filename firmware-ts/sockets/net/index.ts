/**
 * The door `whohas/net`: TCP sockets and servers of a stack with the API of node:net, so that libraries which take a stream, an agent
 * or a `createConnection` run over the stack's own devices.
 *
 *     import { openBoard } from "whohas/board";
 *     import { net } from "whohas/net";
 *
 *     const board = await openBoard({ device: "enc28j60:sim", address: "192.168.10.10/24" });
 *     const { createConnection, createServer } = net(board.stack);
 *     const server = createServer((socket) => socket.end("hello"));
 *     await new Promise((resolve) => server.listen(7, resolve));
 *     const client = createConnection(7, "192.168.10.10");
 *     for await (const bytes of client) console.log(`${bytes}`); // prints: hello
 *     server.close();
 *     await board.close();
 */

export type { NodeAddress } from "../addresses.ts";
export { Holds, type Lookup } from "../ground.ts";
export type { ConnectOptions, ListenOptions } from "./arguments.ts";
export type { NetStack, TcpService } from "./ground.ts";
export { type Net, net } from "./net.ts";
export type { ConnectionListener, NetServer, ServerOptions } from "./server.ts";
export type { NetSocket, SocketOptions } from "./socket.ts";
