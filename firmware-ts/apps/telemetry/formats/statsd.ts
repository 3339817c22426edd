/** StatsD in UDP datagrams. It has no times: a collector counts and averages what arrives in an interval of its own. */
import type { OptionShape } from "../../options.ts";
import type { Format, Settings } from "../contract/format.ts";
import { type StatsdTags, statsdEncoder } from "../encoders/statsd.ts";
import { DatagramLink } from "../links/datagrams.ts";

const settings: Readonly<Record<string, OptionShape>> = { tags: { is: "word", words: ["datadog", "influxdb"] } };

function styleOf({ tags }: Settings): StatsdTags | undefined {
  return tags as StatsdTags | undefined;
}

export const statsd: Format = {
  format: "statsd",
  settings,
  times: () => "none",
  converses: () => false,
  describe: (given) => (styleOf(given) === undefined ? "" : `tags as ${styleOf(given)} has them`),
  tagTrouble: (_tags, given) =>
    styleOf(given) === undefined
      ? "StatsD itself has no tags: say how the collector reads them, statsd: { tags: datadog } or { tags: influxdb }"
      : null,
  encoder: (station, given) => statsdEncoder(station, styleOf(given)),
  link: (context) => new DatagramLink(context),
};
