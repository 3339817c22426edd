/** Flow labels (RFC 6437): which packets of the kernel and of our stack have one, and which have the same. */
import t from "tap";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { echo6, ns, OUR_IP6, PEER_IP6, udp6 } from "../../support/wire-format6.ts";
import { Kernel6, openLab } from "./exchange.ts";

const LABEL = 0xfffff;
const [STATELESS, OF_REQUEST] = [0x80000, 0x12345];
const ENDS = { source: PEER_IP6, destination: OUR_IP6 };
/** Answered by a neighbour advertisement, two echo replies, an echo reply to a labelled request, and two errors. */
const FRAMES = [
  ns({ ...ENDS, target: OUR_IP6 }),
  echo6({ ...ENDS, id: 1 }),
  echo6({ ...ENDS, id: 2 }),
  echo6({ ...ENDS, id: 1, flow: OF_REQUEST }),
  udp6({ ...ENDS, dport: 9 }, "x"),
  udp6({ ...ENDS, dport: 10, flow: OF_REQUEST }, "x"),
];

/** The settings, and the labels of the answers: `-` none, `=` the request's, letters for others, in the order of their appearance. */
const ROWS: readonly (readonly [settings: readonly string[], labels: string])[] = [
  [[], "-aaabb"],
  [["auto_flowlabels=0"], "------"],
  [["flowlabel_reflect=4"], "---=--"],
  [["auto_flowlabels=1"], "-aa=bb"],
  [["flowlabel_reflect=3"], "-aaabb"],
  [["auto_flowlabels=2"], "------"],
  [["auto_flowlabels=3"], "-aaabb"],
  [["flowlabel_reflect=7"], "-aa=bb"],
  [["flowlabel_state_ranges=1", "flowlabel_reflect=0"], "-AAABB"],
];

function labelOf(frame: Uint8Array): number {
  return ((frame[15]! << 16) | (frame[16]! << 8) | frame[17]!) & LABEL;
}

/** Letters for labels; capitals where all labels have the bit of those of our own. */
function named(frames: readonly Uint8Array[]): string {
  const labels = frames.map(labelOf);
  const seen: number[] = [];
  const own = labels.filter((label) => label !== 0 && label !== OF_REQUEST);
  const text = labels.map((label) => {
    if (label === 0) return "-";
    if (label === OF_REQUEST) return "=";
    if (!seen.includes(label)) seen.push(label);
    return "abcdef"[seen.indexOf(label)];
  });
  const stateless = own.length > 0 && own.every((label) => (label & STATELESS) !== 0);
  return stateless && own.length > 4 ? text.join("").toUpperCase() : text.join("");
}

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open();
  t.teardown(() => kernel.close());
  for (const [settings, labels] of ROWS) {
    for (const setting of settings) kernel.veth.far.run("sysctl", "-qw", `net.ipv6.${setting}`);
    const answers: Uint8Array[] = [];
    for (const frame of FRAMES) {
      await kernel.answers(frame);
      answers.push(kernel.frames[0] as Uint8Array);
    }
    const found = named(answers);
    // A hash may have the bit by chance.
    t.equal(labels.includes("A") ? found : found.toLowerCase(), labels, settings.join(" "));
  }
});

t.test("our stack", async (t) => {
  const lab = await openLab();
  const operator = new Operator(lab.stack);
  for (const [settings, labels] of ROWS) {
    for (const setting of settings) t.notMatch(await operator.type(`sysctl -qw net.ipv6.${setting}`), /\[/, setting);
    const answers: Uint8Array[] = [];
    for (const frame of FRAMES) {
      lab.say(frame);
      answers.push(lab.lab.take()[0]?.bytes as Uint8Array);
    }
    const found = named(answers);
    t.equal(labels.includes("A") ? found : found.toLowerCase(), labels, settings.join(" "));
  }
  t.match(await operator.type("sysctl -w net.ipv6.auto_flowlabels=4"), /Invalid argument/);
  t.match(await operator.type("sysctl -w net.ipv6.flowlabel_reflect=8"), /Invalid argument/);
});

t.test(
  "a flow keeps its label: each datagram and each fragment; another port, another host or another stack has another",
  async (t) => {
    const lab = await openLab();
    const sent = (): number[] => lab.lab.take().map(({ bytes }) => labelOf(bytes));
    lab.poke(PEER_IP6);
    lab.poke(PEER_IP6);
    lab.poke(PEER_IP6, new Uint8Array(3000));
    const labels = sent();
    t.equal(labels.length, 5);
    t.equal(new Set(labels).size, 1);
    t.not(labels[0], 0);
    const other = lab.stack.udp.open(4445);
    const same = lab.socket.to(PEER_IP6, 9);
    for (let round = 0; round < 2; round++) {
      other.send(Buffer.from("x"), same);
      lab.socket.send(Buffer.from("x"), same);
      lab.run(0);
      const [one, two] = sent();
      t.not(one, labels[0], "two sockets by one destination");
      t.equal(two, labels[0]);
    }
    const second = await Lab6.open({ seed: 2 });
    second.stack.addNeighbour(PEER_IP6, "02:00:00:00:00:02", second.eth0);
    second.poke(PEER_IP6);
    t.not(labelOf(second.lab.take()[0]?.bytes as Uint8Array), labels[0]);
  },
);
