/** The lines of `whohas run` about addresses, boards and devices, as text and as JSON; `--quiet` prints none of them. */
import t from "tap";
import type { AddressEvent } from "../../../firmware-ts/apps/address-event.ts";
import { jsonReport, textReport } from "../../../firmware-ts/cli/work/run-report.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";

const NOTHING: AddressEvent = {
  device: "eth0",
  by: "dhcp",
  change: "got",
  address: "10.0.0.9/24",
  server: null,
  seconds: null,
  lladdr: null,
  reason: "",
};
const LEASE = { server: "10.0.0.1", seconds: 3600 } as const;
const OTHER = "02:00:00:00:00:09";

const ADDRESSES: readonly (readonly [event: Partial<AddressEvent>, line: string])[] = [
  [LEASE, "has 10.0.0.9/24 from 10.0.0.1, for 1h"],
  [{ ...LEASE, seconds: null }, "has 10.0.0.9/24 from 10.0.0.1, without an end"],
  [{ ...LEASE, options: { "42": "0a000001" } }, "has 10.0.0.9/24 from 10.0.0.1, for 1h, option 42 0a000001"],
  [{ ...LEASE, reason: "nobody answers" }, "has 10.0.0.9/24 by the lease of before from 10.0.0.1, for 1h: nobody answers"],
  [{ by: "link-local" }, "has 10.0.0.9/24, link-local"],
  [{ by: "static" }, "has 10.0.0.9/24, which nobody else has"],
  [{ ...LEASE, change: "renewed" }, "lease of 10.0.0.9/24 renewed from 10.0.0.1, for 1h"],
  [{ change: "lost", reason: "expired" }, "lost 10.0.0.9/24: its lease is over"],
  [{ change: "lost", reason: "refused" }, "lost 10.0.0.9/24: its server takes it back"],
  [{ change: "taken", by: "static", lladdr: OTHER }, `10.0.0.9/24 belongs to ${OTHER}; it is not used, and asked for again in 1m`],
  [{ change: "taken", lladdr: OTHER }, `10.0.0.9/24 belongs to ${OTHER}; another one is tried`],
  [{ change: "defended", lladdr: OTHER }, `${OTHER} uses 10.0.0.9/24, too; it was announced again`],
  [{ change: "refused", reason: "given twice" }, "cannot have 10.0.0.9/24: given twice"],
  [{ change: "silent" }, "no DHCP server answers; it is asked on"],
  [{ change: "silent", reason: "a link-local address is tried" }, "no DHCP server answers; a link-local address is tried"],
  [{ change: "informed", server: "10.0.0.1" }, "10.0.0.1 tells what belongs to 10.0.0.9/24"],
];

function reports(quiet: boolean): { text: ReturnType<typeof textReport>; json: ReturnType<typeof jsonReport>; lines: string[] } {
  const lines: string[] = [];
  const options = { print: (line: string) => void lines.push(line), quiet, socket: null, name: "test", metrics: null };
  return { text: textReport(options), json: jsonReport(options), lines };
}

t.test("news of addresses", async (t) => {
  for (const [event, line] of ADDRESSES) {
    const { text, json, lines } = reports(false);
    const whole = { ...NOTHING, ...event };
    text.address?.(whole);
    json.address?.(whole);
    t.equal(lines[0], `eth0: ${line}`);
    t.same(JSON.parse(lines[1] ?? ""), { event: "address", ...whole });
  }
});

t.test("news of boards and devices; nothing of it is printed when quiet is asked for", async (t) => {
  const report = { failures: 1, recoveries: 1, attempts: 1, failedFor: null, suspicions: null, repairs: null, sinceProof: null };
  const health = { retries: true, repaired: "its filters", outage: 1500, report: () => report };
  const device = { name: "eth0", error: new Error("no answer"), health } as unknown as NetDevice;
  const told: Record<string, string[]> = {};
  for (const quiet of [false, true]) {
    const { text, json, lines } = reports(quiet);
    for (const one of [text, json]) {
      for (const event of ["failed", "repaired", "recovered", "carrier-down", "carrier-up"] as const) one.device(device, event);
      one.board?.("lost", "/dev/ttyUSB0 is gone");
      one.board?.("back", "firmata on /dev/ttyUSB0");
      one.log?.("martian source");
      one.address?.(NOTHING);
    }
    told[String(quiet)] = lines;
  }
  t.same(told["true"], []);
  t.same(told["false"]?.slice(0, 9), [
    "eth0: failed: no answer; trying again until it works",
    "eth0: repaired: its filters",
    "eth0: works again after 1.5 s, 1 attempt",
    "eth0: link down",
    "eth0: link up",
    "board: /dev/ttyUSB0 is gone; until then no lamps and no sensors, the network goes on",
    "board: back, firmata on /dev/ttyUSB0",
    "martian source",
    "eth0: has 10.0.0.9/24, which nobody else has",
  ]);
  const [failed, , recovered] = (told["false"]?.slice(9) ?? []).map((line) => JSON.parse(line));
  t.match(failed, { event: "device", device: "eth0", change: "failed", error: "no answer", health: report });
  t.match(recovered, { change: "recovered", outage: 1500 });
});
