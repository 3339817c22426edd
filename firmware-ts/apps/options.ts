/**
 * The options of an app, described as data: the composition root reads them from a rig file, checks them, and knows from their shapes
 * which pins an app takes and to which endpoints it sends. An option that is not `needed` and has no `otherwise` may be left out.
 */

/** A sensor on one pin of the board. */
export interface SensorConfig {
  /** One of SENSOR_KINDS in hal/sensor-kinds.ts. */
  readonly kind: string;
  /** As the board names it: `A0`, `13`, `GPIO4`. */
  readonly pin: string;
  /** As collectors name it; default: its kind. */
  readonly name?: string;
}

/** The kind of an option's value. */
export type ValueShape =
  /** ADDRESS:PORT, with `names` also NAME:PORT; an Endpoint<string>, its port 1..65535. */
  | { readonly is: "endpoint"; readonly example: string; readonly names?: true }
  /** A duration with its unit; a number in ms from `min` to `max`. */
  | { readonly is: "duration"; readonly example: string; readonly min: number; readonly max: number }
  /** A whole number from `min` to `max`. */
  | { readonly is: "integer"; readonly example: string; readonly min: number; readonly max: number }
  /** A text of a form; `rule` says it: `a topic has no + and no #`. */
  | { readonly is: "text"; readonly example: string; readonly form: RegExp; readonly rule: string }
  /** The absolute path of a file that the app writes, which nothing else may have. */
  | { readonly is: "file"; readonly example: string }
  /** A mapping of any keys to texts: keys of letters, digits, `_` and `-`, texts of characters that can be seen, 64 at most. */
  | { readonly is: "texts"; readonly example: string }
  /** A mapping with these keys. */
  | { readonly is: "table"; readonly example: string; readonly keys: Readonly<Record<string, OptionShape>> }
  /** One of these words. */
  | { readonly is: "word"; readonly words: readonly string[] }
  /** A device of the rig. */
  | { readonly is: "device"; readonly example: string }
  /** A host's address with its prefix, `192.168.10.10/24`: its text and its number of bits. */
  | { readonly is: "address"; readonly example: string }
  /** A name of letters, digits, `.`, `_` and `-`, 64 of them at most. */
  | { readonly is: "name"; readonly example: string }
  /** A pin of the board, which nothing else may have. */
  | { readonly is: "pin"; readonly example: string }
  /** A SensorConfig; nothing else may have its pin. */
  | { readonly is: "sensor" }
  /** Several of one shape. */
  | { readonly is: "list"; readonly of: ValueShape };

/** One option. */
export type OptionShape = ValueShape & {
  /** It must be there. */
  readonly needed?: true;
  /** Its value when it is left out. */
  readonly otherwise?: unknown;
};

/** A shape for each option of O. */
export type OptionShapes<O> = { readonly [Key in keyof O]-?: OptionShape };
