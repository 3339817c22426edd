/** Settings of devices (net.ipv4.conf): those of a device that is gone go with it. */
import t from "tap";
import { Lab } from "../../../support/lab.ts";

t.test("nothing is left of a device that is gone, not even to the settings for all", async (t) => {
  const lab = await Lab.open();
  const { conf } = lab.stack.ip;
  conf.write(lab.eth0, "arp_ignore", 2);
  t.equal(conf.on(lab.eth0).arpIgnore, 2);
  await lab.stack.removeDevice(lab.eth0);
  t.equal(conf.on(lab.eth0).arpIgnore, 0);
  t.equal(conf.read(lab.eth0, "arp_ignore"), 0);
});
