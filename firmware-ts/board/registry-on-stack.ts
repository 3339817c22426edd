/** The gateway's side of the registrar on a stack of ours: a UDP port, and static entries. */
import { Registry } from "../apps/registrar/registry.ts";
import type { IpAddress } from "../ip/address.ts";
import { formatIp } from "../ip/endpoint.ts";
import { neighDelete } from "../neigh/admin.ts";
import type { KeyRest } from "../neigh/key.ts";
import { Nud } from "../neigh/states.ts";
import type { NeighTable } from "../neigh/table.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { holdsHost } from "./rig/units.ts";
import { secretsOf } from "./secrets.ts";

/** Serves nodes on a device from now on, until the stack is closed. */
export function serveRegistry(stack: Stack, device: NetDevice, port: number, key: Uint8Array): Registry {
  const find = (address: string): { key: number; rest: KeyRest | null } => {
    const ip = stack.layers.address(address);
    return typeof ip === "number" ? { key: ip, rest: null } : { key: ip.d, rest: ip };
  };
  const tableOf = (address: string): NeighTable => stack.neighbours(address.includes(":") ? 6 : 4).table;
  const registry = new Registry({
    clock: stack.clock,
    key,
    secret: secretsOf(stack.clock, stack.random.fork("registry")),
    mac: device.address,
    accepts(address) {
      const ip = stack.layers.address(address);
      const own = [...stack.ip.addresses.of(device), ...(stack.ip6?.addresses.of(device) ?? [])];
      const onLink = own.some(({ local, prefixLength }) =>
        holdsHost({ address: formatIp(local as IpAddress), prefix: prefixLength }, address),
      );
      const { key: last, rest } = find(address);
      const kept = tableOf(address).find(last, device, rest);
      return onLink && !own.some(({ local }) => local === ip) && kept?.nudState !== Nud.PERMANENT;
    },
    install: (address, mac) => void stack.addNeighbour(address, formatMac(mac), device),
    remove(address) {
      const target = { ...find(address), device };
      if (tableOf(address).find(target.key, device, target.rest)) neighDelete(tableOf(address), target);
    },
  });
  const socket = stack.udp.open(port);
  socket.onDatagram = (bytes, at, length, source, from) => {
    const answer = registry.receive(bytes.slice(at, at + length), formatIp(source));
    if (answer) socket.send(answer, socket.to(formatIp(source), from));
  };
  return registry;
}
