/** Firmwares: their messages by fate, and the fate of every reading. An app knows a bounded number of reasons. */
import type { Sample } from "./exposition.ts";
import type { AppFigures, Metrics } from "./ground.ts";

export const appMetrics: Metrics = ({ apps }) => {
  const each = (samples: (figures: AppFigures) => Readonly<Record<string, number>>, label: string): Sample[] =>
    apps.flatMap((figures) =>
      Object.entries(samples(figures)).map(([word, value]) => ({
        labels: { app: figures.app, ...(label !== "" && { [label]: word }) },
        value,
      })),
    );
  const pick = ({ counters }: AppFigures, ...names: string[]): Record<string, number> =>
    Object.fromEntries(names.flatMap((name) => (counters[name] === undefined ? [] : [[name, counters[name]]])));
  return [
    {
      name: "whohas_telemetry_messages",
      type: "gauge",
      help: "Messages of an app by their fate. Those sent fall when one turns out to be lost after all.",
      samples: each((figures) => pick(figures, "sent", "failed"), "fate"),
    },
    {
      name: "whohas_telemetry_messages_queued",
      type: "counter",
      help: "Messages that had to wait for an address first.",
      samples: each((figures) => pick(figures, "queued"), ""),
    },
    {
      name: "whohas_telemetry_readings",
      type: "counter",
      help: "Readings of an app, by where they came from: the sensors, or the file of the run before.",
      samples: each(({ readings }) => (readings ? { sensors: readings.taken, file: readings.restored } : {}), "source"),
    },
    {
      name: "whohas_telemetry_readings_sent",
      type: "gauge",
      help: "Readings in messages that were sent. Falls when a message turns out to be lost after all.",
      samples: each(({ readings }) => (readings ? { sent: readings.sent } : {}), ""),
    },
    {
      name: "whohas_telemetry_readings_waiting",
      type: "gauge",
      help: "Readings on the board, stored or under way.",
      samples: each(({ readings }) => (readings ? { stored: readings.stored, under_way: readings.underWay } : {}), "where"),
    },
    {
      name: "whohas_telemetry_readings_dropped",
      type: "counter",
      help: "Readings that are lost, by reason.",
      samples: each(({ readings }) => readings?.dropped ?? {}, "reason"),
    },
  ];
};
