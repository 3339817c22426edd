/**
 * Headers that a destination keeps: whatever changes between two datagrams, it sends the very bytes that a destination sends which was made for this
 * one datagram and takes the long way.
 */
import fc from "fast-check";
import t from "tap";
import { INADDR_ANY } from "../../../firmware-ts/ip/address.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { Lab, say } from "../../support/lab.ts";
import { arpReply, T1, T2 } from "../../support/wire-format.ts";
import { na, PEER_IP6 } from "../../support/wire-format6.ts";

/** Changes of what headers are made of, each with a number to choose by. */
const CHANGES: Readonly<Record<string, (lab: Lab, which: number) => unknown>> = {
  nothing: () => {},
  neighbour: (lab, which) => {
    for (const host of HOSTS) lab.stack.addNeighbour(host, which % 2 === 0 ? T1 : T2, lab.eth0);
  },
  forgotten: (lab, which) => {
    const version = which % 2 === 0 ? 4 : 6;
    const { table } = lab.stack.neighbours(version);
    const key = lab.stack.layers.address(HOSTS[version === 4 ? 0 : 1] as string);
    const entry = typeof key === "number" ? table.find(key, lab.eth0) : table.find(key.d, lab.eth0, key);
    if (entry) table.delete(entry);
  },
  answer: (lab, which) => {
    lab.say(arpReply({ sha: which % 2 === 0 ? T1 : T2 }));
    lab.say(na({ source: PEER_IP6, destination: "fd00::1", from: which % 2 === 0 ? T1 : T2 }));
  },
  station: (lab, which) => lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, which + 1)),
  mtu: (lab, which) => lab.eth0.setMtu(1280 + which),
  arp: (lab, which) => lab.eth0.setArp(which % 2 === 0),
  carrier: (lab, which) => {
    lab.port.plugged = which % 3 !== 0;
  },
  time: (lab, which) => lab.run(2 ** which * 100),
  ttl: (lab, which) => {
    lab.stack.ip.settings.defaultTtl = 10 + which;
  },
  hops: (lab, which) => lab.stack.ip6?.conf.write(lab.eth0, "hop_limit", 10 + which),
  labels: (lab, which) => {
    if (lab.stack.ip6) lab.stack.ip6.settings.autoFlowlabels = which % 2;
  },
  source: (lab, which) => {
    for (const address of ["10.0.0.9/24", "fd00::9/64"]) {
      if (which % 2 === 0) lab.stack.addAddress(lab.eth0, address);
      else lab.stack.removeAddress(lab.eth0, address);
    }
  },
  gateway: (lab, which) => {
    for (const to of ["10.0.0.2/32", "fd00::2/128"]) {
      const via = to.includes(":") ? "fd00::3" : "10.0.0.3";
      if (which % 2 === 0) lab.stack.addRoute({ to, via, replace: true });
      else lab.stack.removeRoute({ to });
    }
  },
  "path mtu": (lab, which) => {
    const { ip, ip6, layers } = lab.stack;
    ip.tooLong(PEER, INADDR_ANY, 600 + which);
    const [peer, ours] = [PEER_IP6, "fd00::1"].map((text) => layers.address(text));
    if (ip6 && typeof peer === "object" && typeof ours === "object") {
      const { route } = ip6.wayOfAnswer(peer, ours, lab.eth0);
      if (route) ip6.fib.paths.learn(peer, route, 1280 + which, ip6.settings.mtuExpires);
    }
  },
  tap: (lab, which) => {
    if (which % 2 === 0) lab.stack.network.tap(() => {});
  },
};

const HOSTS = ["10.0.0.2", PEER_IP6];
const PEER = ipv4("10.0.0.2");
const LENGTHS = [0, 1, 2, 3, 7, 18, 32, 63, 64, 65, 127, 128, 1232];

/** Refused changes are refused by both. */
function happen(lab: Lab, name: string, which: number): void {
  try {
    CHANGES[name]?.(lab, which);
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
  }
}

t.test("whatever changes: a destination kept sends the bytes of one made for each datagram", async (t) => {
  const step = fc.record({ name: fc.constantFrom(...Object.keys(CHANGES)), which: fc.nat(9), length: fc.constantFrom(...LENGTHS) });
  let [straight, all] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (script) => {
      const options = { addresses: ["10.0.0.1/24", "fd00::1/64"], ip6: true };
      const [keeper, maker] = [await Lab.open(options), await Lab.open(options)];
      for (const lab of [keeper, maker]) happen(lab, "neighbour", 0);
      for (const [at, { name, which, length }] of script.entries()) {
        for (const lab of [keeper, maker]) happen(lab, name, which);
        const payload = new Uint8Array(length).map((_, byte) => byte + at);
        for (const host of HOSTS) {
          const kept = keeper.to(host);
          const said = say(keeper.socket.send(payload, kept, at));
          const wanted = say(maker.socket.send(payload, maker.socket.to(host, 9), at));
          all++;
          if ((kept.way as { straight?: boolean }).straight) straight++;
          if (said !== wanted) throw new Error(`${name} ${which}, to ${host}: ${said}, not ${wanted}`);
        }
        const [sent, wanted] = [keeper, maker].map((lab) => {
          lab.run(0);
          return lab.take().map(({ bytes }) => Buffer.from(bytes).toString("hex"));
        });
        if (`${sent}` !== `${wanted}`) throw new Error(`${name} ${which}:\n${sent?.join("\n")}\nnot:\n${wanted?.join("\n")}`);
      }
      if (keeper.fates.join() !== maker.fates.join()) throw new Error("other fates");
      for (const layer of ["ip", "ip6"] as const)
        t.same(keeper.stack[layer]?.counters, maker.stack[layer]?.counters, "the same counters");
      t.same(keeper.nic.statistics, maker.nic.statistics);
      for (const lab of [keeper, maker]) await lab.stack.close();
    }),
    { numRuns: 40 },
  );
  t.ok(straight > all / 4, `${straight} of ${all} took the short way`);
});

t.test("an entry that is collected while it is in use: the next datagram asks for the neighbour", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  t.same([lab.poke(), lab.poke()], ["sent", "sent"]);
  lab.stack.neighbours(4).table.remove(lab.entry(), "gc");
  t.same([lab.poke(), lab.state()], ["queued", "INCOMPLETE"]);
});

t.test("a neighbour that is in doubt: the next datagram takes the long way and starts the delay", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  lab.say(arpReply());
  const ways: boolean[] = [];
  const send = (): void => {
    lab.poke();
    ways.push((lab.to().way as { straight?: boolean }).straight === true);
  };
  send();
  send();
  t.same([ways, lab.state()], [[true, true], "REACHABLE"]);
  lab.run(60_000);
  t.equal(lab.state(), "STALE");
  send();
  t.same([ways.at(-1), lab.state()], [false, "DELAY"]);
  lab.run(5_000);
  t.equal(lab.state(), "PROBE");
  send();
  t.equal(ways.at(-1), false);
  lab.say(arpReply());
  send();
  t.same([ways.at(-1), lab.state()], [true, "REACHABLE"]);
});
