/** The steps of a random script: plain data, so that a script can be a file. Each step has a text and is done to a DUT by Hand. */
import type { Dut, DutSocket, PortName } from "../contract/dut.ts";
import type { Family } from "../contract/plan.ts";
import { arpRequest } from "../wire/build.ts";
import { echo, udp } from "../wire/build4.ts";
import type { Host } from "../wire/hosts.ts";
import { type Frame6Step, frame6Bytes, frame6Text, isFrame6 } from "./steps6.ts";

/** An ARP frame with all its addresses; `dst` and `src` are the Ethernet header's. */
export interface ArpStep {
  do: "arp";
  port: PortName;
  op: number;
  src: string;
  dst: string;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
  /** Wrong fields. `cut`: the number of bytes that are sent of the frame. */
  odd?: { htype?: number; ptype?: number; hlen?: number; plen?: number; cut?: number };
}

export interface EchoStep {
  do: "echo";
  port: PortName;
  from: Host;
  dst: string;
  destination: string;
}

/** A datagram from a host, for the DUT or to be forwarded. */
export interface DatagramStep {
  do: "datagram";
  port: PortName;
  from: Host;
  dst: string;
  destination: string;
  ttl: number;
}

/** A file of /proc, its lines sorted. */
export interface CatStep {
  do: "cat";
  path: string;
}

/** `ip` with the words of `command`. */
export interface IpStep {
  do: "ip";
  command: string;
}

export interface UdpStep {
  do: "udp";
  to: string;
  count: number;
  size: number;
  confirm: boolean;
}

export interface WaitStep {
  do: "wait";
  ms: number;
}

export interface PlugStep {
  do: "plug";
  port: PortName;
  plugged: boolean;
}

export interface SysctlStep {
  do: "sysctl";
  key: string;
  value: number;
}

export type Step = ArpStep | EchoStep | DatagramStep | CatStep | IpStep | UdpStep | WaitStep | PlugStep | SysctlStep | Frame6Step;

export function stepText(step: Step): string {
  if (isFrame6(step)) return frame6Text(step);
  switch (step.do) {
    case "arp": {
      const { port, op, src, dst, sha, spa, tha, tpa } = step;
      const outer = src === sha ? "" : ` in a frame from ${src}`;
      const odd = step.odd ? ` with ${Object.entries(step.odd).join(" ").replaceAll(",", " ")}` : "";
      return `${port} arp op ${op} to ${dst}${outer}: sender ${spa} ${sha} target ${tpa} ${tha}${odd}`;
    }
    case "echo":
      return `${step.port} echo request ${step.from.ip} (${step.from.mac}) > ${step.destination} (${step.dst})`;
    case "datagram":
      return `${step.port} datagram ${step.from.ip} (${step.from.mac}) > ${step.destination} (${step.dst}) ttl ${step.ttl}`;
    case "cat":
      return `cat ${step.path}`;
    case "ip":
      return `ip ${step.command}`;
    case "udp":
      return `send ${step.count} x ${step.size} bytes to ${step.to}${step.confirm ? ", confirming" : ""}`;
    case "wait":
      return `wait ${step.ms} ms`;
    case "plug":
      return `${step.plugged ? "plug" : "unplug"} ${step.port}`;
    case "sysctl":
      return `sysctl ${step.key}=${step.value}`;
  }
}

/** Least time between two steps, in ms. A kernel's tick and a frame's way fit in. */
const SLOT = 40;
/** Groups are reported at once and once more within a second, and the kernel may handle a change of the carrier a second late. */
const SLOW_SLOT = 2500;

export function slot(step: Step): number {
  if (step.do === "wait") return step.ms;
  return changesLink(step) || changesGroups(step) ? SLOW_SLOT : SLOT;
}

/** True for a step that may make the DUT join or leave IPv6 groups, or tell of them once more. */
function changesGroups(step: Step): boolean {
  if (step.do === "nd") return step.message === "ra" && (step.fields.options?.length ?? 0) > 0;
  if (step.do === "sysctl") return step.key.startsWith("net.ipv6.conf.") && step.key.endsWith(".forwarding");
  return step.do === "ip" && /^(?:address|neigh \w+ proxy) .*:/.test(step.command);
}

/** True for a step that must find all entries at rest, because it takes effect some time in the next second. */
export function changesLink(step: Step): boolean {
  return step.do === "plug" || (step.do === "ip" && step.command.startsWith("link "));
}

/** Source port of the DUT's datagrams of each family, and the discard port that they go to. */
const PORTS: Readonly<Record<Family, number>> = { 4: 4444, 6: 4446 };
const DISCARD = 9;

/** Does steps to one DUT. */
export class Hand {
  readonly #dut: Dut;
  readonly #sockets: ReadonlyMap<Family, DutSocket>;
  readonly #errors: boolean;
  #sent = 0;

  /** @param errors whether to read the errors that come back to the DUT's sockets @param families a socket for each */
  constructor(dut: Dut, errors: boolean, families: readonly Family[]) {
    this.#dut = dut;
    this.#errors = errors;
    this.#sockets = new Map(families.map((family) => [family, dut.socket({ port: PORTS[family], errors, family })]));
  }

  /** Does a step. Returns the DUT's answer, empty if there is none. */
  async act(step: Step): Promise<string> {
    const dut = this.#dut;
    if (isFrame6(step)) {
      dut.send(step.port, frame6Bytes(step));
      return "";
    }
    switch (step.do) {
      case "arp":
        dut.send(step.port, arpRequest({ ...step, ...step.odd }));
        return "";
      case "echo":
        dut.send(step.port, echo(step));
        return "";
      case "datagram":
        dut.send(step.port, udp(step));
        return "";
      case "cat":
        return sorted(dut.cat(step.path));
      case "ip": {
        const { stdout, stderr, exit } = await dut.ip(step.command.split(" "));
        return `${exit === 0 ? "done" : "refused"}\n${sorted(stdout)}${stderr}`.trimEnd();
      }
      case "udp":
        return this.#send(step);
      case "plug":
        await dut.plug(step.port, step.plugged);
        return "";
      case "sysctl":
        try {
          dut.sysctl(step.key, String(step.value));
          return "ok";
        } catch {
          // The text of the error belongs to the sysctl program.
          return "refused";
        }
      case "wait":
        return "";
    }
  }

  /** Takes the errors that came back since the last call. */
  errors(): string[] {
    return this.#errors ? [...this.#sockets.values()].flatMap((socket) => socket.errors()) : [];
  }

  #send(step: UdpStep): string {
    const answers: string[] = [];
    for (let count = 0; count < step.count; count++) {
      const payload = new TextEncoder().encode(`${this.#sent++}`.padEnd(step.size, "."));
      const socket = this.#sockets.get(step.to.includes(":") ? 6 : 4);
      answers.push(socket?.send(payload, step.to, DISCARD, { confirm: step.confirm }) ?? "EAFNOSUPPORT");
    }
    return answers.join(" ");
  }
}

/** Sorts lines, because tables are shown in the order of a hash with a drawn seed. */
function sorted(text: string): string {
  return text.split("\n").sort().join("\n").trim();
}
