/** `reset` and `power` of a device in a rig file: what is refused, how it is told, and that the system comes up with them. */
import t from "tap";
import { describeRig } from "../../../firmware-ts/board/rig-describe.ts";
import { parseRig, type RigError } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../../hal/clock.ts";

const text = (pins: string, board = "board: { io: simulated }\n", driver = "enc28j60"): string =>
  `${board}devices: { eth0: { driver: ${driver}, bus: { kind: sim }, addresses: [10.0.0.1/24], ${pins} } }`;

function problems(source: string): string[] {
  try {
    parseRig(source, "rig.yaml");
    return [];
  } catch (error) {
    return (error as RigError).problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
}

t.test("told in the description", async (t) => {
  const lines = describeRig(parseRig(text('reset: "7", power: GPIO6'), "rig.yaml"));
  t.match(lines.find((line) => line.startsWith("device")) ?? "", /reset on pin 7, power on pin GPIO6/);
});

t.test("refused: no board, a driver without such pins, a pin that has another part", async (t) => {
  t.same(problems(text('reset: "7"', "")), ["devices.eth0.reset: reset needs a board; say e.g. board: { io: simulated }"]);
  t.same(problems(text('power: "7"', "board: { io: none }\n")), [
    "devices.eth0.power: power needs a board; say e.g. board: { io: simulated }",
  ]);
  t.same(problems(text('reset: "7"', undefined, "e1000")), ["devices.eth0.reset: e1000 has no reset pin; only an enc28j60 has"]);
  t.same(problems(text('reset: "7", power: "7"')), [
    "devices.eth0.power: 7: taken already by eth0's reset; each part needs a pin of its own",
  ]);
  t.same(problems(text('reset: "13"', 'board: { io: simulated, leds: { link: "13" } }\n')), [
    "devices.eth0.reset: 13: taken already by board.leds.link; each part needs a pin of its own",
  ]);
});

t.test("the system comes up with them, after the chip has had its time", async (t) => {
  const ready = async (source: string): Promise<number> => {
    const clock = new VirtualClock();
    const system = await System.make(parseRig(source, "rig.yaml"), { clock });
    await startSystem(system);
    const { carrier } = system.reports()[0] ?? { carrier: false };
    t.equal(carrier, true);
    const at = clock.now();
    await system.stop();
    return at;
  };
  const without = await ready(text("fallback: none"));
  const took = (await ready(text('reset: "7", power: "6"'))) - without;
  t.ok(took >= 60 && took < 65, `${took} ms`);
});

t.test("a pin that the board does not have", async (t) => {
  const system = await System.make(parseRig(text('reset: "77"'), "rig.yaml"), { clock: new VirtualClock() });
  await t.rejects(startSystem(system), { code: "GPIO_BAD_PIN" });
});
