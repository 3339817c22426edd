/** Device SPECs: each form, refusals, several devices. */
import fc from "fast-check";
import t from "tap";
import { DeviceSpecError, formatDeviceSpec, parseDeviceSpec, parseDeviceSpecs } from "../../../firmware-ts/board/device-spec.ts";
import type { ChipConfig } from "../../../firmware-ts/board/rig/chip-config.ts";
import { type BusConfig, type DriverName, RIG_DEFAULTS } from "../../../firmware-ts/board/rig/rig.ts";
import { ERRATA, REVISIONS } from "../../../hal/simulated/enc28j60/errata.ts";

/** Any UTF-16 code unit, lone surrogates and controls included, ASCII as often as all others. */
const anyCodeUnit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((unit) => String.fromCharCode(unit));

const { segment, baud, spiHz, pipelining, answerTimeout } = RIG_DEFAULTS;

/** Every row of the documentation's table: SPEC, driver, bus, and whether this version opens it. */
const TABLE: readonly (readonly [spec: string, driver: DriverName, bus: BusConfig])[] = [
  ["enc28j60:sim", "enc28j60", { kind: "sim", segment }],
  ["enc28j60:sim,revision=b5", "enc28j60", { kind: "sim", segment, chip: { revision: "B5" } }],
  ["enc28j60:sim,errata=13+14,strict", "enc28j60", { kind: "sim", segment, chip: { errata: [13, 14], strict: true } }],
  ["enc28j60:sim@eth1,errata=none", "enc28j60", { kind: "sim", iface: "eth1", segment, chip: { errata: [] } }],
  ["e1000:sim", "e1000", { kind: "sim", segment }],
  ["enc28j60:sim@eth1", "enc28j60", { kind: "sim", iface: "eth1", segment }],
  ["e1000:sim@br-lan.7", "e1000", { kind: "sim", iface: "br-lan.7", segment }],
  ["enc28j60:serprog:/dev/ttyACM0", "enc28j60", { kind: "serprog", port: "/dev/ttyACM0", baud, spiHz, pipelining, answerTimeout }],
  ["enc28j60:serprog:COM3", "enc28j60", { kind: "serprog", port: "COM3", baud, spiHz, pipelining, answerTimeout }],
  [
    "enc28j60:serprog:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0",
    "enc28j60",
    { kind: "serprog", port: "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0", baud, spiHz, pipelining, answerTimeout },
  ],
  [
    "enc28j60:serprog:tcp:192.0.2.1:4000",
    "enc28j60",
    { kind: "serprog", port: "tcp:192.0.2.1:4000", baud, spiHz, pipelining, answerTimeout },
  ],
  [
    "enc28j60:serprog:tcp:[fd00::1]:4000",
    "enc28j60",
    { kind: "serprog", port: "tcp:[fd00::1]:4000", baud, spiHz, pipelining, answerTimeout },
  ],
  ["enc28j60:spidev:/dev/spidev0.0", "enc28j60", { kind: "spidev", path: "/dev/spidev0.0", spiHz }],
  ["enc28j60:bus-pirate:/dev/ttyUSB0", "enc28j60", { kind: "bus-pirate", port: "/dev/ttyUSB0", baud, spiHz }],
  ["e1000:qemu@veth0", "e1000", { kind: "qemu", iface: "veth0" }],
  ["packet:veth0", "packet", { kind: "interface", iface: "veth0" }],
  ["tap:tap0", "tap", { kind: "interface", iface: "tap0" }],
];

for (const [spec, driver, bus] of TABLE) {
  t.test(spec, async (t) => {
    const plain = { name: "eth3", driver, bus, fallback: "none", when: "retry", addresses: [] };
    t.strictSame(parseDeviceSpec(spec, 3), plain);
    t.strictSame(parseDeviceSpec(`lan=${spec}`, 3), { ...plain, name: "lan" });
    t.strictSame(parseDeviceSpec(`lan=${spec},mac=02:00:5E:10:00:0a`, 3), {
      ...plain,
      name: "lan",
      mac: Uint8Array.of(2, 0, 0x5e, 0x10, 0, 10),
    });
  });
}

/** Wrong SPECs and the exact message to their author. */
const WRONG: readonly (readonly [spec: string, message: string])[] = [
  ["", '--device "": no driver; say e.g. enc28j60:sim or packet:eth1'],
  ["lan=", "--device lan=: no driver; say e.g. enc28j60:sim or packet:eth1"],
  [
    "enc28j60",
    "--device enc28j60: enc28j60 without its bus; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:",
    "--device enc28j60:: enc28j60 without its bus; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  ["enc:sim", "--device enc:sim: enc: not a driver; drivers are enc28j60, e1000, packet, tap"],
  ["w5500:sim", "--device w5500:sim: w5500: not a driver; drivers are enc28j60, e1000, packet, tap"],
  [
    "enc28j60:sin",
    "--device enc28j60:sin: sin: not a bus of enc28j60, perhaps sim; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:i2c",
    "--device enc28j60:i2c: i2c: not a bus of enc28j60; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:sim:eth1",
    "--device enc28j60:sim:eth1: :eth1: sim has no path, its wire follows an @; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:sim@",
    "--device enc28j60:sim@: no interface behind @; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:sim@a/b",
    "--device enc28j60:sim@a/b: a/b: not an interface's name: 1 to 15 characters without space, slash, colon or comma, as in eth1",
  ],
  [
    "enc28j60:qemu@eth1",
    "--device enc28j60:qemu@eth1: qemu: not a bus of enc28j60; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "e1000:serprog:/dev/ttyACM0",
    "--device e1000:serprog:/dev/ttyACM0: serprog: not a bus of e1000; say e1000:sim, e1000:sim@IFACE, e1000:qemu@IFACE",
  ],
  [
    "e1000:qemu",
    "--device e1000:qemu: qemu without @ and the interface of its wire; say e1000:sim, e1000:sim@IFACE, e1000:qemu@IFACE",
  ],
  [
    "enc28j60:serprog",
    "--device enc28j60:serprog: serprog without : and its path; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  [
    "enc28j60:serprog@eth1",
    "--device enc28j60:serprog@eth1: serprog without : and its path; say enc28j60:sim, enc28j60:sim@IFACE, enc28j60:serprog:/dev/ttyACM0, enc28j60:spidev:/dev/spidev0.0",
  ],
  ["enc28j60:serprog:ttyACM0", "--device enc28j60:serprog:ttyACM0: ttyACM0: not a serial port; say e.g. /dev/ttyACM0 or COM3"],
  ["enc28j60:spidev:0.0", "--device enc28j60:spidev:0.0: 0.0: not an absolute path; say e.g. /dev/spidev0.0"],
  ["packet", "--device packet: no interface; say packet:IFACE"],
  ["packet:", "--device packet:: no interface; say packet:IFACE"],
  [
    "packet:eth 1",
    '--device "packet:eth 1": "eth 1": not an interface\'s name: 1 to 15 characters without space, slash, colon or comma, as in eth1',
  ],
  [
    "packet:averyveryverylongname",
    "--device packet:averyveryverylongname: averyveryverylongname: not an interface's name: 1 to 15 characters without space, slash, colon or comma, as in eth1",
  ],
  ["tap:..", "--device tap:..: ..: not an interface's name: 1 to 15 characters without space, slash, colon or comma, as in eth1"],
  ["=packet:eth1", '--device =packet:eth1: "": not a device\'s name: a letter, then up to 14 letters, digits, _ or -, as in eth0'],
  [
    "eth0.1=packet:eth1",
    "--device eth0.1=packet:eth1: eth0.1: not a device's name: a letter, then up to 14 letters, digits, _ or -, as in eth0",
  ],
  ["lo=packet:eth1", "--device lo=packet:eth1: lo: the stack's own word; say e.g. eth0"],
  [
    "packet:eth1,mac=01:00:5e:00:00:01",
    "--device packet:eth1,mac=01:00:5e:00:00:01: 01:00:5e:00:00:01: a multicast address; a station's first octet is even, as in 02:00:5e:10:00:01",
  ],
  ["packet:eth1,mac=02:00", "--device packet:eth1,mac=02:00: 02:00: not a MAC address; say six octets as in 02:00:5e:10:00:01"],
  [
    "packet:eth1,MAC=02:00:5e:10:00:01",
    "--device packet:eth1,MAC=02:00:5e:10:00:01: MAC=02:00:5e:10:00:01: not an option; the one there is: mac=AA:BB:CC:DD:EE:FF",
  ],
  ["packet:eth1,", '--device packet:eth1,: "": not an option; the one there is: mac=AA:BB:CC:DD:EE:FF'],
  [
    "packet:eth1,mac=02:00:5e:10:00:01,mac=02:00:5e:10:00:02",
    "--device packet:eth1,mac=02:00:5e:10:00:01,mac=02:00:5e:10:00:02: mac given twice; say it once",
  ],
  [
    "enc28j60:sim,strict,stict",
    "--device enc28j60:sim,strict,stict: stict: not an option; those there are: mac=AA:BB:CC:DD:EE:FF, revision=B5, errata=13+14 (or none), strict",
  ],
  ["enc28j60:sim,strict=", "--device enc28j60:sim,strict=: strict=: not an option; those there are: "],
  ["enc28j60:sim,revision", "--device enc28j60:sim,revision: revision: not an option; those there are: "],
  ["enc28j60:sim,strict,strict", "--device enc28j60:sim,strict,strict: strict given twice; say it once"],
  ["enc28j60:sim,revision=B2", "--device enc28j60:sim,revision=B2: B2: not a revision of the ENC28J60; say B1, B4, B5, B7"],
  ["enc28j60:sim,errata=13+", '--device enc28j60:sim,errata=13+: "": not an erratum of the model, which has 1, 2, 5'],
  ["e1000:sim,strict", "--device e1000:sim,strict: strict: not an option; the one there is: mac=AA:BB:CC:DD:EE:FF"],
  [
    "enc28j60:serprog:/dev/ttyACM0,revision=B5",
    "--device enc28j60:serprog:/dev/ttyACM0,revision=B5: revision=B5: not an option; the one there is: mac=AA:BB:CC:DD:EE:FF",
  ],
  [
    "pack\u001b[2Jet:eth1",
    '--device "pack\\u001b[2Jet:eth1": "pack\\u001b[2Jet": not a driver; drivers are enc28j60, e1000, packet, tap',
  ],
];

for (const [spec, message] of WRONG) {
  t.test(`refused: ${JSON.stringify(spec)}`, async (t) => {
    t.throws(() => parseDeviceSpec(spec, 0), { name: "DeviceSpecError", code: "SPEC_INVALID", spec, message });
  });
}

t.test("several devices: names by position, and nothing claimed twice", async (t) => {
  t.strictSame(
    parseDeviceSpecs(["packet:veth0", "wan=enc28j60:sim", "enc28j60:sim", "tap:tap0"]).map((device) => device.name),
    ["eth0", "wan", "eth2", "eth3"],
  );
  t.throws(() => parseDeviceSpecs(["eth1=packet:a", "packet:b"]), {
    message: "--device packet:b: eth1 is taken already; give this one another name, as in eth2=packet:b",
  });
  t.throws(() => parseDeviceSpecs(["packet:a", "enc28j60:sim@a"]), {
    message: "--device enc28j60:sim@a: a is eth0's already; each device needs one of its own",
  });
});

t.test("a device written as a SPEC is read back the same", async () => {
  const letters = [..."abcxyzABC0159_"];
  const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 0, maxLength: 14 }).map((rest) => `n${rest}`);
  const iface = fc
    .string({ unit: fc.constantFrom(...letters, ".", "-", "@"), minLength: 1, maxLength: 14 })
    .map((rest) => `i${rest}`);
  const path = fc
    .string({ unit: fc.constantFrom(...letters, "/", ":", "@", "=", "."), minLength: 1, maxLength: 40 })
    .map((rest) => `/${rest}`);
  const chip = fc.oneof(
    fc.constant<BusConfig>({ kind: "sim", segment }),
    iface.map((iface): BusConfig => ({ kind: "sim", iface, segment })),
    fc
      .record<ChipConfig>(
        {
          revision: fc.constantFrom(...REVISIONS),
          errata: fc.subarray([...ERRATA]),
          strict: fc.constant(true),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter((chip) => Object.keys(chip).length > 0)
      .map((chip): BusConfig => ({ kind: "sim", segment, chip })),
    path.map((port): BusConfig => ({ kind: "serprog", port, baud, spiHz, pipelining, answerTimeout })),
    path.map((path): BusConfig => ({ kind: "spidev", path, spiHz })),
  );
  const body = fc.oneof(
    chip.map((bus) => ({ driver: "enc28j60" as const, bus })),
    iface.map((iface) => ({ driver: "e1000" as const, bus: { kind: "qemu" as const, iface } })),
    iface.map((iface) => ({ driver: "packet" as const, bus: { kind: "interface" as const, iface } })),
    iface.map((iface) => ({ driver: "tap" as const, bus: { kind: "interface" as const, iface } })),
  );
  const mac = fc.option(
    fc.uint8Array({ minLength: 5, maxLength: 5 }).map((rest) => Uint8Array.of(2, ...rest)),
    { nil: undefined },
  );
  fc.assert(
    fc.property(name, body, mac, (name, { driver, bus }, mac) => {
      const device = { name, driver, bus, fallback: "none" as const, when: "retry" as const, ...(mac && { mac }), addresses: [] };
      t.strictSame(parseDeviceSpec(formatDeviceSpec(device), 9), device);
    }),
    { numRuns: 200 },
  );
});

t.test("any text is a SPEC or a DeviceSpecError in one line without control characters", async (t) => {
  const parts = fc.array(
    fc.constantFrom(
      "eth0",
      "=",
      ":",
      "@",
      ",",
      "mac",
      "strict",
      "errata",
      "13+",
      "sim",
      "enc28j60",
      "packet",
      "tap",
      "qemu",
      "e1000",
      "/dev/x",
      "02:00:5e:10:00:01",
    ),
    {
      maxLength: 9,
    },
  );
  const holds = (spec: string): void => {
    try {
      parseDeviceSpec(spec, 0);
    } catch (error) {
      if (!(error instanceof DeviceSpecError)) throw error;
      if (/\p{Cc}/u.test(error.message)) t.fail(JSON.stringify(error.message));
    }
  };
  fc.assert(fc.property(fc.string({ unit: anyCodeUnit, maxLength: 60 }), holds), { numRuns: 300 });
  fc.assert(
    fc.property(
      parts.map((words) => words.join("")),
      holds,
    ),
    { numRuns: 600 },
  );
});
