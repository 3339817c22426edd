/** Sockets of this machine's kernel that join groups and filter their sources, behind a veth; what it tells routers is heard at this end. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { PacketController } from "../../drivers/packet/packet.ts";
import { SystemClock } from "../../hal/clock.ts";
import { FakeHost } from "./controller-host.ts";
import { VethPair } from "./netns.ts";
import { T1, US } from "./wire-format.ts";
import { groupLine } from "./wire-groups.ts";

/** Sockets `a` and `b` of each family, on port 5000, behind lines of commands; each command is answered with a line. */
const PROGRAM = `
import errno, select, socket, struct, sys
device = socket.if_nametoindex(sys.argv[1])
OPTIONS = dict(join=42, block=43, unblock=44, leave=45, joinSource=46, leaveSource=47)
sockets = {}
for family in 4, 6:
    for name in 'ab':
        one = socket.socket(2 if family == 4 else 10, 2)
        one.setsockopt(1, 2, 1)
        if family == 6: one.setsockopt(41, 26, 1)
        one.bind(('', 5000))
        sockets[name, family] = one
def storage(host):
    six = ':' in host
    bytes = struct.pack('=HHI16s', 10, 0, 0, socket.inet_pton(10, host)) if six else struct.pack('=HH4s', 2, 0, socket.inet_aton(host))
    return bytes.ljust(128, b'\\0')
print('ready', flush=True)
for line in sys.stdin:
    name, word, group, *hosts = line.split()
    family = 6 if ':' in group else 4
    answer = 'ok'
    try:
        if word == 'hears':
            waiting = [sockets[name, family] for name in 'ab']
            heard = []
            while ready := select.select(waiting, [], [], 0.02 if len(heard) == int(hosts[0]) else 10)[0]:
                for one in ready: heard.append((one.recv(99), one)[1])
            answer = ' '.join(name for name in 'ab' if sockets[name, family] in heard) or '-'
        elif word == 'set':
            for each in hosts:
                option, value = each.split('=')
                sockets[name, family].setsockopt(41 if family == 6 else 0, int(option), int(value))
        elif word == 'send':
            sockets[name, family].sendto(bytes(int(hosts[0])), (group, 9))
        elif word == 'mtu':
            asker = socket.socket(10 if family == 6 else 2, 2)
            asker.connect((group, 9))
            answer = str(asker.getsockopt(*((41, 24) if family == 6 else (0, 14))))
        elif word == 'errors':
            told = []
            while True:
                try: _, extra, _, _ = sockets[name, family].recvmsg(0, 512, 0x2000)
                except BlockingIOError: break
                for level, kind, value in extra:
                    if (level, kind) in ((0, 11), (41, 25)):
                        number, origin, info = *struct.unpack_from('=IB', value), struct.unpack_from('=I', value, 8)[0]
                        told.append(f'{"local" if origin == 1 else "icmp"} {errno.errorcode[number]} {info}')
            answer = ', '.join(told) or '-'
        else:
            head = struct.pack('=II', device, 0) + storage(group)
            if word in ('include', 'exclude'):
                option = 48
                value = head + struct.pack('=II', word == 'include', len(hosts)) + b''.join(map(storage, hosts))
            else:
                option = OPTIONS[word]
                value = head + b''.join(map(storage, hosts))
            sockets[name, family].setsockopt(41 if family == 6 else 0, option, value)
    except OSError as error:
        answer = errno.errorcode[error.errno]
    print(answer, flush=True)
`;

/** Milliseconds within which reports are told again, instead of a second and of ten. */
const AGAIN = 20;

export class GroupKernel {
  readonly veth: VethPair = new VethPair();
  readonly #host: FakeHost;
  #child: ChildProcess | null = null;
  #lines: AsyncIterator<string> | null = null;

  private constructor(host: FakeHost) {
    this.#host = host;
  }

  static async open(): Promise<GroupKernel> {
    const clock = new SystemClock();
    const kernel = new GroupKernel(new FakeHost(clock));
    const { far, farName, near } = kernel.veth;
    far.ip("link", "set", farName, "address", US);
    const quiet = ["accept_dad", "router_solicitations", "accept_ra"].map((key) => `net.ipv6.conf.${farName}.${key}=0`);
    const again = ["ipv4.conf.%.igmpv2", "ipv4.conf.%.igmpv3", "ipv6.conf.%.mldv2"].map(
      (key) => `net.${key.replace("%", farName)}_unsolicited_report_interval=${AGAIN}`,
    );
    far.run("sysctl", "-qw", ...quiet, ...again);
    far.run("sysctl", "-qw", `net.ipv6.conf.${farName}.disable_ipv6=0`);
    far.ip("address", "add", "10.0.0.1/24", "dev", farName);
    far.ip("address", "add", "fd00::1/64", "dev", farName, "nodad");
    for (const peer of ["10.0.0.2", "fd00::2"]) far.ip("neigh", "add", peer, "lladdr", T1, "dev", farName);
    const controller = new PacketController(clock, { interface: near });
    await kernel.#host.open(controller);
    controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    await kernel.#host.until(() => kernel.#host.carriers.at(-1) === true, "link");
    kernel.#child = far.spawn("python3", ["-c", PROGRAM, farName], { stdio: ["pipe", "pipe", "inherit"] });
    kernel.#lines = createInterface({ input: kernel.#child.stdout as Readable })[Symbol.asyncIterator]();
    await kernel.#answer();
    return kernel;
  }

  say(frame: Uint8Array): void {
    this.#host.send(frame);
  }

  /** Has a socket do something; returns `ok` or the errno. */
  ask(line: string): Promise<string> {
    this.#child?.stdin?.write(`${line}\n`);
    return this.#answer();
  }

  /** Waits until so many reports have come, and takes them. */
  reports(count: number): Promise<string[]> {
    return this.lines(count, groupLine);
  }

  /** Waits until frames have come of which so many have a line, and takes them. */
  async lines(count: number, lineOf: (frame: Uint8Array) => string | null): Promise<string[]> {
    const { frames } = this.#host;
    const lines = (): string[] => frames.flatMap((frame) => lineOf(frame) ?? []);
    await this.#host.until(() => lines().length >= count, `${count} frames`);
    const heard = lines();
    frames.length = 0;
    return heard;
  }

  async close(): Promise<void> {
    this.#child?.kill();
    await this.#host.close();
    this.veth.remove();
  }

  /** A line may come in parts: Python writes its end by itself when PYTHONUNBUFFERED is set. */
  async #answer(): Promise<string> {
    const { value, done } = (await this.#lines?.next()) ?? { value: undefined, done: true };
    if (done) throw new Error("the program with the sockets has ended");
    return value;
  }
}
