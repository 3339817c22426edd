/** The looks at a chip that is quiet: three of four are the usual ones, and the fourth goes round through all others. */
import t from "tap";
import { quietLook } from "../../../drivers/enc28j60/quiet-looks.ts";

/** Turns of the looks of one kind until the fourth look has come `rounds` times. */
const turns = (kind: 0 | 1, rounds: number): number[] => Array.from({ length: 4 * rounds }, (_, at) => 2 * at + kind);

/** Looks of each kind besides the usual one: control and link. */
const OTHERS = { without: [10, 15], with: [18, 15] } as const;

for (const [hash, counts] of Object.entries(OTHERS)) {
  for (const kind of [0, 1] as const) {
    t.test(`${kind === 0 ? "control" : "link"}, ${hash} the hash table`, async (t) => {
      const others = counts[kind];
      const look = (turn: number): ReturnType<typeof quietLook> => quietLook(turn, hash === "with");
      const looks = turns(kind, others).map(look);
      t.equal(looks.filter((each) => each === looks[0]).length, 3 * others);
      t.equal(new Set(looks.filter((_, at) => at % 4 === 3)).size, others, "each of the others once");
      t.same(turns(kind, 2 * others).map(look), [...looks, ...looks], "and again from the first");
    });
  }
}
