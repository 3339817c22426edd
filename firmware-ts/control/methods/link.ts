/** `link.*`: devices as `ip -j -s -d link` has them, and what an operator changes about them. */
import * as v from "valibot";
import { DropReason } from "../../../hal/drop-reason.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Stack } from "../../stack.ts";
import { dropsOf } from "../drops.ts";
import { DEVICE, DEVICES, devicesOf, deviceView } from "./device.ts";
import { FLAG, INT_MAX, integer, LINK_ADDRESS, maybe, needed, TEXT, UINT_MAX } from "./forms.ts";
import { method } from "./method.ts";

const COUNTERS = v.record(v.string(), v.number());

const LINK = v.pipe(
  v.object({
    ...DEVICE,
    driver: v.string(),
    description: v.string(),
    simulated: v.boolean(),
    kind: v.exactOptional(v.pipe(v.string(), v.description("of a device without hardware"))),
    ifalias: v.exactOptional(v.string()),
    error: v.exactOptional(v.pipe(v.string(), v.description("why the controller failed"))),
    stats64: v.object({ rx: COUNTERS, tx: COUNTERS }),
    drops: v.pipe(COUNTERS, v.description("by reason")),
    arp: v.pipe(COUNTERS, v.description("ARP frames by kind")),
  }),
  v.title("link"),
);

export type LinkView = v.InferOutput<typeof LINK>;

/** Most octets of an alias (IFALIASZ less its end). */
const ALIAS_LENGTH = 255;

export const linkMethods = {
  "link.show": method({
    about: "Devices with their counters, drops by reason and ARP frames.",
    params: DEVICES,
    result: v.array(LINK),
    errors: ["NO_DEVICE"],
    run: (context, params) => devicesOf(context, params).map((device) => linkView(context.stack, device)),
  }),
  "link.set": method({
    about: "Sets a device, in the kernel's order: address, mtu, name, alias, flags, queue. Settings before a refused one stay.",
    params: {
      dev: needed(TEXT, "device"),
      address: maybe(LINK_ADDRESS, "station address"),
      mtu: maybe(integer(0, INT_MAX), "bytes"),
      arp: maybe(FLAG, "off: IFF_NOARP"),
      up: maybe(FLAG, "up or down; answers when it is"),
      promisc: maybe(FLAG, "take every frame in"),
      alias: maybe(TEXT, "a name for people"),
      name: maybe(TEXT, "another name, of 15 characters at most"),
      txqlen: maybe(integer(0, UINT_MAX), "frames that may wait for the controller"),
      multicast: maybe(FLAG, "IFF_MULTICAST"),
      allmulticast: maybe(FLAG, "take the frames of every group in"),
    },
    result: v.null(),
    errors: ["NO_DEVICE", "ADDRESS_INVALID", "MTU_TOO_SMALL", "MTU_TOO_LARGE", "NAME_TAKEN", "NAME_INVALID"],
    async run(context, { dev, address, mtu, arp, up, promisc, alias, name, txqlen, multicast, allmulticast }) {
      const device = context.device(dev);
      if (address) device.setAddress(address);
      if (mtu !== undefined) device.setMtu(mtu);
      if (name !== undefined) context.stack.network.rename(device, name);
      if (alias !== undefined) device.alias = alias.slice(0, ALIAS_LENGTH);
      if (arp !== undefined) device.setArp(arp);
      if (multicast !== undefined) device.setMulticast(multicast);
      if (allmulticast !== undefined) device.setAllMulticast(allmulticast);
      if (promisc !== undefined) device.setPromiscuous(promisc);
      if (up === true) await device.open();
      if (up === false) await device.close();
      if (txqlen !== undefined) device.txQueueLength = txqlen;
      return null;
    },
  }),
};

/** Drops that only a frame on its way out can meet. */
const TX_REASONS: readonly DropReason[] = [
  DropReason.QDISC_DROP,
  DropReason.DEV_READY,
  DropReason.PKT_TOO_BIG,
  DropReason.TX_ABORTED,
  DropReason.TX_CARRIER,
];

function linkView(stack: Stack, device: NetDevice): LinkView {
  const s = device.statistics;
  const { controller } = device;
  const txDropped = TX_REASONS.reduce<number>((sum, reason) => sum + device.drops.get(reason), 0);
  return {
    ...deviceView(device, { linkmode: "DEFAULT" }),
    driver: controller.driver,
    description: controller.description,
    simulated: controller.simulated,
    // The kernel has this kind for both TUN and TAP; hardware and `lo` have none.
    ...(controller.driver === "tap" ? { kind: "tun" } : {}),
    ...(device.alias ? { ifalias: device.alias } : {}),
    ...(device.error ? { error: device.error.message } : {}),
    stats64: {
      rx: {
        bytes: s.rxBytes,
        packets: s.rxPackets,
        errors: s.rxErrors,
        dropped: device.drops.total - txDropped,
        over_errors: s.rxOverErrors,
        multicast: s.rxMulticast,
        length_errors: s.rxLengthErrors,
        crc_errors: s.rxCrcErrors,
      },
      tx: {
        bytes: s.txBytes,
        packets: s.txPackets,
        errors: s.txErrors,
        dropped: txDropped,
        carrier_errors: s.txCarrierErrors,
        collisions: s.collisions,
        aborted_errors: s.txAbortedErrors,
      },
    },
    drops: dropsOf(device.drops),
    arp: { ...stack.neighbours(4).counters(device) },
  };
}
