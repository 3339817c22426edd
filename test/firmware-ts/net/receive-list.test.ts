/** A poll's frames are handed up in batches of one protocol, in order, none lost whatever a handler does. */
import t from "tap";
import { Network, type PacketHandler } from "../../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";

const OURS = Uint8Array.of(2, 0, 0, 0, 0, 1);
const LISTED = 0x0800;
const SINGLE = 0x0806;

async function bench() {
  const clock = new VirtualClock();
  const network = new Network(clock);
  const nic = new WireNic(clock, new EthernetSegment(clock, new SeededRandom(1)), "eth0", OURS);
  const device = network.addDevice("eth0", nic);
  await device.open();
  const log: string[] = [];
  /** Called with each frame's number. */
  const hook = { on: (_number: number): void => undefined };
  const take = (skb: Parameters<PacketHandler["receive"]>[0]): string => {
    const number = skb.view.getUint16(skb.data);
    skb.consume();
    hook.on(number);
    return String(number);
  };
  network.handle(LISTED, {
    receive: (skb) => log.push(`one ${take(skb)}`),
    receiveList: (list) => {
      const numbers: string[] = [];
      try {
        for (let skb = list.dequeue(); skb; skb = list.dequeue()) numbers.push(take(skb));
      } finally {
        log.push(`list ${numbers.join(" ")}`);
      }
    },
  });
  network.handle(SINGLE, { receive: (skb) => log.push(`arp ${take(skb)}`) });
  let next = 0;
  const arrive = (...types: number[]): void => {
    for (const type of types) {
      const frame = new Uint8Array(60);
      frame.set(OURS);
      new DataView(frame.buffer).setUint16(12, type);
      new DataView(frame.buffer).setUint16(14, next++);
      nic.wireFrame(frame, frame.length, true);
    }
  };
  return { clock, network, device, log, hook, arrive };
}

t.test("in batches of eight at most, a new one for another protocol, one by one for one that takes no lists", async (t) => {
  const { clock, network, log, arrive } = await bench();
  arrive(...Array<number>(10).fill(LISTED), SINGLE, SINGLE, LISTED, 0x86dd, LISTED);
  clock.advanceSync(0);
  t.same(log, ["list 0 1 2 3 4 5 6 7", "list 8 9", "arp 10", "arp 11", "list 12 14"]);
  t.same([network.napi.softnet.processed, network.pool.inUse], [15, 0]);
});

t.test("gro_normal_batch says how many; a poll of full weight leaves nothing behind", async (t) => {
  const { clock, network, log, arrive } = await bench();
  network.napi.softnet.groNormalBatch = 50;
  const other = clock.task(() => log.push("other"));
  arrive(...Array<number>(70).fill(LISTED));
  other.schedule();
  clock.advanceSync(0);
  t.same(
    log.map((line) => (line === "other" ? line : line.split(" ").length - 1)),
    [50, 14, "other", 6],
  );
});

t.test("a tap sees each frame as it comes, before the protocols do", async (t) => {
  const { clock, network, log, arrive } = await bench();
  network.tap(() => log.push("tap"));
  arrive(LISTED, LISTED);
  clock.advanceSync(0);
  t.same(log, ["tap", "tap", "list 0 1"]);
});

t.test("a handler that throws: the rest of its batch, and what comes after, is handed up all the same", async (t) => {
  for (const culprits of [[1], [1, 2], [4]]) {
    const { clock, network, log, hook, arrive } = await bench();
    hook.on = (number) => {
      if (culprits.includes(number)) throw new Error(`${number} is bad`);
    };
    arrive(LISTED, LISTED, LISTED, LISTED, SINGLE, LISTED);
    t.throws(
      () => clock.advanceSync(0),
      culprits.length > 1 ? { errors: culprits.map((n) => ({ message: `${n} is bad` })) } : { message: `${culprits[0]} is bad` },
    );
    for (let again = 0; again < 3; again++) clock.advanceSync(0);
    const seen = log.flatMap((line) => line.split(" ").slice(1).filter(Boolean).map(Number));
    t.same(
      seen,
      [0, 1, 2, 3, 4, 5].filter((number) => !culprits.includes(number)),
    );
    t.equal(network.pool.inUse, 0);
  }
});

t.test("closed by a handler: what was collected is purged, and counted", async (t) => {
  const { clock, network, device, log, hook, arrive } = await bench();
  hook.on = (number) => {
    if (number === 1) void device.close();
  };
  arrive(...Array<number>(12).fill(LISTED));
  clock.advanceSync(0);
  t.same(log, ["list 0 1"]);
  t.equal(device.drops.get(DropReason.QUEUE_PURGE), 10);
  t.equal(network.pool.inUse, 0);
});
