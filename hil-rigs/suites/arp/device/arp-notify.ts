/** arp_notify: which addresses a device announces when it comes up or gets another hardware address. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { BROADCAST, DUT, ZERO } from "../../../wire/hosts.ts";

/** arp_notify for all and for the device, and whether the device announces its addresses. */
const NOTIFY: readonly (readonly [all: number, dev: number, announces: boolean])[] = [
  [0, 0, false],
  [0, 1, true],
  [1, 0, true],
  [0, 2, true],
];

/** Checks that each address is announced by a request for itself. */
async function announced(bench: Bench, mac: string, addresses: readonly string[]): Promise<void> {
  const frames = (await bench.heard(60)).flatMap((frame) => (frame.kind === "arp" ? [frame] : []));
  bench.expect(
    "announced",
    frames.map(({ op, spa, tpa }) => `${op} ${spa} ${tpa}`),
    addresses.map((ip) => `1 ${ip} ${ip}`),
  );
  for (const { src, dst, sha, tha } of frames) bench.expect("fields", [src, dst, sha, tha], [mac, BROADCAST, mac, ZERO]);
}

const ADDRESSES = [DUT.ip, "172.16.0.1", "10.0.0.11"] as const;

export const notices: readonly Case[] = NOTIFY.flatMap(([all, dev, announces]) =>
  (["up", "address"] as const).map(
    (event): Case => ({
      id: `ARP-C-11/${event}-all-${all}-dev-${dev}`,
      title: `arp_notify ${all} for all and ${dev} for the device, link ${event}: ${announces ? "every address is" : "nothing is"} announced`,
      source: "kernel: arp_notify, measured",
      needs: ["arp-sysctl", "link-admin", "address-admin"],
      async run(bench) {
        bench.conf("arp_notify", all, "all");
        bench.conf("arp_notify", dev);
        await bench.must("address add 10.0.0.11/24 dev e0");
        await bench.must("address add 172.16.0.1/16 dev e0");
        await bench.silence("adding addresses announces nothing", 20);
        const mac = event === "up" ? DUT.mac : "02:00:00:00:10:77";
        if (event === "up") {
          await bench.must("link set e0 down");
          await bench.must("link set e0 up");
        } else await bench.must(`link set e0 address ${mac}`);
        await announced(bench, mac, announces ? ADDRESSES : []);
      },
    }),
  ),
);
