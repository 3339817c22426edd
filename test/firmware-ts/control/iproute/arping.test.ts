/**
 * `arping` next to the machine's own (iputils 20221126): the same words against the same answering stations print the same, end the
 * same and put the same frames on the wire. Theirs takes real time, so that many of them run at once.
 */
import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, missingPrograms, Netns } from "../../../support/netns.ts";
import { Operator, type Printed } from "../../../support/operator.ts";
import { adopt, ended } from "../../../support/whohas.ts";
import { arp, arpReply, BROADCAST, T1, T2, US, ZERO } from "../../../support/wire-format.ts";

const skip = missingForNetns() || missingPrograms("arping", "python3");

/** Answers of a station to a request; the key is the third octet of its address, `us` and `it` stand for addresses. */
type Answer = readonly [to: string, op: 1 | 2, sha: string, tha: string, tip: "us" | "it" | "other"];
const STATIONS: Readonly<Record<string, readonly [octet: number, answers: readonly Answer[]]>> = {
  silent: [1, []],
  reply: [2, [[US, 2, T1, US, "us"]]],
  toAll: [3, [[BROADCAST, 2, T1, US, "us"]]],
  asks: [4, [[US, 1, T1, US, "us"]]],
  otherStation: [5, [[US, 2, T1, T2, "us"]]],
  otherAddress: [6, [[US, 2, T1, US, "other"]]],
  asksAll: [7, [[BROADCAST, 1, T1, US, "us"]]],
  twice: [
    8,
    [
      [US, 2, T1, US, "us"],
      [US, 2, T2, US, "us"],
    ],
  ],
  announces: [9, [[BROADCAST, 1, T1, ZERO, "it"]]],
  ours: [10, [[US, 2, US, US, "us"]]],
  asksNobody: [11, [[US, 1, T1, ZERO, "us"]]],
};

/** `@reply` is the address of a station that answers so. */
const COMMANDS = [
  "-c 1 -I eth0 @reply",
  "-c 3 @reply",
  "-c 2 -w 3 @reply",
  "-c 2 -w 1 @reply",
  "-w 2 @reply",
  "-w 2 -c 5 @reply",
  // A deadline with a count: the answers are counted, and the requests are not beyond the deadline.
  "-w 2 -c 1 @silent",
  "-w 1 -c 3 @silent",
  "-w 2 -c 1 @twice",
  "-w 3 -c 2 @twice",
  "-w 3 -c 3 @twice",
  "-w 3 -c 2 @toAll",
  "-w 3 -c 2 @asks",
  "-w 3 -c 2 @asksAll",
  "-w 3 -c 5 -f @reply",
  "-w 2 -c 5 -b @reply",
  "-w 2 -c 3 -D @silent",
  "-w 2 -c 3 -D @reply",
  "-w 1 -c 3 -U -s 10.0.0.1 @silent",
  "-w 3 -c 1 -U -s 10.0.0.1 @silent",
  "-w 3 -c 2 -A -s 10.0.0.1 @silent",
  "-w 1 -c 1 -i 2 @silent",
  "-w 3 -c 2 -i 2 @silent",
  "-w 3 -c 2 -i 2 @reply",
  "-w 2 -c 2 -i 0 @silent",
  "-w 2 -c 2 -i 0 @reply",
  "-w 2 -c 2 -i 0 @twice",
  "-w 2 -c 1 -D @asks",
  "-w 2 -c 1 -f @toAll",
  "-f @twice",
  "-f @asks",
  "-f @toAll",
  "-q -w 2 -c 2 @reply",
  "-q -w 1 -c 2 @silent",
  "-c 2 -I eth0 @silent",
  "-w 1 @silent",
  "-w 0 -c 1 @silent",
  "-c 1 -w 3 @silent",
  "-i 2 -w 3 @silent",
  "-i 0 -w 1 -c 2 @reply",
  "-b -c 2 @reply",
  "-f @reply",
  "-f -c 3 @reply",
  "-bfc1 -Ieth0 @reply",
  "-q -c 1 @reply",
  "-q -c 1 @silent",
  "-c 1 @toAll",
  "-c 1 @asks",
  "-c 1 @otherStation",
  "-c 1 @otherAddress",
  "-c 1 @asksAll",
  "-c 1 @twice",
  "-c 1 @announces",
  "-c 1 @ours",
  "-c 1 @asksNobody",
  "-D -c 2 @reply",
  "-D -c 2 @silent",
  "-D -w 1 @silent",
  "-D -c 1 @toAll",
  "-D -c 1 @asks",
  "-D -c 1 @otherStation",
  "-D -c 1 @otherAddress",
  "-D -c 1 @asksAll",
  "-D -c 1 @announces",
  "-D -c 1 @ours",
  "-D -c 1 @asksNobody",
  "-D -c 1 -s 10.0.0.1 @reply",
  "-D -c 1 -s 10.0.0.1 @otherAddress",
  "-D -A -c 1 @silent",
  "-s 10.0.0.1 -c 1 @reply",
  "-s 127.0.0.1 -c 1 -I eth0 @silent",
  "-U -c 2 -s 10.0.0.1 @reply",
  "-A -c 2 -s 10.0.0.1 @silent",
  "-U -A -c 1 -s 10.0.0.1 @silent",
  "-U -c 2 -I eth0 10.0.0.1",
  "-A -w 1 -I eth0 10.0.0.1",
  "-U -q -c 1 -I eth0 10.0.0.1",
  // Refused words.
  "-U -c 1 -I eth0 @reply",
  "-s 10.0.0.99 -c 1 @reply",
  "-D -s 10.0.0.99 -c 1 @reply",
  "-s bogus -c 1 @reply",
  "-c 1 bogus..x",
  "-c 1 10.0.0.256",
  "-c 1 -I nope @reply",
  "-c 1 -I lo @reply",
  "-q -c 1 -I lo @reply",
  "-q -c 1 -I nope @reply",
  "-c 1 10.0.0.1",
  "-c 1 8.8.8.8",
  "-c 1 -I eth0 10.0.255.255",
  "-c 1 -I eth0 255.255.255.255",
  "-c 0 @reply",
  "-c x @reply",
  "-c 2147483648 @reply",
  "-c 9223372036854775807 @reply",
  "-c 9223372036854775808 @reply",
  "-w -9223372036854775809 @reply",
  "-w -1 @reply",
  "-w 0.5 @reply",
  "-i x @reply",
  "-x @reply",
  "-c",
  "",
  "@reply 10.0.0.9",
  "-c 1 -I eth0 -w 1 0x0a00c801",
  "-c 1 -I eth0 -w 1 10.51202",
];

/** Python that answers as STATIONS says, and prints every ARP frame of ours. */
const ROBOT = `
import json, socket, struct, sys
stations = {int(octet): answers for octet, answers in json.loads(sys.argv[1])}
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0806)
s.bind(("far0", 0x0806))
mac = lambda text: bytes(int(octet, 16) for octet in text.split(":"))
print("ready", flush=True)
while True:
    f = s.recv(2000)
    if f[6:12] != mac("${US}"):
        continue
    print(f[0:6].hex(":"), f[21], f[22:28].hex(":"), ".".join(map(str, f[28:32])), f[32:38].hex(":"), ".".join(map(str, f[38:42])), flush=True)
    it, us = f[38:42], f[28:32]
    if f[21] == 1:
        for to, op, sha, tha, tip in stations.get(it[2], []):
            target = {"it": it, "us": us, "other": bytes([10, 0, 0, 55])}[tip]
            s.send(mac(to) + mac("${T1}") + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, op) + mac(sha) + it + mac(tha) + target)
`;

import { realTime } from "../../../support/real-time.ts";

/** Stations have each command to themselves: its number is the last octet. */
function wordsOf(command: string, index: number): string[] {
  const words = command.replace(/@(\w+)/g, (_, name: string) => `10.0.${STATIONS[name]?.[0]}.${index}`);
  return words === "" ? [] : words.split(" ");
}

function alike({ stdout, stderr, code }: Printed): Printed {
  // The usage text is arping's own.
  return { stdout: stdout.replace(/\d+\.\d{3}ms/g, "T"), stderr: stderr.replace(/\n?Usage:[\s\S]*/, "usage"), code };
}

/** Our frames that the station heard, as ROBOT prints them. */
function framesOf(lab: Lab): string[] {
  const hex = (bytes: Uint8Array): string => Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join(":");
  return lab.take().map(({ bytes }) => {
    const part = (from: number, length: number): Uint8Array => bytes.subarray(from, from + length);
    return `${hex(part(0, 6))} ${bytes[21]} ${hex(part(22, 6))} ${part(28, 4).join(".")} ${hex(part(32, 6))} ${part(38, 4).join(".")}`;
  });
}

async function ours(words: string[]): Promise<{ printed: Printed; frames: string[] }> {
  const lab = await Lab.open({ addresses: ["10.0.0.1/16"], loopback: true });
  const frames: string[] = [];
  const record = lab.tester.wireFrame.bind(lab.tester);
  lab.tester.wireFrame = (bytes, length) => {
    record(bytes, length);
    const [it, us] = [bytes.slice(38, 42).join("."), bytes.slice(28, 32).join(".")];
    if (bytes[21] !== 1) return;
    const [, answers = []] = Object.values(STATIONS).find(([octet]) => octet === bytes[40]) ?? [];
    for (const [to, op, sha, tha, tip] of answers) {
      const frame = arp({ to, from: T1, op, sha, sip: it, tha, tip: { it, us, other: "10.0.0.55" }[tip] });
      lab.port.transmit(frame, 0, frame.length);
    }
  };
  let over = false;
  const done = new Operator(lab.stack).run("arping", words).finally(() => {
    over = true;
  });
  for (let ms = 0; ms < 30_000 && !over; ms += 100) {
    lab.run(100);
    // The command's output comes by promises.
    await new Promise((resolve) => setImmediate(resolve));
  }
  frames.push(...framesOf(lab));
  const printed = await done;
  await lab.stack.close();
  if (lab.inUse !== 0) throw new Error(`${lab.inUse} buffers left`);
  return { printed, frames };
}

interface Told {
  printed: Printed;
  frames: string[];
}

realTime(t, "the words of arping", { skip }, async (t) => {
  const [near, far] = [new Netns(), new Netns()];
  t.teardown(() => {
    near.remove();
    far.remove();
  });
  near.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0", "netns", far.name);
  near.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1");
  near.ip("link", "set", "eth0", "address", US);
  near.ip("link", "set", "eth0", "up");
  far.ip("link", "set", "far0", "up");
  near.ip("address", "add", "10.0.0.1/16", "dev", "eth0");
  const robot = adopt(far.spawn("python3", ["-c", ROBOT, JSON.stringify(Object.values(STATIONS))]));
  t.teardown(() => robot.kill("SIGKILL"));
  let heard = "";
  robot.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
  });
  await once(robot.stdout as NodeJS.ReadableStream, "data");
  const commands = COMMANDS.map(wordsOf);
  /** Its output, and the frames to the station. Nobody else asks for that station. */
  const theirs = async (words: string[], index: number): Promise<Told> => {
    const from = heard.length;
    const printed = alike(await ended(near.spawn("arping", words)));
    const target = ` ${words.find((word) => word.endsWith(`.${index}`)) ?? "-"}`;
    const frames = heard.slice(from).split("\n");
    return { printed, frames: frames.filter((line) => line.endsWith(target)) };
  };
  const told: Told[] = [];
  const left = [...commands.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) told[next[0]] = await theirs(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  for (const [index, words] of commands.entries()) {
    const { printed, frames } = await ours(words);
    const own = words.some((word) => word.endsWith(`.${index}`)) ? frames : [];
    const mine = { printed: alike(printed), frames: own };
    // On a busy machine a station may have answered too late: once more, with nothing beside it.
    const wanted = isDeepStrictEqual(told[index], mine) ? told[index] : await theirs(words, index);
    t.strictSame(mine, wanted, `arping ${words.join(" ")}`);
  }
});

t.test("a station that begins to answer late: the time since the last question, then he alone is asked", async (t) => {
  const lab = await Lab.open();
  const done = new Operator(lab.stack).run("arping", ["-c", "3", "-I", "eth0", "10.0.0.2"]);
  lab.run(500);
  lab.say(arpReply());
  lab.run(5000);
  const { stdout, code } = await done;
  t.same(stdout.split("\n"), [
    "ARPING 10.0.0.2 from 10.0.0.1 eth0",
    `Unicast reply from 10.0.0.2 [${T1.toUpperCase()}]  500.000ms`,
    "Sent 3 probes (1 broadcast(s))",
    "Received 1 response(s)",
    "",
  ]);
  t.equal(code, 1, "of three questions one was answered");
  t.equal(lab.heard().length, 3);
});

t.test("interrupted it says what it came to", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  const lines: string[] = [];
  let stop: () => void = () => {};
  const { TOOLS } = await import("../../../../firmware-ts/control/iproute/tools.ts");
  const done = TOOLS.get("arping")?.run(["10.0.0.77"], {
    caller: operator.caller,
    print: (line) => void lines.push(line),
    wallTime: () => 0,
    onInterrupt: (callback) => {
      stop = callback;
    },
  });
  lab.run(2500);
  stop();
  t.same(await done, { stderr: "", exit: 1 });
  t.same(lines, ["ARPING 10.0.0.77 from 10.0.0.1 eth0", "Sent 3 probes (3 broadcast(s))", "Received 0 response(s)"]);
  lab.heard();
  lab.run(5000);
  t.same(lab.heard(), [], "and asks no more");
});

t.test("devices that are down, without ARP, without an address", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const operator = new Operator(lab.stack);
  t.equal(
    await operator.type("arping -I eth0 10.0.0.2"),
    "ARPING 10.0.0.2 from 0.0.0.0 eth0\narping: no source address in not-DAD mode\n[2]",
  );
  lab.eth0.setArp(false);
  t.equal(await operator.type("arping -I eth0 10.0.0.2"), 'Interface "eth0" is not ARPable\n[2]');
  await lab.eth0.close();
  t.equal(await operator.type("arping -I eth0 10.0.0.2"), 'Interface "eth0" is down\n[2]');
});
