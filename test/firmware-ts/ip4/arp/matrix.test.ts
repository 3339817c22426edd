/**
 * The effect of each kind of ARP frame on an entry in each state: the whole matrix, as measured on Linux 6.18. A cell is the state
 * afterwards. `:77`: the frame's address replaced the known one. `*`: a change was told. `R`: we answered. `=`: nothing changed.
 */
import t, { type Test } from "tap";
import { Lab } from "../../../support/lab.ts";
import { type ArpFields, arp, BROADCAST, T1, T2, US } from "../../../support/wire-format.ts";

const STATES = ["none", "INCOMPLETE", "FAILED", "STALE", "DELAY", "REACHABLE", "PROBE", "NOARP", "PERMANENT"] as const;
type State = (typeof STATES)[number];

const EVENTS: Record<string, ArpFields> = {
  "unicast reply": { op: 2, to: US, tha: US },
  "unicast reply to somebody else's address": { op: 2, to: US, tha: US, tip: "10.0.0.99" },
  "broadcast reply": { op: 2, to: BROADCAST, tha: US },
  "request for another": { tip: "10.0.0.99" },
  "garp request": { tip: "10.0.0.2" },
  "garp reply": { op: 2, to: BROADCAST, tip: "10.0.0.2" },
  "reply sip==tip, tha!=sha": { op: 2, to: BROADCAST, tip: "10.0.0.2", tha: US },
  "request for us": {},
};

/** Columns as in STATES. */
type Row = [event: string, ...cells: string[]];

const PASSIVE_SAME = ["-", "STALE*", "STALE*", "=", "=", "=", "=", "=", "="];
const SAME: Row[] = [
  ["unicast reply", "-", "REACHABLE*", "REACHABLE*", "REACHABLE*", "REACHABLE*", "=", "REACHABLE*", "=", "="],
  [
    "unicast reply to somebody else's address",
    "-",
    "REACHABLE*",
    "REACHABLE*",
    "REACHABLE*",
    "REACHABLE*",
    "=",
    "REACHABLE*",
    "=",
    "=",
  ],
  ["broadcast reply", ...PASSIVE_SAME],
  ["request for another", ...PASSIVE_SAME],
  ["garp request", ...PASSIVE_SAME],
  ["garp reply", ...PASSIVE_SAME],
  ["reply sip==tip, tha!=sha", ...PASSIVE_SAME],
  ["request for us", "STALE*R", "STALE*R", "STALE*R", "=R", "=R", "=R", "=R", "=R", "=R"],
];
const REACHED = Array<string>(6).fill("REACHABLE:77*");
const STALED = Array<string>(6).fill("STALE:77*");
const LOCKED = ["-", "STALE:77*", "STALE:77*", "=", "=", "=", "=", "=", "="];
const OTHER_LOCKED: Row[] = [
  ["unicast reply", "-", "REACHABLE:77*", "REACHABLE:77*", "=", "=", "=", "=", "=", "="],
  ["broadcast reply", ...LOCKED],
  ["request for another", ...LOCKED],
  ["reply sip==tip, tha!=sha", ...LOCKED],
  ["garp request", "-", ...STALED, "=", "="],
  ["garp reply", "-", ...STALED, "=", "="],
  ["request for us", "STALE:77*R", ...STALED.map((cell) => `${cell}R`), "=R", "=R"],
];
const OTHER_UNLOCKED: Row[] = [
  ["unicast reply", "-", ...REACHED, "=", "="],
  ["broadcast reply", "-", ...STALED, "=", "="],
  ["request for another", "-", ...STALED, "=", "="],
  ["reply sip==tip, tha!=sha", "-", ...STALED, "=", "="],
  ["garp request", "-", ...STALED, "=", "="],
  ["garp reply", "-", ...STALED, "=", "="],
  ["request for us", "STALE:77*R", ...STALED.map((cell) => `${cell}R`), "=R", "=R"],
];

/** An entry in `state`, its last change `age` ms ago. NOARP is that of a broadcast address, everything else 10.0.0.2's. */
async function labIn(state: State, age: number): Promise<Lab> {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.parametersOf(lab.eth0).reachableTime = 30_000;
  if (state === "NOARP") lab.say(arp({ sip: "10.0.0.255" }));
  if (state === "PERMANENT") lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  if (["STALE", "DELAY", "PROBE", "REACHABLE"].includes(state)) lab.say(arp());
  if (state === "REACHABLE") lab.say(arp(EVENTS["unicast reply"]));
  if (["DELAY", "PROBE", "INCOMPLETE", "FAILED"].includes(state)) lab.poke();
  if (state === "PROBE") lab.run(5000);
  if (state === "FAILED") lab.run(3000);
  lab.run(age);
  lab.take();
  lab.events.length = 0;
  return lab;
}

async function cell(event: string, state: State, sha: string, age: number): Promise<string> {
  const lab = await labIn(state, age);
  const sip = state === "NOARP" ? "10.0.0.255" : "10.0.0.2";
  const before = `${lab.state(sip)}`;
  const known = state === "none" ? "" : Buffer.from(lab.entry(sip).address).toString("hex");
  const fields: ArpFields = { ...EVENTS[event], sha, sip };
  // An announcement names its own address as target; its tha is its sha where the row does not say otherwise.
  if (fields.tip === "10.0.0.2") fields.tip = sip;
  if (event === "garp reply") fields.tha = sha;
  lab.say(arp(fields));
  const after = lab.state(sip);
  if (after === "-") return after + (lab.events.length ? "*" : "");
  const address = Buffer.from(lab.entry(sip).address).toString("hex");
  const replied = lab.heard().some((line) => line.includes("reply 10.0.0.1 is-at us")) ? "R" : "";
  const told = "*".repeat(lab.events.length);
  const taken = address === "020000000077" && sha === T2 ? ":77" : "";
  // The packet that waits makes a STALE entry DELAY as it goes out.
  const shown = before === "INCOMPLETE" && after === "DELAY" ? "STALE" : after;
  return (shown === before && address === known && told === "" ? "=" : `${shown}${taken}${told}`) + replied;
}

async function check(t: Test, rows: Row[], sha: string, age: number): Promise<void> {
  for (const [event, ...expected] of rows) {
    const cells: string[] = [];
    for (const state of STATES) cells.push(await cell(event, state, sha, age));
    t.same(cells, expected, event);
  }
}

t.test("the same link address, whatever the age", async (t) => {
  await check(t, SAME, T1, 10);
  await check(t, SAME, T1, 1500);
});
t.test("another link address within locktime", (t) =>
  check(t, OTHER_LOCKED, T2, 1000 - 10).then(() => check(t, OTHER_LOCKED, T2, 10)),
);
t.test("another link address after locktime", (t) => check(t, OTHER_UNLOCKED, T2, 1001));

t.test("the lock's edge: at +1 s refused, just after accepted; refreshes do not prolong it", async (t) => {
  const other = arp({ ...EVENTS["unicast reply"], sha: T2 });
  const lab = await labIn("STALE", 0);
  lab.run(600);
  lab.say(arp());
  lab.run(400);
  lab.say(other);
  t.equal(lab.entry().address[5], 2);
  lab.run(0.01);
  lab.say(other);
  t.same([lab.entry().address[5], lab.state()], [0x77, "REACHABLE"]);
});

t.test("the lock begins anew with the first use of a STALE entry", async (t) => {
  const lab = await labIn("STALE", 5000);
  lab.poke();
  lab.run(1000);
  lab.say(arp({ ...EVENTS["unicast reply"], sha: T2 }));
  t.same([lab.state(), lab.entry().address[5]], ["DELAY", 2]);
});

t.test("of two answers at once the first wins", async (t) => {
  const lab = await labIn("INCOMPLETE", 0);
  lab.say(arp(EVENTS["unicast reply"]));
  lab.say(arp({ ...EVENTS["unicast reply"], sha: T2 }));
  t.same([lab.entry().address[5], lab.state(), lab.events], [2, "REACHABLE", ["new 10.0.0.2 REACHABLE"]]);
});

t.test("an answer refused for its address is a proof of life all the same", async (t) => {
  const lab = await labIn("DELAY", 0);
  lab.run(500);
  lab.say(arp({ ...EVENTS["unicast reply"], sha: T2 }));
  t.same([lab.state(), lab.entry().address[5], lab.entry().confirmed], ["DELAY", 2, 500]);
});

t.test("a static entry survives anything, and data goes to its address", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  for (const fields of Object.values(EVENTS)) lab.say(arp({ ...fields, sha: T2 }));
  lab.run(3_600_000);
  lab.take();
  for (let count = 0; count < 30; count++) {
    t.equal(lab.poke(), "sent") || t.bailout();
    lab.run(10_000);
  }
  t.ok(
    lab.heard().every((line) => line.endsWith("udp 10.0.0.1 10.0.0.2:9 hi > T1")),
    "thirty datagrams, no ARP",
  );
  t.equal(lab.state(), "PERMANENT");
});
