/** Our stack and the kernel at two ends of a cable, in real time: each finds the other by neighbour discovery, pings it and sends to it. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { missingForNetns, missingPrograms, VethPair } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";

const DATAGRAMS = 1000;
const WINDOW = 50;

const ECHO = `
import socket
s = socket.socket(10, 2)
s.bind(('::', 7))
print('ready', flush=True)
while True:
    data, peer = s.recvfrom(2000)
    s.sendto(data, peer)
`;

realTime(t, "two ends of a cable", { skip: missingForNetns() || missingPrograms("python3", "ping") }, async (t) => {
  const veth = new VethPair();
  const { far, farName } = veth;
  far.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", `net.ipv6.conf.${farName}.disable_ipv6=0`);
  far.ip("address", "add", "fd00::2/64", "dev", farName, "nodad");
  const stack = new Stack({ clock: new SystemClock(), random: new SeededRandom(1), families: [4, 6] });
  const eth0 = stack.addDevice("eth0", new PacketController(stack.clock, { interface: veth.near }));
  t.teardown(async () => {
    await stack.close();
    veth.remove();
  });
  await eth0.open();
  stack.addAddress(eth0, "fd00::1/64");
  const echo = far.spawn("python3", ["-c", ECHO]);
  t.teardown(() => echo.kill());
  await once(echo.stdout as NonNullable<typeof echo.stdout>, "data");

  const ping = far.spawn("ping", ["-6", "-c", "5", "-i", "0.1", "-s", "1400", "fd00::1"]);
  let said = "";
  ping.stdout?.on("data", (text: Buffer) => {
    said += text;
  });
  await once(ping, "exit");
  t.match(said, / 5 received, 0% packet loss/);

  const pinger = stack.ping.open();
  let replies = 0;
  pinger.onReply = () => replies++;
  for (let sequence = 1; sequence <= 5; sequence++) {
    pinger.send(stack.ping.to("fd00::2"), sequence, 56);
    await sleep(20);
  }
  for (let wait = 0; wait < 100 && replies < 5; wait++) await sleep(20);
  t.equal(replies, 5);

  const socket = stack.udp.open();
  const to = socket.to("fd00::2", 7);
  const payload = new Uint8Array(1000).fill(7);
  let back = 0;
  socket.onDatagram = (bytes, at, length) => {
    if (length === payload.length && bytes[at + length - 1] === 7) back++;
  };
  for (let sent = 0; sent < DATAGRAMS; sent++) {
    payload[0] = sent;
    if (socket.send(payload, to).status === "failed") t.fail(`datagram ${sent}`);
    for (let wait = 0; wait < 200 && sent - back >= WINDOW; wait++) await sleep(5);
  }
  for (let wait = 0; wait < 200 && back < DATAGRAMS; wait++) await sleep(10);
  t.equal(back, DATAGRAMS, "each datagram came back, through the checksums of both");
  t.match(far.ip("-6", "neigh", "show", "fd00::1", "dev", farName), /lladdr .* (REACHABLE|STALE|DELAY)/);
});
