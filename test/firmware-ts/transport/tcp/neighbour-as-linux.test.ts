/**
 * Data one way over TCP, next to the kernel: whoever sends them asks for the other's address once, and never again, though entries are
 * reachable for a second only. The same by UDP asks.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { writeSysctl } from "../../../../firmware-ts/control/sysctl.ts";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { Peer } from "../../../support/tcp-lab.ts";

const skip = missingForNetns() || missingPrograms("python3", "ethtool");
/** Sends in all, and ms between two of them. */
const [SENDS, INTERVAL] = [18, 200];
const REACHABLE = "1000";

const CLIENT = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM)
s.connect(("10.9.0.2", 7000))
for turn in range(${SENDS}):
    s.send(b"21.5 degrees")
    time.sleep(${INTERVAL / 1000})
`;

const SERVER = `
import socket
s = socket.socket()
s.bind(("10.9.0.1", 7000))
s.listen()
print("ready", flush=True)
c, _ = s.accept()
while c.recv(1000): pass
`;

/** Counts ARP requests of one side, as our stack sees them. */
function requests(peer: KernelPeer, ours: boolean): () => number {
  let count = 0;
  peer.stack.network.tap((skb, _device, outgoing) => {
    const { bytes, data } = skb;
    if (outgoing === ours && bytes[data + 12] === 8 && bytes[data + 13] === 6 && bytes[data + 21] === 1) count++;
  });
  return () => count;
}

for (const protocol of ["tcp", "udp"] as const) {
  realTime(t, `the kernel sends by ${protocol}`, { skip }, async (t) => {
    const peer = await KernelPeer.open();
    t.teardown(() => peer.close());
    const { kernel, veth, stack } = peer;
    const asked = requests(peer, false);
    for (const [key, value] of [
      ["base_reachable_time_ms", REACHABLE],
      ["delay_first_probe_time", "1"],
    ]) {
      kernel.run("sysctl", "-qw", `net.ipv4.neigh.${veth.farName}.${key}=${value}`);
    }
    let received = 0;
    stack.tcp.listen(7000, null, (connection) => {
      const user = new Peer();
      user.connection = connection;
      user.onReadable = () => {
        received += connection.read(new Uint8Array(1000));
      };
      return user;
    });
    stack.udp.open(7000).onDatagram = (_bytes, _at, length) => {
      received += length;
    };
    const client = kernel.spawn("python3", ["-c", CLIENT, protocol]);
    await once(client, "exit");
    t.equal(received, SENDS * 12);
    if (protocol === "tcp") t.equal(asked(), 1);
    else t.ok(asked() > 1, `${asked()} requests`);
  });
}

realTime(t, "our stack sends by tcp", { skip }, async (t) => {
  const peer = await KernelPeer.open();
  t.teardown(() => peer.close());
  const { kernel, stack } = peer;
  const asked = requests(peer, true);
  writeSysctl(stack, "net.ipv4.neigh.eth0.base_reachable_time_ms", REACHABLE);
  writeSysctl(stack, "net.ipv4.neigh.eth0.delay_first_probe_time", "1");
  const server = kernel.spawn("python3", ["-c", SERVER]);
  t.teardown(() => server.kill());
  await once(server.stdout as NonNullable<typeof server.stdout>, "data");
  const user = new Peer();
  user.connection = stack.tcp.connect("10.9.0.1", 7000, user);
  for (let turn = 0; turn < SENDS; turn++) {
    await sleep(INTERVAL);
    user.say("21.5 degrees");
  }
  t.equal(user.connection.info().bytesSent, SENDS * 12);
  t.equal(asked(), 1);
});
