/** mqtt.js over `whohas/net` to Debian's broker, with each quality of service: by an interface, and by the whole chain of a serial bridge. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MqttClient } from "mqtt";
import t from "tap";
import { openBoard } from "../../firmware-ts/board/open-board.ts";
import { net } from "../../firmware-ts/sockets/net/index.ts";
import { Background } from "../support/background.ts";
import { BOARD, HOST, Host, SUBNET } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { pause } from "../support/waiting.ts";
import { adopt, folder } from "../support/whohas.ts";

const PORT = 1883;
const LENGTHS = [0, 20, 3000];

/** The device that a chip behind a serial bridge is, and what ends the bridge. */
async function behindBridge(iface: string): Promise<{ device: string; end: () => void }> {
  const path = join(folder, "bridge");
  const bridge = await Background.start(["bridge-sim", "--pty", path, "--wire", iface, "--firmware", "responder"]);
  return { device: `enc28j60:serprog:${path}`, end: () => bridge.kill() };
}

const WAYS = {
  "a packet device": async (iface: string) => ({ device: `packet:${iface}`, end: () => {} }),
  "a chip behind a serial bridge": behindBridge,
};

for (const [name, way] of Object.entries(WAYS)) {
  realTime(t, name, { skip: missingForNetns() || missingPrograms("mosquitto", "ethtool") }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    // Segments as an Ethernet carries them: the host's kernel joins none for the controller to take apart.
    host.netns.run("ethtool", "-K", host.iface, "tso", "off", "gso", "off");
    const config = join(folder, "mosquitto.conf");
    writeFileSync(config, `listener ${PORT}\nallow_anonymous true\nuser root\n`);
    const broker = adopt(host.netns.spawn("mosquitto", ["-c", config], { stdio: "ignore" }));
    t.teardown(() => broker.kill("SIGKILL"));
    while (!host.netns.run("ss", "-Hlnt", `sport = :${PORT}`).includes(`:${PORT}`)) await pause(20);
    const { device, end } = await way(host.near);
    t.teardown(end);
    const board = await openBoard({ device, address: `${BOARD}/${SUBNET}` });
    t.teardown(() => board.close());

    const { createConnection } = net(board.stack);
    const client = new MqttClient(() => createConnection(PORT, HOST), {
      clientId: "board",
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    const got: string[] = [];
    const wanted = [0, 1, 2].flatMap((qos) => LENGTHS.map((length) => `reading ${length} ${qos}`));
    const all = new Promise<void>((resolve, reject) => {
      client.on("error", reject);
      client.on("message", (topic, message, { qos }) => {
        got.push(`${topic} ${message.length} ${qos}`);
        if (got.length === wanted.length) resolve();
      });
    });
    await client.subscribeAsync("reading", { qos: 2 });
    for (const qos of [0, 1, 2] as const) {
      for (const length of LENGTHS) await client.publishAsync("reading", Buffer.alloc(length, "x"), { qos });
    }
    await all;
    t.same(got.sort(), wanted.sort(), "each message, as often as its quality says");
    await client.endAsync();
  });
}
