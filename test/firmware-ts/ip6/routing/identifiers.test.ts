/** Addresses that a device makes by a secret (RFC 7217): those that a kernel with the same secret made, and what becomes of taken ones. */
import t from "tap";
import { readSysctl, writeSysctl } from "../../../../firmware-ts/control/sysctl.ts";
import { formatIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import { StableIdentifier } from "../../../../firmware-ts/ip6/routing/stable-identifier.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { ns } from "../../../support/wire-format6.ts";
import { pio, ra } from "../../../support/wire-routers6.ts";

const SECRET = "2001:db8:1234:5678:9abc:def0:1122:3344";
const BYTES = Uint8Array.from(Buffer.from("20010db8123456789abcdef011223344", "hex"));

function identifier(a: number, b: number, link: Uint8Array, failures = 0): string {
  const stable = new StableIdentifier();
  stable.make(BYTES, a, b, link, failures);
  return `${(stable.c >>> 0).toString(16)} ${(stable.d >>> 0).toString(16)}`;
}

t.test("identifiers as Linux 6.18 made them, for a veth without an address of its own", async (t) => {
  const link = new Uint8Array(6);
  t.equal(identifier(0xfe800000 | 0, 0, link), "b1299def 739514db");
  t.equal(identifier(0x20010db8, 0, link), "12d3605f dd7dcb1f");
  t.equal(identifier(0x20010db8, 0x00090000, link, 1), "a2c8ba2a b99e976e");
  t.not(identifier(0x20010db8, 0, Uint8Array.of(2, 0, 0, 0, 0, 1)), "12d3605f dd7dcb1f");
});

function own(lab: Lab6): string[] {
  return lab.ip6.addresses.of(lab.eth0).map(({ local, flags }) => `${formatIpv6(local)} ${flags.toString(16)}`);
}

t.test("a secret, its addresses, and others in the place of taken ones", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  const { stack } = lab;
  t.throws(() => readSysctl(stack, "net.ipv6.conf.eth0.stable_secret"), { code: "SYSCTL_INVALID" });
  t.throws(() => writeSysctl(stack, "net.ipv6.conf.eth0.addr_gen_mode", "2"), { code: "SYSCTL_INVALID" });
  t.throws(() => writeSysctl(stack, "net.ipv6.conf.eth0.stable_secret", "7"), { code: "SYSCTL_INVALID" });
  writeSysctl(stack, "net.ipv6.conf.eth0.stable_secret", SECRET);
  t.equal(readSysctl(stack, "net.ipv6.conf.eth0.stable_secret"), "2001:0db8:1234:5678:9abc:def0:1122:3344");
  t.equal(readSysctl(stack, "net.ipv6.conf.eth0.addr_gen_mode"), "2");
  lab.run(4000);
  t.equal(own(lab).length, 2, "the one by the link address stays until the device goes down");
  t.ok(own(lab).includes("fe80::ff:fe00:1 0"));
  lab.say(ra({ options: pio("2001:db8::") }));
  const [first = ""] = own(lab);
  t.match(first, /^2001:db8::[0-9a-f:]+ 940$/, "tentative, mngtmpaddr, stable-privacy");
  const tried = new Set<string>();
  for (let failures = 0; failures < 6; failures++) {
    const [address = ""] = own(lab).map((line) => line.split(" ")[0] ?? "");
    if (!address.startsWith("2001")) break;
    tried.add(address);
    lab.say(ns({ source: "::", target: address, link: null, destination: "ff02::1:ff00:1" }));
    lab.run(10);
  }
  t.equal(tried.size, 4, "the first, and three others");
  await lab.eth0.close();
  await lab.eth0.open();
  t.match(own(lab).join(), /^fe80::[0-9a-f:]+ 840$/);
});

t.test("addr_gen_mode: none, and by a secret that is drawn", async (t) => {
  for (const mode of [1, 3]) {
    const lab = await Lab6.open({ addresses: [] });
    lab.ip6.conf.write(lab.eth0, "addr_gen_mode", mode);
    await lab.eth0.close();
    await lab.eth0.open();
    const found = own(lab).join();
    if (mode === 1) t.equal(found, "");
    else t.match(found, /^fe80::[0-9a-f:]+ 800$/);
  }
});
