/** Tries the settings of a rig on a stack that nobody uses, and so refuses what a run would refuse, before anything is opened. */
import { LoopbackPlug } from "../../drivers/loopback/loopback.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { ControlError } from "../control/rpc/protocol.ts";
import { listSysctl, writeSysctl } from "../control/sysctl.ts";
import { Stack } from "../stack.ts";
import { didYouMean } from "./rig/wording.ts";

const STATION = Uint8Array.of(2, 0, 0, 0, 0, 1);

export class SettingsTrial {
  readonly #stack = new Stack({ clock: new VirtualClock(), random: new SeededRandom(1), families: [4, 6] });

  /** @param devices names of the rig's devices, which settings name */
  constructor(devices: readonly string[]) {
    for (const name of devices) this.#stack.addDevice(name, new LoopbackPlug({ address: STATION }));
  }

  /** Returns why a run would refuse the setting, and where: at its `key` or its value. Null when it takes it. */
  refusal(key: string, value: string): { atKey: boolean; message: string } | null {
    try {
      writeSysctl(this.#stack, key, value);
      return null;
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      if (error.code !== "SYSCTL_UNKNOWN") return { atKey: false, message: (error.cause as Error).message };
      const keys = listSysctl(this.#stack, "").map(([known]) => known);
      return { atKey: true, message: `no such setting${didYouMean(key, keys) || "; whohas sysctl -a lists all"}` };
    }
  }
}
