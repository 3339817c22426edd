/**
 * Messages of a hostile DHCP server to a board's client, of the right transaction and to the right station: only what they say is wrong.
 * Between them the link goes and comes, time passes, and another station takes the address. A piece is what happens, the kind of the
 * message, its address, the fields that hold options, and the octets of those.
 */

import { DHCP_DEFAULTS } from "../../../firmware-ts/apps/dhcp/config.ts";
import { Dhcp } from "../../../firmware-ts/apps/dhcp/dhcp.ts";
import type { Random } from "../../../hal/random.ts";
import { DhcpBench, SERVER, SERVER_MAC } from "../../support/dhcp-bench.ts";
import { arp, BROADCAST, ip, mac, T1, US, udp } from "../../support/wire-format.ts";
import { oneIn, pick, randomBytes } from "../bytes.ts";
import { FuzzError, type Piece, type Subject, type Target } from "../target.ts";

const HEAD = 7;
/** Kinds of things that happen, by the low bits of the first octet; any other is a message. */
const Event = { LINK: 5, TIME: 6, CONFLICT: 7 } as const;
/** Times that pass, in seconds. */
const TIMES: readonly number[] = [0.001, 1, 5, 12, 70, 400, 4000, 90_000];
const MOST_ROUTES = 64;
const MOST_NAME_SERVERS = 8;
const MOST_BYTES = 1400;

class DhcpSubject implements Subject {
  frames = 0;
  behaviour = "";
  readonly #bench: DhcpBench;
  readonly #app: Dhcp;
  #xid = 0;
  #plugged = true;

  constructor(bench: DhcpBench) {
    this.#bench = bench;
    bench.server.silent = true;
    const { context } = bench;
    this.#app = bench.start(
      new Dhcp(context.on("eth0"), { ...DHCP_DEFAULTS, delay: 0, device: "eth0", fallback: "link-local" }, context),
    );
    this.#pass(0.001);
  }

  play(piece: Piece): void {
    const [what = 0, type = 0] = piece;
    const event = what & 7;
    if (event === Event.LINK) {
      this.#plugged = !this.#plugged;
      this.#bench.lab.nic.port.plugged = this.#plugged;
      this.#pass(0.001);
    } else if (event === Event.TIME) this.#pass(TIMES[type & 7]!);
    else if (event === Event.CONFLICT) {
      const [own = ""] = this.#bench.addresses;
      const address = own === "" ? "192.168.10.50" : (own.split("/")[0] as string);
      this.#bench.say(arp({ sip: address, tip: address, sha: T1 }));
      this.#pass(0.001);
    } else {
      this.#bench.say(
        udp(
          { to: BROADCAST, source: SERVER, destination: "255.255.255.255", sport: 67, dport: 68, from: SERVER_MAC },
          this.#message(piece),
        ),
      );
      this.frames++;
      this.#pass(0.001);
    }
    this.#check();
  }

  async end(): Promise<void> {
    this.#bench.lab.nic.port.plugged = true;
    for (const time of TIMES) this.#pass(time);
    this.#check();
    const { stack } = this.#bench.lab;
    await this.#bench.close();
    if (stack.network.pool.inUse !== 0) throw new FuzzError("unaccounted", `${stack.network.pool.inUse} buffers left`);
  }

  #message(piece: Piece): number[] {
    const id = this.#xid;
    const bytes = new Array<number>(240).fill(0);
    bytes.splice(0, 8, 2, 1, 6, 0, id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
    bytes.splice(16, 4, ...piece.subarray(2, 6));
    bytes.splice(28, 6, ...mac(US));
    bytes.splice(236, 4, 99, 130, 83, 99);
    const [overload = 0] = piece.subarray(6, 7);
    const options = [...piece.subarray(HEAD)];
    if (overload & 1) bytes.splice(108, 128, ...filled(options, 128));
    if (overload & 2) bytes.splice(44, 64, ...filled(options, 64));
    return [...bytes, 53, 1, piece[1] ?? 0, ...(overload === 0 ? [] : [52, 1, overload]), ...options].slice(0, MOST_BYTES);
  }

  /** Lets time pass, and notes the transaction of what the board says meanwhile. */
  #pass(seconds: number): void {
    this.#bench.run(seconds);
    for (const { type, xid } of this.#bench.heard().dhcp) if (type === 1 || type === 3) this.#xid = xid | 0;
    this.behaviour = [this.#app.state, ...this.#bench.told().map((line) => line.split(" ")[0])].join(" ");
  }

  #check(): void {
    const { lease, state } = this.#app;
    const { stack } = this.#bench.lab;
    const addresses = this.#bench.addresses.filter((address) => !address.startsWith("169.254."));
    if (addresses.length > (lease ? 1 : 0)) throw new FuzzError("promise", `${addresses.join(" ")} with ${state}`);
    const leased = stack.ip.routes.list.filter(({ protocol }) => protocol === "dhcp");
    if (leased.length > (lease ? MOST_ROUTES : 0)) throw new FuzzError("promise", `${leased.length} routes with ${state}`);
    if (stack.nameServers.list.length > (lease ? MOST_NAME_SERVERS : 0)) throw new FuzzError("promise", "too many name servers");
    if (!lease && this.#bench.device.mtu !== 1500)
      throw new FuzzError("promise", `the MTU of a lease that is over: ${this.#bench.device.mtu}`);
  }
}

/** So many octets, from the front of a list and then zeros. */
function filled(options: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, at) => options[at] ?? 0);
}

function make(random: Random): Piece {
  const what = random.below(256);
  const type = oneIn(random, 8) ? random.below(256) : pick(random, [2, 5, 5, 6]);
  const address = oneIn(random, 4) ? [...randomBytes(4, random)] : ip(pick(random, ["192.168.10.50", "192.168.10.51", "10.0.0.9"]));
  const options: number[] = [];
  const word = (): number[] => (oneIn(random, 3) ? [...randomBytes(4, random)] : [0, 0, 0, random.below(256)]);
  const put = (code: number, value: readonly number[]): void =>
    void options.push(code, oneIn(random, 60) ? random.below(256) : value.length, ...value);
  if (!oneIn(random, 20)) put(54, oneIn(random, 10) ? [...randomBytes(4, random)] : ip(SERVER));
  if (!oneIn(random, 20)) put(51, oneIn(random, 2) ? word() : [0, 0, 14, 16]);
  if (!oneIn(random, 4)) put(1, oneIn(random, 6) ? [...randomBytes(4, random)] : [255, 255, 255, 0]);
  for (let more = random.below(6); more > 0; more--) {
    const code = pick(random, [0, 3, 6, 12, 15, 26, 28, 52, 58, 59, 121, 121, 249, 255, random.below(256)]);
    if (code === 58 || code === 59 || code === 28) put(code, word());
    else if (code === 26) put(code, [random.below(8), random.below(256)]);
    else if (code !== 0 && code !== 255) put(code, [...randomBytes(random.below(oneIn(random, 10) ? 255 : 24), random)]);
    else options.push(code);
  }
  options.push(255);
  const overload = oneIn(random, 6) ? random.below(4) : 0;
  return Uint8Array.from([what, type, ...address, overload, ...options]);
}

export const DHCP: Target = {
  name: "dhcp",
  session: 200,
  turns: 1,
  corpus: "dhcp.hex",
  open: async (seed) =>
    new DhcpSubject(
      await DhcpBench.open({ seed: [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7) >>> 0 }),
    ),
  make,
};
