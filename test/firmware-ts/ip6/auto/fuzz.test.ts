/**
 * Hostile routers and listeners: 50,000 generated advertisements, redirects, queries and claims, sound and broken, to a stack that
 * believes them. Nothing is thrown, no buffer is lost, nothing malformed is sent, and no table grows without bound.
 */
import t from "tap";
import { Scope } from "../../../../firmware-ts/ip/address-type.ts";
import { Dice } from "../../../support/dice.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { line6, na, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, solicitedNode } from "../../../support/wire-format6.ts";
import { mldQuery, mldQuery1, mldReport1, mtuOption, pio, ra, redirect, rio, rs } from "../../../support/wire-routers6.ts";

const FRAMES = 50_000;
const SEED = 4861;
const GROUPS = ["ff02::1:ff00:1", "ff02::99", "ff05::7", "::", "fd00::1"];

class Router extends Dice {
  /** Seconds: none, few, many, without end. */
  seconds(): number {
    return this.one([0, 1, this.below(10_000), this.below(2 ** 32), 0xffffffff]);
  }

  link(): string {
    return this.chance(70)
      ? `fe80::${(2 + this.below(2000)).toString(16)}`
      : this.one([PEER_LL, PEER_IP6, "::", OUR_LL, "ff02::1"]);
  }

  prefix(): string {
    return this.chance(80) ? `2001:db8:${this.below(65_536).toString(16)}::` : this.one(["fe80::", "ff02::", "::", OUR_IP6]);
  }

  options(): number[] {
    return Array.from({ length: this.below(4) }, () => {
      switch (this.below(5)) {
        case 0:
        case 1:
          return pio(this.prefix(), {
            length: this.chance(80) ? 64 : this.below(256),
            flags: this.below(256),
            valid: this.seconds(),
          });
        case 2:
          return rio(this.prefix(), this.below(140), this.seconds(), this.below(4), 1 + this.below(3));
        case 3:
          return mtuOption(this.chance(50) ? 1280 + this.below(220) : this.below(2 ** 32));
        default:
          return [this.below(256), this.chance(90) ? 1 : this.below(256), ...this.bytes(this.chance(95) ? 6 : this.below(20))];
      }
    }).flat();
  }

  frame(lab: Lab6): Uint8Array {
    const about = {
      hops: this.chance(95) ? 255 : this.below(256),
      code: this.chance(97) ? 0 : this.below(256),
      source: this.link(),
    };
    const link = this.chance(80) ? `02:00:00:00:00:${(16 + this.below(200)).toString(16)}` : null;
    switch (this.below(8)) {
      case 0:
      case 1:
      case 2: {
        const timers = { reachable: this.seconds(), retrans: this.seconds(), lifetime: this.below(65_536), limit: this.below(256) };
        return ra({ ...about, ...timers, flags: this.below(256), link, options: this.options() });
      }
      case 3:
        return redirect({
          ...about,
          about: this.prefix(),
          target: this.link(),
          link,
          destination: OUR_LL,
          options: this.options(),
        });
      case 4: {
        const query = { source: this.link(), group: this.one(GROUPS), delay: this.below(65_536), robustness: this.below(256) };
        return this.chance(70) ? mldQuery({ ...query, destination: "ff02::1" }) : mldQuery1({ ...query, destination: "ff02::1" });
      }
      case 5:
        return mldReport1(this.one(GROUPS), { source: this.link(), destination: this.one(["ff02::1", OUR_LL]) });
      case 6:
        return rs({ ...about, link });
      default: {
        // A claim to one of our addresses, which may be asked about still. Without a link-local one nothing else would be answered.
        const own = lab.ip6.addresses.of(lab.eth0).filter(({ scope }) => scope === Scope.GLOBAL);
        const { a, b, c, d } = this.one(own)?.local ?? lab.address(OUR_LL);
        const words = [a, b, c, d].map((part) => `${(part >>> 16).toString(16)}:${(part & 0xffff).toString(16)}`).join(":");
        if (this.chance(50)) return na({ ...about, target: words, destination: "ff02::1", flags: "O", link });
        return ns({ ...about, source: "::", target: words, link: null, destination: solicitedNode(words) });
      }
    }
  }
}

t.test(`${FRAMES} frames`, async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  const { conf } = lab.ip6;
  conf.write(lab.eth0, "accept_ra_rt_info_max_plen", 128);
  lab.ip6.groups.join(lab.eth0, lab.address("ff02::99"));
  const router = new Router(SEED);
  let sent = 0;
  const faults: string[] = [];
  for (let at = 0; at < FRAMES; at++) {
    lab.say(router.frame(lab));
    if (at % 10 === 0) lab.run(router.below(300));
    if (at % 5000 === 0) conf.write(lab.eth0, "forwarding", router.below(4) === 0 ? 1 : 0);
    for (const { bytes } of lab.lab.take()) {
      sent++;
      const line = line6(bytes);
      if (line.includes("FAULT") || line.includes("BROKEN")) faults.push(line);
    }
    if (at % 20_000 === 0) lab.poke("2001:db8:7::7");
  }
  t.same(faults, []);
  t.ok(sent > 300, `${sent} frames sent`);
  t.ok(lab.ip6.addresses.of(lab.eth0).length <= 16, `${lab.ip6.addresses.of(lab.eth0).length} addresses`);
  t.ok(lab.ip6.routes.learned <= 1024, `${lab.ip6.routes.learned} routes`);
  t.ok(lab.stack.neighbours(6).table.entries <= 1024 + 64, `${lab.stack.neighbours(6).table.entries} neighbours`);
  lab.run(100_000);
  t.ok(lab.inUse <= 1, `${lab.inUse} buffers out`);
  await lab.eth0.close();
  lab.run(1000);
  t.same([lab.ip6.routes.list.length, lab.ip6.routes.learned, lab.inUse], [0, 0, 0]);
});
