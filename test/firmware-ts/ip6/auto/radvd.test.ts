/** Debian's radvd is our router, its ndisc6 and ping our neighbours, on a real interface. */
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { PacketController } from "../../../../drivers/packet/packet.ts";
import { formatIpv6, type Ip6Words } from "../../../../firmware-ts/ip/ip6-text.ts";
import type { Ipv6 } from "../../../../firmware-ts/ip6/ipv6.ts";
import { Stack } from "../../../../firmware-ts/stack.ts";
import { SystemClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { missingForNetns, missingPrograms, VethPair } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { realTime } from "../../../support/real-time.ts";

const skip = missingForNetns() || missingPrograms("radvd", "ndisc6", "ping");

/** It advertises every three to four seconds. */
function configuration(device: string): string {
  return `interface ${device} {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
    AdvLinkMTU 1400; AdvReachableTime 20000; AdvRetransTimer 1200; AdvDefaultPreference high; AdvCurHopLimit 70;
    prefix 2001:db8:5::/64 { AdvOnLink on; AdvAutonomous on; AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
    route 2001:db8:77::/48 { AdvRoutePreference low; AdvRouteLifetime 600; };
    RDNSS 2001:db8::53 { AdvRDNSSLifetime 300; };
    DNSSL example.com { AdvDNSSLLifetime 300; };
  };`;
}

async function until(done: () => boolean, limit: number): Promise<void> {
  for (let waited = 0; !done() && waited < limit; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
}

realTime(t, "radvd gives us an address and routes, and takes itself back when it ends", { skip }, async (t) => {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  const { far, farName, near } = pair;
  far.run(
    "sysctl",
    "-qw",
    "net.ipv6.conf.all.disable_ipv6=0",
    `net.ipv6.conf.${farName}.disable_ipv6=0`,
    "net.ipv6.conf.all.forwarding=1",
  );
  far.ip("address", "add", "2001:db8:5::1/64", "dev", farName, "nodad");
  far.ip("address", "add", "2001:db8:99::9/128", "dev", "lo", "nodad");
  const clock = new SystemClock();
  const stack = new Stack({ clock, random: new SeededRandom(process.pid), families: [4, 6] });
  t.teardown(() => stack.close());
  const eth0 = stack.addDevice("eth0", new PacketController(clock, { interface: near }));
  const ip6 = stack.ip6 as Ipv6;
  ip6.conf.write(eth0, "accept_ra_rt_info_max_plen", 64);
  await eth0.open();
  const file = join(tmpdir(), `radvd-${process.pid}`);
  writeFileSync(`${file}.conf`, configuration(farName));
  const radvd = far.spawn("radvd", ["-n", "-C", `${file}.conf`, "-p", `${file}.pid`, "-m", "stderr"]);
  t.teardown(() => {
    radvd.kill();
    rmSync(`${file}.conf`, { force: true });
    rmSync(`${file}.pid`, { force: true });
  });
  const global = (): string => {
    const own = ip6.addresses.of(eth0).find(({ local, flags }) => local.a === 0x20010db8 && (flags & 0x40) === 0);
    return own ? formatIpv6(own.local) : "";
  };
  await until(() => global() !== "", 20_000);
  t.match(global(), /^2001:db8:5:/);
  const router = formatIpv6(ip6.routes.of(ip6.unspecified, 0)[0]?.gateway ?? ip6.unspecified);
  t.match(router, /^fe80::/);
  const routes = ip6.routes.list.map(({ destination, prefixLength, gateway, preference }) => {
    return `${formatIpv6(destination)}/${prefixLength} ${gateway ? formatIpv6(gateway) : "-"} ${preference}`;
  });
  t.same(routes, ["2001:db8:5::/64 - 0", `2001:db8:77::/48 ${router} -1`, "fe80::/64 - 0", `::/0 ${router} 1`]);
  const { retransTime, baseReachableTime } = stack.neighbours(6).table.parametersOf(eth0);
  t.same([ip6.conf.on(eth0).mtu, ip6.conf.on(eth0).hopLimit, retransTime, baseReachableTime], [1400, 70, 1200, 20_000]);
  let replies = 0;
  const pinger = stack.ping.open();
  pinger.onReply = () => {
    replies++;
  };
  const beyond = stack.ping.to("2001:db8:99::9");
  for (let sequence = 1; sequence <= 100; sequence++) {
    pinger.send(beyond, sequence, 56);
    await until(() => replies >= sequence, 1000);
  }
  t.equal(replies, 100, "answers of a host behind the router");
  const mac = Array.from(eth0.address, (octet) => octet.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const [link] = JSON.parse(far.ip("-j", "link", "show", farName)) as { address: string }[];
  const routerMac = (link?.address ?? "").toUpperCase();
  const linkLocal = (): Ip6Words => ip6.addresses.linkLocal(eth0) ?? ip6.unspecified;
  const ask = (program: string, ...words: string[]): Promise<string> =>
    new Promise((resolve) => {
      const child = far.spawn(program, words);
      let text = "";
      child.stdout?.on("data", (data) => (text += data));
      child.once("exit", () => resolve(text));
    });
  t.match(await ask("ndisc6", global(), farName), `Target link-layer address: ${mac}`);
  const all = await ask("ndisc6", "-m", "-w", "300", global(), farName);
  t.equal(all.split(`Target link-layer address: ${mac}`).length, 2, "one answer, and no more");
  t.equal(await ask("ndisc6", "-q", formatIpv6(linkLocal()), farName), `${mac}\n`);
  const operator = new Operator(stack);
  t.equal(
    (await operator.type("solicit -1 eth0")).replace(/ {2}Valid time.*\n {2}Pref. time.*\n/, ""),
    `Soliciting ff02::2 (ff02::2) on eth0...

Hop limit                 :           70 (      0x46)
Stateful address conf.    :           No
Stateful other conf.      :           No
Mobile home agent         :           No
Router preference         :         high
Neighbor discovery proxy  :           No
Router lifetime           :           12 (0x0000000c) seconds
Reachable time            :        20000 (0x00004e20) milliseconds
Retransmit time           :         1200 (0x000004b0) milliseconds
 Prefix                   : 2001:db8:5::/64
  On-link                 :          Yes
  Autonomous address conf.:          Yes
 Route                    : 2001:db8:77::/48
  Route preference        :          low
  Route lifetime          :          600 (0x00000258) seconds
 Recursive DNS server     : 2001:db8::53
  DNS server lifetime     :          300 (0x0000012c) seconds
 DNS search list          : example.com 
  DNS search list lifetime:          300 (0x0000012c) seconds
 MTU                      :         1400 bytes (valid)
 Source link-layer address: ${routerMac}
 from ${router}
`,
  );
  t.match(await operator.type(`solicit ${router} eth0`), `Target link-layer address: ${routerMac}\n from ${router}\n`);
  t.match(await ask("ping", "-6", "-c", "100", "-i", "0.01", "-q", global()), "100 received");
  radvd.kill("SIGTERM");
  await until(() => ip6.routes.of(ip6.unspecified, 0).length === 0, 5000);
  t.same(ip6.routes.of(ip6.unspecified, 0), [], "its last word is that it is no router any more");
});
