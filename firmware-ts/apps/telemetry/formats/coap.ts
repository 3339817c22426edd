/** CoAP (RFC 7252) over UDP: each message is a POST or a PUT to a path of the collector. */
import type { OptionShape } from "../../options.ts";
import type { Format, Settings } from "../contract/format.ts";
import { PAYLOADS, payloadOf } from "../encoders/payloads.ts";
import { CoapLink } from "../links/coap/link.ts";
import { CoapCode } from "../links/coap/message.ts";

interface CoapSettings {
  readonly path: string;
  readonly method: "post" | "put";
  readonly payload: string;
  readonly confirmEvery: number;
}

const DEFAULTS: CoapSettings = { path: "/telemetry", method: "post", payload: PAYLOADS[0].payload, confirmEvery: 0 };

/** Segments of Uri-Path have at most 255 bytes (section 5.10). */
const PATH = /^(\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]{1,255}){1,16}$/;

const settings: Readonly<Record<string, OptionShape>> = {
  path: { is: "text", example: DEFAULTS.path, form: PATH, rule: "a path begins with / and has letters, digits and -._~" },
  method: { is: "word", words: ["post", "put"] },
  payload: { is: "word", words: PAYLOADS.map(({ payload }) => payload) },
  confirmEvery: { is: "integer", example: "10", min: 0, max: 1000 },
};

function whole(given: Settings): CoapSettings {
  return { ...DEFAULTS, ...given };
}

export const coap: Format = {
  format: "coap",
  settings,
  times: ({ payload }) => payloadOf(payload).times,
  // A request to a group is not confirmable (section 8.1).
  converses: (given) => whole(given).confirmEvery > 0,
  describe: (given) => {
    const { path, method, payload, confirmEvery } = whole(given);
    const confirmed = confirmEvery === 0 ? "" : confirmEvery === 1 ? ", each confirmed" : `, one in ${confirmEvery} confirmed`;
    return `${method} ${payload} to ${path}${confirmed}`;
  },
  encoder: (station, { payload }) => payloadOf(payload).encoder(station),
  link: (context, given) => {
    const { path, method, payload, confirmEvery } = whole(given);
    const code = method === "put" ? CoapCode.PUT : CoapCode.POST;
    return new CoapLink(context, { code, path, contentFormat: payloadOf(payload).contentFormat, confirmEvery });
  },
};
