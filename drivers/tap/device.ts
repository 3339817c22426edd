/** A TAP device's file (Documentation/networking/tuntap.rst): one read or write is one Ethernet frame, nothing in front of it. */
import { Addresses, Errno, type Libc, NATIVE } from "../../hal/bridges/linux/libc.ts";
import { ControllerError } from "../../hal/ethernet.ts";

const PATH = "/dev/net/tun";
const O_RDWR_NONBLOCK_CLOEXEC = 0o2004002;
/** linux/if_tun.h. */
const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_TUN_EXCL = 0x8000;
/** struct ifreq: a name of 16 bytes, then what is asked for. */
const IFREQ = 40;
const IFR_FLAGS = 16;

export class TapDevice {
  readonly fd: number;
  /** Why the last read() or write() failed. */
  errno = 0;
  readonly #libc: Libc;
  readonly #addresses: Addresses;

  /**
   * @param attach take the device of that name, which must be there; else make one, of which there must be none
   * @throws ControllerError TAP_UNSUPPORTED, TAP_NO_PERMISSION, TAP_BUSY, TAP_SYSTEM
   */
  constructor(libc: Libc, name: string, attach: boolean) {
    this.#libc = libc;
    this.#addresses = new Addresses(libc);
    this.fd = libc.open(PATH, O_RDWR_NONBLOCK_CLOEXEC);
    if (this.fd < 0) throw cannotOpen(libc, libc.errno());
    const request = new Uint8Array(IFREQ);
    request.set(new TextEncoder().encode(name));
    new DataView(request.buffer).setUint16(IFR_FLAGS, IFF_TAP | IFF_NO_PI | (attach ? 0 : IFF_TUN_EXCL), NATIVE);
    if (libc.ioctl(this.fd, TUNSETIFF, request) >= 0) return;
    const errno = libc.errno();
    libc.close(this.fd);
    throw refused(libc, name, attach, errno);
  }

  /** One frame into bytes[at..at+length); its length, or -1: see `errno`. What is longer is cut off. */
  read(bytes: Uint8Array, at: number, length: number): number {
    const got = this.#libc.read(this.fd, this.#addresses.of(bytes, at), length);
    if (got < 0) this.errno = this.#libc.errno();
    return got;
  }

  /** Sends bytes[at..at+length) as one frame. False: see `errno`. */
  write(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#libc.write(this.fd, this.#addresses.of(bytes, at), length) >= 0) return true;
    this.errno = this.#libc.errno();
    return false;
  }

  close(): void {
    this.#libc.close(this.fd);
  }
}

function cannotOpen(libc: Libc, errno: number): ControllerError {
  if (errno === Errno.ENOENT || errno === Errno.ENODEV || errno === Errno.ENXIO)
    return new ControllerError(
      "TAP_UNSUPPORTED",
      `tap: there is no ${PATH} here; load the kernel module tun, or hand the device into the container`,
    );
  if (errno === Errno.EACCES || errno === Errno.EPERM)
    return new ControllerError("TAP_NO_PERMISSION", `tap: not allowed to open ${PATH}; run as root, or be let read and write it`);
  return new ControllerError("TAP_SYSTEM", `tap: cannot open ${PATH}: ${libc.errorName(errno)}`);
}

function refused(libc: Libc, name: string, attach: boolean, errno: number): ControllerError {
  if (errno === Errno.EPERM || errno === Errno.EACCES)
    return new ControllerError(
      "TAP_NO_PERMISSION",
      attach
        ? `tap: not allowed to attach to ${name}; run as root, or make it yours: ip tuntap add dev ${name} mode tap user $USER`
        : `tap: not allowed to make ${name}; run as root, or with CAP_NET_ADMIN`,
    );
  if (errno === Errno.EBUSY)
    return new ControllerError(
      "TAP_BUSY",
      attach
        ? `tap: ${name} is in use by another process`
        : `tap: there is an interface ${name} already; take another name, or attach to it`,
    );
  if (errno === Errno.EINVAL && attach)
    return new ControllerError("TAP_NOT_TAP", `tap: ${name} is no TAP device, or was made with other flags than ours`);
  return new ControllerError("TAP_SYSTEM", `tap: cannot ${attach ? "attach to" : "make"} ${name}: ${libc.errorName(errno)}`);
}
