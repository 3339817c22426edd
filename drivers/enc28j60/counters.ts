/** The driver's counters as a list of names and values. The names are those of Linux drivers where these have one. */
import type { LinkStatistics } from "../../hal/ethernet.ts";

export type Counter = readonly [name: string, value: number];

export function countersOf(
  statistics: LinkStatistics,
  receiver: { readonly resets: number; readonly pauses: number },
  transmitter: { readonly timeouts: number; readonly lateCollisionRetries: number },
  recovery: { readonly count: number; readonly time: number },
  users: readonly { readonly roundTrips: number; readonly transactions: number }[],
): readonly Counter[] {
  return [
    ["rx_packets", statistics.rxPackets],
    ["rx_bytes", statistics.rxBytes],
    ["rx_multicast", statistics.rxMulticast],
    ["rx_errors", statistics.rxErrors],
    ["rx_length_errors", statistics.rxLengthErrors],
    ["rx_crc_errors", statistics.rxCrcErrors],
    ["rx_over_errors", statistics.rxOverErrors],
    // Receive ring found corrupt and laid out afresh.
    ["rx_resets", receiver.resets],
    ["tx_packets", statistics.txPackets],
    ["tx_bytes", statistics.txBytes],
    ["tx_errors", statistics.txErrors],
    ["tx_aborted_errors", statistics.txAbortedErrors],
    ["tx_carrier_errors", statistics.txCarrierErrors],
    ["tx_timeouts", transmitter.timeouts],
    ["tx_late_collision_retries", transmitter.lateCollisionRetries],
    ["tx_pause_frames", receiver.pauses],
    ["collisions", statistics.collisions],
    // Bus or chip brought back, and how long that took in all, in ms.
    ["recoveries", recovery.count],
    ["recovery_ms", recovery.time],
    ["bus_round_trips", sum(users, "roundTrips")],
    ["bus_transactions", sum(users, "transactions")],
  ];
}

function sum<Key extends string>(users: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return users.reduce((total, user) => total + user[key], 0);
}
