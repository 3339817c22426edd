/** `ip -n NAME`: one of several network namespaces of an instance, in the words of the machine's own `ip`. */
import t from "tap";
import { Stack } from "../../../../firmware-ts/stack.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";
import { Lab } from "../../../support/lab.ts";
import { missingPrograms, run } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { realTime } from "../../../support/real-time.ts";

async function twoNamespaces(): Promise<{ lab: Lab; blue: Stack; operator: Operator }> {
  const lab = await Lab.open({ loopback: true });
  const neighbours = { sharedWith: lab.stack };
  const blue = new Stack({ clock: lab.clock, random: new SeededRandom(9), neighbours, loopback: true });
  const eth1 = blue.addDevice("eth1", new WireNic(lab.clock, lab.wire, "other", Uint8Array.of(2, 0, 0, 0, 0, 9)));
  await eth1.open();
  blue.addAddress(eth1, "10.0.0.9/24");
  return { lab, blue, operator: new Operator(lab.stack, new Map([["blue", blue]])) };
}

t.test("each namespace has its devices, addresses, routes, entries and settings", async (t) => {
  const { lab, blue, operator } = await twoNamespaces();
  const both = async (words: string): Promise<string[]> => [
    await operator.type(`ip ${words}`),
    await operator.type(`ip -n blue ${words}`),
  ];
  t.same(await both("-br -4 addr"), [
    "lo               UNKNOWN        127.0.0.1/8 \neth0             UP             10.0.0.1/24 \n",
    "lo               UNKNOWN        127.0.0.1/8 \neth1             UP             10.0.0.9/24 \n",
  ]);
  t.same(await both("r"), [
    "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n",
    "10.0.0.0/24 dev eth1 proto kernel scope link src 10.0.0.9 \n",
  ]);
  const add = "n add 10.0.0.7 lladdr 02:00:00:00:00:07 dev";
  t.same(await both(`${add} eth1`), ['Cannot find device "eth1"\n[1]', ""]);
  t.same(await both("n"), ["", "10.0.0.7 dev eth1 lladdr 02:00:00:00:00:07 PERMANENT \n"]);
  t.equal(lab.stack.neighbours(4).table.entries, 1, "on the one table");
  await blue.close();
});

t.test("the table's own settings are the initial namespace's, its limits are shown in every one", async (t) => {
  const { operator } = await twoNamespaces();
  t.match(await operator.type("ip -n blue ntable show"), /^inet arp_cache \n {4}thresh1 128 thresh2 512 thresh3 1024 /);
  t.equal(
    await operator.type("ip -n blue ntable change name arp_cache thresh1 9"),
    "RTNETLINK answers: No such file or directory\n[2]",
  );
});

t.test("monitors hear of their own namespace", async (t) => {
  const { lab, operator } = await twoNamespaces();
  const lines: string[] = [];
  const around = { caller: operator.caller, print: (line: string) => void lines.push(line), wallTime: () => 0 };
  const { runIp } = await import("../../../../firmware-ts/control/iproute/run-ip.ts");
  const monitor = runIp(["-n", "blue", "monitor", "neigh"], around);
  await new Promise((resolve) => setImmediate(resolve));
  const other = new Operator(lab.stack, new Map());
  await other.type("ip n add 10.0.0.3 lladdr 02:00:00:00:00:03 dev eth0");
  await operator.caller.call("neigh.add", { netns: "blue", dst: "10.0.0.4", dev: "eth1", lladdr: "02:00:00:00:00:04" });
  operator.caller.close();
  await monitor;
  t.same(lines, ["10.0.0.4 dev eth1 lladdr 02:00:00:00:00:04 PERMANENT "]);
});

t.test("names that nothing has", async (t) => {
  const { operator } = await twoNamespaces();
  const refused = (name: string): string => `Cannot open network namespace "${name}": No such file or directory\n[255]`;
  for (const flags of ["-n nosuch", "-net nosuch", "--netns nosuch"]) {
    t.equal(await operator.type(`ip ${flags} link`), refused("nosuch"), flags);
  }
  t.equal(await operator.type("ip -n"), refused("(null)"));
  t.equal(await operator.type("ip -n nosuch bogus"), refused("nosuch"), "before the object is looked at");
});

realTime(t, "as the machine's own ip says it", { skip: missingPrograms("ip") }, async (t) => {
  const { operator } = await twoNamespaces();
  for (const words of [
    ["-n", "whohas-nosuch", "link"],
    ["-n", "whohas-nosuch", "bogus"],
    ["-N", "bogus"],
    ["-netnsx", "a"],
    ["-n"],
  ]) {
    let theirs = "";
    try {
      run("ip", words);
    } catch (error) {
      const { stderr, status } = error as { stderr: string; status: number };
      theirs = `${stderr}[${status}]`;
    }
    t.equal(await operator.type(`ip ${words.join(" ")}`), theirs, words.join(" "));
  }
});
