/** Contents of messages that name theirs, as CoAP's do, or leave it to an agreement, as MQTT's do. */
import type { Encoder, Station } from "../contract/encoder.ts";
import { lineEncoder } from "./line.ts";
import { senmlCborEncoder, senmlJsonEncoder } from "./senml.ts";

export interface Payload {
  /** As a rig's `payload:` names it. */
  readonly payload: string;
  readonly times: "absolute" | "relative";
  /** CoAP's number of its media type (RFC 7252 section 12.3, RFC 8428 section 12.3.1). */
  readonly contentFormat: number;
  readonly mediaType: string;
  encoder(station: Station): Encoder;
}

/** The first one is meant where none is named. */
export const PAYLOADS: readonly [Payload, ...Payload[]] = [
  {
    payload: "senml-cbor",
    times: "relative",
    contentFormat: 112,
    mediaType: "application/senml+cbor",
    encoder: senmlCborEncoder,
  },
  {
    payload: "senml-json",
    times: "relative",
    contentFormat: 110,
    mediaType: "application/senml+json",
    encoder: senmlJsonEncoder,
  },
  { payload: "line", times: "absolute", contentFormat: 0, mediaType: "text/plain", encoder: lineEncoder },
];

/** The payload of a name; the first one without. */
export function payloadOf(name: unknown): Payload {
  return PAYLOADS.find(({ payload }) => payload === name) ?? PAYLOADS[0];
}
