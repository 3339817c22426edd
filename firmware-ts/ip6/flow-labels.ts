/**
 * The flow labels of packets of ours (RFC 6437 3, RFC 6438): a hash of addresses, protocol and ports, by which routers keep the packets of a
 * flow together without reading further. A way keeps the label of its last flow.
 */
import type { SkBuff } from "../../hal/skbuff.ts";
import { spread } from "../ip/address.ts";
import { IPPROTO_ICMPV6 } from "./common/icmp6-types.ts";
import type { Ip6Way } from "./routing/output-route.ts";
import type { Ip6Settings } from "./settings.ts";

// A constant of this module's own: V8 reads an imported one anew at each use (docs/datapath.md).
const ICMP = IPPROTO_ICMPV6;

const LABEL = 0xfffff;
/** With flowlabel_state_ranges labels have this bit: no router was told of them. */
const STATELESS = 0x80000;
/** The bit of auto_flowlabels with which packets have labels whose sender says nothing of them: 1 and 3, not 0 and 2. */
const BY_DEFAULT = 1;
/** The bit of flowlabel_reflect that means echo replies. */
const REFLECT_ECHO = 4;

/**
 * Returns the label of a packet; 0 for none.
 * @param skb begins behind the IP header, with the ports, or with an ICMPv6 message, whose type tells its flows apart
 */
export function labelOf(settings: Ip6Settings, skb: SkBuff, way: Ip6Way, protocol: number): number {
  if ((settings.autoFlowlabels & BY_DEFAULT) === 0) return 0;
  const ports = protocol === ICMP ? skb.view.getUint8(skb.data) : skb.length < 4 ? 0 : skb.view.getInt32(skb.data);
  if (way.label === 0 || way.ports !== ports) {
    way.ports = ports;
    // The addresses' hashes differ between stacks, so that nobody can foretell it.
    way.label = spread(way.source.hash ^ way.destination.hash, ports ^ (protocol << 8)) & LABEL || 1;
  }
  return settings.flowlabelStateRanges === 0 ? way.label : way.label | STATELESS;
}

/**
 * Returns the label of an echo reply: that of the request at skb.network where flowlabel_reflect asks for it.
 * @param skb begins with the reply
 */
export function labelOfReply(settings: Ip6Settings, skb: SkBuff, way: Ip6Way): number {
  const asked = (settings.flowlabelReflect & REFLECT_ECHO) === 0 ? 0 : skb.view.getInt32(skb.network) & LABEL;
  return asked || labelOf(settings, skb, way, ICMP);
}
