/** Vocabulary of devices: their events, flags and hardware types, as the kernel numbers them, and their errors. */
import { StackError } from "./stack-error.ts";

/**
 * An event of a device, for those that keep state about it (the kernel's NETDEV_* events). `address`: its own address was set, to
 * whatever value. `replaced`: it is about to be back (`recovered`) as another interface with another address. `arp`: IFF_NOARP changed.
 * `failed`: its controller, or something that the controller depends on, stopped working and is tried again. `recovered`: it works again.
 * `repaired`: its chip had lost its set-up and has it again. `asleep`, `awake`: its stack fell asleep or wakes; `device.power` tells how
 * much of the controller is on (device-power.ts). `register`, `unregister`: it joined its stack, or is leaving it.
 */
export type DeviceEvent =
  | "up"
  | "down"
  | "carrier-up"
  | "carrier-down"
  | "failed"
  | "recovered"
  | "repaired"
  | "asleep"
  | "awake"
  | "address"
  | "replaced"
  | "arp"
  | "mtu"
  | "register"
  | "unregister";

/** Flags of a device (include/uapi/linux/if.h), as far as something here depends on them. */
export const Iff = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  NOARP: 0x80,
  MULTICAST: 0x1000,
} as const;

/** Hardware types of devices (include/uapi/linux/if_arp.h; those of the IANA ARP registry for real hardware). */
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;

/** Smallest MTU of a device that carries IPv4 (RFC 791 "every internet module must be able to forward a datagram of 68 octets"). */
export const MIN_MTU = 68;

export interface DeviceOptions {
  /** Sum of Iff, without UP. Default BROADCAST and MULTICAST, as an Ethernet device has them. */
  flags?: number;
  /** Default ARPHRD_ETHER. */
  type?: number;
}

/** A device cannot be set as asked. */
export class DeviceError extends StackError {
  constructor(code: DeviceErrorCode, message: string) {
    super(code, ERRNOS[code], message);
    this.name = "DeviceError";
  }
}

/** The errno that Linux has for each. */
const ERRNOS = {
  ADDRESS_INVALID: "EADDRNOTAVAIL",
  GROUP_INVALID: "EINVAL",
  GROUP_NOT_JOINED: "ENOENT",
  MTU_TOO_LARGE: "EINVAL",
  MTU_TOO_SMALL: "EINVAL",
  NAME_INVALID: "EINVAL",
  NAME_TAKEN: "EEXIST",
} as const;

export type DeviceErrorCode = keyof typeof ERRNOS;
