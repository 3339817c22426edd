/** Addresses over time: lifetimes by the stack's clock, the other end of a point-to-point link, what follows a primary address. */
import t from "tap";
import { type AddressOptions, type InterfaceAddress, ipv4, Stack, VirtualClock } from "../../../../firmware-ts/index.ts";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { EthernetSegment } from "../../../../hal/simulated/segment.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";
import { CountingClock } from "../../../support/counting-clock.ts";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";

/** Each address with its flags and the seconds that are left. */
function shown({ stack, eth0 }: Lab): string[] {
  return stack.ip.addresses.of(eth0).map(({ local, prefixLength, secondary, lifetime }) => {
    const flags = [secondary && "secondary", lifetime.deprecated && "deprecated", lifetime.dynamic && "dynamic"];
    const left = [lifetime.validLeft, lifetime.preferredLeft];
    return [`${formatIpv4(local)}/${prefixLength}`, ...flags.filter((flag) => flag !== false), left.join("/")].join(" ");
  });
}

t.test("lifetimes: deprecated after the preferred one, gone with its routes after the valid one", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  stack.addAddress(eth0, "10.1.0.1/24", { lifetimes: { valid: 20, preferred: 10 } });
  stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.9", source: "10.1.0.1" });
  lab.run(9999);
  t.same(shown(lab), ["10.0.0.1/24 Infinity/Infinity", "10.1.0.1/24 dynamic 11/1"]);
  lab.run(1);
  t.same(shown(lab)[1], "10.1.0.1/24 deprecated dynamic 10/0");
  t.equal(lab.poke("10.1.0.2"), "queued", "a deprecated address is used");
  lab.run(9999);
  t.same([shown(lab)[1], stack.ip.routes.list.length], ["10.1.0.1/24 deprecated dynamic 1/0", 3]);
  lab.run(1);
  t.same([shown(lab), stack.ip.routes.list.length], [["10.0.0.1/24 Infinity/Infinity"], 1]);
  t.notOk(stack.ip.isLocal(ipv4("10.1.0.1")));
});

t.test("with the last address that has an end goes the timer", async (t) => {
  const clock = new CountingClock(new VirtualClock());
  const random = new SeededRandom(1);
  const wire = new EthernetSegment(new VirtualClock(), random);
  const stack = new Stack({ clock, random });
  const eth0 = stack.addDevice("eth0", new WireNic(clock, wire, "eth0", Uint8Array.of(2, 0, 0, 0, 0, 1)));
  const before = clock.armed;
  stack.addAddress(eth0, "10.1.0.1/24", { lifetimes: { valid: 20, preferred: 10 } });
  t.equal(clock.armed, before + 1);
  stack.removeAddress(eth0, "10.1.0.1/24");
  t.equal(clock.armed, before);
});

t.test("lifetimes that are given anew count from then on; without an end nothing happens", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const { fib } = lab.stack.ip;
  const add = (cidr: string, lifetimes: AddressOptions["lifetimes"] & object) =>
    lab.stack.addAddress(lab.eth0, cidr, { lifetimes }) as InterfaceAddress;
  const renewed = add("10.1.0.1/24", { valid: 20, preferred: 10 });
  const kept = add("10.2.0.1/24", { valid: 20, preferred: 10 });
  const ended = add("10.3.0.1/24", {});
  add("10.4.0.1/24", { preferred: 10 });
  add("10.5.0.1/24", { preferred: 0 });
  lab.run(15_000);
  fib.changeAddress(renewed, { lifetimes: { valid: 30, preferred: 20 } });
  fib.changeAddress(kept, {});
  fib.changeAddress(ended, { lifetimes: { valid: 10, preferred: 10 } });
  lab.run(10_000);
  const forever = ["10.2.0.1/24 Infinity/Infinity", "10.4.0.1/24 Infinity/Infinity", "10.5.0.1/24 deprecated Infinity/Infinity"];
  t.same(shown(lab), ["10.1.0.1/24 dynamic 20/10", ...forever]);
  lab.run(19_999);
  t.same(shown(lab)[0], "10.1.0.1/24 deprecated dynamic 1/0");
  lab.run(1);
  t.same(shown(lab), forever);
  lab.run(1e6);
  t.same(shown(lab), forever, "an address that stays is never deprecated by time");
  t.throws(() => add("10.6.0.1/24", { valid: 0, preferred: 0 }), { code: "LIFETIME_INVALID", errno: "EINVAL" });
  t.throws(() => add("10.6.0.1/24", { valid: 10 }), { code: "LIFETIME_INVALID" });
  t.throws(() => fib.changeAddress(kept, { lifetimes: { valid: 10, preferred: 11 } }), { code: "LIFETIME_INVALID" });
  t.same(shown(lab), forever, "a refusal changes nothing");
  add("10.6.0.1/24", { valid: 1, preferred: 0 });
  t.ok(shown(lab).includes("10.6.0.1/24 deprecated dynamic 1/0"), "a second is long enough");
  lab.run(1000);
  t.same(shown(lab), forever);
});

t.test("the lifetimes of an address that was taken away do not reach its successor", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const { stack, eth0 } = lab;
  stack.addAddress(eth0, "10.1.0.1/24", { lifetimes: { valid: 4_294_967_294, preferred: 1 } });
  stack.addAddress(eth0, "10.2.0.1/24", { lifetimes: { valid: 5, preferred: 5 } });
  stack.removeAddress(eth0, "10.2.0.1/24");
  stack.addAddress(eth0, "10.2.0.1/24");
  lab.run(10_000);
  t.same(shown(lab), ["10.1.0.1/24 deprecated dynamic 4294967284/0", "10.2.0.1/24 Infinity/Infinity"]);
});

t.test("a primary address that expires takes its secondary ones along, or makes the first of them primary", async (t) => {
  for (const promote of [0, 1]) {
    const lab = await Lab.open({ addresses: [] });
    const { stack, eth0 } = lab;
    stack.ip.conf.write(eth0, "promote_secondaries", promote);
    stack.addAddress(eth0, "10.0.0.1/24", { lifetimes: { valid: 10, preferred: 10 } });
    stack.addAddress(eth0, "10.0.0.2/24", { lifetimes: { valid: 10, preferred: 5 } });
    stack.addAddress(eth0, "10.0.0.3/24");
    stack.addAddress(eth0, "10.0.0.4/24");
    stack.addAddress(eth0, "10.9.0.1/24");
    lab.run(9999);
    t.equal(shown(lab).length, 5);
    lab.run(1);
    const left = promote ? ["10.0.0.3/24 Infinity/Infinity", "10.0.0.4/24 secondary Infinity/Infinity"] : [];
    t.same(shown(lab), ["10.9.0.1/24 Infinity/Infinity", ...left]);
    lab.poke("10.0.0.77");
    const asked = lab.heard().filter((line) => line.includes("who-has 10.0.0.77 tell 10.0.0.3"));
    t.equal(asked.length > 0, promote === 1, "the source of the subnet's route follows");
  }
});

t.test("the other end of a point-to-point link is asked for, by the address of ours that belongs to it", async (t) => {
  const lab = await Lab.open();
  lab.stack.addAddress(lab.eth0, "10.5.0.1/32", { peer: ipv4("10.6.0.2"), broadcast: 0 });
  t.equal(lab.poke("10.6.0.2"), "queued");
  t.match(lab.heard(), [/who-has 10\.6\.0\.2 tell 10\.5\.0\.1/]);
  t.equal(lab.poke("10.6.0.3"), "failed IP_OUTNOROUTES");
  t.ok(lab.stack.ip.isLocal(ipv4("10.5.0.1")));
  t.notOk(lab.stack.ip.isLocal(ipv4("10.6.0.2")));
});

t.test("40 addresses of one subnet are flushed, promoted or not", async (t) => {
  for (const promote of [0, 1]) {
    const lab = await Lab.open({ addresses: [] });
    const operator = new Operator(lab.stack);
    lab.stack.ip.conf.write(lab.eth0, "promote_secondaries", promote);
    for (let at = 0; at < 40; at++) lab.stack.addAddress(lab.eth0, `10.0.1.${at + 1}/16`);
    t.match(await operator.type("ip -s address flush dev eth0"), /deleting 40 addresses/);
    t.same(lab.stack.ip.routes.localList, []);
  }
});
