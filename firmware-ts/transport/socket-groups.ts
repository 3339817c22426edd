/**
 * The groups of one socket, and of each the sources that it wants to hear (RFC 3376 2, RFC 3678; ip(7), ipv6(7)).
 *
 * A group that is joined is heard from everybody, but for the sources that are blocked; one that is joined for some sources is heard from
 * them alone. Routers are told by IGMP and MLD.
 */
import type { IpAddress } from "../ip/address.ts";
import { formatIp } from "../ip/endpoint.ts";
import { InetError } from "../ip/inet-error.ts";
import type { IpLayer } from "../ip/layer.ts";
import { ANY_SOURCE, admits, FilterMode, type SourceFilter } from "../ip/source-filter.ts";
import type { NetDevice } from "../net/device.ts";

/** A group on a device, as a socket names it. */
export interface GroupPlace {
  readonly layer: IpLayer;
  readonly group: IpAddress;
  readonly device: NetDevice;
}

interface Membership extends GroupPlace {
  filter: SourceFilter;
  /** A source was named in the filter's mode: it cannot have the other one until the filter is set anew. */
  fixed: boolean;
}

/** The parts of UDP that the groups of a socket need. */
export interface SocketGroupsUser {
  /** @throws InetError ADDRESS_INVALID */
  address(host: string | IpAddress): IpAddress;
  /** Reads a group and finds its device. @throws InetError ADDRESS_INVALID, DEVICE_MISSING, FAMILY_UNSUPPORTED */
  place(group: string | IpAddress, device: NetDevice | null): GroupPlace;
}

type Host = string | IpAddress;

const { EXCLUDE, INCLUDE } = FilterMode;
const NOBODY: SourceFilter = { mode: INCLUDE, sources: [] };

export class SocketGroups {
  /** The socket hears the groups that others have joined, too, as long as it did not join them itself (IP_MULTICAST_ALL). Default true. */
  all = true;
  readonly #user: SocketGroupsUser;
  #memberships: Membership[] = [];

  constructor(user: SocketGroupsUser) {
    this.#user = user;
  }

  /** The groups that are joined, with the device of each; what was said of their sources is not told. */
  get joined(): readonly GroupPlace[] {
    return this.#memberships;
  }

  /**
   * Joins a group (IP_ADD_MEMBERSHIP).
   * @param device default: that by which datagrams to the group go
   * @throws InetError ADDRESS_INVALID no group, ADDRESS_IN_USE joined already, DEVICE_MISSING, FAMILY_UNSUPPORTED, GROUP_LIMIT
   */
  join(group: Host, device: NetDevice | null = null): void {
    this.#join(this.#user.place(group, device), ANY_SOURCE);
  }

  /**
   * Leaves a group, with all that was said of its sources (IP_DROP_MEMBERSHIP).
   * @param device default: the first on which the group was joined
   * @throws InetError ADDRESS_INVALID, ADDRESS_NOT_AVAILABLE not joined
   */
  leave(group: Host, device: NetDevice | null = null): void {
    const address = this.#user.address(group);
    const there = this.#memberships.find((one) => one.group === address && (device === null || one.device === device));
    if (!there) throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(address)} is not joined`);
    this.#leave(there);
  }

  /**
   * Hears one source of a group, beside those that were named before (IP_ADD_SOURCE_MEMBERSHIP). Of a group that was joined for everybody
   * it hears this source alone from now on.
   * @throws InetError as join(), and ADDRESS_INVALID some sources are blocked, ADDRESS_NOT_AVAILABLE the source is heard already
   */
  joinSource(group: Host, source: Host, device: NetDevice | null = null): void {
    const place = this.#user.place(group, device);
    const membership = this.#find(place) ?? this.#join(place, NOBODY);
    this.#add(membership, INCLUDE, source);
  }

  /**
   * Ends a joinSource() (IP_DROP_SOURCE_MEMBERSHIP). With the last source it leaves the group.
   * @throws InetError ADDRESS_INVALID not joined, or for everybody; ADDRESS_NOT_AVAILABLE the source is not heard
   */
  leaveSource(group: Host, source: Host, device: NetDevice | null = null): void {
    this.#remove(this.#joined(group, device), INCLUDE, source);
  }

  /**
   * Does not hear a source of a group that was joined for everybody (IP_BLOCK_SOURCE).
   * @throws InetError ADDRESS_INVALID not joined, or for some sources; ADDRESS_NOT_AVAILABLE blocked already; GROUP_LIMIT
   */
  block(group: Host, source: Host, device: NetDevice | null = null): void {
    this.#add(this.#joined(group, device), EXCLUDE, source);
  }

  /**
   * Ends a block() (IP_UNBLOCK_SOURCE).
   * @throws InetError ADDRESS_INVALID not joined, or for some sources; ADDRESS_NOT_AVAILABLE not blocked
   */
  unblock(group: Host, source: Host, device: NetDevice | null = null): void {
    this.#remove(this.#joined(group, device), EXCLUDE, source);
  }

  /**
   * Replaces all that was said of the sources of a group (IP_MSFILTER). To include no source is to leave the group.
   * @throws InetError ADDRESS_INVALID not joined, GROUP_LIMIT
   */
  setFilter(group: Host, mode: "include" | "exclude", sources: readonly Host[], device: NetDevice | null = null): void {
    const membership = this.#joined(group, device);
    const named = [...new Set(sources.map((source) => this.#source(membership, source)))];
    this.#checkNumber(membership, named.length);
    if (mode === "include" && named.length === 0) this.#leave(membership);
    else {
      this.#change(membership, { mode: mode === "include" ? INCLUDE : EXCLUDE, sources: named });
      membership.fixed = named.length > 0;
    }
  }

  /** Tells whether the socket takes what a source sends to a group. */
  hears(group: IpAddress, device: NetDevice, source: IpAddress): boolean {
    for (const one of this.#memberships) if (one.group === group && one.device === device) return admits(one.filter, source);
    return this.all;
  }

  /** Leaves all groups, the one joined last first. */
  leaveAll(): void {
    for (const membership of [...this.#memberships].reverse()) this.#leave(membership);
  }

  #join(place: GroupPlace, filter: SourceFilter): Membership {
    const { layer, group, device } = place;
    if (this.#find(place)) throw new InetError("ADDRESS_IN_USE", `${formatIp(group)} is joined already`);
    const { memberships } = layer.groups.limits;
    if (this.#memberships.length >= memberships) throw new InetError("GROUP_LIMIT", `a socket is in ${memberships} groups at most`);
    const membership = { layer, group, device, filter, fixed: false };
    layer.groups.join(device, group, filter);
    this.#memberships.push(membership);
    return membership;
  }

  #leave(membership: Membership): void {
    const { layer, group, device, filter } = membership;
    this.#memberships = this.#memberships.filter((one) => one !== membership);
    layer.groups.leave(device, group, filter);
  }

  #change(membership: Membership, filter: SourceFilter): void {
    const { layer, group, device, filter: before } = membership;
    membership.filter = filter;
    layer.groups.change(device, group, before, filter);
  }

  #add(membership: Membership, mode: FilterMode, host: Host): void {
    const source = this.#source(membership, host);
    const { sources } = this.#filterOf(membership, mode);
    this.#checkNumber(membership, sources.length + 1);
    if (sources.includes(source)) throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(source)} was named already`);
    this.#change(membership, { mode, sources: [...sources, source] });
    membership.fixed = true;
  }

  #remove(membership: Membership, mode: FilterMode, host: Host): void {
    const source = this.#source(membership, host);
    const { sources } = this.#filterOf(membership, mode);
    if (!sources.includes(source)) throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(source)} was not named`);
    if (mode === INCLUDE && sources.length === 1) this.#leave(membership);
    else this.#change(membership, { mode, sources: sources.filter((one) => one !== source) });
  }

  /** Returns the filter in this mode, which it takes on if its own is not fixed. */
  #filterOf(membership: Membership, mode: FilterMode): SourceFilter {
    const { filter, fixed, group } = membership;
    if (filter.mode === mode) return filter;
    if (fixed) {
      const done = filter.mode === INCLUDE ? "joined for some sources" : "joined for all but some sources";
      throw new InetError("ADDRESS_INVALID", `${formatIp(group)} is ${done}`);
    }
    this.#change(membership, { mode, sources: [] });
    return membership.filter;
  }

  #checkNumber({ layer }: GroupPlace, number: number): void {
    const { sources } = layer.groups.limits;
    if (number > sources) throw new InetError("GROUP_LIMIT", `a filter names ${sources} sources at most`);
  }

  #joined(group: Host, device: NetDevice | null): Membership {
    const place = this.#user.place(group, device);
    const membership = this.#find(place);
    if (!membership) throw new InetError("ADDRESS_INVALID", `${formatIp(place.group)} is not joined`);
    return membership;
  }

  #find({ group, device }: GroupPlace): Membership | undefined {
    return this.#memberships.find((one) => one.group === group && one.device === device);
  }

  #source({ group }: GroupPlace, host: Host): IpAddress {
    const source = this.#user.address(host);
    if (typeof source === typeof group) return source;
    throw new InetError("ADDRESS_INVALID", `${formatIp(source)} is of another family than ${formatIp(group)}`);
  }
}
