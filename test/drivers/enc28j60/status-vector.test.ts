/** Reads what the chip says of a frame that it was to send: DS39662 table 7-1, the bits that the driver goes by. */
import t from "tap";
import type { CommandList } from "../../../drivers/enc28j60/command-list.ts";
import type { Session } from "../../../drivers/enc28j60/session.ts";
import { Fate, StatusVector } from "../../../drivers/enc28j60/status-vector.ts";

/** A vector as the chip's buffer holds it: third, fourth and seventh byte. */
function vector(third: number, fourth = 0, seventh = 0): StatusVector {
  const commands = {
    write16: () => {},
    readBuffer: (bytes: Uint8Array) => bytes.set([60, 0, third, fourth, 64, 0, seventh]),
  };
  const made = new StatusVector({ transmitEnd: 100, astray: false } as unknown as Session);
  made.read(commands as unknown as CommandList);
  return made;
}

t.test("done, with the right FCS or a wrong one; not done, or with bits that no chip sets: not read well", async (t) => {
  const rows: [fate: Fate, third: number, seventh?: number][] = [
    [Fate.SENT, 0x80],
    [Fate.SENT, 0x8f],
    [Fate.SENT, 0x80, 0x0f],
    [Fate.DAMAGED, 0x90],
    [Fate.UNKNOWN, 0x00],
    [Fate.UNKNOWN, 0x10],
    [Fate.UNKNOWN, 0x7f],
    [Fate.UNKNOWN, 0x80, 0x10],
    [Fate.UNKNOWN, 0xff, 0xff],
  ];
  for (const [fate, third, seventh] of rows) t.equal(vector(third, 0, seventh).fate, fate, `${third.toString(16)} ${seventh ?? 0}`);
});

t.test("collisions, and a late one", async (t) => {
  t.same([vector(0x83).collisions, vector(0xf0).collisions], [3, 0]);
  t.same([vector(0x80, 0x20).lateCollision, vector(0x80, 0xdf).lateCollision], [true, false]);
});
