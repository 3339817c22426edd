/** The parts of the driver agree on what a reading of EIR says. */
import t from "tap";
import { Session } from "../../../drivers/enc28j60/session.ts";

/** EIR (DS39662 register 12-3): its flags, and the bit that no chip sets. */
const [PKTIF, DMAIF, LINKIF, TXIF, TXERIF, RXERIF, NEVER] = [0x40, 0x20, 0x10, 0x08, 0x02, 0x01, 0x80];

t.test("flags that hold the interrupt line down, and a reading that no chip gives", async (t) => {
  const session = new Session(false);
  for (const flag of [PKTIF, LINKIF, TXIF, TXERIF, RXERIF]) {
    t.ok(session.reasonIn(flag), `${flag}`);
    t.notOk(session.reasonIn(flag | NEVER), `${flag}, with a bit that is always 0`);
  }
  t.notOk(session.reasonIn(0) || session.reasonIn(DMAIF), "nothing that anybody waits for");
});
