/** The stub resolver in virtual time: servers that are silent, wrong, short of room or out of order; answers that are kept and forgotten. */
import { decode, encode } from "dns-packet";
import t from "tap";
import type { Answer } from "../../../../firmware-ts/sockets/dns/cache.ts";
import { dns } from "../../../../firmware-ts/sockets/dns/dns.ts";
import type { DnsPacket, DnsRecord } from "../../../../firmware-ts/sockets/dns/packet.ts";
import { StubResolver } from "../../../../firmware-ts/sockets/dns/stub.ts";
import { Holds } from "../../../../firmware-ts/sockets/ground.ts";
import { ipv4, Stack } from "../../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";

type Reply = Partial<DnsPacket> | null;

/** A stack that asks servers on its own loopback device. Each server answers by `reply`, and what it was asked is written down. */
class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly stack: Stack;
  readonly holds: Holds = new Holds();
  readonly stub: StubResolver;
  readonly asked: string[] = [];

  constructor(replies: readonly ((question: string, packet: DnsPacket) => Reply | Reply[])[]) {
    this.stack = new Stack({ clock: this.clock, random: new SeededRandom(3), loopback: true });
    const servers = replies.map((reply, at) => {
      const address = `127.0.0.${at + 1}`;
      this.#serve(address, at, reply);
      return { address, port: 53 };
    });
    this.stub = new StubResolver(this.stack, this.holds, { servers });
  }

  #serve(address: string, at: number, reply: (question: string, packet: DnsPacket) => Reply | Reply[]): void {
    // 127.0.0.2 is ours as 127.0.0.1 is, but nobody is bound to it by name: one socket for each would need an address each.
    if (at > 0) this.stack.addAddress(this.stack.lo!, `${address}/8`);
    const socket = this.stack.udp.open(53, address);
    socket.onDatagram = (bytes, from, length, source, port) => {
      const packet: DnsPacket = decode(Buffer.from(bytes.slice(from, from + length)));
      const [{ name, type } = { name: "", type: "" }] = packet.questions ?? [];
      this.asked.push(`${at} ${type} ${name}`);
      for (const one of [reply(`${type} ${name}`, packet)].flat()) {
        if (one !== null) socket.send(answerTo(packet, one), socket.to(source, port));
      }
    };
  }

  /** Finds, while time goes on. */
  async find(name: string, type = "A", limit = 60_000): Promise<Answer> {
    let answer: Answer | null = null;
    this.stub.find(name, type, (found) => {
      answer = found;
    });
    for (let time = 0; time < limit && answer === null; time += 10) {
      await this.clock.advance(10);
      await new Promise((resolve) => process.nextTick(resolve));
    }
    return answer ?? { code: "nothing came", records: [] };
  }
}

function answerTo({ id = 0, questions = [] }: DnsPacket, reply: DnsPacket): Uint8Array {
  const { rcode, flag_tc, ...rest } = reply;
  const codes: Record<string, number> = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
  const flags = (flag_tc ? 0x200 : 0) | (codes[rcode ?? ""] ?? 0);
  return encode({ id, type: "response", flags, questions, ...rest });
}

const a = (name: string, data: string, ttl = 60): DnsRecord => ({ name, type: "A", class: "IN", ttl, data });
const alias = (name: string, data: string, ttl = 60): DnsRecord => ({ name, type: "CNAME", class: "IN", ttl, data });
const soa = (ttl: number, minimum: number): DnsRecord => ({
  name: "test",
  type: "SOA",
  class: "IN",
  ttl,
  data: { mname: "ns.test", rname: "root.test", serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});

t.test("an address, kept for as long as it says", async (t) => {
  const bench = new Bench([(question) => ({ answers: question === "A board.test" ? [a("board.test", "192.0.2.9", 30)] : [] })]);
  t.same(await bench.find("Board.Test."), { code: null, records: [{ data: "192.0.2.9", ttl: 30 }] });
  await bench.clock.advance(10_000);
  t.same((await bench.find("board.test")).records, [{ data: "192.0.2.9", ttl: 20 }], "from memory, with the time that is left");
  t.same(bench.asked, ["0 A board.test"]);
  await bench.clock.advance(20_000);
  t.same((await bench.find("board.test")).records, [{ data: "192.0.2.9", ttl: 30 }]);
  t.equal(bench.asked.length, 2);
  t.same(await bench.find("board.test", "AAAA"), { code: "ENODATA", records: [] });
  t.equal(bench.holds.count, 0);
});

t.test("names that are none are asked of nobody", async (t) => {
  const bench = new Bench([() => null]);
  for (const name of ["", "a..b", `${"x".repeat(64)}.test`, `${"a.".repeat(127)}test`]) {
    t.equal((await bench.find(name)).code, "EBADNAME", name.slice(0, 10));
  }
  t.same(bench.asked, []);
});

t.test("there is no such name, for as long as the zone says (RFC 2308)", async (t) => {
  const bench = new Bench([
    (question) => ({ rcode: question.includes("none") ? "NXDOMAIN" : "NOERROR", authorities: [soa(100, 20)] }),
  ]);
  t.equal((await bench.find("none.test")).code, "ENOTFOUND");
  t.equal((await bench.find("some.test")).code, "ENODATA");
  await bench.clock.advance(19_000);
  t.equal((await bench.find("none.test")).code, "ENOTFOUND");
  t.equal(bench.asked.length, 2);
  await bench.clock.advance(1000);
  await bench.find("none.test");
  t.equal(bench.asked.length, 3, "asked again");
});

t.test("aliases: within one answer, over several, and without end", async (t) => {
  const bench = new Bench([
    (question) => {
      const chains: Record<string, DnsRecord[]> = {
        "A one.test": [alias("one.test", "two.test", 5), a("two.test", "192.0.2.2")],
        "A far.test": [alias("far.test", "near.test")],
        "A near.test": [a("near.test", "192.0.2.3")],
        "A ping.test": [alias("ping.test", "pong.test")],
        "A pong.test": [alias("pong.test", "ping.test")],
        "A self.test": [alias("self.test", "self.test")],
        "CNAME one.test": [alias("one.test", "two.test", 5)],
      };
      return { answers: chains[question] ?? [] };
    },
  ]);
  t.same((await bench.find("one.test")).records, [{ data: "192.0.2.2", ttl: 60 }]);
  t.same((await bench.find("far.test")).records, [{ data: "192.0.2.3", ttl: 60 }]);
  t.same((await bench.find("one.test", "CNAME")).records, [{ data: "two.test", ttl: 5 }]);
  for (const name of ["ping.test", "self.test"]) {
    const before = bench.asked.length;
    t.match((await bench.find(name)).code, /^(ESERVFAIL|ENODATA)$/, name);
    t.ok(bench.asked.length - before <= 9, "and not without end");
  }
  await bench.clock.advance(5000);
  await bench.find("one.test");
  t.equal(bench.asked.filter((line) => line === "0 A one.test").length, 2, "the shortest time of the chain counts");
});

t.test("silence: the next server, then all once more with twice the time", async (t) => {
  const bench = new Bench([() => null, (question) => ({ answers: [a(question.slice(2), "192.0.2.9")] })]);
  t.equal((await bench.find("board.test")).code, null);
  t.same(bench.asked, ["0 A board.test", "1 A board.test"]);
  const silent = new Bench([() => null]);
  const before = silent.clock.now();
  t.equal((await silent.find("board.test")).code, "ETIMEOUT");
  t.ok(Math.abs(silent.clock.now() - before - 14_000) <= 10, "2 + 4 + 8 s");
  t.equal(silent.asked.length, 3);
  t.equal(silent.holds.count, 0);
});

t.test("answers to other questions, with other numbers and damaged ones are passed over", async (t) => {
  const bench = new Bench([
    (_, { id = 0 }) => [
      { id: id ^ 1, answers: [a("board.test", "6.6.6.6")] },
      { questions: [{ name: "other.test", type: "A", class: "IN" }], answers: [a("board.test", "6.6.6.6")] },
      { questions: [{ name: "board.test", type: "TXT", class: "IN" }], answers: [a("board.test", "6.6.6.6")] },
      { type: "query" },
      { answers: [a("elsewhere.test", "6.6.6.6"), a("board.test", "192.0.2.9")] },
    ],
  ]);
  t.same((await bench.find("board.test")).records, [{ data: "192.0.2.9", ttl: 60 }]);
});

t.test("servers that refuse, and one that knows no EDNS", async (t) => {
  const rows: [string, string][] = [
    ["SERVFAIL", "ESERVFAIL"],
    ["REFUSED", "EREFUSED"],
  ];
  for (const [rcode, code] of rows) {
    const bench = new Bench([() => ({ rcode })]);
    t.equal((await bench.find("board.test")).code, code, rcode);
    t.equal(bench.stub.cache.size, 0, "and nothing is kept");
  }
  const old = new Bench([
    (_, { additionals = [] }) =>
      additionals.length > 0 ? { rcode: "FORMERR", questions: [] } : { answers: [a("board.test", "192.0.2.9")] },
  ]);
  t.equal((await old.find("board.test")).code, null);
  t.equal(old.asked.length, 2);
  const nobody = new Bench([]);
  t.equal((await nobody.find("board.test")).code, "ECONNREFUSED");
});

t.test("an answer that is too long comes by TCP", async (t) => {
  const texts = Array.from({ length: 20 }, (_, at) => ({
    name: "long.test",
    type: "TXT",
    class: "IN",
    ttl: 60,
    data: [`${at}`.repeat(100)],
  }));
  const bench = new Bench([() => ({ flag_tc: true })]);
  let connections = 0;
  bench.stack.tcp.listen(53, "127.0.0.1", (connection) => {
    // The first one says what nobody asked.
    const wrong = connections++ === 0 ? 1 : 0;
    let all = Buffer.alloc(0);
    return {
      connected() {},
      writable() {},
      ended() {},
      closed() {},
      readable() {
        const chunk = Buffer.alloc(connection.available);
        all = Buffer.concat([all, chunk.subarray(0, connection.read(chunk))]);
        if (all.length < 2 || all.length < 2 + all.readUInt16BE()) return;
        const question: DnsPacket = decode(all.subarray(2));
        const answer = answerTo({ ...question, id: (question.id ?? 0) ^ wrong }, { answers: texts });
        connection.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
      },
    };
  });
  const { code, records } = await bench.find("long.test", "TXT");
  t.same([code, records.length, connections], [null, 20, 2]);
});

t.test("the same question at a time is asked once; cancel ends it; the memory is bounded", async (t) => {
  const bench = new Bench([(question) => ({ answers: [a(question.slice(2), "192.0.2.9", 86_400)] })]);
  const answers = await Promise.all([1, 2, 3].map(() => bench.find("board.test")));
  t.same(
    answers.map(({ code }) => code),
    [null, null, null],
  );
  t.equal(bench.asked.length, 1);
  for (let at = 0; at < 600; at++) await bench.find(`n${at}.test`);
  t.equal(bench.stub.cache.size, 512);
  const silent = new Bench([() => null]);
  const pending = silent.find("board.test");
  silent.stub.cancel();
  t.equal((await pending).code, "ECANCELLED");
});

t.test("the API: kinds of records, errors, servers", async (t) => {
  const records: Record<string, DnsRecord["data"]> = {
    A: "192.0.2.9",
    AAAA: "2001:db8::9",
    MX: { preference: 10, exchange: "mail.test" },
    SRV: { priority: 1, weight: 2, port: 3, target: "srv.test" },
    TXT: ["one", "two"],
    PTR: "board.test",
    NS: "ns.test",
  };
  const bench = new Bench([
    (question) => {
      const [type = "", name = ""] = question.split(" ");
      if (name === "none.test") return { rcode: "NXDOMAIN" };
      return { answers: [{ name, type, class: "IN", ttl: 60, data: records[type] }] };
    },
  ]);
  const api = dns(bench.stack, { servers: ["127.0.0.1"] });
  const ask = async <T>(work: Promise<T>): Promise<T | string> => {
    const settled = work.catch((error: Error) => `${error.message} ${(error as NodeJS.ErrnoException).code}`);
    for (let step = 0; step < 100; step++) await bench.clock.advance(10);
    return settled;
  };
  const { promises } = api;
  t.same(await ask(promises.resolve4("board.test")), ["192.0.2.9"]);
  t.same(await ask(promises.resolve4("board.test", { ttl: true })), [{ address: "192.0.2.9", ttl: 59 }]);
  t.same(await ask(promises.resolve("board.test", "AAAA")), ["2001:db8::9"]);
  t.same(await ask(promises.resolveMx("board.test")), [{ exchange: "mail.test", priority: 10 }]);
  t.same(await ask(promises.resolveSrv("board.test")), [{ name: "srv.test", port: 3, priority: 1, weight: 2 }]);
  t.same(await ask(promises.resolveTxt("board.test")), [["one", "two"]]);
  t.same(await ask(promises.reverse("192.0.2.9")), ["board.test"]);
  t.same(await ask(promises.reverse("2001:db8::9")), ["board.test"]);
  t.equal(await ask(promises.resolve4("none.test")), "queryA ENOTFOUND none.test ENOTFOUND");
  t.same(await ask(promises.lookup("board.test", { all: true })), [
    { address: "2001:db8::9", family: 6 },
    { address: "192.0.2.9", family: 4 },
  ]);
  t.same(await ask(promises.lookup("board.test", 4)), { address: "192.0.2.9", family: 4 });
  t.equal(await ask(promises.lookup("none.test")), "getaddrinfo ENOTFOUND none.test ENOTFOUND");
  t.throws(() => api.resolve("board.test", "BOGUS", () => {}), { code: "ERR_INVALID_ARG_VALUE" });
  t.throws(() => api.resolve4(5, () => {}), { code: "ERR_INVALID_ARG_TYPE" });
  t.throws(() => api.setServers(["nowhere"]), { code: "ERR_INVALID_IP_ADDRESS" });
  api.setServers(["192.0.2.1", "192.0.2.2:5353", "[2001:db8::1]:54"]);
  t.same(api.getServers(), ["192.0.2.1", "192.0.2.2:5353", "[2001:db8::1]:54"]);
});

t.test("without servers of one's own those are asked that the stack is told of", async (t) => {
  const { stack } = new Bench([]);
  const { getServers, setServers } = dns(stack);
  t.same(getServers(), []);
  stack.nameServers.tell("dhcp/eth0", { servers: [ipv4("192.168.10.1"), ipv4("192.168.10.2")] });
  t.same(getServers(), ["192.168.10.1", "192.168.10.2"]);
  setServers(["10.0.0.53"]);
  stack.nameServers.tell("dhcp/eth0", null);
  t.same(getServers(), ["10.0.0.53"], "the program's word goes first");
});
