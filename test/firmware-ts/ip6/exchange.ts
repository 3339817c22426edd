/**
 * Frames played to this machine's kernel, behind a veth, and to our stack, behind the lab's wire: both are fd00::1/64 beside the link-local
 * address of `US`, and know fd00::2 and fe80::2 at `T1`. The answers to each frame come back as text.
 */
import { execFileSync } from "node:child_process";
import t from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns, VethPair } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { T1, US } from "../../support/wire-format.ts";
import { echo6, line6, OUR_IP6, PEER_IP6, PEER_LL, text6 } from "../../support/wire-format6.ts";

/** One row: frames, and the answers to them. */
export type Row6 = readonly [what: string, frames: Uint8Array | readonly Uint8Array[], answers: readonly string[]];

/** Identifier of the echo request behind each frame, whose reply ends the wait for answers. */
const MARK = 0xbeef;
/** Until then every question has failed, and every fragment that waited is gone. */
const SETTLED = 61_000;
/** The sender of the marks: nobody else is so called. */
const MARKER = "fd00::beef";

export interface Exchange6 {
  /** Settings of the device, `net.ipv6.conf.DEV.*`, by the kernel's keys. */
  readonly conf?: Readonly<Record<string, number>>;
  /** Settings of `all`. */
  readonly all?: Readonly<Record<string, number>>;
  /** The peers are known already. Default true. */
  readonly known?: boolean;
}

/** Plays the rows to the kernel and to our stack; both answer as the table says. */
export function sameAnswers6(name: string, rows: readonly Row6[], exchange: Exchange6 = {}): void {
  t.test(`${name}: our stack`, async (t) => {
    for (const [what, frames, answers] of rows) {
      const lab = await openLab(exchange);
      for (const frame of listed(frames)) lab.say(frame);
      t.same(
        lab.lab.take().flatMap(({ bytes }) => answerOf6(bytes)),
        answers,
        what,
      );
      lab.run(SETTLED);
      t.equal(lab.inUse, 0, `${what}: nothing is left behind`);
    }
  });
  realTime(t, `${name}: the kernel`, { skip: missingForNetns() }, async (t) => {
    const kernel = await Kernel6.open(exchange);
    t.teardown(() => kernel.close());
    for (const [what, frames, answers] of rows) t.same(await kernel.answers(...listed(frames)), answers, what);
  });
}

/** Our stack as the kernel is set up, without limits on its errors. */
export async function openLab({ conf = {}, all = {}, known = true }: Exchange6 = {}): Promise<Lab6> {
  const lab = await Lab6.open();
  lab.ip6.settings.icmpRatelimit = 0;
  for (const [key, value] of Object.entries(all)) lab.ip6.conf.write("all", key, value);
  for (const [key, value] of Object.entries(conf)) lab.ip6.conf.write(lab.eth0, key, value);
  if (known) for (const peer of [PEER_IP6, PEER_LL]) lab.stack.addNeighbour(peer, T1, lab.eth0);
  return lab;
}

function listed(frames: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return frames instanceof Uint8Array ? [frames] : frames;
}

/** This machine's kernel as such a host. It asks nobody whether its addresses are free, and asks for no routers. */
export class Kernel6 {
  readonly veth: VethPair = new VethPair();
  readonly #host: FakeHost;
  #marks = 0;

  private constructor(host: FakeHost) {
    this.#host = host;
  }

  static async open({ conf = {}, all = {}, known = true }: Exchange6 = {}): Promise<Kernel6> {
    const clock = new SystemClock();
    const kernel = new Kernel6(new FakeHost(clock));
    const { far, farName, near } = kernel.veth;
    const set = (owner: string, keys: Readonly<Record<string, number>>): string[] =>
      Object.entries(keys).map(([key, value]) => `net.ipv6.conf.${owner}.${key}=${value}`);
    far.ip("link", "set", farName, "address", US);
    const quiet = { accept_dad: 0, router_solicitations: 0, accept_ra: 0 };
    far.run(
      "sysctl",
      "-qw",
      ...set(farName, quiet),
      ...set("default", quiet),
      "net.ipv6.icmp.ratelimit=0",
      "net.ipv6.icmp.ratemask=",
    );
    far.run("sysctl", "-qw", `net.ipv6.conf.all.disable_ipv6=0`, `net.ipv6.conf.${farName}.disable_ipv6=0`);
    const settings = [...set("all", all), ...set(farName, conf)];
    if (settings.length > 0) far.run("sysctl", "-qw", ...settings);
    far.ip("address", "add", `${OUR_IP6}/64`, "dev", farName, "nodad");
    for (const peer of known ? [PEER_IP6, PEER_LL, MARKER] : [MARKER]) far.ip("neigh", "add", peer, "lladdr", T1, "dev", farName);
    const controller = new PacketController(clock, { interface: near });
    await kernel.#host.open(controller);
    controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    await kernel.#host.until(() => kernel.#host.carriers.at(-1) === true, "link");
    return kernel;
  }

  /** Sends frames and returns the answers. */
  async answers(...frames: Uint8Array[]): Promise<string[]> {
    const { frames: heard } = this.#host;
    heard.length = 0;
    for (const frame of frames) this.#host.send(frame);
    const sequence = ++this.#marks;
    this.#host.send(echo6({ id: MARK, sequence, source: MARKER, destination: OUR_IP6 }));
    await this.#host.until(() => heard.some((frame) => isMark(frame, sequence)), "mark");
    return heard.filter((frame) => !isMark(frame, sequence)).flatMap(answerOf6);
  }

  /** Frames heard since the last question, the mark's among them. */
  get frames(): readonly Uint8Array[] {
    return this.#host.frames;
  }

  /** The states of neighbours, `fd00::2 STALE:02`. */
  neighbours(): string[] {
    const text = this.veth.far.ip("-j", "-6", "neigh", "show", "dev", this.veth.farName, "nud", "all");
    const list = JSON.parse(text) as { dst: string; lladdr?: string; state: string[]; router?: null }[];
    return list.map(
      ({ dst, lladdr, state, router }) =>
        `${dst} ${state[0] ?? "NONE"}${lladdr ? `:${lladdr.slice(-2)}` : ""}${router === undefined ? "" : " router"}`,
    );
  }

  /** Runs many commands of `ip` at once. */
  batch(lines: readonly string[]): void {
    const input = lines.map((line) => `${line}\n`).join("");
    execFileSync("ip", ["-n", this.veth.far.name, "-6", "-batch", "-"], { input, stdio: ["pipe", "ignore", "pipe"] });
  }

  ip(...words: string[]): string {
    return this.veth.far.ip(...words);
  }

  async close(): Promise<void> {
    await this.#host.close();
    this.veth.remove();
  }
}

function isMark(frame: Uint8Array, sequence: number): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset);
  if (view.getUint16(12) !== 0x86dd || frame[20] !== 58 || frame[54] !== 129) return false;
  return view.getUint16(58) === MARK && view.getUint16(60) === sequence;
}

/** One line for an IPv6 frame of the host's, with its traffic class; none for others, and none for its reports of groups. */
export function answerOf6(frame: Uint8Array): string[] {
  if (frame[12] !== 0x86 || frame[13] !== 0xdd || Buffer.compare(frame.subarray(6, 12), mac(US)) !== 0) return [];
  if (frame[20] === 0 && text6(frame, 38) === "ff02::16") return [];
  const tclass = ((frame[14]! & 15) << 4) | (frame[15]! >> 4);
  return [`${line6(frame)}${tclass === 0 ? "" : ` tclass ${tclass.toString(16)}`}`];
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (octet) => Number.parseInt(octet, 16));
}
