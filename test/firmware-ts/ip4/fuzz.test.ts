/** Hostile bytes: whatever arrives, nothing is thrown, no buffer is lost, nothing damaged is delivered, nothing malformed is sent. */
import fc from "fast-check";
import t from "tap";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, BROADCAST, checksum, decode, icmp, mac, T1, T2, US, udp } from "../../support/wire-format.ts";

/** Everything that a stack takes in. */
const GOOD: readonly Uint8Array[] = [
  arp(),
  arp({ sip: "0.0.0.0" }),
  arp({ tip: "10.0.0.2", sha: T2 }),
  arpReply(),
  arpReply({ sha: T2 }),
  udp({}, "telemetry"),
  udp({ udpSum: 0 }, "telemetry"),
  udp({ dport: 7 }, "nobody"),
  udp({ destination: "10.0.0.255", to: BROADCAST }, "all"),
  udp({ options: [7, 7, 4, 0, 0, 0, 0, 0] }, "options"),
  icmp({}, [1, 2, 3, 4, 5]),
  icmp({ icmpType: 0 }, [1, 2, 3]),
  icmp(
    { icmpType: 3, code: 3 },
    udp({ source: "10.0.0.1", destination: "10.0.0.2", sport: 5000, dport: 9 }, "quoted").subarray(14),
  ),
];

type Mutation = { at: number; value: number; how: number };
const mutation: fc.Arbitrary<Mutation> = fc.record({ at: fc.nat(120), value: fc.nat(255), how: fc.nat(9) });

function mutate(frame: Uint8Array, mutations: Mutation[]): Uint8Array {
  let bytes = Array.from(frame);
  for (const { at, value, how } of mutations) {
    const place = bytes.length > 0 ? at % bytes.length : 0;
    if (how < 6) bytes[place] = value;
    else if (how < 7) bytes = bytes.slice(0, place);
    else if (how < 8) bytes.splice(place, 0, value);
    else if (how < 9) bytes.splice(place, value & 7);
    else bytes.push(...Array<number>(value).fill(value));
  }
  return Uint8Array.from(bytes.slice(0, 1514));
}

/** An independent judge: the frame holds a UDP datagram for port 5000 whose checksums and lengths are right. */
function deliverable(frame: Uint8Array): boolean {
  const ipPacket = frame.subarray(14);
  const header = ((ipPacket[0] ?? 0) & 15) * 4;
  const total = ((ipPacket[2] ?? 0) << 8) | (ipPacket[3] ?? 0);
  if ((ipPacket[0] ?? 0) >> 4 !== 4 || header < 20 || total > ipPacket.length || checksum(ipPacket.subarray(0, header)) !== 0)
    return false;
  const datagram = ipPacket.subarray(header, total);
  const length = ((datagram[4] ?? 0) << 8) | (datagram[5] ?? 0);
  if (ipPacket[9] !== 17 || datagram.length < 8 || length < 8 || length > datagram.length) return false;
  if (datagram[6] === 0 && datagram[7] === 0) return true;
  const pseudo = [...ipPacket.subarray(12, 20), 0, 17, length >> 8, length & 255];
  return checksum([...pseudo, ...datagram.subarray(0, length)]) === 0;
}

async function target(): Promise<Lab & { delivered: number }> {
  const lab = await Lab.open();
  lab.nic.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  const counting = Object.assign(lab, { delivered: 0 });
  const socket = lab.stack.udp.open(5000);
  socket.onDatagram = () => counting.delivered++;
  socket.onError = () => {};
  lab.stack.ping.open().onReply = () => {};
  return counting;
}

/** Feeds a frame and throws when anything is not as it must be. */
function feed(lab: Lab & { delivered: number }, frame: Uint8Array): void {
  lab.delivered = 0;
  lab.say(frame);
  if (lab.delivered > (deliverable(frame) ? 1 : 0)) throw new Error(`delivered: ${Buffer.from(frame).toString("hex")}`);
  const waiting = lab.stack
    .neighbours(4)
    .table.list()
    .reduce((sum, entry) => sum + entry.queued, 0);
  const fragments = lab.stack.ip.fragments.length;
  if (lab.inUse !== waiting + fragments)
    throw new Error(`${lab.inUse} buffers in use, ${waiting} wait: ${Buffer.from(frame).toString("hex")}`);
  for (const { bytes } of lab.take()) {
    const { faults, from } = decode(bytes);
    if (faults.length > 0 || from !== "us") throw new Error(`sent ${faults} ${from}: ${Buffer.from(bytes).toString("hex")}`);
  }
}

t.test("mutations of good frames", async (t) => {
  const lab = await target();
  fc.assert(
    fc.property(fc.constantFrom(...GOOD), fc.array(mutation, { minLength: 1, maxLength: 4 }), (frame, mutations) =>
      feed(lab, mutate(frame, mutations)),
    ),
    { numRuns: 8000, seed: 7 },
  );
  t.equal(lab.stack.neighbours(4).table.gc.entries <= 1024, true);
  lab.run(60_000);
  t.equal(lab.inUse, 0);
  feed(lab, udp({}, "still alive"));
  t.equal(lab.delivered, 1);
});

t.test("mutations with their IP and ICMP or UDP checksums put right: deeper in", async (t) => {
  const lab = await target();
  fc.assert(
    fc.property(fc.constantFrom(...GOOD.slice(5)), fc.array(mutation, { minLength: 1, maxLength: 4 }), (frame, mutations) => {
      const bytes = mutate(frame, mutations);
      bytes.set([...mac(US), ...mac(T1), 8, 0].slice(0, bytes.length));
      const header = ((bytes[14] ?? 0) & 15) * 4;
      const mend = (start: number, end: number, at: number): void => {
        if (end > bytes.length || at + 2 > end) return;
        bytes.set([0, 0], at);
        const sum = checksum(bytes.subarray(start, end));
        bytes.set([sum >> 8, sum & 255], at);
      };
      if (bytes[23] === 1) mend(14 + header, 14 + (((bytes[16] ?? 0) << 8) | (bytes[17] ?? 0)), 14 + header + 2);
      else if (bytes.length >= 14 + header + 8) bytes.set([0, 0], 14 + header + 6);
      mend(14, 14 + header, 24);
      feed(lab, bytes);
    }),
    { numRuns: 8000, seed: 8 },
  );
  lab.run(60_000);
  t.equal(lab.inUse, 0);
});

t.test("random bytes, with and without a header that leads somewhere", async (t) => {
  const lab = await target();
  const leads = fc.constantFrom(
    [],
    [...mac(US), ...mac(T1), 8, 6],
    [...mac(US), ...mac(T1), 8, 0],
    [...mac(BROADCAST), ...mac(T1), 8, 0, 0x45],
  );
  fc.assert(
    fc.property(leads, fc.uint8Array({ maxLength: 120 }), (lead, bytes) => feed(lab, Uint8Array.from([...lead, ...bytes]))),
    { numRuns: 6000, seed: 9 },
  );
  lab.run(60_000);
  t.equal(lab.inUse, 0);
});

t.test("the same seed and the same stimuli: the same frames at the same times, byte for byte", async (t) => {
  const run = async (seed: number): Promise<string> => {
    const lab = await Lab.open({ seed });
    Object.assign(lab.wire, { loss: 0.1, duplication: 0.1, latency: 0.25 });
    for (let n = 0; n < 200; n++) {
      lab.poke(`10.0.0.${2 + (n % 5)}`, `report ${n}`);
      lab.say(GOOD[n % GOOD.length] as Uint8Array);
      lab.run(700);
    }
    return [
      ...lab.take().map(({ time, bytes }) => `${time} ${Buffer.from(bytes).toString("hex")}`),
      ...lab.events,
      ...lab.fates,
    ].join("\n");
  };
  const first = await run(5);
  t.ok(first.length > 10_000);
  t.equal(await run(5), first);
  t.not(await run(6), first);
});
