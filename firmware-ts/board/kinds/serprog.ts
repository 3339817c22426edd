/**
 * A chip behind a serprog programmer (flashrom's serial protocol), on a serial port or a TCP connection.
 *
 *     bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }      SPEC enc28j60:serprog:/dev/ttyACM0
 *     bus: { kind: serprog, port: tcp:HOST:PORT, pipelining: auto, answerTimeout: 250ms }
 *     bus: { kind: serprog, port: /dev/ttyUSB0, interrupt: cts }                  the adapter's input that INT is wired to
 */
import * as v from "valibot";
import type { ModemInput } from "../../../hal/bridges/serial-port.ts";
import type { Pipelining } from "../../../hal/bridges/serprog/serprog.ts";
import { parseBridgePort, readTcpPort } from "../rig/names.ts";
import { RIG_DEFAULTS, RIG_LIMITS } from "../rig/rig.ts";
import { oneOf, ranged } from "../rig/schema.ts";
import { formatDuration, formatRate, parseDuration } from "../rig/units.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { baudKey, type SpiBusConfig, spiBusKind, spiHzKey } from "./spi.ts";

export interface SerprogBus extends SpiBusConfig {
  readonly kind: "serprog";
  /** Serial port: `/dev/ttyACM0`, `COM3`; or `tcp:HOST:PORT`. */
  readonly port: string;
  readonly baud: number;
  /** Whether an SPI operation is sent while another one is under way; auto: found out when the bridge is opened. */
  readonly pipelining: Pipelining;
  /** Time for an answer on top of its time on the line, in ms; an answer that takes longer is a fault of the line. */
  readonly answerTimeout: number;
  /** The serial adapter's input that the chip's INT pin is wired to, where it is and the bridge does not report it itself. */
  readonly interrupt?: ModemInput;
}

const PIPELINING: Readonly<Record<Pipelining, string>> = {
  auto: "pipelined if the bridge bears it",
  on: "pipelined",
  off: "one operation at a time",
};
const MODEM_INPUTS: readonly ModemInput[] = ["cts", "dsr", "dcd"];

const keys = {
  baud: v.exactOptional(baudKey),
  spiHz: v.exactOptional(spiHzKey),
  pipelining: v.exactOptional(oneOf(Object.keys(PIPELINING) as Pipelining[])),
  answerTimeout: v.exactOptional(ranged("250ms", parseDuration, formatDuration, RIG_LIMITS.answerTimeout)),
  interrupt: v.exactOptional(oneOf(MODEM_INPUTS)),
};

export const serprog: BusKind<SerprogBus> = spiBusKind<SerprogBus>({
  kind: "serprog",
  path: { key: "port", example: "/dev/ttyACM0", parse: parseBridgePort },
  meaning: "the chip behind a serprog bridge; in place of the port also tcp:HOST:PORT",
  keys,
  fromFile: (source: SourceOf<typeof keys> & { readonly port: string }) => ({
    kind: "serprog",
    port: source.port,
    baud: source.baud ?? RIG_DEFAULTS.baud,
    spiHz: source.spiHz ?? RIG_DEFAULTS.spiHz,
    pipelining: source.pipelining ?? RIG_DEFAULTS.pipelining,
    answerTimeout: source.answerTimeout ?? RIG_DEFAULTS.answerTimeout,
    ...(source.interrupt && { interrupt: source.interrupt }),
  }),
  check: ({ interrupt, port }: { readonly interrupt?: string; readonly port?: string }) =>
    interrupt && port?.startsWith("tcp:")
      ? [
          {
            key: "interrupt",
            message: `${interrupt}: an input of a serial port, and this bridge is behind TCP; leave it out`,
            atKey: false,
          },
        ]
      : [],
  resource: ({ port }) => port,
  describe: ({ port, baud, spiHz, pipelining, interrupt }) =>
    `behind serprog on ${port}, ${baud} baud, SPI ${formatRate(spiHz)}, ${PIPELINING[pipelining]}${interrupt ? `, interrupt on ${interrupt}` : ""}`,
  load: async ({ port, baud, spiHz, pipelining, answerTimeout, interrupt }) => {
    const { SerprogBus } = await import("../../../hal/bridges/serprog/serprog.ts");
    const options = { spiHz, baud, pipelining, answerTimeout };
    const tcp = readTcpPort(port);
    if (tcp) {
      const { TcpStream } = await import("../../../hal/bridges/tcp-stream.ts");
      return (clock) => new SerprogBus(clock, new TcpStream(clock, tcp), options);
    }
    const { SerialPortStream } = await import("../../../hal/bridges/serial-port.ts");
    const line = { path: port, baud, ...(interrupt ? { interruptInput: interrupt } : {}) };
    return (clock) => new SerprogBus(clock, new SerialPortStream(clock, line), options);
  },
});
