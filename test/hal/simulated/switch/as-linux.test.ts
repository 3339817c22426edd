/** The same frames to our switch and to this machine's Linux bridge: they come out at the same ports. */
import t from "tap";
import { PacketController } from "../../../../drivers/packet/packet.ts";
import { SystemClock, VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { EthernetSwitch } from "../../../../hal/simulated/switch/switch.ts";
import type { SwitchPort } from "../../../../hal/simulated/switch/switch-port.ts";
import { FakeHost } from "../../../support/controller-host.ts";
import { LocalVeth, missingForNetns, missingPrograms, run } from "../../../support/netns.ts";
import { PREFIX } from "../../../support/own.ts";
import { realTime } from "../../../support/real-time.ts";
import { eventually } from "../../../support/waiting.ts";

const PORTS = [0, 1, 2, 3];
const ALL = "ffffffffffff";
const [A, B, C, D] = ["02000000000a", "02000000000b", "02000000000c", "02000000000d"] as const;
const AGEING = 300_000;
const SHORT_AGEING = 1000;
/** Ethertype of local experiments (IEEE 802 clause 9.2.3). */
const TYPE = "88b5";

interface Frame {
  readonly port: number;
  readonly from: string;
  readonly to: string;
}

/** Something with four ports that frames are put into. */
interface Subject {
  /** Puts a frame in; returns the ports that it comes out at. */
  outcome(frame: Frame): Promise<number[]>;
  /** Pulls the cable of a port, or plugs it in. */
  plug(port: number, up: boolean): Promise<void>;
  /** Has all stations be silent for so long that they are forgotten. */
  forget(): Promise<void>;
}

class Ours implements Subject {
  readonly #clock = new VirtualClock();
  readonly #lan = new EthernetSwitch(this.#clock, { ageing: AGEING });
  readonly #heard = new Set<number>();
  readonly #ports: SwitchPort[] = PORTS.map((port) =>
    this.#lan.attach(`p${port}`, { wireFrame: () => this.#heard.add(port), wireLink: () => {} }),
  );

  async outcome({ port, from, to }: Frame): Promise<number[]> {
    this.#heard.clear();
    const bytes = frameBytes(from, to, 0);
    this.#ports[port]?.transmit(bytes, 0, bytes.length);
    this.#clock.advanceSync(1);
    return [...this.#heard].sort();
  }

  async plug(port: number, up: boolean): Promise<void> {
    (this.#ports[port] as SwitchPort).plugged = up;
  }

  async forget(): Promise<void> {
    this.#lan.ageing = SHORT_AGEING;
    this.#clock.advanceSync(SHORT_AGEING);
  }
}

class LinuxBridge implements Subject {
  readonly #name = `${PREFIX}br`;
  readonly #cables = PORTS.map(() => new LocalVeth());
  readonly #hosts: FakeHost[] = [];
  readonly #up = new Set(PORTS);
  #sent = 0;

  static async open(): Promise<LinuxBridge> {
    const bridge = new LinuxBridge();
    const settings = ["ageing_time", `${AGEING / 10}`, "mcast_snooping", "0", "stp_state", "0", "forward_delay", "0"];
    run("ip", ["link", "add", bridge.#name, "type", "bridge", ...settings]);
    run("ip", ["link", "set", bridge.#name, "up"]);
    for (const { a, b } of bridge.#cables) {
      run("ip", ["link", "set", b, "master", bridge.#name]);
      const clock = new SystemClock();
      const host = new FakeHost(clock);
      const controller = new PacketController(clock, { interface: a });
      await host.open(controller);
      controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
      bridge.#hosts.push(host);
    }
    for (const port of PORTS) await bridge.#linked(port, true);
    return bridge;
  }

  async outcome({ port, from, to }: Frame): Promise<number[]> {
    const number = ++this.#sent;
    this.#host(port).send(frameBytes(from, to, number));
    await this.#mark(port);
    return PORTS.filter((other) => this.#heard(other, number));
  }

  async plug(port: number, up: boolean): Promise<void> {
    run("ip", ["link", "set", this.#cables[port]?.b as string, up ? "up" : "down"]);
    if (up) this.#up.add(port);
    else this.#up.delete(port);
    await this.#linked(port, up);
  }

  async forget(): Promise<void> {
    run("ip", ["link", "set", this.#name, "type", "bridge", "ageing_time", `${SHORT_AGEING / 10}`]);
    await eventually(() => !this.#stations().includes("02:00:00:00:00:0"), "the bridge forgets");
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.close();
    for (const cable of this.#cables) cable.remove();
    run("ip", ["link", "delete", this.#name]);
  }

  /** The port passes frames, or none any more. */
  async #linked(port: number, up: boolean): Promise<void> {
    const b = this.#cables[port]?.b as string;
    await eventually(() => this.#host(port).carriers.at(-1) === up, "the link");
    const forwarding = (): boolean => /state forwarding/.test(run("bridge", ["link", "show", "dev", b])) === up;
    await eventually(forwarding, "the bridge's port");
  }

  #stations(): string {
    return run("bridge", ["fdb", "show", "br", this.#name, "dynamic"]);
  }

  #host(port: number): FakeHost {
    return this.#hosts[port] as FakeHost;
  }

  #heard(port: number, number: number): boolean {
    return this.#host(port).frames.some((bytes) => numberOf(bytes) === number);
  }

  /** All ports have heard what was sent before: a frame to everybody has come behind it. Its sender is nobody whom frames are sent to. */
  async #mark(port: number): Promise<void> {
    const number = ++this.#sent;
    this.#host(port).send(frameBytes(`0200000001${port.toString(16).padStart(2, "0")}`, ALL, number));
    const others = [...this.#up].filter((other) => other !== port);
    await eventually(() => others.every((other) => this.#heard(other, number)), "the mark");
  }
}

function frameBytes(from: string, to: string, number: number): Uint8Array {
  const text = `${to}${from}${TYPE}${number.toString(16).padStart(8, "0")}`;
  return Buffer.from(text.padEnd(120, "0"), "hex");
}

function numberOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getUint16(12) === Number.parseInt(TYPE, 16) ? view.getUint32(14) : -1;
}

function reserved(last: number): string {
  return `0180c20000${last.toString(16).padStart(2, "0")}`;
}

/** From `port`, `from` to `to`. */
const SCRIPT: readonly [string, number, string, string][] = [
  ["to somebody unknown", 0, A, B],
  ["the answer", 1, B, A],
  ["to somebody known", 0, A, B],
  ["a station appears behind another port", 2, A, ALL],
  ["and is found there", 1, B, A],
  ["and still is", 3, D, A],
  ["a second station behind the same port", 2, C, ALL],
  ["between two stations behind one port", 2, C, A],
  ["to a group", 0, D, "01005e000005"],
  ["to another group", 0, D, "333300000001"],
  ["the sender of that moved with it", 1, B, D],
  ["from a group's address", 0, "01005e000005", ALL],
  ["from nobody", 0, "000000000000", ALL],
  ["from itself to itself", 3, B, B],
  ["which moved it", 0, A, B],
  ...Array.from({ length: 17 }, (_, last): [string, number, string, string] => [
    `to ${reserved(last)}`,
    last % 4,
    `0200000002${last.toString(16).padStart(2, "0")}`,
    reserved(last),
  ]),
  ...Array.from({ length: 17 }, (_, last): [string, number, string, string] => [
    `is the sender of ${reserved(last)} known?`,
    (last + 1) % 4,
    D,
    `0200000002${last.toString(16).padStart(2, "0")}`,
  ]),
];

/** Stations that talk, move and are looked for at random. */
function randomFrames(count: number): [string, number, string, string][] {
  const random = new SeededRandom(13);
  const stations = [A, B, C, D, "0200000000e1", "0200000000e2"];
  return Array.from({ length: count }, (_, at) => {
    const from = stations[random.below(stations.length)] as string;
    const to = random.below(8) === 0 ? ALL : (stations[random.below(stations.length)] as string);
    return [`random frame ${at}`, random.below(PORTS.length), from, to];
  });
}

const skip = missingForNetns() || missingPrograms("bridge");

realTime(t, "learning, moves, flooding, ageing and pulled cables are as a Linux bridge has them", { skip }, async (t) => {
  const ours = new Ours();
  const bridge = await LinuxBridge.open();
  t.teardown(() => bridge.close());
  const differ: string[] = [];
  const play = async ([name, port, from, to]: [string, number, string, string]): Promise<number[]> => {
    const frame = { port, from, to };
    const [we, linux] = [await ours.outcome(frame), await bridge.outcome(frame)];
    if (we.join() !== linux.join()) differ.push(`${name}: ours at ${we}, Linux's at ${linux}`);
    return linux;
  };
  for (const step of [...SCRIPT, ...randomFrames(100)]) await play(step);
  t.same(differ, []);

  await play(["at home", 1, B, ALL]);
  for (const subject of [ours, bridge]) await subject.plug(1, false);
  t.same(await play(["behind a pulled cable", 0, A, B]), [2, 3]);
  for (const subject of [ours, bridge]) await subject.plug(1, true);
  t.same(await play(["behind the cable that is plugged in again", 0, A, B]), [1, 2, 3]);

  await play(["known", 1, B, ALL]);
  t.same(await play(["known, still", 0, A, B]), [1]);
  for (const subject of [ours, bridge]) await subject.forget();
  t.same(await play(["forgotten", 0, A, B]), [1, 2, 3]);
  t.same(differ, []);
});
