/**
 * Generic receive offload of an interface (linux/ethtool.h): the kernel joins TCP segments that follow each other to one frame, for which
 * the ring has no room. It stays off while the interface is ours.
 */
import { type Libc, NATIVE } from "../../hal/bridges/linux/libc.ts";

const SIOCETHTOOL = 0x8946;
const ETHTOOL_GGRO = 0x2b;
const ETHTOOL_SGRO = 0x2c;
/** Bytes of struct ifreq, and of the interface's name in front of its pointer. */
const IFREQ = 40;
const IFNAMSIZ = 16;

export class ReceiveOffload {
  readonly #libc: Libc;
  readonly #fd: number;
  /** struct ethtool_value: command, data. */
  readonly #value: DataView = new DataView(new ArrayBuffer(8));
  readonly #request: Uint8Array = new Uint8Array(IFREQ);
  #stopped = false;

  /** @param fd any socket */
  constructor(libc: Libc, fd: number, name: string) {
    this.#libc = libc;
    this.#fd = fd;
    this.#request.set(new TextEncoder().encode(name));
    new DataView(this.#request.buffer).setBigUint64(IFNAMSIZ, BigInt(libc.address(this.#value.buffer)), NATIVE);
  }

  /** Turns it off where it is on. What the kernel refuses stays as it is: not every interface has it. */
  stop(): void {
    this.#stopped = this.#ask(ETHTOOL_GGRO, 0) && this.#value.getUint32(4, NATIVE) !== 0 && this.#ask(ETHTOOL_SGRO, 0);
  }

  /** Turns it on again if stop() turned it off. */
  restore(): void {
    if (this.#stopped) this.#ask(ETHTOOL_SGRO, 1);
    this.#stopped = false;
  }

  #ask(command: number, data: number): boolean {
    this.#value.setUint32(0, command, NATIVE);
    this.#value.setUint32(4, data, NATIVE);
    return this.#libc.ioctl(this.#fd, SIOCETHTOOL, this.#request) >= 0;
  }
}
