/** A strategy that changes nothing: the ground on which the others stand, each of which says only in what it differs. */
import type { NetDevice } from "../../net/device.ts";
import type { DoubtCause, Neighbour, NeighStrategy, StrategyReport } from "../entry.ts";
import type { NeighPolicy } from "../profile.ts";
import type { Nud } from "../states.ts";

export abstract class PlainStrategy implements NeighStrategy {
  abstract readonly name: string;
  readonly policy: Partial<NeighPolicy> = {};

  reachableTime(entry: Neighbour): number {
    return entry.parameters.reachableTime;
  }

  expired(_entry: Neighbour): boolean {
    return false;
  }

  trusts(_entry: Neighbour): boolean {
    return false;
  }

  sent(_entry: Neighbour): void {}

  disputes(_entry: Neighbour, _address: Uint8Array, _at: number, _wanted: Nud): boolean {
    return false;
  }

  adopt(_entry: Pick<Neighbour, "key" | "rest" | "device">): boolean {
    return false;
  }

  pin(_entry: Neighbour, _address: Uint8Array): void {}

  guards(_entry: Neighbour): boolean {
    return false;
  }

  updated(_entry: Neighbour, _byOperator: boolean): void {}

  doubt(_entry: Neighbour, _cause: DoubtCause): void {}

  carrierReturned(_device: NetDevice): void {}

  forget(_entry: Neighbour): void {}

  abstract report(device?: NetDevice): StrategyReport;
}
