/** StatsD in UDP datagrams. It has no times: a collector counts and averages what arrives in an interval of its own. */
import type { Format } from "../contract/format.ts";
import { statsdEncoder } from "../encoders/statsd.ts";
import { DatagramLink } from "../links/datagrams.ts";

export const statsd: Format = {
  format: "statsd",
  times: () => "none",
  converses: () => false,
  describe: () => "",
  encoder: statsdEncoder,
  link: (context) => new DatagramLink(context),
};
