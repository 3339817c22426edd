/** net.ipv4.conf.*: what each setting makes of ARP, value by value, as measured on Linux 6.18. */
import t from "tap";
import { Scope } from "../../../../firmware-ts/ip/address-type.ts";
import { DEVCONF_KEYS } from "../../../../firmware-ts/ip4/routing/devconf.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Lab } from "../../../support/lab.ts";
import { SecondLink } from "../../../support/second-link.ts";
import { type ArpFields, arp, BROADCAST, T1, US } from "../../../support/wire-format.ts";

/** eth0 with addresses of every scope, eth1 with one, lo with two: the bench on which Linux was measured. */
async function bench(): Promise<Lab & { link: SecondLink }> {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"], loopback: true });
  lab.stack.addAddress(lab.eth0, "10.97.0.1/24", { scope: Scope.LINK });
  lab.stack.addAddress(lab.eth0, "10.96.0.1/24", { scope: Scope.HOST });
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  const { lo } = lab.stack;
  if (!lo) throw new Error("no lo");
  lab.stack.addAddress(lo, "10.99.0.1/32");
  lab.stack.addAddress(lo, "10.98.0.1/32", { scope: Scope.HOST });
  return Object.assign(lab, { link });
}

const TARGETS = [
  "10.0.0.1",
  "10.0.0.11",
  "172.16.0.1",
  "10.97.0.1",
  "10.96.0.1",
  "10.0.1.1",
  "10.99.0.1",
  "10.98.0.1",
  "127.0.0.1",
];

t.test("arp_ignore: each value, each of our addresses, three askers", async (t) => {
  /** One sign for each target: R answered, . not. */
  const rows: [values: number[], asker: string, answers: string][] = [
    [[0, 4, 5, 6, 7, 9, 1000, -1], "10.0.0.2", "RRRRRRRR."],
    [[0], "192.168.9.9", "RRRRRRRR."],
    [[0], "0.0.0.0", "RRRRRRRR."],
    [[1], "10.0.0.2", "RRRRR...."],
    [[1], "192.168.9.9", "RRRRR...."],
    [[1], "0.0.0.0", "RRRRR...."],
    [[2], "10.0.0.2", "RR......."],
    [[2], "172.16.3.4", "..R......"],
    [[2], "192.168.9.9", "........."],
    [[2], "0.0.0.0", "RRRRR...."],
    [[3], "10.0.0.2", "RRRR.RR.."],
    [[3], "0.0.0.0", "RRRR.RR.."],
    [[8], "10.0.0.2", "........."],
    [[8], "0.0.0.0", "........."],
  ];
  for (const [values, sip, answers] of rows)
    for (const value of values) {
      const lab = await bench();
      lab.stack.ip.conf.write(lab.eth0, "arp_ignore", value);
      const signs = TARGETS.map((tip) => {
        lab.say(arp({ sip, tip }));
        return lab.heard().length === 1 ? "R" : ".";
      });
      t.equal(signs.join(""), answers, `arp_ignore ${value}, asked by ${sip}`);
      t.equal(lab.state(sip), answers.includes("R") && sip !== "0.0.0.0" ? "STALE" : "-", "who is not answered is not learned");
    }
});

t.test("arp_announce: the source address of requests", async (t) => {
  // From an address of ours in the target's subnet, of another subnet of the device, of another device, of lo.
  const sources = ["10.0.0.11", "172.16.0.1", "10.96.0.1", "10.0.1.1", "10.99.0.1"];
  const rows: [value: number, target: string, asked: string[]][] = [
    [0, "10.0.0.2", sources],
    [3, "10.0.0.2", sources],
    [-1, "10.0.0.2", sources],
    [1, "10.0.0.2", ["10.0.0.11", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"]],
    [2, "10.0.0.2", ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"]],
    [1, "172.16.9.9", ["172.16.0.1", "172.16.0.1", "172.16.0.1", "172.16.0.1", "172.16.0.1"]],
    // Off every subnet: the first of the list, narrower scopes first, host scope left out.
    [2, "192.168.7.7", ["10.97.0.1", "10.97.0.1", "10.97.0.1", "10.97.0.1", "10.97.0.1"]],
  ];
  for (const [value, target, asked] of rows) {
    const heard: string[] = [];
    for (const source of sources) {
      const lab = await bench();
      lab.stack.addRoute({ to: "192.168.7.0/24", device: lab.eth0 });
      lab.stack.ip.conf.write("all", "arp_announce", value);
      const socket = lab.stack.udp.open(7, source);
      socket.send(new Uint8Array(1), socket.to(target, 9));
      lab.run(0);
      heard.push(...lab.heard());
    }
    t.same(
      heard,
      asked.map((source) => `0 who-has ${target} tell ${source} us > all`),
      `arp_announce ${value}, for ${target}`,
    );
  }
});

t.test("the newest packet steers the source; a probe of no packet has the best", async (t) => {
  const lab = await bench();
  for (const source of ["172.16.0.1", "10.0.0.11"]) {
    const socket = lab.stack.udp.open(7, source);
    socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9));
    lab.run(0);
  }
  lab.run(1000);
  t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 172.16.0.1 us > all", "1000 who-has 10.0.0.2 tell 10.0.0.11 us > all"]);
  lab.say(arp({ op: 2, to: US, tha: US }));
  lab.run(60_000);
  const socket = lab.stack.udp.open(8, "172.16.0.1");
  socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9));
  lab.run(5000);
  t.ok(lab.heard().at(-1)?.endsWith("who-has 10.0.0.2 tell 10.0.0.1 us > T1"));
});

t.test("no address on the device: that of another, host and link scope apart, else 0.0.0.0", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const link = await SecondLink.open(lab);
  lab.stack.addRoute({ to: "10.0.0.0/24", device: lab.eth0 });
  lab.poke();
  t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 0.0.0.0 us > all"]);
  lab.stack.addAddress(link.eth1, "10.5.0.1/24", { scope: Scope.LINK });
  lab.stack.addAddress(link.eth1, "10.6.0.1/24");
  lab.poke("10.0.0.3");
  t.same(lab.heard(), ["0 who-has 10.0.0.3 tell 10.6.0.1 us > all"]);
});

t.test("arp_filter: answered only where packets to the asker leave; counted only if there is another way", async (t) => {
  const rows: [sip: string, answered: boolean, counted: number][] = [
    ["10.0.0.2", true, 0],
    ["10.0.1.2", false, 1],
    ["192.168.9.9", false, 0],
  ];
  for (const where of ["all", "device"] as const)
    for (const [sip, answered, counted] of rows) {
      const lab = await bench();
      lab.stack.ip.conf.write(where === "all" ? "all" : lab.eth0, "arp_filter", 1);
      lab.say(arp({ sip }));
      t.same([lab.heard().length === 1, lab.stack.neighbours(4).policy.filtered], [answered, counted], sip);
      t.equal(lab.state(sip), answered ? "STALE" : "-");
      t.ok(lab.stack.counters().some(([name, value]) => name === "TcpExtArpFilter" && value === counted));
      lab.say(arp({ sip: "0.0.0.0" }));
      t.equal(lab.heard().length, 1, "our address is defended all the same");
    }
});

t.test("arp_accept: what makes an entry where there is none", async (t) => {
  const kinds: [string, ArpFields][] = [
    ["unicast reply", { op: 2, to: US, tha: US }],
    ["broadcast reply", { op: 2, to: BROADCAST, tha: US }],
    ["garp request", { tip: "SIP" }],
    ["garp reply", { op: 2, to: BROADCAST, tip: "SIP", tha: T1 }],
    ["request for another", { tip: "10.0.0.99" }],
  ];
  const made = ["REACHABLE", "STALE", "STALE", "STALE", "-"];
  const none = ["-", "-", "-", "-", "-"];
  const rows: [number, string, string[]][] = [
    [0, "10.0.0.2", none],
    [1, "10.0.0.2", made],
    [1, "192.168.9.9", made],
    [2, "10.0.0.2", made],
    [2, "10.97.0.9", made],
    [2, "10.96.0.9", none],
    [2, "192.168.9.9", none],
    [3, "10.0.0.2", none],
    [-1, "10.0.0.2", none],
    ...["10.0.0.1", "10.0.0.255", "224.0.0.5", "255.255.255.255"].map((sip): [number, string, string[]] => [1, sip, none]),
  ];
  for (const [value, sip, states] of rows) {
    const got: string[] = [];
    for (const [, fields] of kinds) {
      const lab = await bench();
      lab.stack.ip.conf.write(lab.eth0, "arp_accept", value);
      lab.say(arp({ ...fields, sip, tip: fields.tip === "SIP" ? sip : (fields.tip ?? "10.0.0.1") }));
      got.push(lab.state(sip));
    }
    t.same(got, states, `arp_accept ${value}, from ${sip}`);
  }
});

t.test("drop_gratuitous_arp: whoever says its own address is dropped", async (t) => {
  for (const where of ["all", "device"] as const) {
    const lab = await bench();
    lab.stack.ip.conf.write(where === "all" ? "all" : lab.eth0, "drop_gratuitous_arp", 1);
    lab.say(arp());
    lab.take();
    for (const fields of [{ tip: "10.0.0.2" }, { op: 2, tip: "10.0.0.2" }, { sip: "10.0.0.1" }, { sip: "0.0.0.0", tip: "0.0.0.0" }])
      lab.say(arp({ ...fields, sha: "02:00:00:00:00:77" }));
    t.same([lab.heard(), lab.entry().address[5], lab.eth0.drops.get(DropReason.NOT_SPECIFIED)], [[], 2, 4]);
  }
});

t.test("route_localnet: 127/8 is answered for", async (t) => {
  const lab = await bench();
  lab.stack.ip.conf.write(lab.eth0, "route_localnet", 1);
  lab.say(arp({ tip: "127.0.0.1" }));
  t.same(lab.heard(), ["0 reply 127.0.0.1 is-at us for 10.0.0.2 T1 > T1"]);
});

t.test("rp_filter: who cannot be reached by the device is not answered", async (t) => {
  const rows: [number, string, boolean][] = [
    [0, "10.0.1.2", true],
    [0, "192.168.9.9", true],
    [1, "10.0.0.2", true],
    [1, "10.0.1.2", false],
    [1, "192.168.9.9", false],
    [2, "10.0.1.2", true],
    [2, "192.168.9.9", false],
  ];
  for (const [value, sip, answered] of rows) {
    const lab = await bench();
    lab.stack.ip.conf.write(lab.eth0, "rp_filter", value);
    lab.say(arp({ sip }));
    t.equal(lab.heard().length === 1, answered, `rp_filter ${value}, from ${sip}`);
  }
});

t.test("a device without ARP takes in none and sends none", async (t) => {
  const lab = await Lab.open();
  lab.say(arp());
  lab.take();
  lab.events.length = 0;
  lab.eth0.setArp(false);
  t.same(lab.events, ["deleted 10.0.0.2 STALE"], "the change takes the entries away");
  lab.say(arp());
  t.equal(lab.poke(), "sent");
  t.same(lab.heard(), ["0 udp 10.0.0.1 10.0.0.2:9 hi > us"], "data goes to the device's own address, as in Linux");
  t.same([lab.state(), lab.eth0.drops.total], ["NOARP", 0]);
  lab.eth0.setArp(true);
  t.equal(lab.state(), "-");
  lab.say(arp());
  t.equal(lab.heard().length, 1);
});

t.test("filters: what they refuse is neither answered nor sent, until they are taken away", async (t) => {
  const lab = await Lab.open();
  const inbound = lab.stack.neighbours(4).inputHooks.add((packet) => packet.view.getInt32(packet.data + 14) !== ipv4("10.0.0.2"));
  lab.say(arp());
  lab.say(arp({ sip: "10.0.0.3" }));
  t.same([lab.heard().length, lab.state(), lab.state("10.0.0.3")], [1, "-", "STALE"]);
  inbound();
  const outbound = lab.stack.neighbours(4).outputHooks.add(() => false);
  lab.say(arp());
  lab.poke("10.0.0.9");
  t.same([lab.heard(), lab.state(), lab.state("10.0.0.9")], [[], "STALE", "INCOMPLETE"]);
  outbound();
  lab.run(1000);
  t.same(lab.heard(), ["1000 who-has 10.0.0.9 tell 10.0.0.1 us > all"]);
  t.equal(lab.eth0.drops.get(DropReason.NETFILTER_DROP), 3);
});

t.test("settings: read and written by kernel key; defaults, and how far a write reaches", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const { conf } = lab.stack.ip;
  const values = [...DEVCONF_KEYS.keys()].map((key) => [key, conf.read(lab.eth0, key)]);
  t.same(Object.fromEntries(values), {
    arp_announce: 0,
    promote_secondaries: 0,
    arp_ignore: 0,
    arp_filter: 0,
    arp_accept: 0,
    arp_notify: 0,
    drop_gratuitous_arp: 0,
    arp_evict_nocarrier: 1,
    proxy_arp: 0,
    proxy_arp_pvlan: 0,
    medium_id: 0,
    rp_filter: 0,
    forwarding: 0,
    route_localnet: 0,
    accept_local: 0,
    accept_redirects: 1,
    secure_redirects: 1,
    send_redirects: 1,
    shared_media: 1,
    drop_unicast_in_l2_multicast: 0,
    log_martians: 0,
    force_igmp_version: 0,
    igmpv2_unsolicited_report_interval: 10_000,
    igmpv3_unsolicited_report_interval: 1000,
  });
  t.same([conf.read("all", "arp_nonsense"), conf.write("all", "arp_nonsense", 1)], [undefined, false]);
  conf.write("default", "arp_ignore", 1);
  t.equal(conf.read(lab.eth0, "arp_ignore"), 1, "a device without an opinion follows");
  lab.stack.addAddress(lab.eth0, "10.0.0.1/24");
  conf.write("default", "arp_ignore", 2);
  t.equal(conf.read(lab.eth0, "arp_ignore"), 1, "one with an address does not");
  const { eth1 } = await SecondLink.open(lab);
  t.equal(conf.read(eth1, "arp_ignore"), 2, "a new one copies");
  conf.write(eth1, "arp_ignore", -7);
  conf.write("default", "arp_ignore", 3);
  t.same([conf.read(eth1, "arp_ignore"), conf.on(eth1).arpIgnore], [-7, 0], "any number is stored; all and device: the larger");
  conf.write("all", "forwarding", 1);
  t.same(
    [lab.eth0, eth1, "default" as const].map((target) => conf.read(target, "forwarding")),
    [1, 1, 1],
  );
});
