/** Rig files: the documented example, defaults, every driver on every bus, refusals. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import t from "tap";
import { RIG_DEFAULTS } from "../../../firmware-ts/board/rig/rig.ts";
import { familiesOf } from "../../../firmware-ts/board/rig-families.ts";
import { describeRig, parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";

/** Any UTF-16 code unit, lone surrogates and controls included, ASCII as often as all others. */
const anyCodeUnit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((unit) => String.fromCharCode(unit));

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/rigs/${name}`, import.meta.url), "utf8");
}

function refusal(text: string): RigError {
  try {
    parseRig(text, "f");
  } catch (error) {
    if (error instanceof RigError) return error;
    throw error;
  }
  throw new Error("not refused");
}

t.test("the example of the documentation, key by key", async (t) => {
  t.strictSame(parseRig(fixture("bench-pico.yaml"), "rigs/bench-pico.yaml"), {
    name: "bench-pico",
    seed: 7,
    board: { io: "none", leds: {} },
    devices: [
      {
        name: "eth0",
        driver: "enc28j60",
        bus: { kind: "serprog", port: "/dev/ttyACM0", baud: 115_200, spiHz: 10_000_000, pipelining: "auto", answerTimeout: 250 },
        fallback: "simulated",
        when: "retry",
        mac: Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0x01),
        addresses: [{ address: "192.168.10.10", prefix: 24 }],
      },
    ],
    routes: [{ to: "default", via: "192.168.10.1" }],
    neighbours: {
      profile: "linux",
      lateness: "exact",
      hz: 250,
      static: [{ ip: "192.168.10.1", lladdr: Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe), dev: "eth0" }],
    },
    sysctl: { "net.ipv4.neigh.eth0.gc_stale_time": "120" },
    telemetry: {
      to: { address: "192.168.10.1", port: 8094 },
      every: 3000,
      format: "line",
      batch: 1,
      sensors: [{ kind: "thermometer", pin: "A0" }],
    },
  });
});

t.test("a rig of both families", async (t) => {
  const rig = parseRig(fixture("dual-stack.yaml"), "dual-stack.yaml");
  t.strictSame(rig.devices[0]?.addresses, [
    { address: "192.168.10.10", prefix: 24 },
    { address: "fd00:10::10", prefix: 64 },
  ]);
  t.strictSame(familiesOf(rig), [4, 6]);
  t.strictSame(familiesOf(parseRig(fixture("simulated.yaml"), "simulated.yaml")), [4]);
});

t.test("the least that a rig is: the rest are defaults, the name is the file's", async (t) => {
  for (const file of ["simulated.yaml", "/etc/whohas/simulated.yml", "C:\\rigs\\simulated.YAML"]) {
    t.strictSame(parseRig(fixture("simulated.yaml"), file), {
      name: "simulated",
      seed: RIG_DEFAULTS.seed,
      board: { io: "none", leds: {} },
      devices: [
        {
          name: "eth0",
          driver: "enc28j60",
          bus: { kind: "sim", segment: { latency: 0, loss: 0, duplication: 0, corruption: 0 } },
          fallback: "none",
          when: "retry",
          addresses: [{ address: "192.168.10.10", prefix: 24 }],
        },
      ],
      routes: [],
      neighbours: { profile: "linux", lateness: "exact", hz: 250, static: [] },
      sysctl: {},
    });
  }
  t.equal(parseRig(fixture("simulated.yaml"), "-").name, "rig", "standard input has no name to give");
});

t.test("every driver on every bus", async (t) => {
  const rig = parseRig(fixture("every-bus.yaml"), "every-bus.yaml");
  t.strictSame(
    rig.devices.map((device) => device.bus),
    [
      {
        kind: "sim",
        segment: { latency: 1.5, loss: 0.01, duplication: 0.02, corruption: 1 },
        chip: { revision: "B5", errata: [13, 14], strict: true },
      },
      { kind: "sim", iface: "eth1", segment: RIG_DEFAULTS.segment },
      { kind: "serprog", port: "COM3", baud: RIG_DEFAULTS.baud, spiHz: RIG_DEFAULTS.spiHz, pipelining: "off", answerTimeout: 2000 },
      { kind: "spidev", path: "/dev/spidev0.0", spiHz: 400_000 },
      { kind: "sim", iface: "eth2", segment: RIG_DEFAULTS.segment },
      { kind: "qemu", iface: "eth3" },
      { kind: "interface", iface: "veth0" },
      { kind: "interface", iface: "tap0" },
    ],
  );
  t.strictSame(rig.board, { io: "firmata:/dev/ttyUSB0", leds: { link: "13", activity: "12" } });
  t.equal(rig.telemetry?.sensors[1]?.pin, "010", "a pin is text, whatever YAML makes of it");
  t.strictSame(rig.routes[2], { to: { address: "192.0.2.7", prefix: 32 }, via: "10.0.0.0" });
});

t.test("what whohas check prints", async (t) => {
  t.strictSame(describeRig(parseRig(fixture("bench-pico.yaml"), "f")), [
    "rig        bench-pico         seed 7",
    "board      none",
    "device     eth0               enc28j60 behind serprog on /dev/ttyACM0, 115200 baud, SPI 10MHz, pipelined if the bridge bears it, mac 02:00:5e:10:00:01, if it is not there: simulated",
    "address    eth0               192.168.10.10/24",
    "route      default            via 192.168.10.1",
    "neighbour  192.168.10.1       lladdr 02:00:5e:10:00:fe dev eth0, permanent",
    "sysctl     net.ipv4.neigh.eth0.gc_stale_time = 120",
    "telemetry  192.168.10.1:8094  every 3s, format line",
    "sensor     thermometer        on pin A0",
  ]);
  const lines = describeRig(parseRig(fixture("every-bus.yaml"), "f"));
  t.match(
    lines[2],
    /^device +model +enc28j60 simulated \(revision B5, errata 13\+14, strict\), .*, latency 1.5ms, loss 0.01, duplication 0.02, corruption 1$/,
  );
  t.ok(
    lines.some((line) => line.includes("erratum 1")),
    "a clock too slow for old silicon is remarked on",
  );
  t.match(
    lines.filter((line) => line.endsWith(", given up when it fails")),
    [/^device +qemu +e1000 in QEMU/],
    "and a device that is not tried again",
  );
});

t.test("nothing is accepted in part, and what is empty is refused", async (t) => {
  for (const text of ["", "---\n", "# nothing\n", "\ufeff", "{}", "devices:", "devices: {}"]) {
    t.equal(refusal(text).problems.length, 1, JSON.stringify(text));
    t.match(refusal(text).message, /^f:\d+:\d+: devices: /, JSON.stringify(text));
  }
  t.match(refusal("just words").message, /^f:1:1: not a rig: /);
  t.match(refusal("- a\n- b").message, /^f:1:1: not a rig: /);
});

t.test("a mistake in the YAML does not hide those in the values, nor is it reported twice", async (t) => {
  const text = fixture("bench-pico.yaml")
    .replace("pin: A0", "pin: !!str A0")
    .replace("    addresses", "    driver: tap\n    addresses")
    .replace("every: 3s", "every: 3");
  t.strictSame(
    refusal(text).problems.map((problem) => problem.path),
    ["devices.eth0.driver", "telemetry.every", "telemetry.sensors[0].pin"],
  );
});

const SIM = "driver: enc28j60, bus: { kind: sim }";

t.test("chip: which ENC28J60 the model is", async (t) => {
  const text = (chip: string, driver = "enc28j60"): string =>
    `devices:\n  eth0: { driver: ${driver}, bus: { kind: sim, chip: ${chip} } }\n`;
  const described = (chip: string): string | undefined => describeRig(parseRig(text(chip), "f"))[2];
  t.match(described("{ revision: B1, errata: [], strict: true }"), / simulated \(revision B1, errata none, strict\), on a /);
  t.match(described("{ errata: [1, 19] }"), / simulated \(errata 1\+19\), on a /);
  t.match(described("{ strict: false }"), / simulated, on a /);
  const wrong = (chip: string, driver?: string): string =>
    refusal(text(chip, driver)).message.replace(/^f:2:\d+: devices\.eth0\.bus\./, "");
  t.equal(wrong("{ revision: B6 }"), "chip.revision: B6: not a revision of the ENC28J60; say B1, B4, B5, B7");
  t.equal(
    wrong("{ errata: [3] }"),
    "chip.errata[0]: 3: not an erratum of the model, which has 1, 2, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19",
  );
  t.equal(wrong("{ errata: none }"), "chip.errata: none: one value, where a list belongs; say e.g. [13, 14]");
  t.equal(wrong("{ strict: yes }"), "chip.strict: yes: say true or false");
  t.equal(wrong("{ strickt: true }"), "chip.strickt: unknown key; did you mean strict?");
  t.equal(wrong("{ strict: true }", "e1000"), "chip: only an enc28j60's model has revisions and errata");
});

t.test("neighbours: profile, lateness of timers, HZ; what is not there is said", async (t) => {
  const text = (more: string): string => `devices: { eth0: { ${SIM} } }\nneighbours: { ${more} }\n`;
  const rig = parseRig(text("profile: lowpower, lateness: kernel, hz: 1000"), "f");
  t.strictSame(rig.neighbours, { profile: "lowpower", lateness: "kernel", hz: 1000, static: [] });
  t.ok(describeRig(rig).some((line) => /^neighbours +profile lowpower, timers as late as a kernel's at HZ=1000$/.test(line)));
  t.notOk(describeRig(parseRig(text("hz: 100"), "f")).some((line) => line.startsWith("neighbours")));
  const wrong = (more: string): string => refusal(text(more)).message;
  t.equal(wrong("profile: lowpowr"), "f:2:24: neighbours.profile: lowpowr: did you mean lowpower?");
  t.equal(wrong("lateness: late"), "f:2:25: neighbours.lateness: late: what may stand here: exact, kernel");
  t.equal(wrong("hz: 300"), "f:2:19: neighbours.hz: 300: what may stand here: 100, 125, 200, 250, 500, 1000");
});

t.test("netns: addresses, routes and neighbours are checked within one namespace", async (t) => {
  const text = (blue: string, more = ""): string => `devices:
  eth0: { ${SIM}, addresses: [10.0.0.5/24] }
  eth1: { ${SIM}, ${blue} }
${more}`;
  const same = "netns: blue, addresses: [10.0.0.5/24]";
  const rig = parseRig(text(same), "f");
  t.match(rig.devices, [{ name: "eth0" }, { name: "eth1", netns: "blue" }]);
  t.ok(describeRig(rig).some((line) => /^device +eth1 .*, netns blue$/.test(line)));
  t.match(refusal(text("addresses: [10.0.0.5/24]")).message, /eth0 has it already/);
  const route = (words: string): string => `routes: [{ to: default, ${words} }]\n`;
  const other = "netns: blue, addresses: [10.0.1.5/24]";
  parseRig(text(other, route("via: 10.0.1.1, dev: eth1")), "f");
  t.match(refusal(text(other, route("via: 10.0.1.1"))).message, /10\.0\.1\.1: on no subnet of any device/);
  parseRig(text(other, "routes: [{ to: default, via: 10.0.0.1 }, { to: default, via: 10.0.1.1, dev: eth1 }]\n"), "f");
  const static_ = 'neighbours: { static: [{ ip: 10.0.0.5, lladdr: "02:00:00:00:00:09", dev: eth1 }] }\n';
  parseRig(text(other, static_), "f");
  t.match(refusal(text(other, static_.replace("eth1", "eth0"))).message, /eth0's own address/);
  t.match(refusal(text("netns: a/b")).message, /devices\.eth1\.netns: a\/b: not a network namespace's name/);
});

t.test("problems come in the file's order, whichever check found them", async (t) => {
  const text = fixture("bench-pico.yaml")
    .replace("seed: 7", "seed: x")
    .replace("dev: eth0", "dev: eth9")
    .replace("every: 3s", "every: 3")
    .replace("name: bench-pico", "nam: bench-pico");
  t.strictSame(
    refusal(text).problems.map((problem) => problem.path),
    ["nam", "seed", "neighbours.static[0].dev", "telemetry.every"],
  );
});

t.test("a hostile file: bounded, and no way to the terminal", async (t) => {
  const many = refusal(`devices: { e: { driver: tap, bus: { kind: interface, name: t } } }\n${"x\u001b[2J: 1\n".repeat(3000)}`);
  t.ok(many.problems.length <= 101, "not one line for each of 3000 keys");
  t.ok(!many.message.includes("\u001b"), "no control character gets out");
  t.match(refusal("x".repeat(200_000)).message, /at most 131072$/);
  // The length matters: the YAML parser alone takes the process down with the second.
  for (const [opening, times] of [
    ["[", 130_000],
    ["{", 130_000],
    ["a: {", 5000],
    ["- ", 5000],
    ["? ", 5000],
  ] as const) {
    t.match(refusal(opening.repeat(times)).message, /nested too deep$/, `deep ${JSON.stringify(opening)}`);
  }
  t.ok(refusal("a:\n ".repeat(5000)));
  const bomb = `a: &a [x]\n${"bcdefghij".replace(/./g, (name) => `${name}: &${name} [${"*a, ".repeat(9)}]\n`)}`;
  t.match(refusal(bomb).message, /anchors and aliases/);
  t.match(refusal(`devices: ${"[".repeat(40)}${"]".repeat(40)}`).message, /nested too deep/);
  t.match(refusal("seed: 7\nconstructor: 1\ndevices: {}").message, /f:2:1: constructor: unknown key/);
  const rig = fixture("simulated.yaml").replace("eth0", "toString");
  t.equal(parseRig(rig, "f").devices[0]?.name, "toString");
});

/** A text that parseRig either reads or refuses with problems that lie inside it; anything else it throws fails the test. */
function holds(text: string): boolean {
  try {
    parseRig(text, "f");
    return true;
  } catch (error) {
    if (!(error instanceof RigError)) throw error;
    const lines = text.split(/\r\n|\n|\r/).length;
    return error.problems.length > 0 && error.problems.every(({ line, column }) => line >= 1 && line <= lines && column >= 1);
  }
}

t.test("any text is read or refused", async () => {
  const yamlish = fc.array(
    fc.constantFrom(
      "devices",
      "eth0",
      "driver",
      "bus",
      "kind",
      ":",
      " ",
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "]",
      ",",
      "- ",
      "? ",
      "|",
      ">",
      "&a",
      "*a",
      "!!map",
      "'",
      '"',
      "#",
      "%",
      "\t",
      "~",
      "<<",
      "1",
    ),
    { maxLength: 60 },
  );
  fc.assert(fc.property(fc.string({ unit: anyCodeUnit, maxLength: 200 }), holds), { numRuns: 300 });
  fc.assert(
    fc.property(
      yamlish.map((parts) => parts.join("")),
      holds,
    ),
    { numRuns: 600 },
  );
});

t.test("a good file, cut, flipped, with a line lost or moved, is read or refused", async () => {
  const good = fixture("every-bus.yaml");
  const bytes = Buffer.from(good);
  const lines = good.split("\n");
  const place = fc.nat(bytes.length - 1);
  const line = fc.nat(lines.length - 1);
  const cut = fc.tuple(place, place).map(([from, to]) => good.slice(0, from) + good.slice(to));
  const flipped = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }).map((flips) => {
    const copy = Buffer.from(bytes);
    for (const [at, mask] of flips) copy[at] = copy[at]! ^ mask;
    return copy.toString("utf8");
  });
  const moved = fc.tuple(line, line).map(([from, to]) => {
    const copy = [...lines];
    copy.splice(to, 0, ...copy.splice(from, 1));
    return copy.join("\n");
  });
  const lost = line.map((at) => lines.filter((_, index) => index !== at).join("\n"));
  fc.assert(fc.property(fc.oneof(cut, flipped, moved, lost), holds), { numRuns: 150 });
});

t.test("any value in any place is read or refused", async () => {
  const word = fc.constantFrom(
    "",
    "eth0",
    "model",
    "1",
    "-1",
    "3s",
    "10MHz",
    "192.168.10.1",
    "10.0.0.1/31",
    "fd00::1/64",
    "{}",
    "[]",
    "{ a: b }",
    "[a]",
    "sim",
    "tap",
    "ff:ff:ff:ff:ff:ff",
  );
  const good = fixture("every-bus.yaml");
  const values = [...good.matchAll(/: ([^\s{}[\],]+)/g)];
  const replaced = fc.tuple(fc.nat(values.length - 1), word).map(([which, text]) => {
    const match = values[which]!;
    return `${good.slice(0, match.index)}: ${text}${good.slice(match.index + match[0].length)}`;
  });
  fc.assert(fc.property(replaced, holds), { numRuns: 150 });
});
