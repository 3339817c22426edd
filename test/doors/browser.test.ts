/** The door `whohas` in a browser: bundled by esbuild, run where there is nothing but what browsers have. */
import { createContext, runInContext } from "node:vm";
import t from "tap";
import { browserBundle } from "../support/bundle.ts";

const PAGE = `
  const { EthernetSegment, parseMac, SeededRandom, Stack, SystemClock, VirtualClock, WireNic } = whohas;

  /** Two stacks on a wire; resolves with what happened when a datagram of one has reached the other. */
  async function talk(clock) {
    const said = [];
    const random = new SeededRandom(7);
    const wire = new EthernetSegment(clock, random.fork("wire"), { latency: 1 });
    const host = async (name, mac, cidr) => {
      const stack = new Stack({ clock, random: random.fork(name) });
      const eth0 = stack.addDevice("eth0", new WireNic(clock, wire, name, parseMac(mac)));
      await eth0.open();
      stack.addAddress(eth0, cidr);
      return stack;
    };
    const board = await host("board", "02:00:00:00:00:01", "10.0.0.1/24");
    const gateway = await host("gateway", "02:00:00:00:00:02", "10.0.0.2/24");
    const arrived = new Promise((resolve) => {
      gateway.udp.open(8094).onDatagram = (bytes, at, length) => {
        said.push(new TextDecoder().decode(bytes.subarray(at, at + length)));
        resolve();
      };
    });
    const socket = board.udp.open();
    socket.onFate = (cookie, { status }) => said.push(cookie + " " + status);
    said.push(socket.send(new TextEncoder().encode("hello"), socket.to("10.0.0.2", 8094), 1).status);
    if (clock instanceof VirtualClock) await clock.advance(1000);
    await arrived;
    await board.close();
    await gateway.close();
    if (clock instanceof SystemClock) clock.stop();
    return said.join(", ");
  }
`;

/** Channels of pages. In Node an open one keeps the process alive. */
const channels: InstanceType<typeof MessageChannel>[] = [];
t.teardown(() => {
  for (const { port1 } of channels) port1.close();
});

/** A context with what browsers have, as browsers have it: a timeout is a number. */
function page(): object {
  const timeouts = new Map<number, NodeJS.Timeout>();
  let last = 0;
  return createContext({
    setTimeout: (callback: () => void, delay: number): number => {
      timeouts.set(++last, setTimeout(callback, delay));
      return last;
    },
    clearTimeout: (id: number) => clearTimeout(timeouts.get(id)),
    queueMicrotask,
    performance: { now: () => performance.now() },
    MessageChannel: class extends MessageChannel {
      constructor() {
        super();
        channels.push(this);
      }
    },
    TextEncoder,
    TextDecoder,
  });
}

t.test("two stacks resolve and talk in a page", async (t) => {
  const code = await browserBundle("firmware-ts/index.ts");
  t.notMatch(code, /\brequire\(|from "node:/, "nothing of Node is asked for");
  for (const clock of ["VirtualClock", "SystemClock"]) {
    const context = page();
    runInContext(code, context);
    runInContext(PAGE, context);
    const said = (await runInContext(`talk(new whohas.${clock}())`, context)) as string;
    t.match(said, /^queued, (1 sent, hello|hello, 1 sent)$/, clock);
  }
});

t.test("chip models and the control methods bundle for a browser too", async (t) => {
  for (const door of ["hal/simulated/index.ts", "firmware-ts/control/index.ts", "firmware-ts/control/iproute/index.ts"])
    t.not(await browserBundle(door), "", door);
});
