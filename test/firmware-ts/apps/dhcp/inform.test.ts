/** A server tells a board with an address of its own the rest (RFC 2131 3.4); options of a rig's own. In virtual time. */
import t from "tap";
import { DHCP_DEFAULTS } from "../../../../firmware-ts/apps/dhcp/config.ts";
import { DhcpInform, type InformConfig } from "../../../../firmware-ts/apps/dhcp/inform.ts";
import { words } from "../../../../firmware-ts/apps/dhcp/options.ts";
import { DhcpOption } from "../../../../firmware-ts/apps/dhcp/wire.ts";
import { parseRig, RigError } from "../../../../firmware-ts/board/rig-file.ts";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { formatIp } from "../../../../firmware-ts/ip/endpoint.ts";
import { DhcpBench, SERVER } from "../../../support/dhcp-bench.ts";

const ALL = "255.255.255.255";
const OWN = "192.168.10.9";
const TOLD = new Map([
  [DhcpOption.NAME_SERVER, words(0x0a000035)],
  [DhcpOption.DOMAIN_NAME, new TextEncoder().encode("a.test")],
  [42 as DhcpOption, words(0x0a00007b)],
]);

function inform(bench: DhcpBench, config: Partial<InformConfig> = {}): DhcpInform {
  const { context } = bench;
  const { identity } = DHCP_DEFAULTS;
  return bench.start(new DhcpInform(context.on("eth0"), { identity, delay: 0, device: "eth0", ...config }, context));
}

t.test(
  "one question, one answer: name servers, domain, routes; no address, and nobody is told that the port is closed",
  async (t) => {
    const bench = await DhcpBench.open({ server: { options: TOLD } });
    bench.lab.stack.addAddress(bench.device, `${OWN}/24`);
    const app = inform(bench, { request: [42, 99], hostname: "node-9" });
    bench.run(10);
    const { dhcp } = bench.heard();
    t.same(
      dhcp.map(({ type, from, to, ciaddr }) => [type, from, to, ciaddr]),
      [
        [8, OWN, ALL, OWN],
        [5, SERVER, OWN, OWN],
      ],
    );
    const [{ options } = { options: new Map() }] = dhcp;
    t.notOk(options.has(50) || options.has(51) || options.has(54), "as RFC 2131 table 5 has it");
    t.equal(String.fromCharCode(...(options.get(12) ?? [])), "node-9");
    t.same(options.get(55)?.slice(-2), [42, 99]);
    const { stack } = bench.lab;
    t.same([stack.nameServers.list.map(formatIp), stack.nameServers.domain], [["10.0.0.53"], "a.test"]);
    t.equal(formatIpv4(stack.ip.routes.lookup(0x08080808)?.gateway ?? 0), SERVER);
    t.same(bench.addresses, [`${OWN}/24`]);
    t.match(bench.events.splice(0), [{ change: "informed", address: `${OWN}/24`, server: SERVER, options: { 42: "0a00007b" } }]);
    t.equal(stack.ip.counters.icmp.outType[3], 0);
    bench.run(3600);
    t.same(bench.said(), [], "nothing more is asked");
    // Another network, perhaps.
    bench.lab.nic.port.plugged = false;
    bench.run(1);
    bench.lab.nic.port.plugged = true;
    bench.run(5);
    t.same(bench.said(), [`INFORM > ${ALL}`, `ACK > ${OWN}`]);
    app.stop();
    t.same(stack.nameServers.list, []);
    t.equal(stack.ip.routes.lookup(0x08080808), null);
    await bench.close();
  },
);

t.test("no address yet: it waits for one; no server: four questions", async (t) => {
  const bench = await DhcpBench.open();
  bench.server.silent = true;
  inform(bench);
  bench.run(20);
  t.same(bench.said(), []);
  bench.lab.stack.addAddress(bench.device, `${OWN}/24`);
  bench.run(600);
  t.equal(bench.said().length, 4);
  t.same(
    bench.events.map(({ change, reason }) => [change, reason]),
    [["silent", "it is not asked any more until the link comes anew"]],
  );
  await bench.close();
});

t.test("options of one's own are sent, asked for, told and kept", async (t) => {
  const bench = await DhcpBench.open({ server: { options: TOLD } });
  bench.dhcp({ client: "node-7", send: ["77=field", "43=0x0104ff"], request: [42] });
  bench.run(12);
  for (const { options } of bench.heard().dhcp.filter(({ type }) => type === 1 || type === 3)) {
    t.same(
      options.get(61),
      [0, ..."node-7"].map((octet) => (typeof octet === "string" ? octet.charCodeAt(0) : octet)),
    );
    t.equal(String.fromCharCode(...(options.get(77) ?? [])), "field");
    t.same(options.get(43), [1, 4, 255]);
    t.equal(options.get(55)?.at(-1), 42);
  }
  t.match(bench.events, [{ change: "got", options: { 42: "0a00007b" } }]);
  await bench.close();
  const again = await DhcpBench.open({ leases: bench.leases });
  again.server.silent = true;
  again.dhcp({ client: "0x00ab", request: [42] });
  again.run(25);
  t.same(again.heard().dhcp[0]?.options.get(61), [0, 0xab]);
  t.match(again.events, [{ change: "got", reason: "no server answers", options: { 42: "0a00007b" } }]);
  await again.close();
});

t.test("what is wrong with them is said where it is", async (t) => {
  const refusals = (own: string): string[] => {
    try {
      parseRig(`devices: { eth0: { driver: enc28j60, bus: { kind: sim } } }\napps: [{ kind: dhcp, device: eth0, ${own} }]\n`, "f");
      return [];
    } catch (error) {
      if (error instanceof RigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
      throw error;
    }
  };
  for (const [own, ...wanted] of [
    ["send: [77=field, 43=0x01], request: [42], client: node-7"],
    ["send: [12=me]", "apps[0].send: 12=me: the client writes this one itself; say hostname"],
    ["send: [53=1]", "apps[0].send: 53=1: the client writes this one itself"],
    ["send: [77=a, 77=b]", "apps[0].send: 77=b: option 77 is there already"],
    ["send: [255=a]", "apps[0].send: 255=a: options have the numbers 1 to 254"],
    ["send: [43=0x012]", "apps[0].send[0]: 43=0x012: a number and a text, or octets as 43=0x0104 belong here; say e.g. 77=field"],
    ["request: [0]", "apps[0].request[0]: 0: not a whole number from 1 to 254"],
    ['client: "0x1"', "apps[0].client: 0x1: a text, or octets as 0x0102 belong here; say e.g. node-7"],
  ] as [string, ...string[]][]) {
    t.strictSame(refusals(own), wanted, own);
  }
});
