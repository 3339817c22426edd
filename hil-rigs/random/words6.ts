/** The IPv6 words of random scripts. */
import { PLANS } from "../contract/plan.ts";
import {
  mtuOption,
  type NaFlags,
  NdOption,
  type NeighbourFields,
  option,
  prefixOption,
  type RouterFields,
  routeOption,
} from "../wire/build-nd.ts";
import { fragmentHeader } from "../wire/build6.ts";
import { BROADCAST, type Host, ZERO } from "../wire/hosts.ts";
import { ALL_NODES, ALL_ROUTERS, DUT_LOCAL, linkLocal, local, solicitedNode, UNSPECIFIED } from "../wire/hosts6.ts";
import type { Step } from "./steps.ts";
import type { NdStep } from "./steps6.ts";
import {
  change,
  conf,
  type Dice,
  HOSTS,
  HOUR,
  ip,
  MASK_STATES,
  NTABLE,
  PARAMETERS,
  type Settings,
  send,
  type Word,
} from "./words.ts";

const { dut, host } = PLANS[6];
const DUT = dut.e0;
/** Hosts that use their link-local addresses, too: routers among them. */
const LOCALS = 3;
/** Behind routers. */
const REMOTES = ["2001:db8::5", "2001:db8:1::5"];
const ODD_ADDRESSES = [DUT.ip, DUT_LOCAL.ip, ALL_NODES, "::", "::1", "fd00::", "fd00:9::9", "ff02::9", "fe80::9"];
const ODD_MACS = [DUT.mac, BROADCAST, ZERO, "33:33:00:00:00:09"];
const FLAGS: readonly NaFlags[] = ["", "R", "S", "O", "RS", "RO", "SO", "SO", "SO", "RSO"];

/** Settings of net.ipv6.conf.e0. */
const POLICIES: Settings = {
  accept_ra: [1, 1, 0, 2],
  accept_ra_defrtr: [1, 1, 0],
  accept_ra_pinfo: [1, 0],
  accept_redirects: [1, 1, 0],
  accept_untracked_na: [0, 1, 2],
  drop_unsolicited_na: [0, 0, 1],
  force_tllao: [0, 1],
  ndisc_evict_nocarrier: [1, 1, 0],
  ndisc_notify: [0, 1],
  ndisc_tclass: [0, 0, 0x20],
  suppress_frag_ndisc: [1, 0],
};

/** A neighbour by its global or its link-local address, mostly one of few. */
function neighbour(dice: Dice): Host {
  return dice.once(3) ? router(dice) : host(2 + dice.below(HOSTS));
}

function router(dice: Dice): Host {
  return local(host(2 + dice.below(LOCALS)));
}

function anyAddress(dice: Dice): string {
  return dice.once(20) ? dice.one(ODD_ADDRESSES) : neighbour(dice).ip;
}

function macOf(dice: Dice, own: string): string {
  if (dice.once(3)) return dice.once(12) ? dice.one(ODD_MACS) : host(0x70 + dice.below(2)).mac;
  return own;
}

function changeAny(dice: Dice, command: string, flags?: readonly string[]): Step[] {
  const { ip, mac } = neighbour(dice);
  return change(dice, command, dice.once(20) ? dice.one(ODD_ADDRESSES) : ip, macOf(dice, mac), flags);
}

/** A message from a neighbour, its link-address option now and then another's or left out. */
function nd(dice: Dice, message: NdStep["message"], more: NdStep["fields"] = {}, flags?: NaFlags): Step[] {
  const from = more.from ?? neighbour(dice);
  const lladdr = dice.once(6) ? null : macOf(dice, from.mac);
  const src = dice.once(15) ? { src: host(0x75).mac } : {};
  return [{ do: "nd", port: "p0", message, ...(flags === undefined ? {} : { flags }), fields: { from, lladdr, ...src, ...more } }];
}

/** The DUT is asked for its own addresses most of the time, by its groups or alone. */
function question(dice: Dice): NeighbourFields {
  const target = dice.once(5) ? anyAddress(dice) : dice.one([DUT.ip, DUT.ip, DUT_LOCAL.ip]);
  return { target, destination: dice.one([solicitedNode(target), solicitedNode(target), target, ALL_NODES]) };
}

function answer(dice: Dice): NeighbourFields {
  const from = neighbour(dice);
  return {
    from,
    target: dice.once(8) ? anyAddress(dice) : from.ip,
    destination: dice.one([DUT.ip, DUT.ip, DUT_LOCAL.ip, ALL_NODES]),
  };
}

/** Makes a message one that must be dropped, or of which something must be passed over. */
function odd(dice: Dice): RouterFields {
  return dice.one<RouterFields>([
    { hops: 254 },
    { code: 1 },
    { sumError: 1 },
    { cut: 70 },
    { payloadLength: 20 },
    { reserved: 0x1234 },
    { options: [[200, 0, 0, 0, 0, 0, 0, 0]] },
    { first: [option(200, [1, 2, 3])] },
    { first: [option(NdOption.NONCE, [1, 2, 3, 4, 5, 6])] },
    { lladdr: null, options: [option(NdOption.SOURCE, Array<number>(14).fill(2))] },
    { source: UNSPECIFIED },
    { source: "::1" },
    { source: "ff02::1" },
    { extensions: [fragmentHeader(0, false)] },
    { extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] },
  ]);
}

/** Long lifetimes, or none: nothing ends by itself during a script. */
function routerWord(dice: Dice): RouterFields {
  const options = [];
  if (dice.once(5))
    options.push(prefixOption(dice.one(["fd00:a::", "fd00:b::", "fd00::"]), { bits: dice.one([0xc0, 0x80, 0x40]) }));
  if (dice.once(8)) options.push(mtuOption(dice.one([1280, 1400, 1500, 9000])));
  if (dice.once(12)) options.push(routeOption("2001:db8::", dice.one([0, 1800])));
  return {
    from: dice.once(10) ? neighbour(dice) : router(dice),
    lifetime: dice.one([0, 1800, 1800]),
    ...(dice.once(6) ? { reachable: dice.one([8, HOUR]) } : {}),
    ...(dice.once(6) ? { retrans: 240 } : {}),
    ...(dice.once(8) ? { hopLimit: dice.one([1, 32, 64]) } : {}),
    ...(dice.once(6) ? { bits: dice.one([0x08, 0x18, 0x10]) } : {}),
    options,
  };
}

export const WORDS6: readonly Word[] = [
  { name: "ns", weight: 11, needs: [], make: (dice) => nd(dice, "ns", question(dice)) },
  { name: "na", weight: 14, needs: [], make: (dice) => nd(dice, "na", answer(dice), dice.one(FLAGS)) },
  {
    name: "dad",
    weight: 2,
    needs: [],
    make: (dice) => {
      const target = dice.once(3) ? anyAddress(dice) : dice.one([DUT.ip, DUT_LOCAL.ip]);
      const options = dice.once(2) ? [option(NdOption.NONCE, [1, 2, 3, 4, 5, 6])] : [];
      return nd(dice, "ns", { source: UNSPECIFIED, lladdr: null, target, destination: solicitedNode(target), options });
    },
  },
  {
    name: "rs",
    weight: 2,
    needs: [],
    make: (dice) => nd(dice, "rs", { destination: dice.one([ALL_ROUTERS, DUT.ip, ALL_NODES]) }),
  },
  { name: "ra", weight: 5, needs: [], make: (dice) => nd(dice, "ra", routerWord(dice)) },
  {
    name: "redirect",
    weight: 3,
    needs: [],
    make: (dice) => {
      const about = dice.one([...REMOTES, ...REMOTES, "fd00::3"]);
      const target = dice.one([about, router(dice).ip, router(dice).ip, "fd00::4"]);
      return nd(dice, "redirect", { from: router(dice), target, about });
    },
  },
  {
    name: "odd-nd",
    weight: 4,
    needs: [],
    make: (dice) => {
      const wrong = odd(dice);
      if (dice.once(2)) return nd(dice, "ns", { ...question(dice), ...wrong });
      if (dice.once(2)) return nd(dice, "na", { ...answer(dice), ...wrong }, dice.one(FLAGS));
      return nd(dice, dice.one(["ra", "rs"]), { from: router(dice), ...wrong });
    },
  },
  {
    name: "echo6",
    weight: 4,
    needs: [],
    make: (dice) => {
      const destination = dice.one([DUT.ip, DUT.ip, DUT_LOCAL.ip, ALL_NODES, "fd00:0:0:1::1", "ff02::9"]);
      return [{ do: "echo6", port: "p0", fields: { from: neighbour(dice), destination } }];
    },
  },
  {
    name: "send6",
    weight: 22,
    needs: [],
    make: (dice) => [
      {
        do: "udp",
        to: dice.once(6) ? dice.one([...REMOTES, "ff02::9", "fd00:a::9"]) : neighbour(dice).ip,
        count: dice.once(5) ? 4 : 1,
        size: dice.one([8, 8, 150, 700]),
        confirm: dice.once(8),
      },
    ],
  },
  { name: "add6", weight: 4, needs: [], make: (dice) => changeAny(dice, "add") },
  { name: "replace6", weight: 9, needs: [], make: (dice) => changeAny(dice, "replace") },
  { name: "change6", weight: 5, needs: [], make: (dice) => changeAny(dice, "change") },
  { name: "del6", weight: 5, needs: [], make: (dice) => ip(`neigh del ${anyAddress(dice)} dev e0`) },
  {
    name: "flush6",
    weight: 1,
    needs: [],
    make: (dice) => ip(`neigh flush fd00::4/126 dev e0${dice.once(2) ? "" : ` nud ${dice.one(MASK_STATES)}`}`),
  },
  { name: "parameter6", weight: 5, needs: [], make: (dice) => conf(dice, PARAMETERS, "net.ipv6.neigh.e0") },
  { name: "wait6", weight: 14, needs: [], make: (dice) => [{ do: "wait", ms: dice.one([120, 120, 350, 600, 1200]) }] },
  { name: "policy6", weight: 4, needs: ["arp-sysctl"], make: (dice) => conf(dice, POLICIES, "net.ipv6.conf.e0") },
  {
    name: "e1-6",
    weight: 3,
    needs: ["e1"],
    make: (dice) => {
      const far = host(2 + dice.below(2), "e1");
      if (dice.once(2)) return send(far.ip);
      const own = dice.one([dut.e1.ip, dut.e1.ip, DUT.ip]);
      if (dice.once(2))
        return [{ do: "nd", port: "p1", message: "ns", fields: { from: far, target: own, destination: solicitedNode(own) } }];
      const fields = { from: far, target: far.ip, destination: dut.e1.ip, dst: dut.e1.mac };
      return [{ do: "nd", port: "p1", message: "na", flags: dice.one(FLAGS), fields }];
    },
  },
  {
    name: "ntable6",
    weight: 1,
    needs: ["ntable"],
    make: (dice) => ip(`ntable change name ndisc_cache dev e0 ${dice.one(NTABLE)}`),
  },
  {
    name: "flags6",
    weight: 5,
    needs: ["neigh-flags"],
    make: (dice) => {
      // Managed entries of this family are looked at by a timer of their own, which nothing observes.
      const flags = ["use", "router", "extern_learn"].filter(() => dice.once(3));
      return changeAny(dice, dice.one(["add", "replace", "change"]), flags);
    },
  },
  { name: "get6", weight: 2, needs: ["neigh-get"], make: (dice) => ip(`neigh get ${anyAddress(dice)} dev e0`) },
  {
    name: "proxy6",
    weight: 3,
    needs: ["proxy-arp", "forwarding", "e1"],
    make: (dice) => {
      const target = host(2 + dice.below(3), "e1").ip;
      switch (dice.below(4)) {
        case 0:
          return ip(`neigh ${dice.one(["add", "replace", "del"])} proxy ${target} dev e0`);
        case 1:
          return [{ do: "sysctl", key: `net.ipv6.conf.${dice.one(["e0", "all"])}.proxy_ndp`, value: dice.below(2) }];
        default:
          return nd(dice, "ns", { target, destination: dice.one([solicitedNode(target), solicitedNode(target), target]) });
      }
    },
  },
  {
    name: "transit6",
    weight: 3,
    needs: ["forwarding", "e1"],
    make: (dice) => {
      if (dice.once(6)) return [{ do: "sysctl", key: "net.ipv6.conf.all.forwarding", value: dice.one([1, 1, 0]) }];
      const from = host(2 + dice.below(HOSTS));
      // Not back the way it came: whether a redirect is sent depends on milliseconds.
      const destination = host(2 + dice.below(3), "e1").ip;
      return [{ do: "datagram6", port: "p0", fields: { from, destination, dst: DUT.mac, hops: dice.once(12) ? 1 : 64 } }];
    },
  },
  {
    name: "route6",
    weight: 2,
    needs: ["route-admin"],
    make: (dice) => {
      if (dice.once(2)) return send(dice.one(REMOTES));
      const via = dice.one([`fd00::${2 + HOSTS}`, linkLocal(host(2).mac), linkLocal(host(3).mac)]);
      return ip(`route ${dice.one(["add", "del"])} ${dice.one(["2001:db8::/48", "2001:db8:1::/48"])} via ${via} dev e0`);
    },
  },
  {
    name: "address6",
    weight: 1,
    needs: ["address-admin"],
    make: (dice) => {
      const nodad = dice.once(2) ? " nodad" : "";
      const address = dice.one([DUT.ip, "fd00:c::1", `fd00::${2 + dice.below(HOSTS)}`]);
      return ip(dice.once(2) ? `address del ${address}/64 dev e0` : `address add ${address}/64 dev e0${nodad}`);
    },
  },
  {
    // A link that went down has lost it.
    name: "own6",
    weight: 2,
    needs: ["address-admin"],
    make: () => ip(`address replace ${DUT.ip}/64 dev e0 nodad`),
  },
];
