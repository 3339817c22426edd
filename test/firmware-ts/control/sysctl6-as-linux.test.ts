/** The start values of IPv6's settings, next to the kernel's own. */
import t from "tap";
import { listSysctl, readSysctl } from "../../../firmware-ts/control/sysctl.ts";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns, Netns } from "../../support/netns.ts";

/** Settings of parts that are not here: segment routing, IOAM, IPsec, multicast routing. */
const ABSENT =
  /^net\.ipv6\.conf\.[^.]+\.(disable_policy|ioam6_.*|mc_forwarding|ra_honor_pio_pflag|regen_min_advance|rpl_.*|seg6_.*)$/;
/** Sets where a test leaves namespaces: the kernel is kept from sending anything by itself. */
const SILENCED = /\.disable_ipv6$/;

t.test("the start values are the kernel's", { skip: missingForNetns() }, async (t) => {
  const lab = await Lab6.open({ loopback: true });
  const netns = new Netns();
  t.teardown(() => netns.remove());
  netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0");
  const theirs = netns
    .run("sysctl", "-a", "-r", "^net.ipv6.(conf|neigh).")
    .trim()
    .split("\n")
    .map((line) => line.split(" = ") as [key: string, value: string])
    .filter(([key]) => !ABSENT.test(key) && !SILENCED.test(key) && !/\.(lo|peer0)\./.test(key));
  t.ok(theirs.length > 100, `${theirs.length} settings`);
  for (const [key, value] of theirs) t.equal(readSysctl(lab.stack, key), value, key);
  const known = new Set(theirs.map(([key]) => key));
  const ours = listSysctl(lab.stack, "net.ipv6.conf.eth0").map(([key]) => key);
  t.same(
    ours.filter((key) => !known.has(key) && !SILENCED.test(key)),
    [],
  );
});
