/** The DHCP client after a restart: the address of before. */
import t from "tap";
import { DhcpOption } from "../../../../firmware-ts/apps/dhcp/wire.ts";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { DhcpBench, FIRST, SERVER } from "../../../support/dhcp-bench.ts";
import { arp, T1 } from "../../../support/wire-format.ts";

const ALL = "255.255.255.255";
const GOT = `${FIRST}/24`;

/** Seconds in which an address is asked for, checked and announced. */
const UP = 12;

t.test("after a restart the address of before is asked for: REQUEST and ACK, no DISCOVER", async (t) => {
  const before = await DhcpBench.open();
  before.dhcp();
  before.run(UP);
  await before.close();
  const { leases } = before;
  const after = await DhcpBench.open({ leases });
  const app = after.dhcp();
  after.run(UP);
  const { dhcp } = after.heard();
  t.same(
    dhcp.map(({ type, to }) => [type, to]),
    [
      [3, ALL],
      [5, FIRST],
    ],
  );
  const [request] = dhcp;
  t.same(request?.options.get(50), FIRST.split(".").map(Number));
  t.notOk(request?.options.has(54), "INIT-REBOOT names no server");
  t.equal(request?.ciaddr, "0.0.0.0");
  t.same([app.state, after.addresses], ["BOUND", [GOT]]);
  await after.close();
  // Another network: its server says no, and gives what it has.
  const elsewhere = await DhcpBench.open({ leases });
  leases.save("bench/eth0/dhcp", '{"address":"10.9.8.7","until":null}');
  elsewhere.dhcp();
  elsewhere.run(UP + 2);
  t.same(elsewhere.said(), [
    `REQUEST > ${ALL}`,
    `NAK > ${ALL}`,
    `DISCOVER > ${ALL}`,
    `OFFER > ${FIRST}`,
    `REQUEST > ${ALL}`,
    `ACK > ${FIRST}`,
  ]);
  t.same(elsewhere.addresses, [GOT]);
  await elsewhere.close();
  // Nobody answers, and only the address was kept: any address will do.
  leases.save("bench/eth0/dhcp", '{"address":"192.168.10.50","until":null}');
  const nobody = await DhcpBench.open({ leases });
  nobody.server.silent = true;
  nobody.dhcp();
  nobody.run(15);
  t.same(nobody.said(), [`REQUEST > ${ALL}`, `REQUEST > ${ALL}`, `DISCOVER > ${ALL}`]);
  await nobody.close();
  // The stored lease is over, or is none.
  for (const text of [
    '{"address":"192.168.10.50","until":-1}',
    "",
    "{}",
    "null",
    "[1]",
    '{"address":"224.0.0.1","until":null}',
    "{{",
  ]) {
    const bench = await DhcpBench.open();
    bench.leases.save("bench/eth0/dhcp", text);
    bench.dhcp();
    bench.run(1);
    t.equal(bench.said()[0], `DISCOVER > ${ALL}`, text);
    await bench.close();
  }
});

t.test(
  "no server answers after a restart: the lease of before is used, checked on the link, and renewed in its time",
  async (t) => {
    const before = await DhcpBench.open({
      server: { options: new Map([[DhcpOption.DOMAIN_NAME, Uint8Array.from(Buffer.from("a.test"))]]) },
    });
    before.dhcp();
    before.run(UP);
    await before.close();
    const { leases } = before;
    const kept = leases.load("bench/eth0/dhcp") ?? "";

    const after = await DhcpBench.open({ leases });
    after.server.silent = true;
    const app = after.dhcp();
    after.run(25);
    const { dhcp, probes } = after.heard();
    t.same(
      dhcp.map(({ type }) => type),
      [3, 3],
      "two REQUESTs",
    );
    t.equal(probes, 3);
    const { stack } = after.lab;
    t.same([after.addresses, app.state, stack.nameServers.domain], [[GOT], "BOUND", "a.test"]);
    t.equal(formatIpv4(stack.ip.routes.lookup(0x08080808)?.gateway ?? 0), SERVER);
    const [own] = stack.ip.addresses.of(after.device);
    const left = own?.lifetime.validLeft ?? 0;
    t.ok(left <= 3600 - 24 && left > 3600 - 30, `the rest of it: ${left} s`);
    t.match(after.events, [{ change: "got", reason: "no server answers", server: SERVER, seconds: Number }]);
    after.told();
    after.server.silent = false;
    after.run(1900);
    t.same([after.told(), app.state], [[`renewed ${GOT}`], "BOUND"]);
    await after.close();

    // Another station has the address meanwhile.
    leases.save("bench/eth0/dhcp", kept);
    const taken = await DhcpBench.open({ leases });
    taken.server.silent = true;
    taken.dhcp();
    taken.run(15);
    taken.say(arp({ op: 1, sip: FIRST, tip: FIRST, sha: T1 }));
    taken.run(30);
    t.match(taken.told(), [`taken ${GOT}`]);
    t.same(taken.addresses, []);
    t.match(taken.said(), [`REQUEST > ${ALL}`, `REQUEST > ${ALL}`, `DECLINE > ${ALL}`, `DISCOVER > ${ALL}`]);
    t.equal(leases.load("bench/eth0/dhcp"), null);
    await taken.close();

    // A clock of before the lease, a lease that was over, options that are none or another lease's.
    const { from, until, options, ...address } = JSON.parse(kept) as { from: number; until: number; options: string };
    for (const other of [
      { from: from + 3_000_000, until: until + 3_000_000, options },
      { from: from - 3_600_000, until: until - 3_600_000, options },
      { from, until: until + 60_000, options },
      { from, until, options: `${options.slice(2)}` },
      { from, until, options: "zz" },
      { from, until, options: options.slice(0, -6) },
      { from: "now", until, options },
      { from, until, options: "00".repeat(1201) },
    ]) {
      leases.save("bench/eth0/dhcp", JSON.stringify({ ...address, ...other }));
      const bench = await DhcpBench.open({ leases });
      bench.server.silent = true;
      bench.dhcp();
      bench.run(20);
      t.match(bench.said().at(-1), "DISCOVER", JSON.stringify(other).slice(0, 80));
      await bench.close();
    }
  },
);
