/** Packets to ourselves take turns with everything else, are bounded, and are counted as the kernel counts them. */
import t from "tap";
import { readProc } from "../../../firmware-ts/control/proc.ts";
import { writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import { Backlog, type BacklogTarget } from "../../../firmware-ts/net/backlog.ts";
import { NapiScheduler } from "../../../firmware-ts/net/napi.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { DropCounters, type SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";
import { Lab } from "../../support/lab.ts";

function bench() {
  const clock = new VirtualClock();
  const scheduler = new NapiScheduler(clock);
  const backlog = new Backlog(scheduler);
  const pool = new SkBuffPool({ limit: 4000 });
  const log: string[] = [];
  const target = (name: string): BacklogTarget => ({
    backlogged: (skb) => {
      log.push(`${name}${skb.cookie}`);
      skb.consume();
    },
  });
  const offer = (to: BacklogTarget, cookie: number): boolean => {
    const skb = pool.allocate() as SkBuff;
    skb.cookie = cookie;
    const taken = backlog.enqueue(skb, to);
    if (!taken) skb.drop(DropReason.CPU_BACKLOG);
    return taken;
  };
  return { clock, scheduler, backlog, pool, log, target, offer };
}

t.test("in order, each to its target, a weight's worth at a time with the event loop in between", async (t) => {
  const { clock, backlog, pool, log, target, offer } = bench();
  const [a, b] = [target("a"), target("b")];
  const other = clock.task(() => {
    log.push("other");
    if (backlog.inputLength + backlog.processLength > 0) other.schedule();
  });
  for (let n = 0; n < 150; n++) t.equal(offer(n % 3 === 0 ? a : b, n), true);
  other.schedule();
  clock.advanceSync(0);
  const order = log.filter((line) => line !== "other");
  t.same(
    order,
    Array.from({ length: 150 }, (_, n) => `${n % 3 === 0 ? "a" : "b"}${n}`),
  );
  t.same(
    log.flatMap((line, at) => (line === "other" ? [at] : [])),
    [64, 129, 152],
  );
  t.equal(pool.inUse, 0);
});

t.test("dev_weight times dev_weight_rx_bias is the weight from the next poll on", async (t) => {
  const { clock, scheduler, log, target, offer } = bench();
  const a = target("a");
  scheduler.softnet.devWeight = 5;
  scheduler.softnet.devWeightRxBias = 2;
  const other = clock.task(() => log.push("other"));
  for (let n = 0; n < 100; n++) offer(a, n);
  clock.advanceSync(0);
  log.length = 0;
  for (let n = 0; n < 20; n++) offer(a, n);
  other.schedule();
  clock.advanceSync(0);
  t.equal(log.indexOf("other"), 10);
});

t.test("more than netdev_max_backlog waiting: refused and counted; what a poll has taken up does not count", async (t) => {
  const { clock, scheduler, backlog, pool, log, target, offer } = bench();
  const a = target("a");
  let taken = 0;
  for (let n = 0; n < 1500; n++) if (offer(a, n)) taken++;
  t.same([taken, scheduler.softnet.dropped, backlog.inputLength], [1001, 499, 1001], "as on Linux: one more than the limit");
  const late: boolean[] = [];
  const once: BacklogTarget = {
    backlogged: (skb) => {
      skb.consume();
      for (let n = 0; n < 1001; n++) late.push(offer(a, n));
    },
  };
  clock.advanceSync(0);
  t.equal(log.length, 1001);
  offer(once, 0);
  clock.advanceSync(0);
  t.ok(late.every(Boolean));
  t.same([log.length, pool.inUse], [2002, 0]);
});

t.test("what waits for a target that goes away is purged, the rest stays in order", async (t) => {
  const { clock, backlog, pool, log, target, offer } = bench();
  const [a, b] = [target("a"), target("b")];
  for (let n = 0; n < 200; n++) offer(n % 2 ? a : b, n);
  const drops = new DropCounters();
  backlog.purge(a, drops);
  t.equal(drops.get(DropReason.QUEUE_PURGE), 100);
  clock.advanceSync(0);
  t.same(
    log,
    Array.from({ length: 100 }, (_, n) => `b${2 * n}`),
  );
  t.equal(pool.inUse, 0);
});

t.test("lo: what does not fit is lost on lo, neither sent nor received; softnet_stat has it", async (t) => {
  const lab = await Lab.open({ loopback: true });
  const { stack } = lab;
  const lo = stack.lo as NonNullable<typeof stack.lo>;
  let got = 0;
  stack.udp.open(5000).onDatagram = () => got++;
  const socket = stack.udp.open();
  socket.sendBuffer = 1e9;
  const column = (): string[] => readProc(stack, "/proc/net/softnet_stat").trim().split(" ");
  const ourselves = socket.to("127.0.0.1", 5000);
  for (let n = 0; n < 1500; n++) socket.send(new Uint8Array(10), ourselves);
  t.same([lo.drops.get(DropReason.CPU_BACKLOG), lo.statistics.txPackets, lo.statistics.rxPackets], [499, 1001, 1001]);
  t.same([column()[1], column()[11], column()[13]], ["000001f3", "000003e9", "000003e9"]);
  lab.run(0);
  t.equal(got, 1001);
  const line = readProc(stack, "/proc/net/softnet_stat");
  t.equal(
    line,
    "000003e9 000001f3 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n",
  );
  t.equal(lab.inUse, 0);
});

t.test("lo taken down with packets under way: they are purged", async (t) => {
  const lab = await Lab.open({ loopback: true });
  const { stack } = lab;
  const lo = stack.lo as NonNullable<typeof stack.lo>;
  stack.udp.open(5000);
  const sockets = Array.from({ length: 10 }, () => stack.udp.open());
  for (const socket of sockets) socket.send(new Uint8Array(10), socket.to("127.0.0.1", 5000));
  t.equal(lab.inUse, 10);
  await lo.close();
  t.same([lab.inUse, lo.drops.get(DropReason.QUEUE_PURGE)], [0, 10]);
});

t.test("net.core: what can be set, within its limits, and what it does", async (t) => {
  const lab = await Lab.open();
  const { stack } = lab;
  const { softnet } = stack.network.napi;
  for (const [key, value, field] of [
    ["netdev_budget", "100", "netdevBudget"],
    ["netdev_budget_usecs", "2000", "netdevBudgetUsecs"],
    ["dev_weight", "16", "devWeight"],
    ["dev_weight_rx_bias", "2", "devWeightRxBias"],
    ["netdev_max_backlog", "9", "netdevMaxBacklog"],
    ["gro_normal_batch", "4", "groNormalBatch"],
    ["busy_read", "50", "busyRead"],
  ] as const) {
    writeSysctl(stack, `net.core.${key}`, value);
    t.same([softnet[field], readProc(stack, `/proc/sys/net/core/${key}`)], [Number(value), `${value}\n`], key);
    t.throws(() => writeSysctl(stack, `net.core.${key}`, "-1"), { code: "SYSCTL_INVALID" });
    t.equal(softnet[field], Number(value), "what is refused changes nothing");
  }
  for (const key of ["netdev_budget", "dev_weight", "dev_weight_rx_bias", "gro_normal_batch"])
    t.throws(() => writeSysctl(stack, `net.core.${key}`, "0"), { code: "SYSCTL_INVALID" }, "nothing would ever be received");
  for (const key of ["", ".nope", ".constructor", ".netdev_budget.x"])
    t.throws(() => writeSysctl(stack, `net.core${key}`, "1"), { code: "SYSCTL_UNKNOWN" });
  const socket = stack.udp.open();
  const said = Array.from({ length: 12 }, () => socket.send(new Uint8Array(1), socket.to("10.0.0.1", 9)).status);
  t.equal(said.filter((status) => status === "failed").length, 2, "10 of 12 fit a backlog of 9");
});
