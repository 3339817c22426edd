/**
 * The choice of an ENC28J60 model: its revision, its errata, and its patience with accesses that the data sheet forbids. A rig file's
 * `chip:`, a SPEC's options and those of bridge-sim say it in the same words.
 */
import { ERRATA, type Erratum, REVISIONS, type Revision } from "../../../hal/simulated/enc28j60/errata.ts";
import type { Enc28j60Options } from "../../../hal/simulated/enc28j60/options.ts";
import { parseInteger, UnitError } from "./units.ts";
import { show } from "./wording.ts";

export interface ChipConfig {
  /** Default B7. */
  readonly revision?: Revision;
  /** The errata to have, no others; by default those of the revision. */
  readonly errata?: readonly Erratum[];
  /** Bit field commands do nothing to MAC and MII registers. Default: they work, as on silicon. */
  readonly strict?: boolean;
}

export function parseRevision(text: string): Revision {
  const revision = REVISIONS.find((known) => known === text.toUpperCase());
  if (revision) return revision;
  throw new UnitError(`${show(text)}: not a revision of the ENC28J60; say ${REVISIONS.join(", ")}`);
}

export function parseErratum(text: string): Erratum {
  const erratum = ERRATA.find((known) => /^\d+$/.test(text) && known === parseInteger(text, 0, 99));
  if (erratum) return erratum;
  throw new UnitError(`${show(text)}: not an erratum of the model, which has ${ERRATA.join(", ")}`);
}

/** `13+14`, or `none`. */
export function parseErrata(text: string): readonly Erratum[] {
  return text === "none" ? [] : text.split("+").map(parseErratum);
}

function formatErrata(errata: readonly Erratum[]): string {
  return errata.length === 0 ? "none" : errata.join("+");
}

/** A SPEC's options of a chip, for messages. */
export const CHIP_OPTIONS: string = "revision=B5, errata=13+14 (or none), strict";

/** One option of a SPEC, `value` null without an equals sign; null if a chip has no such option. @throws UnitError */
export function readChipOption(key: string, value: string | null): ChipConfig | null {
  if (value === null) return key === "strict" ? { strict: true } : null;
  if (key === "revision") return { revision: parseRevision(value) };
  return key === "errata" ? { errata: parseErrata(value) } : null;
}

/** The options that readChipOption() reads back to the same chip. */
export function writeChipOptions({ revision, errata, strict }: ChipConfig): string[] {
  const options = [revision && `revision=${revision}`, errata && `errata=${formatErrata(errata)}`, strict && "strict"];
  return options.filter((option) => typeof option === "string");
}

/** The chip as far as it is other than usual, for people: ` (revision B5, strict)`. */
export function describeChip({ revision, errata, strict }: ChipConfig): string {
  const parts = [revision && `revision ${revision}`, errata && `errata ${formatErrata(errata)}`, strict && "strict"];
  const said = parts.filter(Boolean).join(", ");
  return said && ` (${said})`;
}

/** The model's own options. */
export function chipOptions({ revision, errata, strict }: ChipConfig): Enc28j60Options {
  return {
    ...(revision !== undefined && { revision }),
    ...(strict !== undefined && { strict }),
    ...(errata && { errata: Object.fromEntries(ERRATA.map((erratum) => [erratum, errata.includes(erratum)])) }),
  };
}
