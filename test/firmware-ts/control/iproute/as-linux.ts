/**
 * The same words to the machine's own `ip`, `sysctl` and `nstat` in a namespace and to ours on a stack of the same devices, addresses
 * and entries: standard output, standard error and exit code are the same, once what depends on the device is made alike.
 */
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, missingPrograms, Netns } from "../../../support/netns.ts";
import { Operator, type Printed } from "../../../support/operator.ts";
import { ended } from "../../../support/whohas.ts";

/** The stations' addresses that sessions speak of: eth0's own, and another. */
export const OURS = "02:00:00:00:00:01";
export const MAC = "02:00:00:00:00:07";

/** Typed commands, line by line; tables are empty at first. `\s` stands for a space within a word. */
type Sessions = Record<string, readonly string[]>;

const skip = missingForNetns() || missingPrograms("ip", "sysctl", "nstat");

/** The veth's other end, its number, what is drawn at random, and the seconds that the comparison itself takes. */
function alike({ stdout, stderr, code }: Printed): Printed {
  const text = stdout
    .replace(/reachable (\d+) base/g, "reachable N base")
    .replace(/("?reachable"?: ?)\d+/g, "$1N")
    .replace(/eth0@far0 {4}/g, "eth0         ")
    .replaceAll("eth0@far0", "eth0")
    .replace(/ *"link": ?"far0",\n?/g, "")
    // A packet to ourselves is no longer than a buffer of ours.
    .replace(/mtu("?:? ?)65536/g, "mtu$11500")
    .replace(/("ifindex": ?)\d+/g, "$1N")
    .replace(/(state UP |"qdisc": ?"|qdisc )(noqueue|pfifo)/g, "$1Q")
    .replace(/^\d+: eth0/gm, "N: eth0")
    // The kernel keeps entries of groups that it has told routers of.
    .replace(/(?<=inet6 ndisc_cache \n {4}dev \S+ \n {4}refcnt |"name":"ndisc_cache","dev":"\w+","refcnt":)\d+/g, "N")
    // Seconds that a route lasts.
    .replace(/(?<=expires"?[ :])\d+/g, (left) => String(Math.ceil(Number(left) / 10) * 10))
    .replace(/(?<=(?:valid|preferred)_(?:lft |life_time": ?))\d+(?=sec|[,}\n])/g, (left) =>
      String(Math.ceil(Number(left) / 100) * 100),
    )
    .replace(/(?<= used |\d\/|"(?:used|confirmed|updated)": )\d+/g, (seconds) => String(Math.trunc(Number(seconds) / 30) * 30));
  return { stdout: text, stderr, code };
}

/** Waits until the kernel has its link-local address. */
async function settled(netns: Netns): Promise<void> {
  while (!netns.ip("-6", "address", "show", "dev", "eth0", "scope", "link", "-tentative").includes("fe80")) await setTimeout(10);
}

/**
 * One test for each session, on devices of its own.
 * @param ip6 both families are there. The addresses are ours at once, and nobody is asked for a router.
 */
export function sameAsLinux(sessions: Sessions, { ip6 = false }: { ip6?: boolean } = {}): void {
  for (const [name, lines] of Object.entries(sessions)) {
    t.test(name, { skip }, async (t) => {
      const netns = new Netns();
      t.teardown(() => netns.remove());
      netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
      for (const end of ["eth0", "far0", "lo"]) netns.run("sysctl", "-qw", `net.ipv6.conf.${end}.disable_ipv6=1`);
      netns.ip("link", "set", "eth0", "address", OURS);
      const settings = ["accept_dad=0", "router_solicitations=0", "disable_ipv6=0"];
      if (ip6)
        for (const one of settings) netns.run("sysctl", "-qw", `net.ipv6.conf.eth0.${one}`, "net.ipv6.conf.lo.disable_ipv6=0");
      for (const end of ["far0", "eth0"]) netns.ip("link", "set", end, "up");
      netns.ip("address", "add", "10.0.0.1/24", "dev", "eth0");
      const lab = await Lab.open({ addresses: [], loopback: true, ip6 });
      const operator = new Operator(lab.stack);
      await operator.type("ip address add 10.0.0.1/24 dev eth0");
      lab.run(100_000);
      lab.stack.ip6?.conf.write(lab.eth0, "accept_dad", 0);
      if (ip6) await settled(netns);
      for (const line of lines) {
        const [program = "", ...words] = line.split(" ").map((word) => word.replaceAll("\\s", " "));
        const theirs = await ended(netns.spawn(program, words));
        const ours = await operator.run(program, words);
        t.strictSame(alike(ours), alike(theirs), line);
      }
    });
  }
}
