/**
 * Groups and broadcasts: the same datagrams to the kernel's sockets and to ours, in every kind of frame and from ourselves; the same
 * sockets hear them.
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import t from "tap";
import type { UdpSocket } from "../../../firmware-ts/transport/udp-socket.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { arp, BROADCAST, icmp, ipv4Frame, T1, type UdpFields, udp } from "../../support/wire-format.ts";
import { FRAGMENTS_WAIT, Kernel } from "./exchange.ts";

const ALL_HOSTS = "01:00:5e:00:00:01";
const GROUP_99 = "01:00:5e:00:00:63";

/** `any` listens to port 5000 of any address, `own` to port 5001 of 10.0.0.1. */
type Name = "any" | "own";

/** A step of the story: a frame that comes in, a datagram that a socket sends, or a membership; then who hears, or the errno. */
type Step =
  | readonly [what: string, frame: UdpFields, hears: string]
  | readonly [what: string, sends: readonly [Name, string, number], hears: string]
  | readonly [what: "join" | "leave", group: string, answer: string];

const PORTS = { any: 5000, own: 5001 };

function frames(destination: string, to: string | undefined, any: string, own: string): Step[] {
  const fields = { destination, ...(to === undefined ? {} : { to }) };
  return [
    [`${destination}:5000 in a frame to ${to ?? "us"}`, { ...fields, dport: 5000 }, any],
    [`${destination}:5001 in a frame to ${to ?? "us"}`, { ...fields, dport: 5001 }, own],
  ];
}

function sends(destination: string, any: string, own: string): Step[] {
  return [
    [`ourselves to ${destination}:5000`, ["own", destination, 5000], any],
    [`ourselves to ${destination}:5001`, ["own", destination, 5001], own],
  ];
}

const STORY: readonly Step[] = [
  ...frames("224.0.0.1", ALL_HOSTS, "any", ""),
  ...frames("224.0.0.1", BROADCAST, "any", ""),
  ...frames("224.0.0.1", undefined, "any", ""),
  ...frames("224.0.0.99", GROUP_99, "", ""),
  ...frames("224.0.0.99", ALL_HOSTS, "", ""),
  ...frames("239.1.2.3", ALL_HOSTS, "", ""),
  ...frames("10.0.0.1", ALL_HOSTS, "any", "own"),
  ...frames("10.0.0.1", BROADCAST, "any", "own"),
  ...frames("10.0.0.255", BROADCAST, "any", ""),
  ...frames("10.0.0.255", undefined, "any", ""),
  ...frames("255.255.255.255", BROADCAST, "any", ""),
  ...frames("10.0.0.9", ALL_HOSTS, "", ""),
  ...(
    [
      ["192.168.7.7", "any"],
      ["0.0.0.0", "any"],
      ["0.0.0.9", "any"],
      ["127.0.0.1", ""],
      ["10.0.0.1", ""],
      ["224.0.0.5", ""],
      ["255.255.255.255", ""],
      ["10.0.0.255", "any"],
    ] as const
  ).map(([source, hears]): Step => [`from ${source}`, { source, destination: "224.0.0.1", to: ALL_HOSTS, dport: 5000 }, hears]),
  ["from nobody to nobody", { source: "0.0.0.0", destination: "0.0.0.0", to: BROADCAST, dport: 5000 }, "any"],
  ["from nobody to nobody, in a frame to us", { source: "0.0.0.0", destination: "0.0.0.0", dport: 5000 }, "any"],
  ["to nobody", { destination: "0.0.0.0", to: BROADCAST, dport: 5000 }, ""],
  ["a fragment", { destination: "224.0.0.1", to: ALL_HOSTS, dport: 5000, fragment: 0x2000 }, ""],
  ["a wrong option", { destination: "224.0.0.1", to: ALL_HOSTS, dport: 5000, options: [7, 2, 0, 0] }, ""],
  ...sends("10.0.0.255", "any", ""),
  ...sends("255.255.255.255", "any", ""),
  ...sends("224.0.0.1", "any", ""),
  ...sends("224.0.0.99", "", ""),
  ["join", "10.0.0.2", "EINVAL"],
  ["leave", "224.0.0.99", "EADDRNOTAVAIL"],
  ["join", "224.0.0.99", "ok"],
  ["join", "224.0.0.99", "EADDRINUSE"],
  ...frames("224.0.0.99", GROUP_99, "any", ""),
  ...sends("224.0.0.99", "any", ""),
  ["join", "239.1.2.3", "ok"],
  ...frames("239.1.2.3", "01:00:5e:01:02:03", "any", ""),
  [
    "without a source, from beyond the link",
    { source: "0.0.0.0", destination: "239.1.2.3", to: "01:00:5e:01:02:03", dport: 5000 },
    "",
  ],
  ["leave", "224.0.0.99", "ok"],
  ["leave", "224.0.0.99", "EADDRNOTAVAIL"],
  ...frames("224.0.0.99", GROUP_99, "", ""),
  ["join", "224.0.0.1", "ok"],
  ["leave", "224.0.0.1", "ok"],
  ...frames("224.0.0.1", ALL_HOSTS, "any", ""),
];

/** Two sockets behind lines of commands; each command is answered with a line. */
const PROGRAM = `
import errno, select, socket, sys
sockets = {}
for name, address, port in (('any', '', 5000), ('own', '10.0.0.1', 5001)):
    sockets[name] = socket.socket(2, 2)
    sockets[name].setsockopt(1, 6, 1)
    sockets[name].bind((address, port))
print('ready', flush=True)
for line in sys.stdin:
    words = line.split()
    answer = 'ok'
    try:
        if words[0] == 'hears':
            heard = []
            while ready := select.select(list(sockets.values()), [], [], 0.02 if len(heard) == int(words[1]) else 10)[0]:
                for name, one in sockets.items():
                    if one in ready:
                        one.recv(99)
                        heard.append(name)
            answer = ' '.join(heard)
        elif words[0] == 'send':
            sockets[words[1]].sendto(b'me', (words[2], int(words[3])))
        else:
            option = 35 if words[0] == 'join' else 36
            sockets['any'].setsockopt(0, option, socket.inet_aton(words[1]) + socket.inet_aton('10.0.0.1'))
    except OSError as error:
        answer = errno.errorcode[error.errno]
    print(answer, flush=True)
`;

class Sockets {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(kernel: Kernel) {
    this.#child = kernel.veth.far.spawn("python3", ["-c", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  /** A line may come in parts: Python writes its end by itself when PYTHONUNBUFFERED is set. */
  async answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the program with the sockets has ended");
    return value;
  }

  ask(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    return this.answer();
  }

  end(): void {
    this.#child.kill();
  }
}

realTime(t, "the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await Kernel.open();
  t.teardown(() => kernel.close());
  const sockets = new Sockets(kernel);
  t.teardown(() => sockets.end());
  await sockets.answer();
  for (const [what, subject, expected] of STORY) {
    if (typeof subject === "string") {
      t.equal(await sockets.ask(`${what} ${subject}`), expected, `${what} ${subject}`);
    } else {
      if ("at" in subject) await sockets.ask(`send ${subject.join(" ")}`);
      else await kernel.answers(udp(subject, "x"));
      t.equal(await sockets.ask(`hears ${expected === "" ? 0 : 1}`), expected, what);
    }
  }
});

t.test("our stack", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const sockets = { any: lab.stack.udp.open(PORTS.any), own: lab.stack.udp.open(PORTS.own, "10.0.0.1") };
  const heard: string[] = [];
  for (const [name, socket] of Object.entries(sockets)) socket.onDatagram = () => heard.push(name);
  for (const [what, subject, expected] of STORY) {
    if (typeof subject === "string") {
      t.equal(member(sockets.any, what as "join" | "leave", subject, lab), expected, `${what} ${subject}`);
      continue;
    }
    if ("at" in subject) {
      const [name, host, port] = subject;
      sockets[name].send(Buffer.from("me"), sockets[name].to(host, port));
      lab.run(0);
    } else {
      lab.say(udp(subject, "x"));
    }
    t.equal(heard.splice(0).join(" "), expected, what);
  }
  lab.run(FRAGMENTS_WAIT);
  t.equal(lab.inUse, 0);
});

function member(socket: UdpSocket, what: "join" | "leave", group: string, lab: Lab): string {
  try {
    socket[what](group, lab.eth0);
    return "ok";
  } catch (error) {
    return (error as { errno: string }).errno;
  }
}

t.test("ARP to the group of all hosts is answered; nothing else that is to a group", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.say(arp({ to: ALL_HOSTS }));
  t.same(lab.heard(), ["0 reply 10.0.0.1 is-at us for 10.0.0.2 T1 > T1"]);
  const group = { destination: "224.0.0.1", to: ALL_HOSTS };
  lab.say(icmp(group));
  lab.say(icmp({ ...group, icmpType: 13 }, new Uint8Array(12)));
  lab.say(ipv4Frame(group, 253, new Uint8Array(8)));
  lab.say(ipv4Frame(group, 2, [0x11, 0, 0xee, 0xff, 0, 0, 0, 0]));
  lab.say(udp({ ...group, dport: 7 }, "x"));
  t.same([lab.heard(), lab.inUse], [[], 0]);
});

t.test("a device asks its controller for the frames of groups, each as long as somebody wants it", async (t) => {
  const lab = await Lab.open();
  const groups = (): string[] => lab.eth0.groups.map((group) => Buffer.from(group).toString("hex"));
  t.same(groups(), ["01005e000001"]);
  const [one, other] = [lab.stack.udp.open(), lab.stack.udp.open()];
  one.join("239.129.2.3", lab.eth0);
  other.join("239.129.2.3", lab.eth0);
  t.same(groups(), ["01005e000001", "01005e010203"]);
  one.close();
  t.same(groups().length, 2);
  other.leave("239.129.2.3");
  t.same(groups(), ["01005e000001"]);
  t.throws(() => other.join("239.1.1.1"), { code: "DEVICE_MISSING" }, "no route to it");
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  other.join("239.1.1.1");
  await lab.stack.removeDevice(lab.eth0);
  other.leave("239.1.1.1");
  t.same(groups(), []);
});

t.test("a copy that finds no room is counted, and the datagram goes out none the less", async (t) => {
  const lab = await Lab.open({ pool: { limit: 1, chunk: 1 } });
  t.equal(lab.poke("10.0.0.255"), "sent");
  t.same([lab.take().length, lab.stack.ip.drops.total, lab.inUse], [1, 1, 0]);
});
