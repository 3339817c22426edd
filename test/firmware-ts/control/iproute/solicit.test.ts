/** `solicit` besides what Debian's tools have: JSON, its help, stacks without IPv6, and a client that goes away. */
import t from "tap";
import { solicit } from "../../../../firmware-ts/control/iproute/solicit.ts";
import { Lab } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { Operator } from "../../../support/operator.ts";
import { na, PEER_IP6 } from "../../../support/wire-format6.ts";
import { pio, ra } from "../../../support/wire-routers6.ts";

t.test("an object a line", async (t) => {
  const lab = await Lab6.open();
  const operator = new Operator(lab.stack);
  const run = async (line: string, frame: Uint8Array): Promise<unknown[]> => {
    const printed: string[] = [];
    const around = { caller: operator.caller, print: (text: string) => void printed.push(text), wallTime: () => 0 };
    const running = solicit(line.split(" "), around, { json: true, pretty: false });
    await lab.lab.clock.advance(10);
    lab.say(frame);
    await lab.lab.clock.advance(20_000);
    t.strictSame(await running, { stderr: "", exit: 0 }, line);
    return printed.map((text) => JSON.parse(text));
  };
  const router = {
    ...{ from: "fe80::2", hopLimit: 64, managed: true, other: false, homeAgent: false, preference: "medium", proxy: false },
    ...{ lifetime: 1800, reachable: 0, retrans: 0 },
    options: [
      { kind: "link", lladdr: "02:00:00:00:00:02" },
      { kind: "prefix", prefix: "2001:db8::", length: 64, onLink: true, autonomous: true, valid: 3600, preferred: 1800 },
    ],
  };
  t.strictSame(await run("-1 eth0", ra({ flags: 0x80, options: pio("2001:db8::") })), [
    { event: "start", to: "ff02::2", dev: "eth0" },
    { event: "router", ...router },
    { event: "summary", received: 1 },
  ]);
  t.strictSame(await run(`${PEER_IP6} eth0`, na({ source: PEER_IP6, target: PEER_IP6 })), [
    { event: "start", to: PEER_IP6, dev: "eth0" },
    { event: "neighbour", from: PEER_IP6, lladdr: "02:00:00:00:00:02" },
    { event: "summary", received: 1 },
  ]);
  t.equal(lab.ip6.ndisc.listeners.size, 0, "nobody listens any more");
});

t.test("its help, and a stack without IPv6", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  t.match(await operator.type("solicit --help"), /^Usage: solicit \[options\] \[IPv6 address\] <interface>\n/);
  t.equal(await operator.type("solicit eth0"), "Raw IPv6 socket: Address family not supported by protocol\n[1]");
});

t.test("a client that goes away takes its question along", async (t) => {
  const lab = await Lab6.open();
  const operator = new Operator(lab.stack);
  const running = operator.run("solicit", ["eth0"]);
  await lab.lab.clock.advance(10);
  t.equal(lab.ip6.ndisc.listeners.size, 1);
  operator.caller.close();
  t.equal(lab.ip6.ndisc.listeners.size, 0);
  await running;
  lab.heard();
  await lab.lab.clock.advance(20_000);
  t.same(lab.heard(), [], "no question follows");
});

t.test("a device that goes down between two questions ends the asking", async (t) => {
  const lab = await Lab6.open();
  const operator = new Operator(lab.stack);
  const running = operator.type(`solicit -r 5 ${PEER_IP6} eth0`);
  await lab.lab.clock.advance(500);
  await lab.eth0.close();
  await lab.lab.clock.advance(20_000);
  t.match(await running, /^Timed out\.\nSending ICMPv6 packet: Network is unreachable\n\[1\]$/m);
  t.equal(lab.ip6.ndisc.listeners.size, 0, "nobody listens any more");
});
