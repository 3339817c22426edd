/** The remembered way to a destination holds until something on it changes, and not for a packet longer. */
import t from "tap";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { Lab } from "../../../support/lab.ts";
import { T1, T2 } from "../../../support/wire-format.ts";

const FAR = "198.51.100.7";

t.test("the very next packet takes a route that came, changed or went", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  stack.addNeighbour("10.0.0.3", T2, eth0);
  t.equal(lab.poke(FAR), "failed IP_OUTNOROUTES");
  stack.addRoute({ to: "default", via: "10.0.0.2" });
  t.equal(lab.poke(FAR), "sent");
  const narrow = { to: "198.51.100.0/24", via: "10.0.0.3" };
  stack.addRoute(narrow);
  t.equal(lab.poke(FAR), "sent");
  stack.removeRoute(narrow);
  t.equal(lab.poke(FAR), "sent");
  stack.ip.fib.addRoute({ destination: 0, prefixLength: 0, gateway: ipv4("10.0.0.3"), how: "replace" });
  t.equal(lab.poke(FAR), "sent");
  stack.ip.fib.addRoute({ destination: 0, prefixLength: 0, gateway: ipv4("10.0.0.2"), how: "prepend" });
  t.equal(lab.poke(FAR), "sent");
  stack.ip.routes.removeAll((route) => route.prefixLength === 0);
  t.equal(lab.poke(FAR), "failed IP_OUTNOROUTES");
  const line = `0 udp 10.0.0.1 ${FAR}:9 hi > `;
  t.same(lab.heard(), [`${line}T1`, `${line}T2`, `${line}T1`, `${line}T2`, `${line}T1`]);
});

t.test("the very next packet has the source address that is right by then", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  stack.addRoute({ to: "default", via: "10.0.0.2" });
  lab.poke(FAR);
  stack.addAddress(eth0, "198.51.100.1/25");
  stack.addNeighbour(FAR, T2, eth0);
  lab.poke(FAR);
  stack.removeAddress(eth0, "198.51.100.1/25");
  lab.poke(FAR);
  t.same(lab.heard(), [
    `0 udp 10.0.0.1 ${FAR}:9 hi > T1`,
    `0 udp 198.51.100.1 ${FAR}:9 hi > T2`,
    `0 udp 10.0.0.1 ${FAR}:9 hi > T1`,
  ]);
});

t.test("an entry that is gone is used no more, nor is the one before it", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  const first = stack.addNeighbour("10.0.0.2", T1, eth0);
  t.equal(lab.poke(), "sent");
  stack.neighbours(4).table.delete(first);
  t.equal(lab.poke(), "queued", "nobody knows the address now");
  stack.addNeighbour("10.0.0.2", T2, eth0);
  t.equal(lab.poke(), "sent");
  const heard = lab.heard().filter((line) => line.includes("udp"));
  t.same(heard, ["0 udp 10.0.0.1 10.0.0.2:9 hi > T1", "0 udp 10.0.0.1 10.0.0.2:9 hi > T2", "0 udp 10.0.0.1 10.0.0.2:9 hi > T2"]);
});

t.test("sockets of different addresses send to one destination from their own", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24"] });
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const sockets = ["10.0.0.1", "10.0.0.11"].map((address) => lab.stack.udp.open(7000, address));
  for (let round = 0; round < 2; round++) for (const socket of sockets) socket.send(Buffer.from("hi"), socket.to("10.0.0.2", 9));
  lab.run(0);
  const one = "0 udp 10.0.0.1 10.0.0.2:9 hi > T1";
  const other = "0 udp 10.0.0.11 10.0.0.2:9 hi > T1";
  t.same(lab.heard(), [one, other, one, other]);
});

t.test("more destinations than there are places: each gets its own packets", async (t) => {
  const lab = await Lab.open({ addresses: ["10.1.0.1/16"] });
  lab.stack.neighbours(4).table.gc.thresh3 = 10_000;
  const count = 3000;
  for (let number = 0; number < count; number++) lab.stack.addNeighbour(formatIpv4(ipv4("10.1.4.0") + number), T1, lab.eth0);
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < count; number++) lab.poke(formatIpv4(ipv4("10.1.4.0") + number), `${number}`);
    const wanted = Array.from({ length: count }, (_, number) => {
      return `0 udp 10.1.0.1 ${formatIpv4(ipv4("10.1.4.0") + number)}:9 ${number} > T1`;
    });
    t.same(lab.heard(), wanted);
  }
});
