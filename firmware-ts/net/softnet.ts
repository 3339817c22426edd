/** Settings (net.core.*) and counters (/proc/net/softnet_stat) of one stack's receive side. */

export interface NapiOptions {
  /** Frames one run may take in, over all controllers (net.core.netdev_budget). Default 300. */
  budget?: number;
  /** Milliseconds one run may take (net.core.netdev_budget_usecs). Default 8: two jiffies at HZ=250. */
  timeLimit?: number;
  /** Packets to ourselves that may wait: one more than this (net.core.netdev_max_backlog). Default 1000. */
  maxBacklog?: number;
}

/** Fields are named after their files in /proc/sys/net/core; all may be set at any time and count from the next poll on. */
export class Softnet {
  /** Frames one run may take in, over all controllers. */
  netdevBudget: number;
  /** Microseconds one run may take. */
  netdevBudgetUsecs: number;
  /** Frames one poll of the backlog may take in, times devWeightRxBias. A controller's is NAPI_WEIGHT whatever this says. */
  devWeight = 64;
  devWeightRxBias = 1;
  /** A packet is refused when more than this wait. */
  netdevMaxBacklog: number;
  /** Most frames that a poll collects before it hands them up. */
  groNormalBatch = 8;
  /** Microseconds for which a socket polls by itself when it is not told how long. */
  busyRead = 0;

  /** Frames that came up to the protocols. */
  processed = 0;
  /** Packets that the backlog refused. */
  dropped = 0;
  /** Runs that ended because budget or time was used up, whether or not somebody was left waiting. */
  timeSqueeze = 0;

  constructor(options: NapiOptions = {}) {
    this.netdevBudget = options.budget ?? 300;
    this.netdevBudgetUsecs = Math.round((options.timeLimit ?? 8) * 1000);
    this.netdevMaxBacklog = options.maxBacklog ?? 1000;
  }
}

/** Files in /proc/sys/net/core: what they set, and the least that will do. Less would stop the receive side for good. */
export const SOFTNET_FILES: ReadonlyMap<string, { field: SoftnetSetting; least: number }> = new Map([
  ["busy_read", { field: "busyRead", least: 0 }],
  ["dev_weight", { field: "devWeight", least: 1 }],
  ["dev_weight_rx_bias", { field: "devWeightRxBias", least: 1 }],
  ["gro_normal_batch", { field: "groNormalBatch", least: 1 }],
  ["netdev_budget", { field: "netdevBudget", least: 1 }],
  ["netdev_budget_usecs", { field: "netdevBudgetUsecs", least: 0 }],
  ["netdev_max_backlog", { field: "netdevMaxBacklog", least: 0 }],
]);

type SoftnetSetting =
  | "netdevBudget"
  | "netdevBudgetUsecs"
  | "devWeight"
  | "devWeightRxBias"
  | "netdevMaxBacklog"
  | "groNormalBatch"
  | "busyRead";
