/** Linux's own `ip -6 address` and ours about addresses that the others on the link are asked for: tentative, or lost. */
import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { Lab6 } from "../../../support/lab6.ts";
import { missingForNetns, Netns } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { na } from "../../../support/wire-format6.ts";
import { OURS } from "./as-linux.ts";

const skip = missingForNetns();

/** Without what depends on the device. */
function alike(text: string): string {
  return text
    .replace(/"ifindex":\d+,("link":"far0",)?/g, "")
    .replace(/^\d+: (eth0)\S*/gm, "N: $1")
    .replace(/(qdisc"?[: ]"?)\w+/g, "$1Q");
}

/** Our station with these addresses, and a kernel's with the same on a cable whose other end has fd00::9. */
async function pair(test: Pick<typeof t, "teardown">): Promise<{ netns: Netns; lab: Lab6; type(line: string): Promise<string> }> {
  const netns = new Netns();
  test.teardown(() => netns.remove());
  netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
  netns.ip("link", "set", "eth0", "address", OURS);
  for (const setting of ["eth0.router_solicitations=0", "eth0.dad_transmits=3", "far0.accept_dad=0", "far0.addr_gen_mode=1"]) {
    netns.run("sysctl", "-qw", `net.ipv6.conf.${setting}`);
  }
  for (const end of ["far0", "eth0"]) netns.run("sysctl", "-qw", `net.ipv6.conf.${end}.disable_ipv6=0`);
  for (const end of ["far0", "eth0"]) netns.ip("link", "set", end, "up");
  netns.ip("address", "add", "fd00::9/64", "dev", "far0");
  while (netns.ip("-6", "address", "show", "dev", "eth0", "tentative") !== "") await setTimeout(20);
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.ip6.conf.write(lab.eth0, "dad_transmits", 3);
  lab.run(10_000);
  const operator = new Operator(lab.stack);
  return { netns, lab, type: (line) => operator.type(line) };
}

t.test("an address that somebody has is lost; one that is still asked for is tentative", { skip }, async (t) => {
  const { netns, lab, type } = await pair(t);
  const same = async (words: string): Promise<void> => {
    t.equal(alike(await type(`ip ${words}`)), alike(netns.ip(...words.split(" "))), words);
  };
  const shown = [
    "-6 address show dev eth0",
    "-o -6 address show dev eth0 tentative",
    "-6 address show dev eth0 dadfailed",
    "-6 address show dev eth0 optimistic",
    "-j -6 address show dev eth0 -tentative",
    "-6 route show dev eth0",
  ];
  for (const words of ["address add fd00::5/64 dev eth0", "address add fd00::6/64 dev eth0 nodad"]) {
    await type(`ip ${words}`);
    netns.ip(...words.split(" "));
  }
  for (const words of shown) await same(words);
  const byOurselves = "-6 route add fd01::/64 via fd00::5";
  const refused = spawnSync("ip", ["-n", netns.name, ...byOurselves.split(" ")], { encoding: "utf8" });
  t.equal(await type(`ip ${byOurselves}`), `${refused.stderr}[${refused.status}]`, "a tentative address is no gateway");
  await type("ip address add fd00::9/64 dev eth0");
  netns.ip("address", "add", "fd00::9/64", "dev", "eth0");
  while (netns.ip("-6", "address", "show", "dev", "eth0", "tentative", "-dadfailed") !== "") await setTimeout(20);
  lab.run(1);
  lab.say(na({ source: "fd00::9", destination: "ff02::1", target: "fd00::9", flags: "O", to: "33:33:00:00:00:01" }));
  lab.run(10_000);
  for (const words of shown) await same(words);
});
