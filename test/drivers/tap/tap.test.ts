/** The TAP driver where it is not like every controller (test/compliance/): how it gets its device, and the kernel at its far end. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import t, { type Test } from "tap";
import { TapController } from "../../../drivers/tap/tap.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalTap, missingForNetns, missingPrograms, Netns, run } from "../../support/netns.ts";
import { bound, nodeCommand, startNode } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";

const clock = new SystemClock();
const skip = missingForNetns() || (existsSync("/dev/net/tun") ? false : "needs /dev/net/tun, from the kernel module tun");
const script = new URL("./tap-child.ts", import.meta.url);

/** On a host of its own. */
function open(controller: TapController): Promise<void> {
  return new FakeHost(clock).open(controller);
}

t.test("options that make no sense are refused when they are given", async (t) => {
  for (const name of ["", "a name too long for one", "a/b", "tap%d"])
    t.throws(() => new TapController(clock, { interface: name }), { code: "TAP_NAME" }, name);
  for (const address of [Uint8Array.of(1, 0, 0, 0, 0, 1), new Uint8Array(5)])
    t.throws(() => new TapController(clock, { interface: "x", address }), { code: "TAP_ADDRESS" });
});

realTime(t, "what cannot be opened says why, and may be tried again", { skip }, async (t) => {
  const tap = new LocalTap();
  t.teardown(() => tap.remove());
  const attach = (name: string): TapController => new TapController(clock, { interface: name, attach: true });
  const absent = attach("whnosuch0");
  for (let again = 0; again < 2; again++) {
    const message = 'tap: no interface whnosuch0 to attach to; "ip tuntap add dev whnosuch0 mode tap" makes one';
    await t.rejects(open(absent), { code: "TAP_NO_INTERFACE", message });
  }
  const lo = attach("lo");
  await t.rejects(open(lo), { code: "TAP_NOT_TAP", message: /lo is no TAP device/ });
  const first = attach(tap.name);
  await open(first);
  const second = attach(tap.name);
  await t.rejects(open(second), { code: "TAP_BUSY", message: `tap: ${tap.name} is in use by another process` });
  const anew = new TapController(clock, { interface: tap.name });
  await t.rejects(open(anew), { code: "TAP_BUSY", message: /already; take another name, or attach to it$/ });
  await first.close();
  await open(second);
  await second.close();
  const descriptors = readdirSync("/proc/self/fd").length;
  for (let again = 0; again < 5; again++) await t.rejects(open(lo));
  t.equal(readdirSync("/proc/self/fd").length, descriptors, "a failure leaves no descriptor open");
});

realTime(
  t,
  "without permission, or without the device, it says what would help",
  { skip: skip || missingPrograms("unshare") },
  async (t) => {
    const refused = startNode(script, ["whtapx", "10.9.0.2/24"], { uid: 65534, gid: 65534 });
    t.match(await firstLine(refused), /^(TAP_NO_PERMISSION tap: not allowed to .*run as root|$)/);
    // A /dev without it, for this one process.
    const hidden = `mount -t tmpfs none /dev/net && exec "$@"`;
    const without = bound("unshare", ["-m", "sh", "-c", hidden, "sh", ...nodeCommand(script, ["x", "10.9.0.2/24"]).flat()], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.match(await firstLine(without), /^TAP_UNSUPPORTED tap: there is no \/dev\/net\/tun here; load the kernel module tun/);
  },
);

realTime(t, "one that is attached to stays when it is closed, up or down as it was", { skip }, async (t) => {
  const tap = new LocalTap();
  t.teardown(() => tap.remove());
  const isUp = (): boolean => JSON.parse(run("ip", ["-j", "link", "show", tap.name]))[0].flags.includes("UP");
  const controller = new TapController(clock, { interface: tap.name, attach: true });
  for (const up of [true, false]) {
    run("ip", ["link", "set", tap.name, up ? "up" : "down"]);
    await open(controller);
    t.equal(isUp(), true);
    await controller.close();
    t.equal(isUp(), up);
  }
});

realTime(t, "deleted under it: it fails with a reason, can be closed, and opened when there is another", { skip }, async (t) => {
  const tap = new LocalTap();
  t.teardown(() => tap.remove());
  const controller = new TapController(clock, { interface: tap.name, attach: true });
  const it = new FakeHost(clock);
  await it.open(controller);
  run("ip", ["link", "delete", tap.name]);
  await it.until(() => it.errors.length > 0, "failure");
  t.match(it.errors, [{ code: "TAP_NO_INTERFACE", message: `tap: interface ${tap.name} was removed` }]);
  t.equal(it.carriers.at(-1), false);
  it.send(new Uint8Array(60).fill(0xff));
  t.equal(it.pool.inUse, 0);
  await it.close();
  t.strictSame(it.breaches, []);
  run("ip", ["tuntap", "add", "dev", tap.name, "mode", "tap"]);
  await open(controller);
  await controller.close();
});

/** A stack in a namespace, at the far end of `tap0`, the kernel's end of which has an address. */
async function stackBehindTap(
  t: Test,
  mac?: string,
): Promise<{ ns: Netns; child: ChildProcess; opened: string; next: () => Promise<string> }> {
  const ns = new Netns();
  t.teardown(() => ns.remove());
  const child = ns.spawn(...nodeCommand(script, ["tap0", "10.9.0.2/24", ...(mac ? [mac] : [])]), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? "";
  const opened = await next();
  ns.ip("address", "add", "10.9.0.1/24", "dev", "tap0");
  return { ns, child, opened, next };
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return line;
  return "";
}

realTime(
  t,
  "the kernel pings the stack: with an address of its own, and with the interface's",
  { skip: skip || missingPrograms("ping") },
  async (t) => {
    for (const mac of ["02:00:5e:10:00:01", undefined]) {
      const { ns, child, opened, next } = await stackBehindTap(t, mac);
      const link = JSON.parse(ns.ip("-j", "link", "show", "tap0"))[0] as { address: string; flags: string[] };
      t.equal(opened, `open ${(mac ?? link.address).replaceAll(":", "")}`);
      t.ok(link.flags.includes("UP"));
      for (const size of ["0", "56", "1472"])
        t.match(
          ns.run("ping", "-c", "3", "-i", "0.01", "-W", "2", "-M", "do", "-s", size, "10.9.0.2"),
          / 3 received, 0% packet loss/,
          size,
        );
      t.match(ns.ip("neigh", "show", "10.9.0.2"), new RegExp(`lladdr ${mac ?? link.address} `));
      child.stdin?.end();
      const ended = once(child, "exit");
      t.equal(await next(), "closed 0 ");
      t.same(await ended, [0, null], "and the process ends");
      t.throws(() => ns.ip("link", "show", "tap0"), "a device that was made for the stack goes with it");
    }
  },
);
