/**
 * The same words to the machine's own `ip`, `sysctl` and `nstat` in a namespace and to ours on a stack of the same devices, addresses
 * and entries: standard output, standard error and exit code are the same, once what depends on the device is made alike.
 */
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, missingPrograms, Netns } from "../../../support/netns.ts";
import { Operator, type Printed } from "../../../support/operator.ts";
import { typedIn } from "../../../support/shell.ts";

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

/** The kernel's side of a session: both ends of a cable up, and nothing said of IPv6 unless that is asked for. */
const SETUP = `
ip link add eth0 type veth peer name far0
sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1 net.ipv6.conf.far0.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1
ip link set eth0 address ${OURS}`;
const UP = `
ip link set far0 up
ip link set eth0 up
ip address add 10.0.0.1/24 dev eth0`;
/** The kernel's addresses are its own at once, and it asks nobody for a router; its link-local address is there at the end. */
const IP6 = `
sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
for setting in accept_dad=0 router_solicitations=0 disable_ipv6=0; do sysctl -qw net.ipv6.conf.eth0.$setting; done`;
const SETTLED = `
until ip -6 address show dev eth0 scope link -tentative | grep -q fe80; do sleep 0.01; done`;
/** An address is the kernel's own a moment after it was given, in a thread of the kernel's; on a device that is down it stays tentative. */
const OWN = `
for try in $(seq 20); do ip -6 address show tentative up | grep -q . && sleep 0.01 || break; done`;

/**
 * One test for each session, on devices of its own.
 * @param ip6 both families are there. The addresses are ours at once, and nobody is asked for a router.
 */
export function sameAsLinux(sessions: Sessions, { ip6 = false }: { ip6?: boolean } = {}): void {
  for (const [name, lines] of Object.entries(sessions)) {
    t.test(name, { skip }, async (t) => {
      const netns = new Netns();
      t.teardown(() => netns.remove());
      netns.run("sh", "-ec", [SETUP, ...(ip6 ? [IP6] : []), UP, ...(ip6 ? [SETTLED] : [])].join(""));
      const lab = await Lab.open({ addresses: [], loopback: true, ip6 });
      const operator = new Operator(lab.stack);
      await operator.type("ip address add 10.0.0.1/24 dev eth0");
      lab.run(100_000);
      lab.stack.ip6?.conf.write(lab.eth0, "accept_dad", 0);
      const typed = lines.map((line) => line.split(" ").map((word) => word.replaceAll("\\s", " ")));
      const theirs = await typedIn(netns, typed, (words) => (ip6 && words.includes("address") && words.includes("dev") ? OWN : ""));
      for (const [at, [program = "", ...words]] of typed.entries()) {
        const ours = await operator.run(program, words);
        t.strictSame(alike(ours), alike(theirs[at] as Printed), `${lines[at]}`);
      }
    });
  }
}
