/** The pins of a rig without a board: lamps light nothing, sensors and outputs are refused. */
import { type BoardIo, GpioError, type Led, type Output, type Sensor } from "../gpio.ts";
import { sensorKind } from "../sensor-kinds.ts";

/** A board whose pins nobody drives. */
export class NoBoardIo implements BoardIo {
  readonly description = "no GPIO";
  readonly simulated = false;
  onLost: ((error: GpioError) => void) | null = null;
  onBack: (() => void) | null = null;

  async open(): Promise<void> {}

  led(_pin: string): Led {
    return new DarkLed();
  }

  sensor(kind: string, pin: string): Sensor {
    sensorKind(kind);
    throw noIo(`${kind} on pin ${pin}`, "the sensor");
  }

  output(pin: string, _high: boolean): Output {
    throw noIo(`output on pin ${pin}`, "what is on that pin");
  }

  async close(): Promise<void> {}
}

class DarkLed implements Led {
  isOn = false;

  on(): void {
    this.isOn = true;
  }

  off(): void {
    this.isOn = false;
  }
}

function noIo(what: string, part: string): GpioError {
  const right = `board.io must be simulated, firmata:PORT or an IO plugin such as raspi-io, or ${part} must go`;
  return new GpioError("GPIO_NO_IO", `${what}: the rig has no GPIO (board.io is none); ${right}`);
}
