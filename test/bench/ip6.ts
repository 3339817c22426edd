/** The subjects of IPv6, each beside one of IPv4: datagrams sent and received, solicitations and echo requests answered. */
import { T1 } from "../support/wire-format.ts";
import { echo6, na, ns, OUR_IP6, OUR_LL, PEER_IP6, udp6 } from "../support/wire-format6.ts";
import type { Subject } from "./subject.ts";
import { FILL, receiver, sender } from "./traffic.ts";
import { expectCount, inBursts, WireBench } from "./wire-bench.ts";

/** Ethernet 14, IPv6 40, UDP or ICMP 8. */
const HEADERS6 = 62;
/** The solicitation's header, target and option. */
const SOLICITATION = 86;

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };

export const IP6_SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  "udp send over IPv6, static neighbour, 32 B": () => send6(32, "static"),
  "udp send over IPv6, resolved neighbour, 32 B": () => send6(32, "resolved"),
  "udp send over IPv6, static neighbour, 1452 B": () => send6(1452, "static"),
  "udp receive over IPv6, 32 B": () => receive6(32),
  "udp receive over IPv6, 1452 B": () => receive6(1452),
  "echo request over IPv6 answered, 56 B": () => echoed6(56),
  "nd solicitation answered": () => solicited(),
  "nd solicitation to us alone answered": () => solicited(OUR_LL),
};

/** As the bench of IPv4: fd00::1, and the station that is asked for is fd00::2. */
async function bench6(): Promise<WireBench> {
  const bench = await WireBench.open(undefined, [4, 6]);
  bench.stack.addAddress(bench.eth0, `${OUR_IP6}/64`);
  return bench;
}

async function send6(bytes: number, neighbour: "static" | "resolved"): Promise<Subject> {
  const bench = await bench6();
  if (neighbour === "static") bench.stack.addNeighbour(PEER_IP6, T1, bench.eth0);
  else resolve6(bench);
  return {
    floor: { frame: HEADERS6 + bytes, copies: 2, payloadSums: 1, headerSums: 0 },
    run: sender(bench, bytes, [PEER_IP6]),
  };
}

/** fd00::2 is asked for and answers, as in life. */
function resolve6(bench: WireBench): void {
  const socket = bench.stack.udp.open();
  socket.send(Uint8Array.of(0), socket.to(PEER_IP6, 9));
  bench.tick();
  bench.speaker(na(GLOBAL))();
  bench.tick();
  socket.close();
  bench.sink.frames = 0;
}

async function receive6(bytes: number): Promise<Subject> {
  const bench = await bench6();
  const frame = udp6(GLOBAL, new Uint8Array(bytes).fill(FILL));
  return {
    floor: { frame: HEADERS6 + bytes, copies: 2, payloadSums: 1, headerSums: 0 },
    run: receiver(bench, bench.speaker(frame)),
  };
}

async function echoed6(bytes: number): Promise<Subject> {
  const bench = await bench6();
  resolve6(bench);
  return {
    floor: { frame: HEADERS6 + bytes, copies: 3, payloadSums: 2, headerSums: 0 },
    run: answered6(bench, echo6(GLOBAL, new Uint8Array(bytes).fill(FILL)), "echo"),
  };
}

/** The asker is known already, as it is to a host that it keeps asking. */
async function solicited(destination?: string): Promise<Subject> {
  const bench = await bench6();
  const frame = ns(destination === undefined ? {} : { destination });
  return {
    floor: { frame: SOLICITATION, copies: 3, payloadSums: 2, headerSums: 0 },
    run: answered6(bench, frame, "nd"),
  };
}

function answered6(bench: WireBench, request: Uint8Array, name: string): (count: number) => void {
  const say = bench.speaker(request);
  const tick = (): void => bench.tick();
  return (count) => {
    bench.sink.frames = 0;
    inBursts(count, say, tick);
    // The last burst's answers are on the wire still.
    bench.tick();
    expectCount(name, bench.sink.frames, count);
  };
}
