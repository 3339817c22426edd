/** Options of one's own, as a rig writes them: `77=field` or `43=0x0104`, and the identifier of a client. */
import type { OptionProblem } from "../app.ts";
import type { OptionShape } from "../options.ts";
import { DhcpOption, type DhcpOptions } from "./wire.ts";

const VALUE = "0x(?:[0-9A-Fa-f]{2}){1,255}|(?!0x)[ -~]{1,255}";
const SENT = new RegExp(`^(\\d{1,3})=(${VALUE})$`);
const LAST_OPTION = 254;
/** An identifier that is no hardware address (RFC 2132 9.14). */
const CLIENT_ID_TEXT = 0;

/** Options that the client writes itself, and the key by which a rig chooses their values. */
const WRITTEN: ReadonlyMap<number, string> = new Map<number, string>([
  [DhcpOption.HOST_NAME, "hostname"],
  [DhcpOption.VENDOR_CLASS, "vendor"],
  [DhcpOption.CLIENT_ID, "client"],
  [DhcpOption.PARAMETERS, "request"],
  ...[
    DhcpOption.PAD,
    DhcpOption.REQUESTED_ADDRESS,
    DhcpOption.LEASE_TIME,
    DhcpOption.OVERLOAD,
    DhcpOption.MESSAGE_TYPE,
    DhcpOption.SERVER_ID,
    DhcpOption.MOST_BYTES,
  ].map((code): [number, string] => [code, ""]),
]);

/** The rig's keys that choose options. */
export interface OwnOptions {
  /** Option 61, instead of the usual one: a text, or octets as `0x0102…`. */
  readonly client?: string;
  /** Numbers of options that the server is asked for, besides the usual ones. */
  readonly request?: readonly number[];
  /** Options that are sent besides the usual ones: `77=field`, `43=0x0104`. */
  readonly send?: readonly string[];
}

export const OWN_SHAPES: { readonly [Key in keyof Required<OwnOptions>]: OptionShape } = {
  client: { is: "text", example: "node-7", form: new RegExp(`^(?:${VALUE})$`), rule: "a text, or octets as 0x0102 belong here" },
  request: { is: "list", of: { is: "integer", example: "42", min: 1, max: LAST_OPTION } },
  send: {
    is: "list",
    of: { is: "text", example: "77=field", form: SENT, rule: "a number and a text, or octets as 43=0x0104 belong here" },
  },
};

/** Checks options that are good by themselves: their numbers, and that each is there once. */
export function checkOwnOptions({ send }: Readonly<Record<string, unknown>>): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const seen = new Set<number>();
  for (const text of Array.isArray(send) ? (send as readonly unknown[]) : []) {
    const code = Number(SENT.exec(String(text))?.[1]);
    const key = WRITTEN.get(code);
    if (code > LAST_OPTION) problems.push({ at: ["send"], message: `${text}: options have the numbers 1 to ${LAST_OPTION}` });
    else if (key !== undefined)
      problems.push({ at: ["send"], message: `${text}: the client writes this one itself${key === "" ? "" : `; say ${key}`}` });
    else if (seen.has(code)) problems.push({ at: ["send"], message: `${text}: option ${code} is there already` });
    seen.add(code);
  }
  return problems;
}

/** The options of `send`, which were checked. */
export function ownOptions({ send = [] }: OwnOptions): DhcpOptions {
  const parsed = send.flatMap((text): [number, Uint8Array][] => {
    const [, code, value] = SENT.exec(text) ?? [];
    return value === undefined ? [] : [[Number(code), octetsOf(value)]];
  });
  return new Map(parsed);
}

/** The identifier that a rig names; null for the usual one. */
export function ownClientId({ client }: OwnOptions): Uint8Array | null {
  if (client === undefined) return null;
  return client.startsWith("0x") ? octetsOf(client) : Uint8Array.of(CLIENT_ID_TEXT, ...octetsOf(client));
}

/** The values of the options that a rig asks for, by number, in hexadecimal; those that the server did not send are missing. */
export function answersTo({ request = [] }: OwnOptions, options: DhcpOptions): Record<string, string> {
  const found = request.flatMap((code): [string, string][] => {
    const value = options.get(code);
    return value ? [[String(code), Array.from(value, (octet) => octet.toString(16).padStart(2, "0")).join("")]] : [];
  });
  return Object.fromEntries(found);
}

function octetsOf(value: string): Uint8Array {
  if (!value.startsWith("0x")) return new TextEncoder().encode(value);
  return Uint8Array.from(value.slice(2).match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}
