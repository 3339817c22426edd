/** node:http over our stack under a crowd of the kernel's connections: each is served and closed, and nothing is left of any. */
import { createServer as httpServer } from "node:http";
import type { Socket } from "node:net";
import t from "tap";
import { net } from "../../../../firmware-ts/sockets/net/index.ts";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { pause } from "../../../support/waiting.ts";
import { ended } from "../../../support/whohas.ts";

/** The nightly run (package.json) has 10,000. */
const REQUESTS = process.env["WHOHAS_TCP_MIB"] === undefined ? 300 : 10_000;
const BODY = "21.5 degrees\n";

realTime(t, `${REQUESTS} connections by curl`, { skip: missingForNetns() || missingPrograms("curl") }, async (t) => {
  const peer = await KernelPeer.open(1, null, true);
  t.teardown(() => peer.close());
  const { stack } = peer;
  const site = httpServer((_request, response) => response.end(BODY));
  let open = 0;
  let most = 0;
  const server = net(stack).createServer((socket) => {
    most = Math.max(most, ++open);
    socket.on("close", () => open--);
    site.emit("connection", socket as unknown as Socket);
  });
  server.listen(8080);
  await pause(0);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const words = [
    "-sS",
    "--no-progress-meter",
    "--no-keepalive",
    "-Z",
    "--parallel-max",
    "50",
    "-H",
    "Connection: close",
    "-o",
    "/dev/null",
  ];
  const said = ["-w", "%{http_code} %{size_download}\n", `http://10.9.0.2:8080/[1-${REQUESTS}]`];
  const { stdout, stderr, code } = await ended(peer.kernel.spawn("curl", [...words, ...said]));
  t.same([code, stderr], [0, ""]);
  t.equal(stdout, `200 ${BODY.length}\n`.repeat(REQUESTS), "every request has its answer");
  const { tcp } = stack;
  // The last acknowledgments of a FIN are on the way.
  for (let wait = 0; wait < 500 && (open > 0 || tcp.flows.size > tcp.timeWaits); wait++) await pause(10);
  t.equal(open, 0, `${most} were open at a time`);
  t.equal(tcp.counters.currEstab, 0);
  t.equal(tcp.flows.size - tcp.timeWaits, 0, `nothing but ${tcp.timeWaits} in TIME_WAIT`);
  t.ok(tcp.timeWaits <= REQUESTS, "and they are bounded");
  t.same([tcp.rings.inUse, tcp.orphans, stack.network.pool.inUse], [0, 0, 0], "no buffer, no orphan, no packet");
  globalThis.gc?.();
  t.comment(`heap: ${Math.round((process.memoryUsage().heapUsed - before) / REQUESTS)} B a request`);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
