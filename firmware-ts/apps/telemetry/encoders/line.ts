/** Readings as InfluxDB line protocol: a line each, a newline behind every line. */
import type { Encoder, Station } from "../contract/encoder.ts";
import { PointSeries } from "./line-protocol.ts";
import { type LineWriter, linesEncoder } from "./text.ts";

/** The measurement of every point. */
export const MEASUREMENT = "telemetry";

/** @throws LineProtocolError for a name that can be no field or no tag */
export function lineEncoder({ node, channels, tags }: Station): Encoder {
  // A reading that can never be written is refused now, not in the field at the first one.
  const series = new PointSeries(MEASUREMENT, { node, ...tags }, channels);
  const write: LineWriter = ({ values, at }, from, to, { epoch }) =>
    series.point(values, Number.isNaN(epoch) ? null : epoch + at, from, to);
  return linesEncoder(channels.length, write, true);
}
