/** openBoard(): a board in one call. Its example at the door `whohas/board` is run by test/doors. */
import t from "tap";
import { type BoardOptions, openBoard } from "../../../firmware-ts/board/open-board.ts";
import { VirtualClock } from "../../../hal/clock.ts";

t.test("several devices, each with its address; a gateway", async (t) => {
  const board = await openBoard({
    device: ["enc28j60:sim", "lan=e1000:sim"],
    address: ["10.0.0.5/24", "10.0.1.5/24"],
    gateway: "10.0.1.1",
    clock: new VirtualClock(),
  });
  t.same(
    board.devices.map(({ name, up, hasCarrier }) => [name, up, hasCarrier]),
    [
      ["eth0", true, true],
      ["lan", true, true],
    ],
  );
  const socket = board.stack.udp.open();
  t.equal(socket.send(new Uint8Array(1), socket.to("8.8.8.8", 9)).status, "queued", "through the gateway");
  await board.close();
  await board.close();
});

t.test("wrong words open nothing", async (t) => {
  const wrong: [options: Partial<Record<keyof BoardOptions, unknown>>, code: string | RegExp][] = [
    [{}, "SPEC_INVALID"],
    [{ device: [] }, "SPEC_INVALID"],
    [{ device: "enc28j60:smi" }, "SPEC_INVALID"],
    [{ device: "enc28j60:sim", address: "10.0.0.5" }, /^UNIT_/],
    [{ device: "enc28j60:sim", address: "10.0.0.5/24", gateway: "10.9.9.9" }, /^UNIT_/],
  ];
  for (const [options, code] of wrong) {
    const all = { ...options, clock: new VirtualClock() } as BoardOptions;
    await t.rejects(openBoard(all), { code }, JSON.stringify(options));
  }
});
