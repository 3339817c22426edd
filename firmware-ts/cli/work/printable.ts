/** Text of strangers, made fit for a terminal: an instance, a datagram, a device or a rig file neither drives it nor hides words on it. */
import type { Caller } from "../../control/methods/client.ts";
import { ControlError } from "../../control/rpc/protocol.ts";

/** Control characters, separators of lines, and what turns the direction of text. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** The same without the end of a line and the tab, of which text of several lines is made. */
const UNFIT_IN_LINES = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
/** No answer of a method is nested as deep. */
const MAX_DEPTH = 32;

/** Escapes what is not fit for one line as \xHH or \uHHHH. */
export function printable(text: string): string {
  return text.replace(UNFIT, escaped);
}

/** As {@link printable}; the ends of lines and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNFIT_IN_LINES, escaped);
}

/** An error that nobody expected, with its stack, fit for several lines. */
export function printableError(error: unknown): string {
  return printableLines(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** Spaces of one step of JSON on several lines, as iproute2 has them. */
const STEP = 4;

/**
 * JSON in which everything unfit is escaped as JSON has it: JSON.stringify() leaves what lies beyond ASCII as it is.
 * @param pretty on several lines
 */
export function printableJson(value: object, pretty = false): string {
  return JSON.stringify(value, null, pretty ? STEP : 0).replace(pretty ? UNFIT_IN_LINES : UNFIT, unicodeEscaped);
}

function escaped(character: string): string {
  return character > "\xff" ? unicodeEscaped(character) : `\\x${hexadecimal(character, 2)}`;
}

function unicodeEscaped(character: string): string {
  return `\\u${hexadecimal(character, 4)}`;
}

/** All that is unfit lies in the basic plane: one code unit. */
function hexadecimal(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}

/** A caller whose answers, notifications and refusals can be printed as they are. */
export class PrintableCaller implements Caller {
  readonly #caller: Caller;
  #listener: Caller["onNotification"] = null;

  constructor(caller: Caller) {
    this.#caller = caller;
    caller.onNotification = (...note) => {
      clean(note[1]);
      this.#listener?.(...note);
    };
  }

  call: Caller["call"] = async (...request) => {
    try {
      const answer = await this.#caller.call(...request);
      return typeof answer === "string" ? (printableLines(answer) as typeof answer) : clean(answer);
    } catch (error) {
      throw error instanceof ControlError ? cleanRefusal(error) : error;
    }
  };

  get onNotification(): Caller["onNotification"] {
    return this.#listener;
  }

  set onNotification(listener: Caller["onNotification"]) {
    this.#listener = listener;
  }
}

function cleanRefusal({ code, message, errno, detail, rpcCode }: ControlError): ControlError {
  const data = { errno: printable(errno), detail: printable(detail), rpcCode };
  return new ControlError(printable(code), printableLines(message), data);
}

/** Escapes every text in what was parsed, in its place, names of members included. */
function clean<T>(value: T, depth = 0): T {
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) throw new ControlError("ANSWER_UNKNOWN", "the answer is nested too deep to be one of an instance");
  const members = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(members)) {
    const fit = printable(name);
    if (fit !== name) delete members[name];
    if (typeof member === "string") members[fit] = printableLines(member);
    else members[fit] = clean(member, depth + 1);
  }
  return value;
}
