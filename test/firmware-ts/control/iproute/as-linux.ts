/**
 * The same words to the machine's own `ip`, `sysctl` and `nstat` in a namespace and to ours on a stack of the same devices, addresses
 * and entries: standard output, standard error and exit code are the same, once what depends on the device is made alike.
 */
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
    .replace(/mtu("?[ :])65536/g, "mtu$11500")
    .replace(/("ifindex": ?)\d+/g, "$1N")
    .replace(/(state UP |"qdisc": ?"|qdisc )(noqueue|pfifo)/g, "$1Q")
    .replace(/^\d+: eth0/gm, "N: eth0")
    .replace(/(?<=(?:valid|preferred)_(?:lft |life_time": ?))\d+(?=sec|[,}\n])/g, (left) =>
      String(Math.ceil(Number(left) / 100) * 100),
    )
    .replace(/(?<= used |\d\/|"(?:used|confirmed|updated)": )\d+/g, (seconds) => String(Math.trunc(Number(seconds) / 30) * 30));
  return { stdout: text, stderr, code };
}

/** One test for each session, on devices of its own. */
export function sameAsLinux(sessions: Sessions): void {
  for (const [name, lines] of Object.entries(sessions)) {
    t.test(name, { skip }, async (t) => {
      const netns = new Netns();
      t.teardown(() => netns.remove());
      netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
      for (const end of ["eth0", "far0", "lo"]) netns.run("sysctl", "-qw", `net.ipv6.conf.${end}.disable_ipv6=1`);
      netns.ip("link", "set", "eth0", "address", OURS);
      for (const end of ["far0", "eth0"]) netns.ip("link", "set", end, "up");
      netns.ip("address", "add", "10.0.0.1/24", "dev", "eth0");
      const lab = await Lab.open({ addresses: [], loopback: true });
      const operator = new Operator(lab.stack);
      await operator.type("ip address add 10.0.0.1/24 dev eth0");
      lab.run(100_000);
      for (const line of lines) {
        const [program = "", ...words] = line.split(" ").map((word) => word.replaceAll("\\s", " "));
        const theirs = await ended(netns.spawn(program, words));
        const ours = await operator.run(program, words);
        t.strictSame(alike(ours), alike(theirs), line);
      }
    });
  }
}
