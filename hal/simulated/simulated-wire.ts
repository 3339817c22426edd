/** The wires that chip models and the ideal controller plug into: a segment, or a switch. */
import type { Wire, WirePort } from "../wire.ts";
import type { Carrier } from "./carrier.ts";

export interface SimulatedWire extends Wire {
  /** Takes a station off the wire; its link goes away. */
  detach(port: WirePort): void;
  /** The carrier that a new station in half duplex listens to: on a segment everybody's, on a switch that of its own cable. */
  stationCarrier(): Carrier;
}

/** Sees every frame that is put on the wire, before the wire does anything to it. `bytes` is only valid during the call. */
export type FrameTap<Port extends WirePort> = (bytes: Uint8Array, length: number, time: number, from: Port) => void;
