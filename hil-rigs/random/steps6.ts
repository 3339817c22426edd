/** The IPv6 frames of random scripts, as plain data. */
import type { PortName } from "../contract/dut.ts";
import {
  advertise,
  advertiseRouter,
  type NaFlags,
  type RedirectFields,
  type RouterFields,
  redirect,
  solicit,
  solicitRouters,
} from "../wire/build-nd.ts";
import { type Echo6Fields, echo6, type Udp6Fields, udp6 } from "../wire/build6.ts";

/** A message of neighbour discovery. Fields that are absent are as the builder makes them. */
export interface NdStep {
  do: "nd";
  port: PortName;
  message: "ns" | "na" | "rs" | "ra" | "redirect";
  /** Stands in an advertisement alone. */
  flags?: NaFlags;
  fields: RouterFields & Partial<RedirectFields>;
}

export interface Echo6Step {
  do: "echo6";
  port: PortName;
  fields: Echo6Fields;
}

/** A datagram from a host, for the DUT or to be forwarded. */
export interface Datagram6Step {
  do: "datagram6";
  port: PortName;
  fields: Udp6Fields;
}

export type Frame6Step = NdStep | Echo6Step | Datagram6Step;

export function isFrame6(step: { do: string }): step is Frame6Step {
  return step.do === "nd" || step.do === "echo6" || step.do === "datagram6";
}

export function frame6Text(step: Frame6Step): string {
  const what = step.do === "nd" ? `${step.message}${step.flags === undefined ? "" : ` ${step.flags || "no flags"}`}` : step.do;
  const fields = Object.entries(step.fields).map(([name, value]) => `${name} ${fieldText(value)}`);
  return `${step.port} ${what}: ${fields.join(", ")}`;
}

function fieldText(value: unknown): string {
  const host = value as { ip?: string; mac?: string } | null;
  if (host?.ip !== undefined) return `${host.ip} ${host.mac}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function frame6Bytes(step: Frame6Step): Uint8Array {
  switch (step.do) {
    case "echo6":
      return echo6(step.fields);
    case "datagram6":
      return udp6(step.fields);
    case "nd":
      return messageBytes(step);
  }
}

function messageBytes({ message, flags, fields }: NdStep): Uint8Array {
  switch (message) {
    case "ns":
      return solicit(fields);
    case "na":
      return advertise(fields, flags);
    case "rs":
      return solicitRouters(fields);
    case "ra":
      return advertiseRouter(fields);
    case "redirect":
      return redirect({ target: "::", about: "::", ...fields });
  }
}
