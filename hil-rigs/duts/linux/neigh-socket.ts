/** Reads the neighbour table and its changes from rtnetlink, without a program (rtnetlink(7), linux/neighbour.h). */
import { type Libc, NATIVE } from "../../../hal/bridges/linux/libc.ts";
import type { NeighEvent, NeighRow } from "../../contract/dut.ts";
import type { Family } from "../../contract/plan.ts";
import { ip6Text, ipText, macText } from "../../wire/bytes.ts";

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 0o2004003;
const NETLINK_ROUTE = 0;
const RTMGRP_NEIGH = 4;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** Room for some 20,000 messages between two readings. */
const RECEIVE_BUFFER: number = 16 << 20;

const RTM_GETNEIGH = 30;
const NLM_F_REQUEST_DUMP = 0x301;

const KINDS: ReadonlyMap<number, NeighEvent["kind"]> = new Map([
  [28, "new"],
  [29, "deleted"],
  [RTM_GETNEIGH, "miss"],
]);
const STATES: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "INCOMPLETE",
  2: "REACHABLE",
  4: "STALE",
  8: "DELAY",
  16: "PROBE",
  32: "FAILED",
  64: "NOARP",
  128: "PERMANENT",
};

/** iproute2's words for the flags, in its order, which mixes NTF_* (below EXT) and NTF_EXT_*. */
const EXT = 0x100;
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x80, "router"],
  [0x08, "proxy"],
  [0x01 * EXT, "managed"],
  [0x10, "extern_learn"],
  [0x20, "offload"],
  [0x04 * EXT, "extern_valid"],
];

/** struct nlmsghdr, then struct ndmsg: family, ifindex, state, flags, type; then attributes. */
const NLMSG_TYPE = 4;
const NLMSG_FLAGS = 6;
const HEADER = 16;
const NDM_FAMILY = HEADER;
const NDM_IFINDEX = HEADER + 4;
const NDM_STATE = HEADER + 8;
const NDM_FLAGS = HEADER + 10;
const ATTRIBUTES = HEADER + 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_CACHEINFO = 3;
const NDA_PROBES = 4;
const NDA_PROTOCOL = 12;
const NDA_FLAGS_EXT = 15;
/** AF_INET, AF_INET6. */
const NUMBERS: Readonly<Record<Family, number>> = { 4: 2, 6: 10 };

/** struct nda_cacheinfo counts 1/100 s. */
const USER_HZ = 100;

/** One RTM_NEWNEIGH, RTM_DELNEIGH or RTM_GETNEIGH. */
interface Message extends NeighRow {
  kind: NeighEvent["kind"];
}

export class NeighSocket {
  readonly #libc: Libc;
  readonly #families: ReadonlySet<number>;
  /** Hears of changes. */
  readonly #listener: number;
  /** Asks for the table. */
  readonly #asker: number;
  readonly #device: (ifindex: number) => string;
  readonly #bytes: Uint8Array = new Uint8Array(65_536);
  readonly #view: DataView = new DataView(this.#bytes.buffer);

  /** Make it inside the namespace. @param families those whose tables it reads @param device an interface's name */
  constructor(libc: Libc, families: readonly Family[], device: (ifindex: number) => string) {
    this.#libc = libc;
    this.#families = new Set(families.map((family) => NUMBERS[family]));
    this.#device = device;
    this.#listener = this.#open(RTMGRP_NEIGH);
    this.#asker = this.#open(0);
  }

  /** Takes the changes told since the last call. */
  take(): NeighEvent[] {
    const events: NeighEvent[] = [];
    this.#read(this.#listener, ({ kind, dst, dev, lladdr, state, probes }) =>
      events.push({ kind, dst, dev, lladdr, state, probes }),
    );
    return events;
  }

  /** The families' tables. */
  dump(): NeighRow[] {
    return [...this.#families].flatMap((family) => this.#table(family));
  }

  #table(family: number): NeighRow[] {
    const request = new Uint8Array(ATTRIBUTES);
    const view = new DataView(request.buffer);
    view.setUint32(0, request.length, NATIVE);
    view.setUint16(NLMSG_TYPE, RTM_GETNEIGH, NATIVE);
    view.setUint16(NLMSG_FLAGS, NLM_F_REQUEST_DUMP, NATIVE);
    view.setUint8(NDM_FAMILY, family);
    this.#libc.send(this.#asker, request, request.length, 0);
    const rows: NeighRow[] = [];
    // Each read makes the kernel write the next part of its answer.
    this.#read(this.#asker, ({ kind: _, ...row }) => rows.push(row));
    return rows;
  }

  close(): void {
    this.#libc.close(this.#listener);
    this.#libc.close(this.#asker);
  }

  #open(groups: number): number {
    const fd = this.#libc.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
    const room = new Uint8Array(4);
    new DataView(room.buffer).setInt32(0, RECEIVE_BUFFER, NATIVE);
    this.#libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, 4);
    // struct sockaddr_nl
    const address = new DataView(new ArrayBuffer(12));
    address.setUint16(0, AF_NETLINK, NATIVE);
    address.setUint32(8, groups, NATIVE);
    if (this.#libc.bind(fd, new Uint8Array(address.buffer), 12) < 0)
      throw new Error(`cannot open an rtnetlink socket: ${this.#libc.errorName(this.#libc.errno())}`);
    return fd;
  }

  #read(fd: number, found: (message: Message) => void): void {
    for (;;) {
      const length = this.#libc.recv(fd, this.#bytes, this.#bytes.length, 0);
      if (length <= 0) return;
      for (let at = 0; at + HEADER <= length; at += Math.max(HEADER, (this.#view.getUint32(at, NATIVE) + 3) & ~3)) {
        const message = this.#message(at);
        if (message) found(message);
      }
    }
  }

  #message(at: number): Message | null {
    const view = this.#view;
    const kind = KINDS.get(view.getUint16(at + NLMSG_TYPE, NATIVE));
    const family = view.getUint8(at + NDM_FAMILY);
    if (!kind || !this.#families.has(family)) return null;
    const state = view.getUint16(at + NDM_STATE, NATIVE);
    const flags = view.getUint8(at + NDM_FLAGS);
    const message: Message = {
      kind,
      dst: "",
      dev: this.#device(view.getInt32(at + NDM_IFINDEX, NATIVE)),
      lladdr: "",
      state: STATES[state] ?? `0x${state.toString(16)}`,
      probes: 0,
      used: 0,
      confirmed: 0,
      updated: 0,
      flags: words(flags),
      protocol: "",
    };
    const end = at + view.getUint32(at, NATIVE);
    for (let next = at + ATTRIBUTES; next + 4 <= end; ) {
      const length = view.getUint16(next, NATIVE);
      if (length < 4) break;
      this.#attribute(message, family, flags, view.getUint16(next + 2, NATIVE), next + 4);
      next += (length + 3) & ~3;
    }
    return message;
  }

  #attribute(message: Message, family: number, flags: number, type: number, at: number): void {
    const view = this.#view;
    const seconds = (offset: number): number => Math.trunc(view.getUint32(at + offset, NATIVE) / USER_HZ);
    switch (type) {
      case NDA_DST:
        message.dst = family === NUMBERS[4] ? ipText(this.#bytes, at) : ip6Text(this.#bytes, at);
        break;
      case NDA_LLADDR:
        message.lladdr = macText(this.#bytes, at);
        break;
      case NDA_PROBES:
        message.probes = view.getUint32(at, NATIVE);
        break;
      case NDA_CACHEINFO:
        message.confirmed = seconds(0);
        message.used = seconds(4);
        message.updated = seconds(8);
        break;
      case NDA_PROTOCOL:
        message.protocol = String(view.getUint8(at));
        break;
      case NDA_FLAGS_EXT:
        message.flags = words(flags + view.getUint32(at, NATIVE) * EXT);
        break;
    }
  }
}

function words(flags: number): string[] {
  return FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
