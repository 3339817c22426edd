/** The Linux kernel of this machine as a DUT: one namespace for each case. */
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressOptions, AddressProgram } from "../../contract/address-program.ts";
import {
  ALL_NEEDS,
  BOTH_FAMILIES,
  type Dut,
  type DutKind,
  type DutOptions,
  type DutSocket,
  type IpResult,
  type NeighEvent,
  type NeighRow,
  type PortName,
  plansOf,
  type RawFrame,
  type SocketOptions,
} from "../../contract/dut.ts";
import { type Family, PLANS } from "../../contract/plan.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "../../contract/stream.ts";
import { parse } from "../../wire/parse.ts";
import { Dhcpcd, missingDhcpcd } from "./address-program.ts";
import { Cables } from "./cables.ts";
import { IpBatch } from "./ip-batch.ts";
import { ipBatch, missingForNamespaces, runProgram, TesterNetwork } from "./namespaces.ts";
import { NeighSocket } from "./neigh-socket.ts";
import { allCollections, type Collections } from "./shared-table.ts";
import { LinuxTcp } from "./tcp.ts";
import { LinuxSocket } from "./udp.ts";

/** Time limit for the link-local addresses, in ms. */
const ADDRESS_PATIENCE = 5000;

/** The IPv6 addresses of the namespace's interfaces: lines of address, index, prefix length, scope and flags in hexadecimal, and name. */
function addresses(): string[] {
  const lines = readFileSync("/proc/net/if_inet6", "utf8").trim().split("\n");
  return lines.map((line) => line.slice(0, line.indexOf(" ")));
}

/** The index of an interface that takes the frames of some group, which each does that is up: lines of index, name, and more; 0 for none. */
function indexOf(name: string): number {
  const lines = readFileSync("/proc/net/dev_mcast", "utf8").trim().split("\n");
  const found = lines.map((line) => line.split(/\s+/)).find(([, device]) => device === name);
  return Number(found?.[0] ?? 0);
}

class LinuxDut implements Dut {
  onFrame: (frame: RawFrame) => void = () => {};
  readonly #cables: Cables;
  #namespace: number | null = null;
  #neighbours: NeighSocket | null = null;
  readonly #sockets: LinuxSocket[] = [];
  #tcp: LinuxTcp | null = null;
  #dhcpcd: Dhcpcd | null = null;
  readonly #devices = new Map<number, string>();
  #families: readonly Family[] = [4];
  #batch: IpBatch | null = null;
  #collections: Collections | null = null;

  constructor(network: TesterNetwork) {
    this.#cables = new Cables(network);
  }

  async start(options: DutOptions): Promise<void> {
    const { network } = this.#cables;
    const namespace = network.namespace();
    this.#namespace = namespace;
    const plans = plansOf(options);
    const families = plans.map(({ family }) => family);
    this.#families = families;
    network.inside(namespace, () => (families.includes(6) ? network.prepareIpv6() : network.silence()));
    const ends = this.#cables.lay(options, namespace, (frame) => this.onFrame(frame));
    const lines = [...ends.keys()].flatMap((dev) => [
      ...plans.map(({ dut, prefix }) => `addr add ${dut[dev].ip}/${prefix} dev ${dev}`),
      // Segments leave one by one, as on hardware without segmentation.
      `link set ${dev} up gso_max_segs 1`,
    ]);
    this.#inside(() => {
      ipBatch("link set lo up", ...lines);
      this.#neighbours = new NeighSocket(network.libc, families, (ifindex) => this.#device(ifindex));
    });
    if (families.includes(6)) await this.#untilAddressed(ends.size);
    if (options.brisk) this.#batch = new IpBatch((work) => this.#inside(work));
    this.#collections = network.outside(() => allCollections(families));
  }

  /** A link-local address comes when the kernel has noticed that the link is up. */
  async #untilAddressed(devices: number): Promise<void> {
    const end = this.now() + ADDRESS_PATIENCE;
    const found = (): number => this.#inside(() => addresses().filter((address) => address.startsWith("fe80")).length);
    while (found() < devices) {
      if (this.now() > end) throw new Error("no link-local address came up");
      await this.wait(2, () => false);
    }
    this.events();
  }

  async stop(): Promise<void> {
    await this.#batch?.close();
    await this.#dhcpcd?.close();
    for (const socket of this.#sockets) socket.close();
    this.#tcp?.close();
    this.#neighbours?.close();
    this.#cables.take(this.#namespace);
    this.#namespace = null;
  }

  now(): number {
    return performance.now();
  }

  wait(ms: number, done: () => boolean): Promise<boolean> {
    return this.#cables.wait(ms, done);
  }

  async ip(words: readonly string[]): Promise<IpResult> {
    if (this.#batch && !words[0]?.startsWith("-")) return this.#batch.run(words);
    return this.#inside(() => runProgram("ip", words));
  }

  neighbours(dst?: string): NeighRow[] {
    const rows = this.#neighbours?.dump() ?? [];
    return dst === undefined ? rows : rows.filter((row) => row.dst === dst);
  }

  sysctl(key: string, value: string | undefined): string {
    const path = `/proc/sys/${key.replaceAll(".", "/")}`;
    return this.#inside(() => {
      if (value === undefined) return readFileSync(path, "utf8").trim();
      writeFileSync(path, value);
      return "";
    });
  }

  cat(path: string): string {
    return this.#inside(() => readFileSync(path, "utf8"));
  }

  socket(options: SocketOptions = {}): DutSocket {
    const { family = this.#families[0] ?? 4 } = options;
    const socket = this.#inside(
      () => new LinuxSocket(this.#cables.network, family, (name) => this.#inside(() => indexOf(name)), options),
    );
    this.#sockets.push(socket);
    return socket;
  }

  listen(port: number, options: ListenOptions = {}): DutListener {
    return this.#inside(() => this.#streams.listen(port, options));
  }

  connect(to: string, port: number, options: ConnectOptions = {}): DutStream {
    return this.#inside(() => this.#streams.connect(to, port, options));
  }

  getAddress(options: AddressOptions): AddressProgram {
    this.#dhcpcd ??= new Dhcpcd((work) => this.#inside(work));
    return this.#dhcpcd.start(options);
  }

  get #streams(): LinuxTcp {
    const [family = 4] = this.#families;
    this.#tcp ??= new LinuxTcp(this.#cables.network, family, (name) => this.#inside(() => indexOf(name)));
    return this.#tcp;
  }

  events(): NeighEvent[] {
    return this.#neighbours?.take() ?? [];
  }

  send(port: PortName, bytes: Uint8Array): void {
    this.#cables.send(port, bytes);
  }

  async plug(port: PortName, plugged: boolean): Promise<void> {
    this.#cables.plug(port, plugged);
  }

  disturbed(): boolean {
    const now = this.#cables.network.outside(() => allCollections(this.#families));
    return now !== null && (now.possible || now.forced !== this.#collections?.forced);
  }

  #inside<T>(work: () => T): T {
    if (this.#namespace === null) throw new Error("the DUT was not started");
    return this.#cables.network.inside(this.#namespace, work);
  }

  /** The name of a device, while the DUT exists. A device that is gone has none. */
  #device(ifindex: number): string {
    const known = this.#devices.get(ifindex);
    if (known !== undefined) return known;
    const { stdout } = this.#inside(() => runProgram("ip", ["-o", "link"]));
    for (const [, index, name] of stdout.matchAll(/^(\d+): ([^:@]+)/gm)) this.#devices.set(Number(index), name as string);
    return this.#devices.get(ifindex) ?? `if${ifindex}`;
  }
}

/** CONFIG_HZ where it cannot be read. */
const USUAL_HZ = 250;

function kernelHz(): number {
  try {
    const config = /^CONFIG_HZ=(\d+)$/m.exec(
      readFileSync(`/boot/config-${readFileSync("/proc/sys/kernel/osrelease", "utf8").trim()}`, "utf8"),
    );
    return Number(config?.[1] ?? USUAL_HZ);
  } catch {
    return USUAL_HZ;
  }
}

/** Time from the kernel's look at a managed entry to its request on the wire, in jiffies. */
const REQUEST_DELAY = 1.5;

/**
 * Reports each time the kernel looks at managed entries. One timer that runs since boot looks at those of all namespaces. It is observed
 * through an entry of an absent host: each look makes the kernel ask once.
 */
async function watchManaged(network: TesterNetwork, heard: (time: number) => void): Promise<LinuxDut> {
  const spy = new LinuxDut(network);
  let armed = false;
  spy.onFrame = (raw) => {
    const frame = parse(raw);
    if (armed && frame.kind === "arp") heard(raw.time - (REQUEST_DELAY * 1000) / kernelHz());
  };
  await spy.start({ devices: ["e0"], plan: PLANS[4], seed: 0 });
  for (const [name, value] of Object.entries({ mcast_solicit: "1", retrans_time_ms: "20" }))
    spy.sysctl(`net.ipv4.neigh.e0.${name}`, value);
  // Garbage collection leaves externally learned entries alone.
  await spy.ip(["neigh", "add", "10.0.0.2", "managed", "extern_learn", "dev", "e0"]);
  // The first request comes from the command itself.
  await spy.wait(200, () => spy.neighbours().some(({ state }) => state === "FAILED"));
  armed = true;
  return spy;
}

export const linux: DutKind = {
  name: "linux",
  description: "the kernel of this machine, in a network namespace of its own",
  timing: { timers: kernelHz(), slack: 40 },
  can: new Set([...ALL_NEEDS].filter((need) => need !== "strategies" && !(need === "address-programs" && missingDhcpcd()))),
  remedies: { "address-programs": "dhcpcd, from the package dhcpcd-base" },
  families: BOTH_FAMILIES,
  realTime: true,
  settle: 1,
  missing: missingForNamespaces,
  async open() {
    const network = await TesterNetwork.open();
    const spies: LinuxDut[] = [];
    return {
      create: () => new LinuxDut(network),
      crowded: () => network.outside(() => allCollections([4, 6]))?.possible ?? false,
      async watchManaged(heard): Promise<void> {
        spies.push(await watchManaged(network, heard));
      },
      async close(): Promise<void> {
        for (const spy of spies) await spy.stop();
        network.close();
      },
    };
  },
};
