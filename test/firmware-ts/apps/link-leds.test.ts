/** Two lamps on simulated pins follow the device: one its link, one its frames. */
import t from "tap";
import { LinkLeds } from "../../../firmware-ts/apps/link-leds.ts";
import { JohnnyFiveBoardIo } from "../../../hal/bridges/johnny-five.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { SimulatedIo } from "../../../hal/simulated/io.ts";
import { SimulatedIoSource } from "../../../hal/simulated/io-source.ts";
import { Lab } from "../../support/lab.ts";
import { arp, T1 } from "../../support/wire-format.ts";

const LINK = 13;
const ACTIVITY = 12;

async function lit(): Promise<{ lab: Lab; leds: LinkLeds; board: JohnnyFiveBoardIo; seen: string[] }> {
  const lab = await Lab.open();
  const io = new SimulatedIo(lab.clock, new SeededRandom(1));
  const board = new JohnnyFiveBoardIo(new SimulatedIoSource(io));
  await board.open();
  const [link, activity] = [board.led(String(LINK)), board.led(String(ACTIVITY))];
  const seen: string[] = [];
  io.on("digital-write", (pin: number, level: number) =>
    seen.push(`${lab.clock.now()} ${pin === LINK ? "link" : "activity"} ${level ? "on" : "off"}`),
  );
  const leds = new LinkLeds(lab.stack, lab.eth0, link, activity);
  leds.start();
  return { lab, leds, board, seen };
}

t.test("link: as it is at the start, and as it changes", async (t) => {
  const { lab, leds, board, seen } = await lit();
  lab.run(100);
  lab.port.plugged = false;
  lab.run(100);
  lab.port.plugged = true;
  lab.run(100);
  await lab.eth0.close();
  t.same(seen, ["0 link on", "100 link off", "200 link on", "300 link off"]);
  leds.stop();
  await board.close();
});

t.test("activity: a blink of 50 ms a frame in either direction, frames within it are one blink", async (t) => {
  const { lab, leds, board, seen } = await lit();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  seen.length = 0;
  lab.run(1000);
  t.same(seen, [], "a quiet wire is dark");
  lab.poke();
  lab.run(100);
  lab.say(arp());
  lab.run(30);
  for (let burst = 0; burst < 100; burst++) lab.poke();
  lab.run(970);
  t.same(seen, ["1000 activity on", "1050 activity off", "1100 activity on", "1150 activity off"]);
  seen.length = 0;
  lab.poke();
  leds.stop();
  t.same(seen, ["2100 activity on", "2100 link off", "2100 activity off"], "stopped: dark at once");
  seen.length = 0;
  lab.poke();
  lab.port.plugged = false;
  lab.run(500);
  lab.port.plugged = true;
  lab.run(500);
  t.same(seen, [], "and for good");
  await board.close();
});

t.test("either lamp alone", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const lamp = {
    isOn: false,
    on(): void {
      lamp.isOn = true;
    },
    off(): void {
      lamp.isOn = false;
    },
  };
  const link = new LinkLeds(lab.stack, lab.eth0, lamp, null);
  t.equal(lamp.isOn, false, "dark until it starts");
  link.start();
  lab.poke();
  t.equal(lamp.isOn, true);
  link.stop();
  t.equal(lamp.isOn, false);
  const activity = new LinkLeds(lab.stack, lab.eth0, null, lamp);
  activity.start();
  t.equal(lamp.isOn, false);
  lab.poke();
  t.equal(lamp.isOn, true);
  activity.stop();
});
