/**
 * The system calls that tie us to a QEMU process: socket pairs and anonymous memory, handed to it as open descriptors. So there is
 * no file, no FIFO and no socket address that could be left behind, however either of the two ends.
 */
import { ControllerError } from "../../ethernet.ts";
import { Errno, loadLibc, NATIVE, type Watch } from "../linux/libc.ts";

/** Two ends of a local stream socket; both are closed on exec, unless spawn() is told to hand one on. */
export interface SocketPair {
  readonly ours: number;
  readonly theirs: number;
}

export interface QemuCalls {
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
  /** Address of an array buffer's memory. Good for as long as the buffer lives. */
  address(buffer: ArrayBufferLike): number;
  /** Tells when the descriptor is readable, or writable where that is wanted; one in trouble is readable: reading it tells the trouble. */
  watch(fd: number, ready: (readable: boolean, writable: boolean) => void): Watch;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MFD_CLOEXEC = 1;
const POLLIN = 1;
const POLLOUT = 4;
/** tty(4), unix(7): bytes in the send queue, which for a local socket are those that the other end has not read. */
const TIOCOUTQ = 0x5411;

/** @throws ControllerError QEMU_UNSUPPORTED: not Linux, or no koffi for this machine */
export async function loadCalls(): Promise<QemuCalls> {
  const libc = await loadLibc("qemu");
  const refused = (what: string): ControllerError =>
    new ControllerError("QEMU_SYSTEM", `qemu: the system refused ${what} (${libc.errorName(libc.errno())})`);
  // struct pollfd: int fd, short events, short revents.
  const pollfd = new DataView(new ArrayBuffer(8));
  const pollfdAddress = libc.address(pollfd.buffer);
  const count = new Uint8Array(4);
  const countView = new DataView(count.buffer);

  return {
    socketPair() {
      const pair = new Int32Array(2);
      if (libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !== 0) throw refused("a pair of sockets");
      return { ours: pair[0]!, theirs: pair[1]! };
    },
    memoryFile() {
      const fd = libc.memfd_create("whohas-qemu", MFD_CLOEXEC);
      if (fd < 0) throw refused("a file in memory");
      return fd;
    },
    map(fd, from, length) {
      const mapping = libc.map(fd, length, from);
      if (!mapping) throw refused(`${length} bytes of shared memory`);
      return mapping.memory;
    },
    send: (fd, address, length) => libc.send(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL),
    receive: (fd, address, length) => libc.recv(fd, address, length, MSG_DONTWAIT),
    wouldWait: () => libc.errno() === Errno.EAGAIN,
    wait(fd, writable, ms) {
      pollfd.setInt32(0, fd, NATIVE);
      pollfd.setInt16(4, writable ? POLLOUT : POLLIN, NATIVE);
      pollfd.setInt16(6, 0, NATIVE);
      return libc.poll(pollfdAddress, 1, ms) > 0;
    },
    unread: (fd) => (libc.ioctl(fd, TIOCOUTQ, count) === 0 ? countView.getInt32(0, NATIVE) : 0),
    address: (buffer) => libc.address(buffer),
    watch(fd, ready) {
      const watch = libc.watch(fd, (failed, readable, writable) => ready(failed || readable, writable && !failed));
      watch.want(true, false);
      return watch;
    },
  };
}
