/** `ip monitor neigh` as iproute2 6.1 prints it (lines written down from it), and the transitions that the kernel keeps to itself. */
import t, { type Test } from "tap";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";
import { arp, arpReply, T1 } from "../../../support/wire-format.ts";

const MAC = "02:00:00:00:00:02";

/** A monitor's output for an addition, a change and a removal by hand. */
async function watched(t: Test, command: string): Promise<string[]> {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const watcher = new Operator(lab.stack);
  const done = watcher.run("ip", command.split(" "));
  const operator = new Operator(lab.stack);
  await operator.type(`ip n add 10.0.0.2 lladdr ${MAC} dev eth0`);
  lab.run(1500);
  await operator.type("ip n change 10.0.0.2 lladdr 02:00:00:00:00:03 nud stale dev eth0");
  await operator.type("ip n del 10.0.0.2 dev eth0");
  watcher.caller.close();
  const { stdout, stderr, code } = await done;
  t.same([stderr, code], ["", 0]);
  return stdout.split("\n").slice(0, -1);
}

const PLAIN = [
  `10.0.0.2 dev eth0 lladdr ${MAC} PERMANENT `,
  "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:03 STALE ",
  "10.0.0.2 dev eth0 FAILED ",
  "Deleted 10.0.0.2 dev eth0 FAILED ",
];
const TIMES = ["00.000", "01.500", "01.500", "01.500"];

t.test("changes, with every flag", async (t) => {
  const zone = process.env["TZ"];
  process.env["TZ"] = "UTC";
  t.teardown(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });
  t.same(await watched(t, "monitor neigh"), PLAIN);
  const objects = [
    { dst: "10.0.0.2", dev: "eth0", lladdr: MAC, state: ["PERMANENT"] },
    { dst: "10.0.0.2", dev: "eth0", lladdr: "02:00:00:00:00:03", state: ["STALE"] },
    { dst: "10.0.0.2", dev: "eth0", state: ["FAILED"] },
    { deleted: true, dst: "10.0.0.2", dev: "eth0", state: ["FAILED"] },
  ];
  const parsed = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line) as unknown);
  for (const command of ["-j mon n", "-j -p monitor neigh", "-j -o monitor neigh"]) {
    t.strictSame(parsed(await watched(t, command)), objects, `${command}: an object a line`);
  }
  t.strictSame(
    parsed(await watched(t, "-j -ts monitor all")),
    objects.map((object, at) => ({ timestamp: `2026-01-01T00:00:${TIMES[at]}000`, label: "NEIGH", ...object })),
  );
  t.strictSame(
    parsed(await watched(t, "-j -t monitor dev eth0 neigh")),
    objects.map(({ dev: _, ...object }, at) => ({ timestamp: `2026-01-01T00:00:${TIMES[at]}000`, ...object })),
  );
  t.same(
    await watched(t, "monitor dev eth0 neigh"),
    PLAIN.map((line) => line.replace("dev eth0 ", "")),
  );
  t.same(
    await watched(t, "monitor label neigh"),
    PLAIN.map((line) => `[NEIGH]${line}`),
  );
  t.same(
    await watched(t, "monitor all"),
    PLAIN.map((line) => `[NEIGH]${line}`),
  );
  t.same(
    await watched(t, "-ts monitor neigh"),
    PLAIN.map((line, at) => `[2026-01-01T00:00:${TIMES[at]}000] ${line}`),
  );
  t.same(
    await watched(t, "-t monitor neigh"),
    PLAIN.flatMap((line, at) => [
      `Timestamp: Thu Jan  1 00:00:${TIMES[at]?.slice(0, 2)} 2026 ${at === 0 ? 0 : 500_000} usec`,
      line,
    ]),
  );
  t.same(await watched(t, "-br monitor neigh"), [
    `10.0.0.2                                eth0             ${MAC}`,
    "10.0.0.2                                eth0             02:00:00:00:00:03",
    "10.0.0.2                                eth0             ",
    "Deleted 10.0.0.2                                eth0             ",
  ]);
  t.same(
    (await watched(t, "-s monitor neigh")).map((line) => line.replace(/ \d+\/\d+\/\d+/, " T")),
    [
      `10.0.0.2 dev eth0 lladdr ${MAC}  ref 1 used Tprobes 0 PERMANENT `,
      "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:03  ref 1 used Tprobes 0 STALE ",
      "10.0.0.2 dev eth0  ref 1 used Tprobes 0 FAILED ",
      "Deleted 10.0.0.2 dev eth0  used Tprobes 0 FAILED ",
    ],
    "whoever asks holds the entry meanwhile",
  );
});

t.test("--all-transitions: what happens on the way of a packet, with its cause", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const watcher = new Operator(lab.stack);
  const done = watcher.run("ip", ["monitor", "neigh", "--all-transitions"]);
  lab.poke();
  lab.say(arpReply());
  watcher.caller.close();
  t.same((await done).stdout.split("\n").slice(0, -1), [
    "10.0.0.2 dev eth0 (- -> NONE by packet) ",
    "10.0.0.2 dev eth0 INCOMPLETE (NONE -> INCOMPLETE by packet) ",
    "10.0.0.2 dev eth0 REACHABLE (INCOMPLETE -> REACHABLE by frame) ",
    `10.0.0.2 dev eth0 lladdr ${T1} REACHABLE `,
  ]);
  lab.poke();
  t.equal(lab.stack.neighbours(4).table.entries, 1, "and nobody is told after that");
});

t.test("a program that resolves in our place is asked for it: miss", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const watcher = new Operator(lab.stack);
  const done = watcher.run("ip", ["monitor", "neigh"]);
  await watcher.type("sysctl -w net.ipv4.neigh.eth0.app_solicit=1");
  lab.poke();
  lab.run(10_000);
  watcher.caller.close();
  t.match((await done).stdout, /^miss 10\.0\.0\.2 dev eth0 INCOMPLETE $/m);
});

t.test(
  "references: whatever makes a change holds the entry, be it a request, a frame or a timer (written down from Linux 6.18)",
  async (t) => {
    const lab = await Lab.open();
    t.teardown(() => lab.stack.close());
    const watcher = new Operator(lab.stack);
    const done = watcher.run("ip", ["-s", "monitor", "neigh"]);
    const operator = new Operator(lab.stack);
    lab.poke("10.0.0.3");
    lab.say(arpReply({ sip: "10.0.0.3" }));
    lab.run(2000);
    lab.say(arp({ sip: "10.0.0.3", sha: "02:00:00:00:00:44" }));
    await operator.type("ip n del 10.0.0.3 dev eth0");
    lab.poke("10.0.0.4");
    lab.run(4000);
    lab.say(arp({ sip: "10.0.0.5" }));
    await operator.type("ip n change 10.0.0.5 lladdr 02:00:00:00:00:03 nud reachable dev eth0");
    watcher.caller.close();
    const lines = (await done).stdout.split("\n").slice(0, -1);
    t.same(
      // The times left out; the number of probes stays.
      lines.map((line) =>
        line
          .replace(/ used \S+/, "")
          .replace(/ {2,}/g, " ")
          .trim(),
      ),
      [
        `10.0.0.3 dev eth0 lladdr ${T1} ref 2 4 REACHABLE`,
        "10.0.0.3 dev eth0 lladdr 02:00:00:00:00:44 ref 1 4 STALE",
        "10.0.0.3 dev eth0 ref 1 4 FAILED",
        "Deleted 10.0.0.3 dev eth0 4 FAILED",
        "10.0.0.4 dev eth0 ref 1 6 FAILED",
        `10.0.0.5 dev eth0 lladdr ${T1} ref 1 0 STALE`,
        "10.0.0.5 dev eth0 lladdr 02:00:00:00:00:03 ref 2 0 REACHABLE",
      ],
    );
  },
);

t.test("--all-transitions as objects", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const watcher = new Operator(lab.stack);
  const done = watcher.run("ip", ["-j", "monitor", "neigh", "--all-transitions"]);
  lab.poke();
  watcher.caller.close();
  const [first = ""] = (await done).stdout.split("\n");
  t.strictSame(JSON.parse(first), {
    dst: "10.0.0.2",
    dev: "eth0",
    transition: { from: null, to: "NONE", cause: "packet" },
  });
});

t.test("what is not watched is refused in words, never left out in silence", async (t) => {
  const operator = new Operator((await Lab.open()).stack);
  const rows: readonly [words: string, message: RegExp][] = [
    ["route", /^"route": only neighbours are watched; say "monitor neigh"\.\n\[255]$/],
    ["neigh link", /^"link": only neighbours are watched/],
    ["all addr", /^"addr": only neighbours are watched/],
    ["file x", /^"file": there is no file of changes to read/],
    ["all-nsid", /^"all-nsid": an instance is asked for one namespace; say which with -n NAME\.\n\[255]$/],
    ["bogus", /^Argument "bogus" is unknown, try "ip monitor help"\.\n\[255]$/],
    ["help", /^Usage: ip monitor \[ all \| neigh ]/],
  ];
  for (const [words, message] of rows) t.match(await operator.type(`ip monitor ${words}`), message, words);
});

t.test("both families, or one of them", async (t) => {
  const lab = await Lab.open({ ip6: true });
  t.teardown(() => lab.stack.close());
  const told = async (flags: string): Promise<string> => {
    const watcher = new Operator(lab.stack);
    const done = watcher.run("ip", [...flags.split(" ").filter(Boolean), "monitor", "neigh"]);
    const operator = new Operator(lab.stack);
    for (const dst of ["10.0.0.2", "fd00::2"]) {
      await operator.type(`ip n add ${dst} lladdr ${MAC} dev eth0`);
      await operator.type(`ip n del ${dst} dev eth0`);
    }
    watcher.caller.close();
    return (await done).stdout;
  };
  const lines = (dst: string): string =>
    `${dst} dev eth0 lladdr ${MAC} PERMANENT \n${dst} dev eth0 FAILED \nDeleted ${dst} dev eth0 FAILED \n`;
  t.equal(await told(""), lines("10.0.0.2") + lines("fd00::2"));
  t.equal(await told("-4"), lines("10.0.0.2"));
  t.equal(await told("-6"), lines("fd00::2"));
  const four = new Operator((await Lab.open()).stack);
  t.match(await four.type("ip -6 monitor neigh"), /Address family not supported by protocol/);
});
