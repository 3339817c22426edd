/** Claims to addresses (RFC 5227): probes, announcements and defence, with times; two boards that want the same address. */
import t from "tap";
import type { DefencePolicy } from "../../../../firmware-ts/ip4/arp/claim.ts";
import type { ClaimedAddress } from "../../../../firmware-ts/ip4/claimed-address.ts";
import type { NetDevice } from "../../../../firmware-ts/net/device.ts";
import { formatMac } from "../../../../firmware-ts/net/ethernet.ts";
import { Stack } from "../../../../firmware-ts/stack.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";
import { Lab } from "../../../support/lab.ts";
import { arp, arpReply, mac, T1, T2, US } from "../../../support/wire-format.ts";

const ADDRESS = "10.0.0.7";

/** A claim whose story is written down. */
class Story {
  readonly events: string[] = [];
  readonly claim: ClaimedAddress;

  constructor(stack: Stack, device: NetDevice, options: { defence?: DefencePolicy; probes?: boolean } = {}) {
    const tell = (what: string, lladdr?: Uint8Array): void => {
      this.events.push(`${Math.round(stack.clock.now())} ${what}${lladdr ? ` ${formatMac(lladdr)}` : ""}`);
    };
    this.claim = stack.claimAddress(
      device,
      `${ADDRESS}/24`,
      {
        claimed: () => tell("claimed"),
        lost: (conflict) => tell(`lost while ${conflict.while} to`, conflict.lladdr),
        defended: ({ lladdr }) => tell("defended against", lladdr),
        refused: ({ code }) => tell(`refused ${code}`),
      },
      options,
    );
  }
}

/** The ARP frames heard, as `time sender>target` with `0` for nobody. */
function frames(lab: Lab): { at: number; line: string }[] {
  return lab.take().map(({ time, bytes }) => {
    const octets = (at: number): string => [...bytes.subarray(at, at + 4)].join(".").replace("0.0.0.0", "0");
    return { at: time, line: `${octets(28)}>${octets(38)}` };
  });
}

t.test("three probes, two announcements, at the times of RFC 5227 1.1; then it is there", async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const lab = await Lab.open({ addresses: [], seed });
    const { claim, events } = new Story(lab.stack, lab.eth0);
    lab.run(60_000);
    const heard = frames(lab);
    const line = `0>${ADDRESS}`;
    t.same(
      heard.map((frame) => frame.line),
      [line, line, line, `${ADDRESS}>${ADDRESS}`, `${ADDRESS}>${ADDRESS}`],
    );
    const [first = 0, second = 0, third = 0, claimed = 0, again = 0] = heard.map(({ at }) => at);
    t.ok(first >= 0 && first <= 1000, `PROBE_WAIT ${first}`);
    for (const gap of [second - first, third - second]) t.ok(gap >= 1000 && gap <= 2000, `PROBE_MIN ${gap} PROBE_MAX`);
    t.equal(Math.round(claimed - third), 2000, "ANNOUNCE_WAIT");
    t.equal(Math.round(again - claimed), 2000, "ANNOUNCE_INTERVAL");
    t.same(events, [`${Math.round(claimed)} claimed`]);
    t.equal(claim.own?.prefixLength, 24);
    t.equal(lab.stack.neighbours(4).counters(lab.eth0).requestsBroadcast, 5, "each of them wakes everybody");
    await lab.stack.close();
    t.equal(lab.inUse, 0);
  }
});

t.test("another station has it: each packet that RFC 5227 2.1.1 names, and none other", async (t) => {
  const conflicts: Record<string, Uint8Array> = {
    "its answer": arpReply({ sip: ADDRESS, tip: "0.0.0.0" }),
    "its request for another": arp({ sip: ADDRESS, tip: "10.0.0.99" }),
    "its announcement": arp({ sip: ADDRESS, tip: ADDRESS }),
    "its probe": arp({ sip: "0.0.0.0", tip: ADDRESS }),
  };
  const harmless: Record<string, Uint8Array> = {
    "a question for it": arp({ sip: "10.0.0.2", tip: ADDRESS }),
    "a probe for another": arp({ sip: "0.0.0.0", tip: "10.0.0.8" }),
    "our own probe, sent back": arp({ sha: US, from: US, sip: "0.0.0.0", tip: ADDRESS }),
    "an answer to a probe of somebody's": arpReply({ sip: "0.0.0.0", tip: ADDRESS }),
    "no operation that there is": arp({ op: 9, sip: ADDRESS, tip: ADDRESS }),
  };
  for (const [name, frame] of Object.entries({ ...conflicts, ...harmless })) {
    for (const when of [500, 3000, 4500]) {
      const lab = await Lab.open({ addresses: [] });
      const { claim, events } = new Story(lab.stack, lab.eth0);
      lab.run(when);
      lab.say(frame);
      lab.run(30_000);
      if (name in conflicts) {
        t.same(events, [`${when} lost while probing to ${T1}`], `${name} at ${when}`);
        t.equal(claim.own, undefined);
        t.same(
          frames(lab).filter(({ at }) => at > when),
          [],
          "nothing more is sent",
        );
      } else {
        t.match(events, [/claimed$/], `${name} at ${when}`);
      }
      await lab.stack.close();
    }
  }
});

t.test("the address is in use: the three policies of RFC 5227 2.4", async (t) => {
  const stories: Record<DefencePolicy, string[]> = {
    "give-up": [`20000 lost while held to ${T1}`],
    "defend-once": [`20000 defended against ${T1}`, `35000 defended against ${T1}`, `40000 lost while held to ${T1}`],
    keep: [`20000 defended against ${T1}`, `35000 defended against ${T1}`, `50000 defended against ${T1}`],
  };
  for (const [defence, story] of Object.entries(stories) as [DefencePolicy, string[]][]) {
    const lab = await Lab.open({ addresses: [] });
    const { claim, events } = new Story(lab.stack, lab.eth0, { defence });
    lab.run(10_000);
    events.length = 0;
    frames(lab);
    for (const at of [20_000, 35_000, 40_000, 50_000]) {
      lab.run(at - lab.clock.now());
      lab.say(arp({ sip: ADDRESS, tip: "10.0.0.99" }));
    }
    lab.run(30_000);
    t.same(events, story, defence);
    t.equal(frames(lab).length, story.filter((line) => line.includes("defended")).length, "one announcement each");
    t.equal(claim.own === undefined, defence !== "keep");
    await lab.stack.close();
  }
});

t.test("without probes it is there in the next turn, and announced; released, it goes and nothing is said", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const { claim, events } = new Story(lab.stack, lab.eth0, { probes: false });
  t.equal(claim.own, undefined);
  lab.run(0);
  t.same(events, ["0 claimed"]);
  lab.run(5000);
  t.same(
    frames(lab).map(({ at }) => at),
    [0, 2000],
  );
  claim.release();
  claim.release();
  t.equal(claim.own, undefined);
  lab.say(arp({ sip: ADDRESS, tip: "10.0.0.99" }));
  lab.run(60_000);
  t.same([events, frames(lab)], [["0 claimed"], []]);
  await lab.stack.close();
});

t.test("after ten conflicts one claim a minute begins (RFC 5227 2.1.1), until one is held", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const starts: number[] = [];
  const begin = (): void => {
    starts.push(lab.clock.now());
    new Story(lab.stack, lab.eth0);
  };
  for (let round = 0; round < 14; round++) {
    begin();
    const asked = starts.at(-1) as number;
    while (frames(lab).length === 0) lab.run(100);
    const waited = lab.clock.now() - asked;
    if (round < 10) t.ok(waited <= 1100, `attempt ${round} waits ${waited}`);
    else t.ok(waited >= 55_000 && waited <= 61_100, `attempt ${round} waits ${waited}`);
    lab.say(arp({ sip: ADDRESS, tip: ADDRESS }));
  }
  begin();
  lab.run(80_000);
  t.equal(frames(lab).length, 5, "held");
  lab.run(0);
  begin();
  lab.run(1100);
  t.equal(frames(lab).length, 1, "at once again");
  await lab.stack.close();
});

t.test("two boards that claim one address: RFC 5227's order of frames", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const other = new Stack({ clock: lab.clock, random: new SeededRandom("other") });
  const nic = new WireNic(lab.clock, lab.wire, "other", Uint8Array.from(mac(T2)));
  const theirs = other.addDevice("eth0", nic);
  await theirs.open();
  const one = new Story(lab.stack, lab.eth0);
  const two = new Story(other, theirs);
  lab.run(30_000);
  // The one that still waits when the first probe comes has lost, and has sent nothing.
  const line = `0>${ADDRESS}`;
  const announced = `${ADDRESS}>${ADDRESS}`;
  t.match([one.events, two.events], [[new RegExp(`lost while probing to ${T2}`)], [/claimed$/]]);
  t.same(
    frames(lab).map((frame) => frame.line),
    [line, line, line, announced, announced],
  );
  // The one that comes later is answered at its first probe.
  const later = new Story(lab.stack, lab.eth0);
  lab.run(30_000);
  t.match(later.events, [new RegExp(`lost while probing to ${T2}`)]);
  t.same(
    frames(lab).map((frame) => frame.line),
    [line, `${ADDRESS}>0`],
    "one probe, and its answer",
  );
  await lab.stack.close();
  await other.close();
});

t.test("a held address is announced when its link comes back", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  new Story(lab.stack, lab.eth0, { probes: false });
  lab.run(5000);
  frames(lab);
  lab.nic.port.plugged = false;
  lab.run(1000);
  lab.nic.port.plugged = true;
  lab.run(5000);
  t.same(
    frames(lab).map(({ line }) => line),
    [`${ADDRESS}>${ADDRESS}`, `${ADDRESS}>${ADDRESS}`],
  );
  await lab.stack.close();
});

t.test("a device that cannot have the address says so", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  lab.stack.addAddress(lab.eth0, "10.0.0.9/24", { scope: 253 });
  const { claim, events } = new Story(lab.stack, lab.eth0, { probes: false });
  lab.run(60_000);
  t.same([events, claim.own], [["0 refused SCOPE_INVALID"], undefined]);
  t.same(lab.heard(), []);
  await lab.stack.close();
});

t.test("profile strict announces a claimed address no more than once more", async (t) => {
  const lab = await Lab.open({ addresses: [], neighbours: { profile: "strict" } });
  new Story(lab.stack, lab.eth0);
  lab.run(60_000);
  t.equal(frames(lab).length, 5);
  await lab.stack.close();
});
