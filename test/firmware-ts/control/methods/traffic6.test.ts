/** `ping`, `udp.send` and `udp.listen` over IPv6, in virtual time. */
import t from "tap";
import { call, client, TestSession } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { na, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, udp6 } from "../../../support/wire-format6.ts";

const T1 = "02:00:00:00:00:02";

t.test("ping: to ourselves, by text and by a link-local address with its device", async (t) => {
  const { lab, stack } = await Lab6.open({ loopback: true });
  const session = new TestSession();
  const ping = (to: string): Promise<unknown> => {
    const answer = call(stack, "ping", { to, count: 1, size: 8 }, session);
    lab.run(1);
    return answer;
  };
  for (const to of ["::1", OUR_IP6, `${OUR_LL}%eth0`]) {
    t.match(await ping(to), { transmitted: 1, received: 1, errors: 0 }, to);
  }
  const told = session.notes.map((note) => note.replace(/,"seq".*/, ""));
  const start = (to: string): string => `ping.start {"to":"${to}","broadcast":false}`;
  const reply = (from: string): string => `ping.reply {"from":"${from}"`;
  t.same(told.slice(0, 2), [start("::1"), reply("::1")]);
  t.same(told.slice(2, 4), [start(OUR_IP6), reply(OUR_IP6)]);
  t.same(told.slice(4), [start(`${OUR_LL}%eth0`), reply(`${OUR_LL}%lo`)]);
});

t.test("ping: nobody answers, no way there, no such device", async (t) => {
  const { lab, stack } = await Lab6.open();
  const session = new TestSession();
  const lost = call(stack, "ping", { to: PEER_IP6, count: 1, timeout: 60_000 }, session);
  lab.run(60_000);
  t.match(await lost, { transmitted: 1, received: 0, errors: 1 });
  t.match(session.notes.slice(1).join("\n"), /^ping\.error \{"from":"fd00::1","seq":1,"reason":"NEIGH_FAILED"\}$/);
  t.same(await call(stack, "ping", { to: "2001:db8::1" }), [1, "UNREACHABLE", "no route to 2001:db8::1"]);
  t.match(await call(stack, "ping", { to: "fe80::9%eth7" }), [1, "DEVICE_MISSING"]);
  for (const to of ["fd00::1/64", "fd00:::1", "[fd00::1]"])
    t.match(await call(stack, "ping", { to }), [-32_602, "INVALID_PARAMS"], to);
});

t.test("udp: one datagram each way, an address in brackets in front of the port", async (t) => {
  const { lab, stack } = await Lab6.open();
  stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  const session = new TestSession();
  void call(stack, "udp.listen", { bind: "[fd00::1]:5000" }, session);
  lab.say(udp6({ source: PEER_IP6, destination: OUR_IP6, sport: 9, dport: 5000 }, "hi"));
  t.same(session.notes, ['udp.listening {"port":5000}', 'udp.received {"from":"fd00::2","port":9,"length":2,"text":"hi"}']);
  lab.take();
  const sent = call(stack, "udp.send", { to: "[fd00::2]:9", from: "[fd00::1]:5001", text: "ho", count: 2, interval: 100 });
  lab.run(1000);
  t.same(await sent, { sent: 2, failed: 0 });
  t.equal(lab.take().length, 2);
  for (const from of ["fd00::1", "[fd00::1]", OUR_LL]) {
    const one = call(stack, "udp.send", { to: "[fd00::2]:9", from });
    lab.run(1);
    t.same(await one, { sent: 1, failed: 0 }, from);
  }
  for (const to of ["fd00::2:9", "[fd00::2]", "[fd00::2]:x", "[fd00::2:9", "[10.0.0.1]:9", "[::]:0"]) {
    t.match(await call(stack, "udp.send", { to }), [-32_602, "INVALID_PARAMS"], to);
  }
});

t.test("udp: a link-local destination has its device, and a group is joined while somebody listens", async (t) => {
  const lab6 = await Lab6.open();
  const { lab, stack } = lab6;
  const sent = call(stack, "udp.send", { to: `[${PEER_LL}%eth0]:9`, text: "x" });
  lab.run(1);
  lab6.say(na({ source: PEER_LL, destination: OUR_LL, target: PEER_LL }));
  lab.run(1);
  t.same(await sent, { sent: 1, failed: 0 });
  t.match(await call(stack, "udp.send", { to: `[${PEER_LL}%eth7]:9` }), [1, "DEVICE_MISSING"]);
  const group = lab6.address("ff02::1234");
  const session = new TestSession();
  void call(stack, "udp.listen", { bind: "[ff02::1234]:5000", dev: "eth0" }, session);
  t.ok(lab6.ip6.fib.groups.has(lab.eth0, group));
  lab.say(udp6({ source: PEER_LL, destination: "ff02::1234", sport: 9, dport: 5000, to: "33:33:00:00:12:34" }, "all"));
  t.match(session.notes[1], /"from":"fe80::2","port":9,"length":3,"text":"all"/);
  session.close();
  t.notOk(lab6.ip6.fib.groups.has(lab.eth0, group));
});

t.test("a stack without IPv6 refuses all of it", async (t) => {
  const { stack } = await Lab.open();
  const refused = [1, "FAMILY_UNSUPPORTED"];
  t.match(await call(stack, "ping", { to: "fd00::1" }), refused);
  t.match(await call(stack, "udp.send", { to: "[fd00::1]:9" }), refused);
  t.match(await call(stack, "udp.listen", { bind: "[fd00::1]:9" }), refused);
  t.match(await call(stack, "neigh.show", { family: "inet6" }), refused);
  t.match(await call(stack, "neigh.add", { dst: "fd00::1", dev: "eth0" }), refused);
  t.match(await call(stack, "address.add", { dev: "eth0", local: "fd00::1/64" }), refused);
  t.match(await call(stack, "address.del", { dev: "eth0", local: "fd00::1/64" }), refused);
  t.match(await call(stack, "address.flush", { family: "inet6" }), refused);
  t.match(await call(stack, "route.add", { to: "fd00::/64", dev: "eth0" }), refused);
  t.match(await call(stack, "route.del", { to: "fd00::/64" }), refused);
  t.match(await call(stack, "route.get", { to: "fd00::1" }), refused);
  t.match(await call(stack, "route.show", { family: "inet6" }), refused);
  t.same(await client(stack).call("ntable.show", { name: "ndisc_cache" }), []);
});
