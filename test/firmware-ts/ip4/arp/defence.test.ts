/** Announcements of the profile `strict` (RFC 5227 2.3): an address is announced twice, while its device is there. */
import t from "tap";
import { Lab } from "../../../support/lab.ts";
import { SecondLink } from "../../../support/second-link.ts";

t.test("a device that comes up again announces twice, whatever was to come when it went down; others go on", async (t) => {
  const lab = await Lab.open({ neighbours: { profile: "strict" } });
  const link = await SecondLink.open(lab);
  lab.stack.addAddress(lab.eth0, "10.0.5.1/24");
  lab.stack.addAddress(link.eth1, "10.0.6.1/24");
  lab.run(0);
  const of = (lines: string[], address: string): number => lines.filter((line) => line.includes(address)).length;
  t.same([of(lab.heard(), "10.0.5.1"), of(link.heard(), "10.0.6.1")], [1, 1], "the first ones");
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(60_000);
  t.same([of(lab.heard(), "10.0.5.1"), of(link.heard(), "10.0.6.1")], [2, 1]);
});
