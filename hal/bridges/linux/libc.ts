/**
 * The system calls that drivers of Linux's own interfaces make, straight into the C library that Node itself runs on. koffi is
 * loaded when the first controller is opened and not before: a program without such a device never pays for it, nor needs it to be
 * installed.
 */
import { ControllerError } from "../../ethernet.ts";

/** Memory handed to the kernel: a typed array, or an address from Libc.address(). */
export type Pointer = Uint8Array | number;

/** An open descriptor that the event loop watches. */
export interface Watch {
  /** Watches for the given events until the next call; none of them: not at all. */
  want(readable: boolean, writable: boolean): void;
  close(): void;
}

/** Calls return what the C library returns: -1 for failure, and errno() then says which. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Pointer, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Pointer, length: Pointer): number;
  send(fd: number, buffer: Pointer, length: number, flags: number): number;
  recv(fd: number, buffer: Pointer, length: number, flags: number): number;
  open(path: string, flags: number): number;
  /** @param request of those that take a pointer */
  ioctl(fd: number, request: number, argument: Pointer): number;
  read(fd: number, buffer: Pointer, length: number): number;
  write(fd: number, buffer: Pointer, length: number): number;
  close(fd: number): number;
  /** @param pair two descriptors, to be filled in */
  socketpair(domain: number, type: number, protocol: number, pair: Int32Array): number;
  memfd_create(name: string, flags: number): number;
  /** @param fds an array of struct pollfd */
  poll(fds: Pointer, count: number, timeout: number): number;
  errno(): number;
  /** The name of an error number, as `ENODEV`. */
  errorName(errno: number): string;
  /** Maps `length` bytes of a descriptor from `offset` on, shared, for reading and writing; null when it failed. Default from 0. */
  map(fd: number, length: number, offset?: number): Mapping | null;
  /** Address of an array buffer's memory. Good for as long as the buffer lives and is not transferred. */
  address(buffer: ArrayBufferLike): number;
  /**
   * Watches a descriptor from the event loop itself. `ready` gets failed = true when the descriptor has an error pending; it must
   * not wait for anything.
   */
  watch(fd: number, ready: (failed: boolean, readable: boolean, writable: boolean) => void): Watch;
}

/** Memory shared with the kernel. */
export interface Mapping {
  readonly memory: ArrayBuffer;
  /** After this nobody may hold a view of `memory`: reading one would fault. */
  unmap(): void;
}

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  EBADFD: 77,
  EMSGSIZE: 90,
  EAFNOSUPPORT: 97,
  ENETDOWN: 100,
  ENOBUFS: 105,
} as const;

/** Byte order of what the kernel writes in its own structures: true for little endian, to be handed to DataView. */
export const NATIVE: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
/** mmap returns this for failure: all bits set, in an address of 4 or 8 bytes. */
const MAP_FAILED_64 = 0xffff_ffff_ffff_ffffn;
const MAP_FAILED_32 = 0xffff_ffffn;

/**
 * @param driver who asks, as it stands in error messages and, in capitals, in their codes
 * @throws ControllerError …_UNSUPPORTED: not Linux, or no koffi for this machine
 */
export async function loadLibc(driver: string): Promise<Libc> {
  const code = `${driver.toUpperCase()}_UNSUPPORTED`;
  if (process.platform !== "linux")
    throw new ControllerError(code, `${driver}: this driver works on Linux only, this is ${process.platform}`);
  const koffi = await import("koffi").catch((cause: unknown) => {
    const message = `${driver}: needs the package koffi, which does not load here; run: npm install koffi`;
    throw new ControllerError(code, message, { cause });
  });
  // null: symbols of the running program, so the same code finds glibc's and musl's.
  const library = koffi.load(null);
  const mmap = library.func("mmap", "void *", ["void *", "size_t", "int", "int", "int", "long"]);
  const munmap = library.func("munmap", "int", ["void *", "size_t"]);
  const names = new Map<number, string>();
  for (const [name, errno] of Object.entries(koffi.os.errno)) if (!names.has(errno)) names.set(errno, name);

  return {
    socket: library.func("socket", "int", ["int", "int", "int"]),
    bind: library.func("bind", "int", ["int", "void *", "uint32_t"]),
    setsockopt: library.func("setsockopt", "int", ["int", "int", "int", "void *", "uint32_t"]),
    getsockopt: library.func("getsockopt", "int", ["int", "int", "int", "void *", "void *"]),
    send: library.func("send", "intptr_t", ["int", "void *", "size_t", "int"]),
    recv: library.func("recv", "intptr_t", ["int", "void *", "size_t", "int"]),
    open: library.func("open", "int", ["const char *", "int"]),
    ioctl: library.func("ioctl", "int", ["int", "unsigned long", "void *"]),
    read: library.func("read", "intptr_t", ["int", "void *", "size_t"]),
    write: library.func("write", "intptr_t", ["int", "void *", "size_t"]),
    close: library.func("close", "int", ["int"]),
    socketpair: library.func("socketpair", "int", ["int", "int", "int", "void *"]),
    memfd_create: library.func("memfd_create", "int", ["const char *", "unsigned int"]),
    poll: library.func("poll", "int", ["void *", "unsigned long", "int"]),
    errno: () => koffi.errno(),
    errorName: (errno) => names.get(errno) ?? `error ${errno}`,
    map(fd, length, offset = 0) {
      const at: bigint | null = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, offset);
      if (at === null || at === MAP_FAILED_64 || at === MAP_FAILED_32) return null;
      return { memory: koffi.view(at, length), unmap: () => munmap(at, length) };
    },
    address: (buffer) => Number(koffi.address(buffer)),
    watch: (fd, ready) => new LoopWatch(koffi.node, fd, ready),
  };
}

interface PollHandle {
  start(events: { readable?: boolean; writable?: boolean }, callback: (status: number, events: PollEvents) => void): void;
  stop(): void;
  close(): void;
}
interface PollEvents {
  readable: boolean;
  writable: boolean;
}

const READABLE = { readable: true };
const WRITABLE = { writable: true };
const BOTH = { readable: true, writable: true };

/**
 * libuv's uv_poll, level triggered. It waits in the event loop's own epoll set: no thread is held, unlike a poll(2) made with
 * koffi's .async, which keeps one of the four threads that files and DNS share and does not let the process exit until it returns.
 *
 * koffi drops exceptions thrown in the callback, so they are raised again from a microtask, where they are uncaught as they ought.
 */
class LoopWatch implements Watch {
  readonly #handle: PollHandle;
  readonly #ready: (failed: boolean, readable: boolean, writable: boolean) => void;
  #wanted = 0;
  readonly #callback = (status: number, events: PollEvents): void => {
    // libuv stops a handle that it reports as failed.
    if (status < 0) this.#wanted = 0;
    try {
      this.#ready(status < 0, events.readable, events.writable);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };

  constructor(node: { poll: unknown }, fd: number, ready: (failed: boolean, readable: boolean, writable: boolean) => void) {
    this.#ready = ready;
    // koffi's types give the callback one parameter; 3.3.4 calls it with libuv's status and the events.
    const poll = node.poll as (fd: number, events: object, callback: (status: number, events: PollEvents) => void) => PollHandle;
    this.#handle = poll(fd, READABLE, this.#callback);
    this.#handle.stop();
  }

  want(readable: boolean, writable: boolean): void {
    const wanted = (readable ? 1 : 0) | (writable ? 2 : 0);
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted === 0) this.#handle.stop();
    else this.#handle.start(wanted === 1 ? READABLE : wanted === 2 ? WRITABLE : BOTH, this.#callback);
  }

  close(): void {
    this.#handle.close();
  }
}

/** Addresses of packet memory: one per chunk of the pool, asked for once. */
export class Addresses {
  readonly #libc: Libc;
  readonly #known: WeakMap<ArrayBufferLike, number> = new WeakMap();
  #lastBuffer: ArrayBufferLike | null = null;
  #lastAddress = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** The address of bytes[at]: to be handed to a call in place of a subarray, which would be an object for each frame. */
  of(bytes: Uint8Array, at: number): number {
    const { buffer } = bytes;
    if (buffer !== this.#lastBuffer) {
      let address = this.#known.get(buffer);
      if (address === undefined) {
        address = this.#libc.address(buffer);
        this.#known.set(buffer, address);
      }
      this.#lastBuffer = buffer;
      this.#lastAddress = address;
    }
    return this.#lastAddress + bytes.byteOffset + at;
  }
}
