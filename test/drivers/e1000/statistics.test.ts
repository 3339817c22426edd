/** The chip's counters as LinkStatistics and `ethtool -S` tell them: each counter has a value of its own, and every sum shows its parts. */
import t from "tap";
import { Statistic } from "../../../drivers/e1000/registers.ts";
import { ChipStatistics } from "../../../drivers/e1000/statistics.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { ControllerHealth, LinkStatistics } from "../../../hal/ethernet.ts";
import { FakeChip } from "./fake-chip.ts";

/** A power of two for each counter of errors, so that a sum has one reading. */
const ERRORS = ["RUC", "ROC", "RFC", "RXERRC", "CRCERRS", "ALGNERRC", "CEXTERR", "MPC", "ECOL", "LATECOL", "COLC"] as const;
const value = (name: (typeof ERRORS)[number]): number => 2 ** ERRORS.indexOf(name);
const sum = (...names: (typeof ERRORS)[number][]): number => names.reduce((total, name) => total + value(name), 0);

class Counting extends FakeChip {
  override read32(offset: number): number {
    const name = ERRORS.find((each) => Statistic[each] === offset);
    return name ? value(name) : 0;
  }
}

t.test("errors by kind, and their sums", async (t) => {
  const statistics = new ChipStatistics(new VirtualClock(), new Counting(4096), new ControllerHealth());
  const { own } = statistics;
  Object.assign(own, { rxLength: 2 ** 20, txErrors: 2 ** 21, txAborted: 2 ** 22, txCarrier: 2 ** 23 });
  statistics.harvest();
  const link = new LinkStatistics();
  statistics.publish(link);
  const length = sum("RUC", "ROC", "RFC") + own.rxLength;
  const received = sum("RXERRC", "CRCERRS", "ALGNERRC", "CEXTERR");
  t.match(link, {
    rxOverErrors: value("MPC"),
    rxLengthErrors: length,
    rxCrcErrors: value("CRCERRS"),
    rxErrors: received + value("MPC") + length,
    collisions: value("COLC"),
    txErrors: own.txErrors + sum("ECOL", "LATECOL"),
    txAbortedErrors: own.txAborted + sum("ECOL", "LATECOL"),
    txCarrierErrors: own.txCarrier,
  });
  t.match(Object.fromEntries(statistics.entries()), {
    rx_errors: received + sum("RUC", "ROC"),
    rx_length_errors: sum("RUC", "ROC"),
    rx_long_length_errors: value("ROC"),
    rx_short_length_errors: value("RUC"),
    tx_errors: sum("ECOL", "LATECOL"),
    tx_dropped: own.txErrors,
    rx_missed_errors: value("MPC"),
  });
});
