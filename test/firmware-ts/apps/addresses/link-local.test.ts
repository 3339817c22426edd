/** IPv4 link-local addresses (RFC 3927), in virtual time. */
import t from "tap";
import { LinkLocalAddress } from "../../../../firmware-ts/apps/addresses/link-local.ts";
import { parseIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { DhcpBench } from "../../../support/dhcp-bench.ts";
import { arp, mac, T1 } from "../../../support/wire-format.ts";

function begin(bench: DhcpBench): LinkLocalAddress {
  const { context } = bench;
  return bench.start(new LinkLocalAddress(context.on("eth0"), context));
}

function own(bench: DhcpBench): string {
  const [address = ""] = bench.addresses;
  return address.replace("/16", "");
}

t.test("an address of 169.254.1.0 to 169.254.254.255, by the link address: the same at each start", async (t) => {
  const chosen = new Map<string, string>();
  for (let host = 0; host < 60; host++) {
    const bench = await DhcpBench.open();
    const lladdr = Uint8Array.of(2, 0, 0, 0, 7, host % 30);
    bench.device.setAddress(lladdr);
    begin(bench);
    bench.run(10);
    const number = parseIpv4(own(bench)) ?? 0;
    t.ok(number >>> 0 >= 0xa9fe0100 && number >>> 0 <= 0xa9fefeff, own(bench));
    const before = chosen.get(`${lladdr}`);
    if (before !== undefined) t.equal(own(bench), before);
    chosen.set(`${lladdr}`, own(bench));
    await bench.close();
  }
  t.ok(new Set(chosen.values()).size >= 29);
});

t.test("asked for, announced, on the link only; with a route to the others there and no other", async (t) => {
  const bench = await DhcpBench.open();
  begin(bench);
  bench.run(12);
  t.same(bench.heard(), { dhcp: [], probes: 3, announcements: 2, requests: 0, replies: 0 });
  const [address] = bench.lab.stack.ip.addresses.of(bench.device);
  t.match(address, { prefixLength: 16, scope: 253, broadcast: parseIpv4("169.254.255.255") });
  t.ok(bench.lab.stack.ip.routes.lookup(parseIpv4("169.254.77.7") ?? 0));
  t.equal(bench.lab.stack.ip.routes.lookup(parseIpv4("192.0.2.1") ?? 0), null);
  await bench.close();
});

t.test("another station has it: the next one; in use, once defended, then left for another", async (t) => {
  const bench = await DhcpBench.open();
  begin(bench);
  bench.run(2);
  const [probe] = bench.lab.take();
  const first = [...(probe?.bytes.subarray(38, 42) ?? [])].join(".");
  bench.say(arp({ sip: first, tip: first, sha: T1 }));
  bench.run(10);
  const second = own(bench);
  t.not(second, first);
  t.same(bench.told(), [`taken ${first}/16`, `got ${second}/16`]);
  bench.say(arp({ sip: second, tip: second, sha: T1 }));
  bench.say(arp({ sip: second, tip: second, sha: T1 }));
  t.same([own(bench), bench.told()], ["", [`defended ${second}/16`, `taken ${second}/16`]]);
  bench.run(10);
  const third = own(bench);
  t.same(bench.told(), [`got ${third}/16`]);
  // After a restart that one is asked for first.
  await bench.close();
  const again = await DhcpBench.open({ leases: bench.leases });
  begin(again);
  again.run(10);
  t.equal(own(again), third);
  await again.close();
  for (const text of ["192.168.10.1", "169.254.0.5", "169.254.255.1", "no"]) {
    again.leases.save("bench/eth0/link-local", text);
    const other = await DhcpBench.open({ leases: again.leases });
    begin(other);
    other.run(10);
    t.equal(own(other), first, `${text} is none`);
    await other.close();
  }
});

t.test("a link that comes back may be another one: the address is asked for again", async (t) => {
  const bench = await DhcpBench.open();
  const app = begin(bench);
  bench.run(10);
  const before = own(bench);
  bench.heard();
  bench.lab.nic.port.plugged = false;
  bench.run(1);
  t.same([own(bench), app.settled], ["", false]);
  bench.lab.nic.port.plugged = true;
  bench.run(10);
  t.same([own(bench), bench.heard().probes, app.settled], [before, 3, true]);
  bench.device.setAddress(Uint8Array.from(mac(T1)));
  bench.run(10);
  t.not(own(bench), before, "another device, another address");
  app.stop();
  app.stop();
  t.equal(own(bench), "");
  await bench.close();
});

t.test("an app that ends leaves no listener behind, and one that never began neither", async (t) => {
  const bench = await DhcpBench.open();
  const { network } = bench.lab.stack;
  let listeners = 0;
  const add = network.onDeviceEvent.bind(network);
  network.onDeviceEvent = (listener) => {
    const remove = add(listener);
    listeners++;
    return () => {
      remove();
      listeners--;
    };
  };
  const apps = [begin(bench), bench.dhcp({ fallback: "link-local" })];
  t.equal(listeners, 2);
  bench.server.silent = true;
  bench.run(40);
  t.equal(listeners, 3, "the fallback listens by itself");
  for (const app of apps) app.stop();
  t.equal(listeners, 0);
  new LinkLocalAddress(bench.context.on("eth0"), bench.context).stop();
  t.equal(listeners, 0);
  await bench.close();
});
