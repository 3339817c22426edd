/** The Linux host that a board is plugged into: its address, a UDP socket, captures of what it hears. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Test } from "tap";
import type { Netns } from "./netns.ts";
import { run, VethPair } from "./netns.ts";
import type { Ended } from "./own.ts";
import { pause } from "./waiting.ts";
import { adopt, ended, folder, type Instance, whohas } from "./whohas.ts";

export const HOST = "10.9.0.1";
export const BOARD = "10.9.0.2";
export const SUBNET = 24;
/** The same of IPv6, on a /64. */
export const HOST6 = "fd09::1";
export const BOARD6 = "fd09::2";

/** Longer than any test, in ms. */
const HOUR = 3_600_000;

/** Without extra packages: Python's own socket, so that what arrives is what a real kernel's real socket received. */
const SINK = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
print("bound", flush=True)
while True:
    data, peer = s.recvfrom(65535)
    print("%s:%d %s" % (peer[0], peer[1], data.hex()), flush=True)
`;

export interface Datagram {
  from: string;
  text: string;
}

/** A UDP socket of the host's kernel that keeps what it receives. */
export class Sink {
  readonly datagrams: Datagram[] = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(netns: Netns, port: number): Promise<Sink> {
    const sink = new Sink(adopt(netns.spawn("python3", ["-u", "-c", SINK, String(port)])));
    let rest = "";
    await new Promise<void>((resolve, reject) => {
      sink.#child.once("exit", () => reject(new Error("the UDP sink ended")));
      sink.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line === "bound") resolve();
          else sink.#take(line);
        }
      });
    });
    return sink;
  }

  #take(line: string): void {
    const [from = "", hex = ""] = line.split(" ");
    this.datagrams.push({ from: from.split(":")[0] as string, text: Buffer.from(hex, "hex").toString("utf8") });
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Gives a kernel's device IPv6, and an address that is its own at once. */
export async function giveIp6(netns: Netns, device: string, own: string): Promise<void> {
  for (const setting of ["accept_dad=0", "router_solicitations=0", "disable_ipv6=0"]) {
    netns.run("sysctl", "-qw", `net.ipv6.conf.${device}.${setting}`);
  }
  netns.run("sysctl", "-qw", "net.ipv6.conf.lo.disable_ipv6=0");
  netns.ip("address", "add", `${own}/64`, "dev", device);
  while (netns.ip("-6", "address", "show", "dev", device, "tentative") !== "") await pause(10);
}

/**
 * Pings an address so many times from a namespace, each time with a ping of its own, and returns how many were answered. A ping with a
 * count gives a late last reply up after a multiple of the replies before; one of a single request waits as long as it is told to.
 */
export async function answered(netns: Netns, address: string, count: number, size = 56): Promise<number> {
  const loop = `for each in $(seq ${count}); do ping -n -q -c 1 -W 20 -s ${size} ${address}; done`;
  const { stdout } = await ended(netns.spawn("sh", ["-c", loop]));
  return stdout.split("\n").filter((line) => line.startsWith("1 packets transmitted, 1 received")).length;
}

/** Until no address of the board may turn out to be another's. */
export async function settled6(board: Instance): Promise<void> {
  while ((await whohas("-i", board.name, "-6", "address", "show", "tentative")).stdout !== "") await pause(50);
}

/** Echo requests over IPv6, each way, and ms between two of the board. */
export interface Many {
  readonly count: number;
  readonly interval: number;
}

/**
 * The host's kernel pings the board over IPv6, and the board pings it, without loss: both have to hear each other's groups for it.
 * @param exec runs the host's ping
 */
export async function manyOverIp6(
  t: Test,
  exec: Host["exec"],
  board: Instance,
  { count, interval }: Many = { count: 1000, interval: 2 },
): Promise<void> {
  await settled6(board);
  const all = `${count} packets transmitted, ${count} received, 0% packet loss`;
  // The next request waits for the answer (-A): a slow bridge is not flooded. Without -w, with which ping counts as lost what is still on
  // its way when it has heard enough.
  const { stdout } = await exec("ping", "-6", "-n", "-q", "-A", "-c", String(count), BOARD6);
  t.match(stdout, all, "the host pings the board over IPv6");
  const back = await whohas("-i", board.name, "ping", "-6", "-c", String(count), "-i", String(interval / 1000), HOST6);
  t.match(back.stdout, all, "the board pings the host over IPv6");
}

let captures = 0;

/** tcpdump on the host's interface, into a file. */
export class HostCapture {
  readonly file: string = join(folder, `capture${captures++}.pcap`);
  readonly #child: ChildProcess;

  private constructor(netns: Netns, iface: string) {
    const args = ["-i", iface, "-n", "-U", "--immediate-mode", "-Z", "root", "-w", this.file];
    this.#child = adopt(netns.spawn("tcpdump", args));
  }

  static async start(netns: Netns, iface: string): Promise<HostCapture> {
    const capture = new HostCapture(netns, iface);
    let told = "";
    await new Promise<void>((resolve, reject) => {
      capture.#child.once("exit", () => reject(new Error(`tcpdump ended: ${told}`)));
      capture.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        told += text;
        if (told.includes("listening on")) resolve();
      });
    });
    return capture;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGINT");
    await once(this.#child, "exit");
  }

  /** The fields of the frames that pass a display filter, as tshark prints them. */
  fields(filter: string, ...fields: string[]): string[][] {
    const options = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
    const wanted = fields.flatMap((field) => ["-e", field]);
    const out = run("tshark", ["-n", "-r", this.file, ...options, "-Y", filter, "-T", "fields", ...wanted]);
    return out
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
  }
}

/**
 * A cable with a Linux host at its far end. Its kernel asks for an address that it does not know, and never asks again for one that it
 * does: what comes from it is what a test makes it send, however long that takes.
 */
export class Host {
  readonly pair: VethPair = new VethPair();
  readonly mac: string;

  constructor() {
    const settings = `net.ipv4.neigh.${this.iface}`;
    this.netns.run(
      "sysctl",
      "-qw",
      `${settings}.base_reachable_time_ms=${HOUR}`,
      `${settings}.delay_first_probe_time=${HOUR / 1000}`,
    );
    this.netns.ip("address", "add", `${HOST}/${SUBNET}`, "dev", this.iface);
    const [link] = JSON.parse(this.netns.ip("-j", "link", "show", this.iface)) as { address: string }[];
    this.mac = link?.address ?? "";
  }

  get netns(): Netns {
    return this.pair.far;
  }

  get iface(): string {
    return this.pair.farName;
  }

  /** The board's end of the cable. */
  get near(): string {
    return this.pair.near;
  }

  capture(): Promise<HostCapture> {
    return HostCapture.start(this.netns, this.iface);
  }

  /** Gives its end of the cable HOST6. */
  ip6(): Promise<void> {
    return giveIp6(this.netns, this.iface, HOST6);
  }

  sink(port: number): Promise<Sink> {
    return Sink.open(this.netns, port);
  }

  /** Runs a program on the host without holding up the test. */
  readonly exec = (program: string, ...args: string[]): Promise<Ended> => ended(this.netns.spawn(program, args));

  remove(): void {
    this.pair.remove();
  }
}
