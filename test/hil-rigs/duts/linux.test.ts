/** Linux as a device under test. */
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import t, { type Test } from "tap";
import type { Dut, DutKind, DutRack } from "../../../hil-rigs/contract/dut.ts";
import { PLANS } from "../../../hil-rigs/contract/plan.ts";
import { linux } from "../../../hil-rigs/duts/linux/linux.ts";
import { whohasWire } from "../../../hil-rigs/duts/whohas/wire.ts";
import { arpRequest } from "../../../hil-rigs/wire/build.ts";
import { T1 } from "../../../hil-rigs/wire/hosts.ts";
import { missingForNetns } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";

const skip = missingForNetns();

async function benchOf(t: Test, kind: DutKind): Promise<DutRack> {
  const bench = await kind.open();
  t.teardown(() => bench.close());
  return bench;
}

async function started(t: Test, bench: DutRack, brisk: boolean): Promise<Dut> {
  const dut = bench.create();
  t.teardown(() => dut.stop());
  await dut.start({ devices: ["e0"], plan: PLANS[4], seed: 1, brisk });
  return dut;
}

/** Programs that this process has started and that still run, by name. */
function children(): string[] {
  const names: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
      if (Number(parent) === process.pid && name !== undefined) names.push(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return names;
}

realTime(t, "an ip that stays answers as one that is started each time", { skip }, async (t) => {
  const bench = await benchOf(t, linux);
  const [one, other] = [await started(t, bench, false), await started(t, bench, true)];
  const commands = [
    "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud permanent dev e0",
    "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud permanent dev e0",
    "neigh show",
    "neigh get 10.0.0.2 dev e0",
    "neigh get 10.0.0.3 dev e0",
    "neigh del 10.0.0.3 dev e0",
    "neigh add 10.0.0.999 dev e0",
    "neigh add 10.0.0.3 dev nonesuch",
    "neigh bogus",
    "address add 10.0.0.1/24 dev e0",
    "-j neigh show",
    "neigh del 10.0.0.2 dev e0",
    "neigh show",
  ];
  for (const command of commands) {
    const plain = await one.ip(command.split(" "));
    const brisk = await other.ip(command.split(" "));
    t.same([brisk.stdout, brisk.stderr], [plain.stdout, plain.stderr], command);
    t.equal(brisk.exit === 0, plain.exit === 0, `${command} ended ${brisk.exit}`);
  }
  t.ok(children().includes("ip"));
  await other.stop();
  t.notOk(children().includes("ip"), "it ends with the DUT");
});

realTime(t, "the program that gets addresses speaks in the DUT's namespace, and ends with the DUT", { skip }, async (t) => {
  if (!linux.can.has("address-programs")) {
    t.match(linux.remedies?.["address-programs"], "dhcpcd-base");
    return;
  }
  const files = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("whohas-dhcpcd-"));
  const before = files();
  const dut = await started(t, await benchOf(t, linux), false);
  let asked = false;
  dut.onFrame = ({ bytes }) => {
    asked ||= bytes[23] === 17 && bytes[37] === 67;
  };
  dut.getAddress({ by: "dhcp" });
  t.ok(await dut.wait(20_000, () => asked), "it asks");
  const [own] = files().filter((name) => !before.includes(name));
  await dut.stop();
  t.notOk(children().includes("sh"), "it ends with the DUT");
  t.notOk(own !== undefined && files().includes(own), "and its files go with it");
});

realTime(t, "the kernel's looks at managed entries are heard", { skip }, async (t) => {
  const bench = await benchOf(t, linux);
  const times: number[] = [];
  await bench.watchManaged?.((time) => times.push(time));
  const dut = await started(t, bench, true);
  // Frames are read while somebody waits for them.
  for (let turn = 0; turn < 600 && times.length < 2; turn++) await dut.wait(100, () => times.length >= 2);
  const gap = times[1]! - times[0]!;
  t.ok(gap > 4900 && gap < 6000, `every 5 s and a little: ${gap}`);
});

realTime(t, "the kernel and our stack on a wire can be there at once", { skip }, async (t) => {
  const duts = [await started(t, await benchOf(t, linux), true), await started(t, await benchOf(t, whohasWire), true)];
  for (const dut of duts) {
    dut.send("p0", arpRequest({ from: T1 }));
    t.ok(await dut.wait(20_000, () => dut.neighbours().some(({ dst, state }) => dst === T1.ip && state === "STALE")));
  }
});
