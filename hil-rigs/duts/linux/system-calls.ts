/** System calls of the bench beyond the packet driver's. Each returns -1 for failure; Libc.errno() then gives the reason. */
export interface SystemCalls {
  unshare(flags: number): number;
  setns(fd: number, type: number): number;
  sendto(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: number): number;
  recvfrom(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: Uint8Array): number;
  recvmsg(fd: number, header: Uint8Array, flags: number): number;
  getsockname(fd: number, address: Uint8Array, addressLength: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  /** Without the peer's address. */
  accept4(fd: number, address: null, addressLength: null, flags: number): number;
  connect(fd: number, address: Uint8Array, addressLength: number): number;
  shutdown(fd: number, how: number): number;
  clock_gettime(clock: number, time: Uint8Array): number;
  /** Size of a pointer and of a long, in bytes. */
  word: number;
}
