/** The PHY inside the chip, through MDIC (SDM 13.4.13). The MAC follows it by itself; all it needs of us is to be awake. */
import type { Clock } from "../../hal/clock.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { Bmcr, Mdic, Phy, Register } from "./registers.ts";
import { waitFor } from "./sleep.ts";

/**
 * Makes sure that there is a PHY and that it negotiates. One that does already is left alone: beginning anew would take the link down.
 * @throws ControllerError E1000_PHY it does not answer
 */
export async function wakePhy(bus: MmioBus, clock: Clock): Promise<void> {
  const id = await access(bus, clock, Mdic.READ | (Phy.ID1 << Mdic.REGISTER_SHIFT));
  if (id === 0 || id === 0xffff) throw silent(bus, `its identifier reads 0x${id.toString(16)}`);
  const control = await access(bus, clock, Mdic.READ | (Phy.BMCR << Mdic.REGISTER_SHIFT));
  const asleep = (control & (Bmcr.POWER_DOWN | Bmcr.ISOLATE | Bmcr.LOOPBACK)) !== 0;
  if (!asleep && (control & Bmcr.AUTONEGOTIATION) !== 0) return;
  const negotiate = Bmcr.AUTONEGOTIATION | Bmcr.RESTART_AUTONEGOTIATION;
  await access(bus, clock, Mdic.WRITE | (Phy.BMCR << Mdic.REGISTER_SHIFT) | negotiate);
}

async function access(bus: MmioBus, clock: Clock, command: number): Promise<number> {
  bus.write32(Register.MDIC, (command | Mdic.PHY) >>> 0);
  const value = await waitFor(bus, clock, Register.MDIC, (now) => (now & (Mdic.READY | Mdic.ERROR)) !== 0);
  if (value === null) throw silent(bus, "the access does not end");
  if ((value & Mdic.ERROR) !== 0) throw silent(bus, "the access ended with an error");
  return value & 0xffff;
}

function silent(bus: MmioBus, what: string): ControllerError {
  return new ControllerError("E1000_PHY", `e1000: the PHY of ${bus.description} does not answer: ${what}`);
}
