/**
 * The frames that a device sends by itself, next to the kernel's: when it comes up, gets an address, hears a router and a query, loses the
 * address, and finds one taken. Both wait at random, so that the frames of a step are compared sorted; a nonce counts as a nonce.
 */
import t, { type Test } from "tap";
import { PacketController } from "../../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../../hal/clock.ts";
import { FakeHost } from "../../../support/controller-host.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { missingForNetns, VethPair } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { US } from "../../../support/wire-format.ts";
import { line6, na, PEER_LL } from "../../../support/wire-format6.ts";
import { mldQuery, pio, ra } from "../../../support/wire-routers6.ts";

const LL = "fe80::ff:fe00:1";
const NOBODY = "::";

function report(records: string, source = LL): string[] {
  return new Array<string>(2).fill(`mld2 [${records}] ${source} > ff02::16 > 33:33:00:00:00:16`);
}

function claim(address: string, group: string): string {
  return `who-has ${address} option-14 8 :: > ff02::1:ff${group} > 33:33:ff:00:00:0${group.at(-1)}`;
}

/** An act, how long it takes, and the frames that it makes. */
type Step = readonly [what: string, act: readonly string[] | Uint8Array, ms: number, frames: readonly string[]];

const [OWN, FIVE, SIX] = ["ff02::1:ff00:1", "ff02::1:ff00:5", "ff02::1:ff00:6"];

const STEPS: readonly Step[] = [
  [
    "the device comes up",
    ["up"],
    3500,
    [...report(`4 ${OWN}`, NOBODY), claim(LL, "00:1"), ...report(`4 ${OWN}`), `rs slla us ${LL} > ff02::2 > 33:33:00:00:00:02`],
  ],
  ["an address", ["add", "fd00::5"], 3500, [...report(`4 ${FIVE}, 4 ${OWN}`), claim("fd00::5", "00:5")]],
  ["a router", ra({ options: pio("2001:db8:7::") }), 3500, [claim("2001:db8:7::ff:fe00:1", "00:1")]],
  ["a query", mldQuery(), 1500, report(`2 ${FIVE}, 2 ${OWN}`).slice(1)],
  ["the address goes", ["remove", "fd00::5"], 1500, report(`3 ${FIVE}`)],
  ["another address", ["add", "fd00::6"], 0, []],
  [
    "it is taken, before it was asked for",
    na({ source: PEER_LL, target: "fd00::6", destination: "ff02::1", flags: "O" }),
    3000,
    report(`4 ${SIX}, 4 ${OWN}`),
  ],
];

/** A device of the kernel's or of ours. */
interface Device {
  act(words: readonly string[]): Promise<void>;
  say(frame: Uint8Array): void;
  wait(ms: number): Promise<void>;
  /** Takes the frames heard since the last time. */
  heard(): Uint8Array[];
}

async function play(t: Test, device: Device): Promise<void> {
  for (const [what, act, ms, frames] of STEPS) {
    if (act instanceof Uint8Array) device.say(act);
    else await device.act(act);
    // Its frames are told with those of the next step.
    if (ms === 0) continue;
    await device.wait(ms);
    const lines = device.heard().map((frame) => line6(frame));
    t.same(lines.sort(), [...frames].sort(), what);
  }
}

t.test("our stack", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.ip6.conf.write(lab.eth0, "router_solicitations", 1);
  const acts: Readonly<Record<string, (address: string) => unknown>> = {
    up: () => undefined,
    add: (address) => lab.stack.addAddress(lab.eth0, `${address}/64`),
    remove: (address) => lab.stack.removeAddress(lab.eth0, `${address}/64`),
  };
  await play(t, {
    act: async ([verb = "", address = ""]) => void acts[verb]?.(address),
    say: (frame) => lab.say(frame),
    wait: async (ms) => lab.run(ms),
    heard: () => lab.lab.take().map(({ bytes }) => bytes),
  });
});

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const clock = new SystemClock();
  const veth = new VethPair();
  const host = new FakeHost(clock);
  t.teardown(() => veth.remove());
  t.teardown(() => host.close());
  const { far, farName, near } = veth;
  far.ip("link", "set", farName, "down");
  far.ip("link", "set", farName, "address", US);
  const controller = new PacketController(clock, { interface: near });
  await host.open(controller);
  controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const conf = `net.ipv6.conf.${farName}`;
  far.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", `${conf}.disable_ipv6=0`, `${conf}.router_solicitations=1`);
  const acts: Readonly<Record<string, (address: string) => unknown>> = {
    up: () => far.ip("link", "set", farName, "up"),
    add: (address) => far.ip("address", "add", `${address}/64`, "dev", farName),
    remove: (address) => far.ip("address", "del", `${address}/64`, "dev", farName),
  };
  await play(t, {
    act: async ([verb = "", address = ""]) => {
      acts[verb]?.(address);
      if (verb === "up") await host.until(() => host.carriers.at(-1) === true, "link");
    },
    say: (frame) => host.send(frame),
    wait: sleep,
    heard() {
      const frames = host.frames.filter((frame) => frame[12] === 0x86 && frame[13] === 0xdd);
      host.frames.length = 0;
      return frames;
    },
  });
});
