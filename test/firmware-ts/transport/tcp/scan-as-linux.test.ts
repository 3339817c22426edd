/** nmap looks at our TCP ports, and at the kernel's with the same listeners: it finds the same states by every kind of scan. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import t from "tap";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms, type Netns, run, VethPair } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { Peer } from "../../../support/tcp-lab.ts";
import { ended } from "../../../support/whohas.ts";

const OPEN = [7022, 7080, 7443];
/** Connect, SYN, ACK, FIN with PSH and URG. */
const SCANS = ["-sT", "-sS", "-sA", "-sX"];

/** `-sT 7022 open syn-ack`, for each port and scan. */
async function scan(from: Netns, target: string): Promise<string[]> {
  const found: string[] = [];
  for (const kind of SCANS) {
    const words = [kind, "-n", "-Pn", "--reason", "-T4", "--max-retries", "5", "-p", "7020-7025,7080,7443", "-oX", "-", target];
    const { stdout } = await ended(from.spawn("nmap", words));
    const ports = stdout.matchAll(/portid="(\d+)"><state state="([^"]+)" reason="([^"]+)"/g);
    found.push(...[...ports].map(([, port, state, reason]) => `${kind} ${port} ${state} ${reason}`));
  }
  return found;
}

realTime(t, "ports as nmap sees them", { skip: missingForNetns() || missingPrograms("nmap") }, async (t) => {
  const peer = await KernelPeer.open(1, null, true);
  t.teardown(() => peer.close());
  for (const port of OPEN) peer.stack.tcp.listen(port, null, () => new Peer());

  const pair = new VethPair();
  t.teardown(() => pair.remove());
  pair.far.ip("address", "add", "10.9.1.1/24", "dev", pair.farName);
  run("ip", ["address", "add", "10.9.1.2/24", "dev", pair.near]);
  const servers: Server[] = [];
  t.teardown(() => {
    for (const server of servers) server.close();
  });
  for (const port of OPEN) {
    const server = createServer((socket) => socket.on("error", () => {}).resume()).listen(port, "10.9.1.2");
    servers.push(server);
    await once(server, "listening");
  }
  const [ours, theirs] = await Promise.all([scan(peer.kernel, "10.9.0.2"), scan(pair.far, "10.9.1.2")]);
  t.same(ours, theirs);
  for (const port of OPEN) t.ok(theirs.includes(`-sT ${port} open syn-ack`), `${port} is open`);
  t.ok(theirs.includes("-sT 7020 closed conn-refused"), "others are closed");
});
