/** Carries the same operations out on both machines, and looks after each of them whether the two are still the same. */
import { SeededRandom } from "../../../../../hal/random.ts";
import { GPRC, ICR, IMS, MPC, RDH, RNBC, registerName, TDH, TPR, TPT } from "../../../../../hal/simulated/e1000/registers.ts";
import { type Machine, openModel, openQemu } from "./machine.ts";
import { Driver, drawPhase, type Operation } from "./operations.ts";

export interface Difference {
  /** Index of the operation after which it showed. */
  readonly step: number;
  readonly operation: Operation;
  readonly what: string;
}

/** Events in the model. */
export class Tally {
  operations = 0;
  sent = 0;
  stored = 0;
  interrupts = 0;
}

/** All operations of a seed: phases of one configuration each. */
export function draw(seed: number, count: number, phase: number): Operation[] {
  const random = new SeededRandom(seed);
  const operations: Operation[] = [];
  while (operations.length < count) operations.push(...drawPhase(random, Math.min(phase, count - operations.length)));
  return operations;
}

/** Plays operations on two fresh machines; null when they agree to the end. */
export async function play(operations: readonly Operation[], tally?: Tally): Promise<Difference | null> {
  const model = await openModel();
  const qemu = await openQemu();
  try {
    const driver = new Driver([model, qemu], new SeededRandom(7));
    const totals = new Uint32Array(TOTALS.length);
    let asserted = false;
    let head = 0;
    const differs = async (operation: Operation): Promise<string | null> => {
      try {
        return compareRead(operation, await driver.carryOut(operation)) ?? compare(model, qemu, totals);
      } catch (error) {
        return `${error}`;
      }
    };
    for (const [step, operation] of operations.entries()) {
      const what = await differs(operation);
      if (what !== null) return { step, operation, what };
      if (tally) {
        tally.operations++;
        tally.sent += model.sent.length;
        const now = model.read(RDH);
        if (now !== head && operation.kind !== "configure") tally.stored++;
        head = now;
        if (model.asserted && !asserted) tally.interrupts++;
        asserted = model.asserted;
      }
      model.sent.length = 0;
      qemu.sent.length = 0;
    }
    return null;
  } finally {
    await qemu.close();
    await model.close();
  }
}

/** The fewest operations found that still show a difference: pieces are left out as long as it stays. At most `tries` plays. */
export async function shrink(operations: readonly Operation[], tries: number): Promise<Operation[]> {
  let rest = [...operations];
  let left = tries;
  for (let size = Math.ceil(rest.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < rest.length && left > 0; ) {
      const fewer = [...rest.slice(0, at), ...rest.slice(at + size)];
      left--;
      const difference = await play(fewer);
      if (difference) rest = fewer.slice(0, difference.step + 1);
      else at += size;
    }
  }
  return rest;
}

export function describe(operation: Operation): string {
  switch (operation.kind) {
    case "read":
      return `read ${registerName(operation.offset)}`;
    case "write":
    case "manage":
      return `${operation.kind} ${registerName(operation.offset)} ${hex(operation.value)}`;
    case "transmit":
      return `transmit ${operation.descriptors.map((words) => words.map(hex).join(":")).join(" ")}`;
    case "spoil":
      return `spoil ${hex(operation.at)}`;
    case "give":
      return `give ${operation.count}`;
    case "receive":
      return `receive ${operation.length} bytes ${Buffer.from(operation.header).toString("hex")} fill ${operation.fill}`;
    case "configure": {
      const writes = operation.writes
        .filter(([, value]) => value !== 0)
        .map(([offset, value]) => `${registerName(offset)}=${hex(value)}`);
      const { rings, early } = operation;
      const ahead = early.transmit.map((words) => words.map(hex).join(":")).join(" ");
      return `configure ${rings.receive}/${rings.transmit} descriptors, before their length ${early.receive} and [${ahead}], ${writes.join(" ")}`;
    }
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** Looked at after every operation. Reading the counters clears them. */
const WATCHED: readonly number[] = [RDH, TDH, IMS, TPR, GPRC, TPT];

/** QEMU does not clear these when they are read: its value is compared with the sum of the model's. */
const TOTALS: readonly number[] = [MPC, RNBC];

function compareRead(operation: Operation, values: readonly number[] | null): string | null {
  if (!values || values[0] === values[1]) return null;
  const name = "offset" in operation ? registerName(operation.offset) : "";
  return `${name} is ${hex(values[0]!)} in the model and ${hex(values[1]!)} in QEMU`;
}

/** @param totals of the model's TOTALS so far */
function compare(model: Machine, qemu: Machine, totals: Uint32Array): string | null {
  for (const [index, register] of TOTALS.entries()) {
    totals[index] = totals[index]! + model.read(register);
    const [ours, theirs] = [totals[index]!, qemu.read(register)];
    if (ours !== theirs) return `${registerName(register)} is ${hex(ours)} in all in the model and ${hex(theirs)} in QEMU`;
  }
  for (const register of WATCHED) {
    const [ours, theirs] = [model.read(register), qemu.read(register)];
    if (ours !== theirs) return `${registerName(register)} is ${hex(ours)} in the model and ${hex(theirs)} in QEMU`;
  }
  if (model.asserted !== qemu.asserted)
    return `the interrupt is ${model.asserted ? "up" : "down"} in the model and ${qemu.asserted ? "up" : "down"} in QEMU; ICR ${hex(model.read(ICR))} and ${hex(qemu.read(ICR))}`;
  if (model.changed > 0) return "the model found a descriptor changed that the driver had not touched";
  const at =
    Buffer.compare(model.memory, qemu.memory) === 0 ? -1 : model.memory.findIndex((byte, index) => byte !== qemu.memory[index]);
  if (at >= 0) {
    const line = at & ~15;
    const show = (machine: Machine): string => Buffer.from(machine.memory.subarray(line, line + 16)).toString("hex");
    return `memory at ${hex(line)} is ${show(model)} in the model and ${show(qemu)} in QEMU`;
  }
  if (model.sent.length !== qemu.sent.length) return `the model sent ${model.sent.length} frames, QEMU ${qemu.sent.length}`;
  for (const [index, frame] of model.sent.entries()) {
    const other = qemu.sent[index] as Uint8Array;
    if (Buffer.compare(frame, other) === 0) continue;
    const byte = frame.findIndex((value, i) => value !== other[i]);
    const show = (bytes: Uint8Array): string =>
      `${bytes.length} bytes, from ${byte} on ${Buffer.from(bytes.subarray(Math.max(0, byte), byte + 24)).toString("hex")}`;
    return `frame ${index} that was sent is ${show(frame)} in the model; ${show(other)} in QEMU`;
  }
  return null;
}
