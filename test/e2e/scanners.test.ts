/**
 * nmap, nping and hping3 (Debian's) at this machine's kernel and at our stack, without TCP: they see the same of both. Times, identifications
 * and link addresses are left out.
 */
import t from "tap";
import { PacketController } from "../../drivers/packet/packet.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { missingForNetns, missingPrograms, run, VethPair } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { adopt, ended } from "../support/whohas.ts";

const [SCANNER, TARGET] = ["10.9.0.1", "10.9.0.2"];

/** Each has a source address of its own, FROM, so that all of them can look at the target at once. */
const COMMANDS: readonly string[] = [
  ...["-PE", "-PP", "-PM"].map((probe) => `nmap -n -sn --send-ip -e far0 -S FROM ${probe} ${TARGET}`),
  `nmap -n -Pn --send-ip -e far0 -S FROM -sO --scan-delay 1ms -p 1,17,41,47,50,89,132,253 ${TARGET}`,
  `nmap -n -Pn --send-ip -e far0 -S FROM -sU --scan-delay 1ms -p 7,9,53 ${TARGET}`,
  `nping -e far0 -S FROM -c 1 --icmp --icmp-type timestamp ${TARGET}`,
  `nping -e far0 -S FROM -c 1 --icmp --icmp-type echo --ip-options R ${TARGET}`,
  `nping -e far0 -S FROM -c 1 --udp -p 9 ${TARGET}`,
  `nping -e far0 -S FROM -c 1 --icmp --icmp-type echo --data-length 3000 --mtu 1400 ${TARGET}`,
  `hping3 -I far0 -a FROM -c 1 --icmp-ts ${TARGET}`,
  `hping3 -I far0 -a FROM -c 1 --icmp -f -d 64 ${TARGET}`,
];
/** The first source, and how many look at the target at a time. */
const FIRST = 100;
const AT_ONCE = 5;

/** Drawn numbers, times and link addresses. */
const DRAWN: readonly (readonly [RegExp, string])[] = [
  [/^(Starting|Nmap done|Nping done|MAC Address|round-trip|Max rtt|Raw packets|RCVD|SENT) ?.*$/gm, ""],
  [/\b(id|ipid|seq|rtt|icmp_seq|time|orig|recv|trans|Originate|Receive|Transmit)[=:] ?-?[\d.]+( ?ms)?/g, "$1"],
  [/\(-?[\d.]+m?s latency\)/g, ""],
  // A short frame has padding on our wire, and none on the kernel's.
  [/^len=\d+ /gm, ""],
  [/^nping_event_handler.*$/gm, ""],
  [/in [\d.]+ seconds/g, ""],
  [/ICMP timestamp RTT tsrtt=\d+/g, ""],
];
const RECEIVED = /^RCVD \([\d.]+s\) (.*?)(?: id=\d+)?(?: iplen=\d+.*)?\]?$/gm;

function seen(text: string): string {
  const received = [...text.matchAll(RECEIVED)].map(([, what = ""]) => what);
  const rest = DRAWN.reduce((left, [drawn, word]) => left.replaceAll(drawn, word), text);
  const lines = [
    ...rest.split("\n"),
    ...received.map((line) => DRAWN.reduce((left, [drawn, word]) => left.replaceAll(drawn, word), line)),
  ];
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

async function scan(pair: VethPair): Promise<Map<string, string>> {
  const seenBy = new Map<string, string>();
  const left = [...COMMANDS.entries()];
  const take = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, command] = next;
      const from = `10.9.0.${FIRST + at}`;
      const { stdout, stderr } = await ended(adopt(pair.far.spawn("sh", ["-c", `timeout 20 ${command.replace("FROM", from)}`])));
      seenBy.set(command, seen(`${stdout}\n${stderr}`).replaceAll(from, "FROM"));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return seenBy;
}

/** The scanner's end of a cable. */
function scannerOf({ far, farName }: VethPair): void {
  far.ip("address", "add", `${SCANNER}/24`, "dev", farName);
  for (const at of COMMANDS.keys()) far.ip("address", "add", `10.9.0.${FIRST + at}/24`, "dev", farName);
}

realTime(t, "what they see", { skip: missingForNetns() || missingPrograms("nmap", "nping", "hping3") }, async (t) => {
  run("sysctl", ["-qw", "net.ipv4.icmp_ratelimit=0"]);
  const kernel = new VethPair();
  t.teardown(() => kernel.remove());
  scannerOf(kernel);
  run("ip", ["address", "add", `${TARGET}/24`, "dev", kernel.near]);
  const ofKernel = await scan(kernel);
  kernel.remove();

  const cable = new VethPair();
  t.teardown(() => cable.remove());
  scannerOf(cable);
  const clock = new SystemClock();
  const stack = new Stack({ clock, random: new SeededRandom(1) });
  const eth0 = stack.addDevice("eth0", new PacketController(clock, { interface: cable.near }));
  await eth0.open();
  t.teardown(() => stack.close());
  stack.addAddress(eth0, `${TARGET}/24`);
  stack.ip.settings.icmpRatelimit = 0;
  const ofUs = await scan(cable);
  for (const command of COMMANDS) t.equal(ofUs.get(command), ofKernel.get(command), command);
  t.match([...ofKernel.values()].join("\n"), /Timestamp reply[\s\S]*icmp timestamp/i, "the programs say what they see");
});
