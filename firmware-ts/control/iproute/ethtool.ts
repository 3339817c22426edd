/** `ethtool -S DEV`: its words, its output and its exit codes (ethtool 6.1, measured). */
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { refusal } from "./words.ts";

const USAGE = "Usage: ethtool -S|--statistics DEVNAME    the counters of a controller's driver";
const NO_STATISTICS = 94;
const NO_DEVICE = 96;

export async function ethtool(words: readonly string[], around: IpSurroundings): Promise<IpEnd> {
  const [flag, dev, ...rest] = words;
  if (flag === "-h" || flag === "--help") {
    around.print(USAGE);
    return { stderr: "", exit: 0 };
  }
  if ((flag !== "-S" && flag !== "--statistics") || dev === undefined || rest.length > 0) {
    return { stderr: "ethtool: bad command line argument(s)\nhere there is: ethtool -S DEVNAME", exit: 1 };
  }
  try {
    const pairs = await around.caller.call("ethtool.statistics", { dev });
    if (pairs.length === 0) return { stderr: "no stats available", exit: NO_STATISTICS };
    around.print("NIC statistics:");
    for (const [name, value] of pairs) around.print(`     ${name}: ${value}`);
    return { stderr: "", exit: 0 };
  } catch (error) {
    refusal(error);
    return { stderr: "Cannot get stats strings information: No such device", exit: NO_DEVICE };
  }
}
