/** The event loop under a flood on every device. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import t from "tap";
import { ControlServer } from "../../../firmware-ts/board/control-socket.ts";
import { stackMethods } from "../../../firmware-ts/control/methods/index.ts";
import { NAPI_WEIGHT } from "../../../firmware-ts/net/napi.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { type ControllerHost, type EthernetController, LinkStatistics } from "../../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../../hal/kit/capabilities.ts";
import { SeededRandom } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { Folder } from "../../support/control.ts";
import { startNode } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { udp } from "../../support/wire-format.ts";

const DEVICES = 6;
/** How long the flood lasts, in ms. */
const FLOOD = 1500;
/** The application's time for a datagram, in ms: for five devices' weights it is twice the time limit of a run. */
const WORK = 0.05;
const TICK = 20;

/** There is always another frame in it. */
class Flooded implements EthernetController {
  readonly driver = "flooded";
  readonly description = "a controller under attack";
  readonly simulated = true;
  readonly address: Uint8Array = Uint8Array.of(2, 0, 0x5e, 0x10, 0, 1);
  readonly capabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #frame: Uint8Array;
  frames = 0;
  most = 0;
  dry = false;
  #host: ControllerHost | null = null;

  constructor(frame: Uint8Array) {
    this.#frame = frame;
    this.address.set(frame.subarray(0, 6));
  }

  async open(host: ControllerHost): Promise<void> {
    this.#host = host;
    host.carrier(true);
    host.schedule();
  }

  async close(): Promise<void> {
    this.#host = null;
  }

  transmit(skb: SkBuff): boolean {
    this.statistics.txPackets++;
    skb.consume();
    return true;
  }

  poll(budget: number): number {
    let work = 0;
    for (; work < budget && this.#host && !this.dry; work++) {
      const skb = this.#host.pool.allocate();
      if (!skb) break;
      skb.bytes.set(this.#frame, skb.put(this.#frame.length));
      this.frames++;
      this.#host.receive(skb);
    }
    this.most = Math.max(this.most, work);
    if (work < budget) this.#host?.complete(work);
    return work;
  }

  setReceiveMode(): void {}
}

function spend(clock: SystemClock, ms: number): void {
  for (const end = clock.now() + ms; clock.now() < end; );
}

/** The value that a share of `part` of all values does not exceed. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

realTime(t, "timers, control socket, senders and every device have their turn while all devices are flooded", {}, async (t) => {
  const clock = new SystemClock();
  const stack = new Stack({ clock, random: new SeededRandom(1), loopback: true });
  const nics = Array.from({ length: DEVICES }, () => new Flooded(udp({}, new Uint8Array(32))));
  for (const [index, nic] of nics.entries()) {
    const device = stack.addDevice(`eth${index}`, nic);
    stack.addAddress(device, index === 0 ? "10.0.0.1/24" : `10.${index}.0.1/24`);
  }
  let received = 0;
  stack.udp.open(5000).onDatagram = () => {
    received++;
    spend(clock, WORK);
  };

  const folder = new Folder();
  const server = new ControlServer(stackMethods(stack));
  await server.listen(folder.file("s"));
  t.teardown(async () => {
    await server.close();
    await stack.close();
    clock.stop();
    folder.remove();
  });

  const lateness: number[] = [];
  let due = clock.now() + TICK;
  const timer = clock.timer(() => {
    lateness.push(clock.now() - due);
    due = clock.now() + TICK;
    timer.arm(TICK);
  });
  timer.arm(TICK);
  // Telemetry of a sort, and a datagram to ourselves that goes through the backlog behind the flood.
  let echoed = 0;
  stack.udp.open(9).onDatagram = () => echoed++;
  const sender = stack.udp.open();
  let sent = 0;
  const telemetry = clock.timer(() => {
    if (sender.send(new Uint8Array(10), sender.to("127.0.0.1", 9)).status === "sent") sent++;
    telemetry.arm(100);
  });
  telemetry.arm(100);

  for (const device of stack.devices) await device.open();
  // A client of its own process: it asks, waits for the answer, asks again.
  const script = new URL("./event-loop-client.ts", import.meta.url);
  const child = startNode(script, [folder.file("s"), String(FLOOD)]);
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const [out] = await Promise.all([text(child.stdout), once(child, "close")]);
  clearTimeout(giveUp);
  for (const nic of nics) nic.dry = true;
  timer.cancel();
  telemetry.cancel();
  const trips = JSON.parse(out) as number[];
  const { softnet } = stack.network.napi;
  const counts = nics.map(({ frames }) => frames);
  t.comment(
    `${received} datagrams; timers late by ${quantile(lateness, 0.5).toFixed(1)} ms, at most ${quantile(lateness, 1).toFixed(1)}; ` +
      `control ${quantile(trips, 0.5).toFixed(1)} ms, at most ${quantile(trips, 1).toFixed(1)}, ${trips.length} times; ` +
      `${softnet.timeSqueeze} squeezes; frames a device ${counts.join(" ")}`,
  );

  t.ok(received > DEVICES * NAPI_WEIGHT * 10, "the flood was one");
  t.ok(quantile(lateness, 0.5) < 40, "timers are a run late, and not more");
  t.ok(quantile(lateness, 1) < 500);
  t.ok(trips.length >= 10, "the control socket was asked again and again");
  t.ok(quantile(trips, 0.5) < 100, "and answered each time after a run or two");
  t.ok(quantile(trips, 1) < 1000);
  t.ok(sent >= 8, "telemetry went on");
  t.ok(echoed >= sent - 2, "and what we send to ourselves arrived");
  t.ok(softnet.timeSqueeze > 0, "runs ended because their time was up");
  t.ok(Math.max(...nics.map(({ most }) => most)) <= NAPI_WEIGHT, "no poll took more than its budget");
  t.ok(Math.max(...counts) - Math.min(...counts) <= 0.1 * Math.max(...counts), "the devices had the same share");
});
