/** The tester as a gateway, and as whoever wants to be one. */
import { MIN_FRAME } from "../../../hal/ethernet.ts";
import type { Bench } from "../../contract/bench.ts";
import type { Frame } from "../../contract/frame.ts";
import type { Host } from "../../contract/plan.ts";
import { matches } from "../../stage/patterns.ts";
import { udp } from "../../wire/build4.ts";
import { udp6 } from "../../wire/build6.ts";

export class Gateway {
  /** Its link address; another station has the address from the time on at which this changes. */
  mac: string;
  /** It hears and answers. */
  up = true;
  /** Somebody else answers for it, before it does, whatever he can hear. */
  impostor: string | null = null;
  /** Datagrams that reached it while it was up. */
  delivered = 0;
  /** Times of questions that somebody answered at once. */
  readonly answered: Set<number> = new Set();
  /** Frames to the node, each behind one of its own; those on the wire have 60 bytes at least. */
  readonly told: { frames: number; bytes: number } = { frames: 0, bytes: 0 };
  readonly #bench: Bench;
  readonly #evidenceEvery: number;

  /** @param evidenceEvery it answers each so many datagrams by one of its own; 0: none */
  constructor(bench: Bench, evidenceEvery: number) {
    this.#bench = bench;
    this.#evidenceEvery = evidenceEvery;
    this.mac = bench.plan.T1.mac;
    bench.respond((frame) => {
      const answer = this.#hear(frame);
      if (answer) this.#tells(answer);
      return answer;
    });
  }

  /** The gateway's address at a link address. */
  at(mac: string): Host {
    return { mac, ip: this.#bench.plan.T1.ip };
  }

  /** Tells everybody that the gateway's address is at a link address. */
  announce(mac: string): Promise<void> {
    return this.#bench.say(this.#bench.resolution.announce(this.at(mac)));
  }

  #hear(frame: Frame): Uint8Array | null {
    const { plan, resolution } = this.#bench;
    const { ip } = plan.T1;
    const asked: boolean = matches(frame, resolution.asks(ip));
    if (asked) {
      const everybody = frame.dst === resolution.everybody(ip);
      const lie = this.impostor !== null && everybody ? resolution.reply(this.at(this.impostor)) : null;
      if (lie) {
        this.#tells(lie);
        this.#bench.dut.send("p0", lie);
      }
      const hears = this.up && (everybody || frame.dst === this.mac);
      if (lie || hears) this.answered.add(frame.time);
      return hears ? resolution.reply(this.at(this.mac)) : null;
    }
    if (frame.kind !== "udp" || !this.up || frame.dst !== this.mac) return null;
    this.delivered++;
    const answers = this.#evidenceEvery > 0 && this.delivered % this.#evidenceEvery === 0;
    if (!answers) return null;
    const fields = { from: this.at(this.mac), sport: frame.dport, dport: frame.sport };
    return plan.family === 4 ? udp(fields) : udp6(fields);
  }

  #tells({ length }: Uint8Array): void {
    this.told.frames++;
    this.told.bytes += Math.max(MIN_FRAME, length);
  }
}
