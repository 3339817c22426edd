/**
 * Numbers of the bridges' protocols, next to those of the simulated bridges, which have tables of their own, and error numbers next to
 * those that Node has from the system's headers.
 */
import { constants } from "node:os";
import t from "tap";
import * as pirate from "../../../hal/bridges/bus-pirate/protocol.ts";
import { Errno } from "../../../hal/bridges/linux/libc.ts";
import * as host from "../../../hal/bridges/serprog/protocol.ts";
import * as bridge from "../../../hal/simulated/bridges/serprog-commands.ts";

t.test("serprog: host and bridge have the same numbers", async (t) => {
  t.same({ ...host.Command }, { ...bridge.Command });
  const pairs: readonly (readonly [number, number])[] = [
    [host.ACK, bridge.ACK],
    [host.NAK, bridge.NAK],
    [host.BUS_SPI, bridge.BUS_SPI],
    [host.COMMAND_MAP_BYTES, bridge.COMMAND_MAP_BYTES],
    [host.UNLIMITED_BUFFER, bridge.UNLIMITED_BUFFER],
    [host.SPIOP_HEADER, 1 + bridge.SPIOP_LENGTHS],
    [host.WAIT_ASSERTED, bridge.WAIT_ASSERTED],
    [host.WAIT_INTERRUPTED, bridge.WAIT_INTERRUPTED],
    [host.NAME_BYTES, 16],
    [host.LONGEST_OPERATION, 2 ** 24 - 1],
  ];
  for (const [ours, theirs] of pairs) t.equal(ours, theirs);
  const map = Uint8Array.of(0x01, 0x80, 0x04);
  t.same(
    [0, 1, 7, 8, 14, 15, 16, 17, 18].filter((command) => host.hasCommand(map, command)),
    [0, 15, 18],
  );
});

t.test("Bus Pirate: as its documentation has them", async (t) => {
  t.same([pirate.DONE, pirate.BITBANG, pirate.BITBANG_ENTRIES, pirate.ENTER_SPI, pirate.LEAVE], [1, 0, 20, 1, 15]);
  t.same([pirate.BITBANG_GREETING, pirate.SPI_GREETING], ["BBIO1", "SPI1"]);
  t.same([pirate.WRITE_THEN_READ, pirate.OPERATION_HEADER, pirate.LONGEST_OPERATION], [4, 5, 4096]);
  t.same([pirate.PERIPHERALS, pirate.SPEED, pirate.CONFIGURE_MODE_0], [0b0100_0000, 0b0110_0000, 0b1000_1010]);
  t.same({ ...pirate.Peripheral }, { POWER: 8, PULL_UPS: 4, SELECT_HIGH: 1 });
  t.same(
    pirate.SPEEDS.map((hertz) => hertz / 1000),
    [30, 125, 250, 1000, 2000, 2600, 4000, 8000],
  );
});

t.test("error numbers are the system's", { skip: process.platform !== "linux" && "not Linux" }, async (t) => {
  const known = new Map<string, number>(Object.entries(constants.errno));
  // The one of them that Node has no name for.
  known.set("EBADFD", 77);
  for (const [name, number] of Object.entries(Errno)) t.equal(number, known.get(name), name);
});
