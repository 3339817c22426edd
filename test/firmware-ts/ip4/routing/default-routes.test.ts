/** Default routes of one metric in use: packets leave a gateway that does not answer, and come back to it when it does. */
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";
import { T1, T2, udp } from "../../../support/wire-format.ts";

const FAR = "203.0.113.7";
const question = (time: number): string => `${time} who-has 10.0.0.2 tell 10.0.0.1 us > all`;

async function open(): Promise<Lab> {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.3", T2, lab.eth0);
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  await new Operator(lab.stack).type("ip route append default via 10.0.0.3");
  return lab;
}

t.test("packets of ours, by a destination that is kept", async (t) => {
  const lab = await open();
  t.equal(lab.poke(FAR), "queued", "nothing is known of the first gateway: it is taken");
  await lab.clock.advance(3500);
  t.same(lab.heard(), [question(0), question(1000), question(2000)]);
  t.equal(lab.poke(FAR), "sent", "it does not answer: the other one is taken");
  t.match(lab.heard(), [/> T2$/]);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.poke("203.0.113.8");
  t.match(lab.heard(), [/> T1$/], "the first one is there again");
  lab.poke(FAR);
  t.match(lab.heard(), [/> T2$/], "a destination keeps its gateway until that fails");
});

t.test("packets of others", async (t) => {
  const lab = await open();
  lab.stack.ip.conf.write("all", "forwarding", 1);
  const pass = (): void => lab.say(udp({ source: "10.0.0.9", destination: FAR }, "x"));
  pass();
  await lab.clock.advance(3500);
  lab.heard();
  pass();
  t.match(lab.heard().at(-1), /> T2$/);
});
