/** The options of `whohas run`, as a rig. */
import { writeFileSync } from "node:fs";
import t from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { type RunRequest, rigFor } from "../../../firmware-ts/board/run-options.ts";
import { BENCH_RIG } from "../../support/bench-rig.ts";
import { Folder } from "../../support/control.ts";

const request = (given: Partial<RunRequest>): RunRequest => ({ devices: [], addresses: [], app: true, ...given });

t.test("nothing asked: the built-in bench; options change it", async (t) => {
  const bench = await rigFor(request({}));
  t.same(bench, parseRig(BENCH_RIG, "bench.yaml"), "the bench is what its rig file comes to");
  t.match(bench, { name: "bench", seed: 1, routes: [{ to: "default", via: "192.168.10.1" }] });
  t.match(await rigFor(request({ seed: 0 })), { seed: 0, neighbours: { profile: "linux" } });
  t.match(await rigFor(request({ profile: "lowpower" })), { neighbours: { profile: "lowpower" } });
  const changed = await rigFor(request({ addresses: ["10.0.0.5/24"], gateway: "10.0.0.1" }));
  t.match(changed.devices, [{ name: "eth0", addresses: [{ address: "10.0.0.5", prefix: 24 }] }]);
  t.same(changed.routes, [{ to: "default", via: "10.0.0.1" }], "the gateway takes the default route's place");
  const { routes } = await rigFor(request({ devices: ["enc28j60:sim", "enc28j60:sim"], gateway: "fe80::1" }));
  t.same(routes, [{ to: "default", via: "fe80::1", dev: "eth0" }], "one of a link is on the first device's");
});

t.test("devices: telemetry to the gateway, or to nobody", async (t) => {
  const rig = await rigFor(
    request({ devices: ["enc28j60:sim", "lan=enc28j60:sim"], addresses: ["10.0.0.5/24", "10.1.0.5/24"], gateway: "10.0.0.1" }),
  );
  t.match(rig, {
    name: "eth0",
    devices: [
      { name: "eth0", addresses: [{ address: "10.0.0.5" }] },
      { name: "lan", addresses: [{ address: "10.1.0.5" }] },
    ],
    telemetry: { to: { address: "10.0.0.1", port: 8094 }, every: 3000 },
  });
  t.equal((await rigFor(request({ devices: ["enc28j60:sim"], app: false }))).telemetry, undefined);
  await t.rejects(() => rigFor(request({ devices: ["enc28j60:sim"] })), { message: /nowhere to go: give --gateway ADDR/ });
  const tooMany = (devices: string[]): Promise<unknown> =>
    rigFor(request({ devices, addresses: ["10.0.0.1/8", "10.0.0.2/8", "10.0.0.3/8"], gateway: "10.0.0.9" }));
  await t.rejects(() => tooMany(["enc28j60:sim"]), {
    message: "--address 10.0.0.2/8: there is 1 device only, one address of a family each",
  });
  await t.rejects(() => tooMany(["enc28j60:sim", "enc28j60:sim"]), {
    message: "--address 10.0.0.3/8: there are 2 devices only, one address of a family each",
  });
  const both = await rigFor(
    request({
      devices: ["enc28j60:sim", "enc28j60:sim"],
      addresses: ["fd00::5/64", "10.0.0.5/24", "10.1.0.5/24", "fd01::5/64"],
      app: false,
    }),
  );
  t.match(both.devices, [
    { addresses: [{ address: "10.0.0.5" }, { address: "fd00::5" }] },
    { addresses: [{ address: "10.1.0.5" }, { address: "fd01::5" }] },
  ]);
  await t.rejects(() => rigFor(request({ addresses: ["fd00::5/64", "10.0.0.5/24", "fd00::6/64"] })), {
    message: "--address fd00::6/64: there is 1 device only, one address of a family each",
  });
  await t.rejects(() => rigFor(request({ addresses: ["10.0.0.0.1/8"] })));
  await t.rejects(() => rigFor(request({ gateway: "10.0.0" })));
});

t.test("a rig file with other devices: what it says of devices has to fit them", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const file = folder.file("pico.yaml");
  const text = (more: string): string =>
    `devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.5/24] } }\n${more}`;
  writeFileSync(file, text('neighbours: { static: [{ ip: 10.0.0.9, lladdr: "02:00:00:00:00:09", dev: eth0 }] }'));
  t.match(await rigFor(request({ file })), { name: "pico", devices: [{ addresses: [{ address: "10.0.0.5" }] }] });
  t.match(await rigFor(request({ file, devices: ["eth0=packet:veth0"] })), { devices: [{ driver: "packet", addresses: [] }] });
  await t.rejects(() => rigFor(request({ file, devices: ["lan=packet:veth0"] })), {
    message: "--device: the rig's static neighbour 10.0.0.9 is on eth0; there is lan: say eth0=DRIVER… for one of them",
  });
  writeFileSync(file, text("routes: [{ to: default, via: 10.0.0.1, dev: eth0 }]"));
  await t.rejects(() => rigFor(request({ file, devices: ["lan=packet:veth0"] })), {
    message: /^--device: the rig's route to default is on eth0/,
  });
});

t.test("files that cannot be read: one line that says which and why", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const missing = folder.file("none.yaml");
  await t.rejects(() => rigFor(request({ file: missing })), {
    code: "RIG_FILE",
    message: `cannot read the rig file ${missing}: there is no such file`,
  });
  await t.rejects(() => rigFor(request({ file: folder.path })), {
    code: "RIG_FILE",
    message: `cannot read the rig file ${folder.path}: it is a folder`,
  });
});
