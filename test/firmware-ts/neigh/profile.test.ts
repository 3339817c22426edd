/** Profiles: where `strict` and `lowpower` do other than Linux, each held against `linux` on the same script. */
import t from "tap";
import type { ProfileName } from "../../../firmware-ts/neigh/profile.ts";
import { Lab, type LabOptions } from "../../support/lab.ts";
import { SecondLink, US1 } from "../../support/second-link.ts";
import { arp, arpReply, BROADCAST, icmp, T1, T2, US, ZERO } from "../../support/wire-format.ts";

function open(profile: ProfileName, options: LabOptions = {}): Promise<Lab> {
  return Lab.open({ ...options, neighbours: { profile } });
}

/** The behaviour of each profile in the same script. */
async function each(script: (lab: Lab) => unknown, options?: LabOptions): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const profile of ["linux", "strict", "lowpower"] as const) {
    const lab = await open(profile, options);
    lab.run(5000);
    lab.heard();
    results[profile] = await script(lab);
    await lab.stack.close();
    if (lab.inUse !== 0) throw new Error(`${profile}: ${lab.inUse} buffers left`);
  }
  return results;
}

/** Frames heard, without their times. */
function asked(lab: Lab): string[] {
  return lab.heard().map((line) => line.replace(/^\S+ /, ""));
}

function resolved(lab: Lab): void {
  lab.poke();
  lab.say(arpReply());
  lab.heard();
}

/** From now on the tester answers for 10.0.0.2, as `who`, every request. Returns how many frames of ARP it saw. */
function answering(lab: Lab, who: { mac: string | null }): { broadcast: number; unicast: number; lost: number } {
  const seen = { broadcast: 0, unicast: 0, lost: 0 };
  const record = lab.tester.wireFrame.bind(lab.tester);
  lab.tester.wireFrame = (bytes, length) => {
    record(bytes, length);
    const to = Buffer.from(bytes.subarray(0, 6))
      .toString("hex")
      .replace(/..(?!$)/g, "$&:");
    const type = (bytes[12]! << 8) | bytes[13]!;
    if (type === 0x0800 && to !== who.mac) seen.lost++;
    if (type !== 0x0806 || bytes[21] !== 1) return;
    if (to === BROADCAST) seen.broadcast++;
    else seen.unicast++;
    if (who.mac !== null && (to === BROADCAST || to === who.mac)) lab.port.transmit(arpReply({ sha: who.mac }), 0, 42);
  };
  return seen;
}

function report(lab: Lab, seconds: number): void {
  for (let at = 0; at < seconds; at += 3) {
    lab.poke();
    lab.run(3000);
  }
}

t.test("one-way UDP every 3 s for 300 s: lowpower asks once and then almost never", async (t) => {
  for (const [profile, least, most] of [
    ["linux", 5, 14],
    ["strict", 5, 14],
    ["lowpower", 0, 3],
  ] as const) {
    for (let seed = 1; seed <= 20; seed++) {
      const lab = await open(profile, { seed });
      lab.run(5000);
      const seen = answering(lab, { mac: T1 });
      report(lab, 300);
      t.equal(seen.broadcast, 1, `${profile} ${seed}`);
      t.ok(seen.unicast >= least && seen.unicast <= most, `${profile} ${seed}: ${seen.unicast} unicast`);
      t.equal(seen.lost, 0);
      await lab.stack.close();
    }
  }
});

t.test("the gateway is gone: linux asks without end, lowpower ten times less, both are back when it is", async (t) => {
  const broadcasts = await each((lab) => {
    const seen = answering(lab, { mac: null });
    report(lab, 300);
    return seen.broadcast;
  });
  t.match(broadcasts, { linux: 300, strict: 300 });
  t.ok((broadcasts["lowpower"] as number) <= 60, `lowpower: ${String(broadcasts["lowpower"])}`);
  const back = await each((lab) => {
    const gateway = { mac: null as string | null };
    answering(lab, gateway);
    report(lab, 60);
    gateway.mac = T1;
    report(lab, 12);
    return lab.state();
  });
  t.same(back, { linux: "REACHABLE", strict: "REACHABLE", lowpower: "REACHABLE" });
});

t.test("lowpower: after a failure packets fail at once for 10 s, but one word from the neighbour ends that", async (t) => {
  const lab = await open("lowpower");
  t.equal(lab.poke(), "queued");
  lab.run(2000);
  t.equal(lab.state(), "FAILED");
  t.equal(lab.heard().length, 2, "two requests");
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  lab.run(9990);
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  t.same(lab.heard(), []);
  lab.run(10);
  t.equal(lab.poke(), "queued");
  lab.run(2000);
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  lab.say(arp({ tip: "10.0.0.2" }));
  t.equal(lab.poke(), "sent");
});

t.test("a gateway with a new address: found by everybody after the reachable time, at once when it says so", async (t) => {
  const silent = await each((lab) => {
    const gateway = { mac: T1 };
    const seen = answering(lab, gateway);
    report(lab, 30);
    gateway.mac = T2;
    // Longest reachable time of lowpower, the delay, and its two requests.
    report(lab, 463);
    seen.lost = 0;
    report(lab, 30);
    return [seen.lost, lab.entry().address[5]];
  });
  t.same(silent, { linux: [0, lastOf(T2)], strict: [0, lastOf(T2)], lowpower: [0, lastOf(T2)] });
  const announced = await each((lab) => {
    resolved(lab);
    lab.say(arp({ sha: T2, tip: "10.0.0.2" }));
    lab.poke();
    return lab.take().at(-1)?.bytes[5];
  });
  t.same(announced, { linux: lastOf(T2), strict: lastOf(T1), lowpower: lastOf(T2) }, "strict asks the old one first");
});

t.test("lowpower in PROBE: the known address once, then everybody, before the entry fails", async (t) => {
  const lab = await open("lowpower");
  resolved(lab);
  lab.run(450_000);
  t.equal(lab.state(), "STALE");
  lab.poke();
  lab.run(5000);
  t.equal(lab.state(), "PROBE");
  lab.run(2000);
  t.equal(lab.state(), "FAILED");
  t.same(
    asked(lab).filter((line) => line.startsWith("who-has")),
    ["who-has 10.0.0.2 tell 10.0.0.1 us > T1", "who-has 10.0.0.2 tell 10.0.0.1 us > all"],
  );
});

t.test("lowpower: what the neighbour sends to us alone confirms it; others' packets and to everybody do not", async (t) => {
  const ping = { source: "10.0.0.2", destination: "10.0.0.1", icmpType: 0 };
  const answers: Record<string, (lab: Lab) => void> = {
    "its packet": (lab) => lab.say(icmp(ping)),
    "a packet through it": (lab) => {
      lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
      lab.say(icmp({ ...ping, source: "192.0.2.9" }));
    },
    "its request for us": (lab) => lab.say(arp()),
    "a packet from another station": (lab) => lab.say(icmp({ ...ping, from: T2 })),
    "a broadcast": (lab) => lab.say(icmp({ ...ping, to: BROADCAST, destination: "10.0.0.255" })),
    "a request for another": (lab) => lab.say(arp({ tip: "10.0.0.9" })),
  };
  const states: Record<string, unknown> = {};
  for (const [what, act] of Object.entries(answers)) {
    states[what] = await each((lab) => {
      resolved(lab);
      lab.run(450_000);
      act(lab);
      return lab.state();
    });
  }
  const stale = { linux: "STALE", strict: "STALE", lowpower: "STALE" };
  const confirmed = { ...stale, lowpower: "REACHABLE" };
  t.same(states, {
    "its packet": confirmed,
    "a packet through it": confirmed,
    "its request for us": confirmed,
    "a packet from another station": stale,
    "a broadcast": stale,
    "a request for another": stale,
  });
});

t.test("strict: no station has a group's, nobody's or our own link address", async (t) => {
  for (const sha of [BROADCAST, "01:00:5e:00:00:01", ZERO, US]) {
    const told = await each((lab) => {
      lab.say(arp({ sha, from: T1 }));
      return [lab.state(), lab.heard().length];
    });
    t.same(told, { linux: ["STALE", 1], strict: ["-", 0], lowpower: ["STALE", 1] }, sha);
  }
  for (const sha of ["02:00:00:00:00:00", "00:00:00:00:00:02"]) {
    const told = await each((lab) => {
      lab.say(arp({ sha, from: T1 }));
      return [lab.state(), lab.heard().length];
    });
    t.same(told, { linux: ["STALE", 1], strict: ["STALE", 1], lowpower: ["STALE", 1] }, sha);
  }
});

t.test("strict: a reply that nobody asked for confirms nothing, an asked one does", async (t) => {
  const unasked = await each((lab) => {
    resolved(lab);
    lab.run(450_000);
    lab.say(arpReply());
    return lab.state();
  });
  t.same(unasked, { linux: "REACHABLE", strict: "STALE", lowpower: "REACHABLE" });
  const overheard = await each((lab) => {
    lab.poke();
    lab.say(arpReply({ tip: "10.0.0.9" }));
    return lab.state();
  });
  // Waiting packets go out, and the neighbour will be asked again.
  t.same(overheard, { linux: "REACHABLE", strict: "DELAY", lowpower: "REACHABLE" });
  const asked = await each((lab) => {
    resolved(lab);
    return lab.state();
  });
  t.same(asked, { linux: "REACHABLE", strict: "REACHABLE", lowpower: "REACHABLE" });
});

/** Frames of the station T2 that claim 10.0.0.2, which nobody asked for. */
const CLAIMS: Readonly<Record<string, Uint8Array>> = {
  "an announcement": arp({ sha: T2, tip: "10.0.0.2" }),
  "an announcement as a reply": arpReply({ sha: T2, tha: T2, tip: "10.0.0.2", to: BROADCAST }),
  "a reply to us": arpReply({ sha: T2 }),
  "a request for us": arp({ sha: T2 }),
  "a request for another": arp({ sha: T2, tip: "10.0.0.9" }),
};

t.test("strict: another address is not believed unasked, the old one is asked", async (t) => {
  for (const [what, frame] of Object.entries(CLAIMS)) {
    const told = await each((lab) => {
      resolved(lab);
      lab.run(2000);
      lab.say(frame);
      const requests = asked(lab).filter((line) => line.startsWith("who-has"));
      return [lab.entry().address[5], lab.state(), requests];
    });
    const state = what === "a reply to us" ? "REACHABLE" : "STALE";
    const believed = [lastOf(T2), state, []];
    const doubted = [lastOf(T1), "PROBE", ["who-has 10.0.0.2 tell 10.0.0.1 us > T1"]];
    t.same(told, { linux: believed, strict: doubted, lowpower: believed }, what);
  }
});

t.test("strict: the old address answers and stays; a flood of claims costs a request a second", async (t) => {
  const lab = await open("strict");
  lab.run(5000);
  const seen = answering(lab, { mac: T1 });
  report(lab, 30);
  seen.unicast = 0;
  for (let n = 0; n < 5000; n++) {
    lab.run(2);
    lab.say(CLAIMS[Object.keys(CLAIMS)[n % 5] as string] as Uint8Array);
    if (lab.entry().address[5] !== lastOf(T1)) throw new Error(`believed after ${n}`);
  }
  t.ok(seen.unicast >= 9 && seen.unicast <= 11, `${seen.unicast} requests in 10 s`);
  lab.run(1000);
  t.same([lab.state(), seen.broadcast, seen.lost], ["REACHABLE", 1, 0]);
  t.match(lab.stack.neighbours(4).table.suspicions, { changed: 0, flipFlops: 0, contradicted: 0, refused: 5000 });
});

t.test("strict: the old address is gone: found within four seconds of the announcement", async (t) => {
  const lab = await open("strict");
  const gateway = { mac: T1 };
  answering(lab, gateway);
  report(lab, 30);
  gateway.mac = T2;
  lab.say(CLAIMS["an announcement"] as Uint8Array);
  for (let at = 0; at < 4000; at += 500) {
    lab.run(500);
    lab.poke();
  }
  t.same([lab.state(), lab.entry().address[5]], ["REACHABLE", lastOf(T2)]);
});

t.test("strict: an answer to a request to everybody is believed, in PROBE too", async (t) => {
  const lab = await open("strict");
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).mcastReprobes = 1;
  resolved(lab);
  lab.run(2000);
  lab.say(CLAIMS["an announcement"] as Uint8Array);
  lab.run(2500);
  lab.say(CLAIMS["a reply to us"] as Uint8Array);
  t.same([lab.state(), lab.entry().address[5]], ["PROBE", lastOf(T1)], "so far T1 alone was asked");
  lab.run(1000);
  lab.say(CLAIMS["a reply to us"] as Uint8Array);
  t.same([lab.state(), lab.entry().address[5]], ["REACHABLE", lastOf(T2)]);
});

t.test("strict: without requests to a known address there is nobody to ask, and the old one stays", async (t) => {
  const lab = await open("strict");
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).ucastProbes = 0;
  resolved(lab);
  lab.run(2000);
  lab.say(CLAIMS["an announcement"] as Uint8Array);
  t.same([lab.state(), lab.entry().address[5]], ["REACHABLE", lastOf(T1)]);
});

t.test("strict: the age of an entry does not matter; the old address is asked a second after its last word", async (t) => {
  const young = await each((lab) => {
    resolved(lab);
    lab.run(50);
    lab.say(arpReply({ sha: T2 }));
    const before = asked(lab).length;
    lab.run(950);
    return [lab.entry().address[5], before, asked(lab)];
  });
  const kept = [lastOf(T1), 0, []];
  t.same(young, { linux: kept, strict: [lastOf(T1), 0, ["who-has 10.0.0.2 tell 10.0.0.1 us > T1"]], lowpower: kept });
});

t.test("strict: what was just used is not asked for without the next packet (RFC 4861 7.3.3)", async (t) => {
  const states = await each((lab) => {
    resolved(lab);
    // Used within the last five seconds of the reachable time, by a way that counts as use.
    const entry = lab.entry();
    lab.run(entry.confirmed + entry.parameters.reachableTime - lab.clock.now() - 1);
    entry.used = lab.clock.now();
    lab.run(2);
    return lab.state();
  });
  t.same(states, { linux: "DELAY", strict: "STALE", lowpower: "STALE" });
});

t.test("strict: an address is announced twice, 2 s apart, when it comes and when its device comes up", async (t) => {
  const lab = await open("strict");
  lab.run(10_000);
  const one = "who-has 10.0.0.1 tell 10.0.0.1 us > all";
  t.same(lab.heard(), [`0 ${one}`, `2000 ${one}`]);
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(1000);
  t.same(asked(lab), [one]);
  lab.stack.removeAddress(lab.eth0, "10.0.0.1/24");
  lab.run(10_000);
  t.same(lab.heard(), [], "not for an address that has gone");
  lab.stack.addAddress(lab.eth0, "10.0.0.1/24");
  await lab.eth0.close();
  lab.run(10_000);
  t.same(asked(lab), [one], "nor by a device that is down");
  const silent = await open("linux");
  silent.run(10_000);
  t.same(silent.heard(), []);
});

t.test("strict: an address that another station uses is defended, at most every 10 s", async (t) => {
  const lab = await open("strict");
  lab.run(5000);
  lab.heard();
  const theirs = arp({ sip: "10.0.0.1", tip: "10.0.0.7" });
  for (const [wait, heard] of [
    [0, 1],
    [9999, 0],
    [1, 1],
  ] as const) {
    lab.run(wait);
    lab.say(theirs);
    t.same(asked(lab), Array(heard).fill("who-has 10.0.0.1 tell 10.0.0.1 us > all"), `after ${wait} ms`);
  }
  t.equal(lab.stack.neighbours(4).defence.conflicts, 3);
  lab.say(arp({ sip: "10.0.0.1", tip: "10.0.0.7", sha: US }));
  t.equal(lab.stack.neighbours(4).defence.conflicts, 3, "our own is none");
});

t.test("strict: another device of ours on the same link is no conflict", async (t) => {
  const lab = await open("strict");
  await SecondLink.open(lab, "10.0.1.1/24");
  lab.run(5000);
  lab.heard();
  lab.say(arp({ sip: "10.0.0.1", tip: "10.0.0.7", sha: US1 }));
  t.same(asked(lab), []);
  t.equal(lab.stack.neighbours(4).defence.conflicts, 0);
});

t.test("strict: a conflict that nothing was said to does not keep the next one from being answered", async (t) => {
  const lab = await open("strict");
  const second = await SecondLink.open(lab, "10.0.1.1/24");
  lab.run(5000);
  lab.heard();
  second.heard();
  // On a link where the address is not ours there is nothing to defend.
  second.say(arp({ sip: "10.0.0.1", tip: "10.0.0.7" }));
  t.same(second.heard(), []);
  lab.say(arp({ sip: "10.0.0.1", tip: "10.0.0.7" }));
  t.same(asked(lab), ["who-has 10.0.0.1 tell 10.0.0.1 us > all"]);
});

function lastOf(mac: string): number {
  return Number.parseInt(mac.slice(-2), 16);
}
