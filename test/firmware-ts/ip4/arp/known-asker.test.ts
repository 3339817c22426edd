/** A known asker is answered on a short way. It gets what it got the first time, and whatever has changed since counts. */
import t from "tap";
import { Nud } from "../../../../firmware-ts/neigh/states.ts";
import { Lab } from "../../../support/lab.ts";
import { type ArpFields, arp, T2 } from "../../../support/wire-format.ts";

const ANSWER = "0 reply 10.0.0.1 is-at us for 10.0.0.2 T1 > T1";

/** A lab in which 10.0.0.2 has been answered twice: by the long way, and by the short one. */
async function known(): Promise<Lab> {
  const lab = await Lab.open();
  lab.say(arp());
  lab.say(arp());
  return lab;
}

t.test("the same bytes, the same counts, and nothing learned or told anew", async (t) => {
  const lab = await Lab.open();
  const { arp: client } = lab.stack.ip;
  const { lookups, hits } = client.table.statistics;
  lab.say(arp());
  const [first] = lab.take();
  lab.run(5);
  const { updated, confirmed } = lab.entry();
  lab.say(arp());
  t.same(lab.take()[0]?.bytes, first?.bytes);
  t.same([lab.entry().updated, lab.entry().confirmed, lab.state()], [updated, confirmed, "STALE"]);
  t.same(lab.events, ["new 10.0.0.2 STALE"]);
  const counters = client.counters(lab.eth0);
  t.same([counters.requestsReceived, counters.repliesSent, counters.invalid], [2, 2, 0]);
  t.same([client.table.statistics.lookups - lookups, client.table.statistics.hits - hits], [2, 1], "each look-up counts once");
  t.equal(lab.inUse, 0);
});

t.test("each state with an address: answered, and left as it is", async (t) => {
  for (const state of ["REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", "NOARP"] as const) {
    const lab = await known();
    lab.entry().nudState = Nud[state];
    lab.take();
    lab.say(arp());
    t.same([lab.heard(), lab.state()], [[ANSWER], state], state);
  }
});

t.test("what has changed counts", async (t) => {
  const rows: [what: string, change: (lab: Lab) => unknown, answers: number][] = [
    ["nothing", () => 0, 1],
    ["arp_ignore", (lab) => lab.stack.ip.conf.write(lab.eth0, "arp_ignore", 8), 0],
    ["arp_filter, no route back", filterWithoutRoute, 0],
    ["arp_filter, a route back", filter, 1],
    ["the address is gone", (lab) => lab.stack.removeAddress(lab.eth0, "10.0.0.1/24"), 0],
    ["the asker's address is ours", (lab) => lab.stack.addAddress(lab.eth0, "10.0.0.2/24"), 0],
    ["a filter of what comes in", (lab) => lab.stack.ip.arp.inputHooks.add(() => false), 0],
    ["a filter of what goes out", (lab) => lab.stack.ip.arp.outputHooks.add(() => false), 0],
    ["a device without ARP", (lab) => lab.eth0.setArp(false), 0],
    ["another entry of the same address", (lab) => lab.stack.ip.arp.table.remove(lab.entry()), 1],
  ];
  for (const [what, change, answers] of rows) {
    const lab = await known();
    change(lab);
    lab.take();
    lab.say(arp());
    t.equal(lab.take().length, answers, what);
    t.equal(lab.inUse, 0, what);
  }
});

t.test("other packets of the asker take the long way", async (t) => {
  const rows: [what: string, fields: ArpFields, state: string, answered: boolean][] = [
    ["another link address", { sha: T2, from: T2 }, "STALE", true],
    ["an announcement", { tip: "10.0.0.2" }, "STALE", false],
    ["an answer", { op: 2 }, "REACHABLE", false],
    ["for another target", { tip: "10.0.0.7" }, "STALE", false],
    ["hardware type 6", { hrd: 6 }, "STALE", true],
    ["a wrong length", { hln: 8 }, "STALE", false],
  ];
  for (const [what, fields, state, answered] of rows) {
    const lab = await known();
    lab.take();
    lab.run(2000);
    lab.say(arp({ to: "02:00:00:00:00:01", ...fields }));
    t.same([lab.state(), lab.take().length], [state, answered ? 1 : 0], what);
    if (fields.sha)
      t.same(
        lab.entry().address,
        Uint8Array.from(T2.split(":"), (octet) => Number.parseInt(octet, 16)),
        what,
      );
  }
});

/** arp_filter: an answer goes out only where packets to the asker would. */
function filter(lab: Lab): void {
  lab.stack.ip.conf.write(lab.eth0, "arp_filter", 1);
}

function filterWithoutRoute(lab: Lab): void {
  filter(lab);
  lab.stack.ip.fib.routes.removeAll((route) => route.prefixLength === 24);
}
