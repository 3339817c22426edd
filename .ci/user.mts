/** A page's program as its author's compiler sees it: strict, with types of the browser and none of Node. use-package.mjs compiles it. */
import { type DatagramHandler, EthernetSegment, macAddress, SeededRandom, Stack, SystemClock, type UdpSocket, WireNic } from "whohas";
import { ControlClient, LocalCaller, stackMethods } from "whohas/control";
import { runIp } from "whohas/iproute";
import { E1000Chip } from "whohas/models";

const clock = new SystemClock();
const wire = new EthernetSegment(clock, new SeededRandom(7));
const mac: Uint8Array = macAddress("02:00:00:00:00:01");
const stack = new Stack({ clock, random: new SeededRandom(1) });
await stack.addDevice("eth0", new WireNic(clock, wire, "board", mac)).open();
new E1000Chip(clock, wire, "chip", { mac });

const socket: UdpSocket = stack.udp.open();
const handler: DatagramHandler = (bytes, at, length) => document.title = `${bytes[at]} ${length}`;
socket.onDatagram = handler;
const client = new ControlClient(new LocalCaller(stackMethods(stack)));
const [first] = await client.call("neigh.show");
const destination: string | undefined = first?.dst;
await runIp(["neigh", "show", destination ?? ""], { caller: client, print: (line) => document.write(line), wallTime: () => clock.wallTime() });
