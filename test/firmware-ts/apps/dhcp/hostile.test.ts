/** Answers that are none: of another transaction, cut off, contradictory. The client goes on asking, and takes the right one after them. */
import t from "tap";
import { leaseOf } from "../../../../firmware-ts/apps/dhcp/lease.ts";
import { readReply } from "../../../../firmware-ts/apps/dhcp/message.ts";
import { readOptions, words, writeOptions } from "../../../../firmware-ts/apps/dhcp/options.ts";
import { parseStored } from "../../../../firmware-ts/apps/dhcp/stored-lease.ts";
import { DhcpOption } from "../../../../firmware-ts/apps/dhcp/wire.ts";
import { DhcpBench, FIRST, type SeenDhcp } from "../../../support/dhcp-bench.ts";
import { BROADCAST, ip, mac, T1, US, udp } from "../../../support/wire-format.ts";

const ROGUE = "192.168.10.66";

interface Answer {
  op?: number;
  htype?: number;
  hlen?: number;
  xid?: number;
  chaddr?: string;
  yiaddr?: string;
  cookie?: number[];
  options?: number[];
  /** Bytes of the message; default all of them. */
  length?: number;
}

/** A rogue server's message. */
function answer(xid: number, type: number, fields: Answer = {}): number[] {
  const { op = 2, htype = 1, hlen = 6, chaddr = US, yiaddr = "192.168.10.77", cookie = [99, 130, 83, 99] } = fields;
  const bytes = new Array<number>(240).fill(0);
  const id = fields.xid ?? xid;
  bytes.splice(0, 8, op, htype, hlen, 0, id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
  bytes.splice(16, 4, ...ip(yiaddr));
  bytes.splice(28, 6, ...mac(chaddr));
  bytes.splice(236, 4, ...cookie);
  const options = fields.options ?? [53, 1, type, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0, 255];
  return [...bytes, ...options].slice(0, fields.length);
}

/** The message in a frame from the rogue. */
function frame(message: number[], fields: Parameters<typeof udp>[0] = {}): Uint8Array {
  const where = { to: BROADCAST, source: ROGUE, destination: "255.255.255.255", sport: 67, dport: 68 };
  return udp({ ...where, ...fields }, message);
}

const WRONG: Record<string, Answer> = {
  "a request": { op: 1 },
  "other hardware": { htype: 6 },
  "an address of another length": { hlen: 16 },
  "another transaction": { xid: 1 },
  "another client": { chaddr: T1 },
  "no cookie": { cookie: [99, 130, 83, 98] },
  "no options": { options: [255] },
  "cut off in the header": { length: 200 },
  "cut off before the options": { length: 240 },
  "no kind": { options: [54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 255] },
  "a kind of two octets": { options: [53, 2, 2, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 255] },
  "an option over the end": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 12, 250, 1] },
  "a code at the end": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 12] },
  "no server": { options: [53, 1, 2, 51, 4, 0, 0, 14, 16, 255] },
  "a group as server": { options: [53, 1, 2, 54, 4, 224, 0, 0, 1, 51, 4, 0, 0, 14, 16, 255] },
  "no lease time": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 255] },
  "a lease of no time": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 0, 0, 255] },
  "a lease time of three octets": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 3, 0, 14, 16, 255] },
  "no address": { yiaddr: "0.0.0.0" },
  "a group": { yiaddr: "224.0.0.1" },
  everybody: { yiaddr: "255.255.255.255" },
  ourselves: { yiaddr: "127.0.0.1" },
  "the subnet itself": { yiaddr: "192.168.10.0" },
  "its broadcast": { yiaddr: "192.168.10.255" },
  "a mask with a gap": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 1, 4, 255, 0, 255, 0, 255] },
  "no mask bits": { options: [53, 1, 2, 54, 4, ...ip(ROGUE), 51, 4, 0, 0, 14, 16, 1, 4, 0, 0, 0, 0, 255] },
};

function last(bench: DhcpBench): SeenDhcp {
  const seen = bench.heard().dhcp.at(-1);
  if (!seen) throw new Error("nothing was sent");
  return seen;
}

t.test("offers that are none: the client asks on, and takes the good one that follows", async (t) => {
  for (const [name, fields] of Object.entries(WRONG)) {
    const bench = await DhcpBench.open();
    bench.server.silent = true;
    const app = bench.dhcp();
    bench.run(1);
    const { xid } = last(bench);
    bench.say(frame(answer(xid, 2, fields)));
    bench.run(1);
    t.equal(app.state, "SELECTING", name);
    t.same(bench.said(), [], name);
    bench.say(frame(answer(xid, 2)));
    bench.run(1);
    t.equal(app.state, "REQUESTING", `${name}, then a good one`);
    t.same(last(bench).options.get(54), ip(ROGUE));
    await bench.close();
  }
});

t.test("frames that are none", async (t) => {
  const bench = await DhcpBench.open();
  bench.server.silent = true;
  const app = bench.dhcp();
  bench.run(1);
  const { xid } = last(bench);
  const good = answer(xid, 2);
  const frames: Record<string, Uint8Array> = {
    "to another station": frame(good, { to: T1 }),
    "to a group of stations": frame(good, { to: "01:00:5e:00:00:01" }),
    "to another port": frame(good, { dport: 69 }),
    "a fragment": frame(good, { fragment: 0x2000 }),
    "another protocol": frame(good, { protocol: 6 }),
    "a wrong IP checksum": frame(good, { headerSum: 1 }),
    "a wrong UDP checksum": frame(good, { udpSum: 1 }),
    "longer than its packet": frame(good, { udpLength: 900 }),
    "shorter than a header": frame(good, { udpLength: 7 }),
    "a packet longer than its frame": frame(good, { length: 1400 }),
    "version 6": frame(good, { version: 6 }),
    "a header of no length": frame(good, { ihl: 0 }),
    "cut off": frame(good).subarray(0, 40),
  };
  for (const [name, bytes] of Object.entries(frames)) {
    bench.say(bytes);
    bench.run(0.01);
    t.equal(app.state, "SELECTING", name);
  }
  bench.say(frame(good, { udpSum: 0 }));
  t.equal(app.state, "REQUESTING", "no UDP checksum is right (RFC 768)");
  await bench.close();
});

t.test("after the REQUEST only the server that was asked has a say", async (t) => {
  const bench = await DhcpBench.open();
  bench.server.silent = true;
  const app = bench.dhcp();
  bench.run(1);
  const { xid } = last(bench);
  for (const type of [5, 6]) {
    bench.say(frame(answer(xid, type)));
    t.equal(app.state, "SELECTING", "neither ACK nor NAK answers a DISCOVER");
  }
  const from = (type: number): number[] => [53, 1, type, 54, 4, 192, 168, 10, 1, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0, 255];
  bench.say(frame(answer(xid, 2, { options: from(2) })));
  t.equal(app.state, "REQUESTING");
  const others: number[][] = [answer(xid, 2), answer(xid, 5), answer(xid, 6), answer(xid, 5, { options: from(5), yiaddr: FIRST })];
  for (const message of others) {
    bench.say(frame(message));
    t.equal(app.state, "REQUESTING", "another offer, another server, another address");
  }
  bench.say(frame(answer(xid, 5, { options: from(5) })));
  t.equal(app.state, "CHECKING");
  await bench.close();
});

t.test("NAK upon NAK: the client asks more and more seldom", async (t) => {
  const bench = await DhcpBench.open();
  bench.server.silent = true;
  bench.dhcp();
  let naks = 0;
  for (let turn = 0; turn < 6000; turn++) {
    bench.run(0.1);
    for (const { type, xid } of bench.heard().dhcp) {
      if (type === 1) bench.say(frame(answer(xid, 2)));
      if (type === 3) {
        naks++;
        bench.say(frame(answer(xid, 6)));
      }
    }
  }
  t.ok(naks >= 8 && naks <= 16, `${naks} rounds in ten minutes`);
  await bench.close();
});

t.test("options in the fields file and sname, and in several parts (RFC 2132 9.3, RFC 3396)", async (t) => {
  const bytes = Uint8Array.from(answer(7, 5, { options: [52, 1, 3, 53, 1, 5, 15, 2, 102, 105, 0, 255] }));
  bytes.set([51, 4, 0, 0, 0, 60, 15, 3, 101, 108, 100, 255], 108);
  bytes.set([54, 4, 10, 0, 0, 1, 255, 54, 1, 1], 44);
  const options = readOptions(bytes, 0, bytes.length);
  t.equal(String.fromCharCode(...(options?.get(15) ?? [])), "field", "the parts are one value");
  const lease = leaseOf(0x0a000005, options ?? new Map());
  t.match(lease, { server: 0x0a000001, seconds: 60, prefixLength: 8, domain: "field" });
  t.equal(readOptions(bytes.with(108 + 7, 200), 0, bytes.length), null, "one over the end of a field");
  const nested = Uint8Array.from(answer(7, 5, { options: [52, 1, 1, 53, 1, 5, 255] }));
  nested.set([52, 1, 2, 255], 108);
  nested.set([54, 4, 10, 0, 0, 1, 255], 44);
  t.notOk(readOptions(nested, 0, nested.length)?.has(54), "a field says nothing of other fields");
  const long = Uint8Array.from({ length: 600 }, (_, at) => at & 255);
  const written = new Uint8Array(1000);
  const end = writeOptions(
    written,
    240,
    new Map([
      [43, long],
      [80, new Uint8Array(0)],
    ]),
  );
  const read = readOptions(written, 0, end);
  t.same(read?.get(43), long);
  t.same(read?.get(80), new Uint8Array(0));
});

t.test("leases whose values do not fit together", async (t) => {
  const good: [number, Uint8Array][] = [
    [DhcpOption.SERVER_ID, words(0x0a000001)],
    [DhcpOption.LEASE_TIME, words(1000)],
  ];
  const lease = (...more: [number, Uint8Array][]): ReturnType<typeof leaseOf> => leaseOf(0x0a000005, new Map([...good, ...more]));
  t.match(lease(), { seconds: 1000, renewal: 500, rebinding: 875, prefixLength: 8 });
  const times = (t1: number, t2: number): unknown => {
    const found = lease([DhcpOption.RENEWAL_TIME, words(t1)], [DhcpOption.REBINDING_TIME, words(t2)]);
    return [found?.renewal, found?.rebinding];
  };
  t.same(times(100, 200), [100, 200]);
  for (const [t1, t2] of [
    [0, 200],
    [300, 200],
    [100, 1000],
    [100, 0xffffffff],
  ] as const)
    t.same(times(t1, t2), [500, 875], `${t1} ${t2}`);
  t.same(lease([DhcpOption.REBINDING_TIME, words(300)])?.renewal, 300);
  t.same(lease([DhcpOption.ROUTER, words(0, -1, 0x0a000009)])?.routes, [{ destination: 0, prefixLength: 0, gateway: 0x0a000009 }]);
  t.same(lease([DhcpOption.ROUTER, Uint8Array.of(1, 2, 3)])?.routes, []);
  for (const routes of [
    [33, 1, 2, 3, 4, 5, 10, 0, 0, 1],
    [24, 10, 0],
    [0, 10, 0, 0],
    [8, 10, 10, 0, 0],
  ]) {
    t.same(
      lease([DhcpOption.CLASSLESS_ROUTES, Uint8Array.from(routes)])?.routes,
      [],
      "no list of routes, and so the router counts",
    );
  }
  t.same(lease([DhcpOption.CLASSLESS_ROUTES, Uint8Array.of(9, 10, 255, 10, 0, 0, 9, 0, 224, 0, 0, 1)])?.routes, [
    { destination: 0x0a800000, prefixLength: 9, gateway: 0x0a000009 },
  ]);
  const many = Uint8Array.from({ length: 7 * 500 }, (_, at) => [16, 10, 1, 10, 0, 0, 9][at % 7] ?? 0);
  t.equal(lease([DhcpOption.CLASSLESS_ROUTES, many])?.routes.length, 64);
  for (const name of ["", ".", "a..b", "a b", "$(reboot)", "-a", `${"a".repeat(64)}.b`, "a".repeat(300), "ä"])
    t.equal(lease([DhcpOption.DOMAIN_NAME, new TextEncoder().encode(name)])?.domain, undefined, name);
  for (const [mtu, taken] of [
    [[2], undefined],
    [[0, 67], undefined],
    [[0, 68], 68],
    [[5, 220], 1500],
  ] as const)
    t.equal(lease([DhcpOption.INTERFACE_MTU, Uint8Array.from(mtu)])?.mtu, taken);
  t.equal(parseStored('{"address":"192.168.10.50","until":1e999}')?.until, undefined);
  t.ok(FIRST && readReply(new Uint8Array(300), 0, 300, 0, new Uint8Array(6)) === null);
});
