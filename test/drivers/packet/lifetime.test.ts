/** The AF_PACKET driver from open() to close(): the interface and its link, what is left behind, the process's end. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import t from "tap";
import { PacketController } from "../../../drivers/packet/packet.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { MIN_FRAME } from "../../../hal/ethernet.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalVeth, missingPrograms, run } from "../../support/netns.ts";
import { startNode } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { BROADCAST, cable, clock, end, frame, MULTICAST, STRANGER, send, skip } from "./cable.ts";

t.test("options that make no sense are refused when they are given", async (t) => {
  t.throws(() => new PacketController(clock, { interface: "a name too long for one" }), { code: "PACKET_NAME" });
  t.throws(() => new PacketController(clock, { interface: "" }), { code: "PACKET_NAME" });
  t.throws(() => new PacketController(clock, { interface: "x", address: MULTICAST }), { code: "PACKET_ADDRESS" });
  t.throws(() => new PacketController(clock, { interface: "x", address: new Uint8Array(5) }), { code: "PACKET_ADDRESS" });
});

realTime(t, "what cannot be opened says why", { skip }, async (t) => {
  const absent = new PacketController(clock, { interface: "whnosuch0" });
  await t.rejects(new FakeHost(clock).open(absent), { code: "PACKET_NO_INTERFACE", message: /no interface whnosuch0/ });
  await t.rejects(new FakeHost(clock).open(absent), { code: "PACKET_NO_INTERFACE" }, "and may be tried again");
  const lo = new PacketController(clock, { interface: "lo" });
  await t.rejects(new FakeHost(clock).open(lo), { code: "PACKET_NOT_ETHERNET" });
  const [a] = await cable(t);
  await t.rejects(a.host.open(a.controller), { code: "PACKET_OPEN" });
});

realTime(t, "a station address of its own makes the interface promiscuous while it is open", { skip }, async (t) => {
  const [a, b, veth] = await cable(t, {}, { address: STRANGER });
  const promiscuity = (): unknown => JSON.parse(run("ip", ["-j", "-d", "link", "show", veth.b]))[0].promiscuity;
  t.equal(promiscuity(), 1);
  send(a, frame(STRANGER, a.controller.address, MIN_FRAME));
  await b.host.until(() => b.host.frames.length === 1, "frame to that address");
  t.strictSame(b.controller.address, STRANGER);
  await b.controller.close();
  t.equal(promiscuity(), 0);
});

realTime(t, "the link is told when it goes and when it comes", { skip }, async (t) => {
  const [a, , veth] = await cable(t);
  t.strictSame(a.host.carriers, [true]);
  run("ip", ["link", "set", veth.b, "down"]);
  await a.host.until(() => a.host.carriers.at(-1) === false, "loss of carrier");
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)), "a frame for a dead link is taken");
  t.equal(a.host.drops.get(DropReason.TX_CARRIER), 1, "and accounted for");
  t.match(a.controller.statistics, { txPackets: 0, txErrors: 1, txCarrierErrors: 1 });
  run("ip", ["link", "set", veth.b, "up"]);
  await a.host.until(() => a.host.carriers.at(-1) === true, "carrier");
  // Down and up again at this end: the socket reports an error, and goes on.
  run("ip", ["link", "set", veth.a, "down"]);
  await a.host.until(() => a.host.carriers.at(-1) === false, "loss of carrier");
  run("ip", ["link", "set", veth.a, "up"]);
  await a.host.until(() => a.host.carriers.at(-1) === true, "carrier");
  t.strictSame(a.host.carriers, [true, false, true, false, true]);
  const b = await end(t, { interface: veth.b });
  send(b, frame(a.controller.address, b.controller.address, MIN_FRAME));
  await a.host.until(() => a.host.frames.length === 1, "frame after the link came back");
  t.strictSame(a.host.breaches, []);
});

realTime(t, "an interface that is removed is a failure, and the controller can be closed", { skip }, async (t) => {
  const [a, , veth] = await cable(t);
  veth.remove();
  await a.host.until(() => a.host.errors.length > 0, "failure");
  t.match(a.host.errors, [{ code: "PACKET_NO_INTERFACE", message: /was removed/ }]);
  t.equal(a.host.carriers.at(-1), false);
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)));
  a.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  await a.host.close();
  t.equal(a.host.pool.inUse, 0);
  t.strictSame(a.host.breaches, []);
});

realTime(t, "an interface that is down is set up, and down again at the end", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const isUp = (): boolean => JSON.parse(run("ip", ["-j", "link", "show", veth.a]))[0].flags.includes("UP");
  run("ip", ["link", "set", veth.a, "down"]);
  const a = await end(t, { interface: veth.a });
  t.equal(isUp(), true);
  await a.controller.close();
  t.equal(isUp(), false);
  run("ip", ["link", "set", veth.a, "up"]);
  await a.host.open(a.controller);
  await a.controller.close();
  t.equal(isUp(), true, "one that was up stays up");
});

realTime(t, "receive offload is off while the interface is ours", { skip: skip || missingPrograms("ethtool") }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const offload = (): string => /^generic-receive-offload: (\w+)/m.exec(run("ethtool", ["-k", veth.a]))?.[1] ?? "";
  for (const before of ["on", "off"]) {
    run("ethtool", ["-K", veth.a, "gro", before]);
    const { controller } = await end(t, { interface: veth.a });
    t.equal(offload(), "off");
    await controller.close();
    t.equal(offload(), before, `it was ${before}`);
  }
});

realTime(t, "opening and closing leaves no descriptor and no mapping behind", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const host = new FakeHost(clock);
  const controller = new PacketController(clock, { interface: veth.a });
  const held = (): [number, number] => [
    readdirSync("/proc/self/fd").length,
    readFileSync("/proc/self/maps", "utf8").split("socket:").length - 1,
  ];
  await host.open(controller);
  await controller.close();
  const before = held();
  for (let round = 0; round < 50; round++) {
    await host.open(controller);
    await controller.close();
  }
  await new Promise(setImmediate);
  t.strictSame(held(), before);
  t.equal(before[1], 0);
  const absent = new PacketController(clock, { interface: "whnosuch0" });
  for (let round = 0; round < 10; round++) await t.rejects(host.open(absent));
  t.strictSame(held(), before, "nor does a failure");
  await controller.close();
  const opening = host.open(controller);
  await controller.close();
  await opening.catch(() => {});
  await controller.close();
  t.strictSame(held(), before, "nor does closing while opening");
});

realTime(t, "poll() after close() finds nothing", { skip }, async (t) => {
  const [a] = await cable(t);
  await a.controller.close();
  t.equal(a.controller.poll(64), 0);
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)), "a frame is taken");
  t.equal(a.host.pool.inUse, 0, "and dropped");
});

realTime(t, "the process ends when it should", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const script = new URL("./packet-child.ts", import.meta.url);
  const child = async (ending: string, uid?: number): Promise<{ code: number | null; signal: string | null; out: string }> => {
    const process_ = startNode(script, [veth.a, ending], {
      stdio: ["pipe", "pipe", "ignore"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const giveUp = setTimeout(() => process_.kill("SIGKILL"), 60_000);
    if (ending === "term") process_.stdout.once("data", () => process_.kill("SIGTERM"));
    const closed = once(process_, "close");
    const out = await text(process_.stdout);
    const [code, signal] = await closed;
    clearTimeout(giveUp);
    return { code, signal, out };
  };
  t.match(await child("close"), { code: 0, out: "open\n" }, "after close()");
  t.match(await child("exit"), { code: 0, out: "open\n" }, "by process.exit(), without close()");
  t.match(await child("throw"), { code: 1, out: "open\n" }, "by an exception");
  t.match(await child("term"), { signal: "SIGTERM", out: "open\n" }, "by a signal");
  const refused = await child("close", 65534);
  if (!refused.out.startsWith("PACKET_")) t.comment(`not tried without permission: ${refused.out}`);
  else
    t.match(refused, { code: 1, out: /^PACKET_NO_PERMISSION .* run as root, or with CAP_NET_RAW/ }, "refused without permission");
});
