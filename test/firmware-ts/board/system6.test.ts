/** A rig of both families, in virtual time: its addresses, routes and static neighbours, the gateway at the far end, and telemetry over IPv6. */
import t from "tap";
import type { Rig } from "../../../firmware-ts/board/rig/rig.ts";
import { describeRig, parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { Operator } from "../../support/operator.ts";

function rig(text: string): Rig {
  return parseRig(`name: test\nboard: { io: simulated }\n${text}`, "test.yaml");
}

const device = (addresses: string): string =>
  `devices: { eth0: { driver: e1000, bus: { kind: sim }, mac: 02:00:5e:10:00:01, addresses: [${addresses}] } }\n`;

interface Running {
  clock: VirtualClock;
  system: System;
  fates: string[];
  type(line: string): Promise<string>;
}

async function start(test: Tap, made: Rig): Promise<Running> {
  const clock = new VirtualClock();
  const fates: string[] = [];
  const listener = {
    ready: () => undefined,
    device: () => undefined,
    datagram: ({ status, reason }: { status: string; reason: string }) => void fates.push(reason ? `${status} ${reason}` : status),
  };
  const system = await System.make(made, { listener, clock });
  await startSystem(system);
  test.teardown(() => system.stop());
  const operator = new Operator(system.stack);
  return { clock, system, fates, type: (line) => operator.type(line) };
}

type Tap = Pick<typeof t, "teardown">;

t.test("addresses, routes and static neighbours of both families", async (t) => {
  const made = rig(`${device("192.168.10.10/24, fd00:10::10/64")}
routes:
  - { to: default, via: 192.168.10.1 }
  - { to: default, via: fd00:10::1 }
  - { to: fd01::/64, via: fe80::1, dev: eth0 }
  - { to: fd02::/64, dev: eth0 }
neighbours:
  static:
    - { ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }
    - { ip: fd00:10::1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }
`);
  t.match(
    describeRig(made).join("\n"),
    /address +eth0 +fd00:10::10\/64\n(.*\n)*neighbour +fd00:10::1 +lladdr 02:00:5e:10:00:fe dev eth0, permanent/,
  );
  const { system, type } = await start(t, made);
  t.equal(
    await type("ip -br address show dev eth0"),
    "eth0             UP             192.168.10.10/24 fd00:10::10/64 fe80::5eff:fe10:1/64 \n",
  );
  t.equal(
    await type("ip -6 route"),
    [
      "fd00:10::/64 dev eth0 proto kernel metric 256 pref medium",
      "fd01::/64 via fe80::1 dev eth0 proto static metric 1024 pref medium",
      "fd02::/64 dev eth0 proto static metric 1024 pref medium",
      "fe80::/64 dev eth0 proto kernel metric 256 pref medium",
      "default via fd00:10::1 dev eth0 proto static metric 1024 pref medium",
      "",
    ].join("\n"),
  );
  t.equal(await type("ip -6 neigh show nud permanent"), "fd00:10::1 dev eth0 lladdr 02:00:5e:10:00:fe PERMANENT \n");
  t.match(system.reports(), [{ addresses: ["192.168.10.10/24", "fd00:10::10/64"], gateway: "192.168.10.1" }]);
});

t.test("the gateway answers in both families, by its link-local address, too", async (t) => {
  const { clock, system } = await start(
    t,
    rig(`${device("192.168.10.10/24, fd00:10::10/64")}routes: [{ to: fd01::/64, via: fe80::1, dev: eth0 }]\n`),
  );
  for (const to of ["192.168.10.1", "fd00:10::1", "fe80::1%eth0"]) {
    const pinger = system.stack.ping.open();
    let replies = 0;
    pinger.onReply = () => {
      replies++;
    };
    pinger.send(system.stack.ping.to(to), 1, 56);
    await clock.advance(5000);
    t.equal(replies, 1, to);
    pinger.close();
  }
});

t.test("telemetry goes over IPv6, and nobody is asked for a static neighbour", async (t) => {
  const { clock, fates, type } = await start(
    t,
    rig(`${device("fd00:10::10/64")}neighbours: { static: [{ ip: fd00:10::1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }] }
telemetry: { to: "[fd00:10::1]:8094", every: 1s, sensors: [{ kind: thermometer, pin: A0 }] }
`),
  );
  await clock.advance(10_500);
  t.ok(fates.length >= 10);
  t.same(new Set(fates), new Set(["sent"]));
  t.match(await type("nstat -a Udp6OutDatagrams"), /Udp6OutDatagrams +1\d /);
});

t.test("a rig without IPv6 has none of it", async (t) => {
  const { type } = await start(t, rig(device("192.168.10.10/24")));
  t.notMatch(await type("ip address"), /inet6/);
  t.equal(await type("ip -6 route"), "");
  t.equal(await type("ip -6 neigh"), "");
  t.equal(await type("nstat -az Ip6*"), "#kernel\n");
});
