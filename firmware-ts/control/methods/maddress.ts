/** `maddress.*`: the groups of devices, as `ip -j maddress` has them. */
import * as v from "valibot";
import { formatIp } from "../../ip/endpoint.ts";
import type { NetDevice } from "../../net/device.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { Stack } from "../../stack.ts";
import { DEVICES, devicesOf } from "./device.ts";
import { method } from "./method.ts";

const MADDR = v.object({
  family: v.pipe(v.picklist(["link", "inet", "inet6"]), v.description("link: frames that are asked for")),
  address: v.string(),
  users: v.number(),
});

const GROUPS = v.object({ ifindex: v.number(), ifname: v.string(), maddr: v.array(MADDR) });

export type GroupsView = v.InferOutput<typeof GROUPS>;

export const maddressMethods = {
  "maddress.show": method({
    about: "The groups that devices have joined: those of their frames, and those of IPv4 and IPv6.",
    params: DEVICES,
    result: v.array(GROUPS),
    errors: ["NO_DEVICE"],
    run: (context, params) => devicesOf(context, params).map((device) => groupsView(context.stack, device)),
  }),
};

function groupsView({ ip, ip6 }: Stack, device: NetDevice): GroupsView {
  const { ifindex, name: ifname, groups } = device;
  const link = groups.map((mac) => ({ family: "link" as const, address: formatMac(mac), users: 1 }));
  const inet = ip.groups.of(device).map(([group, { users }]) => ({ family: "inet" as const, address: formatIp(group), users }));
  const inet6 = (ip6?.groups.of(device) ?? []).map(([group, { users }]) => ({
    family: "inet6" as const,
    address: formatIp(group),
    users,
  }));
  return { ifindex, ifname, maddr: [...link, ...inet, ...inet6] };
}
