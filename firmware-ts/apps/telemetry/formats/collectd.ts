/** collectd's binary protocol in UDP datagrams: its network plugin, InfluxDB's collectd service, Telegraf's socket_listener. */
import type { Format } from "../contract/format.ts";
import { utf8Length } from "../encoders/bytes.ts";
import { COLLECTD_PACKET, collectdEncoder, instanceOf, MOST_NAME } from "../encoders/collectd.ts";
import { DatagramLink } from "../links/datagrams.ts";

export const collectd: Format = {
  format: "collectd",
  times: () => "absolute",
  converses: () => false,
  describe: () => "",
  tagTrouble: (tags) =>
    utf8Length(instanceOf(tags)) > MOST_NAME ? `collectd takes ${MOST_NAME} bytes of tags, as in site=barn,room=loft` : null,
  encoder: collectdEncoder,
  link: (context) => new DatagramLink(context, COLLECTD_PACKET),
};
