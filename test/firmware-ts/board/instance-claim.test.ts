/** Processes that claim one name at the same moment: exactly one has it each time, whatever became of the one before. */
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import t from "tap";
import { type PipedChild, scratch, startNode } from "../../support/own.ts";

const RACERS = 4;
const ROUNDS = 100;
/** In every round of so many the winner is killed and leaves lock and socket. */
const KILLED = 10;
/** ms until a round begins: every racer has read its line by then. */
const AHEAD = 4;

const dir = `${scratch("claim")}/run`;

class Racer {
  readonly child: PipedChild = startNode(new URL("claim-child.ts", import.meta.url), [], {
    env: { ...process.env, WHOHAS_RUNTIME_DIR: dir },
  });
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const lines: Interface = createInterface({ input: this.child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async hears(): Promise<string> {
    return (await this.#lines.next()).value ?? "gone";
  }

  tell(line: string | number): Promise<string> {
    this.child.stdin.write(`${line}\n`);
    return this.hears();
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await once(this.child, "close");
  }
}

async function racer(): Promise<Racer> {
  const made = new Racer();
  await made.hears();
  return made;
}

t.test(`${RACERS} starts under one name, ${ROUNDS} times: always exactly one runs, and the others name it`, async (t) => {
  const racers = await Promise.all(Array.from({ length: RACERS }, racer));
  t.teardown(() => Promise.all(racers.map((one) => one.child.exitCode === null && one.kill())));
  for (let round = 0; round < ROUNDS; round++) {
    const start = Date.now() + AHEAD;
    const said = await Promise.all(racers.map((one) => one.tell(start)));
    const winner = said.indexOf("won");
    const losers = said.filter((_, at) => at !== winner);
    const { pid } = racers[winner]?.child ?? {};
    const lost = `lost instance race is already running as ${pid}; give this one another --name`;
    if (losers.some((line) => line !== lost)) t.same(said, lost, `round ${round}`);
    if (!existsSync(`${dir}/race.sock`)) t.fail(`round ${round}: no socket`);
    if (round % KILLED !== KILLED - 1) await racers[winner]?.tell("release");
    else {
      await racers[winner]?.kill();
      racers[winner] = await racer();
    }
  }
  t.match(
    readdirSync(dir).filter((name) => !name.endsWith(".sock")),
    [/^race\.lock\.\d+$/],
    "one lock is left",
  );
});
