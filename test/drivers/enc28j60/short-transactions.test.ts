/** The driver on buses that limit a transaction: a full ring comes in pieces, and so does a frame that goes out. */
import t from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { BusPirateBus } from "../../../hal/bridges/bus-pirate/bus-pirate.ts";
import { SerprogBus } from "../../../hal/bridges/serprog/serprog.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { BusPirateResponder } from "../../../hal/simulated/bridges/bus-pirate-responder.ts";
import { SerialLine } from "../../../hal/simulated/bridges/serial-line.ts";
import { SerprogResponder } from "../../../hal/simulated/bridges/serprog-responder.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import type { SpiBus } from "../../../hal/spi.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { firstDifference, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";
import { FakeSpidev, spidevOn } from "../../support/fake-spidev.ts";
import { settle } from "../../support/waiting.ts";

type Bus = readonly [name: string, connect: (clock: VirtualClock, chip: Enc28j60Chip) => SpiBus];

function serprog(longest: number): Bus {
  return [
    `serprog, ${longest} bytes`,
    (clock, chip) =>
      new SerprogBus(clock, new SerialLine(clock, new SerprogResponder(clock, chip, { longest })), { spiHz: 10_000_000 }),
  ];
}

const BUSES: readonly Bus[] = [
  ["Bus Pirate, 4096 bytes", (clock, chip) => new BusPirateBus(clock, busPirate(clock, chip), { spiHz: 8_000_000 })],
  ["spidev with the kernel's buffer of 4096 bytes", (_, chip) => spidevOn(new FakeSpidev(new Enc28j60Pins(chip)))],
  serprog(4096),
  serprog(512),
  serprog(17),
];

function busPirate(clock: VirtualClock, chip: Enc28j60Chip): SerialLine {
  return new SerialLine(clock, new BusPirateResponder(clock, new Enc28j60Pins(chip)), { baud: 115_200, latency: 1 });
}

for (const [name, connect] of BUSES) {
  t.test(`${name}: the ring full of long frames, and long frames out`, async (t) => {
    const clock = new VirtualClock();
    const segment = new EthernetSegment(clock, new SeededRandom(1));
    const chip = new Enc28j60Chip(clock, segment, "chip");
    const driver = new Enc28j60(connect(clock, chip), clock, { address: STATION });
    const host = new FakeHost(clock);
    const arrived: Uint8Array[] = [];
    const peer = segment.attach("peer", {
      wireFrame: (bytes, length) => arrived.push(bytes.slice(0, length)),
      wireLink: () => undefined,
    });
    await settle(clock, host.open(driver));
    await clock.advance(100);
    const frames: Uint8Array[] = [];
    const sent: Uint8Array[] = [];
    for (let burst = 0; burst < 5; burst++) {
      for (let number = 0; number < 4; number++) {
        const frame = frameOf(1514, frames.length);
        frames.push(frame);
        peer.transmit(frame, 0, frame.length);
      }
      sent.push(frameOf(1514 - burst, burst, PEER, STATION));
      host.send(sent[burst] as Uint8Array);
      await clock.advance(3000);
    }
    t.equal(firstDifference(host.frames, frames), -1);
    t.equal(firstDifference(arrived, sent), -1);
    t.equal(driver.recoveries, 0);
    t.same(host.errors, []);
    t.same({ ...chip.violations }, {});
    await settle(clock, driver.close());
    t.equal(host.pool.inUse, 0);
  });
}
