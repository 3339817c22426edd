/** Devices: their links, what they carried, what they lost, and how their chips are. */
import type { NetDevice } from "../../net/device.ts";
import type { HealthReport } from "../../net/device-health.ts";
import type { Family, Sample } from "./exposition.ts";
import { type Metrics, type MetricsGround, within } from "./ground.ts";

export const deviceMetrics: Metrics = (ground) => {
  const family = (
    type: Family["type"],
    name: string,
    help: string,
    value: (device: NetDevice, health: HealthReport) => number | null,
  ): Family => ({ name: `whohas_device_${name}`, type, help, samples: samplesOf(ground, value) });
  const statistic = (name: string, help: string, field: keyof NetDevice["statistics"]): Family =>
    family("counter", name, help, ({ statistics }) => statistics[field]);
  return [
    family("gauge", "up", "1: the device is up.", ({ up }) => Number(up)),
    family("gauge", "carrier", "1: the device has a link.", ({ hasCarrier }) => Number(hasCarrier)),
    statistic("receive_bytes", "Octets of frames received.", "rxBytes"),
    statistic("receive_packets", "Frames received.", "rxPackets"),
    statistic("receive_errors", "Frames received damaged.", "rxErrors"),
    statistic("receive_missed", "Frames that the controller lost because its memory was full.", "rxOverErrors"),
    statistic("transmit_bytes", "Octets of frames sent.", "txBytes"),
    statistic("transmit_packets", "Frames sent.", "txPackets"),
    statistic("transmit_errors", "Frames that were not sent because of an error.", "txErrors"),
    family("gauge", "queue_length", "Frames that wait for the controller.", ({ queued }) => queued),
    family("gauge", "failed", "1: the device does not work.", (_device, { failedFor }) => Number(failedFor !== null)),
    family("counter", "failures", "Times that the device stopped working.", (_device, { failures }) => failures),
    family("counter", "recoveries", "Times that it came back.", (_device, { recoveries }) => recoveries),
    family(
      "counter",
      "suspicions",
      "Readings of the chip that the driver did not believe.",
      (_device, { suspicions }) => suspicions,
    ),
    family("counter", "repairs", "Times that a set-up which the chip had lost was made anew.", (_device, { repairs }) => repairs),
    family("gauge", "proof_of_life_age_seconds", "Time since the chip's last proof of life.", (_device, { sinceProof }) =>
      sinceProof === null ? null : sinceProof / 1000,
    ),
  ];
};

/** A sample for each device that has the figure; `lo` has none. */
function samplesOf(
  { stacks }: MetricsGround,
  value: (device: NetDevice, health: HealthReport) => number | null,
): readonly Sample[] {
  return stacks.flatMap(([netns, { devices }]) =>
    devices
      .filter(({ loopback }) => !loopback)
      .flatMap((device) => {
        const figure = value(device, device.health.report());
        return figure === null ? [] : [{ labels: within(netns, { device: device.name }), value: figure }];
      }),
  );
}
