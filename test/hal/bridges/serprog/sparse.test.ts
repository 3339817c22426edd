/** Bridges that lack what SPI can do without: the bus goes on with what is there, and says what is not. */
import t, { type Test } from "tap";
import { Command } from "../../../../hal/bridges/serprog/protocol.ts";
import { SpiBatch } from "../../../../hal/spi.ts";
import { runBatch, type SerprogBenchOptions, serprogBench } from "../../../support/serprog-bench.ts";
import { settle } from "../../../support/waiting.ts";

const WCR = 0x40;
const RBM = 0x3a;
const WBM = 0x7a;
const EWRPTL = 0x02;
const ERDPTL = 0x00;

/** Opens such a bridge, writes 1500 bytes to the chip's memory and reads them back. Returns how the bus describes itself. */
async function whatWorks(t: Test, options: SerprogBenchOptions): Promise<string> {
  const bench = await serprogBench("responder", options);
  await settle(bench.clock, bench.bus.open());
  const data = Uint8Array.from({ length: 1501 }, (_, at) => (at === 0 ? WBM : (at * 7) & 0xff));
  const back = new Uint8Array(1500);
  const batch = new SpiBatch();
  for (const register of [EWRPTL, EWRPTL + 1, ERDPTL, ERDPTL + 1]) batch.command(WCR | register, 0);
  batch.add(data, 0, data.length);
  batch.add(Uint8Array.of(RBM), 0, 1, back, 0, back.length);
  await runBatch(bench, batch);
  t.equal(batch.error, null);
  t.same(back, data.subarray(1));
  t.same({ ...bench.chip.violations }, {});
  t.equal(bench.bus.counters.faults, 0);
  await bench.bus.close();
  return bench.bus.description.replace(/^.*chip, /, "");
}

const OPTIONAL = ["Q_PGMNAME", "Q_SERBUF", "Q_WRNMAXLEN", "Q_RDNMAXLEN", "S_BUSTYPE", "S_PIN_STATE", "S_SPI_FREQ"] as const;

for (const name of OPTIONAL) {
  t.test(`${name} is in the map and refused, its parameter taken for commands`, async (t) => {
    const mode = name === "Q_SERBUF" ? "one operation at a time" : "pipelined";
    t.match(await whatWorks(t, { refused: [Command[name]] }), new RegExp(`${mode}, refuses ${name}$`));
  });
}

t.test("one NAK is no refusal: it may be a late answer to something else", async (t) => {
  const { bus, clock, line } = await serprogBench("responder");
  const take = line.onData;
  line.onData = (bytes) => {
    // The name.
    if (bytes.length !== 17) return take?.(bytes);
    line.onData = take;
    take?.(Uint8Array.of(0x15));
  };
  await settle(clock, bus.open());
  t.equal(line.onData, take, "it was answered so");
  t.match(bus.description, /serprog bridge whohas-sim on .*, pipelined$/);
});

t.test("all of them are refused", async (t) => {
  const refused = OPTIONAL.map((name) => Command[name]);
  const words = ["one operation at a time", ...OPTIONAL.map((name) => `refuses ${name}`)].join(", ");
  t.match(await whatWorks(t, { refused }), words);
});

t.test("none of them is in the map", async (t) => {
  const commands = [Command.NOP, Command.Q_IFACE, Command.Q_CMDMAP, Command.SYNCNOP, Command.O_SPIOP];
  const bench = await serprogBench("responder", { commands });
  await settle(bench.clock, bench.bus.open());
  t.equal(bench.bus.hertz, null, "nobody knows the SPI clock");
  t.equal(bench.responder?.counters.refused, 0, "nothing is asked that is not there");
  t.match(bench.bus.description, /serprog bridge unnamed on .*, one operation at a time, has no S_SPI_FREQ$/);
  t.match(await whatWorks(t, { commands }), /one operation at a time, has no S_SPI_FREQ$/);
});

t.test("the map itself is refused: what must be there is taken to be there", async (t) => {
  t.match(await whatWorks(t, { refused: [Command.Q_CMDMAP] }), "one operation at a time, refuses Q_CMDMAP, has no S_SPI_FREQ");
});

t.test("a map of fewer bytes than 32", async (t) => {
  t.match(await whatWorks(t, { mapBytes: 9 }), "pipelined, command map of 9 bytes");
  t.match(await whatWorks(t, { mapBytes: 3 }), "pipelined, command map of 3 bytes");
});

t.test("a buffer of 8 bytes: an operation at a time, also those that are longer than it", async (t) => {
  t.match(await whatWorks(t, { serialBuffer: 8 }), /one operation at a time$/);
  t.match(await whatWorks(t, { serialBuffer: 8, pipelining: "on" }), /one operation at a time$/);
});

t.test("an operation longer than the bridge takes is refused, and nothing is sent", async (t) => {
  const bench = await serprogBench("responder", { longest: 100 });
  await settle(bench.clock, bench.bus.open());
  t.equal(bench.bus.longest, 100);
  const { bytesUp } = bench.bus.counters;
  const batch = new SpiBatch();
  batch.add(Uint8Array.of(RBM), 0, 1, new Uint8Array(101), 0, 101);
  await runBatch(bench, batch);
  t.match(batch.error, { code: "SERPROG_TOO_LONG", message: /writes 1 bytes and reads 101; it takes 100 and 100$/ });
  t.equal(bench.bus.counters.bytesUp, bytesUp);
  batch.clear();
  batch.add(Uint8Array.of(RBM), 0, 1, new Uint8Array(100), 0, 100);
  await runBatch(bench, batch);
  t.equal(batch.error, null);
});

t.test("a bridge without SPI operations is told so, whatever its map says", async (t) => {
  const { O_SPIOP, Q_CMDMAP, NOP, SYNCNOP } = Command;
  for (const options of [{ commands: [NOP, SYNCNOP, Q_CMDMAP] }, { refused: [O_SPIOP] }, { refused: [O_SPIOP, Q_CMDMAP] }]) {
    const bench = await serprogBench("responder", options);
    await t.rejects(settle(bench.clock, bench.bus.open()), { code: "SERPROG_NO_SPI", message: /needs a firmware that has/ });
  }
});
