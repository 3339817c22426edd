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
import { limitTime } from "../../../support/time-limit.ts";

const skip = missingForNetns() || missingPrograms("python3", "ethtool");
/** Sends in all, and ms between two of them. */
const [SENDS, INTERVAL] = [18, 200];
const REACHABLE = "1000";

/** The nightly run (package.json) sets it to 10: as long as in life, with the times of every day. */
const MINUTES = Number(process.env["WHOHAS_TCP_MINUTES"] ?? 0);
const EVERY = 3000;

/** @param words protocol, number of sends, seconds between them */
const CLIENT = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM)
s.connect(("10.9.0.2", 7000))
for turn in range(int(sys.argv[2])):
    s.send(b"21.5 degrees")
    time.sleep(float(sys.argv[3]))
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
    const client = kernel.spawn("python3", ["-c", CLIENT, protocol, String(SENDS), String(INTERVAL / 1000)]);
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

/** Takes connections to port 7000 and counts their bytes. */
function sink(peer: KernelPeer): () => number {
  let received = 0;
  peer.stack.tcp.listen(7000, null, (connection) => {
    const user = new Peer();
    user.connection = connection;
    user.onReadable = () => {
      received += connection.read(new Uint8Array(1000));
    };
    return user;
  });
  return () => received;
}

const short = MINUTES > 0 ? false : "for the nightly run: WHOHAS_TCP_MINUTES";

realTime(t, "minutes each way, data every 3 s", { skip: skip || short }, async (t) => {
  const sends = (MINUTES * 60_000) / EVERY;
  const [theirs, ours] = [await KernelPeer.open(1), await KernelPeer.open(2)];
  t.teardown(() => Promise.all([theirs.close(), ours.close()]));
  // By name: who sends the data, and whose requests are counted.
  const asked = {
    "kernel sends, kernel asks": requests(theirs, false),
    "kernel sends, we ask": requests(theirs, true),
    "we send, we ask": requests(ours, true),
    "we send, kernel asks": requests(ours, false),
  };
  const received = sink(theirs);
  const server = ours.kernel.spawn("python3", ["-c", SERVER]);
  t.teardown(() => server.kill());
  await once(server.stdout as NonNullable<typeof server.stdout>, "data");
  const client = theirs.kernel.spawn("python3", ["-c", CLIENT, "tcp", String(sends), String(EVERY / 1000)]);
  const over = once(client, "exit");
  const user = new Peer();
  user.connection = ours.stack.tcp.connect("10.9.0.1", 7000, user);
  for (let turn = 0; turn < sends; turn++) {
    await sleep(EVERY);
    user.say("21.5 degrees");
  }
  await over;
  const counts = Object.fromEntries(Object.entries(asked).map(([name, count]) => [name, count()]));
  t.comment(JSON.stringify(counts));
  t.same([received(), user.connection.info().bytesSent], [sends * 12, sends * 12]);
  t.equal(counts["we send, we ask"], counts["kernel sends, kernel asks"], "who sends asks as often as the kernel does");
  t.equal(counts["we send, we ask"], 1);
});

if (MINUTES > 0) limitTime(3 * (MINUTES + 5) * 60_000);
