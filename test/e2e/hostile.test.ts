/** Damaged frames from a real interface at a running board: each is counted, nothing is learned or answered, nothing breaks. */

import t from "tap";
import type { LinkView } from "../../firmware-ts/control/methods/link.ts";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { Instance, WIRES, whohas } from "../support/whohas.ts";

/** Debian's scapy belongs to Debian's Python, which need not be the first in PATH. */
const PYTHON = "/usr/bin/python3";

function missingScapy(): string | false {
  try {
    run(PYTHON, ["-c", "import scapy"]);
    return false;
  } catch {
    return `needs scapy for ${PYTHON} (python3-scapy)`;
  }
}

const skip = missingForNetns() || missingPrograms("ping", "tcpdump", "tshark") || missingScapy();

/** A station that never sends a whole frame: whatever is known of it was learned from a damaged one. */
const STRANGER = "10.9.0.99";
const STRANGER_MAC = "02:00:00:00:00:99";

/**
 * Prints how many frames it sent. After every 2000 bytes it waits until the board answers a ping, so that a chip with 6 KiB for what it
 * receives is never outrun: how many frames it then lost, no chip can tell. Payloads are long enough and without a zero, so that the
 * padding of short frames never mends one that was cut.
 */
const ATTACK = `
import random, socket, sys
from scapy.layers.l2 import ARP, Ether
from scapy.layers.inet import ICMP, IP, UDP
iface, board_mac = sys.argv[1:3]
eth = lambda **f: Ether(dst=board_mac, src="${STRANGER_MAC}", **f)
ip = lambda **f: IP(src="${STRANGER}", dst="${BOARD}", **f)
arp = lambda **f: ARP(**{**dict(op=1, hwsrc="${STRANGER_MAC}", psrc="${STRANGER}", hwdst="00:00:00:00:00:00", pdst="${BOARD}"), **f})
body = bytes(range(1, 65))
udp = eth() / ip() / UDP(sport=4000, dport=4) / body
echo = eth() / ip() / ICMP(type=8, id=1, seq=1) / body
frames = []
# Cut at every byte behind the Ethernet header, which an interface does not send less of.
for whole in (eth() / arp(), eth() / arp(op=2), udp, echo):
    frames += [bytes(whole)[:n] for n in range(14, len(bytes(whole)))]
# Checksums.
for bad in (0, 1, 0x1234, 0xffff):
    frames.append(eth() / ip(chksum=bad) / UDP(sport=4000, dport=4) / body)
    if bad: frames.append(eth() / ip() / UDP(sport=4000, dport=4, chksum=bad) / body)
    frames.append(eth() / ip() / ICMP(type=8, chksum=bad) / body)
# One bit of a datagram turned over, anywhere behind the Ethernet header: header, pseudo header, payload.
for whole in (bytes(udp), bytes(echo)):
    for bit in range(14 * 8, len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        frames.append(bytes(damaged))
# Lengths, with checksums that are right for them.
for n in (0, 1, 19, 20, 21, 27, 93, 94, 1500, 65535):
    frames.append(eth() / ip(len=n) / UDP(sport=4000, dport=4) / body)
for n in (0, 1, 7, 73, 1000, 65535):
    frames.append(eth() / ip() / UDP(sport=4000, dport=4, len=n, chksum=0) / body)
for n in (0, 1, 2, 3, 4, 15):
    frames.append(eth() / ip(ihl=n) / UDP(sport=4000, dport=4) / body)
for n in (0, 1, 3, 5, 6, 15):
    frames.append(eth(type=0x0800) / ip(version=n) / UDP(sport=4000, dport=4) / body)
# Fields of ARP, and the host's address claimed by a frame that is not ARP for IPv4 on Ethernet.
for op in (1, 2):
    for field, values in dict(hwtype=(0, 2, 65535), ptype=(0, 0x0806, 0x86dd), hwlen=(0, 1, 5, 7, 255), plen=(0, 3, 5, 16, 255)).items():
        for value in values:
            raw = bytearray(bytes(eth() / arp(op=op, psrc="${HOST}")))
            at, size = dict(hwtype=(14, 2), ptype=(16, 2), hwlen=(18, 1), plen=(19, 1))[field]
            raw[at:at + size] = value.to_bytes(size, "big")
            frames.append(bytes(raw))
for op in (0, 3, 4, 8, 9, 65535):
    frames.append(eth() / arp(op=op))
# Addresses that no packet comes from. The subnet's broadcast address is none of them: Linux answers it (settings-as-linux.test.ts).
for source in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "${BOARD}"):
    frames.append(eth() / IP(src=source, dst="${BOARD}") / UDP(sport=4000, dport=4) / body)
# Noise behind each ethertype; not behind a VLAN tag, which a Linux interface takes off, or drops the frame for.
noise = random.Random(7)
head = bytes(eth(type=0x0800))[:12]
for ethertype in (0x0800, 0x0806, 0x86dd, 0x0000, 0x05dc, 0xffff):
    for _ in range(40):
        frames.append(head + ethertype.to_bytes(2, "big") + noise.randbytes(noise.choice((0, 1, 19, 20, 28, 46, 100, 1500))))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((iface, 0))
pinger = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
pinger.settimeout(5)
def settle(sequence):
    ping = bytes(ICMP(type=8, id=7, seq=sequence))
    pinger.sendto(ping, ("${BOARD}", 0))
    reply = b""
    while reply[20:21] != b"\\0" or reply[24:28] != ping[4:8]: reply = pinger.recv(2000)
ahead = 0
for at, frame in enumerate(frames):
    ahead += len(bytes(frame)) + 16
    if ahead > 2000:
        settle(at)
        ahead = len(bytes(frame)) + 16
    s.send(bytes(frame))
settle(len(frames))
print(len(frames))
`;

t.jobs = 2;

for (const wire of WIRES) {
  realTime(t, `damaged frames at ${wire.name}`, { skip, buffered: true }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    const board = await Instance.start(["--no-app", "--device", wire.spec(host.near), "--address", `${BOARD}/24`]);
    t.teardown(() => board.kill());
    const link = async (): Promise<LinkView> => (await board.call("link.show", { dev: "eth0" }))[0] as LinkView;
    const counted = ({ drops, stats64, arp }: LinkView): number =>
      Object.values(drops).reduce((sum, count) => sum + count, stats64.rx["over_errors"] ?? 0) +
      // A short frame that its padding makes whole is an ARP frame for somebody else.
      (arp["requestsReceived"] ?? 0) +
      (arp["repliesReceived"] ?? 0);
    // An answer to a doubt of the board's own would be counted as well.
    const sure = "net.ipv4.neigh.eth0.base_reachable_time_ms=3600000";
    t.equal((await whohas("-i", board.name, "sysctl", "-w", sure)).code, 0);
    t.equal((await whohas("-i", board.name, "ping", "-c", "1", HOST)).code, 0);
    const known = async (): Promise<string[][]> => (await board.neighbours()).map(({ dst, lladdr = "" }) => [dst, lladdr]);
    t.strictSame(await known(), [[HOST, host.mac]]);
    const before = counted(await link());

    const capture = await host.capture();
    t.teardown(() => capture.stop());
    const { stdout, stderr, code } = await host.exec(PYTHON, "-c", ATTACK, host.iface, board.mac);
    t.equal(code, 0, stderr);
    const sent = Number(stdout);
    await eventually(async () => counted(await link()) - before >= sent, "every frame counted", 5000).catch(() => {});
    t.equal(counted(await link()) - before, sent, `each of ${sent} frames is counted`);
    const shown = (await whohas("-i", board.name, "-d", "link", "show", "eth0")).stdout;
    for (const reason of ["PKT_TOO_SMALL", "IP_INHDR", "IP_CSUM", "UDP_CSUM", "ICMP_CSUM", "UNHANDLED_PROTO", "IP_INADDRERRORS"]) {
      t.match(shown, new RegExp(`drops .*${reason} [1-9]`), `link show -d tells of ${reason}`);
    }
    t.strictSame(await known(), [[HOST, host.mac]], "nothing was learned");
    t.equal(
      (await host.exec("ping", "-n", "-q", "-c", "3", "-i", "0.01", "-w", "60", BOARD)).code,
      0,
      "the board answers as before",
    );
    await capture.stop();
    const answers = capture.fields(
      `eth.src == ${board.mac} and not (ip.dst == ${HOST} or arp.dst.proto_ipv4 == ${HOST})`,
      "frame.number",
      "_ws.col.Info",
    );
    t.strictSame(answers, [], "nothing was answered");
    t.equal((await board.stop()).code, 0, "exit code of run");
    t.equal(board.stderr, "", "no complaint");
  });
}
