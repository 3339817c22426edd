/**
 * A power sensor of this machine by Linux's hwmon (Documentation/hwmon/sysfs-interface): power1_input in uW, or curr1_input in mA times
 * in1_input in mV.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MeterError, type PowerMeter } from "../../power-meter.ts";

const FOLDER = "/sys/class/hwmon";
const MICRO = 1e-6;

export class HwmonMeter implements PowerMeter {
  readonly simulated = false;
  readonly #name: string;
  readonly #folder: string;
  #place: string | null = null;
  #inputs: readonly string[] = [];

  /**
   * @param name the chip's (`ina226`, as its file `name` has it), or its folder (`hwmon2`)
   * @param folder of the kernel; tests have their own
   */
  constructor(name: string, folder: string = FOLDER) {
    this.#name = name;
    this.#folder = folder;
  }

  get description(): string {
    return `hwmon ${this.#name}`;
  }

  async open(): Promise<void> {
    const places = this.#list().filter((place) => place === this.#name || this.#text(place, "name") === this.#name);
    const [place] = places;
    if (place === undefined) {
      const there = this.#list().map((found) => `${found} (${this.#text(found, "name") ?? "without a name"})`);
      throw new MeterError("METER_NOT_FOUND", `${this.description}: no such sensor; there is ${there.join(", ") || "none"}`);
    }
    if (places.length > 1)
      throw new MeterError("METER_AMBIGUOUS", `${this.description}: several have that name; say one of ${places.join(", ")}`);
    const ways = [["power1_input"], ["curr1_input", "in1_input"]];
    const inputs = ways.find((files) => files.every((file) => this.#text(place, file) !== null));
    if (!inputs)
      throw new MeterError("METER_IDLE", `${this.description}: neither power1_input nor curr1_input and in1_input can be read`);
    this.#place = place;
    this.#inputs = inputs;
  }

  async close(): Promise<void> {
    this.#place = null;
  }

  async read(): Promise<number> {
    const place = this.#place;
    if (place === null) throw new MeterError("METER_CLOSED", `${this.description}: it is not open`);
    // uW; mA times mV.
    return this.#inputs.reduce((product, file) => product * this.#number(place, file), MICRO);
  }

  #number(place: string, file: string): number {
    const text = this.#text(place, file);
    if (text !== null && /^-?\d{1,15}$/.test(text)) return Number(text);
    throw new MeterError("METER_FAILED", `${this.description}: ${file} ${text === null ? "cannot be read" : "is no number"}`);
  }

  #list(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => /^hwmon\d{1,4}$/.test(name))
        .sort();
    } catch {
      return [];
    }
  }

  /** Null for what is not there. */
  #text(place: string, file: string): string | null {
    try {
      return readFileSync(join(this.#folder, place, file), "latin1").trim();
    } catch {
      return null;
    }
  }
}
