/**
 * Memory for packets that a WebAssembly kernel sums up, 32 bytes a turn, and copies (packet-memory.wat): it sums 1472 bytes in a sixth of
 * the time of JavaScript, and copies a short frame in a third of it. All pools and simulated wires of a process share one arena; what no
 * packet has touched yet takes no memory. Where there is no WebAssembly, or the arena is used up, packets lie in ordinary memory and
 * JavaScript does the work.
 */

/** As much of WebAssembly as is needed: no library of types that we use describes it. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
interface WebAssemblyNamespace {
  readonly Memory: new (pages: { initial: number; maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Kernel };
}
/** The functions of packet-memory.wat on one memory, with offsets in it. */
export type Kernel = { readonly sum: SumWords; readonly copy: CopyBytes };
type SumWords = (at: number, length: number) => number;
type CopyBytes = (to: number, from: number, length: number) => void;

/** 64 MiB: 32,768 packets. */
const PAGES = 1024;

/** The bytes of packet-memory.wat, assembled. */
const KERNEL =
  "0061736d01000000010d0260037f7f7f0060027f7f017f021301077061636b657473066d656d6f72790200000303020001070e0204636f7079000003" +
  "73756d00010a70020c00200020012002fc0a00000b6102017f027b200020016a210202400340200020024f0d0120032000fd000000fd7ffdae012103" +
  "20042000fd000010fd7ffdae012104200041206a21000c000b0b20032004fdae0121032003fd1b002003fd1b016a2003fd1b022003fd1b036a6a0b";

/** Returns the kernel's machine code, for the test that assembles its source. */
export function kernelBytes(): Uint8Array {
  return Uint8Array.from(KERNEL.match(/../g) as string[], (octet) => Number.parseInt(octet, 16));
}

/** The arena, once somebody has asked for memory; null where WebAssembly or its vector instructions are not to be had. */
let arena: Uint8Array | null | undefined;
let sumKernel: SumWords = () => 0;
let copyKernel: CopyBytes = () => {};
let used = 0;
/** Memory that came back, to be given out again: pools ask for few different sizes. */
const returned: Uint8Array[] = [];
const pools = new FinalizationRegistry<Uint8Array>((memory) => returned.push(memory));

/**
 * Takes memory from the arena; null when it has none left.
 * @param owner keeps the memory for as long as it lives
 */
export function takePacketMemory(bytes: number, owner: object): Uint8Array | null {
  arena ??= makeArena();
  if (arena === null) return null;
  const at = returned.findIndex((memory) => memory.length === bytes);
  let memory = at < 0 ? undefined : returned.splice(at, 1)[0];
  if (!memory) {
    if (used + bytes > arena.length) return null;
    memory = arena.subarray(used, used + bytes);
    used += bytes;
  }
  pools.register(owner, memory);
  return memory;
}

/** The constructor without type arguments: TypeScript before 5.7, which users of the package may have, knows none. */
const View: new (buffer: ArrayBufferLike, byteOffset: number, byteLength: number) => DataView = DataView;

/** A view of memory for a packet, which knows where the kernel finds it. */
export class PacketView extends View {
  /** Offset of its first byte in the arena; -1 in ordinary memory. */
  readonly place: number;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    super(buffer, byteOffset, byteLength);
    this.place = buffer === arena?.buffer ? byteOffset : -1;
  }
}

/** Makes memory for one packet that belongs to no pool: a frame on a wire. */
export function packetSlot(bytes: number, owner: object): Uint8Array {
  return takePacketMemory(bytes, owner) ?? new Uint8Array(bytes);
}

/** Copies `length` bytes of the arena. @param to and from: offsets in it */
export function copyBytes(to: number, from: number, length: number): void {
  copyKernel(to, from, length);
}

/**
 * Returns the ones' complement sum (RFC 1071) of 16-bit words in network byte order, folded to 16 bits.
 * @param at offset in the arena
 * @param length a multiple of 32, at most 64 KiB
 */
export function sumWords(at: number, length: number): number {
  const sum = sumKernel(at, length);
  // The kernel's words are in the machine's order. Swapping the octets of the sum is as good as swapping those of each word.
  const once = (sum & 0xffff) + (sum >>> 16);
  const folded = (once & 0xffff) + (once >>> 16);
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

function makeArena(): Uint8Array | null {
  const made = makeKernel(PAGES);
  if (made === null) return null;
  sumKernel = made.sum;
  copyKernel = made.copy;
  return new Uint8Array(made.memory);
}

/**
 * Makes memory with a kernel of its own; null where WebAssembly or its vector instructions are not to be had.
 * @param pages of 64 KiB
 */
export function makeKernel(pages: number): (Kernel & { readonly memory: ArrayBuffer }) | null {
  const { WebAssembly: wasm } = globalThis as { WebAssembly?: WebAssemblyNamespace };
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  if (!wasm || !littleEndian) return null;
  try {
    const memory = new wasm.Memory({ initial: pages, maximum: pages });
    const { sum, copy } = new wasm.Instance(new wasm.Module(kernelBytes()), { packets: { memory } }).exports;
    return { memory: memory.buffer, sum, copy };
  } catch {
    // No vector instructions, no code from data (--jitless, a browser's policy), or not so much address space.
    return null;
  }
}
