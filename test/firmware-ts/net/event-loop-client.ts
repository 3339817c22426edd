/** Asks over a control socket, one request after the other, for so many ms, and prints how long each took. Run by event-loop.test.ts. */
import { connectSocket } from "../../../firmware-ts/board/control-socket.ts";
import { RpcClient } from "../../../firmware-ts/control/rpc/client.ts";

const [path = "", duration = "0"] = process.argv.slice(2);
const client = new RpcClient(await connectSocket(path));
const trips: number[] = [];
for (const end = performance.now() + Number(duration); performance.now() < end; ) {
  const start = performance.now();
  await client.call("cat", { path: "/proc/net/softnet_stat" });
  trips.push(performance.now() - start);
}
client.close();
console.log(JSON.stringify(trips));
