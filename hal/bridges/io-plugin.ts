/** Finds a johnny-five IO plugin that a rig names, loads its package, makes its board and waits until it is ready. */
import { isBuiltin } from "node:module";
import type { Clock } from "../clock.ts";
import { GpioError } from "../gpio.ts";
import { type IoConnection, type IoPlugin, type IoSource, reason, untilReady } from "./johnny-five.ts";

type PluginClass = new (options: object) => unknown;

/** An npm package name (docs.npmjs.com, package.json, "name"), and never a path: a rig file does not get to load any file it likes. */
const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;

/** May this be the name of an IO plugin's package? */
export function isPluginName(name: string): boolean {
  return name.length <= 214 && PACKAGE.test(name) && !isBuiltin(name);
}

export interface IoPluginOptions {
  /** The npm package. */
  readonly name: string;
  /** Most time for the plugin until it is ready, in ms. */
  readonly timeout: number;
  /** Imports a package by name. Null: this program loads none. */
  readonly importPlugin: ((name: string) => Promise<unknown>) | null;
}

/** Any johnny-five IO plugin that is installed as an npm package, as `raspi-io`. */
export class IoPluginSource implements IoSource {
  readonly simulated = false;
  readonly description: string;
  readonly #options: IoPluginOptions;
  readonly #clock: Clock;

  constructor(options: IoPluginOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.description = `johnny-five IO plugin ${options.name}`;
  }

  /** @throws GpioError GPIO_NO_PLUGIN when it is not installed or is none, GPIO_PLUGIN_FAILED, GPIO_TIMEOUT */
  async open(): Promise<IoConnection> {
    const { name, timeout } = this.#options;
    const Plugin = findPluginClass(await this.#load(), name);
    if (!Plugin) throw this.#error("GPIO_NO_PLUGIN", "the package exports no IO plugin; name one that does, such as raspi-io");
    const io = this.#construct(Plugin);
    const late = `not ready within ${timeout / 1000} s; is this the board the plugin is for?`;
    const failure = (cause?: unknown): GpioError =>
      cause === undefined ? this.#error("GPIO_TIMEOUT", late) : this.#error("GPIO_PLUGIN_FAILED", reason(cause), cause);
    await untilReady(io, this.#clock, timeout, failure);
    return { io, onLost: null, close: () => closePlugin(io) };
  }

  async #load(): Promise<unknown> {
    const { name, importPlugin } = this.#options;
    if (!importPlugin) throw this.#error("GPIO_NO_PLUGIN", "this program loads no plugins; use none, simulated or firmata:PORT");
    try {
      return await importPlugin(name);
    } catch (cause) {
      // By its text: module hooks, as TypeScript runners use them, lose the error's code on its way.
      const missing = new RegExp(`^Cannot find (?:package|module) '${name}'`).test(reason(cause));
      if (missing) throw this.#error("GPIO_NO_PLUGIN", `the package is not installed; run: npm install ${name}`, cause);
      throw this.#error("GPIO_PLUGIN_FAILED", `the package does not load (${reason(cause)}); is it made for this machine?`, cause);
    }
  }

  #construct(Plugin: PluginClass): IoPlugin {
    let io: unknown;
    try {
      io = new Plugin({});
    } catch (cause) {
      throw this.#error("GPIO_PLUGIN_FAILED", `it does not start (${reason(cause)}); is this the board the plugin is for?`, cause);
    }
    if (isPlugin(io)) return io;
    throw this.#error("GPIO_NO_PLUGIN", "the package exports no IO plugin; name one that does, such as raspi-io");
  }

  #error(code: string, what: string, cause?: unknown): GpioError {
    return new GpioError(code, `${this.description}: ${what}`, { cause });
  }
}

/**
 * The plugin's class among a module's exports: the default export, or the one named as the package is (`raspi-io` has RaspiIO), in
 * an ES module or in a CommonJS one, whose exports are the default export of what import() gives.
 */
export function findPluginClass(module: unknown, name: string): PluginClass | null {
  const wanted = squash(name.slice(name.indexOf("/") + 1));
  let scope = module;
  for (let depth = 0; depth < 3; depth++) {
    if (typeof scope === "function") return scope as PluginClass;
    if (!isObject(scope)) return null;
    for (const [key, value] of Object.entries(scope)) {
      if (typeof value === "function" && squash(key) === wanted) return value as PluginClass;
    }
    scope = scope.default;
  }
  return null;
}

function squash(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** An object that may have what we look for. */
interface Unknown {
  readonly default?: unknown;
  readonly once?: unknown;
  readonly pinMode?: unknown;
}

function isObject(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null;
}

function isPlugin(value: unknown): value is IoPlugin {
  return isObject(value) && typeof value.once === "function" && typeof value.pinMode === "function";
}

/** Plugins agree on no way to let go; those that have one call it close or reset. */
async function closePlugin(io: IoPlugin): Promise<void> {
  const { close, reset } = io as { close?: unknown; reset?: unknown };
  if (typeof close === "function") await close.call(io);
  else if (typeof reset === "function") await reset.call(io);
}
