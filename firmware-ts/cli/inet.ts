/** `whohas link`, `whohas address`, `whohas route`: show. */
import type { ControlClient } from "../control/client.ts";
import type { AddressView, LinkView, RouteView } from "../control/inet.ts";
import { addressOneLine, addressText, linkText, routeLine } from "../control/views.ts";
import type { Globals } from "./globals.ts";
import { printJson, showDevice } from "./words.ts";

/** Prints records of several lines each; with -o on one line, parted by backslashes as `ip -o` does. */
function printRecords(records: readonly string[][], globals: Globals): void {
  for (const lines of records) console.log(lines.join(globals.oneline ? "\\" : "\n"));
}

function help(object: string, words: readonly string[]): boolean {
  if (words[0] !== "help") return false;
  console.log(`Usage: whohas ${object} [ show [ dev DEV ] ]`);
  return true;
}

export async function linkCommand(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  if (help("link", words)) return;
  const links = (await client.call("link.show", showDevice("link", words))) as unknown as LinkView[];
  if (globals.json) printJson(links, globals);
  else {
    const options = { statistics: globals.statistics > 0, details: globals.details };
    printRecords(
      links.map((link) => linkText(link, options)),
      globals,
    );
  }
}

export async function addressCommand(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  if (help("address", words)) return;
  const addresses = (await client.call("address.show", showDevice("address", words))) as unknown as AddressView[];
  if (globals.json) printJson(addresses, globals);
  else if (globals.oneline) for (const line of addresses.flatMap(addressOneLine)) console.log(line);
  else printRecords(addresses.map(addressText), globals);
}

export async function routeCommand(client: ControlClient, globals: Globals, words: readonly string[]): Promise<void> {
  if (help("route", words)) return;
  const params = showDevice("route", words);
  const routes = (await client.call("route.show", params)) as unknown as RouteView[];
  const withoutDevice = params.dev !== undefined;
  if (globals.json) printJson(withoutDevice ? routes.map(({ dev: _, ...route }) => route) : routes, globals);
  else for (const route of routes) console.log(routeLine(route, { withoutDevice }));
}
