/** Help as a user asks for it, in every way there is, with no instance anywhere: what it prints, where, and how it ends. */
import t from "tap";
import { DEVICE_KINDS } from "../../firmware-ts/board/kinds/index.ts";
import { specHelp } from "../../firmware-ts/board/kinds/lookup.ts";
import { missingPrograms } from "../support/netns.ts";
import { bound } from "../support/own.ts";
import { commandLine, ended, whohas } from "../support/whohas.ts";

/** Runs a command line in which nothing is quoted. */
const said = (line: string): ReturnType<typeof whohas> => whohas(...line.split(" "));

t.test("an object explains itself as ip does: on standard error, exit 255", async (t) => {
  for (const object of ["address", "route", "neigh", "ntable", "link", "monitor"]) {
    for (const line of [`${object} help`, `${object} --help`, `${object} -h`, `help ${object}`, `-n nowhere ${object} help`]) {
      t.match(await said(line), { stdout: "", stderr: new RegExp(`^Usage: whohas ${object} `), code: 255 }, line);
    }
  }
});

t.test("wrong words need no instance either", async (t) => {
  t.match(await said("neigh sohw"), { stdout: "", stderr: /^Command "sohw" is unknown, try "whohas neigh help"\.$/m, code: 255 });
  t.match(await said("neigh show dev"), { stdout: "", stderr: /^Command line is not complete/, code: 255 });
  t.match(await said("help bogus"), { stdout: "", stderr: 'Object "bogus" is unknown, try "whohas help".\n', code: 2 });
  t.match(await said("help -j"), { stdout: /^Usage: whohas \[FLAGS\] OBJECT/, stderr: "", code: 0 }, "help of a flag is help");
});

t.test("tools explain themselves as the programs do whose names they have", async (t) => {
  const usage = (name: string): RegExp => new RegExp(`^\\s*Usage:\\s+${name} `);
  const wordsOf = (name: string): string[] => [`${name} --help`, `help ${name}`];
  for (const [name, code, more] of [
    ["sysctl", 0, ["sysctl -h"]],
    ["ethtool", 0, ["ethtool -h"]],
    ["cat", 0, []],
  ] as const) {
    for (const line of [...wordsOf(name), ...more]) t.match(await said(line), { stdout: usage(name), stderr: "", code }, line);
  }
  for (const [name, code] of [
    ["nstat", 255],
    ["arping", 2],
  ] as const) {
    for (const line of [...wordsOf(name), `${name} -h`]) t.match(await said(line), { stdout: "", stderr: usage(name), code }, line);
  }
});

t.test("our own commands print to standard output and end with 0", async (t) => {
  for (const command of ["run", "sim", "energy", "check", "bridge-sim", "tap", "udp", "udp send", "udp listen", "ping"]) {
    for (const line of [`${command} --help`, `help ${command}`]) {
      t.match(await said(line), { stdout: new RegExp(`^Usage: whohas ${command} `), stderr: "", code: 0 }, line);
    }
  }
  t.match(await said("udp help send"), { stdout: /^Usage: whohas udp send /, stderr: "", code: 0 });
  t.match(await said("udp"), { stdout: "", stderr: /^Usage: whohas udp /, code: 2 }, "a command without its second word");
});

t.test("defaults have the unit of their option, and there is none that says nothing", async (t) => {
  const { stdout: ping } = await said("ping --help");
  t.match(ping, /-i <seconds> .*\(default: 1\)/);
  t.match(ping, /-W <seconds> .*\(default: 10\)/);
  t.match(ping, /-s <bytes> .*\(default: 56\)/);
  t.match((await said("udp send --help")).stdout, /--interval <time> .*\(default: 1s\)/);
  for (const command of ["run", "tap", "udp send", "bridge-sim", "ping"]) {
    t.notMatch((await said(`${command} --help`)).stdout, /default: (\[|false|true|""|"|\))/, command);
  }
});

t.test("the forms of a SPEC stand in the help of the commands that take one", async (t) => {
  const forms = DEVICE_KINDS.flatMap(specHelp);
  t.ok(forms.length >= 10, `${forms.length} forms`);
  for (const [form, meaning] of forms) t.ok(meaning !== "", `${form}: ${meaning}`);
  for (const command of ["run", "tap"]) {
    const { stdout } = await said(`${command} --help`);
    for (const [form] of forms) t.match(stdout, `\n  ${form} `, `${command}: ${form}`);
    t.match(stdout, /mac=AA:BB:CC:DD:EE:FF/);
  }
});

t.test("help is as wide as the terminal", { skip: missingPrograms("script", "stty") }, async (t) => {
  const widest = async (columns: number, ...words: string[]): Promise<number> => {
    const [node, args] = commandLine(words);
    const line = `stty cols ${columns}; ${[node, ...args].map((word) => `'${word}'`).join(" ")}`;
    const { stdout } = await ended(bound("script", ["-qec", line, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] }));
    return Math.max(...stdout.split(/\r?\n/).map((text) => text.length));
  };
  for (const words of [["help"], ["run", "--help"]]) {
    const [narrow, wide] = [await widest(60, ...words), await widest(130, ...words)];
    t.ok(narrow <= 60, `${words.join(" ")}: ${narrow} of 60 columns`);
    t.ok(wide > 80 && wide <= 130, `${words.join(" ")}: ${wide} of 130 columns`);
  }
});
