/** collectd's binary protocol in UDP datagrams: its network plugin, InfluxDB's collectd service, Telegraf's socket_listener. */
import type { Format } from "../contract/format.ts";
import { COLLECTD_PACKET, collectdEncoder } from "../encoders/collectd.ts";
import { DatagramLink } from "../links/datagrams.ts";

export const collectd: Format = {
  format: "collectd",
  times: () => "absolute",
  converses: () => false,
  describe: () => "",
  encoder: collectdEncoder,
  link: (context) => new DatagramLink(context, COLLECTD_PACKET),
};
