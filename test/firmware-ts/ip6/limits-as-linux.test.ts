/** The rate limit of errors: a host gets six at once, and one a second from then on; as from the kernel. */
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { T1 } from "../../support/wire-format.ts";
import { echo6, OUR_IP6, PEER_IP6, udp6 } from "../../support/wire-format6.ts";
import { Kernel6 } from "./exchange.ts";

const OFF_LINK = "2001:db8::2";

function burst(source: string, count = 100): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => udp6({ source, destination: OUR_IP6, dport: 6000 + at }, "x"));
}

t.test("our stack", async (t) => {
  const lab = await Lab6.open();
  lab.ip6.settings.icmpRatelimit = 1000;
  lab.stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  lab.stack.addRoute({ to: "default", via: PEER_IP6 });
  const errors = (frames: Uint8Array[]): number => {
    for (const frame of frames) lab.say(frame);
    return lab.heard().filter((line) => line.includes("icmp 1/4")).length;
  };
  t.equal(errors(burst(PEER_IP6)), 6);
  lab.run(1000);
  t.equal(errors(burst(PEER_IP6)), 1, "one a second");
  t.equal(errors(burst(OFF_LINK)), 6, "another host has its own");
  for (let at = 0; at < 20; at++) lab.say(echo6({ source: PEER_IP6, destination: OUR_IP6 }));
  t.equal(lab.heard().length, 20, "answers are not limited");
  t.equal(lab.ip6.counters.icmp.outRateLimitHost, 300 - 13);
  lab.run(10_000);
  const hosts = Array.from({ length: 100 }, (_, at) => `2001:db8::${at + 16}`);
  t.equal(errors(hosts.flatMap((host) => burst(host, 1))), 50, "all hosts together");
});

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open();
  t.teardown(() => kernel.close());
  kernel.veth.far.run("sysctl", "-qw", "net.ipv6.icmp.ratelimit=1000", "net.ipv6.icmp.ratemask=0-1,3-127");
  kernel.ip("-6", "route", "add", "default", "via", PEER_IP6);
  const errors = async (source: string): Promise<number> => (await kernel.answers(...burst(source))).length;
  t.equal(await errors(PEER_IP6), 6);
  await sleep(1050);
  t.equal(await errors(PEER_IP6), 1, "one a second");
  t.equal(await errors(OFF_LINK), 6, "another host has its own");
});
