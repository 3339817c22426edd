/** Static and live entries survive floods, table pressure and a cable that comes and goes. The figures are the project's own. */
import t from "tap";
import { writeNeighParameter } from "../../../firmware-ts/neigh/parameter-files.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, BROADCAST, T1 } from "../../support/wire-format.ts";

const GATEWAY = "10.0.0.2";
const GATEWAY_MAC = T1;
const FRAMES = 100_000;
/** A /16 holds as many as a scan can ask for. */
const WIDE = "10.0.0.1/8";

function address(n: number): string {
  return `10.${1 + ((n >> 16) & 127)}.${(n >> 8) & 255}.${n & 255}`;
}

function station(n: number): string {
  return `02:00:${[24, 16, 8, 0].map((shift) => ((n >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;
}

t.test(
  `a static entry outlives ${FRAMES} ARP frames of random hosts, gratuitous ones for its own address among them`,
  async (t) => {
    const lab = await Lab.open({ addresses: [WIDE] });
    lab.stack.addNeighbour(GATEWAY, GATEWAY_MAC, lab.eth0);
    const random = new SeededRandom(1);
    const before = lab.events.length;
    for (let sent = 0; sent < FRAMES; sent++) {
      const sip = random.below(8) === 0 ? GATEWAY : address(random.below(1 << 22));
      const sha = station(random.below(1 << 30));
      const tip = [sip, "10.0.0.1", address(random.below(1 << 22))][random.below(3)] as string;
      const fields = { sip, sha, tip };
      const frame = random.below(2) ? arp(fields) : arpReply({ ...fields, to: BROADCAST, tha: sha });
      lab.port.transmit(frame, 0, frame.length);
      if (sent % 500 === 499) {
        lab.run(20);
        lab.take();
      }
    }
    lab.run(1000);
    lab.take();
    const told = lab.events.slice(before).filter((event) => event.includes(` ${GATEWAY} `));
    t.same(told, [], "nothing was told of it: it never changed");
    t.equal(lab.state(GATEWAY), "PERMANENT");
    t.ok(lab.stack.neighbours(4).table.gc.entries <= 1024, `${lab.stack.neighbours(4).table.gc.entries} others`);
    t.equal(lab.poke(GATEWAY), "sent");
    t.match(
      lab.heard(),
      [/ udp 10\.0\.0\.1 10\.0\.0\.2:9 hi > T1$/],
      "a datagram to the address that was configured, and no question",
    );
    t.equal(lab.inUse, 0);
  },
);

t.test("a static entry outlives a cable that comes and goes a hundred times", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour(GATEWAY, GATEWAY_MAC, lab.eth0);
  lab.poke("10.0.0.3");
  lab.say(arpReply({ sip: "10.0.0.3" }));
  for (let flap = 0; flap < 100; flap++) {
    lab.port.plugged = false;
    lab.run(50);
    lab.port.plugged = true;
    lab.run(50);
  }
  t.same([lab.state(GATEWAY), lab.state("10.0.0.3")], ["PERMANENT", "-"], "what was learned goes with the link");
  lab.take();
  t.equal(lab.poke(GATEWAY), "sent");
  t.equal(lab.heard().length, 1);
});

t.test("live entries in use are not starved by a scan of 65,536 addresses", async (t) => {
  const lab = await Lab.open({ addresses: [WIDE] });
  const live = Array.from({ length: 16 }, (_, n) => `10.0.0.${10 + n}`);
  writeNeighParameter(lab.stack.neighbours(4).table.parametersOf(lab.eth0), "base_reachable_time", "3600");
  for (const host of live) {
    lab.poke(host);
    lab.say(arpReply({ sip: host }));
  }
  lab.take();
  // The scan is not to be held up by its own send buffer.
  lab.socket.sendBuffer = Number.MAX_SAFE_INTEGER;
  let most = 0;
  for (let scanned = 0; scanned < 65_536; scanned++) {
    lab.poke(address(scanned));
    most = Math.max(most, lab.stack.neighbours(4).table.gc.entries);
    if (scanned % 64 === 63) {
      lab.run(25);
      lab.take();
    }
  }
  t.ok(most <= 1024, `${most} entries at most`);
  t.same(new Set(live.map((host) => lab.state(host))), new Set(["REACHABLE"]));
  lab.take();
  t.same(new Set(live.map((host) => lab.poke(host))), new Set(["sent"]));
  t.ok(
    lab.heard().every((line) => !line.includes("who-has")),
    "nobody is asked for again",
  );
  lab.run(4000);
  t.equal(lab.inUse, 0, "every buffer of the scan came back");
});
