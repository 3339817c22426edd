/** Answers for others: proxy_arp, proxy_arp_pvlan, medium_id, proxy entries, and the queue of delayed requests. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import { TWO_LINKS } from "../../../contract/topology.ts";
import { type ArpFields, arpProbe, arpRequest } from "../../../wire/build.ts";
import { DUT, host, T1 } from "../../../wire/hosts.ts";
import { answeredFor, becomes, told } from "../kit/setup.ts";

const NEEDS: readonly Need[] = ["proxy-arp", "arp-sysctl", "forwarding"];
/** An address behind e1, and one beside the asker. */
const BEHIND = "10.0.1.50";
const BESIDE = "10.0.0.50";

type Settings = Readonly<Record<string, number>>;

/** `e0.proxy_arp: 1` writes net.ipv4.conf.e0.proxy_arp; forwarding is on for e0 unless it is set. */
function configure(bench: Bench, settings: Settings): void {
  bench.param("proxy_delay", 0);
  bench.conf("rp_filter", 0, "all");
  for (const [key, value] of Object.entries({ "e0.forwarding": 1, ...settings })) {
    const [dev = "", name = ""] = key.split(".");
    bench.conf(name, value, dev === "all" ? "all" : dev === "e1" ? "e1" : "e0");
  }
}

const RULES: readonly (readonly [id: string, what: string, settings: Settings, request: ArpFields, answered: boolean])[] = [
  ["off", "nothing set", {}, { tpa: BEHIND }, false],
  ["on", "proxy_arp", { "e0.proxy_arp": 1 }, { tpa: BEHIND }, true],
  ["all", "proxy_arp for all", { "all.proxy_arp": 1 }, { tpa: BEHIND }, true],
  ["other-device", "proxy_arp on the other device", { "e1.proxy_arp": 1 }, { tpa: BEHIND }, false],
  ["no-forwarding", "proxy_arp without forwarding", { "e0.proxy_arp": 1, "e0.forwarding": 0 }, { tpa: BEHIND }, false],
  ["beside", "proxy_arp, target beside the asker", { "e0.proxy_arp": 1 }, { tpa: BESIDE }, false],
  ["no-route", "proxy_arp, target without a route", { "e0.proxy_arp": 1 }, { tpa: "192.168.9.9" }, false],
  ["broadcast", "proxy_arp, target a broadcast address", { "e0.proxy_arp": 1 }, { tpa: "10.0.1.255" }, false],
  ["self", "proxy_arp, the asker asks for itself, which is behind us", { "e0.proxy_arp": 1 }, { spa: BEHIND, tpa: BEHIND }, true],
  ["pvlan-beside", "proxy_arp_pvlan, target beside the asker", { "e0.proxy_arp_pvlan": 1 }, { tpa: BESIDE }, true],
  ["pvlan-all", "proxy_arp_pvlan for all", { "all.proxy_arp_pvlan": 1 }, { tpa: BESIDE }, true],
  ["pvlan-behind", "proxy_arp_pvlan, target behind us", { "e0.proxy_arp_pvlan": 1 }, { tpa: BEHIND }, false],
  ["pvlan-self", "proxy_arp_pvlan, the asker asks for itself", { "e0.proxy_arp_pvlan": 1 }, { spa: BESIDE, tpa: BESIDE }, false],
  ["medium-same", "both devices of medium 1", { "e0.proxy_arp": 1, "e0.medium_id": 1, "e1.medium_id": 1 }, { tpa: BEHIND }, false],
  ["medium-other", "devices of media 1 and 2", { "e0.proxy_arp": 1, "e0.medium_id": 1, "e1.medium_id": 2 }, { tpa: BEHIND }, true],
  ["medium-zero", "devices of media 0 and 1", { "e0.proxy_arp": 1, "e1.medium_id": 1 }, { tpa: BEHIND }, true],
  ["medium-in-none", "medium -1 where it came in", { "e0.proxy_arp": 1, "e0.medium_id": -1 }, { tpa: BEHIND }, false],
  [
    "medium-out-none",
    "medium 1 here and -1 there",
    { "e0.proxy_arp": 1, "e0.medium_id": 1, "e1.medium_id": -1 },
    { tpa: BEHIND },
    false,
  ],
];

const rules: readonly Case[] = RULES.map(([id, what, settings, request, is]) => ({
  id: `ARP-P-01/${id}`,
  title: `${what}: ${is ? "answered for" : "not answered for"}, the asker ${is ? "is" : "is not"} learned`,
  source: "kernel: arp_fwd_proxy, arp_fwd_pvlan; measured",
  topology: TWO_LINKS,
  needs: NEEDS,
  async run(bench) {
    configure(bench, settings);
    await bench.say(arpRequest({ from: T1, ...request }));
    if (is) {
      const reply = await bench.hears("answers", { kind: "arp", op: 2, dst: T1.mac });
      bench.expect("in its own hardware address", [reply.src, reply.sha, reply.spa], [DUT.mac, DUT.mac, request.tpa]);
      await bench.silence("once");
    } else bench.expect("answers", await answeredFor(bench, 20), []);
    await becomes(bench, request.spa ?? T1.ip, is ? `STALE ${T1.mac}` : "-");
  },
}));

const ENTRIES: readonly (readonly [id: string, entry: string, settings: Settings, tpa: string, answered: boolean])[] = [
  ["match", `proxy ${BEHIND} dev e0`, {}, BEHIND, true],
  ["other-address", `proxy ${BEHIND} dev e0`, {}, "10.0.1.51", false],
  ["other-device", `proxy ${BEHIND} dev e1`, {}, BEHIND, false],
  ["no-forwarding", `proxy ${BEHIND} dev e0`, { "e0.forwarding": 0 }, BEHIND, false],
  ["beside", `proxy ${BESIDE} dev e0`, {}, BESIDE, false],
];

const entries: readonly Case[] = ENTRIES.map(([id, entry, settings, tpa, is]) => ({
  id: `ARP-P-02/${id}`,
  title: `neigh add ${entry}, asked for ${tpa}: ${is ? "" : "not "}answered for`,
  source: "kernel: pneigh_lookup, measured",
  topology: TWO_LINKS,
  needs: NEEDS,
  async run(bench) {
    configure(bench, settings);
    await bench.must(`neigh add ${entry}`);
    bench.expect("nothing is told of it", told(bench), []);
    await bench.say(arpRequest({ from: T1, tpa }));
    bench.expect("answers", await answeredFor(bench, 20), is ? [tpa] : []);
  },
}));

/** Commands, and whether a proxy entry survives them. */
const EVENTS: readonly (readonly [id: string, nud: string, command: string, needs: readonly Need[], stays: boolean])[] = [
  ["down", "", "link set e0 down", ["link-admin"], false],
  ["address", "", "link set e0 address 02:00:00:00:10:77", ["link-admin"], true],
  ["arp-off", "", "link set e0 arp off", ["link-admin"], true],
  ["last-ip", "", "address del 10.0.0.1/24 dev e0", ["address-admin"], false],
  ["flush", "", "neigh flush dev e0", [], true],
  ["del", "", `neigh del proxy ${BEHIND} dev e0`, [], false],
  ["del-other", "", `neigh add proxy ${BEHIND} dev e1`, [], true],
];

const events: readonly Case[] = EVENTS.map(([id, nud, command, needs, stays]) => ({
  id: `ARP-P-03/${id}`,
  title: `ip ${command}: a proxy entry ${stays ? "stays" : "goes"}`,
  source: "kernel: pneigh_ifdown, measured",
  topology: TWO_LINKS,
  needs: ["proxy-arp", ...needs],
  async run(bench) {
    await bench.must(`neigh add proxy ${BEHIND} dev e0${nud}`);
    await bench.must(command);
    const { stdout } = await bench.ip("neigh show proxy dev e0");
    bench.expect("shown", stdout, stays ? `${BEHIND} proxy \n` : "");
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-P-04",
    title: "a proxied address is not defended against a host that probes for it",
    source: "kernel, measured",
    topology: TWO_LINKS,
    needs: NEEDS,
    async run(bench) {
      configure(bench, { "e0.proxy_arp": 1 });
      await bench.must(`neigh add proxy ${BEHIND} dev e0`);
      await bench.say(arpProbe({ from: T1, tpa: BEHIND }));
      bench.expect("answers", await answeredFor(bench, 20), []);
    },
  },
  {
    id: "ARP-P-05",
    title: "a broadcast request is answered after a while of up to proxy_delay, its sender learned at once",
    source: "kernel: pneigh_enqueue, measured",
    topology: TWO_LINKS,
    needs: NEEDS,
    drawn: true,
    async run(bench) {
      configure(bench, { "e0.proxy_arp": 1 });
      bench.param("proxy_delay", 40);
      await bench.say(arpRequest({ from: T1, tpa: BEHIND }));
      await becomes(bench, T1.ip, `STALE ${T1.mac}`);
      await bench.hears("answers", { kind: "arp", op: 2, spa: BEHIND }, { within: 400 });
      await bench.silence("once", 100);
    },
  },
  {
    id: "ARP-P-06",
    title: "a unicast request is answered at once, whatever proxy_delay is",
    source: "kernel, measured",
    topology: TWO_LINKS,
    needs: NEEDS,
    async run(bench) {
      configure(bench, { "e0.proxy_arp": 1 });
      bench.param("proxy_delay", 60_000);
      await bench.say(arpRequest({ from: T1, tpa: BEHIND, dst: DUT.mac }));
      await bench.hears("answers", { kind: "arp", op: 2, spa: BEHIND });
    },
  },
  {
    id: "ARP-P-07",
    title: "proxy entries are shown as such, in a list of their own",
    source: "iproute2, measured",
    topology: TWO_LINKS,
    needs: ["proxy-arp", "e1"],
    async run(bench) {
      await bench.must(`neigh add proxy ${BEHIND} dev e0`);
      bench.expect("neigh show proxy", (await bench.ip("neigh show proxy")).stdout, `${BEHIND} dev e0 proxy \n`);
      bench.expect("neigh show", (await bench.ip("neigh show")).stdout, "");
      await bench.must(`neigh add proxy ${BEHIND} dev e0`);
      bench.expect("added twice", (await bench.ip("neigh show proxy")).stdout, `${BEHIND} dev e0 proxy \n`);
      const missing = await bench.ip(`neigh del proxy ${BESIDE} dev e0`);
      bench.expect("a missing one", [missing.exit, missing.stderr], [2, "RTNETLINK answers: No such file or directory\n"]);
    },
  },
];

/** proxy_qlen holds one more than it says. */
const QLEN: readonly (readonly [qlen: number, replies: number])[] = [
  [0, 1],
  [3, 4],
  [9, 10],
];

const queued: readonly Case[] = QLEN.map(([qlen, replies]) => ({
  id: `ARP-P-08/qlen-${qlen}`,
  title: `of twelve requests that have to wait, proxy_qlen ${qlen} leaves ${replies}`,
  source: "kernel: pneigh_enqueue, measured",
  topology: TWO_LINKS,
  needs: NEEDS,
  // Each waits for its own drawn time, up to proxy_delay.
  drawn: true,
  shuffled: ["frames"],
  patient: true,
  async run(bench) {
    configure(bench, { "e0.proxy_arp": 1 });
    bench.param("proxy_delay", 200);
    bench.param("proxy_qlen", qlen);
    const frames = Array.from({ length: 12 }, (_, n) => arpRequest({ from: host(n + 2), tpa: BEHIND }));
    await bench.say(...frames);
    bench.expect("answers", (await answeredFor(bench, 2400)).length, replies);
  },
}));

export const proxyArp: readonly Case[] = [...rules, ...entries, ...events, ...others, ...queued];
