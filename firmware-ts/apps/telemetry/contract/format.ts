/** The contract of a format: what a rig's `format: …` stands for. To add one, write its file and add its line in formats/index.ts. */
import type { OptionProblem } from "../../app.ts";
import type { OptionShape } from "../../options.ts";
import type { Encoder, Station, Tags } from "./encoder.ts";
import type { Link, LinkContext } from "./link.ts";

/** Its own settings, as a rig has them below a key of the format's name. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Format {
  /** As a rig's `format:` names it. */
  readonly format: string;
  /** The shapes of its settings, by key; none without. */
  readonly settings?: Readonly<Record<string, OptionShape>>;
  /** Checks its settings against each other, at paths below them; those that were refused by themselves are undefined. */
  check?(settings: Settings): readonly OptionProblem[];
  /** The times that its messages can tell: of each reading, its age, or none. */
  times(settings: Settings): "absolute" | "relative" | "none";
  /** It has conversations, which need one host at the other end: no group and no broadcast address. */
  converses(settings: Settings): boolean;
  /** How it is set up, for people; empty where the format's name says it all. */
  describe(settings: Settings): string;
  /** The reason that its messages cannot have these tags; null, or no such method: they can. */
  tagTrouble?(tags: Tags, settings: Settings): string | null;
  /** @throws LineProtocolError for names that it cannot write */
  encoder(station: Station, settings: Settings): Encoder;
  link(context: LinkContext, settings: Settings): Link;
}
