/** Proxy ARP: for what we answer although it is not ours, when, and how long we wait before. */
import t from "tap";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Lab } from "../../../support/lab.ts";
import { SecondLink } from "../../../support/second-link.ts";
import { type ArpFields, arp, BROADCAST, US } from "../../../support/wire-format.ts";

interface Router extends Lab {
  link: SecondLink;
}

/** eth0 10.0.0.1/24, eth1 10.0.1.1/24, forwarding; proxy_delay 0 unless told otherwise. */
async function router(delay = 0): Promise<Router> {
  const lab = await Lab.open();
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  lab.stack.ip.conf.write("all", "forwarding", 1);
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).set("proxyDelay", delay);
  return Object.assign(lab, { link });
}

function addProxy(lab: Lab, address: string, device = lab.eth0): void {
  lab.stack.neighbours(4).table.proxies.add(ipv4(address), device, { permanent: true });
}

t.test("who is answered for", async (t) => {
  type Row = [what: string, set: (lab: Router) => void, fields: ArpFields, answered: boolean];
  const behind: ArpFields = { tip: "10.0.1.9" };
  const same: ArpFields = { tip: "10.0.0.9" };
  const conf =
    (key: string, value: number, target: "all" | "eth0" | "eth1" = "eth0") =>
    (lab: Router): void => {
      lab.stack.ip.conf.write(target === "all" ? "all" : target === "eth0" ? lab.eth0 : lab.link.eth1, key, value);
    };
  const both =
    (...sets: ((lab: Router) => void)[]) =>
    (lab: Router): void => {
      for (const set of sets) set(lab);
    };
  const rows: Row[] = [
    ["nothing is set", () => {}, behind, false],
    ["proxy_arp of the device", conf("proxy_arp", 1), behind, true],
    ["proxy_arp of all", conf("proxy_arp", 1, "all"), behind, true],
    ["proxy_arp of the other device", conf("proxy_arp", 1, "eth1"), behind, false],
    ["proxy_arp, on the same link", conf("proxy_arp", 1), same, false],
    ["proxy_arp, no route", conf("proxy_arp", 1), { tip: "192.168.1.1" }, false],
    ["proxy_arp, an announcement of what lies behind", conf("proxy_arp", 1), { sip: "10.0.1.9", tip: "10.0.1.9" }, true],
    ["proxy_arp, a broadcast address", conf("proxy_arp", 1), { tip: "10.0.1.255" }, false],
    ["proxy_arp, a probe", conf("proxy_arp", 1), { ...behind, sip: "0.0.0.0" }, false],
    ["proxy_arp, not forwarding here", both(conf("proxy_arp", 1), conf("forwarding", 0)), behind, false],
    ["proxy_arp, not forwarding there", both(conf("proxy_arp", 1), conf("forwarding", 0, "eth1")), behind, true],
    ["medium_id -1", both(conf("proxy_arp", 1), conf("medium_id", -1)), behind, false],
    ["medium_id 1 to -1", both(conf("proxy_arp", 1), conf("medium_id", 1), conf("medium_id", -1, "eth1")), behind, false],
    ["medium_id 1 to 1", both(conf("proxy_arp", 1), conf("medium_id", 1), conf("medium_id", 1, "eth1")), behind, false],
    ["medium_id 1 to 2", both(conf("proxy_arp", 1), conf("medium_id", 1), conf("medium_id", 2, "eth1")), behind, true],
    ["medium_id 0 to -1", both(conf("proxy_arp", 1), conf("medium_id", -1, "eth1")), behind, true],
    ["pvlan, on the same link", conf("proxy_arp_pvlan", 1), same, true],
    ["pvlan of all", conf("proxy_arp_pvlan", 1, "all"), same, true],
    ["pvlan, asked from a broadcast address", conf("proxy_arp_pvlan", 1), { ...same, sip: "10.0.0.255" }, false],
    ["pvlan, an announcement", conf("proxy_arp_pvlan", 1), { sip: "10.0.0.9", tip: "10.0.0.9" }, false],
    ["pvlan, behind another device", conf("proxy_arp_pvlan", 1), behind, false],
    ["an entry", (lab) => addProxy(lab, "10.0.1.9"), behind, true],
    ["an entry of another address", (lab) => addProxy(lab, "10.0.1.8"), behind, false],
    ["an entry of the other device", (lab) => addProxy(lab, "10.0.1.9", lab.link.eth1), behind, false],
    ["an entry for an address on the same link", (lab) => addProxy(lab, "10.0.0.9"), same, false],
    ["an entry, not forwarding", both((lab) => addProxy(lab, "10.0.1.9"), conf("forwarding", 0)), behind, false],
    ["an answer", conf("proxy_arp", 1), { ...behind, op: 2 }, false],
  ];
  for (const [what, set, fields, answered] of rows) {
    const lab = await router();
    set(lab);
    lab.say(arp(fields));
    const { sip = "10.0.0.2", tip } = fields;
    t.same(lab.heard(), answered ? [`0 reply ${tip} is-at us for ${sip} T1 > T1`] : [], what);
    t.equal(lab.state(sip), answered ? "STALE" : "-", "the asker is learned with the answer");
    t.same([lab.link.heard(), lab.inUse], [[], 0]);
  }
});

t.test("a broadcast request waits a random part of proxy_delay; one sent to us alone does not", async (t) => {
  const lab = await router(800);
  lab.stack.ip.conf.write(lab.eth0, "proxy_arp", 1);
  lab.say(arp({ tip: "10.0.1.9", to: US }));
  t.equal(lab.heard().length, 1, "unicast: at once");
  for (let host = 10; host < 40; host++) lab.say(arp({ tip: "10.0.1.9", sip: `10.0.0.${host}` }));
  t.same([lab.heard().length, lab.state("10.0.0.10")], [0, "STALE"], "learned at once, answered later");
  lab.run(800);
  const heard = lab.heard();
  const times = heard.map((line) => Number(line.split(" ")[0]));
  t.equal(heard.length, 30);
  t.ok(new Set(times).size > 20 && Math.min(...times) >= 0 && Math.max(...times) < 800, `${times}`);
  t.notSame(
    heard.map((line) => line.replace(/^\S+ /, "")),
    [...heard.map((line) => line.replace(/^\S+ /, ""))].sort(),
    "in the order of their times, not of their arrival",
  );
  t.equal(lab.inUse, 0);
});

t.test("at most proxy_qlen + 1 wait", async (t) => {
  for (const [limit, answers] of [
    [64, 65],
    [3, 4],
    [0, 1],
  ] as const) {
    const lab = await router(800);
    lab.stack.ip.conf.write(lab.eth0, "proxy_arp", 1);
    lab.stack.neighbours(4).table.parametersOf(lab.eth0).set("proxyQueueLength", limit);
    for (let host = 10; host < 90; host++) lab.say(arp({ tip: "10.0.1.9", sip: `10.0.0.${host}` }));
    lab.run(1000);
    t.equal(lab.heard().length, answers, `proxy_qlen ${limit}`);
    t.same([lab.stack.neighbours(4).table.drops.get(DropReason.NOT_SPECIFIED), lab.inUse], [80 - answers, 0]);
  }
});

t.test("what waited is looked at once more: no answer if we may not any longer", async (t) => {
  const lab = await router(800);
  lab.stack.ip.conf.write(lab.eth0, "proxy_arp", 1);
  lab.say(arp({ tip: "10.0.1.9" }));
  lab.stack.ip.conf.write(lab.eth0, "proxy_arp", 0);
  lab.run(1000);
  t.same([lab.heard(), lab.inUse], [[], 0]);
  lab.stack.ip.conf.write(lab.eth0, "proxy_arp", 1);
  lab.say(arp({ tip: "10.0.1.9" }));
  await lab.eth0.close();
  t.equal(lab.inUse, 0, "down: nothing waits any more");
});

t.test("our own address is answered for as ever, from either device, without delay", async (t) => {
  const lab = await router(800);
  lab.stack.ip.conf.write("all", "proxy_arp", 1);
  for (const tip of ["10.0.0.1", "10.0.1.1"]) {
    lab.say(arp({ tip, to: BROADCAST }));
    t.same(lab.heard(), [`0 reply ${tip} is-at us for 10.0.0.2 T1 > T1`]);
  }
});
