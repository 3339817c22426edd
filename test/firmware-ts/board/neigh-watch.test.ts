/** The neighbour table's warnings, as a running system tells them: in words, in numbers, and none after its end. */
import t from "tap";
import type { NeighWarning } from "../../../firmware-ts/board/neigh-watch.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { arp, T1, T2 } from "../../support/wire-format.ts";
import { na, PEER_IP6 } from "../../support/wire-format6.ts";

const RIG = `board: { io: none }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.1/24] } }
neighbours: { static: [{ ip: 10.0.0.9, lladdr: "${T1}", dev: eth0 }] }
`;

t.test("spoofing is suspected: a line, its parts, the numbers of the summary", async (t) => {
  const clock = new VirtualClock();
  const warnings: NeighWarning[] = [];
  const listener = {
    ready: () => {},
    device: () => {},
    datagram: () => {},
    neighbours: (warning: NeighWarning) => void warnings.push(warning),
  };
  const system = await System.make(parseRig(RIG, "test.yaml"), { clock, listener });
  await startSystem(system);
  const port = system.wire("eth0")?.attach("tester", { wireFrame: () => {}, wireLink: () => {} });
  const say = async (sha: string, sip: string): Promise<void> => {
    port?.transmit(arp({ sha, from: sha, sip, to: "ff:ff:ff:ff:ff:ff" }), 0, 42);
    await clock.advance(100);
  };
  await say(T1, "10.0.0.7");
  await say(T2, "10.0.0.7");
  await say(T1, "10.0.0.7");
  await say(T2, "10.0.0.9");
  t.same(warnings, [
    {
      kind: "changed",
      text: `spoofing suspected: 10.0.0.7 was ${T1}, ${T2} now claims it (eth0, believed)`,
      dispute: { device: "eth0", address: "10.0.0.7", was: T1, claimed: T2, missed: 0 },
    },
    {
      kind: "static",
      text: `spoofing suspected: 10.0.0.9 was ${T1}, ${T2} now claims it (eth0, a static entry, not believed; 1 more since the last such line)`,
      dispute: { device: "eth0", address: "10.0.0.9", was: T1, claimed: T2, missed: 1 },
    },
  ]);
  t.same(system.summary().neighbours, { tableFulls: 0, changed: 1, flipFlops: 1, contradicted: 1, refused: 0 });
  await system.stop();
  t.equal(warnings.length, 2);
});

t.test("the same of IPv6 neighbours, in the same numbers", async (t) => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const listener = {
    ready: () => {},
    device: () => {},
    datagram: () => {},
    neighbours: ({ text }: NeighWarning) => void told.push(text),
  };
  const rig = RIG.replace("[10.0.0.1/24]", '["fd00::1/64"]').replace("10.0.0.9", '"fd00::2"');
  const system = await System.make(parseRig(rig, "test.yaml"), { clock, listener });
  await startSystem(system);
  const port = system.wire("eth0")?.attach("tester", { wireFrame: () => {}, wireLink: () => {} });
  const claim = na({ source: PEER_IP6, destination: "ff02::1", target: PEER_IP6, link: T2, flags: "O" });
  port?.transmit(claim, 0, claim.length);
  await clock.advance(100);
  t.same(told, [`spoofing suspected: fd00::2 was ${T1}, ${T2} now claims it (eth0, a static entry, not believed)`]);
  t.match(system.summary().neighbours, { contradicted: 1 });
  t.match(Object.fromEntries(system.stack.counters()), { NdStaticContradictions: 1, ArpStaticContradictions: 0 });
  await system.stop();
});
