/** `neigh.monitor`: changes of the neighbour table, as they happen. */
import * as v from "valibot";
import type { Neighbour, NeighEvent } from "../../neigh/entry.ts";
import type { Transition } from "../../neigh/notify.ts";
import { type Nud, nudName } from "../../neigh/states.ts";
import { servicesOf } from "./by-family.ts";
import { FAMILY, FLAG, maybe, TEXT } from "./forms.ts";
import { method } from "./method.ts";
import { NEIGH_ENTRY, neighView } from "./neigh-entry.ts";

const STATE = v.pipe(v.nullable(v.string()), v.description("null: there is no entry"));

export const neighMonitorMethods = {
  "neigh.monitor": method({
    about: "Tells what the kernel would announce, with `transitions` every change of state too. Answers when the client is gone.",
    params: {
      dev: maybe(TEXT, "device"),
      transitions: maybe(FLAG, "tell every change of state"),
      family: maybe(FAMILY, "address family; default both"),
    },
    result: v.null(),
    notes: {
      "neigh.event": v.object({ event: v.string(), entry: NEIGH_ENTRY }),
      "neigh.transition": v.object({ entry: NEIGH_ENTRY, from: STATE, to: STATE, cause: v.string() }),
    },
    lasting: true,
    errors: ["NO_DEVICE", "SUBSCRIPTIONS_LIMIT", "FAMILY_UNSUPPORTED"],
    run(context, { dev, transitions, family }, session) {
      const device = dev === undefined ? null : context.device(dev);
      const services = servicesOf(context, family);
      const ours = ({ on }: Neighbour): boolean =>
        services.some(({ namespace }) => on.namespace === namespace) && (!device || on.device === device);
      const tell = (entry: Neighbour, event: NeighEvent): void => {
        // The request, the frame or the timer that makes the change holds the entry while it is announced.
        const holders = event === "new" ? 1 : 0;
        if (ours(entry)) session.notify("neigh.event", { event, entry: neighView(entry, holders) });
      };
      const trace = ({ entry, from, to, cause }: Transition): void => {
        if (!ours(entry)) return;
        // In the midst of a change the link address may be the old one still.
        const { lladdr: _, ...view } = neighView(entry);
        session.notify("neigh.transition", { entry: view, from: stateOf(from), to: stateOf(to), cause });
      };
      return new Promise<null>((resolve) => {
        const ends: (() => void)[] = [];
        // First of all: it may be refused.
        session.subscribe(() => {
          for (const end of ends) end();
          resolve(null);
        });
        for (const { table } of services) {
          ends.push(table.onChange(tell));
          if (transitions) ends.push(table.onTransition(trace));
        }
      });
    },
  }),
};

function stateOf(state: Nud | null): string | null {
  return state === null ? null : nudName(state) || "NONE";
}
