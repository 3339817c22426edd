/** The look of help texts: defaults that tell something, and lists that follow the width of the terminal. */
import type { AddHelpTextContext, Argument, HelpConfiguration, Option } from "commander";

/** Width of text that goes to no terminal, in columns; commander's own. */
const PLAIN_WIDTH = 80;

/** Shows defaults as a user would write them, and none where there is nothing to write: no `[]`, `false` or empty text. */
export const HELP_STYLE: HelpConfiguration = {
  optionDescription: (option) => described(option),
  argumentDescription: (argument) => described(argument),
  // commander's 40 leaves lines of 100 columns and more on a terminal of 60.
  minWidthToWrap: 15,
};

function described({ description, defaultValue, defaultValueDescription }: Option | Argument): string {
  const text = defaultValueDescription ?? plain(defaultValue);
  return text === "" ? description : `${description} (default: ${text})`;
}

function plain(value: unknown): string {
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}

/** A heading and its items below it, wrapped as commander wraps its own lists. */
export function itemsHelp({ command, error }: AddHelpTextContext, heading: string, items: readonly (readonly string[])[]): string {
  const helper = command.createHelp();
  const output = command.configureOutput();
  helper.prepareContext({ helpWidth: (error ? output.getErrHelpWidth : output.getOutHelpWidth)?.() ?? PLAIN_WIDTH });
  const width = Math.max(...items.map(([term = ""]) => term.length));
  const lines = items.map(([term = "", what = ""]) => helper.formatItem(term, width, what, helper));
  return ["", helper.boxWrap(heading, helper.helpWidth ?? PLAIN_WIDTH), ...lines].join("\n");
}
