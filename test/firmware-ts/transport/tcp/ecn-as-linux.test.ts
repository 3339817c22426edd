/** Marks of congestion between our stack and the kernel's: the path between them marks a packet now and then, both ways. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { KernelPeer } from "../../../support/kernel-peer.ts";
import { missingForNetns, missingPrograms } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { Peer } from "../../../support/tcp-lab.ts";
import { checksum } from "../../../support/wire-format.ts";

const BYTES = 2_000_000;
const ECE = 0x40;
const CWR = 0x80;
/** One packet of so many is marked. */
const EVERY = 100;

/** Sends as many bytes as it is told, then reads to the end. */
const CLIENT = `
import socket
s = socket.create_connection(("10.9.0.2", 7000))
s.sendall(b"x" * ${BYTES})
s.shutdown(socket.SHUT_WR)
count = 0
while True:
    data = s.recv(65536)
    if not data: break
    count += len(data)
print(count)
`;

const skip = missingForNetns() || missingPrograms("python3", "ethtool");

realTime(t, "the kernel asks for ECN, and both answer marks by a smaller window", { skip }, async (t) => {
  const peer = await KernelPeer.open(1, { delay: 1 });
  t.teardown(() => peer.close());
  const { kernel, stack } = peer;
  kernel.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1");
  /** Segments with a bit, by who sent them: the kernel, we. */
  const seen = { ece: [0, 0], cwr: [0, 0], markable: [0, 0], marked: [0, 0] };
  peer.path!.watch = ({ bytes, outbound }) => {
    if (bytes[12] !== 8 || bytes[13] !== 0 || bytes[23] !== 6 || (bytes[47]! & 2) !== 0) return true;
    const who = outbound ? 1 : 0;
    if ((bytes[47]! & ECE) !== 0) seen.ece[who]!++;
    if ((bytes[47]! & CWR) !== 0) seen.cwr[who]!++;
    if ((bytes[15]! & 3) === 2 && seen.markable[who]!++ % EVERY === EVERY - 1) {
      seen.marked[who]!++;
      bytes[15] = bytes[15]! | 3;
      bytes.set([0, 0], 24);
      const sum = checksum(bytes.subarray(14, 34));
      bytes.set([sum >> 8, sum & 255], 24);
    }
    return true;
  };
  const users: Peer[] = [];
  stack.tcp.listen(7000, null, (connection) => {
    const user = new Peer();
    user.connection = connection;
    user.pour(new Uint8Array(BYTES));
    users.push(user);
    return user;
  });
  const client = kernel.spawn("python3", ["-c", CLIENT]);
  let said = "";
  client.stdout?.on("data", (text: Buffer) => {
    said += text;
  });
  await once(client, "exit");
  const [user] = users as [Peer];
  for (let wait = 0; wait < 500 && !user.over; wait++) await sleep(10);
  t.equal(said, `${BYTES}\n`, "what the kernel has received");
  t.equal(user.received, BYTES, "what we have received");
  t.equal(user.connection.info().ecn, true);
  t.ok(seen.marked[0]! > 0 && seen.marked[1]! > 0, `${seen.marked} segments were marked`);
  t.ok(seen.ece[1]! > 0 && seen.cwr[0]! > 0, `we told of it ${seen.ece[1]} times, and the kernel heard ${seen.cwr[0]} times`);
  t.ok(seen.ece[0]! > 0 && seen.cwr[1]! > 0, `the kernel told of it ${seen.ece[0]} times, and we heard ${seen.cwr[1]} times`);
  t.comment(`${stack.tcp.counters.retransSegs} segments sent again`);
});
