/** Profiles in neighbour discovery: where `strict` and `lowpower` do other than Linux, each held against `linux` on the same script. */
import t from "tap";
import type { ProfileName } from "../../../../firmware-ts/neigh/profile.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { na, ns, OUR_IP6, PEER_IP6, PEER_LL, udp6 } from "../../../support/wire-format6.ts";

const PEER = { source: PEER_IP6, destination: OUR_IP6 };
const ANSWER = na(PEER);
const ASKED = `who-has ${PEER_IP6} slla us ${OUR_IP6} > ff02::1:ff00:2 > 33:33:ff:00:00:02`;

/** The behaviour of each profile in the same script. */
async function each(script: (lab: Lab6) => unknown): Promise<Record<ProfileName, unknown>> {
  const results = { linux: undefined as unknown, strict: undefined as unknown, lowpower: undefined as unknown };
  for (const profile of ["linux", "strict", "lowpower"] as const) {
    const lab = await Lab6.open({ neighbours: { profile } });
    results[profile] = await script(lab);
    await lab.stack.close();
    if (lab.inUse !== 0) throw new Error(`${profile}: ${lab.inUse} buffers left`);
  }
  return results;
}

/** Sends a datagram every 3 s for 300 s to a host that answers, or to none. Returns the questions to the group and to the host alone. */
function report(lab: Lab6, answers: boolean): [group: number, alone: number] {
  const seen: [number, number] = [0, 0];
  const listen = (): void => {
    for (const line of lab.heard()) {
      if (!line.includes("who-has")) continue;
      seen[line.includes("> 33:33:ff") ? 0 : 1]++;
      if (answers) lab.say(ANSWER);
    }
  };
  for (let second = 0; second < 300; second++) {
    if (second % 3 === 0) lab.poke();
    listen();
    lab.run(1000);
  }
  listen();
  return seen;
}

function resolved(lab: Lab6): void {
  lab.poke();
  lab.say(ANSWER);
  lab.heard();
}

t.test("one-way UDP every 3 s for 300 s: lowpower asks once and then almost never", async (t) => {
  const { linux, strict, lowpower } = (await each((lab) => report(lab, true))) as Record<ProfileName, [number, number]>;
  t.same([linux[0], strict[0], lowpower[0]], [1, 1, 1]);
  for (const [, alone] of [linux, strict]) t.ok(alone >= 5 && alone <= 14, `${alone}`);
  t.ok(lowpower[1] <= 1, `${lowpower[1]}`);
});

t.test("the host is gone: lowpower asks a sixth as often, and is silent for 10 s after each failure (RFC 7048)", async (t) => {
  t.same(await each((lab) => report(lab, false)), { linux: [300, 0], strict: [300, 0], lowpower: [50, 0] });
  const lab = await Lab6.open({ neighbours: { profile: "lowpower" } });
  lab.poke();
  lab.run(2000);
  t.equal(lab.state(), "FAILED");
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  lab.run(9999);
  t.equal(lab.poke(), "failed NEIGH_FAILED");
  lab.heard();
  lab.say(ns(PEER));
  t.not(lab.poke(), "failed NEIGH_FAILED", "a question of the host's ends the silence");
});

t.test("lowpower in PROBE: the known address once, then everybody, before the entry fails (RFC 7048 2)", async (t) => {
  const asked = await each((lab) => {
    resolved(lab);
    lab.run(450_000);
    lab.poke();
    lab.heard();
    lab.run(5000);
    for (let second = 0; second < 8; second++) lab.run(1000);
    return lab.heard().map((line) => (line.endsWith(ASKED.split(" > ").at(-1)!) ? "everybody" : "the host"));
  });
  t.same(asked, {
    linux: ["the host", "the host", "the host"],
    strict: ["the host", "the host", "the host"],
    lowpower: ["the host", "everybody"],
  });
});

t.test("lowpower: what the neighbour sends to us alone confirms it", async (t) => {
  const states = await each((lab) => {
    resolved(lab);
    lab.run(450_000);
    const before = lab.state();
    lab.say(udp6({ ...PEER, dport: 4444 }, "hello"));
    return [before, lab.state()];
  });
  t.same(states, { linux: ["STALE", "STALE"], strict: ["STALE", "STALE"], lowpower: ["STALE", "REACHABLE"] });
});

t.test(
  "strict: an advertisement that nobody asked for confirms nothing, whatever it says of itself; an asked one does",
  async (t) => {
    const unasked = await each((lab) => {
      resolved(lab);
      lab.run(450_000);
      lab.say(ANSWER);
      return lab.state();
    });
    t.same(unasked, { linux: "REACHABLE", strict: "STALE", lowpower: "REACHABLE" });
    const asked = await each((lab) => {
      resolved(lab);
      const first = lab.state();
      lab.run(450_000);
      lab.poke();
      lab.run(5500);
      const probing = lab.state();
      lab.say(ANSWER);
      return [first, probing, lab.state()];
    });
    const right = ["REACHABLE", "PROBE", "REACHABLE"];
    t.same(asked, { linux: right, strict: right, lowpower: right });
  },
);

t.test("strict: a new address is told to the routers three times, without O (RFC 9131 6.1.1); the others are silent", async (t) => {
  const told = (lab: Lab6): string[] => lab.heard().filter((line) => / na /.test(line));
  for (const profile of ["linux", "strict", "lowpower"] as const) {
    const lab = await Lab6.open({ automatic: true, neighbours: { profile } });
    lab.run(10_000);
    const first = told(lab);
    if (profile !== "strict") {
      t.same(first, [], profile);
      continue;
    }
    const [line = ""] = first;
    const start = Number(line.split(" ")[0]);
    const words = `na ${OUR_IP6} - tlla us ${OUR_IP6} > ff02::2 > 33:33:00:00:00:02`;
    t.same(
      first,
      [0, 1000, 2000].map((after) => `${start + after} ${words}`),
      "and not the link-local one",
    );
    t.ok(start >= 1000, `${start}: it was tried first`);
    lab.stack.addAddress(lab.eth0, "fd00::9/64");
    lab.run(2500);
    lab.stack.removeAddress(lab.eth0, "fd00::9/64");
    const before = told(lab).length;
    t.ok(before >= 1 && before <= 2, `${before}`);
    lab.run(10_000);
    t.same(told(lab), [], "an address that has gone is told no more");
    lab.stack.addAddress(lab.eth0, "fd00::9/64");
    lab.run(2500);
    lab.heard();
    await lab.eth0.close();
    lab.run(10_000);
    await lab.eth0.open();
    lab.run(10_000);
    t.same(told(lab), [], "nor one that its device took along");
    t.equal(lab.inUse, 0);
  }
});

t.test(
  "strict: a router believes a host that tells its address (RFC 9131 6.1.2), by a setting that an operator can change",
  async (t) => {
    const shown = await each((lab) => {
      lab.ip6.conf.write("all", "forwarding", 1);
      const announce = (source: string): void => lab.say(na({ source, target: source, destination: "ff02::2", flags: "" }));
      const before = lab.ip6.conf.read(lab.eth0, "accept_untracked_na");
      announce(PEER_IP6);
      lab.ip6.conf.write(lab.eth0, "accept_untracked_na", 0);
      announce(PEER_LL);
      return [before, lab.shown(PEER_IP6), lab.shown(PEER_LL)];
    });
    t.same(shown, { linux: [0, "-", "-"], strict: [1, "STALE:02", "-"], lowpower: [0, "-", "-"] });
  },
);
