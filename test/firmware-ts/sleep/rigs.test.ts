/** Rigs whose nodes sleep: with a lease, with batches, on an e1000, with IPv6; and what a cable that was pulled meanwhile comes to. */
import t, { type Test } from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { SimulatedRun } from "../../../firmware-ts/board/simulated-run.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function played(t: Test, lines: string, until: number, more?: (run: SimulatedRun) => Promise<void>): Promise<SimulatedRun> {
  const run = await SimulatedRun.start(parseRig(`seed: 7\nboard: { io: simulated }\n${lines}`, "rig.yaml"));
  let asleep = 0;
  run.system.stack.network.onDeviceEvent((_device, event) => {
    if (event === "asleep") asleep++;
  });
  await more?.(run);
  await run.until(until);
  await run.close();
  t.ok(asleep > until / HOUR, `it slept ${asleep} times`);
  return run;
}

const device = (driver: string, address: string): string =>
  `devices: { eth0: { driver: ${driver}, bus: { kind: sim }, addresses: [${address}] } }\n`;
const telemetry = (to: string, more = ""): string =>
  `telemetry: { to: "${to}", every: 60s, sleep: {}, sensors: [{ kind: thermometer, pin: A0 }]${more} }\n`;

t.test("a lease of ten minutes is renewed by a node that is awake for a moment each minute", async (t) => {
  const run = await played(t, device("enc28j60", "dhcp") + telemetry("192.168.10.1:8094"), 6 * HOUR);
  const { datagrams, arp } = run.system.summary();
  t.ok(datagrams.sent >= 359, `${datagrams.sent} sent`);
  t.equal(datagrams.failed, 0);
  t.ok(arp.requestsUnicast <= 8, `${arp.requestsUnicast} probes`);
});

t.test("readings in batches; those that are held when the run ends leave, though the node sleeps", async (t) => {
  const run = await played(t, device("enc28j60", "192.168.10.10/24") + telemetry("192.168.10.1:8094", ", batch: 4"), 9.5 * MINUTE);
  const { datagrams, drops } = run.system.summary();
  t.same([datagrams.sent, datagrams.failed], [3, 0], "two of four readings, one of two");
  t.same(drops, {});
});

t.test("an e1000", async (t) => {
  const run = await played(t, device("e1000", "192.168.10.10/24") + telemetry("192.168.10.1:8094"), 3 * HOUR);
  const { datagrams, arp, devices } = run.system.summary();
  t.ok(datagrams.sent >= 180);
  t.equal(datagrams.failed, 0);
  t.equal(arp.requestsBroadcast, 1);
  t.equal(devices["eth0"]?.repairs, 0);
});

t.test("IPv6", async (t) => {
  const run = await played(t, device("enc28j60", "fd00:10::10/64") + telemetry("[fd00:10::1]:8094"), 3 * HOUR);
  const { datagrams, nd } = run.system.summary();
  t.ok(datagrams.sent >= 180);
  t.equal(datagrams.failed, 0);
  t.ok(nd && nd.solicitsMulticast <= 2 && nd.solicitsUnicast <= 6, JSON.stringify(nd));
});

t.test("a gateway that does not answer costs its time, and no more; one that is back is found", async (t) => {
  const deaf = device("enc28j60", "192.168.10.10/24").replace("kind: sim", "kind: sim, segment: { loss: 1 }");
  const run = await played(t, deaf + telemetry("192.168.10.1:8094"), HOUR, async (run) => {
    await run.until(10.5 * MINUTE);
    const wire = run.system.wire("eth0");
    if (wire) wire.loss = 0;
  });
  const { datagrams, arp } = run.system.summary();
  t.equal(datagrams.failed, 11, "each was waited for and told, while nobody answered");
  t.equal(arp.requestsBroadcast, 3 * 11 + 1);
  t.ok(datagrams.sent >= 49, `${datagrams.sent} sent`);
});

t.test("a node that has not fallen asleep yet when it is to wake goes on", async (t) => {
  const deaf = device("enc28j60", "192.168.10.10/24").replace("kind: sim", "kind: sim, segment: { loss: 1 }");
  const every = telemetry("192.168.10.1:8094").replace("every: 60s", "every: 1s");
  const run = await played(t, deaf + every, 10 * MINUTE, async (run) => {
    await run.until(MINUTE);
    const wire = run.system.wire("eth0");
    if (wire) wire.loss = 0;
  });
  const { datagrams } = run.system.summary();
  t.ok(datagrams.sent + datagrams.failed >= 599, `${datagrams.sent} sent, ${datagrams.failed} failed: no reading is missing`);
  t.ok(datagrams.sent >= 540);
});
