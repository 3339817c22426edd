/** News of an address that a device gets by itself, for the operator. */
export interface AddressEvent {
  readonly device: string;
  /** The giver of the address: a server, the device itself (RFC 3927), or the rig. */
  readonly by: "dhcp" | "link-local" | "static";
  readonly change: AddressChangeWord;
  /** As `192.168.10.50/24`; empty where there is none yet. */
  readonly address: string;
  /** The server of a lease; null for none. */
  readonly server: string | null;
  /** Seconds that the lease lasts; null where it does not end, or there is none. */
  readonly seconds: number | null;
  /** Options of a lease that the rig asks for, by number, in hexadecimal. */
  readonly options?: Readonly<Record<string, string>>;
  /** The link address of another station that has the address; null for none. */
  readonly lladdr: string | null;
  /** Why the device cannot have the address, or has it by the lease of before a restart; empty otherwise. */
  readonly reason: string;
}

export type AddressChangeWord =
  /** The device has it. */
  | "got"
  | "renewed"
  /** The device has it no longer: its time is over, or the server says so. */
  | "lost"
  /** Another station has it, and the device has not. */
  | "taken"
  /** Another station uses it, and the device keeps it. */
  | "defended"
  /** It cannot be put on the device. */
  | "refused"
  /** The device has it, and a server has told what belongs to it. */
  | "informed"
  /** Nobody gives one, or tells anything. */
  | "silent";
