/** Echo requests: identifiers, the octets that go out, what comes back to whom, and what a sender is told that nobody answers. */
import t from "tap";
import { formatIp } from "../../../firmware-ts/ip/endpoint.ts";
import { Ip6Interner } from "../../../firmware-ts/ip/ip6.ts";
import { IpLayers } from "../../../firmware-ts/ip/layers.ts";
import { Ping } from "../../../firmware-ts/transport/ping.ts";
import { Lab, say } from "../../support/lab.ts";
import { icmp, T1 } from "../../support/wire-format.ts";

t.test("identifiers: one after the other, 65,536 of them, and those that were given back", async (t) => {
  const lab = await Lab.open();
  const ping = new Ping(lab.stack.network, new IpLayers([], new Ip6Interner(1)), []);
  const pingers = Array.from({ length: 65_535 }, () => ping.open());
  t.ok(pingers.every(({ id }, at) => id === at + 1));
  t.same([ping.full, ping.open().id, ping.full], [false, 0, true], "the last one");
  t.throws(() => ping.open(), RangeError);
  for (const id of [7, 3]) pingers[id - 1]?.close();
  t.same([ping.open().id, ping.open().id, ping.full], [3, 7, true]);
});

t.test("a request: its octets count up; the answer comes to its pinger and to no other", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const [first, second] = [lab.stack.ping.open(), lab.stack.ping.open()];
  const heard: unknown[] = [];
  first.onReply = ({ source, sequence, ttl, bytes }) => heard.push(["first", formatIp(source), sequence, ttl, bytes]);
  second.onReply = ({ sequence }) => heard.push(["second", sequence]);
  const to = lab.stack.ping.to("10.0.0.2");
  t.same(say(first.send(to, 9, 300)), "sent");
  lab.run(1);
  const [frame] = lab.take();
  const data = frame?.bytes.subarray(42) ?? new Uint8Array(0);
  t.same([data.length, data.every((octet, at) => octet === (at & 0xff))], [300, true]);
  lab.say(icmp({ icmpType: 0, icmpId: first.id, sequence: 9, ttl: 61 }, [1, 2, 3]));
  lab.say(icmp({ icmpType: 0, icmpId: second.id, sequence: 4 }, []));
  lab.say(icmp({ icmpType: 0, icmpId: 4711, sequence: 5 }, []));
  first.close();
  lab.say(icmp({ icmpType: 0, icmpId: first.id, sequence: 10 }, []));
  t.same(heard, [
    ["first", "10.0.0.2", 9, 61, 8 + 3],
    ["second", 4],
  ]);
});

t.test("what cannot go is said at once, what fails later once, by its sequence number", async (t) => {
  const lab = await Lab.open();
  const pinger = lab.stack.ping.open();
  const failed: string[] = [];
  pinger.onFailure = (sequence, result) => failed.push(`${sequence} ${say(result)}`);
  t.equal(say(pinger.send(lab.stack.ping.to("198.51.100.7"), 1, 8)), "failed IP_OUTNOROUTES");
  const to = lab.stack.ping.to("10.0.0.2");
  t.equal(say(pinger.send(to, 2, 65_508)), "failed PKT_TOO_BIG");
  t.equal(say(pinger.send(to, 3, 1472)), "queued", "as much as there is room for");
  t.same(failed, []);
  lab.run(3000);
  t.same(failed, ["3 failed NEIGH_FAILED"]);
  // The ICMP error to ourselves has its turn.
  lab.run(0);
  t.equal(lab.inUse, 0);
});
