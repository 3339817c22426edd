/** The typed client: how long it waits for an instance that does not answer. */
import t from "tap";
import { ControlClient } from "../../../../firmware-ts/control/methods/client.ts";
import { METHODS } from "../../../../firmware-ts/control/methods/index.ts";
import { ControlError, type Json, type RpcCaller } from "../../../../firmware-ts/control/rpc/protocol.ts";
import { VirtualClock } from "../../../../hal/clock.ts";

/** An instance that answers when the test says so. */
class Silent implements RpcCaller {
  onNotification: RpcCaller["onNotification"] = null;
  closed = false;
  answer: (result: Json) => void = () => {};
  refuse: (error: Error) => void = () => {};

  call(): Promise<Json> {
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.refuse = reject;
    });
  }

  close(): void {
    this.closed = true;
  }
}

t.test("an answer that does not come in time is not waited for, and the connection is closed", async (t) => {
  const clock = new VirtualClock();
  const rpc = new Silent();
  const client = new ControlClient(rpc, { clock, limit: 30_000 });
  const late = t.rejects(client.call("neigh.show"), { code: "ANSWER_LATE", message: "no answer to neigh.show within 30 s" });
  await clock.advance(29_999);
  t.equal(rpc.closed, false);
  await clock.advance(1);
  await late;
  t.equal(rpc.closed, true);
});

t.test("answers and refusals in time are as they are, and leave no timer", async (t) => {
  const clock = new VirtualClock();
  const rpc = new Silent();
  const client = new ControlClient(rpc, { clock, limit: 30_000 });
  const shown = client.call("neigh.show");
  await clock.advance(29_999);
  rpc.answer([]);
  t.same(await shown, []);
  const refused = t.rejects(client.call("neigh.show"), { code: "NO_DEVICE" });
  rpc.refuse(new ControlError("NO_DEVICE", "no"));
  await refused;
  await clock.advance(100_000);
  t.equal(rpc.closed, false);
});

t.test("requests that go on have their time, and so has everything without a limit", async (t) => {
  const lasting = Object.entries(METHODS).flatMap(([name, method]) => (method.lasting ? [name] : []));
  t.same(lasting.sort(), ["arping", "capture", "neigh.monitor", "ping", "solicit", "udp.listen", "udp.send"]);
  const clock = new VirtualClock();
  const rpc = new Silent();
  for (const [client, method] of [
    [new ControlClient(rpc, { clock, limit: 1000 }), "neigh.monitor"],
    [new ControlClient(rpc), "netns.open"],
  ] as const) {
    const going = client.call(method);
    await clock.advance(86_400_000);
    rpc.answer(null);
    t.equal(await going, null, method);
    t.equal(rpc.closed, false);
  }
});
