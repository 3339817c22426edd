/**
 * Published figures of boards and controllers, each with its source. Only what was seen in a source stands here: the current of a sleeping
 * ENC28J60 was not, and a Raspberry Pi has no sleep worth the name, so both are unknown until a rig gives them.
 */
import type { KnownBoard } from "../rig/energy-config.ts";

/** Values by the parameter's name, with their source. */
export type Known = Readonly<Record<string, readonly [value: number, source: string]>>;

const DATA_SHEET = "Microchip DS39662, as quoted in public";
const RATE = "10BASE-T, IEEE 802.3 clause 14";
const PI_ZERO = "CNX Software 2021-12-09, idle, measured with an Otii Arc";

/** By the driver. */
export const KNOWN_CONTROLLERS: Readonly<Record<string, Known>> = {
  enc28j60: {
    "controller.volts": [3.3, `${DATA_SHEET}: 3.1 to 3.6 V`],
    "controller.transmit": [0.18, `${DATA_SHEET}: the most while it sends`],
    "controller.receive": [0.12, `${DATA_SHEET}: typical, active`],
    "controller.idle": [0.12, `${DATA_SHEET}: typical, active`],
    "controller.rate": [10e6, RATE],
  },
  e1000: { "controller.rate": [1e9, "1000BASE-T, IEEE 802.3 clause 40"] },
};

const BOARDS: Readonly<Record<KnownBoard, Known>> = {
  "pi-zero": { "board.volts": [5, PI_ZERO], "board.awake": [0.108, PI_ZERO] },
  "pi-zero-2w": { "board.volts": [5, PI_ZERO], "board.awake": [0.12, PI_ZERO] },
  "pi-zero-2w-tuned": { "board.volts": [5, PI_ZERO], "board.awake": [0.075, `${PI_ZERO}; HDMI, LEDs and cores off`] },
};

export function knownBoard(kind: KnownBoard | undefined): Known {
  return kind === undefined ? {} : BOARDS[kind];
}
