/** Tagged frames: a priority tag changes nothing, a VLAN that we do not have is somebody else's. */
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab } from "../../support/lab.ts";
import { TAGS } from "./vlan-tags.ts";

const ASK = "ffffffffffff020000000002";
const ARP = "0806" + "0001080006040001" + "020000000002" + "0a000002" + "000000000000" + "0a000001";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

for (const [tag, answered] of TAGS) {
  t.test(`an ARP request with tag ${tag} is ${answered ? "answered" : "not ours"}`, async (t) => {
    const lab = await Lab.open({ addresses: ["10.0.0.1/24"] });
    lab.say(bytes(ASK + tag + ARP));
    lab.run(10);
    t.equal(lab.heard().length, answered ? 1 : 0);
    if (tag) lab.say(bytes(ASK + tag.slice(0, -4)));
    lab.run(10);
    t.equal(lab.inUse, 0, "a tag that is cut off takes no buffer");
  });
}

t.test("a frame that ends within its tag is too short; one that ends with it is a frame of that type", async (t) => {
  for (const [frame, reason] of [
    [`${ASK}8100000088`, DropReason.PKT_TOO_SMALL],
    [`${ASK}8100000088b5`, DropReason.UNHANDLED_PROTO],
  ] as const) {
    const lab = await Lab.open({ addresses: ["10.0.0.1/24"] });
    lab.say(bytes(frame));
    t.equal(lab.eth0.drops.get(reason), 1, frame);
    t.equal(lab.eth0.drops.total, 1);
  }
});
