/** An iperf3 client over node:net. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { COOKIE, Control, type Outcome, type Parameters, type Results, resultsOf, State, total } from "./protocol.ts";
import { Streams } from "./streams.ts";

export interface ClientOptions {
  host: string;
  port: number;
  seconds: number;
  parallel: number;
  reverse: boolean;
}

/** Runs one test to its end. @throws Error the server does not keep to the protocol, or cannot be reached */
export async function runClient({ host, port, seconds, parallel, reverse }: ClientOptions): Promise<Outcome> {
  const cookie = Buffer.alloc(COOKIE);
  cookie.write(randomBytes(18).toString("hex"), "latin1");
  const open = async (): Promise<Socket> => {
    const socket = connect({ host, port });
    await once(socket, "connect");
    socket.write(cookie);
    return socket;
  };
  const control = new Control(await open());
  await control.expect(State.PARAM_EXCHANGE);
  const asked: Parameters = { tcp: true, omit: 0, time: seconds, num: 0, parallel, len: 131_072, client_version: "3.12" };
  const wishes = reverse ? { ...asked, reverse } : asked;
  control.tellJson(wishes);
  await control.expect(State.CREATE_STREAMS);
  const streams = new Streams(wishes);
  for (let index = 0; index < parallel; index++) streams.add(await open());
  await control.expect(State.TEST_START);
  await control.expect(State.TEST_RUNNING);
  if (reverse) streams.receive();
  else streams.send();
  await sleep(seconds * 1000);
  const took = streams.seconds;
  if (!reverse) await streams.stop();
  control.tell(State.TEST_END);
  await control.expect(State.EXCHANGE_RESULTS);
  // The server has closed its streams by now; what it sent is on the way.
  if (reverse) await streams.drained();
  const ours = streams.bytes;
  const { processor } = streams;
  control.tellJson(resultsOf(streams.counts, took));
  const theirs = total((await control.json()) as Results);
  await control.expect(State.DISPLAY_RESULTS);
  control.tell(State.IPERF_DONE);
  streams.close();
  control.socket.end();
  return { ours, theirs, seconds: took, processor };
}
