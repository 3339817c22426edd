/** The host disappears and comes back: what the board's entries, its senders and the wire see of it, and when. */

import t, { type Test } from "tap";
import { BOARD, HOST, Host, type HostCapture } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { fileOf, Instance, WIRES, type Wire, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("python3", "tcpdump", "tshark");

const PORT = 8094;
/** retrans_time, ms. */
const RETRANS = 1000;
/** The machine may be busy, and tcpdump's clock is not the stack's. */
const TOLERANCE = 300;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

async function plugged(t: Test, wire: Wire, sysctl: string): Promise<{ host: Host; board: Instance }> {
  const host = new Host();
  t.teardown(() => host.remove());
  const rig = `devices: { eth0: { ${wire.rig(host.near)}, addresses: [${BOARD}/24] } }\nsysctl: { ${sysctl} }`;
  const board = await Instance.start([fileOf(rig)]);
  t.teardown(() => board.kill());
  return { host, board };
}

/** Notes every state that an entry goes through until it is in `last`. */
async function states(board: Instance, address: string, last: string): Promise<string[]> {
  const seen: string[] = [];
  await eventually(async () => {
    const state = await board.stateOf(address);
    if (state !== seen.at(-1)) seen.push(state);
    return state === last;
  }, `${address} ${last}, after ${seen}`);
  return seen;
}

/** The board's requests for an address: to whom, and how long after the one before. */
function requests(capture: HostCapture, board: Instance, filter = "arp"): { to: string; gap: number; time: number }[] {
  const rows = capture.fields(`eth.src == ${board.mac} and arp.opcode == 1 and ${filter}`, "eth.dst", "frame.time_epoch");
  return rows.map(([to = "", time], at) => ({
    to,
    time: Number(time),
    gap: at > 0 ? (Number(time) - Number(rows[at - 1]?.[1])) * 1000 : 0,
  }));
}

function evenly(t: Test, asked: { gap: number }[]): void {
  const gaps = asked.slice(1).map(({ gap }) => Math.round(gap));
  t.ok(
    gaps.every((gap) => Math.abs(gap - RETRANS) < TOLERANCE),
    `one second apart: ${gaps.join(", ")} ms`,
  );
}

async function drops(board: Instance): Promise<Record<string, number>> {
  return (await board.call("link.show", { dev: "eth0" }))[0]?.drops ?? {};
}

t.jobs = 4;

for (const wire of WIRES) {
  realTime(t, `the host stops answering: ${wire.name}`, { skip, buffered: true }, async (t) => {
    // Reachable for 0.5 s to 1.5 s; used less than 2 s ago when that is over, so it goes to DELAY, for 2 s, and not to STALE.
    const short = "net.ipv4.neigh.eth0.base_reachable_time_ms: 1000, net.ipv4.neigh.eth0.delay_first_probe_time: 2";
    const { host, board } = await plugged(t, wire, short);
    const sink = await host.sink(PORT);
    t.teardown(() => sink.close());
    const send = (...words: string[]) => whohas("-i", board.name, "udp", "send", ...words);

    t.strictSame(await send(`${HOST}:${PORT}`, "one"), { stdout: "queued\nsent\n", stderr: "", code: 0 }, "while it is there");

    // IFF_NOARP: the interface is up and the host's kernel drops what ARP it hears.
    const silent = await host.capture();
    t.teardown(() => silent.stop());
    host.netns.ip("link", "set", host.iface, "arp", "off");
    t.strictSame(await send(`${HOST}:${PORT}`, "two"), { stdout: "sent\n", stderr: "", code: 0 }, "nobody knows yet");
    const doubt = (await states(board, HOST, "FAILED")).filter((state) => state !== "REACHABLE");
    t.strictSame(doubt, ["DELAY", "PROBE", "FAILED"], "from REACHABLE on");
    await silent.stop();
    const asked = requests(silent, board);
    t.strictSame(
      asked.map(({ to }) => to),
      [host.mac, host.mac, host.mac],
      "three questions to the host alone",
    );
    evenly(t, asked);

    const failing = await host.capture();
    t.teardown(() => failing.stop());
    let failedAt = 0;
    const watch = async (): Promise<string[]> => {
      await states(board, HOST, "INCOMPLETE");
      const seen = await states(board, HOST, "FAILED");
      failedAt = Date.now();
      return seen;
    };
    const [sent, seen] = await Promise.all([send(`${HOST}:${PORT}`, "lost"), watch()]);
    t.strictSame(sent, { stdout: "queued\nfailed NEIGH_FAILED\n", stderr: "", code: 1 }, "the sender is told");
    t.strictSame(seen, ["INCOMPLETE", "FAILED"]);
    await failing.stop();
    const broadcast = requests(failing, board);
    // From the first question on the wire: when this process saw INCOMPLETE tells how busy it was.
    const waited = failedAt - (broadcast[0]?.time ?? 0) * 1000;
    t.ok(Math.abs(waited - 3 * RETRANS) < TOLERANCE, `after three unanswered questions: ${waited.toFixed(0)} ms`);
    t.strictSame(
      broadcast.map(({ to }) => to),
      [BROADCAST, BROADCAST, BROADCAST],
      "three questions to everybody",
    );
    evenly(t, broadcast);

    const before = await drops(board);
    const begun = performance.now();
    const { stdout, code } = await send("--count", "2000", "--interval", "0s", `${HOST}:${PORT}`, "into the void");
    // A send buffer's worth for each time that resolution fails while the sending lasts, however slow the machine is.
    const rounds = 1 + Math.floor((performance.now() - begun) / (3 * RETRANS));
    const said = (line: string): number => stdout.split("\n").filter((each) => each === line).length;
    const [queued, refused, failed] = [said("queued"), said("failed SOCKET_SNDBUF"), said("failed NEIGH_FAILED")];
    t.equal(code, 1);
    t.equal(queued + refused, 2000, `of 2000 datagrams ${queued} may wait, ${refused} find the send buffer full`);
    t.ok(queued > 10 && queued <= 256 * rounds, `what waits is bounded: ${queued} in ${rounds} rounds`);
    t.equal(failed, queued, "what waited has failed in the end, each by itself");
    t.strictSame(await drops(board), before, "the device had nothing to do with it");
    t.equal((await board.neighbours()).length, 1, "one entry, however many datagrams");

    host.netns.ip("link", "set", host.iface, "arp", "on");
    t.strictSame(await send(`${HOST}:${PORT}`, "back"), { stdout: "queued\nsent\n", stderr: "", code: 0 }, "all comes back");
    const again = await send("--count", "200", "--interval", "1ms", `${HOST}:${PORT}`, "more");
    t.equal(again.stdout, "sent\n".repeat(200), "and nothing was used up");
    await eventually(() => sink.datagrams.length >= 203, "203 datagrams at the host");
    t.strictSame([...new Set(sink.datagrams.map(({ text }) => text))], ["one", "two", "back", "more"], "none of the lost ones");
    const { summary } = await board.stop();
    t.strictSame(summary.drops, { NEIGH_FAILED: 1 + queued }, "every datagram that had waited is counted");
  });

  realTime(t, `the host's link goes down: ${wire.name}`, { skip, buffered: true }, async (t) => {
    const short = "net.ipv4.neigh.eth0.retrans_time_ms: 200";
    const { host, board } = await plugged(t, wire, short);
    const sink = await host.sink(PORT);
    t.teardown(() => sink.close());
    const send = (text: string) => whohas("-i", board.name, "udp", "send", `${HOST}:${PORT}`, text);
    const fixed = "10.9.0.50";
    await whohas("-i", board.name, "neigh", "add", fixed, "lladdr", "02:00:00:00:00:50", "dev", "eth0");
    t.equal((await send("before")).stdout, "queued\nsent\n");

    host.netns.ip("link", "set", host.iface, "down");
    await board.until((event) => event["change"] === "carrier-down", "news of the link");
    t.match((await whohas("-i", board.name, "link")).stdout, "eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> ");
    t.strictSame(
      (await board.neighbours()).map(({ dst, state }) => [dst, ...state]),
      [[fixed, "PERMANENT"]],
      "what was learned goes with the link, what an operator said stays",
    );
    t.strictSame(await send("during"), { stdout: "queued\nfailed NEIGH_FAILED\n", stderr: "", code: 1 });
    t.strictSame(await drops(board), { TX_CARRIER: 3 }, "its questions had no link to go out on");

    host.netns.ip("link", "set", host.iface, "up");
    await board.until((event) => event["change"] === "carrier-up", "news of the link");
    // A failed answer is no verdict for ever: the next datagram asks anew.
    t.strictSame(await send("after"), { stdout: "queued\nsent\n", stderr: "", code: 0 }, "all comes back");
    await eventually(() => sink.datagrams.length >= 2, "the datagrams");
    t.strictSame(
      sink.datagrams.map(({ text }) => text),
      ["before", "after"],
    );
    const { code, summary } = await board.stop();
    t.equal(code, 0);
    t.strictSame(summary.drops, { NEIGH_FAILED: 1, TX_CARRIER: 3 });
  });
}
