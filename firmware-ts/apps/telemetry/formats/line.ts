/** InfluxDB line protocol in UDP datagrams: InfluxDB's UDP service, Telegraf's socket_listener. */
import type { Format } from "../contract/format.ts";
import { lineEncoder } from "../encoders/line.ts";
import { DatagramLink } from "../links/datagrams.ts";

export const line: Format = {
  format: "line",
  times: () => "absolute",
  converses: () => false,
  describe: () => "",
  encoder: lineEncoder,
  link: (context) => new DatagramLink(context),
};
