/**
 * One question to servers of names (RFC 1035 7): by UDP from a port and with a number of its own (RFC 5452), again where no answer
 * comes, by TCP where the answer is too long (RFC 7766 5).
 */
import { type DnsPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import type { Timer } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import type { TcpConnection } from "../../transport/tcp/contract.ts";
import type { UdpSocket } from "../../transport/udp-socket.ts";
import type { NetStack } from "../net/ground.ts";

/** A server of names. */
export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

/** The surroundings of a question. */
export interface QuestionGround {
  readonly stack: NetStack;
  readonly random: Random;
  readonly servers: readonly DnsServer[];
  /** ms for the first answer of a server; each round of all servers has twice the time of the one before. */
  readonly timeout: number;
  /** Rounds of all servers. */
  readonly tries: number;
}

/** The answer, or the code of an error as node:dns has it. */
export type Answered = (code: string | null, answer: DnsPacket | null) => void;

/** Bytes of an answer that a server may send by UDP (RFC 6891 6.2.5; 1232 pass every link in one piece). */
const PAYLOAD = 1232;

/** Errors of servers that another one may not have, by their names in dns-packet. */
const RCODES: Readonly<Record<string, string>> = {
  FORMERR: "EFORMERR",
  SERVFAIL: "ESERVFAIL",
  NOTIMP: "ENOTIMP",
  REFUSED: "EREFUSED",
};

export class Question {
  readonly #ground: QuestionGround;
  readonly #name: string;
  readonly #type: string;
  readonly #answered: Answered;
  readonly #limit: Timer;
  #attempt = 0;
  #id = 0;
  #extended = true;
  #code = "ETIMEOUT";
  #socket: UdpSocket | null = null;
  #connection: TcpConnection | null = null;
  #over = false;

  constructor(ground: QuestionGround, name: string, type: string, answered: Answered) {
    this.#ground = ground;
    this.#name = name;
    this.#type = type;
    this.#answered = answered;
    this.#limit = ground.stack.clock.timer(() => this.#failed("ETIMEOUT"));
  }

  begin(): void {
    this.#next();
  }

  cancel(): void {
    this.#end("ECANCELLED", null);
  }

  get #server(): DnsServer {
    const { servers } = this.#ground;
    return servers[this.#attempt % servers.length] as DnsServer;
  }

  #next(): void {
    const { servers, tries, timeout, random, stack } = this.#ground;
    if (servers.length === 0) {
      this.#end("ECONNREFUSED", null);
      return;
    }
    if (this.#attempt >= servers.length * tries) {
      this.#end(this.#code, null);
      return;
    }
    this.#id = random.below(0x10000);
    this.#limit.arm(timeout * 2 ** Math.floor(this.#attempt / servers.length));
    const { address, port } = this.#server;
    try {
      const socket = stack.udp.open();
      this.#socket = socket;
      const destination = socket.to(address, port);
      socket.connect(destination.address, port);
      socket.onDatagram = (bytes, at, length) => this.#received(Buffer.from(bytes.slice(at, at + length)), false);
      socket.onError = () => this.#failed("ECONNREFUSED");
      if (socket.send(this.#query(), destination).status === "failed") this.#failed("ECONNREFUSED");
    } catch {
      this.#failed("ECONNREFUSED");
    }
  }

  #query(): Uint8Array {
    const options = { type: "OPT", name: ".", udpPayloadSize: PAYLOAD, flags: 0, options: [] };
    return encode({
      type: "query",
      id: this.#id,
      flags: RECURSION_DESIRED,
      questions: [{ name: this.#name, type: this.#type, class: "IN" }],
      additionals: this.#extended ? [options] : [],
    });
  }

  /** Takes what claims to be the answer; anything else is passed over (RFC 5452 9.1). */
  #received(bytes: Buffer, stream: boolean): void {
    const answer = read(bytes);
    const [question] = answer?.questions ?? [];
    if (answer?.type !== "response" || answer.id !== this.#id) return;
    if (question !== undefined && (question.name.toLowerCase() !== this.#name || question.type !== this.#type)) return;
    const { rcode = "NOERROR" } = answer;
    if (question === undefined && rcode !== "FORMERR") return;
    if (answer.flag_tc && !stream) {
      this.#askByTcp();
      return;
    }
    if (rcode === "FORMERR" && this.#extended) {
      // A server from before RFC 6891.
      this.#extended = false;
      this.#retry();
      return;
    }
    const failure = RCODES[rcode];
    if (failure !== undefined) this.#failed(failure);
    else this.#end(null, answer);
  }

  #askByTcp(): void {
    this.#closeSockets();
    const { address, port } = this.#server;
    const received: Uint8Array[] = [];
    try {
      const connection = this.#ground.stack.tcp.connect(address, port, {
        connected: () => {
          const query = this.#query();
          connection.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
        },
        readable: () => {
          const chunk = Buffer.alloc(connection.available);
          received.push(chunk.subarray(0, connection.read(chunk)));
          const all = Buffer.concat(received);
          // Two octets of length, then the answer (RFC 1035 4.2.2).
          if (all.length >= 2 && all.length >= 2 + all.readUInt16BE())
            this.#received(all.subarray(2, 2 + all.readUInt16BE()), true);
        },
        writable() {},
        ended: () => this.#failed("ECONNREFUSED"),
        closed: () => this.#failed("ECONNREFUSED"),
      });
      this.#connection = connection;
    } catch {
      this.#failed("ECONNREFUSED");
    }
  }

  /** The same server once more. */
  #retry(): void {
    this.#closeSockets();
    this.#next();
  }

  #failed(code: string): void {
    if (this.#over) return;
    this.#code = code;
    this.#attempt++;
    this.#closeSockets();
    this.#next();
  }

  #end(code: string | null, answer: DnsPacket | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit.cancel();
    this.#closeSockets();
    this.#answered(code, answer);
  }

  #closeSockets(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#connection?.abort();
    this.#connection = null;
  }
}

function read(bytes: Buffer): DnsPacket | null {
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}
