/** The IPv4 words of random scripts, and those about links. */
import { BROADCAST, DUT, type Host, host, ZERO } from "../wire/hosts.ts";
import type { Step } from "./steps.ts";
import { change, conf, type Dice, HOSTS, ip, MASK_STATES, NTABLE, PARAMETERS, type Settings, send, type Word } from "./words.ts";

const ODD_ADDRESSES = [DUT.ip, "10.0.0.255", "10.0.0.0", "10.0.9.9", "224.0.0.9", "127.0.0.1", "0.0.0.0", "255.255.255.255"];
const ODD_MACS = [DUT.mac, BROADCAST, ZERO, "01:00:5e:00:00:09"];

/** Settings of net.ipv4.conf.e0. */
const POLICIES: Settings = {
  arp_ignore: [0, 0, 1, 2, 3, 8],
  arp_announce: [0, 1, 2],
  arp_accept: [0, 1, 2],
  arp_filter: [0, 0, 1],
  arp_notify: [0, 1],
  drop_gratuitous_arp: [0, 0, 1],
  arp_evict_nocarrier: [1, 1, 0],
};

/** An address of e0's network, mostly one of few, so that things happen to it more than once. */
function anyAddress(dice: Dice): string {
  return dice.once(20) ? dice.one(ODD_ADDRESSES) : `10.0.0.${2 + dice.below(HOSTS + 1)}`;
}

function anyMac(dice: Dice, address: string): string {
  if (dice.once(3)) return dice.once(12) ? dice.one(ODD_MACS) : host(0x70 + dice.below(2)).mac;
  return host(Number(address.split(".")[3] ?? 2)).mac;
}

function changeAny(dice: Dice, command: string, flags?: readonly string[]): Step[] {
  const address = anyAddress(dice);
  return change(dice, command, address, anyMac(dice, address), flags);
}

function arp(dice: Dice, op: number, more: Partial<Step & { do: "arp" }> = {}): Step[] {
  const spa = more.spa ?? anyAddress(dice);
  const sha = more.sha ?? anyMac(dice, spa);
  const dst = dice.once(6) ? dice.one([BROADCAST, DUT.mac, "01:00:5e:00:00:01", host(99).mac]) : op === 1 ? BROADCAST : DUT.mac;
  const src = dice.once(15) ? host(0x75).mac : sha;
  return [{ do: "arp", port: "p0", op, src, dst, sha, spa, tha: op === 1 ? ZERO : DUT.mac, tpa: DUT.ip, ...more }];
}

function peer(address: string): Host {
  return { ip: address, mac: host(Number(address.split(".")[3])).mac };
}

/** With something going on in the middle, half of the time. */
function between(dice: Dice, before: Step, after: Step): Step[] {
  const during = dice.once(2) ? [] : [...send(`10.0.0.${2 + dice.below(HOSTS)}`), ...changeAny(dice, "replace")];
  return [before, ...during, after];
}

/** Behind a gateway, where there is a route to it. */
const REMOTE = "10.9.0.5";
/** Never an address of the DUT's own, which Linux takes for a gateway and then does not use as one. */
const GATEWAY = `10.0.0.${2 + HOSTS}`;

export const WORDS4: readonly Word[] = [
  { name: "request", weight: 8, needs: [], make: (dice) => arp(dice, 1) },
  { name: "reply", weight: 12, needs: [], make: (dice) => arp(dice, 2, dice.once(4) ? { tpa: anyAddress(dice) } : {}) },
  { name: "request-other", weight: 4, needs: [], make: (dice) => arp(dice, 1, { tpa: anyAddress(dice) }) },
  {
    name: "announce",
    weight: 5,
    needs: [],
    make: (dice) => {
      const spa = anyAddress(dice);
      const sha = anyMac(dice, spa);
      const reply = dice.once(2);
      const tha = dice.once(3) ? BROADCAST : sha;
      return arp(dice, reply ? 2 : 1, { spa, sha, tpa: spa, dst: BROADCAST, ...(reply ? { tha } : {}) });
    },
  },
  {
    name: "probe",
    weight: 2,
    needs: [],
    make: (dice) => arp(dice, 1, { spa: "0.0.0.0", sha: host(5).mac, tpa: dice.once(3) ? anyAddress(dice) : DUT.ip }),
  },
  { name: "bad-op", weight: 1, needs: [], make: (dice) => arp(dice, dice.one([0, 3, 4, 8, 9, 10, 513])) },
  {
    name: "echo",
    weight: 4,
    needs: [],
    make: (dice) => {
      const from = peer(`10.0.0.${2 + dice.below(HOSTS)}`);
      return [{ do: "echo", port: "p0", from, dst: DUT.mac, destination: dice.once(6) ? "10.0.1.1" : DUT.ip }];
    },
  },
  {
    name: "send",
    weight: 22,
    needs: [],
    make: (dice) => [
      {
        do: "udp",
        to: dice.once(8) ? dice.one(["10.0.0.255", "10.0.0.0", REMOTE, "255.255.255.255"]) : `10.0.0.${2 + dice.below(HOSTS)}`,
        count: dice.once(5) ? 4 : 1,
        size: dice.one([8, 8, 150, 700]),
        confirm: dice.once(8),
      },
    ],
  },
  { name: "add", weight: 4, needs: [], make: (dice) => changeAny(dice, "add") },
  { name: "replace", weight: 9, needs: [], make: (dice) => changeAny(dice, "replace") },
  { name: "change", weight: 5, needs: [], make: (dice) => changeAny(dice, "change") },
  { name: "del", weight: 5, needs: [], make: (dice) => [{ do: "ip", command: `neigh del ${anyAddress(dice)} dev e0` }] },
  {
    name: "flush",
    weight: 1,
    needs: [],
    make: (dice) => {
      const nud = dice.once(2) ? "" : ` nud ${dice.one(MASK_STATES)}`;
      return ip(dice.once(3) ? `neigh flush 10.0.0.4/30 dev e0${nud}` : `neigh flush dev e0${nud}`);
    },
  },
  {
    name: "malformed",
    weight: 2,
    needs: [],
    make: (dice) => {
      const odd = dice.one([{ htype: 6 }, { ptype: 0x86dd }, { hlen: 8 }, { plen: 16 }, { cut: 41 }, { cut: 30 }]);
      return arp(dice, dice.one([1, 2]), { odd });
    },
  },
  {
    name: "show",
    weight: 2,
    needs: ["proc"],
    make: (dice) =>
      dice.once(2)
        ? [{ do: "cat", path: "/proc/net/arp" }]
        : ip(`neigh show ${dice.one(["", "dev e0 ", "proxy "])}nud ${dice.one(MASK_STATES)}`),
  },
  { name: "parameter", weight: 5, needs: [], make: (dice) => conf(dice, PARAMETERS, "net.ipv4.neigh.e0") },
  { name: "wait", weight: 18, needs: [], make: (dice) => [{ do: "wait", ms: dice.one([120, 120, 350, 600, 1200]) }] },
  {
    name: "carrier",
    weight: 0.6,
    needs: ["carrier"],
    make: (dice) => between(dice, { do: "plug", port: "p0", plugged: false }, { do: "plug", port: "p0", plugged: true }),
  },
  {
    name: "e1",
    weight: 3,
    needs: ["e1"],
    make: (dice) => {
      const far = host(2 + dice.below(2));
      const ip = far.ip.replace("10.0.0.", "10.0.1.");
      if (dice.once(2)) return send(ip);
      const address = dice.once(3) ? far.ip : ip;
      return arp(dice, dice.one([1, 2]), { port: "p1", spa: address, sha: far.mac, tpa: dice.one(["10.0.1.1", DUT.ip]) });
    },
  },
  { name: "policy", weight: 5, needs: ["arp-sysctl"], make: (dice) => conf(dice, POLICIES, "net.ipv4.conf.e0") },
  {
    name: "settings-elsewhere",
    weight: 2,
    needs: ["arp-sysctl", "e1"],
    make: (dice) =>
      dice.once(2) ? conf(dice, POLICIES, `net.ipv4.conf.${dice.one(["all", "e1"])}`) : conf(dice, PARAMETERS, "net.ipv4.neigh.e1"),
  },
  {
    name: "ntable",
    weight: 1,
    needs: ["ntable"],
    make: (dice) => ip(`ntable change name arp_cache dev e0 ${dice.one(NTABLE)}`),
  },
  {
    name: "flags",
    weight: 6,
    needs: ["neigh-flags"],
    make: (dice) => {
      const flags = ["use", "router", "extern_learn", "managed"].filter(() => dice.once(3));
      return changeAny(dice, dice.one(["add", "replace", "change"]), flags);
    },
  },
  {
    name: "get",
    weight: 2,
    needs: ["neigh-get"],
    make: (dice) => ip(`neigh get ${dice.once(5) ? "proxy 10.0.1.2" : anyAddress(dice)} dev e0`),
  },
  {
    name: "proxy",
    weight: 4,
    needs: ["proxy-arp", "forwarding", "e1"],
    make: (dice) => {
      const target = `10.0.1.${2 + dice.below(3)}`;
      switch (dice.below(4)) {
        case 0:
          return [{ do: "ip", command: `neigh ${dice.one(["add", "replace", "del"])} proxy ${target} dev e0` }];
        case 1:
          return conf(dice, { proxy_arp: [0, 1], proxy_arp_pvlan: [0, 0, 1], forwarding: [1, 1, 0] }, "net.ipv4.conf.e0");
        default:
          return arp(dice, 1, { tpa: target });
      }
    },
  },
  {
    name: "transit",
    weight: 4,
    needs: ["forwarding", "e1"],
    make: (dice) => {
      if (dice.once(4)) return conf(dice, { forwarding: [1, 1, 0] }, `net.ipv4.conf.${dice.one(["e0", "e1"])}`);
      const from = peer(`10.0.0.${2 + dice.below(HOSTS)}`);
      // Not back the way it came: whether a redirect is sent depends on milliseconds.
      const destination = `10.0.1.${2 + dice.below(3)}`;
      return [{ do: "datagram", port: "p0", from, dst: DUT.mac, destination, ttl: dice.once(12) ? 1 : 64 }];
    },
  },
  {
    name: "route",
    weight: 1.5,
    needs: ["route-admin"],
    make: (dice) => (dice.once(2) ? send(REMOTE) : ip(`route ${dice.one(["add", "del"])} 10.9.0.0/24 via ${GATEWAY} dev e0`)),
  },
  {
    name: "address",
    weight: 1,
    needs: ["address-admin"],
    make: (dice) => {
      const own = "10.0.0.1/24 dev e0";
      if (dice.once(6)) return between(dice, ...(ip(`address del ${own}`, `address add ${own}`) as [Step, Step]));
      return ip(`address ${dice.one(["add", "del"])} ${dice.once(4) ? "10.0.2.1" : `10.0.0.${2 + dice.below(HOSTS)}`}/24 dev e0`);
    },
  },
  {
    name: "link",
    weight: 0.4,
    needs: ["link-admin"],
    make: (dice) => {
      switch (dice.below(5)) {
        case 0:
          return ip(`link set e0 address ${DUT.mac}`);
        case 1:
          return between(dice, ...(ip("link set e0 address 02:00:00:00:10:77", `link set e0 address ${DUT.mac}`) as [Step, Step]));
        case 2:
          return between(dice, ...(ip("link set e0 arp off", "link set e0 arp on") as [Step, Step]));
        case 3:
          return ip(`link set e0 promisc ${dice.one(["on", "off"])}`);
        default:
          return between(dice, ...(ip("link set e0 down", "link set e0 up") as [Step, Step]));
      }
    },
  },
];
