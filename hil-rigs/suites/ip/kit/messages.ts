/** Cases about ICMP messages that are the same in both families, but for the frames and the names. */
import type { Case } from "../../../contract/case.ts";
import { datagram } from "../../../stage/patterns.ts";
import { acquainted } from "./answers.ts";

/** The fields of an echo request, of either family. */
export interface EchoWords {
  identifier: number;
  sequence: number;
  payload: string;
}

/**
 * Echo requests in one frame, by their sizes: data that comes back.
 * @param reply the ICMP type of the answer
 */
export function echoes(
  id: string,
  source: string,
  sizes: readonly number[],
  echo: (words: EchoWords) => Uint8Array,
  reply: number,
): Case[] {
  return sizes.map((size) => ({
    id: `${id}/${size}`,
    title: `an echo request with ${size} bytes: its reply has identifier, sequence and data`,
    source,
    async run(bench) {
      const { T1, dut } = bench.plan;
      await acquainted(bench);
      const payload = Array.from({ length: size }, (_, n) => String.fromCharCode(33 + (n % 90))).join("");
      await bench.say(echo({ identifier: 0xabcd, sequence: 0x1234, payload }));
      const answer = await bench.hears("answers", { kind: "icmp", type: reply, code: 0 });
      bench.expect("identifier and sequence", answer.info >>> 0, 0xabcd1234);
      bench.expect("data", new TextDecoder().decode(answer.quoted), payload);
      bench.expect("from and to", [answer.source, answer.destination, answer.dst], [dut.e0.ip, T1.ip, T1.mac]);
    },
  }));
}

export interface Told {
  readonly id: string;
  /** The error: `destination unreachable, code 3`. */
  readonly what: string;
  readonly source: string;
  /** Null where the socket is told nothing. */
  readonly errno: string | null;
  /** Makes the error from the packet that it is about. */
  readonly error: (quote: readonly number[]) => Uint8Array;
}

/** An error about a datagram of the DUT's: its socket is told once. */
export function told({ id, what, source, errno, error }: Told): Case {
  return {
    id,
    title: `${what}, about a datagram of ours: its socket is told ${errno === null ? "nothing" : `${errno} once`}`,
    source,
    needs: ["socket-errors"],
    async run(bench) {
      const to = bench.plan.T1.ip;
      await acquainted(bench);
      const socket = bench.socket({ port: 5000, errors: true });
      const other = bench.socket({ port: 5001, errors: true });
      socket.send(new Uint8Array(4), to, 9);
      const sent = await bench.hears("sent", datagram(to));
      await bench.say(error([...sent.bytes.subarray(14)]));
      bench.expect("its socket", socket.errors(), errno === null ? [] : [errno]);
      bench.expect("and no more", socket.errors(), []);
      bench.expect("another socket", other.errors(), []);
      bench.expect("a later send", socket.send(new Uint8Array(4), to, 9), "ok");
      await bench.hears("is sent", datagram(to));
    },
  };
}
