/** Readings as InfluxDB line protocol: a line each, a newline behind every line. */
import type { Encoder, Station } from "../contract/encoder.ts";
import { PointSeries } from "./line-protocol.ts";
import { type LineWriter, linesEncoder } from "./text.ts";

const MEASUREMENT = "telemetry";

/** @throws LineProtocolError for a kind of sensor that can be no field */
export function lineEncoder({ node, channels }: Station): Encoder {
  // A reading that can never be written is refused now, not in the field at the first one.
  const series = new PointSeries(MEASUREMENT, { node }, channels);
  const write: LineWriter = ({ values, at }, from, to, { epoch }) =>
    series.point(values, Number.isNaN(epoch) ? null : epoch + at, from, to);
  return linesEncoder(channels.length, write, true);
}
