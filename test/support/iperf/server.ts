/** An iperf3 server over node:net. */
import { createServer, type Server, type Socket } from "node:net";
import { COOKIE, Control, type Outcome, type Parameters, type Results, resultsOf, State, total } from "./protocol.ts";
import { Streams } from "./streams.ts";

/** Serves one test after the other; `told` hears the outcome of each. */
export function serve(port: number, told: (outcome: Outcome) => void): Server {
  /** The test under way, which takes the next connections for its streams. */
  let streamCame: ((socket: Socket) => void) | null = null;
  const server = createServer((socket) => {
    if (streamCame !== null) {
      streamCame(socket);
      return;
    }
    const arrived: Socket[] = [];
    let wake = (): void => {};
    streamCame = (stream) => {
      arrived.push(stream);
      wake();
    };
    const streams = async (count: number): Promise<Socket[]> => {
      while (arrived.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return arrived;
    };
    void runTest(new Control(socket), streams)
      .then(told, (error: Error) => console.error(error.message))
      .finally(() => {
        streamCame = null;
        socket.end();
      });
  });
  return server.listen(port);
}

async function runTest(control: Control, arrived: (count: number) => Promise<Socket[]>): Promise<Outcome> {
  await control.take(COOKIE);
  control.tell(State.PARAM_EXCHANGE);
  const wishes = (await control.json()) as Parameters;
  const { reverse = false } = wishes;
  control.tell(State.CREATE_STREAMS);
  const sockets = await arrived(wishes.parallel);
  const streams = new Streams(wishes);
  for (const socket of sockets) {
    await cookieOf(socket);
    streams.add(socket);
  }
  control.tell(State.TEST_START);
  control.tell(State.TEST_RUNNING);
  if (reverse) streams.send();
  else streams.receive();
  await control.expect(State.TEST_END);
  const { seconds } = streams;
  control.tell(State.EXCHANGE_RESULTS);
  const theirs = total((await control.json()) as Results);
  // A client that sent says how much; the rest of it is on the way.
  if (!reverse) await streams.reach(theirs);
  const { processor } = streams;
  control.tellJson(resultsOf(streams.counts, seconds));
  control.tell(State.DISPLAY_RESULTS);
  await control.expect(State.IPERF_DONE);
  streams.close();
  return { ours: streams.bytes, theirs, seconds, processor };
}

/** Takes the word that a stream begins with. */
async function cookieOf(socket: Socket): Promise<void> {
  let left = COOKIE;
  while (left > 0) {
    const bytes = socket.read(Math.min(left, socket.readableLength || left)) as Buffer | null;
    if (bytes !== null) left -= bytes.length;
    else await new Promise<void>((resolve) => socket.once("readable", resolve));
  }
}
