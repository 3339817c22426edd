/**
 * Leases in files: $WHOHAS_STATE_DIR, $STATE_DIRECTORY (systemd's), $XDG_STATE_HOME/whohas, /var/lib/whohas for root, or
 * ~/.local/state/whohas. A board whose file system is full or read-only runs on without.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { LeaseStore } from "../apps/lease-store.ts";
import { makeFolders } from "./runtime-dir.ts";

/** A lease takes less than 100 bytes. */
const MOST_BYTES = 4096;

/** The folder of one instance's leases. */
export function leaseDir(instance: string): string {
  return join(stateDir(), instance);
}

function stateDir(): string {
  const { WHOHAS_STATE_DIR, STATE_DIRECTORY, XDG_STATE_HOME } = process.env;
  if (WHOHAS_STATE_DIR) return WHOHAS_STATE_DIR;
  // systemd has several, with colons between them, where a unit asks for several.
  if (STATE_DIRECTORY) return STATE_DIRECTORY.split(":")[0] as string;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, "whohas");
  return process.getuid?.() === 0 ? "/var/lib/whohas" : join(homedir(), ".local/state/whohas");
}

export class LeaseFiles implements LeaseStore {
  readonly #dir: string;
  readonly #complain: (message: string) => void;
  #failed = false;

  /** @param complain is told once that nothing can be kept */
  constructor(dir: string, complain: (message: string) => void) {
    this.#dir = dir;
    this.#complain = complain;
  }

  load(name: string): string | null {
    try {
      const text = readFileSync(this.#path(name), "utf8");
      return text.length <= MOST_BYTES ? text : null;
    } catch {
      return null;
    }
  }

  save(name: string, text: string | null): void {
    const path = this.#path(name);
    try {
      if (text === null) {
        rmSync(path, { force: true });
        return;
      }
      makeFolders(this.#dir, { uid: process.getuid?.() ?? 0 });
      // A board may lose its supply at any moment: the file is whole, or that of before.
      writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#complain(`leases are not kept over restarts: ${(error as Error).message}; set WHOHAS_STATE_DIR`);
    }
  }

  /** `bench/eth0/dhcp` is bench.eth0.dhcp; names have no other character that a file cannot have. */
  #path(name: string): string {
    return join(this.#dir, name.replaceAll(/[^A-Za-z0-9._-]/g, "."));
  }
}
