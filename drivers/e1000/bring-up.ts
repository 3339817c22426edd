/** Sets a chip up, from its first answer on; rings and filters follow later. */
import type { Clock } from "../../hal/clock.ts";
import type { ControllerHealth } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { readStationAddress } from "./eeprom.ts";
import type { Settings } from "./options.ts";
import { wakePhy } from "./phy.ts";
import { halt, RESET_TIME, setUp } from "./setup.ts";
import { sleep } from "./sleep.ts";

/**
 * Takes some 20 ms.
 * @param goOn called after each wait; throws when there is nothing to go on for
 * @returns the station address
 * @throws ControllerError E1000_RESET, E1000_EEPROM, E1000_PHY, and whatever goOn() throws
 */
export async function bringUp(
  bus: MmioBus,
  clock: Clock,
  { mac, itr }: Settings,
  health: ControllerHealth,
  goOn: () => void,
): Promise<Uint8Array> {
  halt(bus, health);
  await sleep(clock, RESET_TIME);
  goOn();
  const address = mac ?? (await readStationAddress(bus, clock));
  await wakePhy(bus, clock);
  goOn();
  setUp(bus, itr, health);
  return address;
}
