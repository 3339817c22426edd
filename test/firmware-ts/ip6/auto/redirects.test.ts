/** The word of a router about a better next hop, in time: it holds for one destination, and until that next hop is silent. */
import t from "tap";
import { Lab6 } from "../../../support/lab6.ts";
import { na, OUR_IP6, PEER_LL } from "../../../support/wire-format6.ts";
import { redirect } from "../../../support/wire-routers6.ts";

const FAR = "2001:db8:20::3";
const OTHER = "fe80::77";
const T2 = "02:00:00:00:00:77";

t.test("the named router dies: the one before is used again", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_LL, "02:00:00:00:00:02", lab.eth0);
  lab.stack.addRoute({ to: "default", via: PEER_LL, device: lab.eth0 });
  const last = (to = FAR): string => {
    lab.poke(to);
    return lab.heard().at(-1)?.split(" > ").at(-1) ?? "";
  };
  t.equal(last(), "T1");
  lab.say(redirect({ about: FAR, target: OTHER, link: T2, destination: OUR_IP6 }));
  t.same([last(), last("2001:db8:20::4")], ["T2", "T1"]);
  lab.run(4000);
  // It answers the first probes, and then it does not.
  lab.run(1500);
  lab.say(na({ source: OTHER, target: OTHER, from: T2, link: T2, destination: "fe80::ff:fe00:1", flags: "SR" }));
  t.equal(lab.state(OTHER), "REACHABLE");
  t.equal(last(), "T2");
  lab.run(60_000);
  t.equal(last(), "T2");
  lab.run(20_000);
  t.equal(lab.state(OTHER), "FAILED");
  t.equal(last(), "T1");
});

t.test("what was told goes with the route", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_LL, "02:00:00:00:00:02", lab.eth0);
  lab.stack.addRoute({ to: "default", via: PEER_LL, device: lab.eth0 });
  lab.say(redirect({ about: FAR, target: OTHER, link: T2, destination: OUR_IP6 }));
  lab.stack.removeRoute({ to: "default", family: 6 });
  t.match(lab.poke(FAR), /^failed/);
  lab.stack.addRoute({ to: "default", via: PEER_LL, device: lab.eth0 });
  lab.poke(FAR);
  t.match(lab.heard().at(-1), / > T1$/);
});
