/** `neigh.monitor`: changes of the neighbour table, as they happen. */
import type { Neighbour, NeighEvent } from "../neigh/entry.ts";
import type { Transition } from "../neigh/notify.ts";
import { type Nud, nudName } from "../neigh/states.ts";
import type { Stack } from "../stack.ts";
import { neighView } from "./neigh.ts";
import { deviceOf, flag, optionalText } from "./params.ts";
import type { Json, JsonObject, Method, Session } from "./rpc/protocol.ts";

export function monitorMethods(stack: Stack): [string, Method][] {
  return [["neigh.monitor", (params, session) => monitor(stack, params, session)]];
}

/**
 * Notifies `neigh.event` {event, entry} of what the kernel would announce; with `transitions` also `neigh.transition` {entry, from, to,
 * cause} of every change of state, where no state stands for no entry. Answers when the client is gone.
 */
function monitor(stack: Stack, params: JsonObject, session: Session): Promise<Json> {
  const name = optionalText(params, "dev");
  const device = name === undefined ? null : deviceOf(stack, name);
  const { table, namespace } = stack.neighbours(4);
  const ours = (entry: Neighbour): boolean => entry.on.namespace === namespace && (!device || entry.device === device);
  const tell = (entry: Neighbour, event: NeighEvent, pid: number): void => {
    // Whoever asked for the change holds the entry while it is announced.
    const holders = event === "new" && pid !== 0 ? 1 : 0;
    if (ours(entry)) session.notify("neigh.event", { event, entry: { ...neighView(entry, holders) } });
  };
  const trace = ({ entry, from, to, cause }: Transition): void => {
    if (!ours(entry)) return;
    // In the midst of a change the link address may be the old one still.
    const { lladdr: _, ...view } = neighView(entry);
    session.notify("neigh.transition", { entry: view, from: stateOf(from), to: stateOf(to), cause });
  };
  return new Promise((resolve) => {
    const ends = [table.onChange(tell), ...(flag(params, "transitions") ? [table.onTransition(trace)] : [])];
    session.onClose(() => {
      for (const end of ends) end();
      resolve(null);
    });
  });
}

function stateOf(state: Nud | null): string | null {
  return state === null ? null : nudName(state) || "NONE";
}
