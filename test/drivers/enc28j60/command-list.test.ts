/** Commands select the bank of the register that they are about, and no more often than they have to. */
import t from "tap";
import { CommandList } from "../../../drivers/enc28j60/command-list.ts";
import { Register } from "../../../drivers/enc28j60/registers.ts";
import { Bench } from "../../support/enc28j60-bench.ts";

/** ERXFCON, of bank 1. */
const BROADCAST = 0x01;

t.test("each kind of command reaches a register of another bank", async (t) => {
  const bench = new Bench();
  const commands = new CommandList();
  const run = (fill: () => void): number => {
    commands.clear();
    fill();
    t.ok(bench.bus.transfer(commands.batch));
    return commands.batch.length;
  };
  commands.selectFirstBank();
  const filter = (): number => bench.register(1, 0x18);
  t.equal(
    run(() => commands.write(Register.ERXFCON, 0x80)),
    2,
    "the bank, and the register",
  );
  t.equal(filter(), 0x80);
  for (const away of [true, false]) {
    const [cost, set] = [away ? 2 : 1, 0x80 | BROADCAST];
    const leave = (): void => {
      if (away) run(() => commands.returnToFirstBank());
    };
    leave();
    t.equal(
      run(() => commands.setBits(Register.ERXFCON, BROADCAST)),
      cost,
    );
    t.equal(filter(), set);
    leave();
    let at = 0;
    run(() => {
      at = commands.read(Register.ERXFCON);
    });
    t.equal(commands.value(at), set);
    leave();
    t.equal(
      run(() => commands.clearBits(Register.ERXFCON, BROADCAST)),
      cost,
    );
    t.equal(filter(), 0x80);
  }
});
