/** Everything the board sends, judged by tshark: no malformed frame, no wrong length, no bad checksum. */
import t from "tap";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { fileOf, Instance, WIRES, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("python3", "ping", "ethtool", "tcpdump", "tshark");

const TELEMETRY = Buffer.from("telemetry,node=").toString("hex");

/** A datagram from the host to a port of the board where nobody listens. */
const KNOCK = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"anybody there?", ("${BOARD}", 4))
`;

import { realTime } from "../support/real-time.ts";

for (const wire of WIRES) {
  realTime(t, `tshark finds nothing wrong with what the board sends on ${wire.name}`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    // Else the host leaves the checksums to a network card that a veth has not, and our errors quote them unfinished.
    host.netns.run("ethtool", "-K", host.iface, "tx", "off");
    const capture = await host.capture();
    t.teardown(() => capture.stop());
    const sink = await host.sink(8094);
    t.teardown(() => sink.close());
    const rig = `devices: { eth0: { ${wire.rig(host.near)}, addresses: [${BOARD}/24] } }
telemetry: { to: ${HOST}:8094, every: 200ms }`;
    const board = await Instance.start([fileOf(rig)]);
    t.teardown(() => board.kill());

    // The board's own question has told the host where it is; the host shall ask too.
    await board.until(({ event }) => event === "datagram", "first datagram");
    host.netns.ip("neigh", "flush", "dev", host.iface);
    for (const size of ["0", "1", "17", "1471", "1472"])
      await host.exec("ping", "-n", "-c", "2", "-i", "0.01", "-W", "5", "-s", size, BOARD);
    await host.exec("python3", "-c", KNOCK);
    for (const size of ["0", "1", "18", "1472"]) await whohas("-i", board.name, "ping", "-c", "1", "-s", size, HOST);
    for (const text of ["", "a", "odd", "even", "x".repeat(1472)]) {
      const { stdout, code } = await whohas("-i", board.name, "udp", "send", `${HOST}:8094`, text);
      t.match([stdout, code], ["sent\n", 0], `udp send of ${text.length} bytes`);
    }
    t.equal((await board.stop()).code, 0, "exit code of run");
    await capture.stop();

    const names = ["eth.dst", "frame.len", "arp.opcode", "icmp.type", "icmp.code", "udp.dstport", "udp.payload", "ip.frag_offset"];
    const checks = ["ip.checksum.status", "udp.checksum.status", "icmp.checksum.status", "_ws.malformed", "_ws.expert.message"];
    const frames = capture.fields(`eth.src == ${board.mac}`, ...names, ...checks).map((row) => {
      const [to = "", length, arp, type, code, port, payload = "", offset = "", ip = "", udp = "", icmp = "", malformed, expert] =
        row;
      const kind = arp
        ? `arp ${arp}`
        : type
          ? `icmp ${type}/${code}`
          : `udp ${port}${payload.startsWith(TELEMETRY) ? " telemetry" : ""}`;
      return { kind, to, length: Number(length), offset, sums: { ip, udp, icmp }, malformed, expert };
    });
    const kinds = new Map<string, number>();
    for (const { kind } of frames) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    t.strictSame(
      [...kinds.keys()].sort(),
      ["arp 1", "arp 2", "icmp 0/0", "icmp 3/3", "icmp 8/0", "udp 8094", "udp 8094 telemetry"].sort(),
      "the capture holds every kind of frame that the board has",
    );
    t.equal(kinds.get("icmp 0/0"), 10, "all echo replies");
    for (const frame of frames) {
      const { sums, kind } = frame;
      const wrong = {
        malformed: frame.malformed,
        expert: frame.expert,
        // 0 is bad, 1 good, 2 unchecked; an ICMP error has those of the datagram that it quotes as well.
        sums: Object.values(sums).filter((status) => !/^(1(,1)?)?$/.test(status)),
        short: frame.length < 60,
        fragment: /[1-9]/.test(frame.offset),
        nowhere: frame.to === "00:00:00:00:00:00",
      };
      const right = { malformed: "", expert: "", sums: [], short: false, fragment: false, nowhere: false };
      if (kind.startsWith("udp") && sums.udp !== "1") t.fail("a datagram without a verified checksum", frame);
      t.strictSame(wrong, right, `${kind}, ${frame.length} bytes`);
    }
  });
}
