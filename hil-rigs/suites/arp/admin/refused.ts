/** Commands of `ip neigh` that are refused, by the kernel or by `ip` itself. Measured with iproute2 6.1. */
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import { T1, T2 } from "../../../wire/hosts.ts";
import { calm, make, type State, seen, seenAs, told } from "../kit/setup.ts";

const AT = `${T1.ip} dev e0`;

/** The kernel's refusals, as `ip` prints them, with exit 2. */
const REFUSED: readonly (readonly [id: string, state: State, command: string, stderr: string, needs?: readonly Need[]])[] = [
  ["add-existing", "STALE", `neigh add ${AT} lladdr ${T2.mac}`, "RTNETLINK answers: File exists"],
  ["add-existing-same", "PERMANENT", `neigh add ${AT} lladdr ${T1.mac}`, "RTNETLINK answers: File exists"],
  ["change-missing", "none", `neigh change ${AT} lladdr ${T1.mac}`, "RTNETLINK answers: No such file or directory"],
  ["del-missing", "none", `neigh del ${AT}`, "RTNETLINK answers: No such file or directory"],
  ["no-lladdr", "NONE", `neigh replace ${AT}`, "Error: No link layer address given."],
  ["no-lladdr-stale", "FAILED", `neigh change ${AT} nud stale`, "Error: No link layer address given."],
  ["short-lladdr", "none", `neigh add ${AT} lladdr 02:00:00:00:00`, "Error: Invalid link address."],
  ["get-missing", "none", `neigh get ${AT}`, "Error: Neighbour entry not found.", ["neigh-get"]],
];

/** Refusals of `ip` itself, before the kernel is asked. */
const WORDS: readonly (readonly [id: string, command: string, exit: number, stderr: string])[] = [
  ["no-device", `neigh add ${T1.ip} lladdr ${T1.mac} dev x9`, 1, 'Cannot find device "x9"'],
  ["bad-state", `neigh add ${AT} nud 0x42`, 255, 'Error: argument "0x42" is wrong: nud state is bad'],
  ["bad-word-state", `neigh add ${AT} nud nonsense`, 255, 'Error: argument "nonsense" is wrong: nud state is bad'],
  ["add-no-dev", `neigh add ${T1.ip} lladdr ${T1.mac}`, 255, "Device and destination are required arguments."],
  ["flush-nothing", "neigh flush", 1, "Flush requires arguments."],
];

const refused: readonly Case[] = REFUSED.map(([id, state, command, stderr, needs = []]) => ({
  id: `ARP-S-20/${id}`,
  title: `ip ${command} with the entry ${state} is refused: ${stderr}`,
  source: "iproute2 and kernel, measured",
  needs,
  async run(bench) {
    calm(bench);
    await make(bench, state);
    const result = await bench.ip(command);
    bench.expect("refused", [result.exit, result.stderr.trim()], [2, stderr]);
    bench.expect("as it was", seen(bench, T1.ip), seenAs(state));
    bench.expect("nothing is told", told(bench), []);
  },
}));

const words: readonly Case[] = WORDS.map(([id, command, exit, stderr]) => ({
  id: `ARP-S-21/${id}`,
  title: `ip ${command} is refused: ${stderr}`,
  source: "iproute2, measured",
  async run(bench) {
    const result = await bench.ip(command);
    bench.expect("refused", [result.exit, result.stderr.trim()], [exit, stderr]);
    bench.expect("the table is empty", bench.dut.neighbours().length, 0);
  },
}));

export const refusals: readonly Case[] = [...refused, ...words];
