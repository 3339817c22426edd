/** An address of the rig that is asked for before it is used (RFC 5227), in virtual time. */
import t from "tap";
import { GivenAddress } from "../../../../firmware-ts/apps/addresses/given.ts";
import { DhcpBench } from "../../../support/dhcp-bench.ts";
import { arp, mac, T1, T2 } from "../../../support/wire-format.ts";

const ADDRESS = "192.168.10.10";

function begin(bench: DhcpBench): GivenAddress {
  const { context } = bench;
  const config = { device: "eth0", address: { address: ADDRESS, prefix: 24 }, defence: "keep" } as const;
  return bench.start(new GivenAddress(context.on("eth0"), config, context.addressed));
}

t.test("free: there in some seconds, and kept against others", async (t) => {
  const bench = await DhcpBench.open();
  const app = begin(bench);
  t.notOk(app.settled);
  bench.run(10);
  t.same([bench.addresses, app.settled, bench.told()], [[`${ADDRESS}/24`], true, [`got ${ADDRESS}/24`]]);
  for (let round = 0; round < 3; round++) bench.say(arp({ sip: ADDRESS, tip: ADDRESS, sha: T1 }));
  t.same([bench.addresses, bench.told()], [[`${ADDRESS}/24`], [`defended ${ADDRESS}/24`]]);
  // A link that comes back: announced, not asked for.
  bench.heard();
  bench.lab.nic.port.plugged = false;
  bench.run(1);
  bench.lab.nic.port.plugged = true;
  bench.run(10);
  const { probes, announcements } = bench.heard();
  t.same([probes, announcements], [0, 2]);
  app.stop();
  t.same(bench.addresses, [`${ADDRESS}/24`], "the end of the app is that of the board");
  await bench.close();
});

t.test("another station has it: not used, and asked for once a minute until it is free", async (t) => {
  const bench = await DhcpBench.open();
  const app = begin(bench);
  let there = true;
  let asked = 0;
  const turn = (seconds: number): void => {
    for (let step = 0; step < seconds * 10; step++) {
      bench.run(0.1);
      for (const { bytes } of bench.lab.take()) {
        if (bytes[13] !== 6 || bytes[31] !== 0) continue;
        asked++;
        if (there) bench.say(arp({ op: 2, sip: ADDRESS, tip: "0.0.0.0", sha: T2, to: "02:00:00:00:00:01" }));
      }
    }
  };
  turn(300);
  t.ok(asked >= 5 && asked <= 6, `${asked} questions in five minutes`);
  t.same([bench.addresses, app.settled], [[], false]);
  t.ok(bench.told().every((line) => line === `taken ${ADDRESS}/24`));
  there = false;
  turn(70);
  t.same([bench.addresses, bench.told()], [[`${ADDRESS}/24`], [`got ${ADDRESS}/24`]]);
  await bench.close();
});

t.test("without a link nothing is asked; another link address asks anew", async (t) => {
  const bench = await DhcpBench.open();
  bench.lab.nic.port.plugged = false;
  bench.run(1);
  const app = begin(bench);
  bench.run(30);
  t.same(bench.heard().probes, 0);
  bench.lab.nic.port.plugged = true;
  bench.run(2);
  bench.device.setAddress(Uint8Array.from(mac(T1)));
  bench.run(10);
  t.ok(app.settled);
  bench.lab.nic.port.plugged = false;
  bench.run(1);
  app.stop();
  await bench.close();
});
