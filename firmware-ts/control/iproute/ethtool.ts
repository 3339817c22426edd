/** `ethtool DEV`, `-i DEV` and `-S DEV`: their words, their output and their exit codes (ethtool 6.1, measured). */
import { type JsonOptions, printJson, TEXT_OUTPUT } from "./json.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { refusal } from "./words.ts";

const USAGE = `Usage: ethtool [--json] DEVNAME                    whether there is a link
       ethtool [--json] -i|--driver DEVNAME        the driver
       ethtool [--json] -S|--statistics DEVNAME    the counters of a controller's driver`;
const NO_DRIVER = 71;
const NO_SETTINGS = 75;
const NO_STATISTICS = 94;
const NO_DEVICE = 96;
/** Questions about a device's settings, each of which ethtool sees refused. */
const SETTINGS_QUESTIONS = 5;
const NO_SUCH_DEVICE = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n";

/** One question about a device. */
interface Question {
  /** Prints the answer. Rejects with ControlError NO_DEVICE. */
  ask(dev: string, around: IpSurroundings, output: JsonOptions): Promise<IpEnd>;
  /** For a device that is not there. */
  readonly unknown: IpEnd & { readonly stdout?: string };
}

const DONE: IpEnd = { stderr: "", exit: 0 };

const settings: Question = {
  async ask(dev, { caller, print }, options) {
    const [link] = await caller.call("link.show", { dev });
    const detected = link?.flags.includes("LOWER_UP") === true;
    if (options.json) printJson({ options, print }, [{ ifname: dev, "link-detected": detected }]);
    else for (const line of [`Settings for ${dev}:`, `\tLink detected: ${detected ? "yes" : "no"}`]) print(line);
    return DONE;
  },
  unknown: { stdout: "No data available", stderr: NO_SUCH_DEVICE.repeat(SETTINGS_QUESTIONS).trimEnd(), exit: NO_SETTINGS },
};

const driver: Question = {
  async ask(dev, { caller, print }, options) {
    const [link] = await caller.call("link.show", { dev });
    if (!link || link.flags.includes("LOOPBACK")) {
      return { stderr: "Cannot get driver information: Operation not supported", exit: NO_DRIVER };
    }
    const fields = {
      driver: link.driver,
      version: "",
      "firmware-version": "",
      "expansion-rom-version": "",
      "bus-info": link.description,
    };
    const able = { statistics: true, test: false, "eeprom-access": false, "register-dump": false, "priv-flags": false };
    const supports = Object.entries(able).map(([what, can]) => [`supports-${what}`, can] as const);
    if (options.json) printJson({ options, print }, [{ ifname: dev, ...fields, ...Object.fromEntries(supports) }]);
    else {
      for (const [name, value] of Object.entries(fields)) print(`${name}: ${value}`);
      for (const [name, can] of supports) print(`${name}: ${can ? "yes" : "no"}`);
    }
    return DONE;
  },
  unknown: { stderr: "Cannot get driver information: No such device", exit: NO_DRIVER },
};

const statistics: Question = {
  async ask(dev, { caller, print }, options) {
    const pairs = await caller.call("ethtool.statistics", { dev });
    if (pairs.length === 0) return { stderr: "no stats available", exit: NO_STATISTICS };
    if (options.json) printJson({ options, print }, [{ ifname: dev, statistics: Object.fromEntries(pairs) }]);
    else {
      print("NIC statistics:");
      for (const [name, value] of pairs) print(`     ${name}: ${value}`);
    }
    return DONE;
  },
  unknown: { stderr: "Cannot get stats strings information: No such device", exit: NO_DEVICE },
};

const QUESTIONS: ReadonlyMap<string, Question> = new Map([
  ["-i", driver],
  ["--driver", driver],
  ["-S", statistics],
  ["--statistics", statistics],
]);

export async function ethtool(words: readonly string[], around: IpSurroundings, output: JsonOptions = TEXT_OUTPUT): Promise<IpEnd> {
  const own = words[0] === "--json";
  const asked = own ? words.slice(1) : words;
  const [first] = asked;
  if (first === "-h" || first === "--help") {
    around.print(USAGE);
    return DONE;
  }
  const question = QUESTIONS.get(first ?? "") ?? settings;
  const [dev, ...rest] = question === settings ? asked : asked.slice(1);
  if (dev === undefined || dev.startsWith("-") || rest.length > 0) {
    return { stderr: "ethtool: bad command line argument(s)\nhere there is: ethtool [--json] [-i|-S] DEVNAME", exit: 1 };
  }
  try {
    return await question.ask(dev, around, { ...output, json: own || output.json });
  } catch (error) {
    refusal(error);
    const { stdout, stderr, exit } = question.unknown;
    if (stdout !== undefined) around.print(stdout);
    return { stderr, exit };
  }
}
