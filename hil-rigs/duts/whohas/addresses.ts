/** The apps of our firmware that get addresses, as the contract's programs, on one device. */
import { GivenAddress } from "../../../firmware-ts/apps/addresses/given.ts";
import { LinkLocalAddress, type LinkLocalGround } from "../../../firmware-ts/apps/addresses/link-local.ts";
import type { App } from "../../../firmware-ts/apps/app.ts";
import { DHCP_DEFAULTS, type DhcpConfig } from "../../../firmware-ts/apps/dhcp/config.ts";
import { Dhcp } from "../../../firmware-ts/apps/dhcp/dhcp.ts";
import { LeaseMemory } from "../../../firmware-ts/apps/lease-store.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import type { Stack } from "../../../firmware-ts/stack.ts";
import { SeededRandom } from "../../../hal/random.ts";
import type { AddressOptions, AddressProgram } from "../../contract/address-program.ts";

export class StackAddresses {
  readonly #on: { readonly stack: Stack; readonly device: NetDevice };
  readonly #ground: LinkLocalGround;
  readonly #apps = new Set<App>();

  constructor(stack: Stack, device: NetDevice, seed: number) {
    this.#on = { stack, device };
    this.#ground = { random: new SeededRandom(seed), leases: new LeaseMemory(), addressed: () => {}, node: "dut" };
  }

  start(options: AddressOptions): AddressProgram {
    const app = this.#make(options);
    this.#apps.add(app);
    app.start();
    return {
      stop: async (): Promise<void> => {
        this.#apps.delete(app);
        app.stop();
      },
    };
  }

  #make({ by, address = "", probes = false, release = false }: AddressOptions): App {
    const device = "e0";
    if (by === "link-local") return new LinkLocalAddress(this.#on, this.#ground);
    if (by === "static") {
      const [ip = "", prefix = "24"] = address.split("/");
      const given = { address: ip, prefix: Number(prefix) };
      return new GivenAddress(this.#on, { device, address: given, defence: "defend-once" }, () => {});
    }
    const config: DhcpConfig = {
      ...DHCP_DEFAULTS,
      device,
      delay: 0,
      probe: probes ? "always" : "never",
      release: release ? "yes" : "no",
    };
    return new Dhcp(this.#on, config, this.#ground);
  }

  close(): void {
    for (const app of this.#apps) app.stop();
    this.#apps.clear();
  }
}
