/** Router reachability probing (RFC 4191 3.5): whom a host with several routers asks, and when; the kernel and our stack. */
import t from "tap";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { T1, T2 } from "../../support/wire-format.ts";
import { echo6, na, OUR_IP6, OUR_LL } from "../../support/wire-format6.ts";
import { ra } from "../../support/wire-routers6.ts";
import { Kernel6 } from "./exchange.ts";

const [BETTER, OTHER] = ["fe80::a", "fe80::b"];
const SECOND = 1000;
/** The kernel is asked in real time, so that it is given a short one. */
const INTERVAL = 1;
/** Milliseconds between two pings. */
const PAUSE = 10;

/** The same to both, DEV being the device. The better router does not answer. */
const SETUP = [
  `sysctl -w net.ipv6.conf.DEV.router_probe_interval=${INTERVAL}`,
  "sysctl -w net.ipv6.neigh.DEV.retrans_time_ms=100",
  "sysctl -w net.ipv6.conf.DEV.accept_ra=1",
  `ip neigh add ${OTHER} lladdr ${T2} dev DEV`,
];
/** The routers say that they are there; the better one does not say where. */
const ROUTERS = [ra({ source: OTHER, from: T2 }), ra({ source: BETTER, link: null, flags: 0x08 })];

const ping = echo6({ source: "fd09::1", destination: OUR_IP6 });
const REPLY = `echo-reply id 1 seq 1 0 bytes ${OUR_IP6} > fd09::1`;
const asked = (from: string): string => `who-has ${BETTER} slla us ${from} > ff02::1:ff00:a > 33:33:ff:00:00:0a`;
/** The first packet has it asked for thrice, then the other router is used. After the interval the host asks once, by itself. */
const STORY = [asked(OUR_IP6), asked(OUR_IP6), asked(OUR_IP6), `${REPLY} > T2`, asked(OUR_LL)];

/** Lines without those that repeat the line before, of which there are as many as there is time for; the questions all count. */
function story(lines: readonly string[]): string[] {
  return lines.filter((line, at) => line.startsWith("who-has") || line !== lines[at - 1]);
}

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open({ known: false });
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  for (const line of SETUP) far.run(...(line.replaceAll("DEV", farName).split(" ") as [string, ...string[]]));
  for (const router of ROUTERS) await kernel.answers(router);
  const lines: string[] = [];
  const until = Date.now() + 10 * SECOND;
  // Replies that wait for a router fill the kernel's own socket, so that they are few.
  for (let last = 0; Date.now() < until && !lines.includes(asked(OUR_LL)); ) {
    const due = Date.now() >= last + PAUSE;
    if (due) last = Date.now();
    lines.push(...(await (due ? kernel.answers(ping) : kernel.answers())));
  }
  t.same(story(lines).slice(0, STORY.length), STORY);
});

async function open(interval: number): Promise<Lab6> {
  const lab = await Lab6.open({ automatic: true });
  const operator = new Operator(lab.stack);
  for (const line of SETUP) await operator.type(line.replaceAll("DEV", "eth0"));
  lab.ip6.conf.write(lab.eth0, "router_probe_interval", interval);
  lab.run(5 * SECOND);
  for (const router of ROUTERS) lab.say(router);
  lab.heard();
  return lab;
}

/** Takes the frames heard since the last time, without reports of groups. */
function heard(lab: Lab6): string[] {
  return lab.heard().flatMap((line) => (line.includes("mld2") ? [] : [line.slice(line.indexOf(" ") + 1)]));
}

/** Time passes, with pings. */
function talk(lab: Lab6, ms: number): void {
  for (let at = 0; at < ms; at += PAUSE) {
    lab.say(ping);
    lab.run(PAUSE);
  }
}

t.test("our stack", async (t) => {
  const lab = await open(INTERVAL);
  talk(lab, 3 * SECOND);
  const lines = story(heard(lab));
  t.same(lines.slice(0, STORY.length), STORY);
  t.equal(lines.filter((line) => line === asked(OUR_LL)).length, 2, "one for each interval and the time that it waits");
});

t.test("a better router that is back is used again", async (t) => {
  const lab = await open(60);
  talk(lab, SECOND);
  heard(lab);
  const questions = (): string[] => heard(lab).filter((line) => line.startsWith("who-has"));
  talk(lab, 59 * SECOND);
  t.same(questions(), [], "not within the interval");
  talk(lab, SECOND);
  t.same(questions(), [asked(OUR_LL)]);
  t.equal(lab.entry(BETTER)?.nudState, Nud.FAILED);
  lab.run(60 * SECOND);
  t.same(questions(), [], "nobody is asked while nothing is sent");
  lab.say(ping);
  t.same(questions(), [asked(OUR_LL)]);
  lab.say(ping);
  t.same(heard(lab), [], "it counts as alive until the question has failed, so that packets wait for it");
  lab.say(na({ source: BETTER, destination: OUR_LL, link: T1, flags: "RSO" }));
  t.same(heard(lab), [`${REPLY} > T1`]);
  lab.say(ping);
  t.same(heard(lab), [`${REPLY} > T1`]);
});

t.test("a socket's datagrams come back to it, too", async (t) => {
  const lab = await open(60);
  lab.poke("fd09::1");
  lab.run(SECOND);
  lab.poke("fd09::1");
  lab.run(61 * SECOND);
  heard(lab);
  t.equal(lab.poke("fd09::1"), "sent");
  t.same(heard(lab), [asked(OUR_LL), `udp :9 hi ${OUR_IP6} > fd09::1 > T2`]);
});

t.test("a gateway that was never asked for is asked twice by the first packet after the interval, by a router once", async (t) => {
  for (const forwarding of [0, 1]) {
    const lab = await Lab6.open();
    lab.ip6.conf.write("all", "forwarding", forwarding);
    lab.stack.addRoute({ to: "fd09::/64", via: BETTER, device: lab.eth0 });
    lab.run(61 * SECOND);
    t.equal(lab.poke("fd09::1"), "queued");
    t.same(heard(lab), [...(forwarding === 0 ? [asked(OUR_LL)] : []), asked(OUR_IP6)]);
  }
});
