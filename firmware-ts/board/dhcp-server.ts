/** The DHCP server of a simulated gateway: enough of RFC 2131 for the boards on one simulated wire. */

import { readOptions, wordOf, words, writeOptions } from "../apps/dhcp/options.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCP_CHADDR,
  DHCP_CIADDR,
  DHCP_CLIENT_PORT,
  DHCP_FLAGS,
  DHCP_OP,
  DHCP_OPTIONS,
  DHCP_SERVER_PORT,
  DHCP_YIADDR,
  DhcpOption,
  type DhcpOptions,
  DhcpType,
  FLAG_BROADCAST,
  LEAST_BYTES,
} from "../apps/dhcp/wire.ts";
import { INADDR_BROADCAST, type Ip4, prefixMask } from "../ip/address.ts";
import type { Destination } from "../ip/destination.ts";
import { Nud } from "../neigh/states.ts";
import { UpdateFlags, update } from "../neigh/update.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import type { UdpSocket } from "../transport/udp-socket.ts";

const MAC_BYTES = 6;
/** Host part of the first address that is given away. */
const FIRST_HOST = 50;
const MOST_OPTIONS = 300;

export interface DhcpServerOptions {
  /** Its own address, which it tells as the router. */
  readonly address: number;
  readonly prefixLength: number;
  /** Seconds of each lease. */
  readonly seconds: number;
  /** Other options of its answers, or instead of its own. */
  readonly options?: DhcpOptions;
}

export class DhcpServer {
  /** It answers nothing while true. */
  silent = false;
  readonly #stack: Stack;
  readonly #device: NetDevice;
  readonly #options: DhcpServerOptions;
  /** Addresses given away, by link address. */
  readonly #leases = new Map<string, number>();
  /** Addresses that other stations have. */
  readonly #declined = new Set<number>();
  readonly #everybody: UdpSocket;
  readonly #own: UdpSocket;
  readonly #toAll: Destination;

  /** @throws InetError when the address is not the stack's, or its port is taken */
  constructor(stack: Stack, device: NetDevice, options: DhcpServerOptions) {
    this.#stack = stack;
    this.#device = device;
    this.#options = options;
    this.#everybody = stack.udp.open(DHCP_SERVER_PORT, INADDR_BROADCAST);
    this.#own = stack.udp.open(DHCP_SERVER_PORT, options.address as Ip4);
    this.#toAll = this.#own.to(INADDR_BROADCAST, DHCP_CLIENT_PORT);
    for (const socket of [this.#everybody, this.#own])
      socket.onDatagram = (bytes, at, length) => this.#answer(bytes.slice(at, at + length));
  }

  close(): void {
    this.#everybody.close();
    this.#own.close();
  }

  #answer(request: Uint8Array): void {
    const options = request.length >= DHCP_OPTIONS ? readOptions(request, 0, request.length) : null;
    const type = options?.get(DhcpOption.MESSAGE_TYPE)?.[0];
    if (this.silent || !options || request[DHCP_OP] !== BOOTREQUEST) return;
    const view = new DataView(request.buffer, request.byteOffset, request.length);
    const client = formatMac(request, DHCP_CHADDR);
    const server = wordOf(options.get(DhcpOption.SERVER_ID));
    const ciaddr = view.getInt32(DHCP_CIADDR);
    const asked = wordOf(options.get(DhcpOption.REQUESTED_ADDRESS)) ?? ciaddr;
    if (server !== undefined && server !== this.#options.address) return;
    if (type === DhcpType.DISCOVER) this.#send(request, DhcpType.OFFER, this.#addressFor(client, asked));
    else if (type === DhcpType.REQUEST) {
      const right = asked === this.#addressFor(client, asked);
      this.#send(request, right ? DhcpType.ACK : DhcpType.NAK, right ? asked : 0);
    } else if (type === DhcpType.INFORM) {
      if (ciaddr !== 0) this.#send(request, DhcpType.ACK, 0);
    } else if (type === DhcpType.DECLINE) {
      this.#declined.add(asked);
      this.#leases.delete(client);
    } else if (type === DhcpType.RELEASE) this.#leases.delete(client);
  }

  /** The address that the client has, the one that it wants, or a free one. */
  #addressFor(client: string, wanted: number): number {
    const known = this.#leases.get(client);
    if (known !== undefined) return known;
    const taken = new Set([...this.#leases.values(), ...this.#declined, this.#options.address]);
    const mask = prefixMask(this.#options.prefixLength);
    const subnet = this.#options.address & mask;
    const good = (wanted & mask) === subnet && (wanted & ~mask) >= FIRST_HOST && !taken.has(wanted);
    let address = good ? wanted : subnet + FIRST_HOST;
    while (taken.has(address)) address++;
    this.#leases.set(client, address);
    return address;
  }

  #send(request: Uint8Array, type: DhcpType, yiaddr: number): void {
    const { address, prefixLength, seconds, options: more = new Map<number, Uint8Array>() } = this.#options;
    const mine: [number, Uint8Array][] = [
      [DhcpOption.MESSAGE_TYPE, Uint8Array.of(type)],
      [DhcpOption.SERVER_ID, words(address)],
    ];
    const given: [number, Uint8Array][] = [
      // A host that has its address by other means gets no lease.
      ...(yiaddr === 0 ? [] : [[DhcpOption.LEASE_TIME, words(seconds)] as [number, Uint8Array]]),
      [DhcpOption.SUBNET_MASK, words(prefixMask(prefixLength))],
      [DhcpOption.ROUTER, words(address)],
      ...more,
    ];
    const bytes = new Uint8Array(Math.max(LEAST_BYTES, DHCP_OPTIONS + MOST_OPTIONS));
    bytes.set(request.subarray(0, DHCP_OPTIONS));
    const view = new DataView(bytes.buffer);
    bytes[DHCP_OP] = BOOTREPLY;
    view.setInt32(DHCP_YIADDR, yiaddr);
    const end = writeOptions(bytes, DHCP_OPTIONS, new Map(type === DhcpType.NAK ? mine : [...mine, ...given]));
    const message = bytes.subarray(0, Math.max(LEAST_BYTES, end));
    const ciaddr = view.getInt32(DHCP_CIADDR);
    if (type === DhcpType.NAK || (ciaddr === 0 && (view.getUint16(DHCP_FLAGS) & FLAG_BROADCAST) !== 0)) {
      this.#own.send(message, this.#toAll);
      return;
    }
    if (ciaddr === 0) this.#know(yiaddr, request.slice(DHCP_CHADDR, DHCP_CHADDR + MAC_BYTES));
    this.#own.send(message, this.#own.to((ciaddr || yiaddr) as Ip4, DHCP_CLIENT_PORT));
  }

  /** Puts a client without an address into the table: it cannot answer ARP yet. */
  #know(address: number, lladdr: Uint8Array): void {
    const entry = this.#stack.neighbours(4).neighbour(address, this.#device);
    if (entry) update(entry, lladdr, 0, Nud.STALE, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
  }
}
