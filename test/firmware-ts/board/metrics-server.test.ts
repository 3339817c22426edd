/** `GET /metrics` of a system: read by the parsers of Prometheus' own client library, bounded, and closed to everything else. */
import { execFileSync } from "node:child_process";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import t, { type Test } from "tap";
import { MetricsServer } from "../../../firmware-ts/board/metrics-server.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import type { Endpoint } from "../../../firmware-ts/ip/endpoint.ts";
import type { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const RIG = `
board: { io: simulated }
devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.2/24, fd00::2/64] }
  eth1: { driver: e1000, bus: { kind: sim }, netns: blue, addresses: [10.0.1.2/24] }
apps:
  - { kind: telemetry, to: 10.0.0.1:8089, every: 3s, sensors: [{ kind: thermometer, pin: A0 }] }
  - { kind: telemetry, to: 10.0.0.77:8089, every: 3s, store: { readings: 5 } }
`;

/** Python of Debian, which has the library: another one may stand before it in the path. */
const PYTHON = "/usr/bin/python3";
const READ = `
import sys
from prometheus_client.parser import text_string_to_metric_families as plain
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_
for family in (open_ if sys.argv[1] == "openmetrics" else plain)(sys.stdin.read()):
    for sample in family.samples:
        labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
        print(family.name, family.type, sample.name + "{" + labels + "}", float(sample.value), bool(family.documentation))
`;

function lacksParser(): string | false {
  try {
    execFileSync(PYTHON, ["-c", "import prometheus_client"], { stdio: "ignore" });
    return false;
  } catch {
    return "needs python3-prometheus-client";
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  { address, port }: Endpoint<string>,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on("error", reject).end();
  });
}

/** A system that has run for a minute, and its server. */
async function served(t: Test): Promise<Endpoint<string>> {
  const clock = new VirtualClock();
  const system = await System.make(parseRig(RIG, "r.yaml", { firmware: true }), { clock });
  t.teardown(() => system.stop());
  await startSystem(system);
  await clock.advance(60_000);
  const stacks: [string, Stack][] = [["", system.stack], ...system.namespaces];
  const ground = { stacks, apps: system.figures, version: '1"\\', instance: "t", startedAt: Date.UTC(2026, 0, 1) };
  const server = new MetricsServer(() => ({ ...ground, apps: system.figures }));
  t.teardown(() => server.close());
  return server.listen({ address: "127.0.0.1", port: 0 });
}

t.test("the library's own parsers read both styles, and find the same", { skip: lacksParser() }, async (t) => {
  const place = await served(t);
  const found: string[][] = [];
  for (const [style, accept, type] of [
    ["prometheus", "text/plain", "text/plain; version=0.0.4; charset=utf-8"],
    ["openmetrics", "application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"],
  ] as const) {
    const { status, headers, body } = await ask(place, "/metrics", { accept });
    t.equal(status, 200);
    t.equal(headers["content-type"], type);
    const lines = execFileSync(PYTHON, ["-c", READ, style], { input: body, encoding: "utf8" }).trimEnd().split("\n");
    t.equal(
      lines.length,
      body.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length,
      "every sample is understood",
    );
    t.ok(
      lines.every((line) => line.endsWith("True")),
      "each family has its help",
    );
    t.equal(new Set(lines).size, lines.length, "no sample twice");
    t.ok(lines.length < 250, `${lines.length} samples`);
    found.push(lines.filter((line) => !/age_seconds/.test(line)));
  }
  t.strictSame(found[0], found[1]);
  const all = new Set(found[0]);
  for (const line of [
    'whohas_build_info gauge whohas_build_info{name=t,version=1"\\} 1.0 True',
    "whohas_device_carrier gauge whohas_device_carrier{device=eth1,netns=blue} 1.0 True",
    "whohas_arp_frames counter whohas_arp_frames_total{device=eth0,kind=request_received} 0.0 True",
    "whohas_telemetry_messages gauge whohas_telemetry_messages{app=telemetry-1,fate=sent} 21.0 True",
    "whohas_telemetry_readings counter whohas_telemetry_readings_total{app=telemetry-2,source=sensors} 21.0 True",
    "whohas_neighbours gauge whohas_neighbours{family=ipv4,state=delay} 0.0 True",
    "whohas_tcp_active_opens counter whohas_tcp_active_opens_total{netns=blue} 0.0 True",
  ])
    t.ok(all.has(line), line);
  const has = (part: string): boolean => [...all].some((line) => line.includes(part));
  for (const part of [
    "whohas_drops_total{place=neighbours_ipv4,reason=NEIGH_FAILED}",
    "whohas_arp_frames_per_1000_datagrams{cause=resolution}",
    "whohas_telemetry_readings_dropped_total{app=telemetry-2,reason=STORE_FULL}",
    "whohas_telemetry_readings_waiting{app=telemetry-2,where=stored}",
    "whohas_nd_messages_total{kind=solicitation_multicast}",
  ])
    t.ok(has(part), part);
});

t.test("only that path, and only to be read", async (t) => {
  const place = await served(t);
  t.match(await ask(place, "/metrics?x=1"), { status: 200 });
  t.match(await ask(place, "/metrics", {}, "HEAD"), { status: 200, body: "", headers: { "content-length": /^\d{4,}$/ } });
  t.match(await ask(place, "/"), { status: 404, body: "say /metrics\n" });
  t.match(await ask(place, "/metrics/../x"), { status: 404 });
  t.match(await ask(place, "/metrics", {}, "POST"), { status: 405, headers: { allow: "GET, HEAD" } });
  t.match(await ask(place, "/metrics", { cookie: "x".repeat(10_000) }), { status: 431 });
  await new Promise<void>((resolve) => {
    const socket = connect(place.port, "127.0.0.1", () => socket.write("\0\0garbage\r\n\r\n"));
    socket.resume().on("close", () => resolve());
    socket.on("error", () => undefined);
  });
  t.match(await ask(place, "/metrics"), { status: 200 }, "and it goes on");
});

t.test("asked before there is a system", async (t) => {
  const server = new MetricsServer(() => ({ stacks: [], apps: [], version: "1", instance: "t", startedAt: 0 }));
  t.teardown(() => server.close());
  t.match(await ask(await server.listen({ address: "127.0.0.1", port: 0 }), "/metrics"), {
    status: 200,
    body: /whohas_build_info/,
  });
});

t.test("a port that somebody has", async (t) => {
  const place = await served(t);
  await t.rejects(new MetricsServer(() => ({ stacks: [], apps: [], version: "", instance: "", startedAt: 0 })).listen(place), {
    code: "METRICS_LISTEN",
    message: `cannot serve metrics at 127.0.0.1:${place.port}: somebody has that port already; say another one`,
  });
});
