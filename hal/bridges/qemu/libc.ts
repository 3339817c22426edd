/**
 * The system calls that tie us to a QEMU process: socket pairs and anonymous memory, handed to it as open descriptors. So there is
 * no file, no FIFO and no socket address that could be left behind, however either of the two ends.
 *
 * koffi is loaded when the first QEMU is started and not before.
 */
import { ControllerError } from "../../ethernet.ts";

/** What an event on a watched descriptor is told to. */
export type Ready = (readable: boolean, writable: boolean) => void;

/** A descriptor in the event loop's care. Readable is always watched. */
export interface Watch {
  wantWritable(wanted: boolean): void;
  close(): void;
}

/** Two ends of a local stream socket; both are closed on exec, unless spawn() is told to hand one on. */
export interface SocketPair {
  readonly ours: number;
  readonly theirs: number;
}

export interface Libc {
  /** @throws ControllerError QEMU_SYSTEM */
  socketPair(): SocketPair;
  /**
   * A file without a name, empty; it is gone when its last descriptor is closed and its last mapping undone.
   * @throws ControllerError QEMU_SYSTEM
   */
  memoryFile(): number;
  /**
   * Maps file[from..from+length), shared; both multiples of the page size. Never unmapped: somebody may still hold a view of it.
   * @throws ControllerError QEMU_SYSTEM
   */
  map(fd: number, from: number, length: number): ArrayBuffer;
  /** Bytes taken; -1 when there is no room now (wouldWait() tells) or the other end has gone. Never waits. */
  send(fd: number, address: number, length: number): number;
  /** Bytes given; 0 at the end; -1 when there are none now (wouldWait() tells) or the other end has gone. Never waits. */
  receive(fd: number, address: number, length: number): number;
  /** The last call gave -1 because it would have had to wait. */
  wouldWait(): boolean;
  /** Holds the whole process until the descriptor is readable (or writable), for at most `ms`. False: it is not, or not yet. */
  wait(fd: number, writable: boolean, ms: number): boolean;
  /** Bytes sent that the other end has not read yet. */
  unread(fd: number): number;
  /** Where an array buffer's memory is. Good for as long as the buffer lives. */
  address(buffer: ArrayBufferLike): number;
  watch(fd: number, ready: Ready): Watch;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const POLLIN = 1;
const POLLOUT = 4;
/** tty(4), unix(7): bytes in the send queue, which for a local socket are those that the other end has not read. */
const TIOCOUTQ = 0x5411;
const EAGAIN = 11;
/** What mmap returns for failure: all bits set, in an address of 4 or 8 bytes. */
const MAP_FAILED: readonly bigint[] = [0xffff_ffffn, 0xffff_ffff_ffff_ffffn];

/** @throws ControllerError QEMU_UNSUPPORTED: not Linux, or no koffi for this machine */
export async function loadLibc(): Promise<Libc> {
  if (process.platform !== "linux")
    throw new ControllerError("QEMU_UNSUPPORTED", `qemu: shares its memory in a way only Linux has, this is ${process.platform}`);
  const koffi = await import("koffi").catch((cause: unknown) => {
    const message = "qemu: the npm package koffi does not load here; install it with its optional dependencies";
    throw new ControllerError("QEMU_UNSUPPORTED", message, { cause });
  });
  const library = koffi.load(null);
  const socketpair = library.func("socketpair", "int", ["int", "int", "int", "void *"]);
  const memfdCreate = library.func("memfd_create", "int", ["str", "uint"]);
  const mmap = library.func("mmap", "void *", ["void *", "size_t", "int", "int", "int", "long"]);
  const send = library.func("send", "intptr_t", ["int", "void *", "size_t", "int"]);
  const recv = library.func("recv", "intptr_t", ["int", "void *", "size_t", "int"]);
  const poll = library.func("poll", "int", ["void *", "ulong", "int"]);
  const ioctl = library.func("ioctl", "int", ["int", "ulong", "void *"]);
  const refused = (what: string): ControllerError =>
    new ControllerError("QEMU_SYSTEM", `qemu: the system refused ${what} (errno ${koffi.errno()})`);
  // struct pollfd: int fd, short events, short revents.
  const pollfd = new DataView(new ArrayBuffer(8));
  const pollfdAddress = Number(koffi.address(pollfd.buffer));
  const count = new Int32Array(1);
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

  return {
    socketPair() {
      const pair = new Int32Array(2);
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !== 0) throw refused("a pair of sockets");
      return { ours: pair[0]!, theirs: pair[1]! };
    },
    memoryFile() {
      const fd: number = memfdCreate("whohas-qemu", MFD_CLOEXEC);
      if (fd < 0) throw refused("a file in memory");
      return fd;
    },
    map(fd, from, length) {
      const at: bigint | null = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, from);
      if (at === null || MAP_FAILED.includes(at)) throw refused(`${length} bytes of shared memory`);
      return koffi.view(at, length);
    },
    send: (fd, address, length) => send(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL),
    receive: (fd, address, length) => recv(fd, address, length, MSG_DONTWAIT),
    wouldWait: () => koffi.errno() === EAGAIN,
    wait(fd, writable, ms) {
      pollfd.setInt32(0, fd, little);
      pollfd.setInt16(4, writable ? POLLOUT : POLLIN, little);
      pollfd.setInt16(6, 0, little);
      return poll(pollfdAddress, 1, ms) > 0;
    },
    unread: (fd) => (ioctl(fd, TIOCOUTQ, count) === 0 ? count[0]! : 0),
    address: (buffer) => Number(koffi.address(buffer)),
    watch: (fd, ready) => new LoopWatch(koffi.node, fd, ready),
  };
}

interface PollEvents {
  readable: boolean;
  writable: boolean;
}
interface PollHandle {
  start(events: Partial<PollEvents>, callback: (status: number, events: PollEvents) => void): void;
  close(): void;
}

const READABLE = { readable: true };
const BOTH = { readable: true, writable: true };

/**
 * libuv's uv_poll, level triggered, in the event loop's own epoll set: it holds no thread. koffi drops exceptions thrown in the
 * callback, so they are raised again from a microtask, where they are uncaught as they ought.
 */
class LoopWatch implements Watch {
  readonly #handle: PollHandle;
  readonly #ready: Ready;
  #writable = false;
  readonly #callback = (status: number, events: PollEvents): void => {
    try {
      // A descriptor in trouble is readable: reading it tells the trouble.
      this.#ready(status < 0 || events.readable, status >= 0 && events.writable);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };

  constructor(node: { poll: unknown }, fd: number, ready: Ready) {
    this.#ready = ready;
    // koffi's types give the callback one parameter; 3.3.4 calls it with libuv's status and the events.
    const poll = node.poll as (fd: number, events: object, callback: (status: number, events: PollEvents) => void) => PollHandle;
    this.#handle = poll(fd, READABLE, this.#callback);
  }

  wantWritable(wanted: boolean): void {
    if (wanted === this.#writable) return;
    this.#writable = wanted;
    this.#handle.start(wanted ? BOTH : READABLE, this.#callback);
  }

  close(): void {
    this.#handle.close();
  }
}
