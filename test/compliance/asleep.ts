/** Cases in which the controller is powered down for a while. */
import type { Test } from "tap";
import { DropReason } from "../../hal/drop-reason.ts";
import { MAC_BYTES, MAX_FRAME, MIN_FRAME } from "../../hal/ethernet.ts";
import { firstDifference, frameOf, padded } from "../support/enc28j60-bench.ts";
import type { ControllerBench, ControllerKind } from "./bench.ts";

const BROADCAST = new Uint8Array(MAC_BYTES).fill(0xff);
const ROUNDS = 8;

/** Lets time pass until a transition is over. @throws what it throws */
async function during(bench: ControllerBench, transition: Promise<void> | undefined): Promise<void> {
  let over = false;
  const settled = (transition ?? Promise.resolve()).finally(() => {
    over = true;
  });
  settled.catch(() => undefined);
  await bench.until(() => over);
  await settled;
}

export async function asleep(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const { controller, host } = bench;
  for (let round = 0; round < ROUNDS; round++) {
    const [received, arrived] = [host.frames.length, bench.arrived.length];
    const under = Array.from({ length: kind.holds }, (_, n) => frameOf(MAX_FRAME, n, BROADCAST, controller.address));
    const cookies = under.map((frame) => host.send(frame));
    // Those that the host keeps for it are not its own yet.
    await bench.until(() => host.queued === 0);
    await during(bench, controller.suspend?.());
    await during(bench, controller.suspend?.());
    t.ok(await bench.until(() => bench.arrived.length >= arrived + under.length), "what it had has left");
    t.equal(firstDifference(bench.arrived.slice(arrived), under.map(padded)), -1);
    const refused = host.send(frameOf(MIN_FRAME, 7, BROADCAST, controller.address));
    t.equal(host.settlements[refused], DropReason.DEV_READY, "a frame is taken and dropped");
    controller.setReceiveMode({ promiscuous: false, allMulticast: round % 2 === 0, groups: [] });
    // A wire may keep what its controller does not take.
    if (kind.overflow !== "outside") bench.inject(frameOf(MIN_FRAME, 8, controller.address));
    await bench.settle();
    t.equal(host.frames.length, received, "it hears nothing");
    t.equal(bench.armed(), 0, "and waits for nothing");
    await during(bench, controller.resume?.());
    await during(bench, controller.resume?.());
    await bench.settle();
    t.same(host.carriers, [true], "the link was never said to be gone");
    t.equal(host.frames.length, received, "what it slept through is lost");
    const before = host.frames.length;
    const group = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x77);
    bench.inject(frameOf(MIN_FRAME, 9, group));
    bench.inject(frameOf(MAX_FRAME, 10, controller.address));
    const wanted = round % 2 === 0 ? 2 : 1;
    t.ok(await bench.until(() => host.frames.length >= before + wanted), "it hears what it is to hear");
    await bench.settle();
    t.equal(host.frames.length, before + wanted, "by the receive mode that it was given asleep");
    const sent = host.send(frameOf(99, 11, BROADCAST, controller.address));
    t.ok(
      await bench.until(() => host.settlements[sent] === DropReason.NONE && bench.arrived.length === arrived + under.length + 1),
    );
    t.ok(
      cookies.every((cookie) => host.settlements[cookie] === DropReason.NONE),
      "every sender was told",
    );
  }
  t.equal(controller.health?.repairs ?? 0, 0, "nothing was repaired");
}

export async function closedAsleep(t: Test, bench: ControllerBench): Promise<void> {
  const { controller, host } = bench;
  for (let round = 0; round < ROUNDS; round++) {
    host.send(frameOf(MAX_FRAME, round, BROADCAST, controller.address));
    const falling = during(bench, controller.suspend?.());
    falling.catch(() => undefined);
    if (round % 2 === 1) await falling;
    const waking = round % 4 === 3 ? during(bench, controller.resume?.()) : null;
    waking?.catch(() => undefined);
    await bench.close();
    await bench.settle();
    await falling.catch(() => undefined);
    await waking?.catch(() => undefined);
    t.equal(host.pool.inUse, 0, "every buffer came back");
    t.equal(host.settlements.filter((fate) => fate === undefined).length, 0, "every sender was told");
    const early = await controller.resume?.().then(
      () => "woke",
      (error: { code?: string }) => error.code ?? "",
    );
    t.match(early, /_NOT_OPEN$/, "closed it does not wake");
    await bench.open();
    t.ok(await bench.until(() => host.carriers.at(-1) === true), "opened it is awake");
  }
  const before = host.frames.length;
  await bench.settle();
  bench.inject(frameOf(MIN_FRAME, 1, controller.address));
  t.ok(await bench.until(() => host.frames.length > before));
}
