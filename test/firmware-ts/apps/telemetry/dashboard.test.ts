/** The dashboard of docs/grafana: each query asks for a measurement, fields and tags that a board sends. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { OWN_GROUPS } from "../../../../firmware-ts/apps/telemetry/own.ts";
import { ROOT } from "../../../support/sources.ts";
import { Site, sensor } from "./site.ts";

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly query: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

/** The measurement, the tags and the fields of a point of everything that a board can send. */
async function sent(): Promise<{ measurement: string; tags: Set<string>; fields: Set<string> }> {
  const site = await Site.open();
  site.telemetry(1000, [sensor("thermometer", () => 1)], "10.0.0.2", { own: OWN_GROUPS, joules: () => 1.5 }).start();
  await site.clock.advance(10);
  const [head = "", fields = ""] = (site.points[0]?.line ?? "").split(" ");
  const [measurement = "", ...tags] = head.split(",");
  const names = (parts: string[]): Set<string> => new Set(parts.map((part) => part.split("=")[0] ?? ""));
  return { measurement, tags: names(tags), fields: names(fields.split(",")) };
}

t.test("every query asks for what is sent, and all own numbers are asked for", async (t) => {
  const { panels, templating } = JSON.parse(readFileSync(join(ROOT, "docs/grafana/telemetry-influxdb.json"), "utf8")) as Dashboard;
  const { measurement, tags, fields } = await sent();
  const asked = new Set<string>();
  const queries = panels.flatMap(({ targets }) => targets.map(({ query }) => query));
  for (const query of [...queries, ...templating.list.map(({ query }) => query)]) {
    const measurements = [...query.matchAll(/FROM "(\w+)"/g)].map(([, name]) => name);
    t.strictSame(new Set(measurements), new Set([measurement]), query);
    const given = new Set([...query.matchAll(/AS "(\w+)"/g)].map(([, name]) => name));
    for (const [, name = ""] of query.replaceAll(/FROM "\w+"/g, "").matchAll(/"(\w+)"/g)) {
      t.ok(fields.has(name) || tags.has(name) || given.has(name), `${name} in ${query}`);
      asked.add(name);
    }
  }
  t.strictSame(
    [...fields].filter((name) => !asked.has(name)),
    [],
    "no number of the board is forgotten",
  );
  t.ok(panels.every(({ title }) => title !== ""));
});
