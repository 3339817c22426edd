/**
 * The main job: a hundred readings, one every 100 ms, from the board to a real socket of a real kernel; and what ARP they cost with an
 * address that was learned and with one that was told.
 */
import t, { type Test } from "tap";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { fileOf, Instance, type RunSummary, WIRES, type Wire } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("python3", "tcpdump", "tshark");

const PORT = 8094;
const COUNT = 100;

/**
 * A confirmation holds for 0.5 s to 1.5 s and a doubt is probed after 1 s, so that ten seconds hold several of the probes that one-way
 * traffic costs every half minute with the kernel's own times.
 */
function rig(wire: Wire, host: Host, fixed: boolean): string {
  const neighbours = `neighbours: { static: [{ ip: ${HOST}, lladdr: "${host.mac}", dev: eth0 }] }`;
  return `name: field-board
board: { io: simulated }
devices: { eth0: { ${wire.rig(host.near)}, addresses: [${BOARD}/24] } }
${fixed ? neighbours : ""}
sysctl: { net.ipv4.neigh.eth0.base_reachable_time_ms: 1000, net.ipv4.neigh.eth0.delay_first_probe_time: 1 }
telemetry: { to: ${HOST}:${PORT}, every: 100ms, sensors: [{ kind: thermometer, pin: A0 }] }
`;
}

/** measurement,tag field,field timestamp in ns: what our points are made of. */
const POINT = /^telemetry,node=field-board thermometer=(-?\d+(?:\.\d+)?(?:e-?\d+)?),seq=(\d+)i (\d{19})\n$/;

/** Runs the board for COUNT readings at least and checks what arrived. */
async function readings(t: Test, wire: Wire, fixed: boolean): Promise<{ summary: RunSummary; requests: string[][] }> {
  const host = new Host();
  t.teardown(() => host.remove());
  const sink = await host.sink(PORT);
  t.teardown(() => sink.close());
  const capture = await host.capture();
  t.teardown(() => capture.stop());
  const from = Date.now();
  const board = await Instance.start([fileOf(rig(wire, host, fixed))]);
  t.teardown(() => board.kill());
  await eventually(() => sink.datagrams.length >= COUNT, `${COUNT} datagrams`);
  const { code, summary } = await board.stop();
  const to = Date.now();
  const { sent } = summary.datagrams;
  await eventually(() => sink.datagrams.length >= sent, `all of ${sent} datagrams`);
  await capture.stop();

  t.equal(code, 0, "run is content");
  t.ok(sent >= COUNT, `${sent} readings`);
  t.strictSame({ ...summary.datagrams, queued: 0 }, { sent, queued: 0, failed: 0 }, "every datagram was sent");
  const points = sink.datagrams.map(({ text }) => POINT.exec(text) ?? [text]);
  const numbers = points.map(([, , seq]) => Number(seq));
  t.strictSame(
    numbers,
    Array.from({ length: sent }, (_, at) => at + 1),
    "every datagram arrived, in order, the first included",
  );
  t.ok(
    sink.datagrams.every((datagram) => datagram.from === BOARD),
    "from the board's address",
  );
  const times = points.map(([, , , time]) => Number(BigInt(time ?? 0) / 1_000_000n));
  t.ok(
    times.every((time) => time >= from && time <= to),
    "stamped with the time of the reading",
  );
  // The middle of all, which a machine that is late now and then does not move.
  const tens = times.slice(10).map((time, at) => time - times[at]!);
  const middle = tens.sort((a, b) => a - b)[tens.length >> 1]!;
  t.ok(Math.abs(middle - 1000) <= 10, `at an even pace: ten intervals of 100 ms take ${middle} ms`);
  const shown = capture.fields(`eth.src == ${board.mac} and udp.dstport == ${PORT}`, "frame.number");
  t.equal(shown.length, sent, "the capture holds them all");
  // The run ends at its hour whatever goes on: a probe may be on its way to the controller just then, and is accounted for.
  const { QUEUE_PURGE: caught = 0, ...drops } = summary.drops;
  t.strictSame(drops, {}, "nothing was dropped");
  t.ok(caught <= (fixed ? 0 : 1), `${caught} probe caught by the end`);
  return { summary, requests: capture.fields(`eth.src == ${board.mac} and arp`, "arp.opcode", "eth.dst", "arp.dst.proto_ipv4") };
}

// Side by side: most of this is waiting.
t.jobs = 4;

for (const wire of WIRES) {
  realTime(t, `with a static entry: ${wire.name}`, { skip, buffered: true }, async (t) => {
    const { summary, requests } = await readings(t, wire, true);
    t.strictSame(requests, [], "the board sends no ARP frame at all");
    t.equal(summary.arp.requestsBroadcast + summary.arp.requestsUnicast, 0, "and counts none");
    t.equal(summary.datagrams.queued, 0, "no datagram had to wait");
  });

  realTime(t, `with a dynamic entry: ${wire.name}`, { skip, buffered: true }, async (t) => {
    const { summary, requests } = await readings(t, wire, false);
    const host = requests[1]?.[1] ?? "";
    t.strictSame(requests[0], ["1", "ff:ff:ff:ff:ff:ff", HOST], "the first is asked of everybody");
    t.equal(requests.filter(([, to]) => to === "ff:ff:ff:ff:ff:ff").length, 1, "no other is");
    const probes = requests.slice(1);
    t.ok(probes.length >= 2, `one-way traffic has to be confirmed again and again: ${probes.length} unicast probes in 10 s`);
    t.strictSame(
      probes,
      probes.map(() => ["1", host, HOST]),
      "each of them asks the host alone",
    );
    const { QUEUE_PURGE: caught = 0 } = summary.drops;
    const { requestsBroadcast, requestsUnicast } = summary.arp;
    t.strictSame([requestsBroadcast, requestsUnicast - caught], [1, probes.length], "the counters say the same");
    const unanswered = 1 + probes.length - summary.arp.repliesReceived;
    t.ok(unanswered === 0 || unanswered === 1, `each was answered, but for ${unanswered} that the end cut off`);
    t.ok(summary.datagrams.queued >= 1, "the first waited for the address, and was not lost");
  });
}
