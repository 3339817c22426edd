/** log_martians in a running system: the kernel's lines reach its listener and its reports, and none after its end. */
import t from "tap";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";
import { System, startSystem } from "../../../firmware-ts/board/system.ts";
import { jsonReport, textReport } from "../../../firmware-ts/cli/work/run-report.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { arp } from "../../support/wire-format.ts";

const RIG = `board: { io: none }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.1/24] } }
sysctl: { net.ipv4.conf.eth0.log_martians: 1 }
`;

t.test("a packet from our own address", async (t) => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const options = { print: (line: string) => void lines.push(line), quiet: false, socket: null, name: "t", metrics: null };
  const [text, json] = [textReport(options), jsonReport(options)];
  const listener = {
    ready: () => {},
    device: () => {},
    datagram: () => {},
    log: (line: string): void => {
      text.log?.(line);
      json.log?.(line);
    },
  };
  const system = await System.make(parseRig(RIG, "test.yaml"), { clock, listener });
  await startSystem(system);
  const port = system.wire("eth0")?.attach("tester", { wireFrame: () => {}, wireLink: () => {} });
  const say = async (): Promise<void> => {
    port?.transmit(arp({ sip: "10.0.0.1" }), 0, 42);
    await clock.advance(100);
  };
  await say();
  const martian = "IPv4: martian source 10.0.0.1 from 10.0.0.1, on dev eth0";
  const header = "ll header: 00000000: ff ff ff ff ff ff 02 00 00 00 00 02 08 06";
  t.same(lines, [martian, `{"event":"log","text":"${martian}"}`, header, `{"event":"log","text":"${header}"}`]);
  await system.stop();
});
