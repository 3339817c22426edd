/** `arping` as iputils prints it (lines written down from 20221126), and what it puts on the wire. */
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";
import { arpReply, T1 } from "../../../support/wire-format.ts";

t.test("everybody is asked until somebody answers, then he", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const done = new Operator(lab.stack).run("arping", ["-c", "3", "-I", "eth0", "10.0.0.2"]);
  lab.run(500);
  lab.say(arpReply());
  lab.run(5000);
  const { stdout, code } = await done;
  t.same(stdout.split("\n"), [
    "ARPING 10.0.0.2 from 10.0.0.1 eth0",
    `Unicast reply from 10.0.0.2 [${T1.toUpperCase()}]  500.000ms`,
    "Sent 3 probes (1 broadcast(s))",
    "Received 1 response(s)",
    "",
  ]);
  t.equal(code, 0);
  t.equal(lab.heard().length, 3);
});

t.test("nobody answers; devices and words that are wrong", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const operator = new Operator(lab.stack);
  const done = operator.type("arping -c 1 -w 1 10.0.0.77");
  lab.run(1000);
  t.equal(await done, "ARPING 10.0.0.77 from 10.0.0.1 eth0\nSent 1 probes (1 broadcast(s))\nReceived 0 response(s)\n[1]");
  t.equal(await operator.type("arping -I x -c 1 10.0.0.77"), "arping: Device x not available.\n[2]");
  t.match(await operator.type("arping"), /^Usage: arping .*\[2\]$/s);
});
