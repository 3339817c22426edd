/** The gateway's side of the registrar on this machine's kernel: a UDP socket, and permanent entries that `ip neigh` makes (root). */
import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import { Registry } from "../apps/registrar/registry.ts";
import { formatMac, parseMac } from "../net/ethernet.ts";
import { holdsHost, isOfIpv6 } from "./rig/units.ts";
import { secretsOf } from "./secrets.ts";

export interface KernelRegistryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly device: string;
  readonly key: Uint8Array;
  readonly port: number;
  /** Serves IPv6 instead of IPv4. */
  readonly six?: boolean;
  /** Hears what the kernel did not do. */
  readonly refused: (error: KernelRegistryError) => void;
  /** Hears of an entry that was made or removed. */
  readonly tell: (event: "made" | "removed", address: string, lladdr: string) => void;
}

/** The kernel refused, or the device is not there. */
export class KernelRegistryError extends Error {
  readonly code = "GATEWAY_REFUSED";

  constructor(message: string) {
    super(message);
    this.name = "KernelRegistryError";
  }
}

interface Link {
  readonly address?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

export class KernelRegistry {
  readonly registry: Registry;
  readonly #socket: Socket;
  readonly #options: KernelRegistryOptions;

  /** @throws KernelRegistryError when the device is not there or has no link address */
  constructor(options: KernelRegistryOptions) {
    this.#options = options;
    const { clock, random, device, key, six = false } = options;
    const mac = parseMac(linkOf(device).address ?? "");
    if (!mac) throw new KernelRegistryError(`${device}: it has no link address; say an Ethernet interface`);
    this.registry = new Registry({
      clock,
      key,
      secret: secretsOf(clock, random),
      mac,
      accepts: (address) => this.#accepts(address),
      install: (address, lladdr) => this.#install(address, lladdr),
      remove: (address) => this.#remove(address),
    });
    this.#socket = createSocket(six ? "udp6" : "udp4");
    this.#socket.on("message", (bytes, { address, port }) => this.#receive(bytes, address, port));
    // One that cannot be sent is one that is lost; the node asks again.
    this.#socket.on("error", () => undefined);
  }

  /** Rejects with the system's error where the port is taken. */
  async open(): Promise<void> {
    this.#socket.bind(this.#options.port);
    await once(this.#socket, "listening");
  }

  /** Removes every entry that it has made. */
  async close(): Promise<void> {
    this.registry.close();
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  /** A node that the kernel has no entry for gets no answer: it comes back. */
  #receive(bytes: Uint8Array, address: string, port: number): void {
    try {
      const answer = this.registry.receive(bytes, address.replace(/%.*$/, ""));
      if (answer) this.#socket.send(answer, port, address);
    } catch (error) {
      if (!(error instanceof KernelRegistryError)) throw error;
      this.#options.refused(error);
    }
  }

  /** On a subnet of the device, not its own, and without a permanent entry of somebody else. */
  #accepts(address: string): boolean {
    const { device, six = false } = this.#options;
    if (isOfIpv6(address) !== six) return false;
    const own = (linkOf(device).addr_info ?? []).map(({ local = "", prefixlen = 0 }) => ({ address: local, prefix: prefixlen }));
    if (own.some((cidr) => cidr.address === address) || !own.some((cidr) => holdsHost(cidr, address))) return false;
    return execute(["neigh", "show", address, "dev", device, "nud", "permanent"]) === "";
  }

  #install(address: string, mac: Uint8Array): void {
    const lladdr = formatMac(mac);
    execute(["neigh", "replace", address, "lladdr", lladdr, "dev", this.#options.device, "nud", "permanent"]);
    this.#options.tell("made", address, lladdr);
  }

  #remove(address: string): void {
    try {
      execute(["neigh", "del", address, "dev", this.#options.device]);
    } catch (error) {
      // An operator was faster, or the interface is gone.
      if (!(error instanceof KernelRegistryError)) throw error;
    }
    this.#options.tell("removed", address, "");
  }
}

function linkOf(device: string): Link {
  const [link] = JSON.parse(execute(["-j", "address", "show", "dev", device]) || "[]") as Link[];
  return link ?? {};
}

/** @throws KernelRegistryError with the program's complaint */
function execute(words: readonly string[]): string {
  try {
    return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 10_000 }).trim();
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: string };
    throw new KernelRegistryError(
      `ip ${words.join(" ")}: ${code === "ENOENT" ? "needs iproute2" : (stderr ?? "").trim() || "failed"}`,
    );
  }
}
