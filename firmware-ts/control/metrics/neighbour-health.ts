/**
 * The health of the neighbours that matter: when gateways last proved to be there, what a strategy does about those that it looks after, and
 * frames that speak against known addresses. No label comes from a frame, so neighbours are told apart by role, not by address.
 */
import type { Neighbour, StrategyReport } from "../../neigh/entry.ts";
import { Nud } from "../../neigh/states.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Family, Sample } from "./exposition.ts";
import { type Metrics, type MetricsGround, neighbourTables, within } from "./ground.ts";

export const neighbourHealthMetrics: Metrics = ({ stacks }) => {
  const tables = neighbourTables(stacks);
  // Both families have the same one.
  const strategy = tables[0]?.[1].strategy ?? null;
  const report = strategy?.report();
  return [
    {
      name: "whohas_neighbour_proof_age_seconds",
      type: "gauge",
      help: "Time since the last proof of life of the gateway, or of another host that the strategy looks after: of those of a device, the one that was silent for longest.",
      samples: proofAges(stacks, report),
    },
    {
      name: "whohas_neighbour_suspicions",
      type: "counter",
      help: "Frames that named another link address than the known one: changed (believed), flip_flop (believed, and had it before), static (contradicts a static entry, not believed), refused (not believed for now).",
      samples: tables.flatMap(([family, { suspicions }]) =>
        Object.entries({
          changed: suspicions.changed,
          flip_flop: suspicions.flipFlops,
          static: suspicions.contradicted,
          refused: suspicions.refused,
        }).map(([kind, value]) => ({ labels: { family, kind }, value })),
      ),
    },
    ...(stacks.length === 0 ? [] : [strategyInfo(strategy?.name ?? "dynamic")]),
    ...(report ? strategyFamilies(report) : []),
  ];
};

function strategyInfo(strategy: string): Family {
  return {
    name: "whohas_neighbour_strategy_info",
    type: "gauge",
    help: "1, with the strategy of the neighbour tables; dynamic is Linux's way.",
    samples: [{ labels: { strategy }, value: 1 }],
  };
}

/** A strategy's counters of looks begin with this, and go on with the cause. */
const LOOKS = "looks_";
/** Phases that no neighbour is in are 0. */
const PHASES = ["trusted", "asked", "searched", "doubted"];

function strategyFamilies({ counters, budgetLeft, neighbours }: StrategyReport): Family[] {
  const looks: Sample[] = [];
  const events: Sample[] = [];
  for (const [name, value] of counters) {
    if (name.startsWith(LOOKS)) looks.push({ labels: { cause: name.slice(LOOKS.length) }, value });
    else events.push({ labels: { event: name }, value });
  }
  return [
    {
      name: "whohas_neighbour_looks",
      type: "counter",
      help: "Verifications that the strategy began, by cause.",
      samples: looks,
    },
    {
      name: "whohas_neighbour_strategy_events",
      type: "counter",
      help: "Other counters of the strategy: its frames, their outcomes, its spoofing alarms.",
      samples: events,
    },
    {
      name: "whohas_neighbour_budget_left",
      type: "gauge",
      help: "Frames that the strategy may still send within 24 hours.",
      samples: budgetLeft === null ? [] : [{ value: budgetLeft }],
    },
    {
      name: "whohas_neighbours_looked_after",
      type: "gauge",
      help: "Neighbours that the strategy looks after, by phase; nobody answered for a doubted one.",
      samples: PHASES.map((phase) => ({
        labels: { phase },
        value: neighbours.filter((neighbour) => neighbour.phase === phase).length,
      })),
    },
  ];
}

/** The longest age by device, family and role. */
function proofAges(stacks: MetricsGround["stacks"], report: StrategyReport | undefined): Sample[] {
  const watched = new Map(report?.neighbours.map(({ entry, proofAge }) => [entry, proofAge]));
  const namespaces = new Map(stacks.flatMap(([netns, { devices }]) => devices.map((device) => [device, netns] as const)));
  const samples: Sample[] = [];
  for (const [family, table] of neighbourTables(stacks)) {
    const longest = { gateway: new Map<NetDevice, number>(), host: new Map<NetDevice, number>() };
    table.forEach((entry) => {
      const gateway = entry.on.family.isNextHop?.(entry) === true;
      const known = watched.get(entry);
      if (!gateway && known === undefined) return;
      const age = known === undefined ? ageOf(entry) : known;
      const { device } = entry;
      const ages = gateway ? longest.gateway : longest.host;
      if (age !== null) ages.set(device, Math.max(age, ages.get(device) ?? 0));
    });
    for (const [role, ages] of Object.entries(longest))
      for (const [device, age] of ages)
        samples.push({
          labels: within(namespaces.get(device) ?? "", { device: device.name, family, role }),
          value: age / 1000,
        });
  }
  return samples;
}

/** Time in ms since the proof that the machine itself keeps; null for an entry of an operator, whose word is no proof. */
function ageOf(entry: Neighbour): number | null {
  if (entry.nudState & (Nud.PERMANENT | Nud.NOARP)) return null;
  return Math.max(0, entry.host.now() - entry.confirmed);
}
