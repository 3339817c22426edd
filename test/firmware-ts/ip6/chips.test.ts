/** IPv6 through the chips' multicast filters, in virtual time: both stacks ask and answer, after a reset of the chip as well, and groups come and go. */
import t from "tap";
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import type { EthernetController } from "../../../hal/ethernet.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Bench, PEER, STATION } from "../../support/enc28j60-bench.ts";
import { MeddledBus } from "../../support/meddled-bus.ts";
import { Operator } from "../../support/operator.ts";
import { serprogBench } from "../../support/serprog-bench.ts";
import { settle } from "../../support/waiting.ts";

const [BOARD, HOST] = ["fd09::2", "fd09::1"];
/** The ENC28J60's SRC command. */
const SYSTEM_RESET = Uint8Array.of(0xff);
/** The e1000's CTRL.RST, and the registers from MTA to the last RAH, which lose nothing by it. */
const CTRL_RST = 0x0400_0000;
const FILTERS = { first: 0x5200, last: 0x547c } as const;
/** More groups than the e1000 has exact filters for. */
const GROUPS: readonly string[] = Array.from({ length: 40 }, (_, n) => `ff05::1:${n + 1}`);

interface Silicon {
  readonly clock: VirtualClock;
  readonly segment: EthernetSegment;
  readonly controller: EthernetController;
  /** The chip forgets everything, and its driver is not told. */
  reset(): void;
}

/** Each with the number of echo requests, each way: a bridge takes its time, and test/e2e sends it as many. */
const CHIPS: readonly (readonly [name: string, many: number, make: () => Promise<Silicon>])[] = [
  [
    "e1000",
    1000,
    async () => {
      const clock = new VirtualClock();
      const segment = new EthernetSegment(clock, new SeededRandom(1));
      const bus = new MeddledBus(new E1000Chip(clock, segment, "chip", { mac: STATION }));
      const reset = (): void => {
        for (let at: number = FILTERS.first; at <= FILTERS.last; at += 4) bus.meddle(at, 0);
        bus.meddle(0, CTRL_RST);
      };
      return { clock, segment, controller: new E1000(clock, bus), reset };
    },
  ],
  [
    "enc28j60",
    1000,
    async () => {
      const bench = new Bench();
      return { clock: bench.clock, segment: bench.segment, controller: bench.driver, reset: () => bench.resetChip() };
    },
  ],
  [
    "enc28j60 behind a serprog bridge",
    200,
    async () => {
      const { clock, segment, chip, bus } = await serprogBench("responder");
      const controller = new Enc28j60(bus, clock, { address: STATION });
      return { clock, segment, controller, reset: () => chip.exchange(SYSTEM_RESET, 0, 1, SYSTEM_RESET, 0, 0) };
    },
  ],
];

/** A stack at one end of the wire. */
class End {
  readonly stack: Stack;
  readonly eth0: NetDevice;
  readonly #clock: VirtualClock;
  readonly #operator: Operator;

  constructor(clock: VirtualClock, controller: EthernetController, seed: string) {
    this.#clock = clock;
    this.stack = new Stack({ clock, random: new SeededRandom(seed), families: [4, 6] });
    this.eth0 = this.stack.addDevice("eth0", controller);
    this.#operator = new Operator(this.stack);
  }

  async open(address: string): Promise<void> {
    await settle(this.#clock, this.eth0.open());
    this.stack.addAddress(this.eth0, `${address}/64`);
  }

  /** Forgets all neighbours: the next packet asks, and the question goes to a group. */
  async forget(): Promise<void> {
    await this.#operator.run("ip", ["-6", "neigh", "flush", "all"]);
  }

  /** Pings one request after the other; how many were answered. */
  async answered(to: string, count: number): Promise<number> {
    const pinger = this.stack.ping.open();
    const destination = this.stack.ping.to(to);
    let replies = 0;
    pinger.onReply = () => replies++;
    for (let sequence = 1; sequence <= count; sequence++) {
      pinger.send(destination, sequence, 56);
      for (let waited = 0; replies < sequence && waited < 2000; waited++) await this.#clock.advance(1);
    }
    // All have time that answer one request.
    await this.#clock.advance(50);
    pinger.close();
    return replies;
  }
}

for (const [name, many, make] of CHIPS) {
  t.test(name, async (t) => {
    const { clock, segment, controller, reset } = await make();
    const board = new End(clock, controller, "board");
    const host = new End(clock, new WireNic(clock, segment, "host", PEER), "host");
    await host.open(HOST);
    await board.open(BOARD);
    await clock.advance(3000);
    t.equal(await host.answered(BOARD, many), many, "the host's requests");
    t.equal(await board.answered(HOST, many), many, "the board's requests");

    const socket = board.stack.udp.open(9);
    const heard: string[] = [];
    socket.onDatagram = (bytes, at, length) => heard.push(Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString());
    const sender = host.stack.udp.open();
    /** The host sends to each group; those that the board hears. */
    const arrived = async (): Promise<string[]> => {
      heard.length = 0;
      for (const group of GROUPS) {
        sender.send(Buffer.from(group), sender.to(group, 9, host.eth0));
        await clock.advance(20);
      }
      return [...heard];
    };
    for (const group of GROUPS) socket.join(group, board.eth0);
    await clock.advance(100);
    t.same(await arrived(), GROUPS, "more groups than the chip has places for");

    reset();
    await clock.advance(5000);
    await host.forget();
    t.equal(await host.answered(BOARD, 1), 1, "a question to the solicited-node group, after the chip was reset behind the driver");
    t.equal(await host.answered("ff02::1%eth0", 1), 2, "all nodes: the board, and the host itself");
    t.same(await arrived(), GROUPS, "and the other groups");

    const left = GROUPS.filter((_, n) => n % 3 === 0);
    for (const group of left) socket.leave(group, board.eth0);
    await clock.advance(100);
    const rest = GROUPS.filter((group) => !left.includes(group));
    t.same(await arrived(), rest, "those that were left are not heard");
    await settle(clock, board.eth0.close());
    await settle(clock, board.eth0.open());
    // Its addresses went with the device, as with Linux.
    board.stack.addAddress(board.eth0, `${BOARD}/64`);
    await clock.advance(3000);
    t.same(await arrived(), rest, "nor after the device was down");
    await host.forget();
    t.equal(await host.answered(BOARD, 1), 1, "and its own groups are");
    for (const { stack } of [board, host]) await settle(clock, stack.close());
  });
}
