/** `ip maddress`: show. */
import type { ResultOf } from "../methods/index.ts";
import { printJson } from "./json.ts";
import { abbreviates, garbage, type IpContext, IpError, unknownCommand, type Words } from "./words.ts";

const HELP = "Usage: ip maddr show [ dev STRING ]";

type Groups = ResultOf<"maddress.show">[number];
type Maddr = Groups["maddr"][number];

export async function ipMaddress(context: IpContext, words: Words): Promise<void> {
  const command = words.next() ?? "show";
  if (abbreviates(command, "show", "lst", "list")) return show(context, words);
  if (abbreviates(command, "help")) throw new IpError(HELP);
  throw unknownCommand("maddr", command);
}

async function show(context: IpContext, words: Words): Promise<void> {
  const { json, oneline, family } = context.options;
  let dev: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const value = word === "dev" ? words.value() : word;
    if (dev !== undefined) throw garbage("dev", value);
    dev = value;
  }
  const all = await context.caller.call("maddress.show", {});
  const shown = all
    .filter(({ ifname }) => dev === undefined || ifname === dev)
    .map((device) => ({ ...device, maddr: device.maddr.filter((one) => family === "" || one.family === family) }))
    .filter(({ maddr }) => maddr.length > 0);
  if (json) printJson(context, shown.map(groupsJson));
  else for (const device of shown) for (const line of groupsText(device, oneline)) context.print(line);
}

/** A line for the device and one for each group, or a line for each group that names the device. */
function groupsText({ ifindex, ifname, maddr }: Groups, oneline: boolean): string[] {
  const line = ({ family, address, users }: Maddr): string =>
    `\t${family.padEnd(5)} ${address}${users === 1 ? "" : ` users ${users}`}`;
  const head = `${ifindex}:\t${ifname}`;
  return oneline ? maddr.map((one) => `${head}\\${line(one)}`) : [head, ...maddr.map(line)];
}

function groupsJson({ ifindex, ifname, maddr }: Groups): object {
  const view = ({ family, address, users }: Maddr): object => ({
    ...(family === "link" ? { link: address } : { family, address }),
    ...(users === 1 ? {} : { users }),
  });
  return { ifindex, ifname, maddr: maddr.map(view) };
}
