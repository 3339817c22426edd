/** I2C through IO plugins: firmata-io's own words on the wire, boards that do not answer, boards without I2C. */
import { EventEmitter } from "node:events";
import firmata from "firmata-io";
import t from "tap";
import type { IoPlugin, IoSource } from "../../../hal/bridges/johnny-five.ts";
import { PluginI2c } from "../../../hal/bridges/plugin-i2c.ts";
import { VirtualClock } from "../../../hal/clock.ts";

/** Firmata 2.x: a message with its own bytes between two marks, seven bits in each. */
const START = 0xf0;
const END = 0xf7;
const I2C_REQUEST = 0x76;
const I2C_REPLY = 0x77;
const I2C_CONFIG = 0x78;
const READ_ONCE = 0x08;

/** A serial port with a board at its end, which is asked for registers. */
class Line extends EventEmitter {
  readonly written: number[][] = [];
  /** A register's bytes; null: no answer. */
  registers: (address: number, register: number) => number[] | null = () => null;

  write(bytes: Uint8Array): void {
    const message = [...bytes];
    this.written.push(message);
    if (message[1] !== I2C_REQUEST || message[3] !== READ_ONCE) return;
    const [, , address = 0, , low = 0, high = 0] = message;
    const register = low | (high << 7);
    const content = this.registers(address, register);
    if (!content) return;
    const septets = [address, register, ...content].flatMap((byte) => [byte & 0x7f, byte >> 7]);
    this.emit("data", Buffer.from([START, I2C_REPLY, ...septets, END]));
  }
}

function source(io: unknown): IoSource & { closed: number } {
  const opened = {
    description: "a board",
    simulated: false,
    closed: 0,
    open: async () => ({ io: io as IoPlugin, onLost: null, close }),
  };
  const close = async (): Promise<void> => {
    opened.closed++;
  };
  return opened;
}

t.test("a register by Firmata: configured once, asked for, read from the reply", async (t) => {
  const line = new Line();
  line.registers = (address, register) => (address === 0x40 && register === 0xfe ? [0x54, 0x49] : []);
  const io = new firmata.Firmata(line as never, { reportVersionTimeout: 0 });
  t.teardown(() => clearTimeout((io as { reportVersionTimeoutId?: NodeJS.Timeout }).reportVersionTimeoutId));
  // A reply is heard by a board whose version is known.
  line.emit("data", Buffer.from([0xf9, 2, 6]));
  const bus = new PluginI2c(source(io), new VirtualClock(), 100);
  await t.rejects(bus.read(0x40, 0xfe, 2), { code: "I2C_CLOSED" });
  await bus.open();
  t.same([...(await bus.read(0x40, 0xfe, 2))], [0x54, 0x49]);
  t.same([...(await bus.read(0x40, 0xfe, 2))], [0x54, 0x49]);
  t.equal(line.written.filter(([, command]) => command === I2C_CONFIG).length, 1);
  await t.rejects(bus.read(0x40, 1, 2), { code: "I2C_SHORT", message: "a board: 0x40 on I2C: it sent 0 of 2 bytes; is it there?" });
});

t.test("a part that does not answer is told after the time given; one that throws, at once", async (t) => {
  const clock = new VirtualClock();
  const silent = new PluginI2c(source({ i2cConfig() {}, i2cReadOnce() {} }), clock, 100);
  await silent.open();
  const answer = t.rejects(silent.read(0x40, 0, 2), { code: "I2C_SILENT", message: /no answer within 100 ms/ });
  await clock.advance(101);
  await answer;
  const broken = {
    i2cConfig() {},
    i2cReadOnce() {
      throw new Error("the wire is cut");
    },
  };
  const failing = new PluginI2c(source(broken), clock, 100);
  await failing.open();
  await t.rejects(failing.read(0x40, 0, 2), { code: "I2C_FAILED", message: /the wire is cut/ });
});

t.test("a board without I2C is let go of", async (t) => {
  const board = source({});
  const bus = new PluginI2c(board, new VirtualClock(), 100);
  await t.rejects(bus.open(), { code: "I2C_NONE", message: "a board: it has no I2C" });
  t.equal(board.closed, 1);
});
