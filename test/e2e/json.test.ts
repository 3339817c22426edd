/** `-j` in front of each command: JSON as the command says, or one line that refuses it. */
import t from "tap";
import { eventually } from "../support/waiting.ts";
import { Instance, whohas } from "../support/whohas.ts";

t.test("every command that asks an instance answers -j with JSON, or refuses it with one line", async (t) => {
  const board = await Instance.start(["--no-app", "--device", "enc28j60:sim", "--address", "10.9.0.2/24", "--gateway", "10.9.0.1"]);
  t.teardown(() => board.kill());
  const json = (...words: string[]): ReturnType<typeof whohas> => whohas("-i", board.name, "-j", ...words);
  const lines = async (...words: string[]): Promise<unknown[]> => {
    const { stdout, stderr } = await json(...words);
    t.equal(stderr, "", words.join(" "));
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  };
  const key = "net.ipv4.neigh.eth0.locktime";
  t.same(await lines("sysctl", key), [{ [key]: "100" }]);
  t.match(await lines("sysctl", "-a"), [{ [key]: "100", "net.ipv4.ip_forward": "0" }]);
  t.match(await lines("nstat", "-a", "-z"), [{ kernel: { IpInReceives: Number } }]);
  t.match((await json("-p", "nstat", "-a", "-z")).stdout, /^\{\n {4}"kernel": \{\n {8}"IpInReceives": \d+,\n/);
  t.match(await lines("ethtool", "-i", "eth0"), [[{ driver: "enc28j60" }]]);
  t.match(await lines("arping", "-c", "1", "10.9.0.1"), [
    { event: "start", destination: "10.9.0.1", from: "10.9.0.2", dev: "eth0" },
    { event: "reply", kind: "Unicast reply", from: "10.9.0.1", lladdr: String, time: Number },
    { event: "summary", sent: 1, received: 1 },
  ]);
  t.match(await lines("ping", "-c", "2", "-i", "0.01", "10.9.0.1"), [
    { event: "start", destination: "10.9.0.1", size: 56 },
    { event: "reply", seq: 1, from: "10.9.0.1", ttl: 64, time: Number },
    { event: "reply", seq: 2 },
    {
      event: "summary",
      transmitted: 2,
      received: 2,
      errors: 0,
      loss: 0,
      rtt: { min: Number, avg: Number, max: Number, mdev: Number },
    },
  ]);
  t.match(await lines("ping", "-c", "1", "-W", "5", "10.9.0.77"), [
    { event: "start" },
    { event: "error", seq: 1, reason: "NEIGH_FAILED" },
    { event: "summary", received: 0, errors: 1, loss: 100 },
  ]);
  const heard = json("udp", "listen", "4000", "--count", "1");
  let ended = false;
  void heard.finally(() => {
    ended = true;
  });
  await eventually(async () => {
    t.match(await lines("udp", "send", "10.9.0.2:4000", "hi\u001b"), [{ event: "datagram", status: "sent" }]);
    return ended;
  }, "a datagram for the listener");
  t.match(JSON.parse((await heard).stdout), { event: "datagram", from: "10.9.0.2", length: 3 });
  t.match(await json("cat", "/proc/net/arp"), { stdout: "", stderr: "cat: files have no JSON; leave -j out\n", code: 1 });
  for (const [command = "", ...words] of [["tap"], ["bridge-sim"], ["stop", "nobody"]]) {
    const stderr = `whohas: ${command} has no JSON; leave -j out\n`;
    t.strictSame(await whohas("-j", command, ...words), { stdout: "", stderr, code: 2 }, command);
  }
});
