/** Temporary addresses (RFC 8981): made beside those of routers' prefixes, used first, replaced in time, with lifetimes as Linux has them. */
import t from "tap";
import { formatIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import { AddressFlags, type Ip6InterfaceAddress } from "../../../../firmware-ts/ip6/routing/addresses.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { ns, solicitedNode } from "../../../support/wire-format6.ts";
import { pio, ra } from "../../../support/wire-routers6.ts";

async function open(use: number): Promise<Lab6> {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.ip6.conf.write(lab.eth0, "use_tempaddr", use);
  lab.run(3000);
  lab.heard();
  return lab;
}

function temporary(lab: Lab6): Ip6InterfaceAddress[] {
  return lab.ip6.addresses.of(lab.eth0).filter(({ flags }) => flags & AddressFlags.TEMPORARY);
}

function say(lab: Lab6, valid: number, preferred: number): string[] {
  lab.say(ra({ options: pio("2001:db8:a::", { valid, preferred }) }));
  return temporary(lab).map(({ lifetime }) => `${lifetime.validLeft}/${lifetime.preferredLeft}`);
}

t.test("one is made with the public one, and follows it as far as its own lifetimes let it", async (t) => {
  const lab = await open(2);
  t.same(say(lab, 3600, 1800), ["3600/1800"]);
  lab.run(3000);
  t.same(say(lab, 7200, 100), ["7200/100"]);
  const [text = ""] = say(lab, 2_000_000, 1_000_000);
  const [valid, preferred] = text.split("/").map(Number);
  t.equal(valid, 604_800 - 3);
  t.ok(preferred! <= 86_397 && preferred! >= 86_397 - 600, `${preferred}`);
  const way = lab.ip6.way(lab.address("2001:db8:7::7"), null);
  lab.ip6.refresh(way);
  t.equal(way.source, temporary(lab)[0]?.local, "used first");
  lab.ip6.conf.write(lab.eth0, "use_tempaddr", 1);
  lab.ip6.refresh(way);
  t.equal(formatIpv6(way.source), "2001:db8:a::ff:fe00:1", "with use_tempaddr 1 it is not");
});

t.test("none unless it is wanted, nor one that would be deprecated at once", async (t) => {
  t.same(say(await open(0), 3600, 1800), []);
  t.same(say(await open(2), 3600, 4), []);
});

t.test("the next one comes before the last is deprecated", async (t) => {
  const lab = await open(2);
  say(lab, 3600, 1800);
  const [first] = temporary(lab);
  lab.run(1_790_000);
  t.equal(temporary(lab).length, 1);
  say(lab, 3600, 1800);
  lab.run(10_000);
  t.equal(temporary(lab).length, 1, "its lifetime was renewed");
  lab.run(1_790_000);
  t.equal(temporary(lab).length, 1, "the public one is about to be deprecated, too: there is none to come");
  t.equal(temporary(lab)[0], first);
});

t.test("the day is over: another one", async (t) => {
  const lab = await open(2);
  say(lab, 0xffffffff, 0xffffffff);
  lab.run(85_000_000);
  t.equal(temporary(lab).length, 1);
  lab.run(1_500_000);
  t.equal(temporary(lab).length, 2);
  lab.run(86_400_000 * 7);
  t.ok(temporary(lab).length <= 8, `${temporary(lab).length} within a week`);
});

t.test("a taken one is replaced, a few times", async (t) => {
  const lab = await open(2);
  const log: string[] = [];
  lab.ip6.log.sink = (line) => log.push(line);
  say(lab, 3600, 1800);
  const seen = new Set<string>();
  for (let at = 0; at < 6; at++) {
    const [own] = temporary(lab);
    if (!own) break;
    const address = formatIpv6(own.local);
    seen.add(address);
    lab.say(ns({ source: "::", target: address, link: null, destination: solicitedNode(address) }));
    lab.run(1);
  }
  t.equal(seen.size, 4);
  t.equal(lab.ip6.conf.read(lab.eth0, "use_tempaddr"), -1);
  t.match(log.at(-1) ?? "", "disabled temporary address support");
});
