/** The line that tells of a run's rights. */
import type { Rights } from "../../board/privileges.ts";
import { printable, printableJson } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** Tells which rights are left; that none could be given away is said on standard error, in any case. */
export function tellRights(
  rights: Rights | null,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  terminal: Terminal,
): void {
  if (rights === null) return;
  const { user, capabilities, whole } = rights;
  if (whole !== null) {
    terminal.complain(`whohas: privileges are not dropped: ${printable(whole)}`);
    return;
  }
  if (quiet) return;
  if (json) terminal.print(printableJson({ event: "privileges", user, capabilities, noNewPrivileges: true }));
  else {
    const kept = capabilities.length === 0 ? "no capabilities" : `${capabilities.join(" ")} kept`;
    terminal.print(`privileges: user ${printable(user)}, ${kept}, no new privileges`);
  }
}
