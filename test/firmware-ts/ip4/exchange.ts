/**
 * Frames played to this machine's kernel, behind a veth, and to our stack, behind the lab's wire: both are 10.0.0.1 at `US` and know
 * 10.0.0.2 at `T1`. The answers to each frame come back as text.
 */
import t from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, VethPair } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { checksum, icmp, mac, T1, US } from "../../support/wire-format.ts";

/** One row: a frame, and the answers to it. */
export type Row = readonly [what: string, frame: Uint8Array, answers: readonly string[]];

/** Identifier of the echo request behind each frame, whose reply ends the wait for answers. */
const MARK = 0xbeef;
const ETHERNET = 14;
const DAY = 86_400_000;
/** The time of day at which our stack is asked. */
const NOON = 43_200_000;

/** Fragments wait for their others for less, in ms (ipfrag_time). */
export const FRAGMENTS_WAIT = 31_000;

/** Plays the rows to the kernel and to our stack; both answer as the table says. */
export function sameAnswers(name: string, rows: readonly Row[]): void {
  t.test(`${name}: our stack`, async (t) => {
    for (const [what, frame, answers] of rows) {
      const lab = await Lab.open();
      lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
      lab.run(NOON - (lab.clock.wallTime() % DAY));
      lab.say(frame);
      t.same(
        lab.take().flatMap(({ bytes }) => answerOf(bytes, NOON)),
        answers,
        what,
      );
      lab.run(FRAGMENTS_WAIT);
      t.equal(lab.inUse, 0, `${what}: nothing is left behind`);
    }
  });
  realTime(t, `${name}: the kernel`, { skip: missingForNetns() }, async (t) => {
    const kernel = await Kernel.open();
    t.teardown(() => kernel.close());
    for (const [what, frame, answers] of rows) t.same(await kernel.answers(frame), answers, what);
  });
}

/** This machine's kernel as the host 10.0.0.1, without limits on its errors. */
export class Kernel {
  readonly veth: VethPair = new VethPair();
  readonly #host: FakeHost;
  #marks = 0;

  private constructor(host: FakeHost) {
    this.#host = host;
  }

  static async open(): Promise<Kernel> {
    const clock = new SystemClock();
    const kernel = new Kernel(new FakeHost(clock));
    const { far, farName, near } = kernel.veth;
    far.ip("link", "set", farName, "address", US);
    far.ip("address", "add", "10.0.0.1/24", "dev", farName);
    far.ip("neigh", "add", "10.0.0.2", "lladdr", T1, "dev", farName);
    far.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_ratemask=0");
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
    this.#host.send(icmp({ icmpId: MARK, sequence }));
    const isMark = (frame: Uint8Array): boolean => markOf(frame) === sequence;
    await this.#host.until(() => heard.some(isMark), "mark");
    return heard.filter((frame) => markOf(frame) < 0).flatMap((frame) => answerOf(frame, Date.now()));
  }

  /** Frames heard since the last question, the mark's among them. */
  get frames(): readonly Uint8Array[] {
    return this.#host.frames;
  }

  async close(): Promise<void> {
    await this.#host.close();
    this.veth.remove();
  }
}

/** The sequence number of a mark's reply; -1 of any other frame. */
function markOf(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset);
  if (view.getUint16(12) !== 0x0800 || frame[23] !== 1 || frame[14] !== 0x45 || frame[34] !== 0) return -1;
  return view.getUint16(38) === MARK ? view.getUint16(40) : -1;
}

/**
 * One line for an IPv4 frame of the host's, none for others: `DF icmp 3/2 00000000 tos c0 options … body`. Times of day that are about
 * now stand as `NOW`.
 */
export function answerOf(frame: Uint8Array, wallTime: number): string[] {
  if (frame[12] !== 8 || frame[13] !== 0 || Buffer.compare(frame.subarray(6, 12), Uint8Array.from(mac(US))) !== 0) return [];
  const packet = Buffer.from(frame.subarray(ETHERNET, ETHERNET + ((frame[16]! << 8) | frame[17]!)));
  const header = (packet[0]! & 15) * 4;
  const body = packet.subarray(header);
  const words = [
    ...(packet[6]! & 0x40 ? ["DF"] : []),
    packet[9] === 1 ? `icmp ${body[0]}/${body[1]} ${body.toString("hex", 4, 8)}` : `protocol ${packet[9]}`,
    ...(packet[1] === 0 ? [] : [`tos ${packet[1]?.toString(16)}`]),
    ...(header > 20 ? [`options ${timeless(packet.subarray(20, header), wallTime)}`] : []),
    ...(body.length > 8 ? [timeless(body.subarray(8), wallTime)] : []),
    ...(checksum(packet.subarray(0, header)) === 0 ? [] : ["with a wrong checksum"]),
  ];
  return [words.join(" ")];
}

/** The bytes in hexadecimal, with `NOW` for each time of day within ten seconds. */
function timeless(bytes: Buffer, wallTime: number): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const now = at + 4 <= bytes.length && Math.abs(bytes.readUInt32BE(at) - (wallTime % DAY)) < 10_000;
    text += now ? "NOW" : bytes.toString("hex", at, at + 1);
    at += now ? 4 : 1;
  }
  return text;
}
