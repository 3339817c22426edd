/**
 * The node's side of the registrar: it registers its address with the gateway, so that the gateway never asks for it, and pins the gateway at
 * the link address that the answer names, of which only somebody with the key can have written. In a rig, with `strategy: registrar`:
 *
 *     apps: [{ kind: registrar, to: "192.168.10.1:7625", device: eth0, key: 000102030405060708090a0b0c0d0e0f, every: 1h }]
 */
import type { Timer } from "../../../hal/clock.ts";
import type { Destination } from "../../ip/destination.ts";
import { type Endpoint, formatIp } from "../../ip/endpoint.ts";
import type { NetDevice } from "../../net/device.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp-socket.ts";
import type { App, AppContext, AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { KEY_FORM, keyOf, type Message, NO_COOKIE, readMessage, Status, Type, writeMessage } from "./message.ts";

export interface RegistrarConfig {
  readonly to: Endpoint<string>;
  readonly device: string;
  /** Hexadecimal digits. */
  readonly key: string;
  /** Time between two registrations, in ms; an entry holds for three times that. */
  readonly every: number;
}

/** Times in ms. */
const SECOND = 1000;
const HOUR = 3_600_000;
/** The first time that an answer is waited for, doubled each time; and the transmissions of one registration. */
const PATIENCE = 2 * SECOND;
const ATTEMPTS = 4;
/** A transmission without an answer from which on the gateway's link address is in doubt. */
const DOUBTFUL = 2;
const NONCE = 8;
/** Registrations for which an entry holds. */
const HOLDS = 3;
/** Messages under way in one registration: more challenges than one are somebody's game. */
const CHALLENGES = 2;

class Registrar implements App {
  readonly counters: { registered: number; unanswered: number; refused: number; ignored: number } = {
    registered: 0,
    unanswered: 0,
    refused: 0,
    ignored: 0,
  };
  readonly #config: RegistrarConfig;
  readonly #context: AppContext;
  readonly #stack: Stack;
  readonly #device: NetDevice;
  readonly #key: Uint8Array;
  readonly #timer: Timer;
  #socket: UdpSocket | null = null;
  #gateway: Destination | null = null;
  #nonce: Uint8Array = NO_COOKIE;
  #cookie: Uint8Array = NO_COOKIE;
  /** Transmissions of the registration under way without an answer; 0 between two. */
  #attempts = 0;
  #challenges = 0;

  constructor(config: RegistrarConfig, context: AppContext) {
    const { stack, device } = context.on(config.device);
    this.#config = config;
    this.#context = context;
    this.#stack = stack;
    this.#device = device;
    this.#key = keyOf(config.key);
    this.#timer = stack.clock.timer(() => this.#next());
  }

  start(): void {
    const { address, port } = this.#config.to;
    const socket = this.#stack.udp.open(0, null, { family: address.includes(":") ? 6 : 4 });
    this.#socket = socket;
    this.#gateway = socket.to(address, port);
    socket.onDatagram = (bytes, at, length, source, from) => {
      if (source !== this.#gateway?.address || from !== port) return;
      const message = readMessage(this.#key, bytes.slice(at, at + length));
      if (message && this.#attempts > 0 && isSame(message.nonce, this.#nonce)) this.#answered(message);
      else this.counters.ignored++;
    };
    this.#register();
  }

  stop(): void {
    this.#timer.cancel();
    this.#socket?.close();
    this.#socket = null;
  }

  #register(): void {
    this.#nonce = this.#context.secret(NONCE);
    this.#challenges = 0;
    this.#attempts = 1;
    this.#send();
    this.#timer.arm(PATIENCE);
  }

  /** It is time for the next registration, or the one under way was not answered. */
  #next(): void {
    if (this.#attempts === 0) {
      this.#register();
      return;
    }
    if (this.#attempts === DOUBTFUL) this.#socket?.doubt(this.#gateway as Destination);
    if (this.#attempts === ATTEMPTS) {
      this.counters.unanswered++;
      this.#rest();
      return;
    }
    this.#attempts++;
    this.#send();
    this.#timer.arm(PATIENCE * 2 ** (this.#attempts - 1));
  }

  #send(): void {
    const gateway = this.#gateway as Destination;
    const { source } = gateway;
    const seconds = Math.min(65_535, Math.ceil((HOLDS * this.#config.every) / SECOND));
    const request = { type: Type.REGISTER, seconds, address: formatIp(source), mac: this.#device.address };
    this.#socket?.send(writeMessage(this.#key, { ...request, nonce: this.#nonce, cookie: this.#cookie }), gateway);
  }

  #answered({ type, cookie, status, gateway }: Message): void {
    this.#cookie = cookie;
    if (type === Type.CHALLENGE) {
      if (++this.#challenges <= CHALLENGES) this.#send();
      return;
    }
    if (type !== Type.ANSWER) return;
    if (status === Status.DONE) {
      this.counters.registered++;
      this.#stack.pinNeighbour(this.#config.to.address, this.#device, formatMac(gateway));
      this.#socket?.confirm(this.#gateway as Destination);
    } else this.counters.refused++;
    this.#rest();
  }

  #rest(): void {
    this.#attempts = 0;
    this.#timer.arm(this.#config.every);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((octet, at) => octet === other[at]);
}

const options: OptionShapes<RegistrarConfig> = {
  to: { is: "endpoint", example: "192.168.10.1:7625", needed: true },
  device: { is: "device", example: "eth0", needed: true },
  key: {
    is: "text",
    example: "000102030405060708090a0b0c0d0e0f",
    form: KEY_FORM,
    rule: "a key is 32 to 128 hexadecimal digits, an even number of them",
    needed: true,
  },
  every: { is: "duration", example: "1h", min: 10_000, max: 6 * HOUR, otherwise: HOUR },
};

export const registrar: AppKind<RegistrarConfig> = {
  kind: "registrar",
  role: "firmware",
  options,
  describe: ({ to: { address, port }, device, every }, say) => [
    ["registrar", `${address}:${port}`, `${device} registers every ${say.duration(every)}`],
  ],
  make: (config, context) => new Registrar(config, context),
};
