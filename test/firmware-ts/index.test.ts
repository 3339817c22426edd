/** The package as a user imports it: every name that its types need is there. test/doors shows that the examples of its doors work. */
import t from "tap";
import { Enc28j60, PacketController, type SpiBus } from "../../drivers/index.ts";
import {
  benchRig,
  CaptureFile,
  ControlServer,
  linePoint,
  parseRig,
  type Rig,
  System,
  type SystemListener,
  startSystem,
  Telemetry,
} from "../../firmware-ts/board/index.ts";
import { ControlClient, RpcClient, stackMethods, writeSysctl } from "../../firmware-ts/control/index.ts";
import {
  type Clock,
  type ControllerHost,
  type EthernetController,
  EthernetSegment,
  ipv4,
  LinkStatistics,
  Nud,
  nudName,
  parseMac,
  type Random,
  type ReceiveMode,
  SeededRandom,
  SkBuff,
  SkBuffPool,
  SOFTWARE_CAPABILITIES,
  Stack,
  SystemClock,
  VirtualClock,
  WireNic,
} from "../../firmware-ts/index.ts";
import { Enc28j60Chip, SimulatedSpiBus } from "../../hal/simulated/index.ts";

t.test("two stacks on a wire: one request for an hour", async (t) => {
  const printed: unknown[][] = [];
  const console = { log: (...words: unknown[]) => void printed.push(words) };

  const clock = new VirtualClock();
  const random = new SeededRandom(7);
  const wire = new EthernetSegment(clock, random.fork("wire"));

  async function host(name: string, mac: string, cidr: string): Promise<Stack> {
    const stack = new Stack({ clock, random: random.fork(name) });
    const eth0 = stack.addDevice("eth0", new WireNic(clock, wire, name, parseMac(mac)!));
    await eth0.open();
    stack.addAddress(eth0, cidr);
    return stack;
  }
  const board = await host("board", "02:00:00:00:00:01", "10.0.0.1/24");
  const gateway = await host("gateway", "02:00:00:00:00:02", "10.0.0.2/24");

  gateway.udp.open(8094).onDatagram = (_bytes, _at, length) => console.log(length);
  const socket = board.udp.open();
  socket.onFate = (cookie, { status }) => console.log(cookie, status);
  const collector = socket.to("10.0.0.2", 8094);
  t.equal(socket.send(new Uint8Array(10), collector, 1).status, "queued");
  await clock.advance(3_600_000);
  t.same(printed, [[1, "sent"], [10]]);
  t.match(board.neighbours(4).counters(board.devices[0]!), { requestsBroadcast: 1, requestsUnicast: 0 });
  await board.close();
  await gateway.close();
});

t.test("a chip in place of the ideal controller, and the example of Stack", async (t) => {
  const clock = new VirtualClock();
  const wire = new EthernetSegment(clock, new SeededRandom(7));
  wire.attach("far end", { wireFrame: () => {}, wireLink: () => {} });
  const chip = new Enc28j60Chip(clock, wire, "eth0");
  const bus: SpiBus = new SimulatedSpiBus(chip, clock);
  const address = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const controller: EthernetController = new Enc28j60(bus, clock, { address, interrupt: chip.interrupt });

  const stack = new Stack({ clock, random: new SeededRandom(7) });
  const eth0 = stack.addDevice("eth0", controller);
  const opened = eth0.open();
  await clock.advance(1000);
  await opened;
  stack.addAddress(eth0, "192.168.10.10/24");
  stack.addRoute({ to: "default", via: "192.168.10.1" });
  const entry = stack.addNeighbour("192.168.10.1", "02:00:5e:10:00:fe", eth0);
  const socket = stack.udp.open();
  t.same(socket.send(Uint8Array.of(1), socket.to("192.168.10.1", 8094)), { status: "sent", reason: "" });
  t.same(socket.send(Uint8Array.of(1), socket.to("1.1.1.1", 8094)), { status: "sent", reason: "" });
  t.equal(nudName(entry.nudState), "PERMANENT");
  t.equal(entry.nudState, Nud.PERMANENT);
  await stack.close();
});

t.test("what whohas run brings up, from a library's side", async (t) => {
  const clock = new VirtualClock();
  const rig: Rig = parseRig("devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.5/24] } }", "rig.yaml");
  let ready = 0;
  const listener: SystemListener = { ready: () => void ready++, device: () => {}, datagram: () => {} };
  const system = await System.make(rig, { clock, listener });
  await startSystem(system);
  writeSysctl(system.stack, "net.ipv4.neigh.eth0.locktime", "0");
  t.same([ready, stackMethods(system.stack).has("neigh.show"), benchRig().name], [1, true, "bench"]);
  await system.stop();
});

t.test("a controller of one's own needs nothing but the package", async (t) => {
  /** Loses everything. */
  class Sink implements EthernetController {
    readonly driver = "sink";
    readonly description = "a sink";
    readonly simulated = true;
    readonly address: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 9);
    readonly capabilities = SOFTWARE_CAPABILITIES;
    readonly statistics: LinkStatistics = new LinkStatistics();
    async open(host: ControllerHost): Promise<void> {
      host.carrier(true);
    }
    async close(): Promise<void> {}
    transmit(skb: SkBuff): boolean {
      skb.consume();
      return true;
    }
    poll(_budget: number): number {
      return 0;
    }
    setReceiveMode(_mode: ReceiveMode): void {}
  }
  const clock: Clock = new VirtualClock();
  const random: Random = new SeededRandom(1);
  const stack = new Stack({ clock, random });
  const eth0 = stack.addDevice("eth0", new Sink());
  await eth0.open();
  stack.addAddress(eth0, "10.0.0.1/24");
  stack.addNeighbour("10.0.0.2", "02:00:00:00:00:02", eth0);
  const socket = stack.udp.open();
  t.equal(socket.send(Uint8Array.of(1), socket.to("10.0.0.2", 9)).status, "sent");
  await stack.close();
});

t.test("the rest of the surface is there", async (t) => {
  t.equal(ipv4("10.0.0.2"), 0x0a000002);
  for (const made of [
    CaptureFile,
    ControlClient,
    ControlServer,
    PacketController,
    RpcClient,
    SkBuff,
    SkBuffPool,
    SystemClock,
    Telemetry,
  ]) {
    t.type(made, "function");
  }
  t.type(linePoint, "function");
});
