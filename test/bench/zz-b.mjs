// hal/drop-reason.ts
var DropReason = {
  NONE: 0,
  NOT_SPECIFIED: 1,
  /** Too short for the header that should be there. */
  PKT_TOO_SMALL: 2,
  /** Addressed to another host (promiscuous controller). */
  OTHERHOST: 3,
  /** No protocol took the ethertype. */
  UNHANDLED_PROTO: 4,
  /** Bad IPv4 header: version, length, truncation. */
  IP_INHDR: 5,
  IP_CSUM: 6,
  /** Source or destination address that may not be there. */
  IP_INADDRERRORS: 7,
  /** Not for us, and this stack does not forward. */
  IP_NOT_LOCAL: 8,
  /** A fragment: reassembly is not there yet. */
  IP_FRAGMENT: 9,
  IP_NOPROTO: 10,
  IP_OUTNOROUTES: 11,
  ICMP_CSUM: 12,
  /** Broadcast or otherwise ignored ICMP message. */
  INVALID_PROTO: 13,
  UDP_CSUM: 14,
  NO_SOCKET: 15,
  SOCKET_RCVBUFF: 16,
  /** The neighbour entry could not be made. */
  NEIGH_CREATEFAIL: 17,
  /** Resolution failed. */
  NEIGH_FAILED: 18,
  /** Pushed out of a full waiting queue by a newer packet. */
  NEIGH_QUEUEFULL: 19,
  /** The entry was removed while the packet waited. */
  NEIGH_DEAD: 20,
  /** A queue was emptied because its device went down. */
  QUEUE_PURGE: 21,
  /** The device's transmit queue was full. */
  QDISC_DROP: 22,
  /** The device is not up. */
  DEV_READY: 23,
  /** The backlog of locally delivered packets was full. */
  CPU_BACKLOG: 24,
  /** Longer than the device can carry. */
  PKT_TOO_BIG: 25,
  /** The controller gave up on the frame: collisions, underrun, time-out. */
  TX_ABORTED: 26,
  /** The link was down when the frame's turn came. */
  TX_CARRIER: 27,
  /** No packet buffer was free. */
  NOMEM: 28,
  /** The sender has as many bytes under way as its send buffer allows (EAGAIN). */
  SOCKET_SNDBUF: 29,
  /** A filter hook said no. */
  NETFILTER_DROP: 30,
  /** Reverse path filter: packets to the source would not leave where it came in. */
  IP_RPFILTER: 31,
  /** To us alone, in a frame to many, where that is not allowed. */
  UNICAST_IN_L2_MULTICAST: 32,
  /** The route to the destination is of this type (linux/rtnetlink.h): EINVAL, EHOSTUNREACH, EACCES to a sender. */
  RTN_BLACKHOLE: 33,
  RTN_UNREACHABLE: 34,
  RTN_PROHIBIT: 35
};
var names = Object.keys(DropReason);
var DROP_REASONS = names.length;
function dropReasonName(reason) {
  return names[reason] ?? `REASON_${reason}`;
}

// hal/ethernet.ts
var MAC_BYTES = 6;
function isGroupAddress(address) {
  return address.length === MAC_BYTES && (address[0] & 1) === 1;
}
function isStationAddress(address) {
  return address.length === MAC_BYTES && (address[0] & 1) === 0;
}
var ETHERNET_HEADER = 14;
var MIN_FRAME = 60;
var MAX_FRAME = 1514;
var VLAN_TAG = 4;
var MAX_TAGGED_FRAME = MAX_FRAME + VLAN_TAG;
var POLL_PENDING = -1;
var LinkStatistics = class {
  rxPackets = 0;
  rxBytes = 0;
  rxMulticast = 0;
  /** Frames the controller received and could not use, of which: */
  rxErrors = 0;
  rxLengthErrors = 0;
  rxCrcErrors = 0;
  /** Frames lost because the controller's memory was full. */
  rxOverErrors = 0;
  txPackets = 0;
  txBytes = 0;
  /** Frames the controller could not send, of which: */
  txErrors = 0;
  txAbortedErrors = 0;
  txCarrierErrors = 0;
  collisions = 0;
};
var ControllerHealth = class {
  /**
   * Time of the chip's last proof of life, in the clock's ms; null before the first. A proof is more than an answer: the set-up was
   * found to be right, or frames were seen to pass.
   */
  provenAt = null;
  /** Readings that were not believed: impossible ones, and those that a second look did not confirm. */
  suspicions = 0;
  /** Number of times that a lost set-up was restored. */
  repairs = 0;
};
var ControllerError = class extends Error {
  code;
  constructor(code, message, options) {
    super(message, options);
    this.name = "ControllerError";
    this.code = code;
  }
};

// hal/packet-memory.ts
var PAGES = 1024;
var KERNEL = "0061736d0100000001070160027f7f017f021301077061636b657473066d656d6f7279020000030201000707010373756d00000a63016102017f027b200020016a210202400340200020024f0d0120032000fd000000fd7ffdae01210320042000fd000010fd7ffdae012104200041206a21000c000b0b20032004fdae0121032003fd1b002003fd1b016a2003fd1b022003fd1b036a6a0b";
function kernelBytes() {
  return Uint8Array.from(KERNEL.match(/../g), (octet) => Number.parseInt(octet, 16));
}
var arena;
var kernel = () => 0;
var used = 0;
var returned = [];
var pools = new FinalizationRegistry((memory) => returned.push(memory));
function takePacketMemory(bytes, owner) {
  arena ??= makeArena();
  if (arena === null) return null;
  const at = returned.findIndex((memory2) => memory2.length === bytes);
  let memory = at < 0 ? void 0 : returned.splice(at, 1)[0];
  if (!memory) {
    if (used + bytes > arena.length) return null;
    memory = arena.subarray(used, used + bytes);
    used += bytes;
  }
  pools.register(owner, memory);
  return memory;
}
function isPacketMemory(memory) {
  return memory === arena?.buffer;
}
function sumWords(at, length) {
  const sum = kernel(at, length);
  const once = (sum & 65535) + (sum >>> 16);
  const folded = (once & 65535) + (once >>> 16);
  return (folded & 255) << 8 | folded >>> 8;
}
function makeArena() {
  const { WebAssembly: wasm } = globalThis;
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  if (!wasm || !littleEndian) return null;
  try {
    const memory = new wasm.Memory({ initial: PAGES, maximum: PAGES });
    kernel = new wasm.Instance(new wasm.Module(kernelBytes()), { packets: { memory } }).exports.sum;
    return new Uint8Array(memory.buffer);
  } catch {
    return null;
  }
}

// hal/skbuff.ts
var SLOT_BYTES = 2048;
var HEADROOM = 128;
var PacketType = { HOST: 0, BROADCAST: 1, MULTICAST: 2, OTHERHOST: 3 };
var Checksum = {
  /** Nothing: verify it. */
  NONE: 0,
  /** Known to be good. */
  UNNECESSARY: 1,
  /** Not filled in yet: the ones' complement sum from csumStart to the end belongs at csumOffset. */
  PARTIAL: 2
};
var START = HEADROOM;
var { HOST } = PacketType;
var { NONE } = Checksum;
var { NONE: SENT } = DropReason;
var SkBuff = class {
  /** The whole slot. The packet is bytes[data..tail). */
  bytes;
  /** The same memory, for reading and writing fields in network byte order. */
  view;
  /** The memory that the slot is part of, and the slot's offset in it. Asking `bytes` for them calls out of optimized code each time. */
  memory;
  offset;
  /** sumWords() of packet-memory.ts reads this memory. */
  summable;
  #pool;
  data = HEADROOM;
  tail = HEADROOM;
  /** Offset of the network header in `bytes`, once known. */
  network = 0;
  /** Offset of the transport header in `bytes`, once known. */
  transport = 0;
  /** EtherType (IEEE 802 numbers). */
  protocol = 0;
  packetType = PacketType.HOST;
  checksum = Checksum.NONE;
  /** With Checksum.PARTIAL: first byte summed, counted from `bytes`[0]. */
  csumStart = 0;
  /** With Checksum.PARTIAL: where the sum belongs, counted from csumStart. */
  csumOffset = 0;
  /** Memory the kernel would charge for this packet, in bytes; queues are limited by it. */
  truesize = 0;
  /** The sender has proof that the next hop is reachable (MSG_CONFIRM). */
  confirm = false;
  owner = null;
  /** For the owner: which of its packets this is. */
  cookie = 0;
  /** In the pool: nobody's. Kept by the pool. */
  free = true;
  /** Link of the queue that holds the packet. */
  next = null;
  constructor(pool, bytes) {
    this.#pool = pool;
    this.bytes = bytes;
    this.memory = bytes.buffer;
    this.offset = bytes.byteOffset;
    this.summable = isPacketMemory(this.memory);
    this.view = new DataView(this.memory, this.offset, bytes.byteLength);
  }
  get length() {
    return this.tail - this.data;
  }
  /** Room in front of the packet, in bytes. */
  get headroom() {
    return this.data;
  }
  /** Opens `count` bytes in front; returns their offset in `bytes`. */
  push(count) {
    this.data -= count;
    return this.data;
  }
  /** Takes `count` bytes off the front; returns the new start. */
  pull(count) {
    this.data += count;
    return this.data;
  }
  /** Appends room for `count` bytes; returns their offset in `bytes`. */
  put(count) {
    const at = this.tail;
    this.tail += count;
    return at;
  }
  /** Cuts the packet to `length` bytes if it is longer. */
  trim(length) {
    if (this.tail - this.data > length) this.tail = this.data + length;
  }
  /** The packet's bytes as a view of the slot. Allocates: not for the frame path. */
  contents() {
    return this.bytes.subarray(this.data, this.tail);
  }
  /** The packet has done its work: sent, or taken in. Back to the pool. */
  consume() {
    this.#settle(SENT);
  }
  /** The packet is lost. Counted by the caller, on the device or table that dropped it. */
  drop(reason) {
    this.#settle(reason);
  }
  #settle(reason) {
    const { owner } = this;
    if (owner === null) {
      this.#pool.release(this);
      return;
    }
    this.owner = null;
    try {
      owner.settled(this, reason);
    } finally {
      this.#pool.release(this);
    }
  }
};
var FIRST_SLOTS = 16;
var SkBuffPool = class {
  limit;
  #chunk;
  #free = [];
  #memory;
  #made = 0;
  constructor(options = {}) {
    const { memory } = options;
    const limit = options.limit ?? (memory ? Number.POSITIVE_INFINITY : 8192);
    this.limit = memory ? Math.min(limit, Math.floor(memory.length / SLOT_BYTES)) : limit;
    this.#chunk = options.chunk ?? 256;
    this.#memory = memory ?? null;
  }
  /** Slots out in the stack now. */
  get inUse() {
    return this.#made - this.#free.length;
  }
  /** Slots that exist. */
  get size() {
    return this.#made;
  }
  /** An empty packet with HEADROOM bytes in front, or null when the limit is reached: count it as NOMEM. */
  allocate() {
    let skb = this.#free.pop();
    if (skb === void 0) {
      if (!this.#grow()) return null;
      skb = this.#free.pop();
    }
    skb.free = false;
    skb.data = START;
    skb.tail = START;
    skb.network = 0;
    skb.transport = 0;
    skb.protocol = 0;
    skb.packetType = HOST;
    skb.checksum = NONE;
    skb.truesize = 0;
    skb.confirm = false;
    skb.cookie = 0;
    return skb;
  }
  /** Called by the packet itself, when it is consumed or dropped. */
  release(skb) {
    if (skb.free) throw new Error("a packet buffer was released twice");
    skb.free = true;
    skb.next = null;
    this.#free.push(skb);
  }
  #grow() {
    const count = Math.min(this.#chunk, Math.max(FIRST_SLOTS, this.#made >> 1), this.limit - this.#made);
    if (count <= 0) return false;
    const memory = this.#memory ?? takePacketMemory(count * SLOT_BYTES, this) ?? new Uint8Array(count * SLOT_BYTES);
    const first = this.#memory ? this.#made : 0;
    for (let slot = first; slot < first + count; slot++) {
      this.#free.push(new SkBuff(this, memory.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)));
    }
    this.#made += count;
    return true;
  }
};
var SkBuffQueue = class {
  #head = null;
  #tail = null;
  length = 0;
  /** The oldest packet. */
  get head() {
    return this.#head;
  }
  /** The newest packet. */
  get tail() {
    return this.#tail;
  }
  enqueue(skb) {
    skb.next = null;
    const last = this.#tail;
    if (last !== null) last.next = skb;
    else this.#head = skb;
    this.#tail = skb;
    this.length++;
  }
  /** Puts a packet back in front. */
  requeue(skb) {
    skb.next = this.#head;
    this.#head = skb;
    this.#tail ??= skb;
    this.length++;
  }
  dequeue() {
    const skb = this.#head;
    if (skb === null) return null;
    const { next } = skb;
    this.#head = next;
    if (next === null) this.#tail = null;
    skb.next = null;
    this.length--;
    return skb;
  }
};
var DropCounters = class {
  counts = new Float64Array(DROP_REASONS);
  /** Counts and drops a packet. */
  drop(skb, reason) {
    this.count(reason);
    skb.drop(reason);
  }
  /** Counts a packet that never had a buffer. */
  count(reason) {
    this.counts[reason] = this.counts[reason] + 1;
  }
  get(reason) {
    return this.counts[reason];
  }
  /** Adds what another has counted. */
  add(other) {
    for (const [reason, count] of other.counts.entries()) this.counts[reason] = this.counts[reason] + count;
  }
  get total() {
    let sum = 0;
    for (const count of this.counts) sum += count;
    return sum;
  }
};

// hal/kit/outgoing.ts
function pad(skb) {
  const length = Math.max(skb.length, MIN_FRAME);
  if (skb.data + length > skb.bytes.length) {
    skb.bytes.copyWithin(HEADROOM, skb.data, skb.tail);
    skb.tail = HEADROOM + skb.length;
    skb.data = HEADROOM;
  }
  clear(skb, skb.data + length);
  return length;
}
function clear({ bytes, view, tail }, end2) {
  let at = tail;
  for (; (at & 3) !== 0 && at < end2; at++) bytes[at] = 0;
  for (; at + 4 <= end2; at += 4) view.setInt32(at, 0);
  for (; at < end2; at++) bytes[at] = 0;
}
function unsendable(skb) {
  if (skb.length < ETHERNET_HEADER) return DropReason.PKT_TOO_SMALL;
  if (skb.length > MAX_TAGGED_FRAME) return DropReason.PKT_TOO_BIG;
  return ensureChecksum(skb) ? DropReason.NONE : DropReason.TX_ABORTED;
}
function ensureChecksum(skb) {
  return skb.checksum !== Checksum.PARTIAL || completeChecksum(skb);
}
function completeChecksum(skb) {
  const view = skb.view;
  const start2 = skb.csumStart;
  const tail = skb.tail;
  const field = start2 + skb.csumOffset;
  if (start2 < skb.data || skb.csumOffset < 0 || field + 2 > tail) return false;
  const whole2 = skb.summable ? tail - start2 & -32 : 0;
  let sum = whole2 > 0 ? sumWords(skb.offset + start2, whole2) : 0;
  const even = tail - (tail - start2 & 1);
  for (let at = start2 + whole2; at < even; at += 2) sum += view.getUint16(at);
  if (even < tail) sum += view.getUint8(even) << 8;
  sum = (sum & 65535) + (sum >>> 16);
  sum = (sum & 65535) + (sum >>> 16);
  const result = ~sum & 65535;
  view.setUint16(field, result === 0 ? 65535 : result);
  skb.checksum = Checksum.NONE;
  return true;
}

// drivers/enc28j60/attention.ts
var BUSY_POLL_INTERVAL = 1;
var EMPTY_POLLS = 8;
var Attention = class {
  #session;
  #receiver;
  #transmitter;
  #interval;
  #look;
  #timer;
  #onAssert = () => this.request();
  #masked = true;
  #emptyPolls = 0;
  /**
   * @param interval time between polls where there is no interrupt line, in ms
   * @param look called when the chip is to be polled
   */
  constructor(session, receiver2, transmitter, clock, interval, look2) {
    this.#session = session;
    this.#receiver = receiver2;
    this.#transmitter = transmitter;
    this.#interval = interval;
    this.#look = look2;
    this.#timer = clock.timer(() => this.request());
  }
  start() {
    const { line } = this.#session;
    this.#emptyPolls = 0;
    if (line) line.onAssert = this.#onAssert;
    this.unmask();
  }
  stop() {
    const { line } = this.#session;
    if (line) line.onAssert = null;
    this.#masked = true;
    this.#timer.cancel();
  }
  /** A poll is under way. */
  mask() {
    this.#masked = true;
  }
  /** Asks for a poll unless there is one. */
  request() {
    if (this.#masked) return;
    this.#masked = true;
    this.#look();
  }
  /** Listens again: the last poll found no more for now. */
  unmask() {
    const receiver2 = this.#receiver;
    const { line } = this.#session;
    this.#masked = false;
    if (line) {
      if (line.asserted && !receiver2.spurious) this.request();
      else if (receiver2.spurious) this.#timer.arm(this.#interval);
      return;
    }
    this.#emptyPolls = receiver2.work > 0 ? 0 : this.#emptyPolls + 1;
    if (this.#emptyPolls >= EMPTY_POLLS) {
      this.#emptyPolls = 0;
      receiver2.countDue = true;
    }
    this.#timer.arm(this.#untilNextPoll());
  }
  /** A frame went to the chip. Without an interrupt line nobody tells that it has left: look when it should have. */
  sending() {
    if (!this.#session.line && !this.#masked) this.#timer.arm(this.#untilNextPoll());
  }
  #untilNextPoll() {
    const sent2 = this.#transmitter.expected;
    if (sent2 > 0) return Math.min(this.#interval, sent2);
    return this.#receiver.work > 0 ? Math.min(this.#interval, BUSY_POLL_INTERVAL) : this.#interval;
  }
};

// drivers/enc28j60/registers.ts
var Opcode = {
  /** Read control register. */
  RCR: 0,
  /** Read buffer memory from ERDPT on. */
  RBM: 58,
  /** Write control register. */
  WCR: 64,
  /** Write buffer memory from EWRPT on. */
  WBM: 122,
  /** Set bits; ETH registers only. */
  BFS: 128,
  /** Clear bits; ETH registers only. */
  BFC: 160,
  /** System reset. */
  SRC: 255
};
var ADDRESS_MASK = 31;
var FIRST_COMMON = 27;
var BANK_SHIFT = 5;
var SLOW_READ = 128;
var Register = {
  EIE: 27,
  EIR: 28,
  ESTAT: 29,
  ECON2: 30,
  ECON1: 31,
  ERDPT: 0,
  EWRPT: 2,
  ETXST: 4,
  ETXND: 6,
  ERXST: 8,
  ERXND: 10,
  ERXRDPT: 12,
  ERXWRPT: 14,
  /** The hash table, HASH_BYTES registers from here on. */
  EHT0: 32,
  ERXFCON: 56,
  EPKTCNT: 57,
  MACON1: 192,
  MACON3: 194,
  MACON4: 195,
  MABBIPG: 196,
  MAIPGL: 198,
  MAIPGH: 199,
  MACLCON1: 200,
  MACLCON2: 201,
  MAMXFL: 202,
  MICMD: 210,
  MIREGADR: 212,
  MIWRL: 214,
  MIWRH: 215,
  MIRDL: 216,
  MIRDH: 217,
  EREVID: 114,
  EFLOCON: 119,
  EPAUS: 120
};
var HASH_BYTES = 8;
var LESSER_MAC = [
  Register.MACON4,
  Register.MABBIPG,
  Register.MAIPGL,
  Register.MAIPGH,
  Register.MACLCON1,
  Register.MACLCON2,
  Register.MAMXFL,
  Register.MAMXFL + 1
];
var STATION_ADDRESS = [228, 229, 226, 227, 224, 225];
var Interrupt = { INTIE: 128, PKT: 64, DMA: 32, LINK: 16, TX: 8, TXER: 2, RXER: 1 };
var NO_ANSWER = 128;
var Estat = { LATECOL: 16, ALWAYS_ZERO: 8, RXBUSY: 4, TXABRT: 2, CLKRDY: 1 };
var Econ2 = { AUTOINC: 128, PKTDEC: 64, PWRSV: 32, VRPS: 8 };
var Econ1 = { TXRST: 128, RXRST: 64, DMAST: 32, CSUMEN: 16, TXRTS: 8, RXEN: 4, BSEL: 3 };
var STUCK = Econ1.TXRST | Econ1.RXRST | Econ1.DMAST | Econ1.CSUMEN;
var Erxfcon = { UCEN: 128, CRCEN: 32, HTEN: 4, MCEN: 2, BCEN: 1 };
var Macon1 = { TXPAUS: 8, RXPAUS: 4, MARXEN: 1 };
var Macon3 = { PAD60: 32, TXCRCEN: 16, FULDPX: 1 };
var Control = { OVERRIDE: 1, CRC: 2, PAD: 4 };
var SEND_PAUSE = 1;
var Macon4 = { DEFER: 64 };
var Micmd = { MIIRD: 1 };
var PHY_MASK = { 0: 51456, 16: 25856, 18: 18, 20: 4082 };
var Phy = { PHCON1: 0, PHCON2: 16, PHSTAT2: 17, PHIE: 18, PHIR: 19, PHLCON: 20 };
var PDPXMD = 256;
var HDLDIS = 256;
var LSTAT = 1024;
var LINK_INTERRUPTS = 18;
var LEDS_LINK_AND_TRAFFIC = 13430;
var ReceiveStatus = {
  CRC_ERROR: 16,
  LENGTH_ERROR: 32,
  OK: 128,
  MULTICAST: 256,
  BROADCAST: 512,
  ZERO: 32768
};
function revisionName(erevid) {
  if (erevid === 0 || erevid === 255) return null;
  return `B${erevid === 2 ? 1 : erevid === 6 ? 7 : erevid}`;
}
function needsFastClock(erevid) {
  return erevid <= 4;
}

// drivers/enc28j60/quiet-looks.ts
var Pointer = { NONE: 0, LOW: 1, BOTH: 3 };
var { EIE, ECON2, MACON1 } = Register;
function look(registers, pointer = Pointer.LOW, link2 = false) {
  return { registers, pointer, link: link2 };
}
var CONTROL = look([EIE, ECON2, MACON1]);
var LINK = look([EIE, MACON1], Pointer.LOW, true);
var FIRST_BANKS = [
  look([EIE, MACON1], Pointer.BOTH),
  look([Register.ERXFCON, MACON1], Pointer.NONE),
  ...[Register.ETXST, Register.ERXST, Register.ERXND, Register.ERXRDPT].flatMap((register) => [register, register + 1]).map((register) => look([EIE, register, MACON1]))
];
var HASHED_FIRST_BANKS = [
  ...FIRST_BANKS,
  ...Array.from({ length: HASH_BYTES }, (_, at) => look([Register.EHT0 + at, MACON1], Pointer.NONE))
];
var MAC_BANKS = [
  ...[Register.MACON3, ...LESSER_MAC].map((register) => look([EIE, MACON1, register])),
  ...STATION_ADDRESS.map((register) => look([EIE, MACON1, register], Pointer.NONE))
];
var CYCLE = 4;
function quietLook(turn, hashing) {
  const firstBanks = hashing ? HASHED_FIRST_BANKS : FIRST_BANKS;
  const pair = turn >> 1;
  const round = Math.floor(pair / CYCLE);
  const usual = pair % CYCLE !== CYCLE - 1;
  if ((turn & 1) === 0) return usual ? CONTROL : firstBanks[round % firstBanks.length];
  return usual ? LINK : MAC_BANKS[round % MAC_BANKS.length];
}

// hal/kit/fcs.ts
var TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder >>> 1 ^ (remainder & 1 ? 3988292384 : 0);
  TABLE[byte] = remainder;
}
var FCS_BYTES = 4;
var RESIDUE = 3736805603 | 0;
function crcRegister(bytes, at, length) {
  let remainder = -1;
  const end2 = at + length;
  for (let index = at; index < end2; index++) {
    remainder = TABLE[(remainder ^ bytes[index]) & 255] ^ remainder >>> 8;
  }
  return remainder;
}
function frameCheckSequence(bytes, length) {
  return ~crcRegister(bytes, 0, length);
}
function appendFcs(bytes, at, length) {
  putFcs(bytes, at + length, ~crcRegister(bytes, at, length));
}
function putFcs(bytes, at, fcs) {
  for (let byte = 0; byte < FCS_BYTES; byte++) bytes[at + byte] = fcs >>> 8 * byte & 255;
}
function hasFcs(bytes, at, length) {
  return length >= FCS_BYTES && crcRegister(bytes, at, length) === RESIDUE;
}

// drivers/enc28j60/ring.ts
var RING_START = 0;
var RING_END = 6655;
var RING_BYTES = RING_END + 1 - RING_START;
var TRANSMIT_START = 6656;
var PACKET_HEADER = 6;
var MAX_FRAME_WITH_FCS = MAX_TAGGED_FRAME + FCS_BYTES;
var Verdict = {
  FRAME: 0,
  /** A frame that arrived damaged: skip it. */
  BAD: 1,
  /** The header contradicts itself: where the next packet begins is not known any more. */
  CORRUPT: 2
};
var ReceiveRing = class {
  header = new Uint8Array(PACKET_HEADER);
  /** Address of the oldest packet's header, or of where it will be. */
  head = RING_START;
  /** The value that ERXRDPT was last told. */
  readPointer = RING_END;
  /** Address of the packet behind it. */
  next = RING_START;
  /** Length of its frame without FCS. */
  length = 0;
  /** Upper half of the receive status vector. */
  status = 0;
  /** Reads `header`, which has just come from `head`. */
  parse() {
    const header = this.header;
    const count = header[2] | header[3] << 8;
    this.next = header[0] | header[1] << 8;
    this.status = header[4] | header[5] << 8;
    this.length = count - FCS_BYTES;
    let expected = this.head + PACKET_HEADER + count + (count & 1);
    if (expected > RING_END) expected -= RING_BYTES;
    if (this.next !== expected || count > MAX_FRAME_WITH_FCS) return Verdict.CORRUPT;
    if ((this.status & ReceiveStatus.ZERO) !== 0) return Verdict.CORRUPT;
    return (this.status & ReceiveStatus.OK) === 0 || this.length < ETHERNET_HEADER ? Verdict.BAD : Verdict.FRAME;
  }
  /** Bytes from the end of the header to the next packet: frame, FCS, and the byte that makes it even. */
  get remainder() {
    return this.length + FCS_BYTES + (this.length & 1);
  }
  /** Gives the oldest packet's memory back to the chip. */
  release(commands) {
    this.releaseTo(commands, this.next, 1);
    this.head = this.next;
  }
  /** Gives the memory of the oldest `packets` back, which end at `end`. One write to ERXRDPT does for all. */
  releaseTo(commands, end2, packets) {
    this.readPointer = end2 === RING_START ? RING_END : end2 - 1;
    commands.write16(Register.ERXRDPT, this.readPointer);
    takeOff(commands, packets);
  }
  /** Bytes from the oldest packet to `writePointer`. */
  filled(writePointer) {
    return writePointer >= this.head ? writePointer - this.head : writePointer - this.head + RING_BYTES;
  }
  /** Lays the ring out afresh. Only while reception is disabled. */
  layOut(commands) {
    commands.write16(Register.ERXST, RING_START);
    commands.write16(Register.ERXND, RING_END);
    this.readPointer = RING_END;
    commands.write16(Register.ERXRDPT, this.readPointer);
    commands.write16(Register.ERDPT, RING_START);
    this.head = RING_START;
  }
};
var DECREMENTS = 64;
function takeOff(commands, packets) {
  for (let left = packets; left > 0; left--) commands.setBits(Register.ECON2, Econ2.PKTDEC);
}

// drivers/enc28j60/setup.ts
var OSCILLATOR_START = 1;
var RESET_TIME = 2;
var PHY_TIME = 0.011;
var SLOWEST_CLOCK = 8e6;
var PAUSE_TIME = 256;
var RETRANSMISSIONS = 15;
var PART = 5;
var controlBytes = new Uint8Array(2);
var WIDEST_COLLISION_WINDOW = 63;
function both(register, value) {
  return [
    [register, value & 255],
    [register + 1, value >> 8]
  ];
}
function macSetup(address, { fullDuplex, lossy }) {
  return [
    ...macMode(fullDuplex, lossy),
    ...both(Register.MAMXFL, MAX_FRAME_WITH_FCS),
    ...STATION_ADDRESS.map((register, at) => [register, address[at]])
  ];
}
function macMode(fullDuplex, lossy) {
  const always = [
    [Register.MACON1, Macon1.MARXEN | (fullDuplex ? Macon1.TXPAUS | Macon1.RXPAUS : 0)],
    [Register.MACON3, (lossy ? 0 : Macon3.PAD60 | Macon3.TXCRCEN) | (fullDuplex ? Macon3.FULDPX : 0)],
    [Register.MACON4, fullDuplex ? 0 : Macon4.DEFER],
    [Register.MABBIPG, fullDuplex ? 21 : 18],
    [Register.MAIPGL, 18]
  ];
  if (fullDuplex) return [...always, ...both(Register.EPAUS, PAUSE_TIME)];
  return [...always, [Register.MAIPGH, 12], [Register.MACLCON2, WIDEST_COLLISION_WINDOW]];
}
var UNTOLD = [[Register.MACLCON1, RETRANSMISSIONS]];
function controlByte(lossy) {
  return Control.OVERRIDE | (lossy ? 0 : Control.CRC | Control.PAD);
}
function writeControlByte(commands, lossy) {
  controlBytes[1] = controlByte(lossy);
  commands.write16(Register.EWRPT, TRANSMIT_START);
  commands.writeBuffer(controlBytes, 1, 1);
}
function setUpMac(session, ring, { address, filters }) {
  const [config, ...hash2] = filters.tell();
  const writes = [...hash2, ...macSetup(address, session)];
  const parts2 = [
    (commands) => ring.layOut(commands),
    (commands) => {
      commands.write16(Register.ETXST, TRANSMIT_START);
      writeControlByte(commands, session.lossy);
      if (config) commands.write(...config);
    }
  ];
  const size = session.lossy ? PART : writes.length;
  for (let first = 0; first < writes.length; first += size) {
    const some = writes.slice(first, first + size);
    parts2.push((commands) => {
      for (const [register, value] of some) commands.write(register, value);
    });
  }
  return parts2;
}
function phySetup(fullDuplex) {
  return [
    [Phy.PHCON1, fullDuplex ? PDPXMD : 0],
    [Phy.PHCON2, fullDuplex ? 0 : HDLDIS],
    [Phy.PHLCON, LEDS_LINK_AND_TRAFFIC],
    [Phy.PHIE, LINK_INTERRUPTS]
  ];
}
function enabledInterrupts(interruptLine) {
  const sources = Interrupt.PKT | Interrupt.LINK | Interrupt.TX | Interrupt.TXER | Interrupt.RXER;
  return sources | (interruptLine ? Interrupt.INTIE : 0);
}
function start(commands, interruptLine) {
  commands.clearBits(Register.EIR, Interrupt.DMA | Interrupt.TX | Interrupt.TXER | Interrupt.RXER);
  commands.write(Register.EIE, enabledInterrupts(interruptLine));
  commands.setBits(Register.ECON1, Econ1.RXEN);
}

// drivers/enc28j60/audit.ts
var GROUP = 6;
var MAY_BE_BLIND = /* @__PURE__ */ new Set([...LESSER_MAC, Register.EPAUS, Register.EPAUS + 1]);
var Audit = class {
  #session;
  #address;
  #ring;
  #filters;
  #blind = /* @__PURE__ */ new Set();
  /** The questions of this batch: register, the bits in the mask that it ought to hold, and where its answer is. */
  #asked = [];
  #pointer = Pointer.NONE;
  #pointerAt = -1;
  constructor(session, address, ring, filters) {
    this.#session = session;
    this.#address = address;
    this.#ring = ring;
    this.#filters = filters;
  }
  /** Batches that a round over all registers takes in groups. */
  get groups() {
    return Math.ceil(this.#told().length / GROUP);
  }
  /** The hash table is among what is looked at. */
  get hashing() {
    return this.#filters.hashing;
  }
  /** Leaves a register out from now on, if it is one that may be. */
  overlook(register) {
    if (!MAY_BE_BLIND.has(register)) return false;
    this.#blind.add(register);
    return true;
  }
  /** Another chip may be there. */
  forget() {
    this.#blind.clear();
  }
  /** All registers in one batch. */
  prepareAll(commands) {
    this.#begin(commands, Pointer.BOTH);
    for (const [register, value] of this.#told()) this.#ask(commands, register, value);
  }
  /** The registers that stop everything, and a group of the others. */
  prepareGroup(commands, group) {
    this.#begin(commands, Pointer.BOTH);
    for (const [register, value] of this.#told().slice(group * GROUP, (group + 1) * GROUP)) this.#ask(commands, register, value);
  }
  /** A few; the bank is believed to be the one that was selected last, which a look at the link leaves at its own. */
  prepareQuietly(commands, { registers, pointer }) {
    this.#asked.length = 0;
    commands.returnToFirstBank();
    this.#askPointer(commands, pointer);
    this.#askControl1(commands);
    const told = this.#told();
    for (const register of registers) {
      const value = told.find(([each]) => each === register)?.[1];
      if (register === Register.ECON2) this.#askControl2(commands);
      else if (value !== void 0) this.#ask(commands, register, value);
    }
  }
  /** The first register that does not hold what it should; null when all of this batch do. */
  wrong(commands) {
    for (const { register, wanted, mask, at } of this.#asked) {
      const found = commands.value(at) & mask;
      if (found === wanted) continue;
      return { register, wanted, found, reason: doesNotHold(register, wanted, found) };
    }
    return null;
  }
  /** This batch told where the write pointer is. */
  get toldOfPackets() {
    return this.#pointer !== Pointer.NONE;
  }
  /** The write pointer is not where the next packet is expected: packets wait, whatever PKTIF says (erratum 6). */
  packetsWait(commands) {
    const { head } = this.#ring;
    if (this.#pointer === Pointer.NONE) return false;
    if (commands.value(this.#pointerAt) !== (head & 255)) return true;
    return this.#pointer === Pointer.BOTH && commands.value(this.#pointerAt + 1) !== head >> 8;
  }
  #begin(commands, pointer) {
    this.#asked.length = 0;
    commands.selectFirstBank();
    this.#askPointer(commands, pointer);
    this.#askControl1(commands);
    this.#askControl2(commands);
  }
  #askPointer(commands, pointer) {
    this.#pointer = pointer;
    if (pointer === Pointer.NONE) return;
    this.#pointerAt = commands.read(Register.ERXWRPT);
    if (pointer === Pointer.BOTH) commands.read(Register.ERXWRPT + 1);
  }
  /** TXRTS comes and goes. */
  #askControl1(commands) {
    const at = commands.read(Register.ECON1);
    this.#asked.push({ register: Register.ECON1, wanted: Econ1.RXEN, mask: STUCK | Econ1.RXEN | Econ1.BSEL, at });
  }
  /** VRPS works in power save only. */
  #askControl2(commands) {
    const at = commands.read(Register.ECON2);
    this.#asked.push({ register: Register.ECON2, wanted: Econ2.AUTOINC, mask: Econ2.AUTOINC | Econ2.PWRSV, at });
  }
  #ask(commands, register, wanted) {
    if (this.#blind.has(register)) return;
    this.#asked.push({ register, wanted, mask: 255, at: commands.read(register) });
  }
  #interrupts() {
    return enabledInterrupts(this.#session.line !== null);
  }
  /** Made anew for each batch: what a register was told may have changed since the last one. */
  #told() {
    const { transmitEnd } = this.#session;
    return [
      [Register.EIE, this.#interrupts()],
      ...both(Register.ETXST, TRANSMIT_START),
      ...transmitEnd < 0 ? [] : both(Register.ETXND, transmitEnd),
      ...both(Register.ERXST, RING_START),
      ...both(Register.ERXND, RING_END),
      ...both(Register.ERXRDPT, this.#ring.readPointer),
      ...this.#filters.told,
      ...macSetup(this.#address, this.#session),
      ...UNTOLD
    ];
  }
};
function doesNotHold(register, wanted, found) {
  return new Error(`${nameOf(register)} holds ${hex(found)} instead of ${hex(wanted)}`);
}
function nameOf(register) {
  const entryOf2 = (number) => Object.entries(Register).find(([, each]) => each === number)?.[0];
  const hash2 = register - Register.EHT0;
  if (hash2 >= 0 && hash2 < HASH_BYTES) return `EHT${hash2}`;
  if (STATION_ADDRESS.includes(register)) return "MAADR";
  return entryOf2(register) ?? `${entryOf2(register - 1)}H`;
}
function hex(byte) {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

// drivers/enc28j60/errors.ts
function stationAddress(address) {
  if (isStationAddress(address)) return Uint8Array.from(address);
  const text = Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  throw new ControllerError(
    "ENC28J60_ADDRESS",
    `ENC28J60: station address ${text} will not do: it takes 6 bytes, the first one even, as in 02:00:5e:10:00:01`
  );
}
function notFound(bus, erevid) {
  return new ControllerError(
    "ENC28J60_NOT_FOUND",
    `no ENC28J60 answers on ${bus}: EREVID reads 0x${erevid.toString(16).padStart(2, "0")}, which is no revision; check its 3.3 V supply, the wiring of CS, SI, SO and SCK, and that SPI runs in mode 0 at 8 to 20 MHz`
  );
}
function tooSlow(bus, revision, hertz) {
  return new ControllerError(
    "ENC28J60_SPI_CLOCK",
    `ENC28J60 rev ${revision} on ${bus}: SPI runs at ${hertz / 1e6} MHz, and this revision loses register writes below ${SLOWEST_CLOCK / 1e6} MHz (erratum 1); choose a faster SPI clock, a faster adapter, or a chip of revision B5 or B7`
  );
}
function phyDoesNotHold(register, wanted, found) {
  const [name, is, ought] = [register, found, wanted].map((number) => `0x${number.toString(16)}`);
  return new Error(`PHY register ${name} holds ${is} instead of ${ought}`);
}
function lost(device) {
  return new ControllerError("ENC28J60_LOST", `${device}: the chip stopped answering sensibly; check its supply and wiring`);
}
function busFailed(device, cause) {
  if (cause instanceof ControllerError && cause.code.startsWith("ENC28J60_")) return cause;
  return new ControllerError("ENC28J60_BUS", `${device}: the SPI bus failed: ${cause.message}`, { cause });
}
function notOpen(device, verb) {
  return new ControllerError("ENC28J60_NOT_OPEN", `${device} can not ${verb}: it is not open, or busy with a repair`);
}
function openAlready(device) {
  return new ControllerError("ENC28J60_OPEN", `${device} is open already; close it first`);
}

// drivers/enc28j60/bring-up.ts
var PHY_ATTEMPTS = 3;
var REWRITES = 2;
var BringUp = class {
  /** As it was last identified; null: never. */
  revision = null;
  #bus;
  #exchange;
  #session;
  #ring;
  #settings;
  #audit;
  constructor(bus, exchange, session, ring, settings, audit) {
    this.#bus = bus;
    this.#exchange = exchange;
    this.#session = session;
    this.#ring = ring;
    this.#settings = settings;
    this.#audit = audit;
  }
  /** @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_SPI_CLOCK, ENC28J60_BUS, ENC28J60_ABORTED */
  run() {
    return this.#exchange.run(() => this.#run());
  }
  /** Ends a run() as soon as its bus lets it. */
  abort() {
    this.#exchange.abort();
  }
  async #run() {
    const exchange = this.#exchange;
    const { commands } = exchange;
    const session = this.#session;
    await exchange.do(() => commands.clearBits(Register.ECON2, Econ2.PWRSV));
    await exchange.sleep(OSCILLATOR_START);
    await exchange.do(() => commands.reset());
    await exchange.sleep(RESET_TIME);
    await this.#identify();
    session.transmitEnd = -1;
    await this.#setUpMac();
    session.carrier = await this.#setUpPhy();
    await exchange.do(() => start(commands, session.line !== null));
    await this.#verify();
  }
  async #setUpMac() {
    const { commands } = this.#exchange;
    for (const part of setUpMac(this.#session, this.#ring, this.#settings)) {
      await this.#exchange.do(() => {
        commands.selectFirstBank();
        part(commands);
      });
    }
  }
  /** The PHY's registers, each read back, and the link. Returns whether it is up. */
  async #setUpPhy() {
    const exchange = this.#exchange;
    const setup = phySetup(this.#session.fullDuplex);
    const accesses = setup.flatMap(([register, value]) => [{ register, value }, { register }]);
    const status = { register: Phy.PHSTAT2 };
    for (let left = PHY_ATTEMPTS; ; ) {
      const answers = await exchange.usePhy([...accesses, { register: Phy.PHIR }, status, status]);
      const wrong = setup.findIndex(([register2, value2], at) => ((answers[at] ^ value2) & PHY_MASK[register2]) !== 0);
      const [before2, after] = answers.slice(-2).map((answer) => (answer & LSTAT) !== 0);
      if (wrong < 0) return before2 === after ? before2 === true : exchange.readLink();
      if (--left > 0) continue;
      const [register, value] = setup[wrong];
      throw exchange.busError(phyDoesNotHold(register, value, answers[wrong]));
    }
  }
  async #identify() {
    const { commands } = this.#exchange;
    let revisionAt = -1;
    let statusAt = -1;
    await this.#exchange.do(() => {
      revisionAt = commands.read(Register.EREVID);
      statusAt = commands.read(Register.ESTAT);
    });
    const erevid = commands.value(revisionAt);
    const revision = revisionName(erevid);
    if (!revision || (commands.value(statusAt) & Estat.ALWAYS_ZERO) !== 0) throw notFound(this.#bus.description, erevid);
    this.revision = revision;
    const hertz = this.#bus.hertz ?? Number.POSITIVE_INFINITY;
    if (needsFastClock(erevid) && hertz < SLOWEST_CLOCK) throw tooSlow(this.#bus.description, revision, hertz);
  }
  /**
   * Reads back all that was written, because a byte may have been damaged on its way. A register that holds the same wrong value after
   * a second write cannot be read back, or is not there; if nothing depends on it, it is left alone.
   */
  async #verify() {
    const { commands } = this.#exchange;
    let wrong = await this.#read();
    for (let left = REWRITES; wrong !== null && left > 0; left--) {
      await this.#exchange.do(() => {
        commands.selectFirstBank();
        commands.clearBits(Register.ECON1, Econ1.RXEN);
      });
      await this.#setUpMac();
      await this.#exchange.do(() => start(commands, this.#session.line !== null));
      let again = await this.#read();
      if (again?.register === wrong.register && again.found === wrong.found && this.#audit.overlook(again.register)) {
        again = await this.#read();
        left = REWRITES;
      }
      wrong = again;
    }
    if (wrong !== null) throw this.#exchange.busError(wrong.reason);
  }
  /** Null when every register holds what it was told. */
  async #read() {
    const { commands } = this.#exchange;
    const audit = this.#audit;
    const batches = this.#session.lossy ? audit.groups : 1;
    for (let batch = 0; batch < batches; batch++) {
      await this.#exchange.do(() => {
        if (batches === 1) audit.prepareAll(commands);
        else audit.prepareGroup(commands, batch);
        commands.returnToFirstBank();
      });
      const wrong = audit.wrong(commands);
      if (wrong !== null) return wrong;
    }
    return null;
  }
};

// drivers/enc28j60/filters.ts
var HASH_BITS = 8 * HASH_BYTES;
var Filters = class {
  /** The chip was not told yet what is wanted of it. */
  due = false;
  /** ERXFCON as it is wanted. */
  #config = Erxfcon.UCEN | Erxfcon.CRCEN | Erxfcon.BCEN;
  /** EHT0 to EHT7 as they are wanted; of no account without HTEN. */
  #hash = new Uint8Array(HASH_BYTES);
  /** Registers as the chip was told them last: ERXFCON, and EHT0 to EHT7 where it has HTEN. */
  #told = [];
  /** Registers and values that the chip was told last. */
  get told() {
    return this.#told;
  }
  /** The chip goes by its hash table. */
  get hashing() {
    return this.#told.length > 1;
  }
  set(mode) {
    this.#config = configFor(mode);
    this.#hash.fill(0);
    for (const group of mode.groups) {
      const bit = hashOf(group);
      this.#hash[bit >> 3] = this.#hash[bit >> 3] | 1 << (bit & 7);
    }
    const wanted = this.#wanted();
    this.due = wanted.length !== this.#told.length || wanted.some(([, value], at) => value !== this.#told[at]?.[1]);
  }
  /** Registers and the values that they are about to be told. Reception is off while the filters change. */
  tell() {
    this.due = false;
    this.#told = this.#wanted();
    return this.#told;
  }
  /** Writes all of it. */
  write(commands) {
    for (const [register, value] of this.tell()) commands.write(register, value);
  }
  #wanted() {
    const config = [Register.ERXFCON, this.#config];
    if ((this.#config & Erxfcon.HTEN) === 0) return [config];
    return [config, ...Array.from(this.#hash, (value, at) => [Register.EHT0 + at, value])];
  }
};
function configFor({ promiscuous, allMulticast, groups }) {
  if (promiscuous) return 0;
  const own = Erxfcon.UCEN | Erxfcon.CRCEN | Erxfcon.BCEN;
  if (allMulticast) return own | Erxfcon.MCEN;
  return groups.length > 0 ? own | Erxfcon.HTEN : own;
}
function hashOf(address) {
  const crc = crcRegister(address, 0, address.length);
  let hash2 = 0;
  for (let bit = 3; bit <= 8; bit++) hash2 = hash2 << 1 | crc >>> bit & 1;
  return hash2;
}

// drivers/enc28j60/capabilities.ts
var CAPABILITIES = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: false,
  rxChecksum: false,
  exactGroups: 0,
  groupHashBits: HASH_BITS
};

// drivers/enc28j60/checkup.ts
var INTERVAL = 1e3;
var GAP = 50;
var MOST_GAPS = 10;
var PROBATION = 6e4;
var LINK_LOOKS = 3;
var Checkup = class {
  #session;
  #audit;
  #link;
  #ring;
  #owner;
  #clock;
  #timer;
  #waiting = false;
  /** Looks since the chip was set up. */
  #turn = 0;
  /** Those of them at all registers: frames at a steady pace make every so many a full one, so that turns tell nothing. */
  #fullLooks = 0;
  /** How often the look that is due may still wait for a gap. */
  #gaps = 0;
  /** Frames were sent since the last look. */
  #sent = false;
  /** The last look found something, and this one is to confirm it. */
  #second = false;
  /** Somebody has a reason to ask for all of it now. */
  #urgent = false;
  #full = false;
  #troubleAt = Number.NEGATIVE_INFINITY;
  /** When something last was wrong that a second look confirmed, or did not. */
  #wrongAt = Number.NEGATIVE_INFINITY;
  /** Address of the oldest packet when packets were last said to wait; -1 when none did. */
  #strayHead = -1;
  constructor(session, audit, link2, ring, clock, owner) {
    this.#session = session;
    this.#audit = audit;
    this.#link = link2;
    this.#ring = ring;
    this.#clock = clock;
    this.#owner = owner;
    this.#timer = clock.timer(() => this.#tick());
  }
  get due() {
    return this.#waiting && !this.#link.looking;
  }
  /** The device is opened: what is known of its bus may have been another's. */
  forget() {
    this.#troubleAt = this.#wrongAt = Number.NEGATIVE_INFINITY;
    this.#session.distrusted = false;
    this.#audit.forget();
  }
  /** The chip was set up. */
  start() {
    this.stop();
    this.#turn = this.#fullLooks = 0;
    this.#second = this.#urgent = false;
    this.#strayHead = -1;
    this.#sent = this.#session.sent = this.#session.received = this.#session.stale = false;
    this.#session.health.provenAt = this.#clock.now();
    this.#arm();
  }
  stop() {
    this.#waiting = false;
    this.#timer.cancel();
  }
  /** Something is strange: looks at all of it as soon as the bus is free. */
  urge() {
    this.#urgent = true;
    this.#waiting = true;
    this.#owner.ready();
  }
  /** The chip is about to be set up anew, for it was found to have lost its set-up, or the bus its trust. */
  repairing() {
    const now = this.#clock.now();
    if (now - this.#wrongAt < PROBATION) this.#session.distrusted = true;
    this.#wrongAt = this.#troubleAt = now;
  }
  prepare(commands) {
    this.#waiting = false;
    const { lossy } = this.#session;
    this.#full = this.#urgent || lossy || !this.#quiet;
    if (lossy && !this.#urgent) {
      this.#audit.prepareGroup(commands, this.#turn % this.#audit.groups);
    } else if (this.#full) {
      this.#audit.prepareAll(commands);
      if (!lossy && !this.#session.sending) writeControlByte(commands, lossy);
    } else {
      const look2 = quietLook(this.#turn, this.#audit.hashing);
      this.#audit.prepareQuietly(commands, look2);
      if (look2.link) this.#link.prepareQuietly(commands);
    }
    commands.returnToFirstBank();
  }
  finish(commands) {
    const wrong = this.#audit.wrong(commands);
    const confirmed = this.#second;
    this.#urgent = false;
    this.#second = wrong !== null && !confirmed;
    if (wrong !== null) {
      this.#session.health.suspicions++;
      this.#troubleAt = this.#clock.now();
      this.#link.dropQuietly();
      if (confirmed) this.#owner.confused(wrong.reason);
      else this.urge();
      return;
    }
    this.#session.health.provenAt = this.#clock.now();
    this.#session.stale = !this.#full;
    this.#lookForPackets(commands);
    this.#lookAtLink(commands);
    this.#turn++;
    this.#sent = false;
    this.#arm();
    if (confirmed) this.#wasALie();
  }
  /** The link is up, nothing was sent that has to be vouched for, nothing was wrong. */
  get #quiet() {
    return this.#session.carrier && !this.#sent && this.#clock.now() - this.#troubleAt > PROBATION;
  }
  #arm() {
    this.#gaps = MOST_GAPS;
    this.#timer.arm(this.#session.lossy ? INTERVAL / this.#audit.groups : INTERVAL);
  }
  #tick() {
    const session = this.#session;
    const passing = session.sent || session.received;
    this.#sent ||= session.sent;
    session.sent = session.received = false;
    if (passing && !session.lossy && this.#gaps-- > 0) {
      this.#timer.arm(GAP);
      return;
    }
    this.#waiting = true;
    this.#owner.ready();
  }
  /** The first of two looks read what was not there. */
  #wasALie() {
    const now = this.#clock.now();
    const again = now - this.#wrongAt < PROBATION;
    this.#wrongAt = now;
    if (again && !this.#session.lossy) this.#owner.confused(new Error("what is read of the chip is not always true"));
  }
  #lookForPackets(commands) {
    if (!this.#audit.toldOfPackets) return;
    if (!this.#audit.packetsWait(commands)) {
      this.#strayHead = -1;
      return;
    }
    const stray = this.#strayHead === this.#ring.head;
    this.#strayHead = this.#ring.head;
    this.#owner.packetsWait(stray);
  }
  #lookAtLink(commands) {
    this.#link.finishQuietly(commands);
    if (!this.#full) return;
    const rounds = this.#session.lossy ? this.#audit.groups : 1;
    const every = this.#session.carrier ? rounds * LINK_LOOKS : rounds;
    if (++this.#fullLooks % every === 0) this.#link.ask();
  }
};

// drivers/enc28j60/counters.ts
function countersOf(statistics, receiver2, transmitter, recovery, bus) {
  return [
    ["rx_packets", statistics.rxPackets],
    ["rx_bytes", statistics.rxBytes],
    ["rx_multicast", statistics.rxMulticast],
    ["rx_errors", statistics.rxErrors],
    ["rx_length_errors", statistics.rxLengthErrors],
    ["rx_crc_errors", statistics.rxCrcErrors],
    ["rx_over_errors", statistics.rxOverErrors],
    // Receive ring found corrupt and laid out afresh.
    ["rx_resets", receiver2.resets],
    ["tx_packets", statistics.txPackets],
    ["tx_bytes", statistics.txBytes],
    ["tx_errors", statistics.txErrors],
    ["tx_aborted_errors", statistics.txAbortedErrors],
    ["tx_carrier_errors", statistics.txCarrierErrors],
    ["tx_timeouts", transmitter.timeouts],
    ["tx_late_collision_retries", transmitter.lateCollisionRetries],
    ["tx_pause_frames", receiver2.pauses],
    ["collisions", statistics.collisions],
    // Bus or chip brought back, and how long that took in all, in ms.
    ["recoveries", recovery.count],
    ["recovery_ms", recovery.time],
    ["bus_round_trips", bus.roundTrips],
    ["bus_transactions", bus.transactions]
  ];
}

// hal/spi.ts
var COMMAND_BYTES = 256;
var NOTHING = new Uint8Array(0);
var SpiTransaction = class {
  write = NOTHING;
  writeAt = 0;
  writeLength = 0;
  read = NOTHING;
  readAt = 0;
  readLength = 0;
};
var SpiBatch = class {
  #transactions = [];
  /** Memory for the short commands and answers of this batch. */
  #command = new Uint8Array(COMMAND_BYTES);
  #used = 0;
  #count = 0;
  /** Set when the bus failed: some transactions may not have taken place, no answer is to be trusted. */
  error = null;
  /** Called once when a transfer that did not complete at once is over. */
  onDone = null;
  get length() {
    return this.#count;
  }
  clear() {
    this.#count = 0;
    this.#used = 0;
    this.error = null;
  }
  transaction(index) {
    return this.#transactions[index];
  }
  /** Writes `first`, and `second` unless it is negative, then reads `readLength` bytes. Returns the transaction's index. */
  command(first, second = -1, readLength = 0) {
    const length = second < 0 ? 1 : 2;
    const at = this.#used;
    if (at + length + readLength > COMMAND_BYTES) throw new RangeError("SPI batch: too many short commands in one batch");
    this.#command[at] = first;
    if (length === 2) this.#command[at + 1] = second;
    this.#used = at + length + readLength;
    return this.add(this.#command, at, length, this.#command, at + length, readLength);
  }
  /** A transaction on the caller's own memory, which must stay untouched until the batch is done. */
  add(write, writeAt, writeLength, read = NOTHING, readAt = 0, readLength = 0) {
    let transaction = this.#transactions[this.#count];
    if (!transaction) {
      transaction = new SpiTransaction();
      this.#transactions.push(transaction);
    }
    transaction.write = write;
    transaction.writeAt = writeAt;
    transaction.writeLength = writeLength;
    transaction.read = read;
    transaction.readAt = readAt;
    transaction.readLength = readLength;
    return this.#count++;
  }
  /** Byte `at` of the answer to a transaction. */
  answer(index, at = 0) {
    const transaction = this.transaction(index);
    return transaction.read[transaction.readAt + at];
  }
  /** Sum of bytes clocked, both ways. */
  get bytes() {
    let sum = 0;
    for (let at = 0; at < this.#count; at++) {
      const transaction = this.transaction(at);
      sum += transaction.writeLength + transaction.readLength;
    }
    return sum;
  }
};

// drivers/enc28j60/command-list.ts
var READ_BUFFER = Uint8Array.of(Opcode.RBM);
var CommandList = class {
  batch = new SpiBatch();
  /** The most bytes that the bus takes in one transaction; packet memory is read and written in pieces of that. */
  longest = Number.POSITIVE_INFINITY;
  /** Bank that will be selected once the commands gathered so far have run. */
  #bank = 0;
  #pieces = null;
  clear() {
    this.batch.clear();
  }
  /** Selects bank 0 whatever the chip has selected: for when nobody can be sure. */
  selectFirstBank() {
    this.batch.command(Opcode.BFC | Register.ECON1, Econ1.BSEL);
    this.#bank = 0;
  }
  /** Goes back to bank 0, where the registers of the frame path are. */
  returnToFirstBank() {
    this.#select(Register.ERDPT);
  }
  /** The chip was reset, or set up by another list, and is in bank 0. */
  bankIsFirst() {
    this.#bank = 0;
  }
  /** Reads a register; hand the returned index to {@link value}. */
  read(register) {
    this.#select(register);
    return this.batch.command(Opcode.RCR | register & ADDRESS_MASK, -1, (register & SLOW_READ) === 0 ? 1 : 2);
  }
  /** The answer to a {@link read}; the dummy byte of MAC and MII registers is left out. */
  value(index) {
    return this.batch.answer(index, this.batch.transaction(index).readLength - 1);
  }
  write(register, value) {
    this.#select(register);
    this.batch.command(Opcode.WCR | register & ADDRESS_MASK, value);
  }
  /** Writes a register pair, low byte first: on ERXRDPT, MIWR and MAMXFL the high byte makes both take effect. */
  write16(register, value) {
    this.write(register, value & 255);
    this.write(register + 1, value >> 8);
  }
  setBits(register, bits) {
    this.#select(register);
    this.batch.command(Opcode.BFS | register & ADDRESS_MASK, bits);
  }
  clearBits(register, bits) {
    this.#select(register);
    this.batch.command(Opcode.BFC | register & ADDRESS_MASK, bits);
  }
  /** Reads `length` bytes of packet memory from ERDPT on. */
  readBuffer(into, at, length) {
    for (let end2 = at + length; at < end2; ) {
      const piece = Math.min(end2 - at, this.longest - 1);
      this.batch.add(READ_BUFFER, 0, 1, into, at, piece);
      at += piece;
    }
  }
  /** Writes `length` bytes from from[at] on to packet memory at EWRPT. The byte before them, from[at-1], is lost to the opcode. */
  writeBuffer(from, at, length) {
    from[at - 1] = Opcode.WBM;
    const piece = Math.min(length, this.longest - 1);
    this.batch.add(from, at - 1, piece + 1);
    if (piece < length) this.#writeRest(from, at + piece, at + length);
  }
  /** Pieces behind the first one are copies: their opcodes would stand on the bytes before them. */
  #writeRest(from, at, end2) {
    this.#pieces ??= new Uint8Array(2 * MAX_FRAME);
    for (let to = 0; at < end2; ) {
      const piece = Math.min(end2 - at, this.longest - 1);
      this.#pieces[to] = Opcode.WBM;
      this.#pieces.set(from.subarray(at, at + piece), to + 1);
      this.batch.add(this.#pieces, to, piece + 1);
      to += piece + 1;
      at += piece;
    }
  }
  /** System reset; it must be the last command of its batch, the chip is deaf for a while. */
  reset() {
    this.batch.command(Opcode.SRC);
    this.#bank = 0;
  }
  /** Begins a PHY read; the PHY takes 10.24 us, in which no MII register may be touched (section 3.3.1). */
  startPhyRead(register) {
    this.write(Register.MIREGADR, register);
    this.write(Register.MICMD, Micmd.MIIRD);
  }
  /** Ends a PHY read; hand the returned index to {@link phyValue}. */
  finishPhyRead() {
    this.write(Register.MICMD, 0);
    const low = this.read(Register.MIRDL);
    this.read(Register.MIRDH);
    return low;
  }
  phyValue(index) {
    return this.value(index) | this.value(index + 1) << 8;
  }
  /** Writes a PHY register, all 16 bits; takes 10.24 us as well. */
  writePhy(register, value) {
    this.write(Register.MIREGADR, register);
    this.write16(Register.MIWRL, value);
  }
  #select(register) {
    if ((register & ADDRESS_MASK) >= FIRST_COMMON) return;
    const bank = register >> BANK_SHIFT & Econ1.BSEL;
    const set = bank & ~this.#bank;
    const clear2 = this.#bank & ~bank;
    if (set !== 0) this.batch.command(Opcode.BFS | Register.ECON1, set);
    if (clear2 !== 0) this.batch.command(Opcode.BFC | Register.ECON1, clear2);
    this.#bank = bank;
  }
};

// drivers/enc28j60/engine.ts
var Engine = class {
  commands = new CommandList();
  /** Batches handed to the bus, and transactions in them. */
  roundTrips = 0;
  transactions = 0;
  /** It may have the bus. */
  active = false;
  /** It is at work: in its loop, or waiting for the bus to answer `#user`. */
  busy = false;
  /** Why the next answer is not to be trusted: whoever holds the chip's pins let go of them. */
  disturbance = null;
  #bus;
  #parts;
  #owner;
  #user = null;
  constructor(bus, parts2, owner) {
    this.#bus = bus;
    this.#parts = parts2;
    this.#owner = owner;
    this.commands.batch.onDone = () => this.#answered();
  }
  /** Somebody has something for the bus. */
  run() {
    if (this.busy) return;
    this.busy = true;
    this.#loop();
  }
  #loop() {
    const { commands } = this;
    for (let user = this.#choose(); user; user = this.#choose()) {
      commands.clear();
      user.prepare(commands);
      if (commands.batch.length === 0) continue;
      this.#user = user;
      this.roundTrips++;
      this.transactions += commands.batch.length;
      if (!this.#bus.transfer(commands.batch)) return;
      this.#finish(user);
    }
    this.busy = false;
    if (!this.active) this.#owner.idle();
  }
  /** The batch that was on the bus has its answers. */
  #answered() {
    if (this.active) {
      this.#finish(this.#user);
      this.#loop();
      return;
    }
    this.busy = false;
    this.#owner.idle();
  }
  /** Returns the most urgent part: a packet half read, then the check-up, frames out, the link, the next packet in. */
  #choose() {
    if (!this.active) return null;
    const { receiver: receiver2, checkup, transmitter, link: link2 } = this.#parts;
    if (receiver2.exclusive) return receiver2;
    if (checkup.due) return checkup;
    if (transmitter.due) return transmitter;
    if (link2.due) return link2;
    return receiver2.due ? receiver2 : null;
  }
  #finish(user) {
    const error = this.commands.batch.error ?? this.disturbance;
    if (error) {
      this.#owner.disturbed(error);
      return;
    }
    user.finish(this.commands);
    if (user === this.#parts.transmitter) this.#owner.transmitted();
  }
};

// drivers/enc28j60/waiter.ts
var Waiter = class {
  #timer;
  #resume = null;
  constructor(clock) {
    this.#timer = clock.timer(() => this.done());
  }
  /** Until done() is called, and for `duration` ms at most. */
  sleep(duration) {
    this.#timer.arm(duration);
    return this.untilDone();
  }
  untilDone() {
    return new Promise((resolve2) => {
      this.#resume = resolve2;
    });
  }
  /** Ends the wait, if there is one. */
  done() {
    this.#timer.cancel();
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }
};

// drivers/enc28j60/exchange.ts
var ATTEMPTS = 8;
var MOST_ANSWERS = 5;
var Exchange = class {
  commands = new CommandList();
  #bus;
  #session;
  #waiter;
  #aborted = false;
  #running = false;
  constructor(bus, clock, session) {
    this.#bus = bus;
    this.#session = session;
    this.#waiter = new Waiter(clock);
    this.commands.batch.onDone = () => this.#waiter.done();
  }
  /** Runs `steps`, which abort() may cut short. */
  async run(steps) {
    this.#aborted = false;
    this.#running = true;
    try {
      await steps();
    } finally {
      this.#running = false;
    }
  }
  /** Ends a run() as soon as its bus lets it. */
  abort() {
    this.#aborted = true;
    if (this.#running) this.#waiter.done();
  }
  /**
   * Fills a batch and runs it, again if the bus failed and may do better next time.
   * @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED
   */
  async do(fill2) {
    const { batch } = this.commands;
    for (let left = this.#session.lossy ? ATTEMPTS : 1; left > 0; left--) {
      this.commands.clear();
      if (left < ATTEMPTS && this.#session.lossy) this.commands.selectFirstBank();
      fill2();
      if (!this.#bus.transfer(batch)) await this.#waiter.untilDone();
      this.#checkAborted();
      if (!batch.error) return;
    }
    throw this.busError(batch.error);
  }
  /** Accesses PHY registers one after the other, one more batch than there are accesses. Returns what the reads brought. */
  async usePhy(accesses) {
    const { commands } = this;
    const answers = [];
    let reading = false;
    for (const next of [...accesses, null]) {
      let at = -1;
      await this.do(() => {
        if (reading) at = commands.finishPhyRead();
        if (next?.value !== void 0) commands.writePhy(next.register, next.value);
        else if (next) commands.startPhyRead(next.register);
      });
      if (reading) answers.push(commands.phyValue(at));
      reading = next !== null && next.value === void 0;
      if (next) await this.sleep(PHY_TIME);
    }
    return answers;
  }
  /** Reads the link until two answers agree. PHIR is read first: a change from then on raises LINKIF. */
  async readLink() {
    const status = { register: Phy.PHSTAT2 };
    let answers = await this.usePhy([{ register: Phy.PHIR }, status, status]);
    for (let left = MOST_ANSWERS; left > 0; left--) {
      const [before2, after] = answers.slice(-2).map((answer) => (answer & LSTAT) !== 0);
      if (before2 === after) break;
      answers = await this.usePhy([status, status]);
    }
    return (answers.at(-1) & LSTAT) !== 0;
  }
  /** @throws ControllerError ENC28J60_ABORTED */
  async sleep(duration) {
    await this.#waiter.sleep(duration);
    this.#checkAborted();
  }
  busError(cause) {
    const code = "code" in cause && String(cause.code).startsWith("PORT_") ? String(cause.code) : "ENC28J60_BUS";
    return new ControllerError(code, `ENC28J60 on ${this.#bus.description}: the SPI bus failed: ${cause.message}`, { cause });
  }
  #checkAborted() {
    if (this.#aborted) throw new ControllerError("ENC28J60_ABORTED", "the device was closed meanwhile");
  }
};

// drivers/enc28j60/flags.ts
var EventFlags = class {
  /** As it was read last. */
  eir = 0;
  #session;
  #sentByNow;
  #at = -1;
  #controlAt = -1;
  /** This batch asks after a frame. */
  #sweep = false;
  /** @param sentByNow a frame that was started ought to have left by now */
  constructor(session, sentByNow) {
    this.#session = session;
    this.#sentByNow = sentByNow;
  }
  restart() {
    this.#sweep = false;
  }
  read(commands) {
    const { sending, events, lossy, polled } = this.#session;
    this.#sweep = sending && events === 0 && !lossy && this.#sentByNow();
    if (this.#sweep && polled) this.#controlAt = commands.read(Register.ECON1);
    this.#at = commands.read(Register.EIR);
    if (this.#sweep && !polled) commands.clearBits(Register.EIR, Interrupt.TX);
  }
  /** Takes in the flags; true when they claim that packets wait. */
  take(commands) {
    const eir = commands.value(this.#at);
    this.eir = eir;
    if (this.#sweep) {
      this.#sweep = false;
      if (this.#session.polled) this.#control(commands.value(this.#controlAt), eir);
      else this.#flag(eir);
    }
    return this.#session.note(eir);
  }
  #flag(eir) {
    const possible = (eir & NO_ANSWER) === 0;
    this.#session.swept = possible && (eir & Interrupt.TX) !== 0 && (eir & Interrupt.TXER) === 0;
    this.#session.doubtful = !possible || (eir & (Interrupt.TX | Interrupt.TXER)) === 0;
  }
  #control(econ1, eir) {
    const control2 = econ1 & (STUCK | Econ1.RXEN | Econ1.TXRTS);
    if ((control2 & ~Econ1.TXRTS) !== Econ1.RXEN) this.#session.doubt();
    else this.#session.swept = control2 === Econ1.RXEN && (eir & (NO_ANSWER | Interrupt.TXER)) === 0;
  }
};

// drivers/enc28j60/link.ts
var Step = {
  IDLE: 0,
  /** PHIR is being read, which clears LINKIF. It comes first, so that a later change raises LINKIF again. */
  EVENT: 1,
  /** One of the registers that were written once is being read. */
  SETUP: 2,
  /** PHSTAT2 is being read. It comes last: MIREGADR stays there. */
  STATUS: 3,
  /** It is to be read again. */
  AGAIN: 4
};
var Quiet = { IDLE: 0, READING: 1, READ: 2 };
var MOST_ANSWERS2 = 5;
var LinkMonitor = class {
  #session;
  #timer;
  #confused;
  #step = Step.IDLE;
  #quiet = Quiet.IDLE;
  #quietAt = -1;
  /** Somebody wants to know though LINKIF told nothing; and the PHY's set-up is looked at in passing. */
  #asked = false;
  #thorough = false;
  /** Index of the last batch's answers; -1 for none. */
  #setupAt = -1;
  #statusAt = -1;
  #proofAt = -1;
  /** The former answer of PHSTAT2: 1 up, 0 down, -1 nothing; and how often it was asked. */
  #before = -1;
  #answers = 0;
  /** Index of the PHY's register that is looked at next, and whether the last look found it wrong. */
  #next = 0;
  #suspect = false;
  /** @param confused called when the PHY lost its set-up; @param ready called when a PHY access has had its time and this part is due */
  constructor(session, clock, confused, ready) {
    this.#session = session;
    this.#confused = confused;
    this.#timer = clock.timer(ready);
  }
  get due() {
    if (this.#step === Step.IDLE) return this.#asked || (this.#session.events & Interrupt.LINK) !== 0;
    return !this.#timer.armed;
  }
  /** A look at the PHY is under way; LINKIF is off the interrupt line meanwhile. */
  get looking() {
    return this.#step !== Step.IDLE;
  }
  stop() {
    this.#timer.cancel();
    this.#step = Step.IDLE;
    this.#quiet = Quiet.IDLE;
    this.#asked = false;
    this.#suspect = false;
  }
  /** Asks for a look at the link, and at the PHY's set-up. */
  ask() {
    this.#asked = true;
  }
  prepare(commands) {
    this.#setupAt = this.#statusAt = -1;
    switch (this.#step) {
      case Step.IDLE:
        this.#thorough = this.#asked;
        this.#asked = false;
        this.#before = -1;
        this.#answers = 0;
        this.#quiet = Quiet.IDLE;
        this.#start(commands, Phy.PHIR, Step.EVENT);
        break;
      case Step.EVENT:
        commands.finishPhyRead();
        if (this.#thorough) this.#start(commands, this.#setup[0], Step.SETUP);
        else this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.SETUP:
        this.#setupAt = commands.finishPhyRead();
        this.#proofAt = commands.read(Register.ECON1);
        this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.AGAIN:
        this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.STATUS:
        this.#statusAt = commands.finishPhyRead();
        this.#proofAt = commands.read(Register.ECON1);
        commands.setBits(Register.EIE, Interrupt.LINK);
        this.#step = Step.IDLE;
        break;
    }
  }
  finish(commands) {
    if (this.#step !== Step.IDLE) this.#timer.arm(PHY_TIME);
    if (this.#setupAt < 0 && this.#statusAt < 0) return;
    if ((commands.value(this.#proofAt) & (STUCK | Econ1.RXEN)) !== Econ1.RXEN) {
      this.#session.doubt();
      this.#asked = true;
    } else if (this.#setupAt >= 0) {
      this.#setupRead(commands.phyValue(this.#setupAt));
    } else {
      this.#statusRead((commands.phyValue(this.#statusAt) & LSTAT) !== 0);
    }
  }
  /** Adds one step of a slow read of PHSTAT2 to a batch, with MICMD's bank selected and MIREGADR as a look left it. */
  prepareQuietly(commands) {
    this.#quietAt = -1;
    if (this.#quiet === Quiet.READ) this.#quietAt = commands.read(Register.MIRDH);
    else commands.write(Register.MICMD, this.#quiet === Quiet.IDLE ? Micmd.MIIRD : 0);
    this.#quiet = (this.#quiet + 1) % 3;
  }
  /** Takes in what such a step brought. */
  finishQuietly(commands) {
    if (this.#quietAt < 0) return;
    const up = (commands.value(this.#quietAt) & LSTAT >> 8) !== 0;
    this.#quietAt = -1;
    if (up !== this.#session.carrier) this.ask();
  }
  /** The batch with such a step is not believed. */
  dropQuietly() {
    this.#quietAt = -1;
  }
  /** LINKIF stays set until PHIR has been read: it is kept off the interrupt line until the end of the look. */
  #start(commands, register, step) {
    if (step === Step.EVENT || this.#step === Step.AGAIN) commands.clearBits(Register.EIE, Interrupt.LINK);
    commands.startPhyRead(register);
    this.#step = step;
  }
  get #setup() {
    return phySetup(this.#session.fullDuplex)[this.#next];
  }
  #setupRead(found) {
    const [register, value] = this.#setup;
    const wrong = ((found ^ value) & PHY_MASK[register]) !== 0;
    if (!wrong) this.#next = (this.#next + 1) % phySetup(this.#session.fullDuplex).length;
    else if (this.#suspect) this.#confused(phyDoesNotHold(register, value, found));
    else this.ask();
    if (wrong) this.#session.health.suspicions++;
    this.#suspect = wrong;
  }
  #statusRead(up) {
    const session = this.#session;
    if (this.#answers === 0) session.events &= ~Interrupt.LINK;
    if (up === session.carrier && this.#before < 0) return;
    const believed = this.#before === Number(up);
    this.#before = Number(up);
    if (!believed && ++this.#answers < MOST_ANSWERS2) {
      this.#step = Step.AGAIN;
      return;
    }
    if (!believed || up === session.carrier) return;
    session.carrier = up;
    session.host?.carrier(up);
  }
};

// drivers/enc28j60/power.ts
var STEPS = 50;
var STEP = 0.2;
var LINK_PATIENCE = 500;
var LINK_STEP = 5;
var Power = class {
  #exchange;
  #session;
  constructor(exchange, session) {
    this.#exchange = exchange;
    this.#session = session;
  }
  /** @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED */
  down() {
    const { commands } = this.#exchange;
    return this.#exchange.run(async () => {
      await this.#do(() => {
        commands.clearBits(Register.EIE, 255);
        commands.clearBits(Register.ECON1, Econ1.RXEN);
      });
      await this.#until(Register.ESTAT, Estat.RXBUSY, 0);
      await this.#until(Register.ECON1, Econ1.TXRTS, 0);
      await this.#do(() => {
        commands.setBits(Register.ECON2, Econ2.VRPS);
        commands.setBits(Register.ECON2, Econ2.PWRSV);
      });
    });
  }
  /**
   * Leaves what is found out about the link in the session.
   * @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED
   */
  up() {
    const { commands } = this.#exchange;
    return this.#exchange.run(async () => {
      await this.#do(() => {
        commands.clearBits(Register.ECON2, Econ2.PWRSV);
        commands.clearBits(Register.ECON2, Econ2.VRPS);
      });
      await this.#exchange.sleep(OSCILLATOR_START);
      await this.#until(Register.ESTAT, Estat.CLKRDY, Estat.CLKRDY);
      await this.#do(() => start(commands, this.#session.line !== null));
      await this.#findLink();
      await this.#do(() => void 0);
    });
  }
  async #findLink() {
    const patience = this.#session.carrier ? LINK_PATIENCE : 0;
    for (let waited = 0; ; waited += LINK_STEP) {
      this.#session.carrier = await this.#exchange.readLink();
      if (this.#session.carrier || waited >= patience) return;
      await this.#exchange.sleep(LINK_STEP);
    }
  }
  /** Waits until `bits` of a register are as they should be, but not for ever: a chip that hangs is the next exchange's to find. */
  async #until(register, bits, wanted) {
    const { commands } = this.#exchange;
    for (let left = STEPS; left > 0; left--) {
      let at = -1;
      await this.#do(() => {
        at = commands.read(register);
      });
      if ((commands.value(at) & bits) === wanted) return;
      await this.#exchange.sleep(STEP);
    }
  }
  /** The engine may have left any bank selected, and gets the first one back. */
  #do(fill2) {
    const { commands } = this.#exchange;
    return this.#exchange.do(() => {
      commands.selectFirstBank();
      fill2(commands);
    });
  }
};

// hal/kit/copy-frame.ts
var SHORT = 160;
function copyFrame(slot, at, from, fromAt, length) {
  if (from.length <= slot.length) {
    slot.set(from);
    if (at !== fromAt) slot.copyWithin(at, fromAt, fromAt + length);
  } else {
    for (let byte = 0; byte < length; byte++) slot[at + byte] = from[fromAt + byte];
  }
}
function copyFrameByWords(slot, slotView, at, from, fromView, fromAt, length) {
  if (length > SHORT || fromView === null || fromAt + length + 3 > from.length || at + length + 3 > slot.length) {
    copyFrame(slot, at, from, fromAt, length);
    return;
  }
  const shift = at - fromAt;
  const end2 = fromAt + length;
  let next = fromAt;
  if ((next & 2) !== 0) {
    slotView.setInt16(at, fromView.getInt16(next, true), true);
    next += 2;
  }
  for (; next < end2; next += 4) slotView.setInt32(next + shift, fromView.getInt32(next, true), true);
}

// drivers/enc28j60/burst.ts
var Burst = class {
  /** The ring's contents, from the oldest packet on. */
  bytes = new Uint8Array(RING_BYTES);
  #ring;
  #countAt = -1;
  #lowAt = -1;
  #highAt = -1;
  #highAgainAt = -1;
  /** Packets that the chip counted, that were read and not taken out yet. */
  packets = 0;
  /** End of the ring's contents when it was asked for, and number of bytes read. */
  #end = 0;
  #length = 0;
  #asked = 0;
  /** Offset in `bytes` of the next packet. */
  #at = 0;
  /** Packets taken out of `bytes` for which the counter was not decremented yet. */
  owed = 0;
  constructor(ring) {
    this.#ring = ring;
  }
  /** Packets that were read and not taken out yet. */
  get left() {
    return this.#at < this.#length;
  }
  clear() {
    this.#at = 0;
    this.#length = 0;
    this.owed = 0;
    this.packets = 0;
  }
  /** How many wait, and, if they are to be read together, where they end. The high byte twice, for the chip may move the pointer between two reads. */
  ask(commands, together) {
    this.#countAt = commands.read(Register.EPKTCNT);
    this.#lowAt = -1;
    if (!together) {
      commands.returnToFirstBank();
      return;
    }
    this.#highAt = commands.read(Register.ERXWRPT + 1);
    this.#lowAt = commands.read(Register.ERXWRPT);
    this.#highAgainAt = commands.read(Register.ERXWRPT + 1);
  }
  /** Packets counted. */
  count(commands) {
    return commands.value(this.#countAt);
  }
  /** Takes in what {@link ask} brought; false when it is of no use and packets must be read one by one. */
  usable(commands, room) {
    if (this.#lowAt < 0) return false;
    const high = commands.value(this.#highAt);
    const end2 = high << 8 | commands.value(this.#lowAt);
    this.packets = this.count(commands);
    this.#end = end2;
    this.#at = 0;
    this.#length = 0;
    if (high !== commands.value(this.#highAgainAt) || end2 > RING_END || (end2 & 1) !== 0) return false;
    return this.packets <= Math.min(room, DECREMENTS) && this.#ring.filled(end2) >= this.packets * PACKET_HEADER && this.packets > 0;
  }
  /** More than half of the ring is full: a partner that sends on will fill it before this is read. */
  get heavy() {
    return this.#ring.filled(this.#end) > RING_BYTES / 2;
  }
  /** Reads all of it and gives it back; it is there when {@link arrived} is called. */
  read(commands) {
    this.#at = 0;
    this.#asked = this.#ring.filled(this.#end);
    commands.readBuffer(this.bytes, 0, this.#asked);
    this.#ring.releaseTo(commands, this.#end, this.packets);
    this.owed = 0;
  }
  arrived() {
    this.#length = this.#asked;
  }
  /** Finds the next packet in what was read; its bytes are at {@link body}. */
  next() {
    const { header } = this.#ring;
    for (let at = 0; at < PACKET_HEADER; at++) header[at] = this.bytes[this.#at + at];
    const verdict = this.#ring.parse();
    if (verdict === Verdict.CORRUPT || this.#at + PACKET_HEADER + this.#ring.remainder > this.#length) return Verdict.CORRUPT;
    return verdict;
  }
  /** Offset in `bytes` of the packet found last. */
  get body() {
    return this.#at + PACKET_HEADER;
  }
  /** Done with the packet found last. */
  advance() {
    this.#at += PACKET_HEADER + this.#ring.remainder;
    this.#ring.head = this.#ring.next;
    if (this.packets > 0) this.packets--;
    else this.owed++;
  }
  /** Takes packets that came meanwhile off the counter. */
  settle(commands) {
    const packets = Math.min(this.owed, DECREMENTS);
    takeOff(commands, packets);
    this.owed -= packets;
  }
  get owes() {
    return this.owed > 0;
  }
};

// drivers/enc28j60/delivery.ts
var Delivery = class {
  #session;
  #ring;
  /** @param ring has the header of the packet that is at its end */
  constructor(session, ring) {
    this.#session = session;
    this.#ring = ring;
  }
  deliver(skb) {
    const { host, statistics } = this.#session;
    const { length, status } = this.#ring;
    statistics.rxPackets++;
    statistics.rxBytes += length;
    if ((status & (ReceiveStatus.MULTICAST | ReceiveStatus.BROADCAST)) === ReceiveStatus.MULTICAST) statistics.rxMulticast++;
    this.#session.received = true;
    host.receive(skb);
  }
  /** The chip says that it came damaged. */
  countDamage() {
    const { statistics } = this.#session;
    statistics.rxErrors++;
    if ((this.#ring.status & ReceiveStatus.CRC_ERROR) !== 0) statistics.rxCrcErrors++;
    else statistics.rxLengthErrors++;
  }
  /** The chip had received it well. */
  damagedOnTheBus() {
    this.#session.statistics.rxErrors++;
    this.#session.statistics.rxCrcErrors++;
  }
};

// drivers/enc28j60/receiver.ts
var MOST_PACKETS = 255;
var Step2 = {
  IDLE: 0,
  /** Which events are there? */
  STATUS: 1,
  /** How many packets are there, whatever PKTIF says? (erratum 6) */
  COUNT: 2,
  /** Where does the oldest packet end, and is it good? */
  HEADER: 3,
  /** Its bytes; its memory goes back to the chip. */
  BODY: 4,
  /** Its memory goes back without a look at its bytes. */
  SKIP: 5,
  /** All packets that wait, in one read; those beyond the budget are kept for the next poll. */
  BURST: 6,
  /** Receive reset: stop, take the packets off the counter, begin again. */
  STOP: 7,
  DRAIN: 8,
  BEGIN: 9,
  END: 10
};
var Extra = { NONE: 0, OVERFLOW: 1, FILTER: 2 };
var Receiver = class {
  /** How often the ring was found corrupt and laid out afresh. */
  resets = 0;
  /** Pause frames that were asked for. */
  pauses = 0;
  /** Packets taken from the ring in this poll, damaged ones included, so that the budget bounds the work. */
  work = 0;
  /** Ask for EPKTCNT in the next poll, whatever PKTIF says. */
  countDue = false;
  /** The ring holds packets that the chip does not count: it is laid out afresh if it is so at the next look. */
  stray = false;
  /** The interrupt line is active and the chip has no reason for it: listening to it would not end. */
  spurious = false;
  #session;
  #ring;
  #burst;
  #filters;
  #owner;
  #flags;
  #delivery;
  #step = Step2.IDLE;
  #extra = Extra.NONE;
  #budget = 0;
  #incoming = null;
  /** Packets that EPKTCNT vouched for. */
  #counted = 0;
  #drained = 0;
  #eirAt = -1;
  #countAt = -1;
  /** The header was read along with the flags. */
  #ahead = false;
  /** Several packets waited when it was last looked at: they come together from now on. */
  #several = false;
  /** The flags that came with the last burst said that there are more. */
  #more = false;
  /** Packets that were taken off the chip's counter and could not be found in what was read. */
  #spoiled = 0;
  constructor(session, ring, filters, owner, flags) {
    this.#flags = flags;
    this.#session = session;
    this.#ring = ring;
    this.#burst = new Burst(ring);
    this.#delivery = new Delivery(session, ring);
    this.#filters = filters;
    this.#owner = owner;
  }
  get due() {
    return this.#step !== Step2.IDLE || this.#filters.due || (this.#session.events & Interrupt.RXER) !== 0;
  }
  /**
   * Nobody else may have the bus: a header that was read has left ERDPT inside its packet, and a ring under repair is nobody's.
   */
  get exclusive() {
    return this.#step >= Step2.BODY && this.#step <= Step2.BEGIN;
  }
  /** Packets were read from the chip and not handed up yet. */
  get holding() {
    return this.#burst.left;
  }
  get polling() {
    return this.#step !== Step2.IDLE;
  }
  /** The budget is not used up yet. */
  get withinBudget() {
    return this.work < this.#budget;
  }
  restart() {
    this.countDue = false;
    this.stray = false;
    this.#spoiled = 0;
    this.spurious = false;
    this.#extra = Extra.NONE;
    this.#flags.restart();
    this.#counted = 0;
    this.#session.astray = false;
    this.#several = false;
    this.#burst.clear();
    this.#more = false;
  }
  poll(budget) {
    this.#budget = budget;
    this.work = 0;
    if (this.#burst.left) {
      this.#more = true;
      this.#dealOut();
      return;
    }
    this.#begin();
  }
  /** Looks at the chip, with as much of the answer in the first batch as is likely to be needed. */
  #begin() {
    this.#step = this.#several || this.countDue || this.#session.lossy ? Step2.COUNT : Step2.STATUS;
  }
  /** Counts as lost all packets in the chip, as far as their number is known. */
  lose() {
    this.#session.statistics.rxErrors += this.#counted;
    this.#counted = 0;
  }
  /** Ends the poll where it is. */
  stop() {
    const { drops } = this.#session.host;
    const incoming = this.#incoming;
    this.#incoming = null;
    if (incoming) drops.drop(incoming, DropReason.QUEUE_PURGE);
    while (this.#burst.left && this.#burst.next() !== Verdict.CORRUPT) {
      drops.count(DropReason.QUEUE_PURGE);
      this.#burst.advance();
      if (this.#counted > 0) this.#counted--;
    }
    if (this.polling) this.#end();
  }
  prepare(commands) {
    if (!this.exclusive && this.#prepareExtra(commands)) return;
    switch (this.#step) {
      case Step2.STATUS:
        this.#burst.settle(commands);
        this.#flags.read(commands);
        this.#ahead = this.#session.line?.asserted === true && !this.#session.sending && this.#session.events === 0 && !this.spurious;
        if (this.#ahead) this.#prepareHeader(commands);
        break;
      case Step2.COUNT:
        this.#burst.settle(commands);
        this.#flags.read(commands);
        this.#burst.ask(commands, this.#several || this.#session.lossy);
        break;
      case Step2.HEADER:
        this.#prepareHeader(commands);
        break;
      case Step2.BURST:
        if (this.#session.astray) commands.write16(Register.ERDPT, this.#ring.head);
        this.#session.astray = false;
        if (this.#session.fullDuplex && this.#burst.heavy) {
          this.pauses++;
          commands.write(Register.EFLOCON, SEND_PAUSE);
        }
        this.#burst.read(commands);
        this.#eirAt = commands.read(Register.EIR);
        break;
      case Step2.BODY:
        commands.readBuffer(this.#incoming.bytes, HEADROOM, this.#ring.remainder);
        this.#prepareRelease(commands);
        break;
      case Step2.SKIP:
        commands.write16(Register.ERDPT, this.#ring.next);
        this.#prepareRelease(commands);
        break;
      case Step2.STOP:
        commands.clearBits(Register.ECON1, Econ1.RXEN);
        commands.setBits(Register.ECON1, Econ1.RXRST);
        commands.clearBits(Register.ECON1, Econ1.RXRST);
        this.#drained = 0;
        this.#countAt = commands.read(Register.EPKTCNT);
        break;
      case Step2.DRAIN:
        takeOff(commands, Math.min(this.#counted, DECREMENTS));
        this.#drained += Math.min(this.#counted, DECREMENTS);
        this.#countAt = commands.read(Register.EPKTCNT);
        break;
      case Step2.BEGIN:
        this.#ring.layOut(commands);
        commands.clearBits(Register.EIR, Interrupt.RXER);
        commands.setBits(Register.ECON1, Econ1.RXEN);
        break;
      case Step2.END:
        this.#end();
    }
  }
  finish(commands) {
    if (this.#extra !== Extra.NONE) {
      this.#finishExtra();
      return;
    }
    switch (this.#step) {
      case Step2.STATUS:
        this.#statusRead(commands);
        break;
      case Step2.COUNT:
        this.#countRead(commands);
        break;
      case Step2.BURST:
        this.#burst.arrived();
        this.#more = this.#session.note(commands.value(this.#eirAt));
        this.#dealOut();
        break;
      case Step2.HEADER:
        this.#headerRead();
        break;
      case Step2.BODY:
        this.#delivered();
        this.#released(commands);
        break;
      case Step2.SKIP:
        this.#released(commands);
        break;
      case Step2.STOP:
      case Step2.DRAIN:
        this.#counted = commands.value(this.#countAt);
        if (this.#drained > MOST_PACKETS && this.#counted > 0) this.#owner.chipLost();
        else this.#step = this.#counted > 0 ? Step2.DRAIN : Step2.BEGIN;
        break;
      case Step2.BEGIN:
        this.resets++;
        this.#session.statistics.rxErrors += Math.max(1, this.#drained + this.#spoiled);
        this.#spoiled = 0;
        this.stray = false;
        this.#session.onDoubt?.();
        this.#session.events &= ~Interrupt.RXER;
        this.work++;
        this.#session.astray = false;
        this.#several = false;
        this.#burst.clear();
        this.#step = this.withinBudget ? Step2.STATUS : Step2.END;
    }
  }
  #prepareHeader(commands) {
    if (this.#session.astray) commands.write16(Register.ERDPT, this.#ring.head);
    this.#session.astray = false;
    commands.readBuffer(this.#ring.header, 0, this.#ring.header.length);
  }
  #prepareExtra(commands) {
    if ((this.#session.events & Interrupt.RXER) !== 0) {
      this.#extra = Extra.OVERFLOW;
      commands.clearBits(Register.EIR, Interrupt.RXER);
    } else if (this.#filters.due) {
      this.#extra = Extra.FILTER;
      commands.clearBits(Register.ECON1, Econ1.RXEN);
      this.#filters.write(commands);
      commands.setBits(Register.ECON1, Econ1.RXEN);
    } else {
      return false;
    }
    return true;
  }
  #finishExtra() {
    if (this.#extra === Extra.OVERFLOW) {
      this.#session.events &= ~Interrupt.RXER;
      this.#session.statistics.rxErrors++;
      this.#session.statistics.rxOverErrors++;
      this.#session.onDoubt?.();
    }
    this.#extra = Extra.NONE;
  }
  #statusRead(commands) {
    const packets = this.#flags.take(commands);
    const { eir } = this.#flags;
    const unexplained = this.#unexplained(eir);
    if (!unexplained) this.spurious = false;
    if (packets && this.#ahead && this.withinBudget) {
      this.#headerRead();
      return;
    }
    if (this.#ahead) this.#session.astray = true;
    if (packets) this.#step = this.withinBudget ? Step2.HEADER : Step2.END;
    else this.#step = this.countDue || unexplained ? Step2.COUNT : Step2.END;
  }
  /** The interrupt line is active, and the flags do not say why. */
  #unexplained(eir) {
    return this.#session.line?.asserted === true && !this.#session.reasonIn(eir);
  }
  #countRead(commands) {
    const count = this.#burst.count(commands);
    this.#flags.take(commands);
    const { eir } = this.#flags;
    this.#counted = count;
    this.countDue = false;
    this.spurious = count === 0 && this.#unexplained(eir);
    this.#several = count > 1 || this.work > 0;
    if (count > 0) this.stray = false;
    if (this.stray && this.withinBudget) this.#step = Step2.STOP;
    else if (count === 0 || !this.withinBudget) this.#step = Step2.END;
    else if (this.#burst.usable(commands, this.#budget - this.work)) this.#step = Step2.BURST;
    else this.#step = this.#session.lossy ? Step2.END : Step2.HEADER;
  }
  /** Hands up what a burst brought, as far as the budget goes. */
  #dealOut() {
    const burst = this.#burst;
    while (burst.left && this.withinBudget) {
      const verdict = burst.next();
      if (verdict === Verdict.CORRUPT) {
        this.#spoiled = burst.packets - burst.owed;
        burst.clear();
        this.#step = Step2.STOP;
        return;
      }
      this.work++;
      if (this.#counted > 0) this.#counted--;
      if (verdict === Verdict.BAD) this.#delivery.countDamage();
      else this.#handUp(burst);
      burst.advance();
    }
    if (this.#more && this.withinBudget) this.#begin();
    else if (burst.owes && this.withinBudget) this.#step = Step2.STATUS;
    else this.#step = Step2.END;
  }
  /** Copies the packet found last out of a burst. */
  #handUp(burst) {
    const host = this.#session.host;
    const { length } = this.#ring;
    if (this.#session.lossy && !hasFcs(burst.bytes, burst.body, length + FCS_BYTES)) {
      this.#delivery.damagedOnTheBus();
      return;
    }
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      return;
    }
    copyFrame(skb.bytes, skb.put(length), burst.bytes, burst.body, length);
    this.#delivery.deliver(skb);
  }
  #headerRead() {
    const host = this.#session.host;
    const verdict = this.#ring.parse();
    if (verdict === Verdict.CORRUPT) {
      this.#step = Step2.STOP;
    } else if (verdict === Verdict.BAD) {
      this.#delivery.countDamage();
      this.#step = Step2.SKIP;
    } else {
      this.#incoming = host.pool.allocate();
      if (!this.#incoming) host.drops.count(DropReason.NOMEM);
      this.#step = this.#incoming ? Step2.BODY : Step2.SKIP;
    }
  }
  /** Frees the packet, and asks for the event flags where the budget allows another one. */
  #prepareRelease(commands) {
    this.#ring.release(commands);
    this.#eirAt = this.work + 1 < this.#budget ? commands.read(Register.EIR) : -1;
  }
  #released(commands) {
    this.work++;
    if (this.#counted > 0) this.#counted--;
    const more = this.#eirAt >= 0 && (this.#session.note(commands.value(this.#eirAt)) || this.#counted > 0);
    this.#several = more;
    this.#step = more ? Step2.COUNT : Step2.END;
  }
  #delivered() {
    const skb = this.#incoming;
    const { length } = this.#ring;
    this.#incoming = null;
    if (this.#session.lossy && !hasFcs(skb.bytes, HEADROOM, length + FCS_BYTES)) {
      this.#delivery.damagedOnTheBus();
      skb.consume();
      return;
    }
    skb.put(length);
    this.#delivery.deliver(skb);
  }
  #end() {
    this.#step = Step2.IDLE;
    this.#owner.pollEnded();
  }
};

// drivers/enc28j60/recovery.ts
var ATTEMPTS2 = 5;
var SOFT_ATTEMPTS = 2;
var FIRST_DELAY = 50;
var LONGEST_DELAY = 500;
var FIRST_LATER_DELAY = 1e3;
var LONGEST_LATER_DELAY = 55e3;
var GONE_PATIENCE = 3e3;
var CARRIER_PATIENCE = 3e3;
var Recovery = class {
  /** Repairs that were needed, and their whole time in ms. */
  count = 0;
  time = 0;
  #bus;
  #session;
  #bringUp;
  #pins;
  #clock;
  #waiter;
  #stopped = false;
  constructor(bus, clock, session, bringUp2, pins) {
    this.#bus = bus;
    this.#clock = clock;
    this.#session = session;
    this.#bringUp = bringUp2;
    this.#pins = pins;
    this.#waiter = new Waiter(clock);
  }
  /**
   * True when the chip works again; false when the repair was stopped.
   * @param hard begin with the chip's pins
   * @param failed called once, when the first attempts have not helped, with what the last one met
   */
  async run(reason, hard, failed2) {
    this.#stopped = false;
    this.count++;
    const began = this.#clock.now();
    let reopen = isLost(reason);
    let unanswered = 0;
    let delay = FIRST_DELAY;
    let told = false;
    let carrierTold = this.#session.carrier;
    for (let attempt = 1; !this.#stopped; attempt++) {
      if (carrierTold && (reopen || this.#clock.now() - began > CARRIER_PATIENCE)) {
        carrierTold = false;
        this.#session.host?.carrier(false);
      }
      const error = await this.#attempt(reopen, hard || attempt > SOFT_ATTEMPTS);
      if (this.#stopped) break;
      if (!error) {
        const { host, health, carrier } = this.#session;
        this.time += this.#clock.now() - began;
        health.repairs++;
        if (carrier !== carrierTold) host?.carrier(carrier);
        return true;
      }
      const gone = isLost(error);
      reopen ||= gone;
      const bus = gone || this.#session.lossy && !isSilent(error);
      unanswered = bus ? 0 : unanswered + 1;
      const away = gone && this.#clock.now() - began > GONE_PATIENCE;
      if (!told && (unanswered >= ATTEMPTS2 || away)) {
        told = true;
        if (carrierTold) this.#session.host?.carrier(false);
        carrierTold = false;
        failed2(error);
        delay = FIRST_LATER_DELAY;
      }
      await this.#waiter.sleep(bus ? Math.min(delay, LONGEST_DELAY) : delay);
      delay = Math.min(told ? LONGEST_LATER_DELAY : LONGEST_DELAY, delay * 2);
    }
    return false;
  }
  stop() {
    this.#stopped = true;
    this.#bringUp.abort();
    this.#waiter.done();
  }
  async #attempt(reopen, hard) {
    try {
      if (hard) await this.#pins?.reset();
      if (this.#stopped) return null;
      this.#session.judge(this.#bus);
      if (reopen) {
        await this.#bus.close();
        if (this.#stopped) return null;
        await this.#bus.open();
        this.#session.judge(this.#bus);
      }
      await this.#bringUp.run();
      return null;
    } catch (error) {
      return error;
    }
  }
};
function isSilent(error) {
  return "code" in error && error.code === "ENC28J60_NOT_FOUND";
}
function isLost(error) {
  const code = "code" in error ? String(error.code) : "";
  return code.startsWith("PORT_") || code === "SERPROG_NO_ANSWER";
}

// drivers/enc28j60/session.ts
var EVENTS = Interrupt.LINK | Interrupt.TX | Interrupt.TXER | Interrupt.RXER;
var Session = class {
  statistics = new LinkStatistics();
  health = new ControllerHealth();
  fullDuplex;
  /** Set from open() on. */
  host = null;
  /** The chip's INT pin: wired to the host by itself, or brought along by the bus; null where nobody brings it here. */
  line = null;
  /** The one wired by itself. */
  ownLine = null;
  /** Has the set-up looked at as soon as the bus is free. */
  onDoubt = null;
  /** A frame of ours is in the chip: its end will be told by the interrupt line as well. */
  sending = false;
  /** TXIF was cleared along with being read: the frame has left, and nothing is left to do in the chip. */
  swept = false;
  /** TXIF was cleared, but had not been set when it was read a moment before: it may have come in between. */
  doubtful = false;
  /** ERDPT is not at the oldest packet: something else was read. Whoever reads packets next sets it first. */
  astray = false;
  /** The link is up. */
  carrier = false;
  /** Frames came, and frames went, since these were last cleared. */
  received = false;
  sent = false;
  /** Not all registers were read in the last look, nor a frame sent since: the next one writes anew all that it hangs on. */
  stale = false;
  /**
   * The bus may damage bytes unnoticed: frames are checked by us, both ways, what a frame's safety hangs on is read back before it
   * counts, and the registers are looked at in short pieces all the time.
   */
  lossy = false;
  /** The bus was thought to be safe and has shown that it is not; until the device is opened again. */
  distrusted = false;
  /** The value that ETXND was last told, -1 when not known. */
  transmitEnd = -1;
  /** EIR flags that were read and not dealt with yet; whoever deals with one clears it here and in the chip. */
  events = 0;
  constructor(fullDuplex) {
    this.fullDuplex = fullDuplex;
  }
  /** Nothing tells by itself that a frame has left, and no command gets lost: TXRTS is asked, and TXIF means nothing. */
  get polled() {
    return this.line === null && !this.lossy;
  }
  /** The bus was opened, or the chip is about to be set up anew. */
  judge(bus) {
    this.lossy = bus.lossy || this.distrusted;
    this.line = this.ownLine ?? bus.interrupt;
  }
  /** Something was read that cannot be true. */
  doubt() {
    this.health.suspicions++;
    this.onDoubt?.();
  }
  /** Takes in what EIR says; true when it claims that packets wait. */
  note(eir) {
    if ((eir & NO_ANSWER) !== 0) {
      this.doubt();
      return false;
    }
    this.events |= eir & (this.polled ? EVENTS & ~Interrupt.TX : EVENTS);
    return (eir & Interrupt.PKT) !== 0;
  }
  /** The chip has, or had a moment ago, a reason to hold its interrupt line down. */
  reasonIn(eir) {
    return (eir & NO_ANSWER) === 0 && (eir & (EVENTS | Interrupt.PKT)) !== 0;
  }
};

// drivers/enc28j60/status-vector.ts
var BYTES = 7;
var COLLISIONS = 15;
var CRC_ERROR = 16;
var DONE = 128;
var LATE_COLLISION = 32;
var ALWAYS_ZERO = 240;
var Fate = {
  SENT: 0,
  /** The chip found another FCS than it was given: a byte was damaged on its way into the chip, and nobody will take the frame. */
  DAMAGED: 1,
  /** It was not read well. */
  UNKNOWN: 2
};
var StatusVector = class {
  #session;
  #bytes = new Uint8Array(BYTES);
  constructor(session) {
    this.#session = session;
  }
  /** Leaves ERDPT behind it. */
  read(commands) {
    commands.write16(Register.ERDPT, this.#session.transmitEnd + 1);
    commands.readBuffer(this.#bytes, 0, BYTES);
    this.#session.astray = true;
  }
  get collisions() {
    return this.#bytes[2] & COLLISIONS;
  }
  get lateCollision() {
    return (this.#bytes[3] & LATE_COLLISION) !== 0;
  }
  get fate() {
    const third = this.#bytes[2];
    if ((third & DONE) === 0 || (this.#bytes[6] & ALWAYS_ZERO) !== 0) return Fate.UNKNOWN;
    return (third & CRC_ERROR) === 0 ? Fate.SENT : Fate.DAMAGED;
  }
};

// drivers/enc28j60/transmitter.ts
var LATE_COLLISION_RETRIES = 16;
var FRAME_OVERHEAD = 24;
var BYTE_TIME = 8e-4;
var GAP2 = 13;
var LOAD_RETRIES = 3;
var MOST_LOST = 5;
var REPAIR_INTERVAL = 6e4;
var READINGS = 4;
var Phase = {
  IDLE: 0,
  /** The frame is in its SkBuff, until the bus is free. */
  WAITING: 1,
  /** It is in the chip and TXRTS is set. */
  SENDING: 2,
  /** It met a late collision and goes out again. */
  AGAIN: 3,
  /** The chip has said nothing for too long: ask; */
  OVERDUE: 4,
  /** still nothing: give up. */
  STUCK: 5,
  /** It is in the chip, and what was read back says that it is there whole: start it. */
  LOADED: 6,
  /** It has left, and the status vector is to tell whether whole. */
  LEFT: 7
};
var Step3 = { SEND: 0, RESEND: 1, COMPLETE: 2, ABORT: 3, INQUIRE: 4, RESET: 5, LOAD: 6, START: 7, LOOK: 8, READ: 9 };
var Transmitter = class {
  /** How often a transmission never ended. */
  timeouts = 0;
  /** How often a frame was sent again after a late collision, real or not (erratum 13). */
  lateCollisionRetries = 0;
  #session;
  #limit;
  #watchdog;
  #vector;
  #frame = null;
  #phase = Phase.IDLE;
  #step = Step3.SEND;
  /** Somebody was turned away and has been promised a wake(). */
  #refused = false;
  #retries = 0;
  #loads = 0;
  /** Readings of the status vector of this frame, and whether the last one said that it was damaged. */
  #readings = 0;
  #damaged = false;
  #answer = -1;
  /** Frames in a row that did not leave, and when that last led to a repair. */
  #lostInARow = 0;
  #repairedAt = Number.NEGATIVE_INFINITY;
  #clock;
  #confused;
  /**
   * @param limit time after which a transmission is given up, in ms
   * @param confused called when frame after frame does not leave
   * @param overdue called when it is over and this part is due
   */
  constructor(session, clock, limit, confused, overdue) {
    this.#session = session;
    this.#limit = limit;
    this.#clock = clock;
    this.#confused = confused;
    this.#vector = new StatusVector(session);
    this.#watchdog = clock.timer(() => {
      this.#phase = Phase.OVERDUE;
      overdue();
    });
  }
  /** Drops a frame that cannot be sent, and counts it. @returns true, for transmit() */
  refuse(host, skb, reason) {
    this.#session.statistics.txErrors++;
    if (reason === DropReason.TX_ABORTED) this.#session.statistics.txAbortedErrors++;
    host.drops.drop(skb, reason);
    return true;
  }
  /** Takes a frame, unless there is one already. */
  accept(skb) {
    if (this.#frame) {
      this.#refused = true;
      return false;
    }
    this.#frame = skb;
    this.#phase = Phase.WAITING;
    return true;
  }
  /** Time until the frame in the chip is likely to have left it, in ms; 0 when there is none. */
  get expected() {
    return this.#frame && this.#phase === Phase.SENDING ? (Math.max(MIN_FRAME, this.#frame.length) + FRAME_OVERHEAD) * BYTE_TIME : 0;
  }
  get idle() {
    return this.#frame === null;
  }
  /** The frame in the chip has had its time on the line. */
  get sentByNow() {
    return this.#clock.now() >= this.#watchdog.due - this.#limit + this.expected - GAP2 * BYTE_TIME;
  }
  /** It was started. */
  get #inChip() {
    return this.#phase !== Phase.IDLE && this.#phase !== Phase.WAITING && this.#phase !== Phase.LOADED;
  }
  get due() {
    const phase = this.#phase;
    if (this.#session.doubtful || this.#session.swept) return true;
    return phase !== Phase.IDLE && phase !== Phase.SENDING || (this.#session.events & (Interrupt.TX | Interrupt.TXER)) !== 0;
  }
  /** The chip was reset: its registers hold nothing of ours. */
  restart() {
    this.#lostInARow = 0;
    this.#session.swept = false;
    this.#session.doubtful = false;
  }
  /** Nobody waits for a wake() any more. */
  forget() {
    this.#refused = false;
  }
  /** The chip works again: whoever was turned away meanwhile may come back. */
  resumed() {
    this.#wake();
  }
  /** Drops the frame that was not sent yet. */
  stop(reason) {
    this.#watchdog.cancel();
    this.#phase = Phase.IDLE;
    this.#session.sending = false;
    this.#loads = 0;
    const frame = this.#frame;
    this.#frame = null;
    if (frame) this.#session.host.drops.drop(frame, reason);
  }
  prepare(commands) {
    const events = this.#session.events & (Interrupt.TX | Interrupt.TXER);
    if (this.#session.swept) {
      this.#session.swept = false;
      this.#session.events &= ~Interrupt.TX;
      this.#sent();
    } else if (this.#session.doubtful) {
      this.#session.doubtful = false;
      this.#step = Step3.LOOK;
      this.#ask(commands);
    } else if (events !== 0) {
      const aborted = (events & Interrupt.TXER) !== 0 && this.#inChip;
      this.#step = aborted ? Step3.ABORT : Step3.COMPLETE;
      if (aborted) this.#abort(commands);
      else this.#complete(commands, events);
    } else if (this.#phase === Phase.WAITING) {
      this.#step = this.#session.lossy ? Step3.LOAD : Step3.SEND;
      if (this.#session.carrier) this.#send(commands, this.#frame);
      else this.#lost(DropReason.TX_CARRIER);
    } else if (this.#phase === Phase.LOADED) {
      this.#step = Step3.START;
      commands.setBits(Register.ECON1, Econ1.TXRTS);
    } else if (this.#phase === Phase.AGAIN) {
      this.#step = Step3.RESEND;
      commands.setBits(Register.ECON1, Econ1.TXRTS);
    } else if (this.#phase === Phase.LEFT) {
      this.#step = Step3.READ;
      this.#vector.read(commands);
    } else if (this.#phase === Phase.OVERDUE) {
      this.#step = Step3.INQUIRE;
      this.#ask(commands);
    } else {
      this.#step = Step3.RESET;
      this.#reset(commands);
    }
  }
  finish(commands) {
    const session = this.#session;
    switch (this.#step) {
      case Step3.LOAD:
        this.#loaded(commands);
        break;
      case Step3.SEND:
      case Step3.START:
      case Step3.RESEND:
        session.sending = true;
        this.#phase = Phase.SENDING;
        this.#watchdog.arm(this.#limit);
        break;
      case Step3.COMPLETE:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        if (!this.#inChip) break;
        if (session.lossy) this.#left();
        else this.#sent();
        break;
      case Step3.READ:
        this.#left();
        break;
      case Step3.ABORT:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        this.#aborted();
        break;
      case Step3.INQUIRE:
        this.#phase = Phase.STUCK;
        this.#look(commands, session.polled);
        break;
      case Step3.LOOK:
        this.#look(commands, true);
        break;
      case Step3.RESET:
        this.timeouts++;
        this.#lost(session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
        break;
    }
  }
  /** ECON1 first: a frame that ends in between shows in EIR. */
  #ask(commands) {
    this.#answer = commands.read(Register.ECON1);
    commands.read(Register.EIR);
  }
  /** @param ended TXRTS is what tells that the frame has ended: TXIF was cleared, or never is */
  #look(commands, ended) {
    const session = this.#session;
    const control2 = commands.value(this.#answer) & (STUCK | Econ1.RXEN | Econ1.TXRTS);
    if ((control2 & ~Econ1.TXRTS) !== Econ1.RXEN) {
      session.doubt();
      return;
    }
    session.note(commands.value(this.#answer + 1));
    if (ended && control2 === Econ1.RXEN && (session.events & (Interrupt.TX | Interrupt.TXER)) === 0) this.#sent();
  }
  /** Copies the frame from where it lies into the chip, and starts it unless it is to be looked at first. */
  #send(commands, skb) {
    const session = this.#session;
    const { lossy, stale } = session;
    if (stale) {
      session.stale = false;
      session.transmitEnd = -1;
      commands.write16(Register.ETXST, TRANSMIT_START);
    }
    const { transmitEnd } = session;
    const room = lossy || stale ? 2 : 1;
    if (skb.data < room) {
      const shift = room - skb.data;
      skb.bytes.copyWithin(room, skb.data, skb.tail);
      skb.data += shift;
      skb.tail += shift;
    }
    let end2 = TRANSMIT_START + skb.length;
    if (lossy) {
      end2 = TRANSMIT_START + complete(skb) + FCS_BYTES;
    }
    if (lossy || stale) {
      skb.bytes[skb.data - 1] = controlByte(lossy);
      commands.write16(Register.EWRPT, TRANSMIT_START);
      commands.writeBuffer(skb.bytes, skb.data - 1, end2 - TRANSMIT_START + 1);
    } else {
      commands.write16(Register.EWRPT, TRANSMIT_START + 1);
      commands.writeBuffer(skb.bytes, skb.data, skb.length);
    }
    if (transmitEnd < 0 || (end2 & 255) !== (transmitEnd & 255)) commands.write(Register.ETXND, end2 & 255);
    if (transmitEnd < 0 || end2 >> 8 !== transmitEnd >> 8) commands.write(Register.ETXND + 1, end2 >> 8);
    session.transmitEnd = end2;
    session.sent = true;
    this.#retries = 0;
    if (this.#step !== Step3.LOAD) {
      commands.setBits(Register.ECON1, Econ1.TXRTS);
      return;
    }
    this.#answer = commands.read(Register.EWRPT);
    commands.read(Register.EWRPT + 1);
    commands.read(Register.ETXND);
    commands.read(Register.ETXND + 1);
  }
  /** Had the frame landed elsewhere, the chip would now send the one before it a second time. */
  #loaded(commands) {
    const written = commands.value(this.#answer) | commands.value(this.#answer + 1) << 8;
    const end2 = commands.value(this.#answer + 2) | commands.value(this.#answer + 3) << 8;
    if (written === this.#session.transmitEnd + 1 && end2 === this.#session.transmitEnd) {
      this.#phase = Phase.LOADED;
      return;
    }
    this.#again();
  }
  /** Clears the flags; where the FCS is ours, the status vector tells whether the chip got to send what it was given. */
  #complete(commands, events) {
    commands.clearBits(Register.EIR, events);
    this.#readings = 0;
    this.#damaged = false;
    if (this.#session.lossy && this.#inChip) this.#vector.read(commands);
  }
  /** The status vector was read. That a frame has to be sent again is believed when it says so twice. */
  #left() {
    const { fate } = this.#vector;
    if (fate === Fate.SENT) {
      this.#sent();
    } else if (fate === Fate.DAMAGED && this.#damaged) {
      this.#again();
    } else if (++this.#readings < READINGS) {
      this.#damaged = fate === Fate.DAMAGED;
      this.#phase = Phase.LEFT;
      this.#watchdog.cancel();
    } else {
      this.#lost(DropReason.TX_ABORTED);
    }
  }
  /** The frame in the chip is not the one that it was given. */
  #again() {
    this.#session.transmitEnd = -1;
    this.#watchdog.cancel();
    this.#session.sending = false;
    this.#phase = Phase.WAITING;
    if (++this.#loads <= LOAD_RETRIES) return;
    this.#loads = 0;
    this.#lost(DropReason.TX_ABORTED);
  }
  /** Fetches the status vector. */
  #abort(commands) {
    this.#vector.read(commands);
    this.#reset(commands);
  }
  /** After an abort the next transmission may hang (erratum 12). The reset may raise TXERIF: the flags are cleared behind it. */
  #reset(commands) {
    commands.clearBits(Register.ECON1, Econ1.TXRTS);
    commands.setBits(Register.ECON1, Econ1.TXRST);
    commands.clearBits(Register.ECON1, Econ1.TXRST);
    commands.clearBits(Register.EIR, Interrupt.TX | Interrupt.TXER);
    commands.clearBits(Register.ESTAT, Estat.TXABRT | Estat.LATECOL);
  }
  #aborted() {
    this.#session.statistics.collisions += this.#vector.collisions;
    if (this.#vector.lateCollision && this.#retries < LATE_COLLISION_RETRIES) {
      this.#retries++;
      this.lateCollisionRetries++;
      this.#watchdog.cancel();
      this.#phase = Phase.AGAIN;
    } else {
      this.#lost(this.#session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
    }
  }
  #sent() {
    const frame = this.#frame;
    if (!frame) return;
    this.#session.statistics.txPackets++;
    this.#session.statistics.txBytes += frame.length;
    this.#lostInARow = 0;
    this.#clear();
    frame.consume();
    this.#wake();
  }
  #lost(reason) {
    const { host, statistics } = this.#session;
    const frame = this.#frame;
    statistics.txErrors++;
    if (reason === DropReason.TX_CARRIER) statistics.txCarrierErrors++;
    else statistics.txAbortedErrors++;
    this.#clear();
    host.drops.drop(frame, reason);
    this.#wake();
    if (reason === DropReason.TX_ABORTED) this.#countLoss();
  }
  /** One frame may be lost on a busy line; if that goes on, the chip is to blame. */
  #countLoss() {
    this.#lostInARow++;
    this.#session.onDoubt?.();
    const now = this.#clock.now();
    if (this.#lostInARow < MOST_LOST || now - this.#repairedAt < REPAIR_INTERVAL) return;
    this.#repairedAt = now;
    this.#confused(new Error(`${this.#lostInARow} frames in a row did not leave`));
  }
  #clear() {
    this.#loads = 0;
    this.#session.sending = false;
    this.#watchdog.cancel();
    this.#phase = Phase.IDLE;
    this.#frame = null;
  }
  #wake() {
    if (!this.#refused) return;
    this.#refused = false;
    this.#session.host?.wake();
  }
};
function complete(skb) {
  const { bytes, data, tail } = skb;
  const length = Math.max(MIN_FRAME, tail - data);
  bytes.fill(0, tail, data + length);
  appendFcs(bytes, data, length);
  return length;
}

// drivers/enc28j60/enc28j60.ts
var DEFAULT_POLL_INTERVAL = 5;
var DEFAULT_WATCHDOG = 500;
var CLOSE_LIMIT = 1e3;
var DRAIN_TIME = 100;
var State = { CLOSED: 0, OPENING: 1, OPEN: 2, CLOSING: 3, FAILED: 4, RECOVERING: 5, SUSPENDED: 6, RESUMING: 7 };
var Enc28j60 = class {
  driver = "enc28j60";
  heals = true;
  capabilities = CAPABILITIES;
  address;
  #bus;
  #pins;
  #drainTime;
  #filters = new Filters();
  #session;
  #ring = new ReceiveRing();
  #transmitter;
  #receiver;
  #link;
  #engine;
  #attention;
  #bringUp;
  #power;
  #recovery;
  #checkup;
  /** For what close() and suspend() wait for. */
  #waiter;
  #state = State.CLOSED;
  /** The open(), suspend(), resume() or repair under way. */
  #transition = null;
  /** suspend() waits for what is under way. */
  #draining = false;
  /** The poll under way returned POLL_PENDING. */
  #pending = false;
  /** @throws ControllerError ENC28J60_ADDRESS when the station address is not one */
  constructor(bus, clock, options) {
    this.address = stationAddress(options.address);
    this.#bus = bus;
    const watchdog = options.watchdog ?? DEFAULT_WATCHDOG;
    this.#session = new Session(options.fullDuplex ?? false);
    this.#session.ownLine = options.interrupt ?? null;
    this.#drainTime = watchdog + DRAIN_TIME;
    const run2 = () => this.#engine.run();
    const chipLost = () => this.#disturbed(lost(this.description));
    const owner = { pollEnded: () => this.#pollEnded(), chipLost };
    const exchange = new Exchange(bus, clock, this.#session);
    const confused = (reason) => {
      this.#checkup.repairing();
      this.#disturbed(reason, true);
    };
    this.#session.onDoubt = () => this.#checkup.urge();
    this.#transmitter = new Transmitter(this.#session, clock, watchdog, confused, run2);
    const flags = new EventFlags(this.#session, () => this.#transmitter.sentByNow);
    this.#receiver = new Receiver(this.#session, this.#ring, this.#filters, owner, flags);
    this.#link = new LinkMonitor(this.#session, clock, confused, run2);
    const look2 = () => this.#session.host?.schedule();
    const interval = options.pollInterval ?? DEFAULT_POLL_INTERVAL;
    this.#attention = new Attention(this.#session, this.#receiver, this.#transmitter, clock, interval, look2);
    const audit = new Audit(this.#session, this.address, this.#ring, this.#filters);
    this.#bringUp = new BringUp(bus, exchange, this.#session, this.#ring, { address: this.address, filters: this.#filters }, audit);
    this.#power = new Power(exchange, this.#session);
    this.#pins = options.pins ?? null;
    if (this.#pins) this.#pins.onDisturbed = () => this.#pinsDisturbed();
    this.#recovery = new Recovery(bus, clock, this.#session, this.#bringUp, this.#pins);
    this.#checkup = new Checkup(this.#session, audit, this.#link, this.#ring, clock, {
      confused,
      packetsWait: (stray) => this.#packetsWait(stray),
      ready: run2
    });
    const parts2 = { receiver: this.#receiver, checkup: this.#checkup, transmitter: this.#transmitter, link: this.#link };
    this.#engine = new Engine(bus, parts2, {
      disturbed: (reason) => this.#disturbed(reason),
      transmitted: () => this.#attention.sending(),
      idle: () => this.#waiter.done()
    });
    this.#waiter = new Waiter(clock);
  }
  get statistics() {
    return this.#session.statistics;
  }
  get health() {
    return this.#session.health;
  }
  get simulated() {
    return this.#bus.simulated;
  }
  get description() {
    const bus = this.#bus.description;
    if (/enc28j60/i.test(bus)) return bus;
    return `ENC28J60${this.#bringUp.revision ? ` rev ${this.#bringUp.revision}` : ""} on ${bus}`;
  }
  /** How often the receive ring was found corrupt and laid out afresh. */
  get receiveResets() {
    return this.#receiver.resets;
  }
  /** How often a transmission never ended and the transmit logic was reset. */
  get transmitTimeouts() {
    return this.#transmitter.timeouts;
  }
  /** How often the bus or the chip had to be brought back, and how long that took in all, in ms. */
  get recoveries() {
    return this.#recovery.count;
  }
  get recoveryTime() {
    return this.#recovery.time;
  }
  /** Everything that is counted, by name, as `ethtool -S` has it. */
  driverStatistics() {
    return countersOf(this.statistics, this.#receiver, this.#transmitter, this.#recovery, this.#engine);
  }
  /**
   * @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_SPI_CLOCK, ENC28J60_BUS, ENC28J60_OPEN, or what the bus throws when it can
   * not be opened
   */
  open(host) {
    if (this.#state !== State.CLOSED) {
      return Promise.reject(openAlready(this.description));
    }
    this.#state = State.OPENING;
    return this.#inTransition(this.#open(host));
  }
  async close() {
    let stopped = false;
    for (let transition = this.#transition; transition; transition = this.#transition) {
      if (this.#state === State.RECOVERING || this.#state === State.FAILED) {
        this.#state = State.CLOSING;
        stopped = true;
        this.#recovery.stop();
      }
      await transition.catch(() => void 0);
    }
    if (!stopped && (this.#state === State.CLOSED || this.#state === State.CLOSING)) return;
    let answering = this.#state === State.OPEN;
    this.#state = State.CLOSING;
    this.#ignoreEvents();
    this.#transmitter.forget();
    if (this.#engine.busy) {
      await this.#waiter.sleep(CLOSE_LIMIT);
      answering = !this.#engine.busy;
    }
    this.#release(DropReason.QUEUE_PURGE);
    if (answering) {
      this.#engine.commands.clear();
      this.#engine.commands.clearBits(Register.EIE, Interrupt.INTIE);
      this.#engine.commands.clearBits(Register.ECON1, Econ1.RXEN | Econ1.TXRTS);
      if (!this.#bus.transfer(this.#engine.commands.batch)) await this.#waiter.sleep(CLOSE_LIMIT);
    }
    await this.#bus.close();
    this.#pins?.off();
    this.#engine.busy = false;
    this.#state = State.CLOSED;
  }
  /**
   * Puts the chip to sleep, frames that it already has sent first; those offered from now on are dropped with DEV_READY. The carrier
   * is not told to be gone: whoever sleeps a while wants to know its neighbours when it wakes. close() works on a sleeping chip.
   * @throws ControllerError ENC28J60_NOT_OPEN; ENC28J60_BUS, and then the chip is being repaired
   */
  suspend() {
    if (this.#state === State.SUSPENDED) return Promise.resolve();
    if (this.#state !== State.OPEN || this.#draining) return Promise.reject(notOpen(this.description, "sleep"));
    return this.#inTransition(this.#suspend());
  }
  /**
   * Wakes it. Frames are accepted from the call on and sent when the link is back; one that was there before is waited for a while,
   * and then said to be gone.
   * @throws ControllerError ENC28J60_NOT_OPEN; ENC28J60_BUS, and then the chip is being repaired
   */
  resume() {
    if (this.#state === State.OPEN && !this.#draining) return Promise.resolve();
    if (this.#state !== State.SUSPENDED) return Promise.reject(notOpen(this.description, "wake"));
    const { disturbance } = this.#engine;
    if (disturbance) {
      this.#state = State.OPEN;
      this.#disturbed(disturbance);
      return Promise.resolve();
    }
    this.#state = State.RESUMING;
    return this.#inTransition(this.#wake());
  }
  transmit(skb) {
    const host = this.#session.host;
    const accepting = this.#state === State.OPEN || this.#state === State.RECOVERING || this.#state === State.RESUMING;
    if (!host || !accepting || this.#draining) {
      if (host) host.drops.drop(skb, DropReason.DEV_READY);
      else skb.drop(DropReason.DEV_READY);
      return true;
    }
    const refusal = unsendable(skb);
    if (refusal !== DropReason.NONE) return this.#transmitter.refuse(host, skb, refusal);
    if (!this.#transmitter.accept(skb)) return false;
    this.#engine.run();
    return true;
  }
  /** The number returned is that of the packets taken from the chip, damaged ones included. */
  poll(budget) {
    if (this.#state !== State.OPEN) {
      if (budget > 0) this.#session.host?.complete(0);
      return 0;
    }
    this.#attention.mask();
    this.#receiver.poll(budget);
    this.#engine.run();
    if (!this.#receiver.polling) return this.#receiver.work;
    this.#pending = true;
    return POLL_PENDING;
  }
  setReceiveMode(mode) {
    this.#filters.set(mode);
    if (this.#state === State.OPEN) this.#engine.run();
  }
  async #open(host) {
    const session = this.#session;
    session.host = host;
    try {
      await this.#pins?.on();
      this.#engine.disturbance = null;
      await this.#bus.open();
      this.#checkup.forget();
      session.judge(this.#bus);
      this.#engine.commands.longest = this.#bus.longest ?? Number.POSITIVE_INFINITY;
      this.#transmitter.forget();
      await this.#bringUp.run().catch(async (error) => {
        await this.#bus.close();
        throw error;
      });
    } catch (error) {
      this.#pins?.off();
      this.#state = State.CLOSED;
      throw error;
    }
    host.carrier(session.carrier);
    this.#start();
    this.#engine.run();
  }
  /** The chip is set up: from here on the engine has it. */
  #start() {
    this.#session.events = 0;
    this.#engine.commands.bankIsFirst();
    this.#transmitter.restart();
    this.#receiver.restart();
    this.#state = State.OPEN;
    this.#engine.active = true;
    this.#checkup.start();
    this.#attention.start();
  }
  async #suspend() {
    this.#draining = true;
    for (let left = this.#drainTime; left > 0 && this.#state === State.OPEN && !this.#quiet; left--) await this.#waiter.sleep(1);
    this.#draining = false;
    if (this.#state !== State.OPEN) throw notOpen(this.description, "sleep");
    this.#state = State.SUSPENDED;
    this.#ignoreEvents();
    if (this.#engine.busy) await this.#waiter.sleep(CLOSE_LIMIT);
    this.#engine.busy = false;
    this.#release(DropReason.DEV_READY);
    await this.#power.down().catch((error) => this.#repair(State.SUSPENDED, error));
  }
  async #wake() {
    const session = this.#session;
    const before2 = session.carrier;
    await this.#power.up().catch((error) => this.#repair(State.RESUMING, error));
    if (this.#state !== State.RESUMING) return;
    if (session.carrier !== before2) session.host?.carrier(session.carrier);
    this.#start();
    session.astray = true;
    this.#receiver.countDue = true;
    this.#attention.request();
    this.#engine.run();
  }
  /** Nothing is on its way to the wire or to the host. */
  get #quiet() {
    return this.#transmitter.idle && !this.#engine.busy && !this.#receiver.polling && !this.#receiver.holding;
  }
  /** Hands a chip that did not fall asleep or wake up to the repair. */
  #repair(from, error) {
    if (this.#state === from) {
      this.#state = State.OPEN;
      this.#disturbed(error);
    }
    throw error;
  }
  /** Remembers what close() has to wait for. */
  #inTransition(work) {
    const transition = work.finally(() => {
      if (this.#transition === transition) this.#transition = null;
    });
    this.#transition = transition;
    return transition;
  }
  /**
   * The bus failed, or the chip makes no sense: what was under way is lost, and both are brought back.
   * @param found the chip was found to have lost its set-up
   */
  #disturbed(reason, found = false) {
    if (this.#state !== State.OPEN) return;
    this.#state = State.RECOVERING;
    this.#ignoreEvents();
    this.#release(DropReason.TX_ABORTED);
    this.#receiver.lose();
    const hard = this.#engine.disturbance !== null;
    this.#engine.disturbance = null;
    void this.#inTransition(this.#recover(reason, hard, found));
    this.#waiter.done();
  }
  async #recover(reason, hard, found) {
    const works = await this.#recovery.run(reason, hard, (error) => this.#fail(error));
    const failed2 = this.#state === State.FAILED;
    if (!works || this.#state !== State.RECOVERING && !failed2) return;
    this.#engine.busy = false;
    this.#start();
    this.#transmitter.resumed();
    this.#engine.run();
    if (failed2 ? !this.#session.carrier : found) this.#session.host?.repaired?.(reason.message);
  }
  /** The chip may have been reset; the batch that is on the bus comes to its end first. */
  #pinsDisturbed() {
    this.#engine.disturbance = new Error("whoever holds the chip's pins restarted");
    if (!this.#engine.busy) this.#disturbed(this.#engine.disturbance);
  }
  /** Told once; the repair goes on. Frames are refused until it has helped. */
  #fail(error) {
    this.#state = State.FAILED;
    this.#transmitter.stop(DropReason.TX_ABORTED);
    this.#transmitter.resumed();
    this.#session.host?.failed(isSilent(error) ? lost(this.description) : busFailed(this.description, error));
  }
  #packetsWait(stray) {
    if (this.#receiver.holding) return;
    this.#receiver.stray = stray;
    this.#receiver.countDue = true;
    this.#attention.request();
  }
  /** The engine ends with the batch that is on the bus. */
  #ignoreEvents() {
    this.#engine.active = false;
    this.#attention.stop();
    this.#checkup.stop();
    this.#link.stop();
  }
  /** Gives back every buffer, and ends the poll that may be under way. */
  #release(reason) {
    this.#transmitter.stop(reason);
    this.#receiver.stop();
  }
  #pollEnded() {
    const host = this.#session.host;
    const { work, withinBudget } = this.#receiver;
    if (withinBudget && host.complete(work) && this.#state === State.OPEN) this.#attention.unmask();
    if (!this.#pending) return;
    this.#pending = false;
    host.polled(work);
  }
};

// firmware-ts/ip/address.ts
var INADDR_ANY = 0;
var INADDR_BROADCAST = -1;
function familyOf(address) {
  return typeof address === "number" ? 4 : 6;
}
function readIp4(view, at) {
  return view.getInt32(at);
}
function parseIpv4(text) {
  const parts2 = text.split(".");
  if (parts2.length !== 4) return null;
  let address = 0;
  for (const part of parts2) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    address = address << 8 | octet;
  }
  return address | 0;
}
function formatIpv4(address) {
  return `${address >>> 24 & 255}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}
function prefixMask(length) {
  return length === 0 ? 0 : -1 << 32 - length | 0;
}
function isMulticast(address) {
  return (address & 4026531840) === (3758096384 | 0);
}
function isLoopback(address) {
  return address >>> 24 === 127;
}
function isZeronet(address) {
  return address === 0;
}

// firmware-ts/ip/address-type.ts
var AddressType = {
  /** Another station's, as far as we know. */
  UNICAST: 1,
  /** One of ours. */
  LOCAL: 2,
  /** All stations of a link. IPv6 has none. */
  BROADCAST: 3,
  /** A group. */
  MULTICAST: 5
};

// firmware-ts/ip/checksum.ts
var LONG = 96;
var TURN = 32;
function sumPacket(skb, at, length, sum = 0) {
  if (length < LONG || !skb.summable) return sumBytes(skb.view, at, length, sum);
  const whole2 = length & -TURN;
  return sumBytes(skb.view, at + whole2, length - whole2, sum) + sumWords(skb.offset + at, whole2);
}
function sumBytes(view, at, length, sum = 0) {
  const end2 = at + length;
  let high = 0;
  let low = sum;
  let next = at;
  for (; next + 16 <= end2; next += 16) {
    const a = view.getInt32(next);
    const b = view.getInt32(next + 4);
    const c = view.getInt32(next + 8);
    const d = view.getInt32(next + 12);
    high = high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) | 0;
    low = low + (a & 65535) + (b & 65535) + (c & 65535) + (d & 65535) | 0;
  }
  for (; next + 2 <= end2; next += 2) low = low + view.getUint16(next) | 0;
  if (next < end2) low = low + (view.getUint8(next) << 8) | 0;
  return high + low;
}
function finish(sum) {
  const once = (sum & 65535) + (sum >>> 16);
  return ~((once & 65535) + (once >>> 16)) & 65535;
}
function copyAndSum(view, at, from) {
  const { length } = from;
  let sum = 0;
  let next = 0;
  for (; next + 4 <= length; next += 4) {
    const high = from[next] << 8 | from[next + 1];
    const low = from[next + 2] << 8 | from[next + 3];
    view.setInt32(at + next, high << 16 | low);
    sum = sum + high + low | 0;
  }
  if (next + 2 <= length) {
    const word2 = from[next] << 8 | from[next + 1];
    view.setInt16(at + next, word2);
    sum = sum + word2 | 0;
    next += 2;
  }
  if (next < length) {
    const word2 = from[next] << 8;
    view.setUint8(at + next, from[next]);
    sum = sum + word2 | 0;
  }
  return sum;
}
function partial(sum) {
  return ~finish(sum) & 65535;
}
function sumPseudoHeader(source, destination, protocol, length) {
  return (source >>> 16) + (source & 65535) + (destination >>> 16) + (destination & 65535) + protocol + length;
}

// firmware-ts/ip/echo.ts
var ECHO_HEADER = 8;

// firmware-ts/ip/icmp-rate-limit.ts
var BURST = 6;
var SLOTS = 256;
var AT_FIRST = 6e4;
var REDIRECT_LOAD = 20;
var REDIRECT_NUMBER = 9;
var REDIRECT_SILENCE = REDIRECT_LOAD << REDIRECT_NUMBER + 1;
var IcmpRateLimit = class {
  #clock;
  #limits;
  /** Milliseconds that a destination has saved up. */
  #tokens = new Float64Array(SLOTS);
  /** When it last got a message or was refused one. */
  #last = new Float64Array(SLOTS);
  #redirects = new Uint8Array(SLOTS);
  #globalTokens;
  #globalFilled;
  constructor(clock, limits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#globalTokens = limits.icmpMsgsBurst;
    this.#globalFilled = clock.now();
    this.#last.fill(clock.now() - AT_FIRST);
  }
  /** Tells whether all destinations together have a message left. Takes no token. */
  allowGlobal() {
    const now = this.#clock.now();
    const { icmpMsgsPerSec, icmpMsgsBurst } = this.#limits;
    const gained = (now - this.#globalFilled) * icmpMsgsPerSec / 1e3;
    this.#globalTokens = Math.min(icmpMsgsBurst, this.#globalTokens + gained);
    this.#globalFilled = now;
    return this.#globalTokens >= 1;
  }
  /** Takes a token of all destinations together. */
  takeGlobal() {
    this.#globalTokens -= 1;
  }
  /** Takes a token of one destination. Returns false when it has none. */
  takeHost(destination) {
    const now = this.#clock.now();
    const slot = slotOf(destination);
    const { icmpRatelimit } = this.#limits;
    const tokens = Math.min(BURST * icmpRatelimit, this.#tokens[slot] + now - this.#last[slot]);
    const allowed = tokens >= icmpRatelimit;
    this.#last[slot] = now;
    this.#tokens[slot] = allowed ? tokens - icmpRatelimit : tokens;
    return allowed;
  }
  /** Notes that a destination gets a redirect now, and returns how many it got by that; 0 when it may not get any. */
  takeRedirect(destination) {
    const now = this.#clock.now();
    const slot = slotOf(destination);
    const last = this.#last[slot];
    if (now - last > REDIRECT_SILENCE) {
      this.#tokens[slot] = 0;
      this.#redirects[slot] = 0;
    }
    const sent2 = this.#redirects[slot];
    if (sent2 >= REDIRECT_NUMBER) this.#last[slot] = now;
    if (sent2 >= REDIRECT_NUMBER || sent2 > 0 && now - last <= REDIRECT_LOAD << sent2) return 0;
    this.#last[slot] = now;
    this.#redirects[slot] = sent2 + 1;
    return sent2 + 1;
  }
};
function slotOf(destination) {
  return Math.imul(typeof destination === "number" ? destination : destination.hash, 2654435761) >>> 24 & SLOTS - 1;
}

// firmware-ts/ip4/header/ip-header.ts
var IP_VERSION_IHL = 0;
var IP_TOS = 1;
var IP_TOTAL_LENGTH = 2;
var IP_ID = 4;
var IP_FRAGMENT = 6;
var IP_TTL = 8;
var IP_PROTOCOL = 9;
var IP_CHECKSUM = 10;
var IP_SOURCE = 12;
var IP_DESTINATION = 16;
var IP_HEADER = 20;
var FRAGMENT_DF = 16384;
var FRAGMENT_PART = 16383;
var FRAGMENT_OFFSET = 8191;
function headerLengthOf(view, at) {
  return (view.getUint8(at + IP_VERSION_IHL) & 15) * 4;
}
function writeHeader(view, at, source, destination, protocol, length, ttl, tos, id, fragment) {
  const first = 17664 | tos;
  const total = IP_HEADER + length;
  const fifth = ttl << 8 | protocol;
  const addresses = (source >>> 16) + (source & 65535) + (destination >>> 16) + (destination & 65535);
  view.setInt32(at, first << 16 | total);
  view.setInt32(at + IP_ID, id << 16 | fragment);
  view.setInt32(at + IP_TTL, fifth << 16 | finish(first + total + id + fragment + fifth + addresses));
  view.setInt32(at + IP_SOURCE, source);
  view.setInt32(at + IP_DESTINATION, destination);
}
function writeChecksum(view, at, headerLength) {
  view.setUint16(at + IP_CHECKSUM, 0);
  view.setUint16(at + IP_CHECKSUM, finish(sumBytes(view, at, headerLength)));
}

// firmware-ts/ip4/header/time-of-day.ts
var DAY = 864e5;
function timeOfDay(clock) {
  return Math.trunc(clock.wallTime() % DAY);
}

// firmware-ts/ip4/icmp-types.ts
var ICMP_ECHO_REPLY = 0;
var ICMP_DEST_UNREACH = 3;
var ICMP_SOURCE_QUENCH = 4;
var ICMP_REDIRECT = 5;
var ICMP_ECHO_REQUEST = 8;
var ICMP_TIME_EXCEEDED = 11;
var ICMP_PARAMETER_PROBLEM = 12;
var ICMP_TIMESTAMP = 13;
var ICMP_TIMESTAMP_REPLY = 14;
var ICMP_ADDRESS = 17;
var ICMP_ADDRESS_REPLY = 18;
var ICMP_EXT_ECHO = 42;
var ICMP_EXT_ECHO_REPLY = 43;
var NET_UNREACHABLE = 0;
var HOST_UNREACHABLE = 1;
var PROTOCOL_UNREACHABLE = 2;
var PORT_UNREACHABLE = 3;
var FRAGMENTATION_NEEDED = 4;
var PACKET_FILTERED = 13;
var LAST_UNREACHABLE = 15;
var REDIRECT_HOST = 1;
var REASSEMBLY_TIME = 1;

// firmware-ts/ip/layer.ts
var Received = class {
  layer;
  source = INADDR_ANY;
  destination = INADDR_ANY;
  /** Time to live, or hop limit, as it arrived. */
  ttl = 0;
  /** To one of our addresses: neither broadcast nor multicast. */
  toUsAlone = false;
  /** The device by which it came in. */
  device;
  constructor(layer) {
    this.layer = layer;
  }
};
var IcmpError = class {
  layer;
  /** Type and code, as the family's ICMP numbers them. */
  type = 0;
  code = 0;
  /** "Destination unreachable". */
  unreachable = false;
  /** A redirect, or a source quench: the packet is not lost by it. */
  advice = false;
  /** The last four octets of the message's header: an MTU, a pointer, a gateway. */
  info = 0;
  /** The sender of the message. */
  reporter = INADDR_ANY;
  /** Source and destination of our packet. */
  source = INADDR_ANY;
  destination = INADDR_ANY;
  /** Offset of our packet's transport header in skb.bytes; eight bytes of it are there. */
  transport = 0;
  constructor(layer) {
    this.layer = layer;
  }
};

// firmware-ts/ip4/received.ts
var Ip4Received = class extends Received {
  source = INADDR_ANY;
  destination = INADDR_ANY;
};
var Ip4IcmpError = class extends IcmpError {
  reporter = INADDR_ANY;
  source = INADDR_ANY;
  destination = INADDR_ANY;
};

// firmware-ts/ip4/icmp.ts
var IPPROTO_ICMP = 1;
var ICMP_TYPE = 0;
var ICMP_CODE = 1;
var ICMP_CHECKSUM = 2;
var ICMP_ECHO_ID = 4;
var ICMP_ECHO_SEQUENCE = 6;
var ICMP_INFO = 4;
var ICMP_HEADER = ECHO_HEADER;
var TIME_BYTES = 4;
var LAST_TYPE = 18;
var ERROR_TYPES = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12];
var ERROR_TOS = 192;
var KEPT_TOS = 30;
var ERROR_BYTES = 576;
var Icmp = class {
  layer;
  echoListener = null;
  #network;
  #limit;
  /** The error that is being received. */
  #error;
  constructor(network, ip2) {
    this.#network = network;
    this.layer = ip2;
    this.#error = new Ip4IcmpError(ip2);
    this.#limit = new IcmpRateLimit(network.clock, ip2.settings);
    ip2.handle(IPPROTO_ICMP, this);
    ip2.errors = this;
  }
  receive(skb, packet) {
    const { view, data: at, length } = skb;
    const { icmp: icmp2 } = this.layer.counters;
    icmp2.inMsgs++;
    const whole2 = length >= ICMP_HEADER;
    if (!whole2 || finish(sumPacket(skb, at, length)) !== 0) {
      icmp2.inErrors++;
      if (whole2) icmp2.inCsumErrors++;
      return whole2 ? DropReason.ICMP_CSUM : DropReason.PKT_TOO_SMALL;
    }
    const type = view.getUint8(at + ICMP_TYPE);
    icmp2.received(type);
    if (!packet.toUsAlone && !this.#takenOfMany(type)) {
      icmp2.inErrors++;
      return DropReason.INVALID_PROTO;
    }
    switch (type) {
      case ICMP_ECHO_REQUEST:
        return this.#answerEcho(skb, packet);
      case ICMP_TIMESTAMP:
        return this.#answerTimestamp(skb, packet);
      case ICMP_ECHO_REPLY:
        this.echoListener?.echoReply(packet, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE), length);
        skb.consume();
        return DropReason.NONE;
      case ICMP_DEST_UNREACH:
      case ICMP_SOURCE_QUENCH:
      case ICMP_REDIRECT:
      case ICMP_TIME_EXCEEDED:
      case ICMP_PARAMETER_PROBLEM: {
        const reason = this.#takeError(skb, type, packet);
        if (reason === DropReason.PKT_TOO_SMALL) icmp2.inErrors++;
        return reason;
      }
      default:
        if (type > LAST_TYPE && type !== ICMP_EXT_ECHO && type !== ICMP_EXT_ECHO_REPLY) icmp2.inErrors++;
        return DropReason.INVALID_PROTO;
    }
  }
  /** Tells whether a message to a broadcast address or a group is looked at: none that reports or answers anything (RFC 1122 3.2.2). */
  #takenOfMany(type) {
    if (type === ICMP_ECHO_REQUEST || type === ICMP_TIMESTAMP) return this.layer.settings.icmpEchoIgnoreBroadcasts === 0;
    return type === ICMP_ADDRESS || type === ICMP_ADDRESS_REPLY || type > LAST_TYPE;
  }
  /**
   * Tells the sender of a packet what is wrong with it. The packet came in, or is one of our own that found no way.
   * Sends nothing where no error is allowed (RFC 1122 3.2.2: about broadcasts, multicasts, later fragments and errors) or where the
   * rate limit forbids it.
   * @param skb skb.network is at its IP header
   */
  sendError(skb, device, type, code, info = 0) {
    if (!this.#mayReport(skb)) return;
    const source = readIp4(skb.view, skb.network + IP_SOURCE);
    const destination = readIp4(skb.view, skb.network + IP_DESTINATION);
    if (!this.#withinLimits(source, device, type, code)) return;
    const asked = this.layer.addressType(destination) === AddressType.LOCAL ? destination : this.#facing(source, device);
    const way = this.layer.wayOfAnswer(source, asked);
    const options = this.layer.optionsOfAnswer(skb, way, type === ICMP_PARAMETER_PROBLEM ? info >>> 24 : 0);
    if (options < 0) return;
    const error = this.#network.pool.allocate();
    if (!error) {
      device.drops.count(DropReason.NOMEM);
      return;
    }
    const quoted = Math.min(skb.tail - skb.network, ERROR_BYTES - IP_HEADER - options - ICMP_HEADER);
    const at = error.put(ICMP_HEADER + quoted);
    copyFrame(error.bytes, at + ICMP_HEADER, skb.bytes, skb.network, quoted);
    error.view.setUint16(at + ICMP_TYPE, type << 8 | code);
    error.view.setUint16(at + ICMP_CHECKSUM, 0);
    error.view.setUint32(at + ICMP_HEADER - 4, info);
    error.view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(error, at, ICMP_HEADER + quoted)));
    this.layer.counters.icmp.sent(type);
    const tos = ERROR_TOS | skb.view.getUint8(skb.network + IP_TOS) & KEPT_TOS;
    this.layer.answer(error, way, IPPROTO_ICMP, tos, options);
  }
  sendRedirect(skb, device, gateway) {
    const host = readIp4(skb.view, skb.network + IP_SOURCE);
    const sent2 = this.#limit.takeRedirect(host);
    if (sent2 === 0) return;
    this.sendError(skb, device, ICMP_REDIRECT, REDIRECT_HOST, gateway);
    if (sent2 < REDIRECT_NUMBER || !this.layer.conf.on(device).logMartians) return;
    this.layer.log.redirectsIgnored(host, device, readIp4(skb.view, skb.network + IP_DESTINATION), gateway);
  }
  sendEcho(skb, way, id, sequence) {
    const at = skb.push(ICMP_HEADER);
    const { view } = skb;
    view.setUint16(at + ICMP_TYPE, ICMP_ECHO_REQUEST << 8);
    view.setUint16(at + ICMP_CHECKSUM, 0);
    view.setUint16(at + ICMP_ECHO_ID, id);
    view.setUint16(at + ICMP_ECHO_SEQUENCE, sequence);
    view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(skb, at, skb.length)));
    this.layer.counters.icmp.sent(ICMP_ECHO_REQUEST);
    return this.layer.send(skb, way, IPPROTO_ICMP);
  }
  /** Takes what is said of a reply of ours, of which nobody is told, or of a request, whose sender has to be here. */
  error(skb, error) {
    const { view } = skb;
    const at = error.transport;
    if (view.getUint8(at + ICMP_TYPE) === ICMP_ECHO_REPLY) return true;
    return this.echoListener?.echoError(error, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE)) ?? false;
  }
  #mayReport(skb) {
    const { view, network: at } = skb;
    if (skb.packetType !== PacketType.HOST) return false;
    const type = this.layer.addressType(view.getInt32(at + IP_DESTINATION));
    if (type === AddressType.BROADCAST || type === AddressType.MULTICAST) return false;
    if (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_OFFSET) return false;
    if (view.getUint8(at + IP_PROTOCOL) !== IPPROTO_ICMP) return true;
    const message = at + headerLengthOf(view, at);
    if (message >= skb.tail) return false;
    const reported = view.getUint8(message + ICMP_TYPE);
    return reported <= LAST_TYPE && !ERROR_TYPES.includes(reported);
  }
  /** The address of an error about a packet to others; INADDR_ANY for the best. */
  #facing(source, device) {
    if (this.layer.settings.icmpErrorsUseInboundIfaddr === 0) return INADDR_ANY;
    return this.layer.addresses.select(device, source);
  }
  /** Asks the limits of all messages together and of those to one host; messages to ourselves do not count against the latter. */
  #withinLimits(host, device, type, code) {
    if (type === ICMP_DEST_UNREACH && code === FRAGMENTATION_NEEDED) return true;
    if ((this.layer.settings.icmpRatemask >>> type & 1) === 0) return true;
    const { icmp: icmp2 } = this.layer.counters;
    if (!device.loopback && !this.#limit.allowGlobal()) {
      icmp2.outRateLimitGlobal++;
      return false;
    }
    if (!this.layer.isLocal(host) && !this.#limit.takeHost(host)) {
      icmp2.outRateLimitHost++;
      return false;
    }
    if (!device.loopback) this.#limit.takeGlobal();
    return true;
  }
  /** Turns the request around in its own buffer. */
  #answerEcho(skb, packet) {
    if (this.layer.settings.icmpEchoIgnoreAll !== 0) return DropReason.INVALID_PROTO;
    const at = skb.data;
    skb.view.setUint8(at + ICMP_TYPE, ICMP_ECHO_REPLY);
    const sum = (~skb.view.getUint16(at + ICMP_CHECKSUM) & 65535) + (~(ICMP_ECHO_REQUEST << 8) & 65535);
    skb.view.setUint16(at + ICMP_CHECKSUM, finish(sum));
    if (sumBytes(skb.view, at, ICMP_HEADER) === 0 && sumBytes(skb.view, at, skb.length) === 0) {
      skb.view.setUint16(at + ICMP_CHECKSUM, 65535);
    }
    return this.#reply(skb, packet, ICMP_ECHO_REPLY);
  }
  /** Sends an answer that was made in the request's own buffer, with the request's type of service (RFC 1812 4.3.2.5) and options. */
  #reply(skb, packet, type) {
    const way = this.layer.wayOfAnswer(packet.source, packet.toUsAlone ? packet.destination : INADDR_ANY);
    const options = this.layer.optionsOfAnswer(skb, way);
    if (options < 0) return DropReason.IP_INHDR;
    if (!this.#withinLimits(packet.source, packet.device, type, 0)) return DropReason.INVALID_PROTO;
    const tos = skb.view.getUint8(skb.network + IP_TOS);
    this.layer.counters.icmp.sent(type);
    this.layer.answer(skb, way, IPPROTO_ICMP, tos, options);
    return DropReason.NONE;
  }
  /** Answers in the request's own buffer: its identifier and its first time, then the time of day twice. Anything else it had is cut off. */
  #answerTimestamp(skb, packet) {
    if (skb.length < ICMP_HEADER + TIME_BYTES) {
      this.layer.counters.icmp.inErrors++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.trim(ICMP_HEADER + TIME_BYTES);
    const { view, data: at } = skb;
    const now = timeOfDay(this.#network.clock);
    const times = skb.put(2 * TIME_BYTES);
    view.setUint32(times, now);
    view.setUint32(times + TIME_BYTES, now);
    view.setUint16(at + ICMP_TYPE, ICMP_TIMESTAMP_REPLY << 8);
    view.setUint16(at + ICMP_CHECKSUM, 0);
    view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(skb, at, skb.length)));
    return this.#reply(skb, packet, ICMP_TIMESTAMP_REPLY);
  }
  /** Hands an error to the protocol that sent the packet it quotes. Returns PKT_TOO_SMALL when it does not quote enough of it. */
  #takeError(skb, type, packet) {
    const { view } = skb;
    const quotedIp = skb.data + ICMP_HEADER;
    if (skb.tail < quotedIp + IP_HEADER) return DropReason.PKT_TOO_SMALL;
    const headerLength = headerLengthOf(view, quotedIp);
    if (headerLength < IP_HEADER || skb.tail < quotedIp + headerLength + 8) return DropReason.PKT_TOO_SMALL;
    const code = view.getUint8(skb.data + ICMP_CODE);
    if (type === ICMP_DEST_UNREACH ? code > LAST_UNREACHABLE : type === ICMP_TIME_EXCEEDED && code === REASSEMBLY_TIME) {
      return DropReason.INVALID_PROTO;
    }
    const source = readIp4(view, quotedIp + IP_SOURCE);
    if (!this.layer.isLocal(source)) {
      this.layer.counters.icmp.inErrors++;
      return DropReason.IP_NOT_LOCAL;
    }
    const error = this.#error;
    error.type = type;
    error.code = code;
    error.unreachable = type === ICMP_DEST_UNREACH;
    error.advice = type === ICMP_REDIRECT || type === ICMP_SOURCE_QUENCH;
    error.info = view.getInt32(skb.data + ICMP_INFO);
    error.reporter = packet.source;
    error.source = source;
    error.destination = readIp4(view, quotedIp + IP_DESTINATION);
    error.transport = quotedIp + headerLength;
    const handler = this.layer.handlerOf(view.getUint8(quotedIp + IP_PROTOCOL));
    if (handler?.error?.(skb, error) === true) this.#heed(error, packet.device);
    skb.consume();
    return DropReason.NONE;
  }
  /** Does what an error about a packet of ours says of its way. */
  #heed({ type, unreachable, code, info, reporter, source, destination }, device) {
    if (unreachable && code === FRAGMENTATION_NEEDED) this.layer.tooLong(destination, source, info & 65535);
    else if (type === ICMP_REDIRECT) this.layer.redirected(destination, source, code, reporter, info, device);
  }
};

// firmware-ts/ip/counters.ts
var IpCounters = class {
  inReceives = 0;
  inHdrErrors = 0;
  /** Destinations that may not be there, or are another host's while we do not forward. */
  inAddrErrors = 0;
  forwDatagrams = 0;
  inUnknownProtos = 0;
  inDiscards = 0;
  inDelivers = 0;
  outRequests = 0;
  outDiscards = 0;
  outNoRoutes = 0;
  reasmFails = 0;
  /** Packets given to a device, those that are forwarded included. */
  outTransmits = 0;
  // Counters of IpExt.
  inNoRoutes = 0;
  inTruncatedPkts = 0;
  inCsumErrors = 0;
};
var ICMP_TYPES = 256;
var IcmpCounters = class {
  inMsgs = 0;
  inErrors = 0;
  inCsumErrors = 0;
  outMsgs = 0;
  outErrors = 0;
  outRateLimitGlobal = 0;
  outRateLimitHost = 0;
  /** By type of message. */
  inType = new Float64Array(ICMP_TYPES);
  outType = new Float64Array(ICMP_TYPES);
  received(type) {
    this.inType[type] = this.inType[type] + 1;
  }
  sent(type) {
    this.outMsgs++;
    this.outType[type] = this.outType[type] + 1;
  }
};
var UdpCounters = class {
  inDatagrams = 0;
  noPorts = 0;
  inErrors = 0;
  outDatagrams = 0;
  rcvbufErrors = 0;
  sndbufErrors = 0;
  inCsumErrors = 0;
  /** Broadcast and multicast datagrams that nobody listened for. */
  ignoredMulti = 0;
};
var NetstatCounters = class {
  /** Packets whose way back would be another. */
  ipReversePathFilter = 0;
};
var InetCounters = class {
  ip = new IpCounters();
  icmp = new IcmpCounters();
  udp = new UdpCounters();
  netstat = new NetstatCounters();
  /** Names as `nstat` prints them with their values, in the order of the kernel's files. */
  list(arpFilter) {
    const { ip: ip2, icmp: icmp2, udp: udp2, netstat } = this;
    const rows = [
      ["IpInReceives", ip2.inReceives],
      ["IpInHdrErrors", ip2.inHdrErrors],
      ["IpInAddrErrors", ip2.inAddrErrors],
      ["IpForwDatagrams", ip2.forwDatagrams],
      ["IpInUnknownProtos", ip2.inUnknownProtos],
      ["IpInDiscards", ip2.inDiscards],
      ["IpInDelivers", ip2.inDelivers],
      ["IpOutRequests", ip2.outRequests],
      ["IpOutDiscards", ip2.outDiscards],
      ["IpOutNoRoutes", ip2.outNoRoutes],
      ["IpReasmFails", ip2.reasmFails],
      ["IpOutTransmits", ip2.outTransmits],
      ["IcmpInMsgs", icmp2.inMsgs],
      ["IcmpInErrors", icmp2.inErrors],
      ["IcmpInCsumErrors", icmp2.inCsumErrors]
    ];
    for (const [name, type] of ICMP_NAMES) rows.push([`IcmpIn${name}`, icmp2.inType[type]]);
    rows.push(
      ["IcmpOutMsgs", icmp2.outMsgs],
      ["IcmpOutErrors", icmp2.outErrors],
      ["IcmpOutRateLimitGlobal", icmp2.outRateLimitGlobal],
      ["IcmpOutRateLimitHost", icmp2.outRateLimitHost]
    );
    for (const [name, type] of ICMP_NAMES) rows.push([`IcmpOut${name}`, icmp2.outType[type]]);
    for (const [type, count] of icmp2.inType.entries()) if (count > 0) rows.push([`IcmpMsgInType${type}`, count]);
    for (const [type, count] of icmp2.outType.entries()) if (count > 0) rows.push([`IcmpMsgOutType${type}`, count]);
    rows.push(
      ["UdpInDatagrams", udp2.inDatagrams],
      ["UdpNoPorts", udp2.noPorts],
      ["UdpInErrors", udp2.inErrors],
      ["UdpOutDatagrams", udp2.outDatagrams],
      ["UdpRcvbufErrors", udp2.rcvbufErrors],
      ["UdpSndbufErrors", udp2.sndbufErrors],
      ["UdpInCsumErrors", udp2.inCsumErrors],
      ["UdpIgnoredMulti", udp2.ignoredMulti],
      ["TcpExtArpFilter", arpFilter],
      ["TcpExtIPReversePathFilter", netstat.ipReversePathFilter],
      ["IpExtInNoRoutes", ip2.inNoRoutes],
      ["IpExtInTruncatedPkts", ip2.inTruncatedPkts],
      ["IpExtInCsumErrors", ip2.inCsumErrors]
    );
    return rows;
  }
};
var ICMP_NAMES = [
  ["DestUnreachs", 3],
  ["TimeExcds", 11],
  ["ParmProbs", 12],
  ["SrcQuenchs", 4],
  ["Redirects", 5],
  ["Echos", 8],
  ["EchoReps", 0],
  ["Timestamps", 13],
  ["TimestampReps", 14],
  ["AddrMasks", 17],
  ["AddrMaskReps", 18]
];

// firmware-ts/ip/truesize.ts
var SKB = 256;
var SHARED_INFO = 320;
var SMALL_HEAD = 576;
var LINK2 = 16 + 15;
function truesizeOf(length) {
  const need = (LINK2 + length + 63 & ~63) + SHARED_INFO;
  if (need <= SMALL_HEAD) return SMALL_HEAD + SKB;
  let head = 1024;
  while (head < need) head *= 2;
  return head + SKB;
}

// firmware-ts/net/ethernet.ts
var ETH_DESTINATION = 0;
var ETH_SOURCE = 6;
var ETH_TYPE = 12;
var ETH_P_IP = 2048;
var ETH_P_ARP = 2054;
var ETH_P_8021Q = 33024;
var ETH_P_8021AD = 34984;
var VLAN_ID = 4095;
var GROUP2 = 256;
var HEADER = ETHERNET_HEADER;
var { HOST: HOST2, OTHERHOST, BROADCAST, MULTICAST } = PacketType;
var TYPE = ETH_TYPE;
var SOURCE = ETH_SOURCE;
var BROADCAST_MAC = new Uint8Array(MAC_BYTES).fill(255);
function parseMac(text) {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) return null;
  return Uint8Array.from(text.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
}
function sameMac(a, atA, b, atB) {
  return a[atA] === b[atB] && a[atA + 1] === b[atB + 1] && a[atA + 2] === b[atB + 2] && a[atA + 3] === b[atB + 3] && a[atA + 4] === b[atB + 4] && a[atA + 5] === b[atB + 5];
}
function highOctets(bytes, at) {
  return bytes[at] << 8 | bytes[at + 1];
}
function lowOctets(bytes, at) {
  return bytes[at + 2] << 24 | bytes[at + 3] << 16 | bytes[at + 4] << 8 | bytes[at + 5];
}
function pushHeader(skb, high, low, source, type) {
  const at = skb.push(HEADER);
  const { view } = skb;
  view.setInt16(at + ETH_DESTINATION, high);
  view.setInt32(at + ETH_DESTINATION + 2, low);
  view.setInt32(at + SOURCE, source.getInt32(0));
  view.setInt32(at + SOURCE + 4, source.getUint16(4) << 16 | type);
}
function pullHeader(skb, own) {
  const { view, data: at } = skb;
  if (skb.tail - at < HEADER) return false;
  const high = view.getUint16(at + ETH_DESTINATION);
  const low = view.getInt32(at + ETH_DESTINATION + 2);
  if (high === own.getUint16(0) && low === own.getInt32(2)) skb.packetType = HOST2;
  else if ((high & GROUP2) === 0) skb.packetType = OTHERHOST;
  else skb.packetType = high === 65535 && low === -1 ? BROADCAST : MULTICAST;
  const protocol = view.getUint16(at + TYPE);
  skb.protocol = protocol;
  skb.data = at + HEADER;
  skb.network = at + HEADER;
  return isTag(protocol) ? pullTags(skb) : true;
}
function isTag(type) {
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}
function pullTags(skb) {
  while (isTag(skb.protocol) && skb.packetType !== OTHERHOST) {
    if (skb.length < VLAN_TAG) return false;
    if ((skb.view.getUint16(skb.data) & VLAN_ID) !== 0) skb.packetType = OTHERHOST;
    skb.protocol = skb.view.getUint16(skb.data + 2);
    skb.network = skb.pull(VLAN_TAG);
  }
  return true;
}

// firmware-ts/neigh/flags.ts
var NeighFlags = {
  /** Only in requests: starts a resolution as a packet would. Never stored. */
  USE: 1,
  SELF: 2,
  MASTER: 4,
  PROXY: 8,
  /** A control plane looks after the entry: no garbage collection. */
  EXT_LEARNED: 16,
  OFFLOADED: 32,
  STICKY: 64,
  /** The neighbour is a router. */
  ROUTER: 128,
  /** The stack keeps the entry resolved by itself. */
  MANAGED: 256,
  /** Bridges only. A neighbour request with it is refused. */
  LOCKED: 512,
  /** A control plane vouches for the entry: no garbage collection, and a failed probe makes it STALE, not FAILED (Linux 6.17). */
  EXT_VALIDATED: 1024
};
var NTF_GC_EXEMPT = NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED;
var WORDS = [
  [NeighFlags.ROUTER, "router"],
  [NeighFlags.PROXY, "proxy"],
  [NeighFlags.MANAGED, "managed"],
  [NeighFlags.EXT_LEARNED, "extern_learn"],
  [NeighFlags.OFFLOADED, "offload"],
  [NeighFlags.EXT_VALIDATED, "extern_valid"]
];

// firmware-ts/neigh/queue.ts
function enqueue(entry, packet) {
  if (entry.makingRoom) {
    discard(entry, packet);
    return false;
  }
  entry.makingRoom = true;
  try {
    while (entry.queued > 0 && entry.queueBytes + packet.truesize > entry.parameters.queueLengthBytes) {
      discard(entry, dequeue(entry));
    }
  } finally {
    entry.makingRoom = false;
  }
  entry.queue ??= new SkBuffQueue();
  entry.queue.enqueue(packet);
  entry.queueBytes += packet.truesize;
  return true;
}
function discard(entry, packet) {
  entry.host.statistics.unresolvedDiscards++;
  entry.host.drops.drop(packet, DropReason.NEIGH_QUEUEFULL);
}
function dequeue(entry) {
  const packet = entry.queue?.dequeue() ?? null;
  if (packet) entry.queueBytes -= packet.truesize;
  return packet;
}
function purge(entry, reason) {
  for (let packet = dequeue(entry); packet; packet = dequeue(entry)) entry.host.drops.drop(packet, reason);
}

// firmware-ts/neigh/states.ts
var Nud = {
  NONE: 0,
  INCOMPLETE: 1,
  REACHABLE: 2,
  STALE: 4,
  DELAY: 8,
  PROBE: 16,
  FAILED: 32,
  NOARP: 64,
  PERMANENT: 128
};
var NUD_IN_TIMER = Nud.INCOMPLETE | Nud.REACHABLE | Nud.DELAY | Nud.PROBE;
var NUD_VALID = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE | Nud.PROBE | Nud.STALE | Nud.DELAY;
var NUD_CONNECTED = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE;
var NAMES = [
  [Nud.INCOMPLETE, "INCOMPLETE"],
  [Nud.REACHABLE, "REACHABLE"],
  [Nud.STALE, "STALE"],
  [Nud.DELAY, "DELAY"],
  [Nud.PROBE, "PROBE"],
  [Nud.FAILED, "FAILED"],
  [Nud.NOARP, "NOARP"],
  [Nud.PERMANENT, "PERMANENT"]
];

// firmware-ts/neigh/machine.ts
var QUEUED = -1;
var NUD_SETTLED = NUD_CONNECTED | Nud.DELAY | Nud.PROBE;
function output(entry, packet) {
  if (packet.confirm) {
    confirm(entry);
    packet.confirm = false;
  }
  if ((entry.nudState & NUD_CONNECTED) === 0 || !entry.headerReady) {
    const fate = resolve(entry, packet, true, "packet");
    if (fate !== DropReason.NONE) return fate;
    entry.headerReady = true;
  }
  const { device, family } = entry.on;
  pushHeader(packet, entry.addressHigh, entry.addressLow, device.addressView, family.etherType);
  return device.transmit(packet);
}
function confirm(entry) {
  entry.confirmed = entry.host.now();
}
function use(entry) {
  resolve(entry, null, true, "use");
}
function keepResolved(entry) {
  resolve(entry, null, false, "managed");
}
function resolve(entry, packet, atOnce, cause) {
  if (entry.dead) return drop(entry, packet, DropReason.NEIGH_DEAD);
  const now = entry.host.now();
  entry.used = now;
  if (entry.nudState & NUD_SETTLED) return DropReason.NONE;
  if (entry.nudState === Nud.STALE) {
    entry.updated = now;
    arm(entry, entry.parameters.delayProbeTime);
    move(entry, Nud.DELAY, cause);
    return DropReason.NONE;
  }
  if (entry.nudState === Nud.INCOMPLETE) return wait(entry, packet);
  if (entry.nudState === Nud.FAILED && cause === "packet" && now < entry.updated + entry.host.policy.failedHold) {
    return drop(entry, packet, DropReason.NEIGH_FAILED);
  }
  entry.updated = now;
  const { mcastProbes, appProbes, ucastProbes } = entry.parameters;
  if (mcastProbes + appProbes === 0) {
    move(entry, Nud.FAILED, cause);
    return drop(entry, packet, DropReason.NEIGH_FAILED);
  }
  entry.probes = ucastProbes >>> 0;
  arm(entry, atOnce ? retransTime(entry) : entry.host.lateness.jiffy);
  move(entry, Nud.INCOMPLETE, cause);
  const fate = wait(entry, packet);
  if (atOnce) probe(entry);
  return fate;
}
function wait(entry, packet) {
  return !packet || enqueue(entry, packet) ? QUEUED : DropReason.NEIGH_QUEUEFULL;
}
function drop(entry, packet, reason) {
  if (packet) entry.host.drops.drop(packet, reason);
  return reason;
}
function move(entry, to, cause) {
  const from = entry.nudState;
  entry.nudState = to;
  entry.host.moved(entry, from, to, cause);
}
function arm(entry, delay) {
  entry.host.timers.arm(entry, delay);
}
function rearm(entry, delay) {
  arm(entry, Math.max(delay, entry.host.lateness.minRearm));
}
function retransTime(entry) {
  return Math.max(entry.parameters.retransTime, entry.host.lateness.minRearm);
}
function probe(entry) {
  const { ucastProbes, appProbes } = entry.parameters;
  const byProgram = entry.probes - ucastProbes | 0;
  if (byProgram >= 0 && byProgram < appProbes) entry.host.notify(entry, "miss");
  else entry.on.family.solicit(entry, entry.queue?.tail ?? null);
  entry.probes = entry.probes + 1 >>> 0;
}
function probesUnicast(entry) {
  return (entry.probes - entry.parameters.ucastProbes | 0) < 0;
}
function hasProbes(entry) {
  const { ucastProbes, appProbes, mcastProbes, mcastReprobes } = entry.parameters;
  const most = ucastProbes + appProbes + (entry.nudState === Nud.PROBE ? mcastReprobes : mcastProbes);
  return (entry.probes | 0) < (most | 0);
}
function askedEverybody(entry) {
  const asked = (entry.nudState & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
  return asked && (entry.probes - entry.parameters.ucastProbes | 0) > 0;
}
function challenge(entry) {
  const { host, parameters } = entry;
  if ((entry.nudState & (Nud.REACHABLE | Nud.STALE | Nud.DELAY)) === 0) return;
  if (parameters.ucastProbes + parameters.appProbes === 0) return;
  const now = host.now();
  host.timers.cancel(entry);
  entry.updated = now;
  entry.probes = 0;
  move(entry, Nud.PROBE, "frame");
  const wait2 = entry.confirmed + retransTime(entry) - now;
  if (wait2 > 0) {
    arm(entry, wait2);
    host.notify(entry, "new");
  } else {
    askAgain(entry, true);
  }
}
function expired(entry) {
  if (entry.dead || (entry.nudState & NUD_IN_TIMER) === 0) return;
  const { parameters, host } = entry;
  const now = host.now();
  switch (entry.nudState) {
    case Nud.REACHABLE:
      if (host.lateness.within(now, entry.confirmed + parameters.reachableTime)) {
        rearm(entry, entry.confirmed + parameters.reachableTime - now);
      } else if (host.policy.eagerDelay && host.lateness.within(now, entry.used + parameters.delayProbeTime)) {
        entry.updated = now;
        rearm(entry, parameters.delayProbeTime);
        move(entry, Nud.DELAY, "timer");
      } else {
        entry.updated = now;
        move(entry, Nud.STALE, "timer");
        host.notify(entry, "new");
      }
      return;
    case Nud.DELAY:
      entry.updated = now;
      if (host.lateness.within(now, entry.confirmed + parameters.delayProbeTime)) {
        rearm(entry, entry.confirmed + parameters.reachableTime - now);
        move(entry, Nud.REACHABLE, "timer");
        host.notify(entry, "new");
        return;
      }
      entry.probes = 0;
      move(entry, Nud.PROBE, "timer");
      askAgain(entry, true);
      return;
    default:
      askAgain(entry, false);
  }
}
function askAgain(entry, stateChanged) {
  if (hasProbes(entry)) {
    arm(entry, retransTime(entry));
    probe(entry);
    if (stateChanged) entry.host.notify(entry, "new");
    return;
  }
  if (entry.nudState === Nud.PROBE && entry.flags & NeighFlags.EXT_VALIDATED) {
    entry.updated = entry.host.now();
    move(entry, Nud.STALE, "timer");
  } else {
    move(entry, Nud.FAILED, "timer");
    invalidate(entry);
  }
  entry.host.notify(entry, "new");
}
function invalidate(entry) {
  const { host } = entry;
  const { family } = entry.on;
  host.statistics.resFailed++;
  entry.updated = host.now();
  const queue = entry.queue;
  entry.queue = null;
  entry.queueBytes = 0;
  for (let packet = queue?.dequeue(); packet; packet = queue?.dequeue()) {
    family.reportError?.(entry, packet);
    host.drops.drop(packet, DropReason.NEIGH_FAILED);
  }
}

// firmware-ts/net/lateness.ts
var DEFAULT_HZ = 250;
var LEVELS = 9;
var BUCKETS = 64;
var LEVEL_REACH = BUCKETS - 1;
var Lateness = class {
  /** True: timers are as late as Linux's. False: they are exact. */
  kernel;
  hz;
  /** One jiffy in ms. */
  jiffy;
  /** An entry's timer handler re-arms no sooner than this, in ms: HZ/100 jiffies in whole numbers. */
  minRearm;
  /** @throws RangeError when hz is not one of 100, 125, 200, 250, 500, 1000 */
  constructor(options = {}) {
    const hz = options.hz ?? DEFAULT_HZ;
    if (hz < 100 || 1e3 % hz !== 0) throw new RangeError(`hz is ${hz}; say one of 100, 125, 200, 250, 500, 1000`);
    this.hz = hz;
    this.kernel = options.lateness === "kernel";
    this.jiffy = 1e3 / hz;
    this.minRearm = this.kernel ? Math.trunc(hz / 100) * this.jiffy : 10;
  }
  /** Returns the time stamp of an instant: the last jiffy, or the instant itself. */
  stamp(now) {
    return this.kernel ? Math.floor(now / this.jiffy) * this.jiffy : now;
  }
  /**
   * Returns true when `limit` has not passed yet. The kernel counts the limit itself in, because its timers come at least a jiffy later.
   * With exact timers a time that ends at this very instant is over.
   */
  within(now, limit) {
    return this.kernel ? now <= limit : now < limit;
  }
  /** Rounds a time in ms up to whole jiffies. */
  roundUp(ms) {
    return Math.ceil(ms / this.jiffy) * this.jiffy;
  }
};
function levelFor(distance) {
  let level = 0;
  for (let reach = LEVEL_REACH; distance >= reach && level < LEVELS - 1; reach *= 8) level++;
  return level;
}
var WHEEL_REACH = LEVEL_REACH * 8 ** (LEVELS - 1) - 8 ** (LEVELS - 1);

// firmware-ts/net/timer-wheel.ts
var DIRECT = 1024;
var EXACT_UNIT = 8;
var TimerNode = class {
  /** Links of the ring in which it waits; null when it waits in none. Kept by TimerWheel. */
  timerNext = null;
  timerPrevious = null;
  /** The timer of the Clock that it has on loan, or null. Kept by TimerWheel. */
  alarm = null;
  get timerArmed() {
    return this.timerNext !== null || this.alarm !== null;
  }
};
var WorkTimer = class extends TimerNode {
  // NaN is no whole number: V8 expects fractions from the start.
  timerDue = Number.NaN;
  #callback;
  constructor(callback) {
    super();
    this.#callback = callback;
  }
  timerFired() {
    this.#callback();
  }
};
var Ring = class extends TimerNode {
  timerDue = Number.POSITIVE_INFINITY;
  constructor() {
    super();
    this.timerNext = this;
    this.timerPrevious = this;
  }
  get empty() {
    return this.timerNext === this;
  }
  timerFired() {
  }
};
var Alarm = class {
  node = null;
  timer;
  constructor(clock, fired) {
    this.timer = clock.timer(() => fired(this));
  }
};
var TimerWheel = class {
  #clock;
  #kernel;
  /** One tick of the wheel in ms. */
  #unit;
  /** Made with the first node that waits in one: most stacks never have so many timers. */
  #rings = [];
  /** Time at which each bucket opens, in ticks; infinity for a bucket that is known to be empty. */
  #times = new Float64Array(LEVELS * BUCKETS).fill(Number.POSITIVE_INFINITY);
  /** Nodes that are being fired now, and those whose bucket was needed for a node one turn of the wheel later. */
  #running = new Ring();
  #wake;
  #wakeAt = Number.POSITIVE_INFINITY;
  #waiting = 0;
  #spare = [];
  #alarms = 0;
  #alarmFired = (alarm) => {
    const node = alarm.node;
    this.#release(node, alarm);
    node.timerFired();
  };
  constructor(clock, lateness) {
    this.#clock = clock;
    this.#kernel = lateness.kernel;
    this.#unit = lateness.kernel ? lateness.jiffy : EXACT_UNIT;
    this.#wake = clock.timer(() => this.#run());
  }
  /** Number of armed nodes. */
  get armed() {
    return this.#waiting + this.#alarms;
  }
  /** Arms a node to fire `delay` ms from now. A node that is armed already moves. */
  arm(node, delay) {
    this.cancel(node);
    const now = this.#clock.now();
    if (this.#kernel) this.#armLate(node, now, delay);
    else this.#armExact(node, now, now + Math.max(0, delay));
  }
  /** Disarms a node, if it is armed. */
  cancel(node) {
    if (node.alarm) this.#release(node, node.alarm);
    else if (node.timerNext) {
      unlink(node);
      if (--this.#waiting === 0) this.#sleep(Number.POSITIVE_INFINITY);
    }
  }
  /** Arms as Linux does: counts jiffies from the last one, and fires when the bucket that holds the due time is over. */
  #armLate(node, now, delay) {
    const jiffies = Math.floor(now / this.#unit);
    const distance = Math.min(Math.max(0, Math.ceil(delay / this.#unit)), WHEEL_REACH);
    node.timerDue = (jiffies + distance) * this.#unit;
    const level = levelFor(distance);
    const granule = 8 ** level;
    this.#insert(node, (Math.floor((jiffies + distance) / granule) + 1) * granule, level);
  }
  #armExact(node, now, due) {
    node.timerDue = due;
    if (this.#alarms >= DIRECT) {
      const ticks = Math.floor(now / this.#unit);
      const distance = Math.min(Math.floor(due / this.#unit) - ticks, WHEEL_REACH);
      const level = levelFor(distance);
      const granule = 8 ** level;
      const opens = Math.floor((ticks + distance) / granule) * granule;
      if (opens > ticks) {
        this.#insert(node, opens, level);
        return;
      }
    }
    const alarm = this.#spare.pop() ?? new Alarm(this.#clock, this.#alarmFired);
    alarm.node = node;
    node.alarm = alarm;
    this.#alarms++;
    alarm.timer.armAt(due);
  }
  #release(node, alarm) {
    alarm.timer.cancel();
    alarm.node = null;
    node.alarm = null;
    this.#alarms--;
    this.#spare.push(alarm);
  }
  #insert(node, time, level) {
    if (this.#rings.length === 0) this.#rings = Array.from({ length: LEVELS * BUCKETS }, () => new Ring());
    const slot = level * BUCKETS + time / 8 ** level % BUCKETS;
    const ring = this.#rings[slot];
    if (this.#times[slot] !== time) {
      splice(ring, this.#running);
      this.#times[slot] = time;
    }
    link(node, this.#kernel ? ring : ring.timerPrevious);
    this.#waiting++;
    if (time < this.#wakeAt) this.#sleep(time);
  }
  #sleep(time) {
    this.#wakeAt = time;
    if (time === Number.POSITIVE_INFINITY) this.#wake.cancel();
    else this.#wake.armAt(time * this.#unit);
  }
  /** Opens every bucket whose time has come. */
  #run() {
    const now = this.#clock.now();
    const ticks = Math.floor(now / this.#unit);
    this.#wakeAt = Number.NEGATIVE_INFINITY;
    try {
      do
        this.#fireRunning(now);
      while (this.#collect(ticks));
    } finally {
      if (this.#running.empty) this.#sleep(this.#earliest());
      else this.#sleep(ticks);
    }
  }
  #fireRunning(now) {
    while (!this.#running.empty) {
      const node = this.#running.timerNext;
      unlink(node);
      this.#waiting--;
      if (this.#kernel) node.timerFired();
      else this.#armExact(node, now, node.timerDue);
    }
  }
  /** Moves the buckets of the earliest time into #running, coarse ones first as Linux does. Returns false when no time has come. */
  #collect(ticks) {
    const time = this.#earliest();
    if (time > ticks) return false;
    for (let slot = this.#times.length - 1; slot >= 0; slot--) {
      if (this.#times[slot] !== time) continue;
      this.#times[slot] = Number.POSITIVE_INFINITY;
      splice(this.#rings[slot], this.#running);
    }
    return true;
  }
  #earliest() {
    if (this.#waiting === 0) return Number.POSITIVE_INFINITY;
    const times = this.#times;
    for (; ; ) {
      let first = 0;
      for (let slot = 1; slot < times.length; slot++) if (times[slot] < times[first]) first = slot;
      const time = times[first];
      if (time === Number.POSITIVE_INFINITY || !this.#rings[first].empty) return time;
      times[first] = Number.POSITIVE_INFINITY;
    }
  }
};
function link(node, after) {
  const next = after.timerNext;
  node.timerPrevious = after;
  node.timerNext = next;
  after.timerNext = node;
  next.timerPrevious = node;
}
function unlink(node) {
  const previous = node.timerPrevious;
  const next = node.timerNext;
  previous.timerNext = next;
  next.timerPrevious = previous;
  node.timerNext = null;
  node.timerPrevious = null;
}
function splice(from, to) {
  if (from.empty) return;
  const first = from.timerNext;
  const last = from.timerPrevious;
  const end2 = to.timerPrevious;
  end2.timerNext = first;
  first.timerPrevious = end2;
  last.timerNext = to;
  to.timerPrevious = last;
  from.timerNext = from;
  from.timerPrevious = from;
}

// firmware-ts/neigh/key.ts
function sameRest(one, other) {
  if (one === null || other === null) return one === other;
  return one.a === other.a && one.b === other.b && one.c === other.c;
}
function copyRest(rest) {
  return rest && { a: rest.a, b: rest.b, c: rest.c };
}

// firmware-ts/neigh/stamps.ts
var SHARING = 64;
var Stamp = { DUE: 0, CONFIRMED: 1, USED: 2, UPDATED: 3 };
var STAMPS = 4;
var StampBlocks = class {
  #block = new Float64Array(0);
  #next = 0;
  /** The block of the next place. To be read before take(). */
  get block() {
    if (this.#next === this.#block.length) {
      this.#block = new Float64Array(SHARING * STAMPS);
      this.#next = 0;
    }
    return this.#block;
  }
  /** Takes the next place. Returns its offset in the block. */
  take() {
    const at = this.#next;
    this.#next += STAMPS;
    return at;
  }
};

// firmware-ts/neigh/entry.ts
var SuspicionKind = {
  /** The new address was believed. */
  CHANGED: "changed",
  /** It was believed, and is the one that the last change had replaced. */
  FLIP_FLOP: "flip-flop",
  /** The entry is static and stays as it is. */
  STATIC: "static",
  /** The known address stays for now: it is too young to be replaced, or is asked first. */
  REFUSED: "refused"
};
var Neighbour = class extends TimerNode {
  /** The last four octets of the protocol address. Fixed once the entry is in its table. */
  key;
  /** The octets before them; null where the family's addresses have no more than four. */
  rest;
  on;
  nudState = Nud.NONE;
  /** Removed from its table. */
  dead = false;
  /** A packet has passed the slow path, so that the fast path may be taken (the kernel's header cache). */
  headerReady = false;
  /** The link address: its first two octets, and its last four as int32. A million entries need no arrays that way. */
  addressHigh = 0;
  addressLow = 0;
  /** The key is a group's: nobody is asked for its link address, and forced collection may take the entry at any age. */
  multicast = false;
  /** Sum of NeighFlags, never with USE. */
  flags = 0;
  /** The originator (RTPROT_*) that an operator named; 0 for none. */
  protocol = 0;
  /** Requests sent since the last start, as the machine counts them. */
  probes = 0;
  /** Packets that wait for the address. The queue is made with the first one. */
  queue = null;
  /** Sum of their truesize. */
  queueBytes = 0;
  /** The queue is dropping old packets for a new one right now. */
  makingRoom = false;
  /** Links of the table's collection list and of its device's list; kept by the table. */
  gcPrevious = null;
  gcNext = null;
  onGcList = false;
  newer = null;
  older = null;
  #stamps;
  #at;
  constructor(on, key, rest = null) {
    super();
    this.#stamps = on.host.stamps.block;
    this.#at = on.host.stamps.take();
    const now = on.host.now();
    this.on = on;
    this.key = key;
    this.rest = copyRest(rest);
    this.used = now;
    this.updated = now;
    this.confirmed = now - 2 * on.parameters.baseReachableTime;
  }
  get timerDue() {
    return this.#stamps[this.#at + Stamp.DUE];
  }
  set timerDue(due) {
    this.#stamps[this.#at + Stamp.DUE] = due;
  }
  /** Time of the last proof of reachability. */
  get confirmed() {
    return this.#stamps[this.#at + Stamp.CONFIRMED];
  }
  set confirmed(time) {
    this.#stamps[this.#at + Stamp.CONFIRMED] = time;
  }
  /** Time of the last use on the slow path. */
  get used() {
    return this.#stamps[this.#at + Stamp.USED];
  }
  set used(time) {
    this.#stamps[this.#at + Stamp.USED] = time;
  }
  /** Time of the last change of state or address. */
  get updated() {
    return this.#stamps[this.#at + Stamp.UPDATED];
  }
  set updated(time) {
    this.#stamps[this.#at + Stamp.UPDATED] = time;
  }
  get device() {
    return this.on.device;
  }
  get host() {
    return this.on.host;
  }
  get parameters() {
    return this.on.parameters;
  }
  get valid() {
    return (this.nudState & NUD_VALID) !== 0;
  }
  /** Garbage collection neither counts nor takes the entry. */
  get gcExempt() {
    return (this.nudState & Nud.PERMANENT) !== 0 || (this.flags & NTF_GC_EXEMPT) !== 0;
  }
  get queued() {
    return this.queue?.length ?? 0;
  }
  /** The reference count as netlink reports it: the holders other than the table. A running timer is one. */
  get references() {
    return this.timerArmed ? 1 : 0;
  }
  /** A copy of the link address. It allocates: not for the frame path. */
  get address() {
    const address = new Uint8Array(MAC_BYTES);
    this.copyAddress(address, 0);
    return address;
  }
  setAddress(from, at) {
    this.addressHigh = highOctets(from, at);
    this.addressLow = lowOctets(from, at);
  }
  copyAddress(to, at) {
    writeOctets(this.addressHigh, this.addressLow, to, at);
  }
  sameAddress(other, at) {
    return this.addressHigh === highOctets(other, at) && this.addressLow === lowOctets(other, at);
  }
  timerFired() {
    this.on.host.expired(this);
  }
};
function writeOctets(high, low, to, at) {
  to[at] = high >>> 8;
  to[at + 1] = high;
  to[at + 2] = low >>> 24;
  to[at + 3] = low >>> 16;
  to[at + 4] = low >>> 8;
  to[at + 5] = low;
}

// firmware-ts/neigh/update.ts
var UpdateFlags = {
  /** A different address replaces the one known. */
  OVERRIDE: 1,
  /** An operator asks, so that even PERMANENT and NOARP entries change. */
  ADMIN: 2,
  /** A different address does not replace that of a CONNECTED entry, but makes the entry STALE. */
  WEAK_OVERRIDE: 4,
  /** The ROUTER flag becomes what ISROUTER says. */
  OVERRIDE_ISROUTER: 8,
  ISROUTER: 16,
  /** The request only starts a resolution; its state and address do not count. */
  USE: 32,
  /** With ADMIN: sets the entry's MANAGED, EXT_LEARNED and EXT_VALIDATED flags; their absence clears them. MANAGED implies USE. */
  MANAGED: 64,
  EXT_LEARNED: 128,
  EXT_VALIDATED: 256
};
var UpdateResult = {
  DONE: 0,
  /** The entry is PERMANENT or NOARP, which only an operator may change, or it has left its table. */
  NOT_PERMITTED: 1,
  /** A valid state needs a link address. */
  NO_ADDRESS: 2
};
var EXTERNAL = [
  [UpdateFlags.EXT_LEARNED, NeighFlags.EXT_LEARNED],
  [UpdateFlags.MANAGED, NeighFlags.MANAGED],
  [UpdateFlags.EXT_VALIDATED, NeighFlags.EXT_VALIDATED]
];
function update(entry, address, at, wanted, flags, pid = 0) {
  const admin = (flags & UpdateFlags.ADMIN) !== 0;
  const old = entry.nudState;
  const { addressHigh, addressLow } = entry;
  if (entry.dead || !admin && old & (Nud.NOARP | Nud.PERMANENT)) {
    const contradicts = old & Nud.PERMANENT && address && !entry.sameAddress(address, at);
    if (contradicts && !entry.dead) entry.host.suspect(entry, SuspicionKind.STATIC, addressHigh, addressLow, address, at);
    return UpdateResult.NOT_PERMITTED;
  }
  const cause = admin ? "admin" : "frame";
  const flipped = admin ? takeFlags(entry, flags) : 0;
  let told = flipped !== 0;
  let outcome = Outcome.REFUSED;
  if (flags & (UpdateFlags.USE | UpdateFlags.MANAGED)) {
    move(entry, old & ~Nud.PERMANENT, cause);
  } else if ((wanted & NUD_VALID) === 0) {
    told = forget(entry, wanted, cause);
  } else {
    outcome = setValid(entry, address, at, wanted, flags, cause);
    if (outcome === Outcome.CHANGED || outcome === Outcome.WEAKENED) told = true;
    if ((outcome === Outcome.CHANGED || outcome === Outcome.UNCHANGED) && takeRouter(entry, flags)) told = true;
  }
  finish2(entry, old, flipped, told, pid);
  if (!admin && address && old & NUD_VALID && wanted & NUD_VALID) {
    const differs = addressHigh !== highOctets(address, at) || addressLow !== lowOctets(address, at);
    const kind = outcome === Outcome.CHANGED ? SuspicionKind.CHANGED : SuspicionKind.REFUSED;
    if (differs) entry.host.suspect(entry, kind, addressHigh, addressLow, address, at);
  }
  return outcome === Outcome.NO_ADDRESS ? UpdateResult.NO_ADDRESS : UpdateResult.DONE;
}
var Outcome = { UNCHANGED: 0, CHANGED: 1, REFUSED: 2, WEAKENED: 3, NO_ADDRESS: 4 };
function setValid(entry, address, at, wanted, flags, cause) {
  const old = entry.nudState;
  const wasValid = (old & NUD_VALID) !== 0;
  if (!address && !wasValid) return Outcome.NO_ADDRESS;
  const now = entry.host.now();
  if (wanted & NUD_CONNECTED) entry.confirmed = now;
  let state = wanted;
  let weakened = false;
  let newAddress = address !== null && !(wasValid && entry.sameAddress(address, at));
  if (wasValid && newAddress && (flags & UpdateFlags.OVERRIDE) === 0) {
    if ((flags & UpdateFlags.WEAK_OVERRIDE) === 0 || (old & NUD_CONNECTED) === 0) return Outcome.REFUSED;
    newAddress = false;
    weakened = true;
    state = Nud.STALE;
  } else if (wasValid && !newAddress && wanted === Nud.STALE && (flags & UpdateFlags.ADMIN) === 0) {
    state = old;
  }
  const newState = state !== old;
  if (!newState && !newAddress) return Outcome.UNCHANGED;
  entry.updated = now;
  if (newState) changeState(entry, state, cause);
  if (newAddress) {
    entry.setAddress(address, at);
    if ((state & NUD_CONNECTED) === 0) entry.confirmed = now - 2 * entry.parameters.baseReachableTime;
  }
  if (newState && !wasValid) flush(entry);
  return weakened ? Outcome.WEAKENED : Outcome.CHANGED;
}
function changeState(entry, state, cause) {
  entry.host.timers.cancel(entry);
  if (state === Nud.PROBE) entry.probes = 0;
  if (state & NUD_IN_TIMER) {
    entry.used = Math.max(entry.used, entry.confirmed);
    arm(entry, state === Nud.REACHABLE ? entry.parameters.reachableTime : 0);
  }
  move(entry, state, cause);
}
function forget(entry, state, cause) {
  const old = entry.nudState;
  entry.host.timers.cancel(entry);
  move(entry, state, cause);
  const failed2 = state === Nud.FAILED && (old & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
  if (failed2) invalidate(entry);
  return failed2 || (old & NUD_VALID) !== 0;
}
function takeFlags(entry, flags) {
  let flipped = 0;
  for (const [wanted, flag] of EXTERNAL) {
    if ((flags & wanted) !== 0 !== ((entry.flags & flag) !== 0)) flipped |= flag;
  }
  entry.flags ^= flipped;
  return flipped;
}
function takeRouter(entry, flags) {
  if ((flags & UpdateFlags.OVERRIDE_ISROUTER) === 0) return false;
  const router = flags & UpdateFlags.ISROUTER ? NeighFlags.ROUTER : 0;
  if ((entry.flags & NeighFlags.ROUTER) === router) return false;
  entry.flags ^= NeighFlags.ROUTER;
  return true;
}
function finish2(entry, old, flipped, told, pid) {
  const { host } = entry;
  const collectable = (old ^ entry.nudState) & Nud.PERMANENT || flipped & (NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED);
  if (collectable) host.updateGcList(entry);
  if (flipped & NeighFlags.MANAGED) host.updateManaged(entry);
  if (told) host.notify(entry, "new", pid);
}
function flush(entry) {
  for (let left = entry.queued; left > 0 && entry.nudState & NUD_VALID; left--) {
    const packet = dequeue(entry);
    if (!packet) return;
    output(entry, packet);
  }
  purge(entry, DropReason.QUEUE_PURGE);
}

// firmware-ts/neigh/gc.ts
var FORCED_AGE = 5e3;
var FORCED_TIME = 1;
var FORCED_LOOK = 16;
var REDRAW_INTERVAL = 3e5;
var GarbageCollector = class {
  thresh1;
  thresh2;
  thresh3;
  interval;
  #table;
  #timer = new WorkTimer(() => this.#periodic());
  #lastFlush;
  #lastRedraw;
  #entries = 0;
  /** The ends of the list: the oldest entry and the newest. */
  #first = null;
  #last = null;
  constructor(table, { thresh1, thresh2, thresh3, interval }) {
    this.#table = table;
    this.thresh1 = thresh1;
    this.thresh2 = thresh2;
    this.thresh3 = thresh3;
    this.interval = interval;
    this.#lastFlush = table.now();
    this.#lastRedraw = this.#lastFlush;
    this.#armPeriodic();
  }
  /** The steps in which the kernel stores `interval`. */
  get lateness() {
    return this.#table.lateness;
  }
  /** Time of the last forced run that went through to its end, in ms. */
  get lastFlush() {
    return this.#lastFlush;
  }
  /** Time at which the periodic work last drew the reachable times anew, in ms. */
  get lastRedraw() {
    return this.#lastRedraw;
  }
  /** Number of entries that count against gc_thresh2 and gc_thresh3. */
  get entries() {
    return this.#entries;
  }
  /** Makes room for one more entry. Returns false when the table is full and stays so. */
  makeRoom() {
    const full = this.#entries >= this.thresh3;
    const due = this.#entries >= this.thresh2 && this.#table.now() - this.#lastFlush > FORCED_AGE;
    if (!full && !due) return true;
    return this.#forced() > 0 || !full;
  }
  /** Puts an entry on the list or takes it off, after a change of what exempts it. */
  update(entry) {
    const wanted = !entry.gcExempt && !entry.dead;
    if (wanted && !entry.onGcList) this.append(entry);
    else if (!wanted) this.forget(entry);
  }
  forget(entry) {
    if (!entry.onGcList) return;
    if (entry.gcPrevious) entry.gcPrevious.gcNext = entry.gcNext;
    else this.#first = entry.gcNext;
    if (entry.gcNext) entry.gcNext.gcPrevious = entry.gcPrevious;
    else this.#last = entry.gcPrevious;
    entry.gcPrevious = null;
    entry.gcNext = null;
    entry.onGcList = false;
    this.#entries--;
  }
  stop() {
    this.#table.timers.cancel(this.#timer);
  }
  append(entry) {
    entry.gcPrevious = this.#last;
    if (this.#last) this.#last.gcNext = entry;
    else this.#first = entry;
    this.#last = entry;
    entry.onGcList = true;
    this.#entries++;
  }
  /**
   * Takes the oldest entries that may go, until gc_thresh2 is reached, the entry to be made included. Returns how many went.
   *
   * Measured on Linux 6.18: 1024 failed entries and a new one come to 512. With gc_thresh3 below gc_thresh2 there is nothing to reach:
   * the run looks at the oldest entry without a timer and at no other.
   */
  #forced() {
    const table = this.#table;
    const started = table.clock.now();
    const now = table.now();
    const wanted = this.#entries + 1 - this.thresh2;
    table.statistics.forcedGcRuns++;
    let removed = 0;
    let seen = 0;
    for (let entry = this.#first; entry; ) {
      const next = entry.gcNext;
      if (!entry.timerArmed) {
        if (spent(entry, now)) {
          table.remove(entry, "gc");
          removed++;
        }
        if (removed >= wanted) break;
        if (++seen % FORCED_LOOK === 0 && table.clock.now() - started > FORCED_TIME) return removed;
      }
      entry = next;
    }
    this.#lastFlush = now;
    return removed;
  }
  #periodic() {
    const table = this.#table;
    const now = table.now();
    table.statistics.periodicGcRuns++;
    if (now - this.#lastRedraw > REDRAW_INTERVAL) {
      this.#lastRedraw = now;
      for (const parameters of table.allParameters()) parameters.drawReachableTime();
    }
    if (table.entries >= this.thresh1) {
      table.forEach((entry) => {
        if (unused(entry, now)) table.remove(entry, "gc");
      });
    }
    this.#armPeriodic();
  }
  #armPeriodic() {
    const { defaults, lateness, timers } = this.#table;
    timers.arm(this.#timer, Math.max(defaults.baseReachableTime / 2, lateness.jiffy));
  }
};
function spent(entry, now) {
  const { nudState, multicast, updated } = entry;
  if (nudState === Nud.FAILED || nudState === Nud.NOARP || multicast) return true;
  return now - updated > FORCED_AGE;
}
function unused(entry, now) {
  if (entry.nudState & NUD_IN_TIMER || entry.gcExempt) return false;
  entry.used = Math.max(entry.used, entry.confirmed);
  return entry.nudState === Nud.FAILED || now - entry.used >= entry.parameters.gcStaleTime;
}

// firmware-ts/neigh/hash.ts
var FIRST_PLACES_LOG2 = 4;
var PLACE = 2;
var SLOT = 1;
var NeighHash = class {
  /** Odd, and different in each stack, so that nobody can choose addresses that meet in one place. */
  #seed;
  #places = new Int32Array(PLACE << FIRST_PLACES_LOG2);
  /** A hash without so many of its lower bits is the place where the search begins. */
  #shift = 32 - FIRST_PLACES_LOG2;
  /** The entry of each slot that was ever used; null in a free one. */
  #entries = [];
  #freeSlots = [];
  #size = 0;
  constructor(seed) {
    this.#seed = seed;
  }
  get size() {
    return this.#size;
  }
  find(key, device, rest) {
    const hash2 = this.#hash(key, device, rest);
    const places = this.#places;
    const last = places.length - 1;
    let at = (hash2 >>> this.#shift) * PLACE;
    for (let slot = places[at + SLOT]; slot !== 0; slot = places[at + SLOT]) {
      if (places[at] === hash2) {
        const entry = this.#entries[slot - 1];
        if (entry.key === key && entry.on.device === device && sameRest(entry.rest, rest)) return entry;
      }
      at = at + PLACE & last;
    }
    return null;
  }
  /** Adds an entry that is not there yet. Returns true when the table grew for it. */
  add(entry) {
    const full = (this.#size + 1) * 2 * PLACE > this.#places.length;
    if (full) this.#grow();
    const slot = this.#freeSlots.pop() ?? this.#entries.length;
    this.#entries[slot] = entry;
    put(this.#places, this.#shift, this.#hash(entry.key, entry.on.device, entry.rest), slot + 1);
    this.#size++;
    return full;
  }
  remove(entry) {
    const places = this.#places;
    const last = places.length - 1;
    let at = (this.#hash(entry.key, entry.on.device, entry.rest) >>> this.#shift) * PLACE;
    for (let slot = places[at + SLOT]; slot !== 0; slot = places[at + SLOT]) {
      if (this.#entries[slot - 1] === entry) {
        this.#entries[slot - 1] = null;
        this.#freeSlots.push(slot - 1);
        this.#vacate(at);
        this.#size--;
        return;
      }
      at = at + PLACE & last;
    }
  }
  /** Calls back with every entry. Entries may come and go meanwhile; a new one may be seen or not. */
  forEach(callback) {
    for (let slot = 0, end2 = this.#entries.length; slot < end2; slot++) {
      const entry = this.#entries[slot];
      if (entry) callback(entry);
    }
  }
  /** Empties a place, and moves those behind it up that would not be found any more. */
  #vacate(at) {
    const places = this.#places;
    const last = places.length - 1;
    let hole = at;
    for (let from = hole + PLACE & last; places[from + SLOT] !== 0; from = from + PLACE & last) {
      const home = (places[from] >>> this.#shift) * PLACE;
      if ((from - home & last) < (from - hole & last)) continue;
      places[hole] = places[from];
      places[hole + SLOT] = places[from + SLOT];
      hole = from;
    }
    places[hole + SLOT] = 0;
  }
  #hash(key, device, rest) {
    const whole2 = rest === null ? key : key ^ Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX);
    return Math.imul(whole2 ^ Math.imul(device.ifindex, MIX) ^ whole2 >>> 15, this.#seed);
  }
  #grow() {
    const old = this.#places;
    const places = new Int32Array(old.length * 2);
    this.#shift--;
    for (let at = 0; at < old.length; at += PLACE) if (old[at + SLOT] !== 0) put(places, this.#shift, old[at], old[at + SLOT]);
    this.#places = places;
  }
};
function put(places, shift, hash2, slot) {
  const last = places.length - 1;
  let at = (hash2 >>> shift) * PLACE;
  while (places[at + SLOT] !== 0) at = at + PLACE & last;
  places[at] = hash2;
  places[at + SLOT] = slot;
}
var MIX = 2654435761;

// firmware-ts/neigh/managed.ts
var ManagedEntries = class {
  /** In the order in which they became managed. */
  #entries = /* @__PURE__ */ new Set();
  #timers;
  #defaults;
  #timer = new WorkTimer(() => this.#tick());
  constructor(timers, defaults) {
    this.#timers = timers;
    this.#defaults = defaults;
  }
  /** Takes an entry in or lets it go, after a change of its MANAGED flag or its removal. */
  update(entry) {
    if (entry.dead || (entry.flags & NeighFlags.MANAGED) === 0) {
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.stop();
    } else {
      this.#entries.add(entry);
      if (!this.#timer.timerArmed) this.#arm();
    }
  }
  stop() {
    this.#timers.cancel(this.#timer);
  }
  #tick() {
    this.#arm();
    for (const entry of this.#entries) keepResolved(entry);
  }
  #arm() {
    this.#timers.arm(this.#timer, this.#defaults.intervalProbeTime);
  }
};

// firmware-ts/neigh/notify.ts
var Listeners = class {
  #held = /* @__PURE__ */ new Set();
  /** The same function may be added twice; the returned function removes it once. */
  add(call) {
    const held = { call };
    this.#held.add(held);
    return () => this.#held.delete(held);
  }
  get size() {
    return this.#held.size;
  }
  [Symbol.iterator]() {
    return this.#held.values();
  }
};
var Notifier = class {
  #listeners = new Listeners();
  #watchers = new Listeners();
  /** Adds a listener; the returned function removes it. */
  onChange(listener) {
    return this.#listeners.add(listener);
  }
  /** Adds a watcher; the returned function removes it. */
  onTransition(watcher) {
    return this.#watchers.add(watcher);
  }
  changed(entry, event, pid) {
    if (this.#listeners.size === 0 || entry.dead && event !== "deleted") return;
    for (const { call } of this.#listeners) call(entry, event, pid);
  }
  moved(entry, from, to, cause) {
    if (this.#watchers.size === 0 || from === to) return;
    const transition = { entry, from, to, cause };
    for (const { call } of this.#watchers) call(transition);
  }
};

// firmware-ts/neigh/rate-limit.ts
var RateLimit = class {
  /** Times that nothing was said since something was. */
  missed = 0;
  #clock;
  #interval;
  #burst;
  #since = Number.NEGATIVE_INFINITY;
  #said = 0;
  /** @param interval ms @param burst times in it */
  constructor(clock, interval, burst) {
    this.#clock = clock;
    this.#interval = interval;
    this.#burst = burst;
  }
  /** Returns true when it may be said now; else it counts as missed. */
  allows() {
    const now = this.#clock.now();
    if (now - this.#since >= this.#interval) {
      this.#since = now;
      this.#said = 0;
    }
    if (this.#said < this.#burst) {
      this.#said++;
      return true;
    }
    this.missed++;
    return false;
  }
  /** The times missed so far, which are told now. */
  takeMissed() {
    const { missed } = this;
    this.missed = 0;
    return missed;
  }
};

// firmware-ts/neigh/overflow-log.ts
var INTERVAL2 = 1e3;
var OverflowLog = class {
  /** Takes a line; null when nobody listens. */
  sink = null;
  #limit;
  #line;
  constructor(clock, table) {
    this.#limit = new RateLimit(clock, INTERVAL2, 1);
    this.#line = `neighbour: ${table}: neighbor table overflow!`;
  }
  /** Notes that an entry was refused. Lines that were left out since the last one are told before the next, as the kernel does. */
  say() {
    if (!this.sink || !this.#limit.allows()) return;
    const missed = this.#limit.takeMissed();
    if (missed > 0) this.sink(`net_ratelimit: ${missed} callbacks suppressed`);
    this.sink(this.#line);
  }
};

// firmware-ts/neigh/parameters.ts
var NOTHING2 = {
  mcastProbes: 0,
  ucastProbes: 0,
  appProbes: 0,
  mcastReprobes: 0,
  retransTime: 0,
  baseReachableTime: 0,
  delayProbeTime: 0,
  intervalProbeTime: 0,
  gcStaleTime: 0,
  queueLengthBytes: 0,
  proxyQueueLength: 0,
  anycastDelay: 0,
  proxyDelay: 0,
  lockTime: 0
};
var NAMES2 = Object.keys(NOTHING2);
var NeighParameters = class _NeighParameters {
  mcastProbes = NOTHING2.mcastProbes;
  ucastProbes = NOTHING2.ucastProbes;
  appProbes = NOTHING2.appProbes;
  mcastReprobes = NOTHING2.mcastReprobes;
  retransTime = NOTHING2.retransTime;
  baseReachableTime = NOTHING2.baseReachableTime;
  delayProbeTime = NOTHING2.delayProbeTime;
  intervalProbeTime = NOTHING2.intervalProbeTime;
  gcStaleTime = NOTHING2.gcStaleTime;
  queueLengthBytes = NOTHING2.queueLengthBytes;
  proxyQueueLength = NOTHING2.proxyQueueLength;
  anycastDelay = NOTHING2.anycastDelay;
  proxyDelay = NOTHING2.proxyDelay;
  lockTime = NOTHING2.lockTime;
  /** Time for which a confirmation holds: drawn uniformly from half to one and a half of baseReachableTime (RFC 4861 6.3.2). */
  reachableTime = 0;
  /** Number of entries that use the set; `ip ntable` shows one more. */
  entries = 0;
  /** The steps, by HZ, in which times are written and read. */
  lateness;
  #random;
  /** Values that were written to this very set. A change of the defaults does not reach them any more. */
  #written = /* @__PURE__ */ new Set();
  #followers = /* @__PURE__ */ new Set();
  constructor(random, lateness, values) {
    this.#random = random;
    this.lateness = lateness;
    for (const name of NAMES2) this[name] = values[name];
    this.drawReachableTime();
  }
  /**
   * Writes a value as an operator does: from now on it is this set's own. The sets that follow this one take it over, unless they have
   * one of their own.
   */
  set(name, value) {
    this.setAlone(name, value);
    for (const follower of this.#followers) if (!follower.#written.has(name)) follower[name] = value;
  }
  /** Writes a value that nobody takes over. The kernel treats a write by netlink so (`ip ntable change`; measured on Linux 6.18). */
  setAlone(name, value) {
    this[name] = value;
    this.#written.add(name);
    if (name === "baseReachableTime") this.drawReachableTime();
  }
  /** Counts every value as written. Done when a loopback device comes up or a device gets an address (measured on Linux 6.18). */
  pin() {
    for (const name of NAMES2) this.#written.add(name);
  }
  /** Draws the reachable time anew. */
  drawReachableTime() {
    const base = Math.max(0, this.baseReachableTime);
    const { kernel: kernel2, jiffy } = this.lateness;
    if (!kernel2) this.reachableTime = base * (0.5 + this.#random.next());
    else this.reachableTime = (this.#random.below(base / jiffy) + Math.trunc(base / jiffy / 2)) * jiffy;
  }
  /** Draws the time for which a request for a proxied address waits. */
  drawProxyDelay() {
    const most = Math.max(0, this.proxyDelay);
    const { kernel: kernel2, jiffy } = this.lateness;
    return kernel2 ? this.#random.below(most / jiffy) * jiffy : this.#random.next() * most;
  }
  /** Makes a set with the same values and a reachable time of its own draw. @param follows it takes over later writes to this set */
  derive(follows) {
    const copy2 = new _NeighParameters(this.#random, this.lateness, this.values());
    if (follows) this.#followers.add(copy2);
    return copy2;
  }
  /** Ends the following of a derived set. */
  release(derived) {
    this.#followers.delete(derived);
  }
  /** A copy of the values. */
  values() {
    const values = { ...NOTHING2 };
    for (const name of NAMES2) values[name] = this[name];
    return values;
  }
};

// firmware-ts/neigh/profile.ts
var LINUX = {
  eagerDelay: true,
  checksSender: false,
  onlyAskedConfirms: false,
  asksOldAddress: false,
  trafficConfirms: false,
  failedHold: 0,
  defends: false
};
var PROFILES = {
  linux: { name: "linux", parameters: {}, policy: LINUX },
  strict: {
    name: "strict",
    // Another address is not a matter of the entry's age: the one that is known is asked. Other families start with 0 anyway.
    parameters: { lockTime: 0 },
    policy: { ...LINUX, eagerDelay: false, checksSender: true, onlyAskedConfirms: true, asksOldAddress: true, defends: true }
  },
  lowpower: {
    name: "lowpower",
    parameters: {
      // lwIP believes an answer as long. A changed address that nobody announces is found that much later.
      baseReachableTime: 3e5,
      gcStaleTime: 36e5,
      // One request to the known address, then one to everybody: a neighbour that moved is found before the entry fails (RFC 7048 2).
      ucastProbes: 1,
      mcastReprobes: 1,
      mcastProbes: 2
    },
    policy: { ...LINUX, eagerDelay: false, trafficConfirms: true, failedHold: 1e4 }
  }
};
var PROFILE_NAMES = Object.keys(PROFILES);

// firmware-ts/neigh/proxy.ts
var BUCKETS2 = 16;
var ProxyTable = class {
  #namespaceOf;
  #initial;
  /** Each with the newest entry first. */
  #buckets = Array.from({ length: BUCKETS2 }, () => []);
  #size = 0;
  constructor(namespaceOf, initial) {
    this.#namespaceOf = namespaceOf;
    this.#initial = initial;
  }
  get size() {
    return this.#size;
  }
  /** Finds the entry by which we answer for `key` on a device: one of that device, or one for all devices of its namespace. */
  find(key, device, rest = null) {
    if (this.#size === 0) return null;
    const namespace = this.#namespaceOf(device);
    for (const entry of this.#bucket(key)) {
      if (entry.device && entry.device !== device) continue;
      if (entry.namespace === namespace && entry.key === key && sameRest(entry.rest, rest)) return entry;
    }
    return null;
  }
  /** Finds the entry of exactly this device; `null` finds one for all devices. */
  get(key, device, options = {}) {
    const namespace = this.#space(device, options);
    const same2 = (entry) => entry.key === key && entry.device === device && entry.namespace === namespace && sameRest(entry.rest, options.rest ?? null);
    return this.#bucket(key).find(same2) ?? null;
  }
  /** Makes an entry, or gives an existing one these flags. As in the kernel, nobody is told. */
  add(key, device, options = {}) {
    let entry = device ? this.find(key, device, options.rest ?? null) : this.get(key, null, options);
    if (!entry) {
      const namespace = this.#space(device, options);
      entry = { key, rest: copyRest(options.rest ?? null), namespace, device, flags: 0, protocol: 0, permanent: false };
      this.#bucket(key).unshift(entry);
      this.#size++;
    }
    entry.flags = options.flags ?? 0;
    entry.permanent = options.permanent ?? false;
    if (options.protocol) entry.protocol = options.protocol;
    return entry;
  }
  /** Removes the entry of exactly this device. Returns false when there is none. */
  delete(key, device, options = {}) {
    const entry = this.get(key, device, options);
    if (!entry) return false;
    const bucket = this.#bucket(key);
    bucket.splice(bucket.indexOf(entry), 1);
    this.#size--;
    return true;
  }
  /** Removes a device's entries: all of them, or all that are not permanent. */
  flushDevice(device, keepPermanent) {
    this.flush((entry) => entry.device === device && !(keepPermanent && entry.permanent));
  }
  /** Removes every entry that is meant, in one walk, and returns them in the order in which the kernel shows them. */
  flush(meant) {
    const gone = [];
    for (const [at, bucket] of this.#buckets.entries()) {
      const kept = [];
      for (const entry of bucket) (meant(entry) ? gone : kept).push(entry);
      if (kept.length < bucket.length) this.#buckets[at] = kept;
    }
    this.#size -= gone.length;
    return gone;
  }
  /** The entries of one namespace or of all, in the order in which the kernel shows them. */
  list(namespace) {
    return this.#buckets.flat().filter((entry) => !namespace || entry.namespace === namespace);
  }
  #space(device, options) {
    return device ? this.#namespaceOf(device) : options.namespace ?? this.#initial;
  }
  #bucket(key) {
    let folded = key ^ key >>> 16;
    folded ^= folded >>> 8;
    folded ^= folded >>> 4;
    return this.#buckets[folded & BUCKETS2 - 1];
  }
};

// firmware-ts/neigh/proxy-queue.ts
var ProxyQueue = class {
  #host;
  /** In the order of arrival. */
  #waiting = [];
  #timer = new WorkTimer(() => this.#expired());
  #wakeAt = Number.POSITIVE_INFINITY;
  constructor(host) {
    this.#host = host;
  }
  get length() {
    return this.#waiting.length;
  }
  /**
   * Keeps a request. Returns false when it was dropped because more than proxy_qlen of its device wait already (one more than the limit
   * fits, as in the kernel). The packet is not the caller's any more.
   */
  enqueue(packet, device, deliver) {
    const on = this.#host.on(device);
    if (on.proxied > on.parameters.proxyQueueLength) {
      this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
      return false;
    }
    const now = this.#host.now();
    const due = now + on.parameters.drawProxyDelay();
    on.proxied++;
    this.#waiting.push({ packet, on, due, deliver });
    if (due < this.#wakeAt) this.#sleep(due, now);
    return true;
  }
  /** Drops the requests of all devices of a namespace; without a namespace, all requests. */
  purge(namespace) {
    const goes = ({ on }) => !namespace || on.namespace === namespace;
    const gone = this.#waiting.filter(goes);
    this.#waiting = this.#waiting.filter((waiting) => !goes(waiting));
    if (this.#waiting.length === 0) {
      this.#host.timers.cancel(this.#timer);
      this.#wakeAt = Number.POSITIVE_INFINITY;
    }
    for (const { packet, on } of gone) {
      on.proxied--;
      this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
    }
  }
  #sleep(due, now) {
    this.#wakeAt = due;
    this.#host.timers.arm(this.#timer, due - now);
  }
  /** Delivers the requests that are due, in the order of their arrival. */
  #expired() {
    const now = this.#host.now();
    const due = this.#waiting.filter((waiting) => waiting.due <= now);
    this.#waiting = this.#waiting.filter((waiting) => waiting.due > now);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) next = Math.min(next, waiting.due);
    if (next < Number.POSITIVE_INFINITY) this.#sleep(next, now);
    for (const { packet, on, deliver } of due) {
      on.proxied--;
      if (on.device.up) deliver(packet, on.device);
      else this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
    }
  }
};

// firmware-ts/neigh/statistics.ts
var NeighStatistics = class {
  allocs = 0;
  destroys = 0;
  hashGrows = 0;
  /** Look-ups, those of the send path not counted. */
  lookups = 0;
  hits = 0;
  /** Resolutions that failed. */
  resFailed = 0;
  /** Requests that came in to a group and to us alone, counted by those families that tell them apart. */
  rcvProbesMcast = 0;
  rcvProbesUcast = 0;
  periodicGcRuns = 0;
  forcedGcRuns = 0;
  /** Packets pushed out of a full waiting queue. */
  unresolvedDiscards = 0;
  /** Entries refused because the table was full. */
  tableFulls = 0;
};

// firmware-ts/neigh/suspicions.ts
var SLOTS2 = 64;
var QUIET = 1e4;
var INTERVAL3 = 5e3;
var BURST2 = 10;
var NO_ADDRESS = -1;
var Suspicions = class {
  /** Frames since the start. */
  changed = 0;
  flipFlops = 0;
  contradicted = 0;
  refused = 0;
  /** Hears of some, rate limited; null when nobody listens. It is called when the entry's change is complete. */
  listener = null;
  #clock;
  #limit;
  /** The neighbours suspected last, the address before the last change of each if there is one, and when they were told of. */
  #entries = Array.from({ length: SLOTS2 }, () => null);
  #formerHigh = new Int32Array(SLOTS2);
  #formerLow = new Int32Array(SLOTS2);
  #toldAt = new Float64Array(SLOTS2);
  #next = 0;
  constructor(clock) {
    this.#clock = clock;
    this.#limit = new RateLimit(clock, INTERVAL3, BURST2);
  }
  /**
   * Notes a frame that names claimed[at..at+6) as the link address of an entry.
   * @param wasHigh the address known until then, as addressHigh and addressLow of an entry
   */
  note(entry, kind, wasHigh, wasLow, claimed, at) {
    const slot = this.#slotOf(entry);
    const what = kind === SuspicionKind.CHANGED && this.#returns(slot, claimed, at) ? SuspicionKind.FLIP_FLOP : kind;
    this.#count(what);
    if (kind === SuspicionKind.CHANGED) {
      this.#formerHigh[slot] = wasHigh;
      this.#formerLow[slot] = wasLow;
    }
    if (!this.listener) return;
    const now = this.#clock.now();
    if (now - this.#toldAt[slot] < QUIET) {
      this.#limit.missed++;
      return;
    }
    if (!this.#limit.allows()) return;
    this.#toldAt[slot] = now;
    const { device, key, rest } = entry;
    const was = new Uint8Array(MAC_BYTES);
    writeOctets(wasHigh, wasLow, was, 0);
    this.listener({
      kind: what,
      device,
      key,
      rest,
      was,
      claimed: claimed.slice(at, at + MAC_BYTES),
      missed: this.#limit.takeMissed()
    });
  }
  #count(kind) {
    if (kind === SuspicionKind.CHANGED) this.changed++;
    else if (kind === SuspicionKind.FLIP_FLOP) this.flipFlops++;
    else if (kind === SuspicionKind.STATIC) this.contradicted++;
    else this.refused++;
  }
  /** Finds the slot of an entry, or gives it the one that was given away longest ago. */
  #slotOf(entry) {
    const known = this.#entries.indexOf(entry);
    if (known >= 0) return known;
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS2;
    this.#entries[slot] = entry;
    this.#formerHigh[slot] = NO_ADDRESS;
    this.#toldAt[slot] = Number.NEGATIVE_INFINITY;
    return slot;
  }
  /** Returns true when the address is the one that the entry had before its last change. */
  #returns(slot, bytes, at) {
    return highOctets(bytes, at) === this.#formerHigh[slot] && lowOctets(bytes, at) === this.#formerLow[slot];
  }
};

// firmware-ts/neigh/table.ts
var NeighTable = class {
  clock;
  family;
  lateness;
  profile;
  timers;
  stamps = new StampBlocks();
  /** The namespace of devices that were attached without another. */
  namespace = { initial: true };
  statistics = new NeighStatistics();
  /** Packets that this table dropped: queue overflow, failed resolution, purge. */
  drops = new DropCounters();
  /** New devices copy their parameters from here. */
  defaults;
  gc;
  proxies;
  proxyQueue;
  overflow;
  suspicions;
  /** The reason of the last create() that returned null. */
  refusal = "full";
  #hash;
  #managed;
  #notifier = new Notifier();
  #devices = /* @__PURE__ */ new Map();
  constructor(clock, random, family, options = {}) {
    this.clock = clock;
    this.family = family;
    this.lateness = new Lateness(options);
    this.profile = PROFILES[options.profile ?? "linux"];
    this.timers = new TimerWheel(clock, this.lateness);
    this.defaults = new NeighParameters(random, this.lateness, { ...family.defaults.parameters, ...this.profile.parameters });
    this.#hash = new NeighHash(random.below(4294967296) | 1);
    this.gc = new GarbageCollector(this, family.defaults.limits);
    this.#managed = new ManagedEntries(this.timers, this.defaults);
    this.proxies = new ProxyTable((device) => this.on(device).namespace, this.namespace);
    this.proxyQueue = new ProxyQueue(this);
    this.overflow = new OverflowLog(clock, this.name);
    this.suspicions = new Suspicions(clock);
  }
  /** The name of the table, as its family gives it. */
  get name() {
    return this.family.defaults.name;
  }
  get policy() {
    return this.profile.policy;
  }
  now() {
    return this.lateness.stamp(this.clock.now());
  }
  get entries() {
    return this.#hash.size;
  }
  /** Takes a device in, as one of a namespace. A device that is never attached belongs to the initial one. */
  attach(device, options = {}) {
    this.detach(device);
    const { family = this.family, namespace = this.namespace } = options;
    const parameters = this.defaults.derive(namespace.initial);
    const on = { device, host: this, family, namespace, parameters, newest: null, proxied: 0 };
    this.#devices.set(device, on);
    return on;
  }
  /** Lets a device go, with its entries, its proxy entries and its settings. */
  detach(device) {
    const on = this.#devices.get(device);
    if (!on) return;
    this.ifdown(device, false);
    this.defaults.release(on.parameters);
    this.#devices.delete(device);
  }
  /** The record of a device, made when it is asked for first. */
  on(device) {
    return this.#devices.get(device) ?? this.attach(device);
  }
  parametersOf(device) {
    return this.on(device).parameters;
  }
  /** Every set in use: the defaults, and one for each device. */
  *allParameters() {
    yield this.defaults;
    for (const { parameters } of this.#devices.values()) yield parameters;
  }
  /** Adds a listener for every change that Linux announces; the returned function removes it. */
  onChange(listener) {
    return this.#notifier.onChange(listener);
  }
  /** Adds a watcher for every change of state, with its cause; the returned function removes it. */
  onTransition(watcher) {
    return this.#notifier.onTransition(watcher);
  }
  notify(entry, event, pid = 0) {
    this.#notifier.changed(entry, event, pid);
  }
  moved(entry, from, to, cause) {
    this.#notifier.moved(entry, from, to, cause);
  }
  suspect(entry, kind, wasHigh, wasLow, claimed, at) {
    this.suspicions.note(entry, kind, wasHigh, wasLow, claimed, at);
  }
  expired(entry) {
    expired(entry);
  }
  updateGcList(entry) {
    this.gc.update(entry);
  }
  updateManaged(entry) {
    this.#managed.update(entry);
  }
  /** Finds an entry for the send path: the look-up is not counted. */
  find(key, device, rest = null) {
    return this.#hash.find(key, device, rest);
  }
  /** Finds an entry; the look-up is counted. */
  lookup(key, device, rest = null) {
    this.statistics.lookups++;
    const entry = this.find(key, device, rest);
    if (entry) this.statistics.hits++;
    return entry;
  }
  /**
   * Makes an entry that is not there yet, or returns the one that all keys of the device share if the family makes them one.
   * @param exempt garbage collection neither counts nor takes the entry: it will be PERMANENT, or is a control plane's
   * @param flags sum of NeighFlags
   * @returns null when it was refused; `refusal` says why
   */
  create(key, device, exempt = device.loopback, flags = 0, rest = null, cause = "packet") {
    if (!exempt && !this.gc.makeRoom()) {
      this.statistics.tableFulls++;
      this.overflow.say();
      return this.#refuse("full");
    }
    const on = this.on(device);
    const entry = new Neighbour(on, key, rest);
    entry.flags = flags;
    if (!on.family.construct(entry)) return this.#refuse("unconfigured");
    const known = entry.key === key ? null : this.find(entry.key, device, rest);
    if (known) return known;
    if (this.#hash.add(entry)) this.statistics.hashGrows++;
    this.statistics.allocs++;
    on.parameters.entries++;
    entry.older = on.newest;
    if (on.newest) on.newest.newer = entry;
    on.newest = entry;
    if (!exempt) this.gc.append(entry);
    if (flags & NeighFlags.MANAGED) this.#managed.update(entry);
    this.moved(entry, null, entry.nudState, cause);
    return entry;
  }
  #refuse(why) {
    this.refusal = why;
    return null;
  }
  /** Deletes an entry as an operator does: the senders of what waits are told first. */
  delete(entry, pid = 0) {
    update(entry, null, 0, Nud.FAILED, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE, pid);
    this.remove(entry);
  }
  /** Takes an entry out. The packets that wait in it are dropped, and their senders are not told. */
  remove(entry, cause = "admin") {
    if (entry.dead) return;
    const { on } = entry;
    this.#hash.remove(entry);
    entry.dead = true;
    this.timers.cancel(entry);
    this.gc.forget(entry);
    this.#managed.update(entry);
    if (entry.newer) entry.newer.older = entry.older;
    else on.newest = entry.older;
    if (entry.older) entry.older.newer = entry.newer;
    on.parameters.entries--;
    this.statistics.destroys++;
    purge(entry, DropReason.QUEUE_PURGE);
    this.moved(entry, entry.nudState, null, cause);
    this.notify(entry, "deleted");
  }
  /** Calls back with every entry, in no particular order. The table may be changed meanwhile. */
  forEach(callback) {
    this.#hash.forEach(callback);
  }
  /** Every entry, of one namespace or of all, in no particular order. */
  list(namespace) {
    const entries = [];
    this.forEach((entry) => {
      if (!namespace || entry.on.namespace === namespace) entries.push(entry);
    });
    return entries;
  }
  /** Removes a device's entries, the newest first: all of them, or all but the PERMANENT and EXT_VALIDATED ones. */
  flushDevice(device, keepPermanent) {
    for (let entry = this.on(device).newest; entry; entry = entry.older) {
      const kept = entry.nudState & Nud.PERMANENT || entry.flags & NeighFlags.EXT_VALIDATED;
      if (!(keepPermanent && kept)) this.remove(entry, "device");
    }
  }
  /** Flushes a device that is down or without carrier: entries, proxy entries, and the proxied requests that wait in its namespace. */
  ifdown(device, keepPermanent) {
    this.flushDevice(device, keepPermanent);
    this.proxies.flushDevice(device, keepPermanent);
    this.proxyQueue.purge(this.on(device).namespace);
  }
  /** Removes every entry and stops every timer. The table cannot be used afterwards. */
  close() {
    this.gc.stop();
    this.#managed.stop();
    this.proxyQueue.purge();
    for (const entry of this.list()) this.remove(entry, "close");
  }
};

// hal/revival.ts
var FIRST_INTERVAL = 1e3;
var LONGEST_INTERVAL = 6e4;
var LASTING = 6e4;
var Revival = class {
  /** Attempts since the failure. */
  attempts = 0;
  #clock;
  #attempt;
  #revived;
  #timer;
  #interval = FIRST_INTERVAL;
  /** When the last attempt succeeded, in the clock's ms. */
  #revivedAt = Number.NEGATIVE_INFINITY;
  #active = false;
  #underWay = null;
  /** It failed again while the attempt was under way, which may think that it succeeded. */
  #failedAgain = false;
  /**
   * @param attempt resolves when everything works again, rejects when it does not
   * @param revived called after an attempt that succeeded, unless it failed again meanwhile
   */
  constructor(clock, attempt, revived) {
    this.#clock = clock;
    this.#attempt = attempt;
    this.#revived = revived;
    this.#timer = clock.timer(() => this.#try());
  }
  /** It failed. Nothing new while that is known already. */
  begin() {
    if (this.#active) {
      this.#failedAgain = true;
      return;
    }
    if (this.#clock.now() - this.#revivedAt >= LASTING) this.#interval = FIRST_INTERVAL;
    this.#active = true;
    this.attempts = 0;
    this.#wait();
  }
  /** No attempt begins after this, until begin(). Resolves when the one under way has ended, which the caller may have to bring about. */
  async stop() {
    this.#active = false;
    this.#timer.cancel();
    this.#interval = FIRST_INTERVAL;
    await this.#underWay;
  }
  #wait() {
    this.#timer.arm(this.#interval);
    this.#interval = Math.min(2 * this.#interval, LONGEST_INTERVAL);
  }
  #try() {
    if (this.#underWay) {
      this.#timer.arm(FIRST_INTERVAL);
      return;
    }
    this.attempts++;
    this.#failedAgain = false;
    this.#underWay = this.#attempt().then(
      () => true,
      () => false
    ).then((opened) => {
      this.#underWay = null;
      if (!this.#active) return;
      if (!opened || this.#failedAgain) {
        this.#wait();
        return;
      }
      this.#active = false;
      this.#revivedAt = this.#clock.now();
      this.#revived();
    });
  }
};

// firmware-ts/net/device-health.ts
var DeviceHealth = class {
  /**
   * A controller that fails is closed and opened again until it works, unless it heals by itself. False: it is given up, and closed;
   * only an operator brings it back, with `ip link set DEV down` and `up`.
   */
  retries = true;
  /** The reason for which the device does not work; null while it does. */
  error = null;
  /** The fault that the last repair was for. */
  repaired = "";
  /** Length of the failure that ended last, in ms. */
  outage = 0;
  #clock;
  #controller;
  #attempts;
  #failures = 0;
  #recoveries = 0;
  #failedAt = 0;
  /** @param attempts how often it was tried since it last failed */
  constructor(clock, controller, attempts) {
    this.#clock = clock;
    this.#controller = controller;
    this.#attempts = attempts;
  }
  /** It failed and is not tried again. */
  get givenUp() {
    return this.error !== null && !this.retries;
  }
  /** It does not work. True when that is news, and not another word on a failure that is known. */
  fail(error) {
    const news = this.error === null;
    this.error = error;
    if (!news) return false;
    this.#failures++;
    this.#failedAt = this.#clock.now();
    return true;
  }
  /** It works. True when that is news. */
  recover() {
    if (this.error === null) return false;
    this.error = null;
    this.#recoveries++;
    this.outage = this.#clock.now() - this.#failedAt;
    return true;
  }
  report() {
    const { health } = this.#controller;
    const now = this.#clock.now();
    return {
      failures: this.#failures,
      recoveries: this.#recoveries,
      attempts: this.#attempts(),
      failedFor: this.error === null ? null : now - this.#failedAt,
      suspicions: health?.suspicions ?? null,
      repairs: health?.repairs ?? null,
      sinceProof: health?.provenAt == null ? null : now - health.provenAt
    };
  }
};

// firmware-ts/net/stack-error.ts
var StackError = class extends Error {
  /** Stable: EXISTS, ROUTE_MISSING, … */
  code;
  errno;
  /** The name, address or value that was refused; empty where the code says it all. */
  detail;
  constructor(code, errno, message, detail = "") {
    super(message);
    this.name = "StackError";
    this.code = code;
    this.errno = errno;
    this.detail = detail;
  }
};

// firmware-ts/net/device-words.ts
var Iff = {
  UP: 1,
  BROADCAST: 2,
  LOOPBACK: 8,
  POINTOPOINT: 16,
  NOARP: 128,
  MULTICAST: 4096
};
var ARPHRD_ETHER = 1;
var ARPHRD_LOOPBACK = 772;
var MIN_MTU = 68;
var DeviceError = class extends StackError {
  constructor(code, message) {
    super(code, ERRNOS[code], message);
    this.name = "DeviceError";
  }
};
var ERRNOS = {
  ADDRESS_INVALID: "EADDRNOTAVAIL",
  GROUP_INVALID: "EINVAL",
  GROUP_NOT_JOINED: "ENOENT",
  MTU_TOO_LARGE: "EINVAL",
  MTU_TOO_SMALL: "EINVAL",
  NAME_INVALID: "EINVAL",
  NAME_TAKEN: "EEXIST"
};

// firmware-ts/net/softnet.ts
var Softnet = class {
  /** Frames one run may take in, over all controllers. */
  netdevBudget;
  /** Microseconds one run may take. */
  netdevBudgetUsecs;
  /** Frames one poll of the backlog may take in, times devWeightRxBias. A controller's is NAPI_WEIGHT whatever this says. */
  devWeight = 64;
  devWeightRxBias = 1;
  /** A packet is refused when more than this wait. */
  netdevMaxBacklog;
  /** Most frames that a poll collects before it hands them up. */
  groNormalBatch = 8;
  /** Microseconds for which a socket polls by itself when it is not told how long. */
  busyRead = 0;
  /** Frames that came up to the protocols. */
  processed = 0;
  /** Packets that the backlog refused. */
  dropped = 0;
  /** Runs that ended because budget or time was used up, whether or not somebody was left waiting. */
  timeSqueeze = 0;
  constructor(options = {}) {
    this.netdevBudget = options.budget ?? 300;
    this.netdevBudgetUsecs = Math.round((options.timeLimit ?? 8) * 1e3);
    this.netdevMaxBacklog = options.maxBacklog ?? 1e3;
  }
};

// firmware-ts/net/napi.ts
var NAPI_WEIGHT = 64;
var BUSY_POLL_BUDGET = 8;
var STANDSTILL = 100;
var Napi = class {
  weight;
  #scheduler;
  #target;
  #deferHardIrqs = 0;
  #flushTimeout = 0;
  /** Polls again what was kept masked. Made when it is needed first. */
  #watchdog = null;
  #deferrals = 0;
  #scheduled = false;
  /** Asked for again while scheduled: the poll under way may have looked too early. */
  #missed = false;
  /** In the middle of a poll, on this call stack. */
  #polling = false;
  /** In the middle of a poll that waits for its bus. */
  #pending = false;
  /** A caller polls in a loop and keeps the interrupt masked. */
  #busy = false;
  #enabled = false;
  /** On a list of the scheduler; kept by the scheduler. */
  listed = false;
  constructor(scheduler, target, weight = NAPI_WEIGHT) {
    this.#scheduler = scheduler;
    this.#target = target;
    this.weight = weight;
  }
  /** Polls in a row that may find nothing before the interrupt is unmasked (napi_defer_hard_irqs). Needs a flushTimeout. */
  get deferHardIrqs() {
    return this.#deferHardIrqs;
  }
  /** @throws RangeError when it is no whole number from 0 to 2^31-1 */
  set deferHardIrqs(count) {
    if (!Number.isInteger(count) || count < 0 || count > 2147483647)
      throw new RangeError(`napi_defer_hard_irqs is a whole number from 0 to 2147483647, not ${count}`);
    this.#deferHardIrqs = count;
  }
  /** Milliseconds after which a controller that is kept masked is polled again (gro_flush_timeout, there in ns). 0: never kept. */
  get flushTimeout() {
    return this.#flushTimeout;
  }
  /** @throws RangeError when it is no duration */
  set flushTimeout(timeout) {
    if (!(timeout >= 0) || !Number.isFinite(timeout))
      throw new RangeError(`gro_flush_timeout is a number of milliseconds, 0 or more, not ${timeout}`);
    this.#flushTimeout = timeout;
  }
  get scheduled() {
    return this.#scheduled;
  }
  enable() {
    this.#enabled = true;
  }
  /** No poll starts after this. */
  disable() {
    this.#enabled = false;
    this.#scheduled = false;
    this.#missed = false;
    this.#pending = false;
    this.#deferrals = 0;
    this.#watchdog?.cancel();
    this.#scheduler.remove(this);
  }
  /** napi_schedule: true when this call put it on the list. */
  schedule() {
    if (!this.#enabled) return false;
    if (this.#scheduled) {
      this.#missed = true;
      return false;
    }
    this.#scheduled = true;
    if (!this.#pending) this.#scheduler.add(this);
    return true;
  }
  /** napi_complete_done: true when the interrupt may be unmasked; false when it stays masked and another poll will follow. */
  complete(work) {
    if (!this.#enabled || this.#busy) return false;
    if (work > 0) this.#deferrals = this.#deferHardIrqs;
    const deferred = this.#deferrals > 0;
    if (deferred) this.#deferrals--;
    if (this.#missed) {
      this.#missed = false;
      return false;
    }
    this.#scheduled = false;
    if (!deferred || !(this.#flushTimeout > 0)) return true;
    this.#watchdog ??= this.#scheduler.timer(() => this.schedule());
    this.#watchdog.arm(this.#flushTimeout);
    return false;
  }
  /** For the scheduler: one poll. Returns the frames handed up, or POLL_PENDING. */
  run() {
    this.listed = false;
    return this.#poll(this.weight);
  }
  /** The end of a poll that was pending. */
  polled(_work) {
    if (!this.#pending) return;
    this.#pending = false;
    if (this.#scheduled) this.#scheduler.add(this);
  }
  /**
   * Polls from here and now until `done` says so or `limit` milliseconds are over, interrupt masked; then once more, which unmasks
   * it. A poll that was due is taken over. 0 at once when a poll is under way already: from within it, or on a bus that waits. A bus
   * that waits ends it after one poll, and a clock that stands still (virtual time) when there is nothing more.
   * @returns frames handed up
   */
  busyPoll(limit, done, budget = BUSY_POLL_BUDGET) {
    if (!this.#enabled || this.#polling || this.#pending) return 0;
    this.#watchdog?.cancel();
    this.#scheduler.remove(this);
    this.#scheduled = true;
    let total = 0;
    this.#busy = true;
    try {
      total = this.#spin(limit, done, budget);
    } finally {
      this.#busy = false;
    }
    if (this.#enabled && !this.#pending) total += Math.max(0, this.#poll(budget));
    if (this.#scheduled && !this.#pending) this.#scheduler.add(this);
    return total;
  }
  #spin(limit, done, budget) {
    const end2 = this.#scheduler.now() + limit;
    let total = 0;
    let idle = 0;
    let last = Number.NEGATIVE_INFINITY;
    while (!done()) {
      const work = this.#poll(budget);
      if (work > 0) total += work;
      const now = this.#scheduler.now();
      idle = work > 0 || now !== last ? 0 : idle + 1;
      last = now;
      if (this.#pending || !this.#enabled || now >= end2 || idle >= STANDSTILL) break;
    }
    return total;
  }
  #poll(budget) {
    this.#missed = false;
    this.#polling = true;
    try {
      const work = this.#target.poll(budget);
      this.#pending = work === POLL_PENDING && this.#enabled;
      return work;
    } catch (error) {
      if (this.#scheduled) this.#scheduler.add(this);
      throw error;
    } finally {
      this.#polling = false;
    }
  }
};
var NapiScheduler = class {
  softnet;
  #clock;
  #softirq;
  /** Waiting for a poll, in order. */
  #list = [];
  /** The list of the run under way; kept to be used again. */
  #running = [];
  /** Those that used their whole weight in this run. */
  #repoll = [];
  constructor(clock, options = {}) {
    this.#clock = clock;
    this.softnet = new Softnet(options);
    this.#softirq = clock.task(() => this.#receiveAction());
  }
  now() {
    return this.#clock.now();
  }
  timer(callback) {
    return this.#clock.timer(callback);
  }
  add(napi) {
    if (napi.listed) return;
    napi.listed = true;
    this.#list.push(napi);
    this.#softirq.schedule();
  }
  remove(napi) {
    napi.listed = false;
    for (const list of [this.#list, this.#running, this.#repoll]) {
      const at = list.indexOf(napi);
      if (at >= 0) list.splice(at, 1);
    }
  }
  /** The kernel's net_rx_action. */
  #receiveAction() {
    const running = this.#list;
    this.#list = this.#running;
    this.#running = running;
    const end2 = this.#clock.now() + this.softnet.netdevBudgetUsecs / 1e3;
    try {
      this.#pollAll(running, end2);
    } finally {
      this.#requeue(running);
    }
  }
  #pollAll(running, end2) {
    let left = this.softnet.netdevBudget;
    for (let napi = running.shift(); napi; napi = running.shift()) {
      const work = napi.run();
      if (work === POLL_PENDING) continue;
      if (napi.scheduled && !napi.listed) this.#repoll.push(napi);
      left -= work;
      if (left <= 0 || this.#clock.now() >= end2) {
        this.softnet.timeSqueeze++;
        return;
      }
    }
  }
  /** Leftovers keep their place in front, full-weight ones wait behind all others. */
  #requeue(running) {
    for (let napi = this.#list.shift(); napi; napi = this.#list.shift()) running.push(napi);
    for (let napi = this.#repoll.shift(); napi; napi = this.#repoll.shift()) {
      napi.listed = true;
      running.push(napi);
    }
    this.#running = this.#list;
    this.#list = running;
    if (running.length > 0) this.#softirq.schedule();
  }
};

// firmware-ts/net/receive-list.ts
var ReceiveList = class {
  /** A poll is under way: what comes is collected. */
  collecting = false;
  #device;
  #softnet;
  #list = new SkBuffQueue();
  #handler = null;
  constructor(device, softnet) {
    this.#device = device;
    this.#softnet = softnet;
  }
  /** Packets that were collected and not handed up yet. */
  get length() {
    return this.#list.length;
  }
  /** Collects one packet, or hands it up at once when its protocol takes no lists. */
  add(skb, handler) {
    if (handler === this.#handler) this.#collect(skb);
    else if (this.#list.length > 0) this.#deliverBefore(skb, handler);
    else this.#begin(skb, handler);
  }
  /**
   * Hands up what was collected. When a handler of an application throws, the rest is handed up first, so that no packet is lost, and
   * the error is thrown then.
   */
  deliver() {
    const handler = this.#handler;
    this.#handler = null;
    let errors = null;
    while (this.#list.length > 0) {
      try {
        handler.receiveList?.(this.#list, this.#device);
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors) throw errors.length === 1 ? errors[0] : new AggregateError(errors, `${errors.length} receive handlers failed`);
  }
  /** Drops what was collected: the device was closed from within a poll. */
  purge(drops) {
    this.#handler = null;
    for (let skb = this.#list.dequeue(); skb; skb = this.#list.dequeue()) drops.drop(skb, DropReason.QUEUE_PURGE);
  }
  /** The first packet of a list, or one that its protocol takes by itself. */
  #begin(skb, handler) {
    if (this.collecting === true && handler.receiveList !== void 0) {
      this.#handler = handler;
      this.#collect(skb);
    } else handler.receive(skb, this.#device);
  }
  #collect(skb) {
    this.#list.enqueue(skb);
    if (this.#list.length >= this.#softnet.groNormalBatch) this.deliver();
  }
  #deliverBefore(skb, handler) {
    try {
      this.deliver();
    } finally {
      this.#begin(skb, handler);
    }
  }
};

// firmware-ts/net/receive-mode.ts
var DeviceReceiveMode = class {
  #controller;
  #memberships = [];
  #promiscuous = false;
  #allMulticast = false;
  #foreign = false;
  /** The controller was told once: from then on its mode is this one's. */
  #told = false;
  constructor(controller) {
    this.#controller = controller;
  }
  /** An operator wants every frame (IFF_PROMISC). */
  get promiscuous() {
    return this.#promiscuous;
  }
  /** The device has another station address than its controller, which filters by its own. */
  get foreign() {
    return this.#foreign;
  }
  setPromiscuous(on) {
    this.#promiscuous = on;
  }
  /** An operator wants the frames of every group (IFF_ALLMULTI). */
  get allMulticast() {
    return this.#allMulticast;
  }
  setAllMulticast(on) {
    this.#allMulticast = on;
  }
  setForeign(on) {
    this.#foreign = on;
  }
  /** Groups that are joined. */
  get groups() {
    return this.#memberships.map(({ address }) => address);
  }
  /**
   * Adds one user of a group (dev_mc_add). True when it is the first one.
   * @throws DeviceError GROUP_INVALID
   */
  join(group) {
    if (!isGroupAddress(group)) throw new DeviceError("GROUP_INVALID", "not a group address");
    const membership = this.#find(group);
    if (membership) membership.users++;
    else this.#memberships.push({ address: Uint8Array.from(group), users: 1 });
    return membership === void 0;
  }
  /**
   * Takes one user of a group away (dev_mc_del). True when it was the last one.
   * @throws DeviceError GROUP_NOT_JOINED
   */
  leave(group) {
    const membership = this.#find(group);
    if (!membership) throw new DeviceError("GROUP_NOT_JOINED", "the group was not joined");
    if (--membership.users > 0) return false;
    this.#memberships.splice(this.#memberships.indexOf(membership), 1);
    return true;
  }
  /** Tells the controller. */
  apply() {
    const promiscuous = this.#foreign || this.#promiscuous;
    this.#told = true;
    this.#controller.setReceiveMode({ promiscuous, allMulticast: promiscuous || this.#allMulticast, groups: this.groups });
  }
  /** After open(): tells the controller, unless nobody ever asked for more than a controller lets through by itself. */
  restore() {
    if (this.#told || this.#foreign || this.#promiscuous || this.#allMulticast || this.#memberships.length > 0) this.apply();
  }
  #find(group) {
    return this.#memberships.find(({ address }) => group.length === address.length && sameMac(address, 0, group, 0));
  }
};

// firmware-ts/net/device.ts
var { NONE: NONE2 } = DropReason;
var { NOARP, LOOPBACK, POINTOPOINT } = Iff;
var HEADER2 = ETHERNET_HEADER;
var TX_QUEUE_LENGTH = 1e3;
var NetDevice = class {
  /** Changed by Network.rename() only. */
  name;
  ifindex;
  controller;
  /** ARPHRD_…: what it is in the hardware type field of an ARP packet. */
  type;
  /** Station address; the controller's, copied when the device came up, unless setAddress() gave another. */
  address = new Uint8Array(MAC_BYTES);
  /** The same six bytes, to be read as words. */
  addressView = new DataView(this.address.buffer);
  broadcast = BROADCAST_MAC;
  /** Frames that may wait (`txqueuelen`). With 0 one may, as with the kernel's pfifo. */
  txQueueLength = TX_QUEUE_LENGTH;
  drops = new DropCounters();
  /** The controller fills in a checksum that is left to it (ControllerCapabilities.txChecksum). */
  txChecksum;
  /** The operator's second name for it (`ip link set DEV alias`). */
  alias = "";
  health;
  #user;
  #napi;
  #revival;
  #goodbye;
  #queue = new SkBuffQueue();
  #received;
  #receiveMode;
  #maxMtu;
  #mtu;
  #flags;
  #up = false;
  #carrier = false;
  constructor(name, ifindex, controller, user, options = {}) {
    this.name = name;
    this.ifindex = ifindex;
    this.controller = controller;
    this.type = options.type ?? ARPHRD_ETHER;
    this.#flags = options.flags ?? Iff.BROADCAST | Iff.MULTICAST;
    this.#maxMtu = controller.capabilities.maxFrame - ETHERNET_HEADER;
    this.#mtu = this.#maxMtu;
    this.txChecksum = controller.capabilities.txChecksum;
    this.address.set(controller.address);
    this.#user = user;
    this.#received = new ReceiveList(this, user.napi.softnet);
    this.#receiveMode = new DeviceReceiveMode(controller);
    this.#napi = new Napi(user.napi, this);
    this.#revival = new Revival(
      user.clock,
      () => this.#reopen(),
      () => this.#recovered()
    );
    this.#goodbye = user.clock.task(() => void controller.close());
    this.health = new DeviceHealth(user.clock, controller, () => this.#revival.attempts);
  }
  get pool() {
    return this.#user.pool;
  }
  /** Administratively up: IFF_UP. */
  get up() {
    return this.#up;
  }
  /** The reason for which the device does not work though it is up; null while it does. */
  get error() {
    return this.health.error;
  }
  /** The link is there: IFF_LOWER_UP. */
  get hasCarrier() {
    return this.#carrier;
  }
  /** Sum of Iff. */
  get flags() {
    return this.#up ? this.#flags | Iff.UP : this.#flags;
  }
  /** IFF_LOOPBACK. */
  get loopback() {
    return (this.#flags & LOOPBACK) !== 0;
  }
  /** IFF_NOARP: no address resolution on this link. */
  get noArp() {
    return (this.#flags & NOARP) !== 0;
  }
  /** IFF_POINTOPOINT: everybody on the link is one neighbour. */
  get pointToPoint() {
    return (this.#flags & POINTOPOINT) !== 0;
  }
  /** IFF_MULTICAST, which nothing here depends on; `ip link set DEV multicast on|off`. */
  get multicast() {
    return (this.#flags & Iff.MULTICAST) !== 0;
  }
  setMulticast(on) {
    if (on !== this.multicast) this.#flags ^= Iff.MULTICAST;
  }
  /** Largest packet, in bytes, without the Ethernet header. */
  get mtu() {
    return this.#mtu;
  }
  get statistics() {
    return this.controller.statistics;
  }
  /** Frames waiting for the controller. */
  get queued() {
    return this.#queue.length;
  }
  /**
   * Sets the largest packet.
   * @throws DeviceError MTU_TOO_SMALL, MTU_TOO_LARGE
   */
  setMtu(mtu) {
    if (!(mtu >= MIN_MTU)) throw new DeviceError("MTU_TOO_SMALL", `an mtu is ${MIN_MTU} or more`);
    if (mtu > this.#maxMtu) throw new DeviceError("MTU_TOO_LARGE", `the largest mtu of ${this.name} is ${this.#maxMtu}`);
    if (mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#user.deviceEvent(this, "mtu");
  }
  /**
   * Sets the station address. A controller that filters by the one it was made with is told to let everything through: what is not
   * for us is sorted out above it.
   * @param address six bytes, copied
   * @throws DeviceError ADDRESS_INVALID a group address, or all zeros
   */
  setAddress(address) {
    const wrong = !isStationAddress(address) || address.every((octet) => octet === 0);
    if (wrong) throw new DeviceError("ADDRESS_INVALID", "a station has neither a group address nor all zeros");
    this.address.set(address);
    this.#receiveMode.setForeign(!sameMac(address, 0, this.controller.address, 0));
    if (this.#up) this.#receiveMode.apply();
    this.#user.deviceEvent(this, "address");
  }
  /** `ip link set DEV arp on|off`. */
  setArp(on) {
    if (on === !this.noArp) return;
    this.#flags ^= Iff.NOARP;
    this.#user.deviceEvent(this, "arp");
  }
  /**
   * Opens the controller.
   * @throws ControllerError
   */
  async open() {
    if (this.#up) return;
    this.health.recover();
    this.#up = true;
    this.#napi.enable();
    try {
      await this.controller.open(this);
    } catch (error) {
      this.#up = false;
      this.#carrier = false;
      this.#napi.disable();
      this.#purge();
      throw error;
    }
    if (!this.#up) return;
    if (!this.#receiveMode.foreign) this.address.set(this.controller.address);
    this.#receiveMode.restore();
    this.#user.deviceEvent(this, "up");
  }
  async close() {
    if (!this.#up) return;
    this.#up = false;
    this.#carrier = false;
    this.#napi.disable();
    this.#purge();
    this.#received.purge(this.drops);
    this.#user.deviceEvent(this, "down");
    const stopped = this.#revival.stop();
    await this.controller.close();
    await stopped;
  }
  /** Sends a complete frame, or keeps it for the controller. Returns NONE or why it was dropped; the buffer is gone either way. */
  transmit(skb) {
    if (this.#carrier === false || this.#up === false)
      return this.#refuse(skb, this.#up ? DropReason.TX_CARRIER : DropReason.DEV_READY);
    if (skb.tail - skb.data > this.#mtu + HEADER2) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    const queue = this.#queue;
    if (queue.length >= (this.txQueueLength || 1)) return this.#refuse(skb, DropReason.QDISC_DROP);
    this.#user.transmitted(this, skb);
    if (queue.length === 0 && this.controller.transmit(skb)) return NONE2;
    queue.enqueue(skb);
    return NONE2;
  }
  /** Frames for others come up too (IFF_PROMISC); they are dropped as OTHERHOST, but taps see them. */
  get promiscuous() {
    return this.#receiveMode.promiscuous;
  }
  setPromiscuous(on) {
    this.#receiveMode.setPromiscuous(on);
    if (this.#up) this.#receiveMode.apply();
  }
  /** The frames of every group come up (IFF_ALLMULTI). */
  get allMulticast() {
    return this.#receiveMode.allMulticast;
  }
  setAllMulticast(on) {
    this.#receiveMode.setAllMulticast(on);
    if (this.#up) this.#receiveMode.apply();
  }
  /** Groups whose frames the controller is asked for, each once. */
  get groups() {
    return this.#receiveMode.groups;
  }
  /**
   * Joins a group: its frames come up from now on. Each join() wants a leave() (the kernel's dev_mc_add). The group stays joined when the
   * device goes down and up, and when its controller fails and comes back.
   * @param group six bytes, copied
   * @throws DeviceError GROUP_INVALID not a group's address
   */
  join(group) {
    if (this.#receiveMode.join(group) && this.#up) this.#receiveMode.apply();
  }
  /**
   * Ends one join(); with the last one the group's frames are filtered again, as far as the controller can (dev_mc_del).
   * @throws DeviceError GROUP_NOT_JOINED
   */
  leave(group) {
    if (this.#receiveMode.leave(group) && this.#up) this.#receiveMode.apply();
  }
  /** Polls in a row that may find nothing before the controller's interrupt is unmasked (napi_defer_hard_irqs). Default 0. */
  get deferHardIrqs() {
    return this.#napi.deferHardIrqs;
  }
  /** @throws RangeError when it is no whole number from 0 to 2^31-1 */
  set deferHardIrqs(count) {
    this.#napi.deferHardIrqs = count;
  }
  /** Milliseconds after which a controller that is kept masked is polled again (gro_flush_timeout, there in ns). Default 0: never kept. */
  get flushTimeout() {
    return this.#napi.flushTimeout;
  }
  /** @throws RangeError when it is no duration */
  set flushTimeout(timeout) {
    this.#napi.flushTimeout = timeout;
  }
  /**
   * Polls the controller from here and now, until `done` says so or `limit` milliseconds are over (SO_BUSY_POLL): an answer that is
   * waited for is taken in without the event loop's next turn, and nothing else runs meanwhile. 0 at once when the device is down or
   * a poll is under way: called from a receive handler, or where the bus waits. In virtual time it ends when nothing more is there.
   * @returns frames taken in
   */
  busyPoll(limit, done) {
    return this.#napi.busyPoll(limit, done);
  }
  // Called by the scheduler.
  poll(budget) {
    let work = 0;
    const received = this.#received;
    received.collecting = true;
    try {
      work = this.controller.poll(budget);
    } finally {
      received.collecting = false;
    }
    if (received.length > 0) received.deliver();
    return work;
  }
  // Called by the controller.
  schedule() {
    return this.#napi.schedule();
  }
  receive(skb) {
    if (this.#up === false) {
      this.drops.drop(skb, DropReason.DEV_READY);
      return;
    }
    const handler = this.#user.receiverOf(skb, this);
    if (handler !== null) this.#received.add(skb, handler);
  }
  complete(work) {
    if (this.#received.length > 0) this.#received.deliver();
    return this.#napi.complete(work);
  }
  polled(work) {
    this.#napi.polled(work);
  }
  wake() {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) {
      if (!this.controller.transmit(skb)) {
        this.#queue.requeue(skb);
        return;
      }
    }
  }
  carrier(up) {
    if (up === this.#carrier || !this.#up) return;
    if (up) this.#recovered();
    this.#carrier = up;
    if (!up) this.#purge();
    this.#user.deviceEvent(this, up ? "carrier-up" : "carrier-down");
  }
  failed(error) {
    if (!this.#up) return;
    const news = this.health.fail(error);
    this.carrier(false);
    if (news) this.#toldFailed();
    if (!this.health.retries) this.#goodbye.schedule();
    else if (!this.controller.heals) this.#revival.begin();
  }
  repaired(what) {
    if (!this.#up) return;
    if (this.health.error) {
      this.#recovered();
      return;
    }
    this.health.repaired = what;
    this.#user.deviceEvent(this, "repaired");
  }
  /**
   * For the board: something that the controller depends on, and that heals by itself, stopped working, or works again (null): the
   * interface that is a simulated chip's wire. The controller sees no more of it than its link.
   */
  trouble(error) {
    if (!this.#up) return;
    if (error === null) this.#recovered();
    else if (this.health.fail(error)) this.#toldFailed();
  }
  #toldFailed() {
    this.#revival.attempts = 0;
    this.#user.deviceEvent(this, "failed");
  }
  /** An attempt to bring back a controller that has failed. */
  async #reopen() {
    await this.controller.close().catch(() => void 0);
    this.#napi.disable();
    if (!this.#up) return;
    this.#napi.enable();
    try {
      await this.controller.open(this);
      if (this.#up) this.#receiveMode.restore();
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }
  #recovered() {
    if (!this.health.recover()) return;
    if (!this.#receiveMode.foreign && !sameMac(this.address, 0, this.controller.address, 0)) {
      this.address.set(this.controller.address);
      this.#user.deviceEvent(this, "replaced");
    }
    this.#user.deviceEvent(this, "recovered");
  }
  #refuse(skb, reason) {
    this.drops.drop(skb, reason);
    return reason;
  }
  #purge() {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) this.drops.drop(skb, DropReason.QUEUE_PURGE);
  }
};

// firmware-ts/ip4/routing/scope.ts
var Scope = { GLOBAL: 0, LINK: 253, HOST: 254, NOWHERE: 255 };

// firmware-ts/ip4/arp/counters.ts
var ArpCounters = class {
  /** Requests sent to everybody: each wakes every node of the segment. */
  requestsBroadcast = 0;
  /** Requests sent to one known neighbour. */
  requestsUnicast = 0;
  repliesSent = 0;
  requestsReceived = 0;
  repliesReceived = 0;
  /** Frames without a usable ARP packet: too short, or with wrong types, lengths or operation. */
  invalid = 0;
  /** Frames for another station, or on a device without ARP: neither looked at nor dropped, as in the kernel. */
  passedOver = 0;
};

// firmware-ts/ip4/arp/defaults.ts
var ARP_DEFAULTS = {
  name: "arp_cache",
  limits: { thresh1: 128, thresh2: 512, thresh3: 1024, interval: 3e4 },
  parameters: {
    mcastProbes: 3,
    ucastProbes: 3,
    appProbes: 0,
    mcastReprobes: 0,
    retransTime: 1e3,
    baseReachableTime: 3e4,
    delayProbeTime: 5e3,
    intervalProbeTime: 5e3,
    gcStaleTime: 6e4,
    queueLengthBytes: 212992,
    proxyQueueLength: 64,
    anycastDelay: 1e3,
    proxyDelay: 800,
    // Within a second the first answer holds: of two answers to one broadcast the slower one does not win (RFC 826 has no such rule).
    lockTime: 1e3
  }
};

// firmware-ts/ip4/arp/defence.ts
var ANNOUNCE_INTERVAL = 2e3;
var DEFEND_INTERVAL = 1e4;
var ArpDefence = class {
  /** Number of ARP packets in which other stations named one of our addresses as theirs. */
  conflicts = 0;
  #clock;
  #announce;
  #timer;
  /** Second announcements in the order in which they are due: all wait equally long. */
  #waiting = [];
  /** Time of the last defence of each address. */
  #defended = /* @__PURE__ */ new Map();
  /** @param announce sends one announcement if the address is still the device's, and returns true when it did */
  constructor(clock, announce) {
    this.#clock = clock;
    this.#announce = announce;
    this.#timer = clock.timer(() => this.#again());
  }
  /** Announces an address that has come, or whose device has come up. */
  addressed(device, address) {
    if (this.#waiting.some((other) => other.device === device && other.address === address)) return;
    this.#announce(device, address);
    this.#waiting.push({ device, address, due: this.#clock.now() + ANNOUNCE_INTERVAL });
    if (!this.#timer.armed) this.#timer.arm(ANNOUNCE_INTERVAL);
  }
  /** Defends an address against a station that says it is its own. */
  conflict(device, address) {
    this.conflicts++;
    const now = this.#clock.now();
    if (now - (this.#defended.get(address) ?? Number.NEGATIVE_INFINITY) < DEFEND_INTERVAL) return;
    if (this.#announce(device, address)) this.#defended.set(address, now);
  }
  /** Forgets the second announcements of a device that goes down or away. */
  forget(device) {
    for (let at = this.#waiting.length - 1; at >= 0; at--) if (this.#waiting[at]?.device === device) this.#waiting.splice(at, 1);
  }
  /** Forgets every second announcement. */
  stop() {
    this.#timer.cancel();
    this.#waiting.length = 0;
  }
  /** Sends the second announcements that are due. */
  #again() {
    const now = this.#clock.now();
    for (let next2 = this.#waiting[0]; next2 && next2.due <= now; next2 = this.#waiting[0]) {
      this.#waiting.shift();
      this.#announce(next2.device, next2.address);
    }
    const next = this.#waiting[0];
    if (next) this.#timer.armAt(next.due);
  }
};

// firmware-ts/ip4/arp/policy.ts
var ArpPolicy = class {
  /** Number of requests left without answer because packets to the asker would leave by another device (TcpExt ArpFilter). */
  filtered = 0;
  #fib;
  constructor(fib) {
    this.#fib = fib;
  }
  /** arp_ignore: returns true when a request for our address `tip` that came in on the device gets no answer. */
  ignores(device, sip, tip) {
    switch (this.#fib.conf.on(device).arpIgnore) {
      case 1:
        return !this.#fib.confirms(device, 0, tip, Scope.HOST);
      case 2:
        return !this.#fib.confirms(device, sip, tip, Scope.HOST);
      case 3:
        return !this.#fib.confirms(null, 0, tip, Scope.LINK);
      case 8:
        return true;
      default:
        return false;
    }
  }
  /** arp_filter: returns true when packets to the asker do not leave by the device, so that it may not answer. */
  filters(device, sip) {
    if (!this.#fib.conf.on(device).arpFilter) return false;
    const out = this.#fib.routes.lookup(sip)?.device ?? null;
    if (out === device) return false;
    if (out) this.filtered++;
    return true;
  }
  /** arp_accept: returns true when an unasked answer or announcement of `sip` may make an entry. */
  accepts(device, sip) {
    const value = this.#fib.conf.on(device).arpAccept;
    return value === 1 || value === 2 && this.#fib.confirms(device, sip, 0, Scope.LINK);
  }
  /**
   * arp_announce: returns the source address of a request for `target`, on behalf of the packet that waits for it (null: of none). It is
   * 0 when we have no address at all.
   */
  sourceFor(device, target, packet) {
    const announce = this.#fib.conf.on(device).arpAnnounce;
    if (packet && announce !== 2) {
      const source = packet.view.getInt32(packet.network + IP_SOURCE);
      const usable = announce !== 1 || this.#fib.addresses.onLink(device, target, source);
      if (usable && this.#fib.addressType(source) === AddressType.LOCAL) return source;
    }
    return this.#fib.select(device, target, Scope.LINK);
  }
};

// firmware-ts/ip4/routing/route-log.ts
var Martian = { NONE: 0, SOURCE: 1, DESTINATION: 2 };
var BURST3 = 10;
var INTERVAL4 = 5e3;
var RouteLog = class {
  /** Takes a line; null when nobody listens. */
  sink = null;
  #limit;
  constructor(clock) {
    this.#limit = new RateLimit(clock, INTERVAL4, BURST3);
  }
  /** A packet was dropped. @param frame offset of its Ethernet header in `bytes` */
  martian(martian, destination, source, device, bytes, frame) {
    if (!this.#allows()) return;
    const [from, to] = [formatIpv4(source), formatIpv4(destination)];
    if (martian === Martian.DESTINATION) {
      this.sink?.(`IPv4: martian destination ${to} from ${from}, dev ${device.name}`);
      return;
    }
    this.sink?.(`IPv4: martian source ${to} from ${from}, on dev ${device.name}`);
    const header = Array.from(bytes.subarray(frame, frame + ETHERNET_HEADER), (octet) => octet.toString(16).padStart(2, "0"));
    this.sink?.(`ll header: 00000000: ${header.join(" ")}`);
  }
  /** A redirect was not believed. @param source and `destination` those of the packet that it is about */
  redirectIgnored(reporter, device, gateway, source, destination) {
    if (!this.#allows()) return;
    this.sink?.(`IPv4: Redirect from ${formatIpv4(reporter)} on ${device.name} about ${formatIpv4(gateway)} ignored`);
    this.sink?.(`  Advised path = ${formatIpv4(source)} -> ${formatIpv4(destination)}`);
  }
  /** A host got as many redirects as there may be, and sends the wrong way still. */
  redirectsIgnored(host, device, destination, gateway) {
    if (!this.#allows()) return;
    const [to, by] = [formatIpv4(destination), formatIpv4(gateway)];
    this.sink?.(`IPv4: host ${formatIpv4(host)}/if${device.ifindex} ignores redirects for ${to} to ${by}`);
  }
  #allows() {
    if (!this.sink || !this.#limit.allows()) return false;
    const missed = this.#limit.takeMissed();
    if (missed > 0) this.sink(`net_ratelimit: ${missed} callbacks suppressed`);
    return true;
  }
};

// firmware-ts/ip/inet-error.ts
var InetError = class extends StackError {
  constructor(code, message, detail = "") {
    super(code, ERRNOS2[code], message, detail);
    this.name = "InetError";
  }
};
var ERRNOS2 = {
  ADDRESS_EXISTS: "EEXIST",
  ADDRESS_IN_USE: "EADDRINUSE",
  ADDRESS_INVALID: "EINVAL",
  ADDRESS_MISSING: "EADDRNOTAVAIL",
  ADDRESS_NOT_AVAILABLE: "EADDRNOTAVAIL",
  DEVICE_DOWN: "ENETDOWN",
  DEVICE_MISSING: "ENODEV",
  FAMILY_UNSUPPORTED: "EAFNOSUPPORT",
  LIFETIME_INVALID: "EINVAL",
  LLADDR_INVALID: "EINVAL",
  PORT_INVALID: "EINVAL",
  ROUTE_EXISTS: "EEXIST",
  ROUTE_INVALID: "EINVAL",
  ROUTE_MISSING: "ESRCH",
  ROUTE_NOT_THERE: "ENOENT",
  ROUTE_UNREACHABLE: "ENETUNREACH",
  SCOPE_INVALID: "EINVAL",
  SOURCE_INVALID: "EINVAL"
};

// firmware-ts/ip4/routing/prefix-table.ts
var NOWHERE = -1;
var ANY_LENGTH = 33;
var FIRST_PLACES = 8;
var HINTED = 64;
var HINT_BITS = 16;
var KEY = 2;
var LENGTH = 1;
var PrefixTable = class {
  /** Prefixes by length. */
  #counts = new Int32Array(ANY_LENGTH);
  /** The lengths that occur, but for 0: the lowest bit is 1's. */
  #present = 0;
  #size = 0;
  /** A power of 2 of places, at most half of them in use. A prefix stands at its hash's place or at the next free one. */
  #keys = new Int32Array(FIRST_PLACES * KEY);
  #shift = 32 - Math.log2(FIRST_PLACES);
  /** By place: the route that is to be used first. */
  #first = new Array(FIRST_PLACES).fill(null);
  /** By place: the number of the prefix in the order in which they came. */
  #born = new Float64Array(FIRST_PLACES);
  #births = 0;
  /** The other routes of a prefix, by the first: the smallest metric first and else the older one. */
  #others = /* @__PURE__ */ new Map();
  /** By the upper half of a destination, as `present`. A bit of a longer prefix stays when that goes: it costs a question then. */
  #hints = null;
  /** Hints that may have stayed. */
  #stale = 0;
  /** All routes: the longest prefix first, then by metric, then the older prefix. */
  get list() {
    const all = [];
    for (const [place, born] of this.#born.entries())
      for (const entry of this.#entriesAt(this.#first[place] === null ? NOWHERE : place)) all.push({ entry, born });
    all.sort(
      (one, other) => other.entry.prefixLength - one.entry.prefixLength || one.entry.metric - other.entry.metric || one.born - other.born
    );
    return all.map(({ entry }) => entry);
  }
  /** The routes for which `wanted` returns true, in no order. */
  filter(wanted) {
    const found = [];
    for (const first of this.#first) if (first !== null && wanted(first)) found.push(first);
    for (const others of this.#others.values()) found.push(...others.filter(wanted));
    return found;
  }
  /**
   * Finds the longest prefix that holds the destination.
   * @param below only shorter ones count; ANY_LENGTH for all
   * @returns its place, which is good until the next change; NOWHERE for none
   */
  longest(destination, below) {
    if (below === 0) return NOWHERE;
    let lengths = below === ANY_LENGTH ? this.#present : this.#present & ~(-1 << below - 1);
    if (this.#hints !== null) lengths &= this.#hints[destination >>> HINT_BITS];
    while (lengths !== 0) {
      const bit = 31 - Math.clz32(lengths);
      const place = this.#place(destination & -1 << 31 - bit, bit + 1);
      if (place !== NOWHERE) return place;
      lengths ^= 1 << bit;
    }
    return this.#counts[0] !== 0 ? this.#place(0, 0) : NOWHERE;
  }
  /** The length of the prefix at a place. */
  lengthAt(place) {
    return this.#keys[place * KEY + LENGTH] - 1;
  }
  /** The route of the prefix at a place that is to be used first. */
  firstAt(place) {
    return this.#first[place];
  }
  /** The other routes of the prefix at a place, in the order of their use. */
  othersAt(place) {
    return this.#others.size === 0 ? [] : this.#others.get(this.#first[place]) ?? [];
  }
  /** The routes of the very prefix of `entry`. */
  of({ destination, prefixLength }) {
    return this.#entriesAt(this.#place(destination, prefixLength));
  }
  /** Adds a route behind those of its prefix that have no larger metric. */
  add(entry) {
    const entries = this.of(entry);
    const at = entries.findIndex(({ metric }) => metric > entry.metric);
    this.#keep(entry, entries.toSpliced(at < 0 ? entries.length : at, 0, entry));
  }
  /** Adds a route right before another one of its prefix. */
  addBefore(entry, other) {
    const entries = this.of(entry);
    this.#keep(entry, entries.toSpliced(Math.max(0, entries.indexOf(other)), 0, entry));
  }
  /** Puts a route in the place of another one of its prefix. */
  replace(entry, by) {
    const entries = this.of(entry);
    this.#keep(
      entry,
      entries.map((one) => one === entry ? by : one)
    );
  }
  remove(entry) {
    const place = this.#place(entry.destination, entry.prefixLength);
    const entries = this.#entriesAt(place);
    const left = entries.filter((one) => one !== entry);
    if (left.length === entries.length) return;
    if (left.length > 0) this.#keep(entry, left);
    else this.#forget(place);
  }
  #entriesAt(place) {
    if (place === NOWHERE) return [];
    return [this.firstAt(place), ...this.othersAt(place)];
  }
  /** Makes these the routes of a prefix: one at least. */
  #keep({ destination, prefixLength }, entries) {
    let place = this.#place(destination, prefixLength);
    if (place === NOWHERE) place = this.#make(destination, prefixLength);
    else this.#others.delete(this.firstAt(place));
    const [first, ...others] = entries;
    this.#first[place] = first;
    if (others.length > 0) this.#others.set(first, others);
  }
  /** Makes a place for a prefix. */
  #make(destination, length) {
    if ((this.#size + 1) * 2 > this.#first.length) this.#resize(this.#first.length * 2);
    const place = this.#free(destination, length);
    this.#keys[place * KEY] = destination;
    this.#keys[place * KEY + LENGTH] = length + 1;
    this.#born[place] = this.#births++;
    this.#size++;
    if (this.#counts[length]++ === 0) this.#present |= bitOf(length);
    if (this.#hints !== null) hint(this.#hints, destination, length);
    else if (this.#size >= HINTED) this.#hintAnew();
    return place;
  }
  #forget(place) {
    const destination = this.#keys[place * KEY];
    const length = this.lengthAt(place);
    this.#others.delete(this.firstAt(place));
    this.#vacate(place);
    this.#size--;
    if (--this.#counts[length] === 0) this.#present &= ~bitOf(length);
    if (this.#size * 8 < this.#first.length && this.#first.length > FIRST_PLACES) this.#resize(this.#first.length / 2);
    if (this.#hints === null) return;
    if (length <= HINT_BITS) unhint(this.#hints, destination, length);
    else this.#stale++;
    if (this.#size < HINTED / 2) this.#hints = null;
    else if (this.#stale > this.#size) this.#hintAnew();
  }
  /** Empties a place, and moves those behind it up that would not be found any more. */
  #vacate(place) {
    const keys = this.#keys;
    const last = this.#first.length - 1;
    let hole = place;
    for (let at = hole + 1 & last; keys[at * KEY + LENGTH] !== 0; at = at + 1 & last) {
      const home = this.#home(keys[at * KEY], this.lengthAt(at));
      if ((at - home & last) < (at - hole & last)) continue;
      keys[hole * KEY] = keys[at * KEY];
      keys[hole * KEY + LENGTH] = keys[at * KEY + LENGTH];
      this.#first[hole] = this.#first[at];
      this.#born[hole] = this.#born[at];
      hole = at;
    }
    keys[hole * KEY + LENGTH] = 0;
    this.#first[hole] = null;
  }
  #resize(places) {
    const keys = this.#keys;
    const first = this.#first;
    const born = this.#born;
    this.#keys = new Int32Array(places * KEY);
    this.#first = new Array(places).fill(null);
    this.#born = new Float64Array(places);
    this.#shift = 32 - Math.log2(places);
    for (let from = 0; from < first.length; from++) {
      if (first[from] === null) continue;
      const place = this.#free(keys[from * KEY], keys[from * KEY + LENGTH] - 1);
      this.#keys[place * KEY] = keys[from * KEY];
      this.#keys[place * KEY + LENGTH] = keys[from * KEY + LENGTH];
      this.#first[place] = first[from];
      this.#born[place] = born[from];
    }
  }
  #hintAnew() {
    const hints = this.#hints?.fill(0) ?? new Int32Array(1 << HINT_BITS);
    const keys = this.#keys;
    for (let at = 0; at < keys.length; at += KEY) if (keys[at + LENGTH] !== 0) hint(hints, keys[at], keys[at + LENGTH] - 1);
    this.#hints = hints;
    this.#stale = 0;
  }
  #place(destination, length) {
    const keys = this.#keys;
    const last = keys.length - 1;
    let at = this.#home(destination, length) * KEY;
    for (; keys[at + LENGTH] !== 0; at = at + KEY & last)
      if (keys[at] === destination && keys[at + LENGTH] === length + 1) return at / KEY;
    return NOWHERE;
  }
  /** The place for a prefix that is not there. */
  #free(destination, length) {
    const keys = this.#keys;
    let place = this.#home(destination, length);
    while (keys[place * KEY + LENGTH] !== 0) place = place + 1 & keys.length / KEY - 1;
    return place;
  }
  #home(destination, length) {
    return Math.imul(destination ^ destination >>> 15 ^ Math.imul(length, MIX2), MIX2) >>> this.#shift;
  }
};
function bitOf(length) {
  return length === 0 ? 0 : 1 << length - 1;
}
function hint(hints, destination, length) {
  const bit = bitOf(length);
  const from = destination >>> HINT_BITS;
  for (let at = from; at <= lastHint(from, length); at++) hints[at] = hints[at] | bit;
}
function unhint(hints, destination, length) {
  const bit = bitOf(length);
  const from = destination >>> HINT_BITS;
  for (let at = from; at <= lastHint(from, length); at++) hints[at] = hints[at] & ~bit;
}
function lastHint(from, length) {
  return from | ~prefixMask(length) >>> HINT_BITS;
}
var MIX2 = 2654435761;

// firmware-ts/ip4/routing/route.ts
var RouteType = { UNICAST: 1, LOCAL: 2, BROADCAST: 3, BLACKHOLE: 6, UNREACHABLE: 7, PROHIBIT: 8, THROW: 9 };
function refuses(type) {
  return type >= RouteType.BLACKHOLE;
}
function mtuOf({ mtu, device }) {
  return mtu !== 0 && mtu < device.mtu ? mtu : device.mtu;
}
function nextHopOf(route, source, destination) {
  const { nexthops } = route;
  if (nexthops.length === 0) return route;
  let weights = 0;
  for (let at = 0; at < nexthops.length; at++) if (nexthops[at].device.up) weights += nexthops[at].weight;
  let point = hash(source, destination) * weights >>> HASH_BITS2;
  for (let at = 0; at < nexthops.length; at++) {
    const hop = nexthops[at];
    if (!hop.device.up) continue;
    if (point < hop.weight) return hop;
    point -= hop.weight;
  }
  return route;
}
function leavesBy({ device, nexthops }, by) {
  for (let at = 0; at < nexthops.length; at++) if (nexthops[at].device === by) return true;
  return device === by;
}
var HASH_BITS2 = 16;
function hash(source, destination) {
  let mixed = destination ^ Math.imul(source, 2654435761);
  mixed = Math.imul(mixed ^ mixed >>> 16, 2246822507);
  mixed = Math.imul(mixed ^ mixed >>> 13, 3266489909);
  return (mixed ^ mixed >>> 16) >>> 32 - HASH_BITS2;
}

// firmware-ts/ip4/routing/routes.ts
var FEATURES = [
  "destination",
  "prefixLength",
  "gateway",
  "device",
  "source",
  "metric",
  "protocol",
  "type",
  "scope",
  "mtu"
];
var MAX_MTU = 65520;
var NONE3 = [];
var LEG_FEATURES = ["gateway", "device", "weight", "onlink"];
var Routes = class {
  #main = new PrefixTable();
  #local = new PrefixTable();
  #changes = 0;
  /** Grows with every change, so that remembered answers can be checked. */
  get changes() {
    return this.#changes;
  }
  /** The routes of table `main`: the longest prefix first, then by metric. */
  get list() {
    return this.#main.list;
  }
  /** The routes of table `local`. */
  get localList() {
    return this.#local.list;
  }
  /** The routes of both tables whose destination is this very prefix. */
  of(prefix2) {
    return [...this.#local.of(prefix2), ...this.#main.of(prefix2)];
  }
  /**
   * Adds a route to table `main`, or to `local` if its type says so.
   * @throws InetError ROUTE_INVALID (host bits set), ROUTE_EXISTS (same destination and metric)
   */
  add(route) {
    const made = complete2(route);
    if (made.protocol !== "kernel" && this.#main.of(made).some((other) => sameKey(other, made))) {
      throw new InetError("ROUTE_EXISTS", "there is such a route already");
    }
    this.#insert(made);
    return made;
  }
  /**
   * Replaces the first route with this destination and metric (`ip route replace`, `change`). `change` makes no route if there is none.
   * @throws InetError ROUTE_INVALID, ROUTE_NOT_THERE
   */
  replace(route, change = false) {
    const made = complete2(route);
    this.#changes++;
    const there = this.#main.of(made).find((other) => sameKey(other, made));
    if (!there && change) throw new InetError("ROUTE_NOT_THERE", "there is no such route to change");
    if (there) this.#main.replace(there, made);
    else this.#insert(made);
    return made;
  }
  /**
   * Adds a route behind or before those with this destination and metric, of which the first is used (`ip route append`, `prepend`).
   * @throws InetError ROUTE_INVALID, ROUTE_EXISTS (the very same route)
   */
  addBeside(route, before2) {
    const made = complete2(route);
    const others = this.#main.of(made);
    if (others.some((other) => sameRoute(other, made))) throw new InetError("ROUTE_EXISTS", "there is such a route already");
    this.#changes++;
    const there = before2 ? others.find((other) => sameKey(other, made)) : void 0;
    if (there) this.#main.addBefore(made, there);
    else this.#insert(made);
    return made;
  }
  /** Removes the first route that matches; undefined when none does. */
  remove(match) {
    const meant = (route) => FEATURES.every((name) => match[name] === void 0 || route[name] === match[name]) && hasNexthops(route, match.nexthops);
    this.#changes++;
    const main = this.#main.of(match).find(meant);
    if (main) this.#main.remove(main);
    const local = main || match.type === void 0 ? void 0 : this.#local.of(match).find(meant);
    if (local) this.#local.remove(local);
    return main ?? local;
  }
  /** Has remembered answers looked up again: a device of some next hop went up or down. */
  refresh() {
    this.#changes++;
  }
  /** Removes every route for which `gone` returns true. */
  removeAll(gone) {
    this.#changes++;
    for (const route of this.#main.filter(gone)) this.#main.remove(route);
    for (const route of this.#local.filter(gone)) this.#local.remove(route);
  }
  /** Removes this very route from its table. */
  drop(route) {
    this.#changes++;
    this.#main.remove(route);
    if (leads(route)) this.#local.remove(route);
  }
  /**
   * Finds the route to a destination. There is none to 0.0.0.0 and 127/8 but in table `local` (RFC 1122 3.2.1.3).
   * @param device only its routes count
   */
  lookup(destination, device = null) {
    return this.lookupLocal(destination, device) ?? this.lookupMain(destination, device);
  }
  /** Finds a route in table `local` alone: the destination is ours, or a broadcast address of ours. */
  lookupLocal(destination, device = null) {
    const table = this.#local;
    let place = table.longest(destination, ANY_LENGTH);
    for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
      const first = table.firstAt(place);
      if (device === null || first.device === device) return first;
      const others = table.othersAt(place);
      for (let at = 0; at < others.length; at++) if (others[at].device === device) return others[at];
    }
    return null;
  }
  /** Finds a route in table `main` alone; null as well when the route there refuses the packets. */
  lookupMain(destination, device = null) {
    const entry = this.match(destination, device);
    return entry !== null && leads(entry) ? entry : null;
  }
  /** Finds the entry of table `main` that decides about packets to the destination: where they go, or that they are refused. */
  match(destination, device = null) {
    if (isZeronet(destination) || isLoopback(destination)) return null;
    const table = this.#main;
    let place = table.longest(destination, ANY_LENGTH);
    for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
      const first = towards(table.firstAt(place), device);
      if (first !== null) return first;
      const others = table.othersAt(place);
      for (let at = 0; at < others.length; at++) {
        const found = towards(others[at], device);
        if (found !== null) return found;
      }
    }
    return null;
  }
  /**
   * Finds the route by which a gateway itself is reached.
   * @param scope the least that it may have: a gateway is nearer than what lies behind it
   */
  reaching(gateway, scope, device) {
    const near = (entry) => entry.scope >= scope;
    const on = (entry) => !device || entry.device === device || !leads(entry);
    const meant = (entry) => near(entry) && on(entry);
    const found = firstHolding(this.#local, gateway, meant) ?? firstHolding(this.#main, gateway, meant);
    return found && leads(found) ? found : null;
  }
  #insert(made) {
    this.#changes++;
    if (made.type === RouteType.UNICAST || !leads(made)) this.#main.add(made);
    else this.#local.add(made);
  }
};
function firstHolding(table, destination, meant) {
  let place = table.longest(destination, ANY_LENGTH);
  for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
    const found = [table.firstAt(place), ...table.othersAt(place)].find(meant);
    if (found) return found;
  }
  return void 0;
}
function complete2(route) {
  const { destination, prefixLength, type = RouteType.UNICAST, source = 0, metric = 0, protocol = "static" } = route;
  const { gateway = 0, device = null, nexthops = [], mtu = 0, mtuLock = false } = route;
  const { scope = defaultScope(type, gateway !== 0 || nexthops.length > 0) } = route;
  const mask = prefixMask(prefixLength);
  if (destination & ~mask) {
    const right = `${formatIpv4(destination & mask)}/${prefixLength}`;
    throw new InetError("ROUTE_INVALID", `${formatIpv4(destination)}/${prefixLength} has host bits set; say ${right}`);
  }
  const whole2 = {
    destination,
    prefixLength,
    mask,
    source,
    metric,
    protocol,
    type,
    scope,
    mtu: Math.min(mtu, MAX_MTU),
    mtuLock: mtuLock && mtu !== 0
  };
  const { hop = gateway, onlink = false } = route;
  if (nexthops.length === 0) return entryOf(whole2, { gateway, hop, device, onlink, weight: 1 }, NONE3);
  const legs = nexthops.map((leg) => entryOf(whole2, leg, NONE3));
  return entryOf(whole2, legs[0], legs);
}
function entryOf(whole2, leg, nexthops) {
  return {
    // A look-up reads these, so that they stand side by side in memory.
    device: leg.device,
    type: whole2.type,
    nexthops,
    source: whole2.source,
    gateway: leg.gateway,
    hop: leg.hop,
    scope: whole2.scope,
    mtu: whole2.mtu,
    mtuLock: whole2.mtuLock,
    destination: whole2.destination,
    prefixLength: whole2.prefixLength,
    mask: whole2.mask,
    metric: whole2.metric,
    protocol: whole2.protocol,
    onlink: leg.onlink,
    weight: leg.weight
  };
}
function defaultScope(type, indirect) {
  if (type === RouteType.LOCAL) return Scope.HOST;
  return refuses(type) || type === RouteType.UNICAST && indirect ? Scope.GLOBAL : Scope.LINK;
}
function leads(entry) {
  return entry.device !== null;
}
function sameKey(one, other) {
  return one.destination === other.destination && one.prefixLength === other.prefixLength && one.metric === other.metric;
}
function sameRoute(one, other) {
  const fields = ["gateway", "device", "source", "protocol", "type", "scope", "onlink", "mtu", "mtuLock"];
  const same2 = sameKey(one, other) && fields.every((field) => one[field] === other[field]);
  return same2 && one.nexthops.length === other.nexthops.length && (one.nexthops.length === 0 || hasNexthops(one, other.nexthops));
}
function hasNexthops(route, wanted) {
  if (wanted === void 0) return true;
  const legs = route.nexthops.length === 0 ? [route] : route.nexthops;
  const has = (leg, at) => LEG_FEATURES.every((name) => wanted[at]?.[name] === void 0 || wanted[at]?.[name] === leg[name]);
  return legs.length === wanted.length && legs.every(has);
}
function towards(entry, device) {
  if (device === null || entry.device === null) return entry;
  const { nexthops } = entry;
  if (nexthops.length === 0) return entry.device === device ? entry : null;
  for (let hop = 0; hop < nexthops.length; hop++) if (nexthops[hop].device === device) return nexthops[hop];
  return null;
}

// firmware-ts/ip4/routing/input-route.ts
var InputWay = {
  /** Nowhere: its source or destination is not allowed there, or no route leads on. InputRoute.refusal says why. */
  REFUSED: 0,
  LOCAL: 1,
  BROADCAST: 2,
  /** On, by InputRoute.route. */
  FORWARD: 3
};
var Refusal = {
  /** The source address is not allowed there. */
  SOURCE: 0,
  /** The destination address is not allowed there. */
  DESTINATION: 1,
  /** The way back to the source is another one (RFC 3704). */
  REVERSE_PATH: 2,
  /** The packet is not for us, and the device does not forward. */
  NOT_LOCAL: 3,
  /** The packet is to be forwarded, but there is no route. */
  NO_ROUTE: 4,
  /** A route says that packets to the destination are refused, and how. */
  BLACKHOLE: 5,
  UNREACHABLE: 6,
  PROHIBIT: 7
};
var LINK_GROUPS = 14680064;
var RP_STRICT = 1;
var InputRoute = class {
  /** With REFUSED: the reason. */
  refusal = Refusal.NOT_LOCAL;
  /** With FORWARD: the route on; else null. */
  route = null;
  /** With FORWARD: the sender is on the link by which the packet leaves again, and is to hear of the shorter way. */
  redirect = false;
  /** With REFUSED: the address that may not be there, if that is worth a line in the log. */
  martian = Martian.NONE;
  /** The source is on the link of the device that the packet came by; known with `redirect` only. */
  onLink = false;
};
var PLACES_LOG2 = 8;
var MIX3 = 2654435761;
var DESTINATION = 0;
var SOURCE2 = 1;
var DEVICE = 2;
var GENERATION = 3;
var FIELDS_LOG2 = 2;
var InputRouter = class {
  #fib;
  #conf;
  #log;
  /** Of packets to one of our addresses that were let in: destination, source, the device's index, and Fib.generation at that time. */
  #known = new Int32Array(1 << PLACES_LOG2 + FIELDS_LOG2);
  constructor(fib, conf, log) {
    this.#fib = fib;
    this.#conf = conf;
    this.#log = log;
  }
  /**
   * Tells of the addresses of a packet that find() has just refused, where the device's log_martians asks for it.
   * @param frame offset of the frame's Ethernet header in `bytes`
   */
  tell(found, destination, source, device, bytes, frame) {
    if (found.martian === Martian.NONE || !this.#conf.on(device).logMartians) return;
    this.#log.martian(found.martian, destination, source, device, bytes, frame);
  }
  /**
   * Looks up the way of a packet that came in on the device.
   * @param ip true for an IP packet, false for an ARP request that stands for one
   */
  find(found, destination, source, device, ip2) {
    found.route = null;
    found.redirect = false;
    found.martian = Martian.NONE;
    if (isMulticast(source) || source === INADDR_BROADCAST) return refuseMartian(found, Refusal.SOURCE);
    if (ip2 && isMulticast(destination)) return this.#group(found, destination, source, device);
    if (destination === INADDR_BROADCAST) return this.#broadcast(found, source, device, ip2);
    if (isZeronet(source)) return refuseMartian(found, Refusal.SOURCE);
    if (isZeronet(destination)) return refuseMartian(found, Refusal.DESTINATION);
    if (!device.loopback && !this.#conf.on(device).routeLocalnet) {
      if (isLoopback(destination)) return refuseMartian(found, Refusal.DESTINATION);
      if (isLoopback(source)) return refuseMartian(found, Refusal.SOURCE);
    }
    const { routes } = this.#fib;
    const local = routes.lookupLocal(destination);
    if (local?.type === RouteType.BROADCAST) return this.#broadcast(found, source, device, ip2);
    if (local) return this.#sourceAllowed(found, source, device, null) ? InputWay.LOCAL : refuseMartian(found, found.refusal);
    if (!this.#conf.on(device).forwarding) return refuse(found, Refusal.NOT_LOCAL);
    const entry = routes.match(destination);
    if (entry === null || entry.device === null) return refuse(found, refusalOf(entry));
    const route = nextHopOf(entry, source, destination);
    if (!this.#sourceAllowed(found, source, device, route.device)) return refuseMartian(found, found.refusal);
    if (route.device === device) {
      if (!ip2 && !this.#conf.on(device).proxyArpPvlan) return refuse(found, Refusal.DESTINATION);
      found.redirect = ip2 && this.#redirects(found, source, route);
    }
    found.route = route;
    return InputWay.FORWARD;
  }
  /** Tells whether find() said LOCAL of such a packet, and would again: nothing has changed since. The same holds for IP and ARP. */
  isKnown(destination, source, device) {
    const known = this.#known;
    const at = placeOf(destination, source);
    return known[at + SOURCE2] === source && known[at + DESTINATION] === destination && known[at + DEVICE] === device.ifindex && known[at + GENERATION] === (this.#fib.generation | 0);
  }
  /** Remembers that find() said LOCAL of such a packet. */
  know(destination, source, device) {
    const known = this.#known;
    const at = placeOf(destination, source);
    known[at + SOURCE2] = source;
    known[at + DESTINATION] = destination;
    known[at + DEVICE] = device.ifindex;
    known[at + GENERATION] = this.#fib.generation;
  }
  /** A packet to a group that the device has joined. Without a source it may come from the link alone. */
  #group(found, destination, source, device) {
    const { routeLocalnet } = this.#conf.on(device);
    if (source === INADDR_ANY ? destination >>> 8 !== LINK_GROUPS : isZeronet(source)) return refuse(found, Refusal.SOURCE);
    if (isLoopback(source) && !routeLocalnet) return refuse(found, Refusal.SOURCE);
    return this.#sourceAllowed(found, source, device, null) ? InputWay.BROADCAST : InputWay.REFUSED;
  }
  #broadcast(found, source, device, ip2) {
    if (!ip2) return refuse(found, Refusal.DESTINATION);
    return this.#sourceAllowed(found, source, device, null) ? InputWay.BROADCAST : refuseMartian(found, found.refusal);
  }
  /**
   * Returns true when the source is none of ours (or may be: accept_local) and, with the filter on, packets to it leave by this device
   * (loose: by any). Linux looks closer only with the filter, and where it may have to send the source a redirect.
   * @param out the device by which the packet leaves; null when it is for us
   */
  #sourceAllowed(found, source, device, out) {
    if (source === INADDR_ANY || device.loopback) return true;
    const { addresses, routes } = this.#fib;
    const { acceptLocal, rpFilter, sendRedirects } = this.#conf.on(device);
    found.refusal = Refusal.SOURCE;
    if (!acceptLocal && addresses.isLocal(source)) return false;
    if (rpFilter === 0 && (out !== device || !sendRedirects)) return true;
    const own = routes.lookupLocal(source);
    if (own && (own.type !== RouteType.LOCAL || !acceptLocal)) return false;
    found.refusal = Refusal.REVERSE_PATH;
    const back = own ?? routes.lookupMain(source);
    if (back !== null && leavesBy(back, device)) {
      found.onLink = back.gateway === 0;
      return true;
    }
    const here = routes.lookup(source, device);
    found.onLink = here?.type === RouteType.UNICAST && here.gateway === 0;
    if (rpFilter === 0) return true;
    return rpFilter !== RP_STRICT && back !== null && addresses.of(device).length > 0;
  }
  /** Returns true when the source of a packet that leaves by the device it came by could as well have sent it to the next hop. */
  #redirects({ onLink }, source, { device, gateway }) {
    const { sendRedirects, sharedMedia } = this.#conf.on(device);
    return sendRedirects && onLink && (sharedMedia || this.#fib.addresses.onLink(device, source, gateway || source));
  }
};
function placeOf(destination, source) {
  return Math.imul(source ^ Math.imul(destination, MIX3), MIX3) >>> 32 - PLACES_LOG2 << FIELDS_LOG2;
}
function refuse(found, refusal) {
  found.refusal = refusal;
  return InputWay.REFUSED;
}
function refuseMartian(found, refusal) {
  found.martian = refusal === Refusal.DESTINATION ? Martian.DESTINATION : Martian.SOURCE;
  return refuse(found, refusal);
}
function refusalOf(entry) {
  switch (entry?.type) {
    case RouteType.BLACKHOLE:
      return Refusal.BLACKHOLE;
    case RouteType.UNREACHABLE:
      return Refusal.UNREACHABLE;
    case RouteType.PROHIBIT:
      return Refusal.PROHIBIT;
    default:
      return Refusal.NO_ROUTE;
  }
}

// firmware-ts/ip4/arp/proxy.ts
var ArpProxy = class {
  #conf;
  #entries;
  constructor(conf, entries) {
    this.#conf = conf;
    this.#entries = entries;
  }
  /** Returns true when we answer a request for `tip` that came in on `device`. Packets for `tip` would leave by `out`. */
  answers(device, out, sip, tip) {
    const conf = this.#conf;
    if (out === device) return sip !== tip && conf.on(device).proxyArpPvlan;
    return conf.on(device).proxyArp && this.#otherMedium(device, out) || this.#entries.find(tip, device) !== null;
  }
  /** medium_id: devices with a common number share a medium. 0 stands for a medium of its own, -1 takes no part in proxying. */
  #otherMedium(device, out) {
    const conf = this.#conf;
    const medium = conf.on(device).mediumId;
    if (medium === 0) return true;
    if (medium === -1) return false;
    const other = conf.on(out).mediumId;
    return other !== medium && other !== -1;
  }
};

// firmware-ts/ip4/arp/wire.ts
var AR_HRD = 0;
var AR_PRO = 2;
var AR_HLN = 4;
var AR_PLN = 5;
var AR_OP = 6;
var AR_SHA = 8;
var AR_SIP = 14;
var AR_THA = 18;
var AR_TIP = 24;
var ARP_BYTES = 28;
var ARPHRD_IEEE802 = 6;
var ARPOP_REQUEST = 1;
var ARPOP_REPLY = 2;
var PROTOCOL = ETH_P_ARP;
var BYTES2 = ARP_BYTES;
var SHA = AR_SHA;
var SIP = AR_SIP;
var THA = AR_THA;
var TIP = AR_TIP;
var SECOND = AR_HLN;
var REPLY = ARPOP_REPLY;
var LENGTHS = MAC_BYTES << 24 | 4 << 16;
var IPV4 = ETH_P_IP;
var TRUESIZE = ETHERNET_HEADER + ARP_BYTES;
var { NONE: NONE4 } = DropReason;
var BROADCAST_HIGH = 65535;
var BROADCAST_LOW = -1;
var ArpHooks = class {
  #hooks = [];
  /** There is no filter: every packet is accepted. */
  get none() {
    return this.#hooks.length === 0;
  }
  /** Adds a filter; the returned function removes it. */
  add(hook) {
    this.#hooks = [...this.#hooks, hook];
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== hook);
    };
  }
  /** Returns true when no filter drops the packet. */
  accepts(packet, device) {
    const hooks = this.#hooks;
    for (let at = 0; at < hooks.length; at++) if (!hooks[at](packet, device)) return false;
    return true;
  }
};
var ArpSender = class {
  hooks = new ArpHooks();
  #pool;
  constructor(pool) {
    this.#pool = pool;
  }
  /** Sends a request to one station. Returns true when it was sent; a device without ARP sends none. */
  request(device, high, low, sip, tip) {
    return this.send(device, ARPOP_REQUEST, high, low, sip, 0, 0, tip);
  }
  /** Sends a request to everybody on the link. Returns true when it was sent. */
  requestAll(device, sip, tip) {
    return this.request(device, BROADCAST_HIGH, BROADCAST_LOW, sip, tip);
  }
  /** Sends a reply to the asker's hardware address, which is the target address in the packet too. Returns true when it was sent. */
  reply(device, high, low, sip, tip) {
    return this.send(device, REPLY, high, low, sip, high, low, tip);
  }
  /**
   * Sends an ARP packet. Returns true when it was sent.
   * @param high and low: the station that it goes to
   * @param thaHigh and thaLow: the packet's target hardware address
   */
  send(device, op, high, low, sip, thaHigh, thaLow, tip) {
    if (device.noArp) return false;
    const skb = this.#pool.allocate();
    if (skb === null) {
      device.drops.count(DropReason.NOMEM);
      return false;
    }
    const at = skb.put(BYTES2);
    const { view } = skb;
    const own = device.addressView;
    view.setInt32(at, device.type << 16 | IPV4);
    view.setInt32(at + SECOND, LENGTHS | op);
    view.setInt32(at + SHA, own.getInt32(0));
    view.setInt32(at + SHA + 4, own.getUint16(4) << 16 | sip >>> 16);
    view.setInt32(at + SIP + 2, sip << 16 | thaHigh);
    view.setInt32(at + THA + 2, thaLow);
    view.setInt32(at + TIP, tip);
    skb.protocol = PROTOCOL;
    skb.truesize = TRUESIZE;
    if (!this.hooks.accepts(skb, device)) {
      device.drops.drop(skb, DropReason.NETFILTER_DROP);
      return false;
    }
    pushHeader(skb, high, low, own, PROTOCOL);
    return device.transmit(skb) === NONE4;
  }
};

// firmware-ts/ip4/arp/receive.ts
var ETHERNET_IPV4 = ARPHRD_ETHER << 16 | ETH_P_IP;
var REQUEST = MAC_BYTES << 24 | 4 << 16 | ARPOP_REQUEST;
var BYTES3 = ARP_BYTES;
var ETHERNET = ARPHRD_ETHER;
var SECOND2 = AR_HLN;
var SHA2 = AR_SHA;
var SIP2 = AR_SIP;
var TIP2 = AR_TIP;
var VALID = NUD_VALID;
var { OTHERHOST: OTHERHOST2 } = PacketType;
var ArpReceiver = class {
  hooks = new ArpHooks();
  #parts;
  #proxy;
  /** The way that a packet from the asker to the target of the request at hand would take. */
  #route = new InputRoute();
  /** The profile has no question to a sender whose address is known already. */
  #trusting;
  /** Receives a request for a proxied address that has waited, to answer it at once. */
  #again = (skb, device) => this.#take(skb, device, true);
  constructor(parts2) {
    this.#parts = parts2;
    this.#proxy = new ArpProxy(parts2.fib.conf, parts2.table.proxies);
    const { checksSender, defends, trafficConfirms } = parts2.table.policy;
    this.#trusting = !checksSender && !defends && !trafficConfirms;
  }
  /** Takes a packet whose data begins with the ARP header. The buffer is not the caller's any more. */
  receive(skb, device) {
    if (device.noArp || skb.packetType === OTHERHOST2) {
      this.#parts.counters(device).passedOver++;
      skb.consume();
      return;
    }
    if (this.#trusting === true && this.hooks.none && this.#answerKnown(skb, device)) {
      skb.consume();
      return;
    }
    const reason = this.#check(skb, device);
    if (reason === DropReason.NONE) this.#take(skb, device, false);
    else device.drops.drop(skb, reason);
  }
  /**
   * Answers a request of which #check() and #take() would change nothing: its target is ours, its sender is known by the address that it
   * names, and no setting says more. Reads each field once. Returns false, and has done nothing, where anything else may follow.
   */
  #answerKnown(skb, device) {
    const { view, data: at } = skb;
    if (skb.tail - at < BYTES3 || device.type !== ETHERNET) return false;
    if (view.getInt32(at) !== ETHERNET_IPV4 || view.getInt32(at + SECOND2) !== REQUEST) return false;
    const front = view.getInt32(at + SHA2);
    const middle = view.getInt32(at + SHA2 + 4);
    const sip = middle << 16 | view.getUint16(at + SIP2 + 2);
    const tip = view.getInt32(at + TIP2);
    const parts2 = this.#parts;
    const { fib, table } = parts2;
    if (sip === tip || !parts2.router.isKnown(tip, sip, device)) return false;
    const conf = fib.conf.on(device);
    if (conf.arpIgnore !== 0 || conf.arpFilter) return false;
    const high = front >>> 16;
    const low = front << 16 | middle >>> 16;
    const entry = table.find(parts2.keyOf(sip, device), device);
    if (entry === null || (entry.nudState & VALID) === 0 || entry.addressHigh !== high || entry.addressLow !== low) return false;
    table.statistics.lookups++;
    table.statistics.hits++;
    const counters = parts2.counters(device);
    counters.requestsReceived++;
    if (parts2.sender.reply(device, high, low, tip, sip)) counters.repliesSent++;
    return true;
  }
  /** Returns NONE for a well-formed ARP packet for IPv4 that no filter and no setting refuses, else the reason to drop it. */
  #check(skb, device) {
    const counters = this.#parts.counters(device);
    if (skb.length < ARP_BYTES) return invalid(counters, DropReason.PKT_TOO_SMALL);
    const { bytes, view, data: at } = skb;
    if (bytes[at + AR_HLN] !== MAC_BYTES || bytes[at + AR_PLN] !== 4) return invalid(counters, DropReason.NOT_SPECIFIED);
    if (!this.hooks.accepts(skb, device)) return DropReason.NETFILTER_DROP;
    const hardware = view.getUint16(at + AR_HRD);
    const rightType = hardware === device.type || device.type === ARPHRD_ETHER && hardware === ARPHRD_IEEE802;
    if (!rightType || view.getUint16(at + AR_PRO) !== ETH_P_IP) return invalid(counters, DropReason.NOT_SPECIFIED);
    const op = view.getUint16(at + AR_OP);
    if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return invalid(counters, DropReason.NOT_SPECIFIED);
    const tip = view.getInt32(at + AR_TIP);
    const { conf } = this.#parts.fib;
    const loopback = isLoopback(tip) && !conf.on(device).routeLocalnet;
    if (isMulticast(tip) || loopback) return invalid(counters, DropReason.NOT_SPECIFIED);
    if (this.#parts.table.policy.checksSender && !isStation(bytes, at + AR_SHA, device)) {
      return invalid(counters, DropReason.NOT_SPECIFIED);
    }
    if (op === ARPOP_REQUEST) counters.requestsReceived++;
    else counters.repliesReceived++;
    if (view.getInt32(at + AR_SIP) === tip && conf.on(device).dropGratuitousArp) return DropReason.NOT_SPECIFIED;
    return DropReason.NONE;
  }
  /** Handles a well-formed packet. @param waited it has been in the proxy queue */
  #take(skb, device, waited) {
    const { view, data: at } = skb;
    const sip = view.getInt32(at + AR_SIP);
    const tip = view.getInt32(at + AR_TIP);
    const request = view.getUint16(at + AR_OP) === ARPOP_REQUEST;
    if (sip === 0) {
      if (request) this.#defend(skb, device, tip);
      skb.consume();
      return;
    }
    const { fib, router, table, defence } = this.#parts;
    if (table.policy.defends && !waited && fib.addressType(sip) === AddressType.LOCAL) {
      if (!this.#parts.isOurs(skb.bytes, at + AR_SHA)) defence.conflict(device, sip);
    }
    const way = request ? router.find(this.#route, tip, sip, device, false) : InputWay.REFUSED;
    if (request && way === InputWay.REFUSED) router.tell(this.#route, tip, sip, device, skb.bytes, at - ETHERNET_HEADER);
    if (way === InputWay.FORWARD && this.#proxied(skb, device, sip, tip, waited)) return;
    if (way === InputWay.LOCAL) {
      router.know(tip, sip, device);
      this.#answer(skb, device, sip, tip);
    } else this.#updateKnown(skb, device, request, sip, tip);
    skb.consume();
  }
  /** Defends our address against a host that probes for it because it wants to take it (RFC 5227 2.1.1). Nothing is learned. */
  #defend(skb, device, tip) {
    const { fib, policy } = this.#parts;
    if (fib.addressType(tip) === AddressType.LOCAL && !policy.ignores(device, 0, tip)) this.#reply(skb, device, tip, 0);
  }
  /** Learns and answers the asker of one of our addresses, unless a setting says no. */
  #answer(skb, device, sip, tip) {
    const { policy } = this.#parts;
    if (policy.ignores(device, sip, tip) || policy.filters(device, sip)) return;
    if (this.#learn(skb, device, sip)) this.#reply(skb, device, tip, sip);
  }
  /** Answers a request for an address that we forward to, if we proxy it. Returns true when the packet was answered or kept for later. */
  #proxied(skb, device, sip, tip, waited) {
    const { table } = this.#parts;
    const out = this.#route.route?.device;
    if (!out || !this.#proxy.answers(device, out, sip, tip)) return false;
    this.#learn(skb, device, sip);
    if (waited || skb.packetType === PacketType.HOST || table.parametersOf(device).proxyDelay === 0) {
      this.#reply(skb, device, tip, sip);
      skb.consume();
    } else {
      table.proxyQueue.enqueue(skb, device, this.#again);
    }
    return true;
  }
  /** Makes or updates the entry of a station that asks for us: we shall want to answer it. Null when the table is full. */
  #learn(skb, device, sip) {
    const { table } = this.#parts;
    const key = this.#parts.keyOf(sip, device);
    const entry = table.lookup(key, device) ?? table.create(key, device);
    if (!entry) return null;
    if (this.#doubts(entry, skb, false)) return entry;
    const { bytes, data: at } = skb;
    const known = table.policy.trafficConfirms && entry.valid && entry.sameAddress(bytes, at + AR_SHA);
    update(entry, bytes, at + AR_SHA, known ? Nud.REACHABLE : Nud.STALE, UpdateFlags.OVERRIDE);
    return entry;
  }
  /** Corrects an existing entry by any other packet. Makes an entry only if arp_accept says so. */
  #updateKnown(skb, device, request, sip, tip) {
    const { table, fib, policy } = this.#parts;
    const key = this.#parts.keyOf(sip, device);
    const accept = policy.accepts(device, sip);
    let entry = table.lookup(key, device);
    if (!entry && !accept) return;
    const { bytes, data: at } = skb;
    const unicast = fib.addressType(sip) === AddressType.UNICAST;
    const announced = unicast && sip === tip && (request || sameMac(bytes, at + AR_THA, bytes, at + AR_SHA));
    if (!entry && unicast && (announced || !request)) entry = table.lookup(key, device) ?? table.create(key, device);
    if (!entry) return;
    const confirms = !request && skb.packetType === PacketType.HOST && (!table.policy.onlyAskedConfirms || this.#asked(entry, tip));
    const state = confirms ? Nud.REACHABLE : Nud.STALE;
    if (this.#doubts(entry, skb, confirms && askedEverybody(entry))) return;
    const override = announced || table.now() > entry.updated + entry.parameters.lockTime;
    update(entry, bytes, at + AR_SHA, state, override ? UpdateFlags.OVERRIDE : 0);
  }
  /**
   * Returns true when the packet names another address than the known one, and the profile wants that asked before it believes the packet.
   * @param asked the packet answers a request of ours to everybody
   */
  #doubts(entry, { bytes, data: at }, asked) {
    if (!this.#parts.table.policy.asksOldAddress || asked) return false;
    const dynamic = entry.valid && (entry.nudState & (Nud.PERMANENT | Nud.NOARP)) === 0;
    if (!dynamic || entry.sameAddress(bytes, at + AR_SHA)) return false;
    const { host, addressHigh, addressLow } = entry;
    host.suspect(entry, SuspicionKind.REFUSED, addressHigh, addressLow, bytes, at + AR_SHA);
    challenge(entry);
    return true;
  }
  /** Returns true when a request of ours for the entry is out and the packet answers us. */
  #asked(entry, tip) {
    const outstanding = (entry.nudState & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
    return outstanding && this.#parts.fib.addressType(tip) === AddressType.LOCAL;
  }
  /** Answers to the hardware address in the request, not to the frame's source, and not by way of the neighbour entry. */
  #reply(skb, device, sip, tip) {
    const { sender: sender2 } = this.#parts;
    const { bytes, data: at } = skb;
    const sent2 = sender2.reply(device, highOctets(bytes, at + AR_SHA), lowOctets(bytes, at + AR_SHA), sip, tip);
    if (sent2) this.#parts.counters(device).repliesSent++;
  }
};
function isStation(bytes, at, device) {
  if (bytes[at] & 1 || sameMac(bytes, at, device.address, 0)) return false;
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[at + octet] !== 0) return true;
  return false;
}
function invalid(counters, reason) {
  counters.invalid++;
  return reason;
}

// firmware-ts/ip4/arp/arp.ts
var Arp = class {
  etherType = ETH_P_IP;
  keyLength = 4;
  defaults = ARP_DEFAULTS;
  table;
  /** The namespace of these devices, in a table that several namespaces share. */
  namespace;
  fib;
  router;
  policy;
  sender;
  defence;
  #receiver;
  #shared;
  #network;
  #unreachable;
  #counters = /* @__PURE__ */ new Map();
  /** The counters that were asked for last: most frames come by the same device as the one before. */
  #lastDevice = null;
  #lastCounters = new ArpCounters();
  constructor({ network, random, fib, router, unreachable }, options = {}) {
    this.#network = network;
    this.#unreachable = unreachable;
    this.fib = fib;
    this.router = router;
    this.#shared = options.table !== void 0;
    this.table = options.table ?? new NeighTable(network.clock, random, this, options);
    this.namespace = options.table ? { initial: false } : this.table.namespace;
    this.policy = new ArpPolicy(fib);
    this.sender = new ArpSender(network.pool);
    this.defence = new ArpDefence(network.clock, (device, address) => this.#announceOne(device, address));
    this.#receiver = new ArpReceiver(this);
    network.handle(ETH_P_ARP, this);
    network.onDeviceEvent((device, event) => this.#event(device, event));
  }
  /** Filters of incoming packets, behind the checks of length and before all others. */
  get inputHooks() {
    return this.#receiver.hooks;
  }
  /** Filters of outgoing packets. */
  get outputHooks() {
    return this.sender.hooks;
  }
  /** Counts of a device's ARP frames, by kind. */
  counters(device) {
    if (device === this.#lastDevice) return this.#lastCounters;
    const counters = this.#counters.get(device) ?? new ArpCounters();
    this.#counters.set(device, counters);
    this.#lastDevice = device;
    this.#lastCounters = counters;
    return counters;
  }
  /** Returns the key of an address on a device. Loopback and point-to-point devices have one neighbour, whatever the address. */
  keyOf(address, device) {
    return device.loopback || device.pointToPoint ? 0 : address;
  }
  construct(entry) {
    const { device } = entry;
    if (device.mtu < MIN_MTU) return false;
    entry.key = this.keyOf(entry.key, device);
    const type = this.fib.addressType(entry.key);
    entry.multicast = type === AddressType.MULTICAST;
    if (entry.multicast) {
      entry.nudState = Nud.NOARP;
      entry.addressHigh = 256;
      entry.addressLow = 1577058304 | entry.key & 8388607;
    } else if (device.noArp || device.loopback) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.address, 0);
    } else if (type === AddressType.BROADCAST || device.pointToPoint) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.broadcast, 0);
    }
    return true;
  }
  solicit(entry, packet) {
    const { device, key } = entry;
    const unicast = probesUnicast(entry);
    const source = this.policy.sourceFor(device, key, packet);
    const { sender: sender2 } = this;
    const sent2 = unicast ? sender2.request(device, entry.addressHigh, entry.addressLow, source, key) : sender2.requestAll(device, source, key);
    if (!sent2) return;
    const counters = this.counters(device);
    if (unicast) counters.requestsUnicast++;
    else counters.requestsBroadcast++;
  }
  reportError(entry, packet) {
    this.#unreachable(packet, entry.device);
  }
  receive(skb, device) {
    this.#receiver.receive(skb, device);
  }
  /** Removes the entries of a device that has lost its last IPv4 address. */
  addressless(device) {
    this.table.ifdown(device, false);
  }
  /** Notes that a device has got an address. */
  addressed(device, address) {
    this.table.parametersOf(device).pin();
    const wired = device.hasCarrier && !device.noArp && !device.loopback;
    if (this.table.policy.defends && wired) this.defence.addressed(device, address);
  }
  /** Returns true when the link address at bytes[at..at+6) belongs to a device of ours. */
  isOurs(bytes, at) {
    return this.#network.devices.some((device) => sameMac(bytes, at, device.address, 0));
  }
  /** Announces our addresses to everybody on the link (RFC 5227 3): one request for each, in the order of their list. */
  announce(device) {
    for (const { local } of this.fib.addresses.of(device)) this.#announceOne(device, local);
  }
  /** Announces one address. Returns true when the request was sent. */
  #announceOne(device, local) {
    if (!device.up || !this.fib.confirms(device, 0, local, Scope.HOST)) return false;
    if (!this.sender.requestAll(device, local, local)) return false;
    this.counters(device).requestsBroadcast++;
    return true;
  }
  /** Detaches this namespace's devices from the table, or closes a table that nobody shares. */
  close() {
    this.defence.stop();
    if (!this.#shared) this.table.close();
    else for (const device of this.#network.devices) this.table.detach(device);
  }
  #event(device, event) {
    const { table } = this;
    switch (event) {
      case "register":
        table.attach(device, { family: this, namespace: this.namespace });
        return;
      case "unregister":
        table.detach(device);
        this.#counters.delete(device);
        this.#lastDevice = null;
        return;
      case "up":
        if (device.loopback) table.parametersOf(device).pin();
        this.#announceIfAsked(device);
        return;
      case "down":
        this.defence.forget(device);
        table.ifdown(device, false);
        return;
      case "carrier-up":
        if (this.table.policy.defends) this.#announceIfAsked(device);
        return;
      case "carrier-down":
        if (this.fib.conf.on(device).arpEvictNocarrier) table.ifdown(device, true);
        return;
      case "address":
      case "replaced":
        table.flushDevice(device, event === "replaced");
        this.defence.forget(device);
        this.#announceIfAsked(device);
        return;
      case "arp":
        table.flushDevice(device, false);
    }
  }
  #announceIfAsked(device) {
    if (this.table.policy.defends) for (const { local } of this.fib.addresses.of(device)) this.addressed(device, local);
    else if (device.up && this.fib.conf.on(device).arpNotify !== 0) this.announce(device);
  }
};

// firmware-ts/ip4/forwarding.ts
var Forwarding = class {
  #ground;
  constructor(ground) {
    this.#ground = ground;
  }
  /** Hands a packet on. Returns NONE when the buffer is not the caller's any more, else the reason to drop it. */
  forward(skb, device, found, destination) {
    const { view, network: at } = skb;
    const { fib, arp: arp2, counters, errors, drops } = this.#ground;
    const { ip: ip2 } = counters;
    const route = found.route;
    if (skb.packetType !== PacketType.HOST) return DropReason.IP_NOT_LOCAL;
    const headerLength = headerLengthOf(view, at);
    if (headerLength > IP_HEADER) {
      const malformed = this.#ground.takeOptions(skb, device, fib.sourceBy(route, destination));
      if (malformed !== DropReason.NONE) return malformed;
    }
    const ttl = view.getUint8(at + IP_TTL);
    if (ttl <= 1) {
      ip2.inHdrErrors++;
      errors?.sendError(skb, device, ICMP_TIME_EXCEEDED, 0);
      return DropReason.IP_INHDR;
    }
    const mtu = mtuOf(route);
    if (skb.length > mtu) {
      const whole2 = (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_DF) !== 0;
      if (whole2) errors?.sendError(skb, device, ICMP_DEST_UNREACH, FRAGMENTATION_NEEDED, mtu);
      return DropReason.PKT_TOO_BIG;
    }
    view.setUint8(at + IP_TTL, ttl - 1);
    const sum = view.getUint16(at + IP_CHECKSUM) + 256;
    view.setUint16(at + IP_CHECKSUM, (sum & 65535) + (sum >>> 16));
    if (headerLength > IP_HEADER) writeChecksum(view, at, headerLength);
    const nextHop = fib.paths.gateway(destination, route) || destination;
    if (found.redirect) errors?.sendRedirect(skb, device, nextHop);
    skb.truesize = truesizeOf(skb.length);
    ip2.forwDatagrams++;
    ip2.outTransmits++;
    const { table } = arp2;
    const key = arp2.keyOf(nextHop, route.device);
    const entry = table.find(key, route.device) ?? table.create(key, route.device);
    if (entry) output(entry, skb);
    else drops.drop(skb, DropReason.NEIGH_CREATEFAIL);
    return DropReason.NONE;
  }
};

// firmware-ts/ip4/groups.ts
var ALL_HOSTS = 3758096385 | 0;
var Groups = class {
  #routes;
  /** Number of joins of each group, by device. */
  #devices = /* @__PURE__ */ new Map();
  constructor(routes) {
    this.#routes = routes;
  }
  has(device, group) {
    return this.#devices.get(device)?.has(group) ?? false;
  }
  /**
   * Returns the device on which a group is joined: that by which packets to the group go, when none is named.
   * @throws InetError ADDRESS_INVALID no group; DEVICE_MISSING no route to it
   */
  deviceOf(group, device) {
    if (!isMulticast(group)) throw new InetError("ADDRESS_INVALID", `${formatIpv4(group)} is not a group`);
    const found = device ?? this.#routes.lookup(group)?.device;
    if (!found) throw new InetError("DEVICE_MISSING", `no route to ${formatIpv4(group)}: name a device`);
    return found;
  }
  /** Each join() wants a leave(). */
  join(device, group) {
    const groups = this.#devices.get(device);
    if (!groups) return;
    const users = groups.get(group) ?? 0;
    groups.set(group, users + 1);
    if (users === 0) device.join(macOf(group));
  }
  /** Ends one join(), unless the device is gone. */
  leave(device, group) {
    const groups = this.#devices.get(device);
    const users = groups?.get(group);
    if (!groups || users === void 0) return;
    if (users > 1) {
      groups.set(group, users - 1);
      return;
    }
    groups.delete(group);
    device.leave(macOf(group));
  }
  event(device, event) {
    if (event === "register") {
      this.#devices.set(device, /* @__PURE__ */ new Map());
      this.join(device, ALL_HOSTS);
    } else if (event === "unregister") {
      for (const group of this.#devices.get(device)?.keys() ?? []) device.leave(macOf(group));
      this.#devices.delete(device);
    }
  }
};
function macOf(group) {
  const mac2 = new Uint8Array(MAC_BYTES);
  mac2.set([1, 0, 94, group >> 16 & 127, group >> 8 & 255, group & 255]);
  return mac2;
}

// firmware-ts/ip4/header/check.ts
var PLAIN = 69;
var HEADER3 = IP_HEADER;
var { NONE: NONE5 } = DropReason;
function checkHeader(skb) {
  const { view, data: at, length } = skb;
  if (length < HEADER3) return DropReason.PKT_TOO_SMALL;
  const first = view.getInt32(at);
  if (first >>> 24 === PLAIN && (first & 65535) >= HEADER3 && (first & 65535) <= length && sumsUp(view, at, first)) {
    skb.tail = at + (first & 65535);
    return NONE5;
  }
  const headerLength = headerLengthOf(view, at);
  if (view.getUint8(at + IP_VERSION_IHL) >> 4 !== 4 || headerLength < IP_HEADER || headerLength > length)
    return DropReason.IP_INHDR;
  if (finish(sumBytes(view, at, headerLength)) !== 0) return DropReason.IP_CSUM;
  const totalLength = view.getUint16(at + IP_TOTAL_LENGTH);
  if (totalLength < headerLength) return DropReason.IP_INHDR;
  if (totalLength > length) return DropReason.PKT_TOO_SMALL;
  skb.trim(totalLength);
  return DropReason.NONE;
}
function sumsUp(view, at, first) {
  const b = view.getInt32(at + 4);
  const c = view.getInt32(at + 8);
  const d = view.getInt32(at + 12);
  const e = view.getInt32(at + 16);
  const high = (first >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16);
  const low = (first & 65535) + (b & 65535) + (c & 65535) + (d & 65535) + (e & 65535);
  return finish(high + low) === 0;
}

// firmware-ts/ip4/header/identification.ts
var PLACES_LOG22 = 11;
var MIX4 = 2654435761;
var Identifications = class {
  #key;
  #counts;
  constructor(random) {
    this.#key = random.below(4294967296) | 0;
    this.#counts = new Uint16Array(1 << PLACES_LOG22);
    for (let place = 0; place < this.#counts.length; place++) this.#counts[place] = random.below(65536);
  }
  next(source, destination, protocol) {
    const place = Math.imul(destination ^ Math.imul(source ^ Math.imul(protocol ^ this.#key, MIX4), MIX4), MIX4) >>> 32 - PLACES_LOG22;
    const id = this.#counts[place];
    this.#counts[place] = id + 1;
    return id;
  }
};

// firmware-ts/ip4/header/options.ts
var OPTION_END = 0;
var OPTION_NOP = 1;
var OPTION_RECORD_ROUTE = 7;
var OPTION_TIMESTAMP = 68;
var OPTION_LSRR = 131;
var OPTION_CIPSO = 134;
var OPTION_SSRR = 137;
var OPTION_ROUTER_ALERT = 148;
var LENGTH2 = 1;
var POINTER = 2;
var FLAGS = 3;
var TIMES_ONLY = 0;
var ADDRESSES_AND_TIMES = 1;
var GIVEN_ADDRESSES = 3;
var FIRST_ROUTE = 4;
var FIRST_TIME = 5;
var WORD = 4;
var MAX_OPTIONS = 40;
var MIN_CIPSO = 8;
var CIPSO_DOMAIN = 2;
var OPTIONS_SOUND = 0;
var OPTIONS_SOURCE_ROUTE = -1;
var IpOptions = class {
  /** The options that answer() has made. */
  #bytes = new Uint8Array(MAX_OPTIONS);
  #view = new DataView(this.#bytes.buffer);
  #clock;
  #foreign;
  /** @param foreign tells whether an address is another host's: neither ours nor a broadcast or group address */
  constructor(clock, foreign) {
    this.#clock = clock;
    this.#foreign = foreign;
  }
  /**
   * Checks the options of the header at view[header..end) and fills in what they ask of us.
   * @param own the address to record
   * @returns OPTIONS_SOUND, OPTIONS_SOURCE_ROUTE, or the offset in the header of what is wrong
   */
  receive(view, header, end2, own) {
    let recorded = false;
    let stamped = false;
    for (let at = nextOption(view, header + 20, end2); at < end2; at = nextOption(view, at + view.getUint8(at + LENGTH2), end2)) {
      const kind = view.getUint8(at);
      if (!whole(view, at, end2)) return at - header;
      let fault = 0;
      if (kind === OPTION_RECORD_ROUTE) {
        fault = recorded ? at : this.#recordRoute(view, at, own);
        recorded = true;
      } else if (kind === OPTION_TIMESTAMP) {
        fault = stamped ? at : this.#stamp(view, at, own);
        stamped = true;
      } else if (kind === OPTION_LSRR || kind === OPTION_SSRR) {
        fault = faultOf(view, at, 3, FIRST_ROUTE);
        if (fault === 0) return OPTIONS_SOURCE_ROUTE;
      } else if (kind === OPTION_CIPSO) {
        fault = at + (view.getUint8(at + LENGTH2) < MIN_CIPSO ? LENGTH2 : CIPSO_DOMAIN);
      } else if (kind === OPTION_ROUTER_ALERT && view.getUint8(at + LENGTH2) < 4) {
        fault = at + LENGTH2;
      }
      if (fault !== 0) return fault - header;
    }
    return OPTIONS_SOUND;
  }
  /** Writes `length` bytes of the answer behind the plain header at `at`, and makes its length and its checksum right. */
  write(view, at, length) {
    for (let byte = 0; byte < length; byte++) view.setUint8(at + IP_HEADER + byte, this.#bytes[byte]);
    view.setUint8(at + IP_VERSION_IHL, 69 + length / 4);
    writeChecksum(view, at, IP_HEADER + length);
  }
  /**
   * Makes the options of an answer to the packet whose header, filled in by receive(), is view[header..end): its record route and its
   * timestamp, with another slot filled in, and the label with which something is wrong.
   * @param end of the header, or the place of what is wrong with it: only options before it are answered
   * @returns bytes of them, a multiple of four; -1 when there is no room for a slot that was begun, so that there can be no answer
   */
  answer(view, header, end2, source) {
    const route = this.#copy(view, find(view, header + 20, end2, OPTION_RECORD_ROUTE), 0);
    if (route > 0 && !this.#answerRoute(0, source)) return -1;
    const both2 = this.#copy(view, find(view, header + 20, end2, OPTION_TIMESTAMP), route);
    if (both2 > route && !this.#answerTimestamp(route, source)) return -1;
    const all = this.#copy(view, findLabel(view, header + 20, end2), both2);
    const padded = all + 3 & ~3;
    this.#bytes.fill(OPTION_END, all, padded);
    return padded;
  }
  /** Appends an option to the answer's; returns their new end. */
  #copy(view, from, at) {
    if (from === 0) return at;
    const length = view.getUint8(from + LENGTH2);
    for (let byte = 0; byte < length; byte++) this.#bytes[at + byte] = view.getUint8(from + byte);
    return at + length;
  }
  #recordRoute(view, at, own) {
    const fault = faultOf(view, at, 3, FIRST_ROUTE);
    if (fault !== 0) return fault;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH2);
    if (slot > length) return 0;
    if (slot + 3 > length) return at + POINTER;
    fill(view, at, slot, own);
    return 0;
  }
  #stamp(view, at, own) {
    const fault = faultOf(view, at, 4, FIRST_TIME);
    if (fault !== 0) return fault;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH2);
    const flags = view.getUint8(at + FLAGS);
    if (slot > length) {
      if (flags >> 4 === 15) return at + FLAGS;
      view.setUint8(at + FLAGS, flags + 16);
      return 0;
    }
    const flag = flags & 15;
    const pair = flag === ADDRESSES_AND_TIMES || flag === GIVEN_ADDRESSES;
    if (slot + (pair ? 7 : 3) > length) return at + POINTER;
    if (pair || flag === TIMES_ONLY) this.#fillTime(view, at, slot, flag, own);
    return 0;
  }
  #answerRoute(at, source) {
    const view = this.#view;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH2);
    if (slot > length) return true;
    if (slot + 3 > length) return false;
    fill(view, at, slot, source);
    return true;
  }
  #answerTimestamp(at, source) {
    const view = this.#view;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH2);
    const flag = view.getUint8(at + FLAGS) & 15;
    if (slot > length) return true;
    if (flag !== TIMES_ONLY && flag !== ADDRESSES_AND_TIMES && flag !== GIVEN_ADDRESSES) return true;
    const needs = flag === ADDRESSES_AND_TIMES ? 7 : 3;
    if (slot + needs > length) return false;
    if (flag !== GIVEN_ADDRESSES || slot + 7 <= length) this.#fillTime(view, at, slot, flag, source);
    return true;
  }
  /** Fills a slot of a timestamp option, unless it is another host's. */
  #fillTime(view, at, slot, flag, own) {
    const time = timeOfDay(this.#clock);
    if (flag === TIMES_ONLY) {
      fill(view, at, slot, time);
    } else if (flag === ADDRESSES_AND_TIMES) {
      fill(view, at, slot, own);
      fill(view, at, slot + WORD, time);
    } else if (!this.#foreign(view.getInt32(at + slot - 1))) {
      fill(view, at, slot + WORD, time);
    }
  }
};
function fill(view, at, slot, word2) {
  view.setInt32(at + slot - 1, word2);
  view.setUint8(at + POINTER, slot + WORD);
}
function nextOption(view, from, end2) {
  let at = from;
  while (at < end2 && view.getUint8(at) === OPTION_NOP) at++;
  return at < end2 && view.getUint8(at) !== OPTION_END ? at : end2;
}
function whole(view, at, end2) {
  if (at + LENGTH2 >= end2) return false;
  const length = view.getUint8(at + LENGTH2);
  return length >= 2 && at + length <= end2;
}
function faultOf(view, at, minLength, first) {
  if (view.getUint8(at + LENGTH2) < minLength) return at + LENGTH2;
  return view.getUint8(at + POINTER) < first ? at + POINTER : 0;
}
function find(view, from, end2, kind) {
  for (let at = nextOption(view, from, end2); at < end2 && whole(view, at, end2); ) {
    if (view.getUint8(at) === kind) return at;
    at = nextOption(view, at + view.getUint8(at + LENGTH2), end2);
  }
  return 0;
}
function findLabel(view, from, end2) {
  for (let at = nextOption(view, from, end2); at < end2; ) {
    if (view.getUint8(at) === OPTION_CIPSO) return at;
    at = nextOption(view, at + Math.max(view.getUint8(at + LENGTH2), 2), end2);
  }
  return 0;
}

// firmware-ts/ip4/igmp.ts
var IPPROTO_IGMP = 2;
var Igmp = class {
  receive() {
    return DropReason.INVALID_PROTO;
  }
};

// firmware-ts/ip4/own-copies.ts
var OwnCopies = class {
  #network;
  #drops;
  #deliver;
  /**
   * @param drops counts copies that could not be made
   * @param deliver takes a copy whose turn has come
   */
  constructor(network, drops, deliver) {
    this.#network = network;
    this.#drops = drops;
    this.#deliver = deliver;
  }
  /** Copies a packet that begins with its IP header and is about to leave by the device. */
  loop(skb, device) {
    const copy2 = this.#network.pool.allocate();
    if (!copy2) {
      this.#drops.count(DropReason.NOMEM);
      return;
    }
    const { length } = skb;
    const at = copy2.put(length);
    copyFrame(copy2.bytes, at, skb.bytes, skb.data, length);
    copy2.network = at;
    copy2.protocol = skb.protocol;
    copy2.packetType = PacketType.BROADCAST;
    copy2.checksum = Checksum.UNNECESSARY;
    copy2.truesize = skb.truesize;
    copy2.cookie = device.ifindex;
    if (!this.#network.backlog.enqueue(copy2, this)) this.#drops.drop(copy2, DropReason.CPU_BACKLOG);
  }
  backlogged(skb) {
    const { devices } = this.#network;
    for (let at = 0; at < devices.length; at++) {
      const device = devices[at];
      if (device.ifindex !== skb.cookie) continue;
      if (device.up) this.#deliver(skb, device);
      else device.drops.drop(skb, DropReason.DEV_READY);
      return;
    }
    this.#drops.drop(skb, DropReason.DEV_READY);
  }
};

// firmware-ts/ip4/redirects.ts
var LAST_CODE = 3;
var Redirects = class {
  #fib;
  #arp;
  #log;
  constructor(fib, arp2, log) {
    this.#fib = fib;
    this.#arp = arp2;
    this.#log = log;
  }
  /**
   * Believes a redirect if it comes from the gateway in use and the settings allow it. One to a neighbour that is not known only has the
   * neighbour asked for: the next one may be believed.
   * @param way that of the packet which the redirect quotes
   * @param device the one by which the redirect came
   */
  take({ route, nextHop, source, destination }, code, reporter, gateway, device) {
    if ((code & 7) > LAST_CODE || !route || route.gateway === 0 || nextHop !== reporter) return;
    if (gateway === reporter || !this.#allowed(gateway, reporter, device)) {
      if (this.#fib.conf.on(device).logMartians) this.#log.redirectIgnored(reporter, device, gateway, source, destination);
      return;
    }
    const { table } = this.#arp;
    const key = this.#arp.keyOf(gateway, route.device);
    const entry = table.find(key, route.device) ?? table.create(key, route.device);
    if (!entry) return;
    if (entry.valid) this.#fib.paths.redirect(destination, route, gateway);
    else use(entry);
  }
  #allowed(gateway, reporter, device) {
    const { acceptRedirects, sharedMedia, secureRedirects } = this.#fib.conf.on(device);
    if (!acceptRedirects || isMulticast(gateway) || gateway === INADDR_BROADCAST || isZeronet(gateway)) return false;
    if (sharedMedia) return this.#fib.addressType(gateway) === AddressType.UNICAST;
    if (!this.#fib.addresses.onLink(device, gateway, reporter)) return false;
    return !secureRedirects || this.#fib.routes.list.some((route) => route.device === device && route.gateway === gateway);
  }
};

// firmware-ts/ip4/refused.ts
var SILENT = -1;
var TREATMENTS = {
  [Refusal.SOURCE]: { reason: DropReason.IP_INADDRERRORS, code: SILENT, options: false },
  [Refusal.DESTINATION]: { reason: DropReason.IP_NOT_LOCAL, code: SILENT, options: false },
  [Refusal.REVERSE_PATH]: { reason: DropReason.IP_RPFILTER, code: SILENT, options: false },
  [Refusal.NOT_LOCAL]: { reason: DropReason.IP_NOT_LOCAL, code: SILENT, options: true },
  [Refusal.NO_ROUTE]: { reason: DropReason.IP_OUTNOROUTES, code: NET_UNREACHABLE, options: true },
  [Refusal.BLACKHOLE]: { reason: DropReason.RTN_BLACKHOLE, code: SILENT, options: true },
  [Refusal.UNREACHABLE]: { reason: DropReason.RTN_UNREACHABLE, code: HOST_UNREACHABLE, options: true },
  [Refusal.PROHIBIT]: { reason: DropReason.RTN_PROHIBIT, code: PACKET_FILTERED, options: true }
};
function treatmentOf(refusal) {
  return TREATMENTS[refusal];
}
function countRefusal({ ip: ip2, netstat }, refusal) {
  if (refusal === Refusal.REVERSE_PATH) netstat.ipReversePathFilter++;
  else if (refusal === Refusal.NO_ROUTE) ip2.inNoRoutes++;
  else if (refusal === Refusal.NOT_LOCAL) ip2.inAddrErrors++;
}

// firmware-ts/ip4/routing/devconf.ts
var DEFAULTS = {
  arpAnnounce: 0,
  arpIgnore: 0,
  arpFilter: 0,
  arpAccept: 0,
  arpNotify: 0,
  promoteSecondaries: 0,
  dropGratuitousArp: 0,
  arpEvictNocarrier: 1,
  proxyArp: 0,
  proxyArpPvlan: 0,
  mediumId: 0,
  rpFilter: 0,
  forwarding: 0,
  routeLocalnet: 0,
  acceptLocal: 0,
  acceptRedirects: 1,
  secureRedirects: 1,
  sendRedirects: 1,
  sharedMedia: 1,
  dropUnicastInL2Multicast: 0,
  logMartians: 0
};
var NAMES3 = Object.keys(DEFAULTS);
var DEVCONF_KEYS = new Map(
  NAMES3.map((name) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name])
);
var Devconf = class {
  arpAnnounce = DEFAULTS.arpAnnounce;
  arpIgnore = DEFAULTS.arpIgnore;
  arpFilter = DEFAULTS.arpFilter;
  arpAccept = DEFAULTS.arpAccept;
  arpNotify = DEFAULTS.arpNotify;
  promoteSecondaries = DEFAULTS.promoteSecondaries;
  dropGratuitousArp = DEFAULTS.dropGratuitousArp;
  arpEvictNocarrier = DEFAULTS.arpEvictNocarrier;
  proxyArp = DEFAULTS.proxyArp;
  proxyArpPvlan = DEFAULTS.proxyArpPvlan;
  mediumId = DEFAULTS.mediumId;
  rpFilter = DEFAULTS.rpFilter;
  forwarding = DEFAULTS.forwarding;
  routeLocalnet = DEFAULTS.routeLocalnet;
  acceptLocal = DEFAULTS.acceptLocal;
  acceptRedirects = DEFAULTS.acceptRedirects;
  secureRedirects = DEFAULTS.secureRedirects;
  sendRedirects = DEFAULTS.sendRedirects;
  sharedMedia = DEFAULTS.sharedMedia;
  dropUnicastInL2Multicast = DEFAULTS.dropUnicastInL2Multicast;
  logMartians = DEFAULTS.logMartians;
  /** Settings that were written to this very set. A change of the defaults does not reach them any more. */
  written = /* @__PURE__ */ new Set();
};
var Effective = class {
  // The larger of the two values.
  arpAnnounce = 0;
  arpIgnore = 0;
  arpAccept = 0;
  arpNotify = 0;
  rpFilter = 0;
  // True when one of the two is not 0.
  arpFilter = false;
  proxyArp = false;
  proxyArpPvlan = false;
  promoteSecondaries = false;
  dropGratuitousArp = false;
  routeLocalnet = false;
  acceptLocal = false;
  secureRedirects = true;
  sendRedirects = true;
  sharedMedia = true;
  dropUnicastInL2Multicast = false;
  logMartians = false;
  // True when neither is 0.
  arpEvictNocarrier = true;
  // True when neither is 0 on a device that forwards, and when one of the two is not 0 on another.
  acceptRedirects = true;
  // The device's own value.
  forwarding = false;
  mediumId = 0;
  combine(all, own) {
    this.arpAnnounce = Math.max(all.arpAnnounce, own.arpAnnounce);
    this.arpIgnore = Math.max(all.arpIgnore, own.arpIgnore);
    this.arpAccept = Math.max(all.arpAccept, own.arpAccept);
    this.arpNotify = Math.max(all.arpNotify, own.arpNotify);
    this.rpFilter = Math.max(all.rpFilter, own.rpFilter);
    this.arpFilter = (all.arpFilter | own.arpFilter) !== 0;
    this.proxyArp = (all.proxyArp | own.proxyArp) !== 0;
    this.proxyArpPvlan = (all.proxyArpPvlan | own.proxyArpPvlan) !== 0;
    this.promoteSecondaries = (all.promoteSecondaries | own.promoteSecondaries) !== 0;
    this.dropGratuitousArp = (all.dropGratuitousArp | own.dropGratuitousArp) !== 0;
    this.routeLocalnet = (all.routeLocalnet | own.routeLocalnet) !== 0;
    this.acceptLocal = (all.acceptLocal | own.acceptLocal) !== 0;
    this.secureRedirects = (all.secureRedirects | own.secureRedirects) !== 0;
    this.sendRedirects = (all.sendRedirects | own.sendRedirects) !== 0;
    this.sharedMedia = (all.sharedMedia | own.sharedMedia) !== 0;
    this.dropUnicastInL2Multicast = (all.dropUnicastInL2Multicast | own.dropUnicastInL2Multicast) !== 0;
    this.logMartians = (all.logMartians | own.logMartians) !== 0;
    this.arpEvictNocarrier = all.arpEvictNocarrier !== 0 && own.arpEvictNocarrier !== 0;
    this.forwarding = own.forwarding !== 0;
    this.mediumId = own.mediumId;
    const { acceptRedirects } = own;
    this.acceptRedirects = own.forwarding === 0 ? (all.acceptRedirects | acceptRedirects) !== 0 : all.acceptRedirects !== 0 && acceptRedirects !== 0;
  }
};
var Devconfs = class {
  all = new Devconf();
  defaults = new Devconf();
  #devices = /* @__PURE__ */ new Map();
  /** The device that was asked for last: most packets come by the same device as the one before. */
  #lastDevice = null;
  #last = new Effective();
  #changes = 0;
  /** Grows with every change, so that remembered answers can be checked. */
  get changes() {
    return this.#changes;
  }
  /** Returns the values in force for a device. */
  on(device) {
    if (device !== this.#lastDevice) {
      this.#last = this.#of(device).effective;
      this.#lastDevice = device;
    }
    return this.#last;
  }
  /** Forgets a device that is gone. */
  forget(device) {
    this.#changes++;
    this.#devices.delete(device);
    if (device === this.#lastDevice) this.#lastDevice = null;
  }
  /** Counts every setting of a device as written. As in Linux, the first address does so. */
  pin(device) {
    const { written } = this.#of(device).own;
    for (const name of NAMES3) written.add(name);
  }
  /** Reads a value by kernel key; undefined when there is no such setting. */
  read(target, key) {
    const name = DEVCONF_KEYS.get(key);
    return name && this.#set(target)[name];
  }
  /**
   * Writes a value by kernel key. Returns false when there is no such setting. A default reaches the devices that have no value of their
   * own; `forwarding` of `all` (net.ipv4.ip_forward) reaches the default and every device, but only when it changes: a router then
   * believes no redirects, and a host does.
   */
  write(target, key, value) {
    const name = DEVCONF_KEYS.get(key);
    if (!name) return false;
    this.#changes++;
    const set = this.#set(target);
    const changed = set[name] !== value;
    set[name] = value;
    if (target === "all" && name === "forwarding") {
      if (!changed) return true;
      this.all.acceptRedirects = value === 0 ? 1 : 0;
      this.defaults.forwarding = value;
      for (const { own } of this.#devices.values()) own.forwarding = value;
    } else if (target === "default") {
      for (const { own } of this.#devices.values()) if (!own.written.has(name)) own[name] = value;
    } else {
      set.written.add(name);
    }
    for (const { own, effective } of this.#devices.values()) effective.combine(this.all, own);
    return true;
  }
  #set(target) {
    if (target === "all") return this.all;
    return target === "default" ? this.defaults : this.#of(target).own;
  }
  /** Returns a device's settings. A device copies the defaults when it is asked for first. */
  #of(device) {
    let conf = this.#devices.get(device);
    if (!conf) {
      conf = { own: new Devconf(), effective: new Effective() };
      for (const name of NAMES3) conf.own[name] = this.defaults[name];
      conf.effective.combine(this.all, conf.own);
      this.#devices.set(device, conf);
    }
    return conf;
  }
};

// firmware-ts/ip4/routing/lifetimes.ts
var MS = 1e3;
var Lifetime = class {
  #valid;
  #preferred;
  #clock;
  #since;
  /** @throws InetError LIFETIME_INVALID */
  constructor(clock, { valid = Number.POSITIVE_INFINITY, preferred = Number.POSITIVE_INFINITY } = {}) {
    if (valid <= 0) throw new InetError("LIFETIME_INVALID", "valid_lft is zero");
    if (preferred > valid) throw new InetError("LIFETIME_INVALID", "preferred_lft is greater than valid_lft");
    this.#valid = valid;
    this.#preferred = preferred;
    this.#clock = clock;
    this.#since = clock.now();
  }
  /** It ends some day. */
  get dynamic() {
    return this.#valid !== Number.POSITIVE_INFINITY;
  }
  /** The preferred lifetime is over. That of an address which stays never ends, as in the kernel, but may be 0 from the start. */
  get deprecated() {
    return this.#preferred === 0 || this.dynamic && this.preferredLeft === 0;
  }
  /** Seconds until it is removed; Infinity for never. */
  get validLeft() {
    return this.#left(this.#valid);
  }
  /** Seconds until it is deprecated; Infinity for never. */
  get preferredLeft() {
    return this.dynamic ? this.#left(this.#preferred) : Number.POSITIVE_INFINITY;
  }
  /** When it is removed, in the clock's milliseconds. */
  get expires() {
    return this.#since + this.#valid * MS;
  }
  #left(seconds) {
    return Math.max(0, seconds - Math.floor((this.#clock.now() - this.#since) / MS));
  }
};
var Expiry = class {
  #clock;
  #timer;
  #dynamic = /* @__PURE__ */ new Set();
  /** @param expire removes an address, and tells so with forget() */
  constructor(clock, expire) {
    this.#clock = clock;
    this.#timer = clock.timer(() => {
      const now = this.#clock.now();
      for (const address of [...this.#dynamic]) if (address.lifetime.expires <= now && this.#dynamic.has(address)) expire(address);
      this.#arm();
    });
  }
  /** Begins to watch an address, or hears of its new lifetimes. */
  watch(address) {
    if (address.lifetime.dynamic) this.#dynamic.add(address);
    else this.#dynamic.delete(address);
    this.#arm();
  }
  /** The address is gone. */
  forget(address) {
    if (this.#dynamic.delete(address)) this.#arm();
  }
  #arm() {
    let next = Number.POSITIVE_INFINITY;
    for (const { lifetime } of this.#dynamic) next = Math.min(next, lifetime.expires);
    if (next === Number.POSITIVE_INFINITY) this.#timer.cancel();
    else this.#timer.armAt(next);
  }
};

// firmware-ts/ip4/routing/addresses.ts
var NONE6 = [];
function sameSubnet(one, other) {
  return one.mask === other.mask && holds(one, other.address);
}
function holds(own, other) {
  return ((own.address ^ other) & own.mask) === 0;
}
var Addresses = class {
  #clock;
  #devices = /* @__PURE__ */ new Map();
  /** Addresses by their number. Several devices may have the same one. */
  #local = /* @__PURE__ */ new Map();
  constructor(clock) {
    this.#clock = clock;
  }
  #changes = 0;
  /** Grows with every change, so that remembered answers can be checked. */
  get changes() {
    return this.#changes;
  }
  /** All addresses, device by device, each in the order of of(). */
  get list() {
    return [...this.#devices.values()].flat();
  }
  /** The addresses of a device: primary ones, narrower scopes first and else in the order of addition; then secondary ones. */
  of(device) {
    return this.#devices.get(device) ?? NONE6;
  }
  /**
   * Gives a device an address.
   * @throws InetError ADDRESS_EXISTS; SCOPE_INVALID when the subnet is on the device with another scope; LIFETIME_INVALID
   */
  add(device, local, prefixLength, options = {}) {
    const mask = prefixMask(prefixLength);
    const { label = device.name, peer: address = local, metric = 0, noPrefixRoute = false } = options;
    const { scope = isLoopback(local) ? Scope.HOST : Scope.GLOBAL } = options;
    const { broadcast = prefixLength >= 31 || device.loopback ? 0 : address | ~mask } = options;
    const addresses = this.#devices.get(device) ?? [];
    const twins = addresses.filter((other) => sameSubnet(other, { address, mask }));
    if (twins.some((other) => other.local === local)) {
      throw new InetError("ADDRESS_EXISTS", `${device.name} has ${formatIpv4(local)}/${prefixLength} already`);
    }
    if (twins.some((other) => other.scope !== scope)) {
      throw new InetError("SCOPE_INVALID", `${device.name} has the subnet with another scope`);
    }
    const lifetime = new Lifetime(this.#clock, options.lifetimes);
    this.#changes++;
    const secondary = twins.length > 0;
    const prefix2 = { address, prefixLength, mask, broadcast };
    const made = { device, local, ...prefix2, secondary, scope, label, metric, noPrefixRoute, lifetime };
    addresses.splice(secondary ? addresses.length : placeOf2(made, addresses), 0, made);
    this.#devices.set(device, addresses);
    const known = this.#local.get(local);
    if (known) known.push(made);
    else this.#local.set(local, [made]);
    return made;
  }
  /** Gives an address other lifetimes and another metric. @throws InetError LIFETIME_INVALID */
  change(address, { lifetimes, metric = 0 }) {
    const kept = address;
    kept.lifetime = new Lifetime(this.#clock, lifetimes);
    kept.metric = metric;
    this.#changes++;
  }
  /**
   * Takes an address off its device. The secondary ones of a primary address's subnet go with it, or the first of them becomes primary.
   * Returns all that went, the one asked for last; none when it is not there.
   * @param promote promote_secondaries
   */
  remove(address, promote = false) {
    const addresses = this.#devices.get(address.device);
    if (!addresses?.includes(address)) return [];
    this.#changes++;
    const follows = (other) => other.secondary && sameSubnet(other, address);
    const followers = address.secondary ? [] : addresses.filter(follows);
    const gone = promote ? [address] : [...followers, address];
    for (const one of gone) {
      addresses.splice(addresses.indexOf(one), 1);
      const same2 = this.#local.get(one.local);
      same2.splice(same2.indexOf(one), 1);
      if (same2.length === 0) this.#local.delete(one.local);
    }
    const [heir] = followers;
    if (promote && heir) {
      heir.secondary = false;
      addresses.splice(addresses.indexOf(heir), 1);
      addresses.splice(placeOf2(heir, addresses), 0, heir);
    }
    if (addresses.length === 0) this.#devices.delete(address.device);
    return gone;
  }
  /** Finds the address of a device that has this number and subnet. */
  matching(device, local, prefixLength, address = local) {
    const mask = prefixMask(prefixLength);
    return this.of(device).find((own) => own.local === local && sameSubnet(own, { address, mask }));
  }
  /** Finds one of our addresses by its number, on the device that got it first. */
  find(local) {
    return this.#local.get(local)?.[0];
  }
  isLocal(address) {
    return this.#local.has(address);
  }
  /** Returns true when one subnet of the device holds both addresses. */
  onLink(device, one, other) {
    const addresses = this.of(device);
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at];
      if (holds(own, one) && holds(own, other)) return true;
    }
    return false;
  }
  /**
   * Selects our address towards `target` on the device: the first primary one whose subnet holds it, else the first, else the first one
   * of any device that is wider than link scope; 0 when there is none.
   * @param scope narrower addresses do not count
   * @param hostAsLink addresses of host scope count as those of link scope (route_localnet)
   */
  select(device, target, scope = Scope.LINK, hostAsLink = false) {
    const narrowest = hostAsLink ? Scope.LINK : Scope.HOST;
    const addresses = this.of(device);
    let first = 0;
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at];
      if (own.secondary || Math.min(own.scope, narrowest) > scope) continue;
      if (target === 0 || holds(own, target)) return own.local;
      first ||= own.local;
    }
    return first || this.#selectAnywhere(scope);
  }
  #selectAnywhere(scope) {
    for (const addresses of this.#devices.values())
      for (const own of addresses) if (!own.secondary && own.scope !== Scope.LINK && own.scope <= scope) return own.local;
    return 0;
  }
  /**
   * Returns true when one of our addresses is `local` (0: any), on `device` (null: on any), with a scope at least as wide as `scope`, and,
   * if `peer` is not 0, a subnet of the same device holds both the peer and that address.
   * @param hostAsLink as in select()
   */
  confirms(device, peer, local, scope, hostAsLink) {
    if (device) return this.#confirmsOn(this.of(device), peer, local, scope, hostAsLink);
    for (const addresses of this.#devices.values()) if (this.#confirmsOn(addresses, peer, local, scope, hostAsLink)) return true;
    return false;
  }
  #confirmsOn(addresses, peer, local, scope, hostAsLink) {
    const narrowest = hostAsLink ? Scope.LINK : Scope.HOST;
    let found = false;
    let subnet = peer === 0;
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at];
      const eligible = Math.min(own.scope, narrowest) <= scope;
      const holdsPeer = holds(own, peer);
      if (local === 0 && eligible && (peer === 0 || holdsPeer)) return true;
      if (local !== 0 && own.local === local && eligible) found = true;
      if (holdsPeer && holds(own, local)) subnet = true;
    }
    return found && subnet;
  }
};
function placeOf2({ scope }, addresses) {
  return 1 + addresses.findLastIndex((other) => !other.secondary && scope <= other.scope);
}

// firmware-ts/ip4/routing/connected.ts
function primariesOf(addresses) {
  return new Map(addresses.filter(({ secondary }) => !secondary).map((own) => [subnetOf(own), own.local]));
}
function subnetOf({ address, mask }) {
  return `${address & mask} ${mask}`;
}
function routesOf(own, primaries) {
  const { device, local, address, prefixLength, mask, broadcast, secondary, metric, noPrefixRoute } = own;
  const source = (secondary ? primaries.get(subnetOf(own)) : void 0) ?? local;
  const host = { prefixLength: 32, device, source, protocol: "kernel" };
  const routes = [{ ...host, destination: local, type: RouteType.LOCAL }];
  if (!device.up || !isSource(source)) return routes;
  const broadcasts = { ...host, destination: broadcast, type: RouteType.BROADCAST };
  if (broadcast !== 0 && broadcast !== INADDR_BROADCAST) routes.push(broadcasts);
  const destination = address & mask;
  if (secondary || isZeronet(destination) || destination === local && prefixLength === 32) return routes;
  const type = device.loopback ? RouteType.LOCAL : RouteType.UNICAST;
  if (!noPrefixRoute) routes.push({ ...host, destination, prefixLength, metric, type });
  const ofSubnet = address | ~mask;
  if (prefixLength < 31 && ofSubnet !== broadcast) routes.push({ ...broadcasts, destination: ofSubnet });
  return routes;
}
function isSource(address) {
  return !isMulticast(address) && !isZeronet(address) && address !== INADDR_BROADCAST;
}
function keyOf({ destination, prefixLength, type, source = 0, metric = 0 }) {
  return `${type} ${destination}/${prefixLength} ${source} ${metric}`;
}

// firmware-ts/ip4/routing/path-exceptions.ts
var MTU_EXPIRES = 6e5;
var REDIRECT_EXPIRES = 3e5;
var MIN_PMTU = 552;
var PLACES = 1024;
var PathException = class {
  route;
  /** Infinity while none was told. */
  mtu;
  /** A router asked for less than MIN_PMTU: it may fragment what we send. */
  locked;
  /** The gateway in the route's place; 0 for that of the route. */
  gateway;
  #clock;
  #expires;
  constructor(clock, { route, mtu, locked, gateway }, lasts) {
    this.route = route;
    this.mtu = mtu;
    this.locked = locked;
    this.gateway = gateway;
    this.#clock = clock;
    this.#expires = clock.now() + lasts;
  }
  /** Milliseconds for which it is still believed; 0 or less when it is not. */
  get left() {
    return this.#expires - this.#clock.now();
  }
};
var PathExceptions = class {
  #clock;
  #paths = /* @__PURE__ */ new Map();
  #changes = 0;
  constructor(clock) {
    this.#clock = clock;
  }
  /** Grows with every change, so that remembered answers can be checked. */
  get changes() {
    return this.#changes;
  }
  /** Returns the exception of a destination by this route; null when there is none. */
  find(destination, route) {
    const path = this.#paths.get(destination);
    return path && path.route === route && path.left > 0 ? path : null;
  }
  /** Returns the gateway of packets to the destination by this route; 0 for none. */
  gateway(destination, route) {
    if (this.#paths.size === 0) return route.hop;
    return this.find(destination, route)?.gateway || route.hop;
  }
  /** Believes a router that says how long a packet to the destination may be. It is not believed when it says more than was known. */
  learn(destination, route, mtu) {
    const known = this.find(destination, route);
    const before2 = Math.min(known?.mtu ?? Number.POSITIVE_INFINITY, mtuOf(route));
    if (route.type !== RouteType.UNICAST || route.mtuLock || known?.locked || mtu > before2) return;
    const locked = mtu < MIN_PMTU;
    const told = { route, mtu: locked ? Math.min(before2, MIN_PMTU) : mtu, locked, gateway: known?.gateway ?? 0 };
    this.#set(destination, told, MTU_EXPIRES);
  }
  /** Believes a router that names a better gateway to the destination. */
  redirect(destination, route, gateway) {
    const { mtu, locked } = this.find(destination, route) ?? { mtu: Number.POSITIVE_INFINITY, locked: false };
    this.#set(destination, { route, mtu, locked, gateway }, REDIRECT_EXPIRES);
  }
  /** Forgets all (`ip route flush cache`). */
  clear() {
    this.#paths.clear();
    this.#changes++;
  }
  #set(destination, told, lasts) {
    this.#paths.delete(destination);
    if (this.#paths.size >= PLACES) {
      for (const oldest of this.#paths.keys()) if (this.#paths.delete(oldest)) break;
    }
    this.#paths.set(destination, new PathException(this.#clock, told, lasts));
    this.#changes++;
  }
};

// firmware-ts/ip4/routing/fib.ts
var LOOPBACK_ADDRESS = 2130706433;
var Fib = class {
  addresses;
  routes = new Routes();
  paths;
  conf;
  #user;
  #expiry;
  constructor(clock, conf, user) {
    this.addresses = new Addresses(clock);
    this.#expiry = new Expiry(clock, (address) => this.removeAddress(address));
    this.paths = new PathExceptions(clock);
    this.conf = conf;
    this.#user = user;
  }
  /** Another number after every change of addresses, routes, path MTUs or settings. */
  get generation() {
    return this.addresses.changes + this.routes.changes + this.paths.changes + this.conf.changes;
  }
  /** Gives a device an address. @throws InetError ADDRESS_EXISTS, SCOPE_INVALID, LIFETIME_INVALID */
  addAddress(device, local, prefixLength, options = {}) {
    const address = this.addresses.add(device, local, prefixLength, options);
    this.conf.pin(device);
    this.#bring(address);
    this.#expiry.watch(address);
    this.#user.addressed(device, local);
    return address;
  }
  /** Gives an address other lifetimes and another metric. @throws InetError LIFETIME_INVALID */
  changeAddress(address, change) {
    const akin = this.#akin(address);
    const before2 = brought(akin);
    this.addresses.change(address, change);
    this.#settle(address.device, before2, brought(akin));
    this.#expiry.watch(address);
  }
  /** Takes an address away. With a primary address go its secondary ones, without promote_secondaries. Returns all that went. */
  removeAddress(address) {
    const { device } = address;
    const akin = this.#akin(address);
    const before2 = brought(akin);
    const gone = this.addresses.remove(address, this.conf.on(device).promoteSecondaries);
    const left = new Set(gone);
    this.#settle(device, before2, brought(akin.filter((one) => !left.has(one))));
    for (const one of gone) this.#expiry.forget(one);
    const sources = new Set(gone.map(({ local }) => local).filter((local) => !this.addresses.isLocal(local)));
    if (sources.size > 0) this.routes.removeAll(({ source }) => sources.has(source));
    if (gone.length > 0 && this.addresses.of(device).length === 0) {
      this.routes.removeAll((route) => onlyBy(route, device));
      this.#user.addressless(device);
    }
    return gone;
  }
  /** Makes a route. @throws InetError ROUTE_INVALID, ROUTE_EXISTS, ROUTE_NOT_THERE, ROUTE_UNREACHABLE, DEVICE_DOWN, SOURCE_INVALID, SCOPE_INVALID */
  addRoute(request) {
    const { source = 0, how = "add" } = request;
    const { scope = request.nexthops?.length ? Scope.GLOBAL : void 0 } = request;
    const route = { ...request, scope, ...this.#way(request) };
    if (source !== 0 && !this.addresses.isLocal(source))
      throw new InetError("SOURCE_INVALID", `${formatIpv4(source)} is not an address of this stack`);
    if (how === "add") return this.routes.add(route);
    if (how === "replace" || how === "change") return this.routes.replace(route, how === "change");
    return this.routes.addBeside(route, how === "prepend");
  }
  /** Returns the parts of a new route that say where its packets go. */
  #way(request) {
    const { type = RouteType.UNICAST, gateway = 0, device, scope = Scope.GLOBAL, nexthops = [] } = request;
    const [first] = nexthops;
    if (refuses(type)) {
      if (gateway === 0 && !device && !first) return { nexthops: [] };
      throw new InetError("ROUTE_INVALID", "packets that are refused need neither a gateway nor a device", "TYPE_NEXTHOP");
    }
    if (!first) return { ...this.#nextHop(request, scope), nexthops: [] };
    const legs = nexthops.map((leg) => this.#nextHop(leg, scope));
    if (device && device !== first.device)
      throw new InetError("ROUTE_INVALID", "the route has another device than its first next hop", "NEXTHOP_DEVICE");
    if (gateway !== 0 && gateway !== (first.gateway ?? 0))
      throw new InetError("ROUTE_INVALID", "the route has another gateway than its first next hop", "NEXTHOP_GATEWAY");
    return legs.length === 1 ? { ...legs[0], nexthops: [] } : { nexthops: legs };
  }
  #nextHop(request, scope) {
    const { gateway = 0, onlink = false, weight = 1 } = request;
    const device = onlink ? this.#onlink(request, scope) : this.#towards(request, scope);
    const hop = !onlink && this.addressType(gateway) === AddressType.LOCAL ? 0 : gateway;
    return { gateway, hop, device, onlink, weight };
  }
  /** Returns the device by which the gateway is reached, or the one named where there is none. */
  #towards({ gateway = 0, device }, scope) {
    const towards2 = gateway === 0 ? null : this.routes.reaching(gateway, Math.max(scope + 1, Scope.LINK), device ?? null);
    const found = device ?? towards2?.device;
    const reached = gateway === 0 || towards2?.type === RouteType.UNICAST || towards2?.type === RouteType.LOCAL;
    if (!found || !reached) throw new InetError("ROUTE_UNREACHABLE", "the gateway is not on a link of ours");
    if (!found.up) throw new InetError("DEVICE_DOWN", `${found.name} is down`);
    return found;
  }
  /** Returns the device on whose link the gateway is said to be. */
  #onlink({ gateway = 0, device }, scope) {
    if (gateway === 0) throw new InetError("ROUTE_INVALID", "onlink is said of a gateway", "ONLINK_NO_GATEWAY");
    if (scope >= Scope.LINK) throw new InetError("SCOPE_INVALID", "a route by a gateway is wider than its link", "ONLINK_SCOPE");
    if (!device) throw new InetError("ROUTE_INVALID", "onlink needs a device", "ONLINK_NO_DEVICE");
    if (!device.up) throw new InetError("DEVICE_DOWN", `${device.name} is down`, "ONLINK_DEVICE_DOWN");
    if (this.addressType(gateway) === AddressType.UNICAST) return device;
    throw new InetError("ROUTE_UNREACHABLE", "the gateway is no other host's address");
  }
  /** Adds and removes routes with the ups and downs of a device. */
  event(device, event) {
    if (event === "up") {
      for (const address of this.addresses.of(device)) this.#bring(address);
      if (device.loopback && !this.addresses.matching(device, LOOPBACK_ADDRESS, 8)) this.addAddress(device, LOOPBACK_ADDRESS, 8);
      this.routes.refresh();
    } else if (event === "down") {
      const down = (one) => one.device?.up === false;
      this.routes.removeAll(
        ({ nexthops, ...route }) => nexthops.length > 0 ? nexthops.every(down) : route.device === device && route.type !== RouteType.LOCAL
      );
    } else if (event === "unregister") {
      for (const address of [...this.addresses.of(device)]) this.removeAddress(address);
      this.routes.removeAll((route) => leavesBy(route, device));
      this.conf.forget(device);
    }
  }
  /** Makes the routes of an address, as far as they are not there. */
  #bring(address) {
    this.#add(
      address.device,
      routesOf(address, primariesOf(this.addresses.of(address.device).filter((other) => sameSubnet(other, address))))
    );
  }
  #add(device, routes) {
    if (routes.length === 0) return;
    const has = (route) => this.routes.of(route).some((other) => other.device === device && keyOf(other) === keyOf(route));
    for (const route of routes) if (!has(route)) this.routes.add(route);
  }
  /**
   * Returns an address and those of its device that may bring the same routes, or others when it changes. Routes are the same only if
   * their source is: the primary address of a subnet. So they are the addresses of its subnet, and all subnets of any that equals one.
   */
  #akin(address) {
    const all = this.addresses.of(address.device);
    const locals = /* @__PURE__ */ new Set();
    for (const other of all) if (sameSubnet(other, address)) locals.add(other.local);
    const subnets = /* @__PURE__ */ new Set();
    for (const other of all) if (locals.has(other.local)) subnets.add(subnetOf(other));
    if (subnets.size === 1) return all.filter((other) => sameSubnet(other, address));
    return all.filter((other) => subnets.has(subnetOf(other)));
  }
  /** Makes the routes that a change of addresses brought and removes those that only the addresses of before had. */
  #settle(device, before2, after) {
    for (const [key, lost2] of before2) {
      if (after.has(key)) continue;
      const meant = (route) => route.device === device && route.protocol === "kernel" && keyOf(route) === key;
      for (const route of this.routes.of(lost2)) if (meant(route)) this.routes.drop(route);
    }
    const come = [...after].filter(([key]) => !before2.has(key)).map(([, route]) => route);
    this.#add(device, come);
  }
  /** Returns the meaning of an address to our routes. */
  addressType(address) {
    if (isMulticast(address)) return AddressType.MULTICAST;
    if (isZeronet(address) || address === INADDR_BROADCAST) return AddressType.BROADCAST;
    const route = this.routes.lookupLocal(address);
    if (!route) return AddressType.UNICAST;
    return route.type === RouteType.BROADCAST ? AddressType.BROADCAST : AddressType.LOCAL;
  }
  /** Calls Addresses.confirms() with the device's route_localnet. */
  confirms(device, peer, local, scope) {
    return this.addresses.confirms(device, peer, local, scope, device !== null && this.conf.on(device).routeLocalnet);
  }
  /** Calls Addresses.select() with the device's route_localnet. */
  select(device, target, scope) {
    return this.addresses.select(device, target, scope, this.conf.on(device).routeLocalnet);
  }
  /** Returns the source address of packets to the destination that name none, by the route to it. */
  sourceBy(route, destination) {
    if (route.type === RouteType.LOCAL) return route.source || destination;
    return route.source || this.addresses.select(route.device, route.gateway || destination, route.scope);
  }
};
function brought(addresses) {
  const primaries = primariesOf(addresses);
  return new Map(addresses.flatMap((address) => routesOf(address, primaries)).map((route) => [keyOf(route), route]));
}
function onlyBy({ device, nexthops }, by) {
  return nexthops.length > 0 ? nexthops.every((hop) => hop.device === by) : device === by;
}

// firmware-ts/ip4/routing/failure.ts
function failureOf(entry) {
  switch (entry?.type) {
    case RouteType.BLACKHOLE:
      return DropReason.RTN_BLACKHOLE;
    case RouteType.UNREACHABLE:
      return DropReason.RTN_UNREACHABLE;
    case RouteType.PROHIBIT:
      return DropReason.RTN_PROHIBIT;
    default:
      return DropReason.IP_OUTNOROUTES;
  }
}

// firmware-ts/ip4/routing/output-route.ts
var PLACES_LOG23 = 10;
var LOCAL_MTU = 1500;
var Ip4Way = class {
  /** Fib.generation at the time of the look-up. */
  generation = -1;
  /** The exception that routers have told of; null when they have told of none. */
  path = null;
  /** The route, or null when there is none. */
  route = null;
  /** The entry of the next hop, as of the last packet. Check `dead`: an entry that was removed says so itself. */
  neighbour = null;
  /** There is a route, and the packets go to one neighbour on it. */
  plain = false;
  toOurselves = false;
  destination;
  /** The source address: the one that was asked for, else the best for the route. */
  source = INADDR_ANY;
  /** The sum of both addresses' halves: what the checksum of each packet's header begins with. */
  addressSum = 0;
  /** The packets go to a group or to everybody on the link, so that no answer proves a neighbour to be there. */
  toMany = false;
  /** The address of the neighbour that gets the packets. */
  nextHop = 0;
  /** The source address that was asked for; INADDR_ANY for none. */
  asked;
  failure = DropReason.IP_OUTNOROUTES;
  constructor(destination, asked) {
    this.destination = destination;
    this.asked = asked;
  }
  get offloadsChecksum() {
    const { route } = this;
    return route !== null && !this.toOurselves && route.device.txChecksum;
  }
  get room() {
    const { route } = this;
    if (!route) return -1;
    const mtu = route.type === RouteType.LOCAL ? LOCAL_MTU : mtuOf(route);
    const { path } = this;
    return (path !== null && path.mtu < mtu ? path.mtu : mtu) - IP_HEADER;
  }
  /** Routers are not to fragment what is sent by it, unless the operator or one of them has asked for it. */
  get fragment() {
    const { path, route } = this;
    return route?.mtuLock || path?.locked ? 0 : FRAGMENT_DF;
  }
};
var OutputRouter = class {
  #fib;
  #places = new Array(1 << PLACES_LOG23).fill(null);
  constructor(fib) {
    this.#fib = fib;
  }
  /** Looks the way up anew if anything it rests on has changed. */
  refresh(way) {
    const { path } = way;
    if (way.generation !== this.#fib.generation || path !== null && path.left <= 0) this.#find(way);
  }
  /**
   * Returns the way of an answer, for callers that keep no destination. It is remembered until another one needs its place.
   * @param source the source address the packet is to have; INADDR_ANY for the best
   */
  to(destination, source) {
    const place = Math.imul(destination ^ Math.imul(source, MIX5), MIX5) >>> 32 - PLACES_LOG23;
    let way = this.#places[place];
    if (way === null || way.destination !== destination || way.asked !== source) {
      way = new Ip4Way(destination, source);
      this.#places[place] = way;
    }
    this.refresh(way);
    return way;
  }
  #find(way) {
    const { destination, asked } = way;
    const { addresses, routes, generation } = this.#fib;
    const toGroup = isToMany(destination);
    const found = routes.lookup(destination);
    let route = found && nextHopOf(found, INADDR_ANY, destination);
    const source = asked || (route ? this.#fib.sourceBy(route, destination) : INADDR_ANY);
    if (toGroup && source !== INADDR_ANY && (asked !== INADDR_ANY || route)) {
      const own = addresses.find(source);
      route = (own && routes.lookup(source & own.mask, own.device)) ?? route;
    }
    way.route = route;
    way.failure = route ? DropReason.NONE : failureOf(routes.match(destination));
    way.path = route && this.#fib.paths.find(destination, route);
    way.source = source;
    way.toOurselves = route?.type === RouteType.LOCAL && !toGroup;
    way.toMany = route?.type === RouteType.BROADCAST || toGroup;
    way.nextHop = way.toMany ? destination : way.path?.gateway || route?.hop || destination;
    way.plain = route !== null && !way.toOurselves && !way.toMany;
    way.addressSum = (source >>> 16) + (source & 65535) + (destination >>> 16) + (destination & 65535);
    way.neighbour = null;
    way.generation = generation;
  }
};
function isToMany(destination) {
  return destination === INADDR_BROADCAST || isMulticast(destination);
}
var MIX5 = 2654435761;

// firmware-ts/ip4/settings.ts
var Ip4Settings = class {
  /** Time to live of packets whose sender names none. Groups have one of their own. */
  defaultTtl = 64;
  /** Not 0: echo requests are not answered; those to many are not. */
  icmpEchoIgnoreAll = 0;
  icmpEchoIgnoreBroadcasts = 1;
  /** Not 0: an error comes from an address of the device by which the packet came that it is about. */
  icmpErrorsUseInboundIfaddr = 0;
  /** Milliseconds between two messages to one host, of the types in the mask. 0: no limit. */
  icmpRatelimit = 1e3;
  /** A bit for each type of message that is limited: unreachable, source quench, time exceeded, parameter problem. */
  icmpRatemask = 6168;
  /** Messages to all hosts together in a second, and at once. */
  icmpMsgsPerSec = 1e3;
  icmpMsgsBurst = 50;
};

// firmware-ts/ip4/straight.ts
function straightTo(way) {
  const { neighbour } = way;
  if (neighbour === null || !way.plain || neighbour.dead || !neighbour.headerReady) return null;
  return (neighbour.nudState & NUD_CONNECTED) === 0 ? null : neighbour;
}
function pushHeaders(skb, way, entry, protocol, ttl, id, fragment) {
  const { view } = skb;
  const at = skb.data - IP_HEADER;
  const frame = at - ETHERNET_HEADER;
  const own = entry.on.device.addressView;
  const total = skb.tail - at;
  const fifth = ttl << 8 | protocol;
  view.setInt16(frame, entry.addressHigh);
  view.setInt32(frame + 2, entry.addressLow);
  view.setInt32(frame + 6, own.getInt32(0));
  view.setInt32(frame + 10, own.getUint16(4) << 16 | ETH_P_IP);
  view.setInt32(at, 17664 << 16 | total);
  view.setInt32(at + 4, id << 16 | fragment);
  view.setInt32(at + 8, fifth << 16 | finish(17664 + total + id + fragment + fifth + way.addressSum));
  view.setInt32(at + 12, way.source);
  view.setInt32(at + 16, way.destination);
  skb.network = at;
  skb.protocol = ETH_P_IP;
  skb.data = frame;
}

// firmware-ts/ip4/ipv4.ts
var { NONE: NONE7 } = DropReason;
var { HOST: HOST3, OTHERHOST: OTHERHOST3 } = PacketType;
var [HEADER4, SOURCE3, DESTINATION2, TTL] = [IP_HEADER, IP_SOURCE, IP_DESTINATION, IP_TTL];
var [FRAGMENT, PART2] = [IP_FRAGMENT, FRAGMENT_PART];
var MULTICAST_TTL = 1;
var Ipv4 = class {
  family = 4;
  headerBytes = IP_HEADER;
  conf = new Devconfs();
  settings = new Ip4Settings();
  fib;
  arp;
  /** Packets dropped on the way out, before they had a device. */
  drops = new DropCounters();
  counters = new InetCounters();
  log;
  /** Sends ICMP errors. */
  errors = null;
  /** The device of packets to ourselves; without one they take a short cut. */
  loopback = null;
  #router;
  #output;
  /** The route and the header of the packet that is being received. */
  #route = new InputRoute();
  #received = new Ip4Received(this);
  /** By number. */
  #protocols = new Array(256).fill(void 0);
  #backlog;
  #trafficConfirms;
  #identifications;
  #options;
  #groups;
  #copies;
  #forwarding;
  #redirects;
  constructor(network, random, options = {}) {
    this.#identifications = new Identifications(random.fork("identification"));
    this.#options = new IpOptions(network.clock, (address) => this.addressType(address) === AddressType.UNICAST);
    this.fib = new Fib(network.clock, this.conf, {
      addressed: (device, address) => this.arp.addressed(device, address),
      addressless: (device) => this.arp.addressless(device)
    });
    this.log = new RouteLog(network.clock);
    this.#router = new InputRouter(this.fib, this.conf, this.log);
    this.#output = new OutputRouter(this.fib);
    const unreachable = (packet, device) => this.errors?.sendError(packet, device, ICMP_DEST_UNREACH, HOST_UNREACHABLE);
    this.arp = new Arp({ network, random, fib: this.fib, router: this.#router, unreachable }, options);
    this.#trafficConfirms = this.arp.table.policy.trafficConfirms;
    this.#forwarding = new Forwarding(this);
    this.#redirects = new Redirects(this.fib, this.arp, this.log);
    this.#backlog = network.backlog;
    this.handle(IPPROTO_IGMP, new Igmp());
    network.handle(ETH_P_IP, this);
    this.#groups = new Groups(this.fib.routes);
    this.#copies = new OwnCopies(network, this.drops, (skb, device) => {
      this.counters.ip.inReceives++;
      const reason = this.#deliver(skb, device, false);
      if (reason !== DropReason.NONE) device.drops.drop(skb, reason);
    });
    network.onDeviceEvent((device, event) => {
      this.fib.event(device, event);
      this.#groups.event(device, event);
    });
  }
  get addresses() {
    return this.fib.addresses;
  }
  get routes() {
    return this.fib.routes;
  }
  handle(protocol, handler) {
    this.#protocols[protocol] = handler;
  }
  /** Returns the handler of an IP protocol. */
  handlerOf(protocol) {
    return this.#protocols[protocol];
  }
  addressType(address) {
    return this.fib.addressType(address);
  }
  isLocal(address) {
    return this.addresses.isLocal(address);
  }
  canBind(address) {
    return this.addressType(address) !== AddressType.UNICAST;
  }
  deviceOfGroup(group, device) {
    return this.#groups.deviceOf(group, device);
  }
  join(group, device) {
    this.#groups.join(device, group);
  }
  leave(group, device) {
    this.#groups.leave(device, group);
  }
  way(destination, source) {
    return new Ip4Way(destination, source ?? INADDR_ANY);
  }
  refresh(way) {
    this.#output.refresh(way);
  }
  /** The way of an answer from `source` (INADDR_ANY: from the best address), for senders that keep no destination. Up to date. */
  wayOfAnswer(destination, source) {
    return this.#output.to(destination, source);
  }
  send(skb, way, protocol, ttl = 0, tos = 0) {
    const entry = ttl === 0 && tos === 0 && !skb.confirm ? straightTo(way) : null;
    if (entry === null || skb.length > mtuOf(way.route) - IP_HEADER || skb.truesize === 0) {
      return this.#send(skb, way, protocol, ttl, tos, way.fragment, 0);
    }
    const { ip: ip2 } = this.counters;
    const id = this.#identifications.next(way.source, way.destination, protocol);
    pushHeaders(skb, way, entry, protocol, this.settings.defaultTtl, id, way.fragment);
    ip2.outRequests++;
    ip2.outTransmits++;
    const fate = entry.on.device.transmit(skb);
    if (fate === DropReason.QDISC_DROP) ip2.outDiscards++;
    return fate;
  }
  /**
   * Makes the options of an answer to the packet whose header is at skb.network.
   * @param fault offset in the header of what is wrong with it; only options before that are answered
   * @returns bytes of them, for answer(); -1 when the packet cannot be answered
   */
  optionsOfAnswer(skb, way, fault = 0) {
    const { view, network } = skb;
    const headerLength = headerLengthOf(view, network);
    if (headerLength <= IP_HEADER) return 0;
    return this.#options.answer(view, network, network + (fault || headerLength), way.source);
  }
  /**
   * Sends an ICMP message by which we answer: routers may fragment it, however long the packet is that it answers.
   * @param options the answer of optionsOfAnswer(), called just before
   */
  answer(skb, way, protocol, tos, options) {
    return this.#send(skb, way, protocol, 0, tos, 0, options);
  }
  #send(skb, way, protocol, ttl, tos, fragment, options) {
    const { destination, source, route } = way;
    const length = skb.length + options;
    const at = skb.push(IP_HEADER + options);
    const id = this.#identifications.next(source, destination, protocol);
    writeHeader(
      skb.view,
      at,
      source,
      destination,
      protocol,
      length,
      ttl || (isMulticast(destination) ? MULTICAST_TTL : this.settings.defaultTtl),
      tos,
      id,
      fragment
    );
    if (options > 0) this.#options.write(skb.view, at, options);
    skb.network = at;
    skb.protocol = ETH_P_IP;
    skb.truesize = truesizeOf(skb.length);
    const { ip: ip2 } = this.counters;
    if (!route) {
      if (way.failure === DropReason.IP_OUTNOROUTES) ip2.outNoRoutes++;
      return this.#refuse(skb, way.failure);
    }
    ip2.outRequests++;
    const fate = this.#transmit(skb, way, route.device);
    if (fate === DropReason.NEIGH_CREATEFAIL || fate === DropReason.QDISC_DROP) ip2.outDiscards++;
    return fate;
  }
  confirm(way) {
    this.refresh(way);
    if (!way.route || way.toOurselves || way.toMany) return;
    const entry = this.#neighbour(way, way.route.device);
    if (entry) confirm(entry);
  }
  /** Takes the news that a packet of ours was too long for its way: shorter ones go by it from now on. */
  tooLong(destination, source, mtu) {
    const { route } = this.wayOfAnswer(destination, source);
    if (route) this.fib.paths.learn(destination, route, mtu);
  }
  /** Takes a router's word for a better gateway than the one that a packet of ours went by. */
  redirected(destination, source, code, reporter, gateway, device) {
    this.#redirects.take(this.wayOfAnswer(destination, source), code, reporter, gateway, device);
  }
  pseudoHeader(source, destination, protocol, length) {
    return sumPseudoHeader(source, destination, protocol, length);
  }
  refuse(skb, packet) {
    this.errors?.sendError(skb, packet.device, ICMP_DEST_UNREACH, PORT_UNREACHABLE);
  }
  receive(skb, device) {
    const reason = skb.packetType === OTHERHOST3 ? DropReason.OTHERHOST : this.#input(skb, device, device.loopback);
    if (reason !== NONE7) device.drops.drop(skb, reason);
  }
  receiveList(list, device) {
    for (let skb = list.dequeue(); skb; skb = list.dequeue()) this.receive(skb, device);
  }
  /** Takes a packet to ourselves, where there is no loopback device. */
  backlogged(skb) {
    const own = this.addresses.find(skb.view.getInt32(skb.network + IP_DESTINATION));
    const reason = own ? this.#input(skb, own.device, true) : DropReason.IP_NOT_LOCAL;
    if (reason !== DropReason.NONE) this.#refuse(skb, reason);
  }
  #transmit(skb, way, device) {
    if (!way.toOurselves && skb.length > device.mtu) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    this.counters.ip.outTransmits++;
    if (way.toOurselves) return this.#toOurselves(skb, way);
    if (way.toMany) {
      skb.confirm = false;
      if (!device.loopback && (!isMulticast(way.destination) || this.#groups.has(device, way.destination))) {
        this.#copies.loop(skb, device);
      }
    }
    return this.#toNextHop(skb, way, device);
  }
  #toNextHop(skb, way, device) {
    const entry = this.#neighbour(way, device) ?? this.arp.table.create(this.arp.keyOf(way.nextHop, device), device);
    way.neighbour = entry;
    return entry ? output(entry, skb) : this.#refuse(skb, DropReason.NEIGH_CREATEFAIL);
  }
  /** Finds the next hop's entry, if there is one. The way keeps it until it is removed from its table. */
  #neighbour(way, device) {
    if (!way.neighbour || way.neighbour.dead) {
      way.neighbour = this.arp.table.find(this.arp.keyOf(way.nextHop, device), device);
    }
    return way.neighbour;
  }
  #refuse(skb, reason) {
    this.drops.drop(skb, reason);
    return reason;
  }
  #toOurselves(skb, way) {
    skb.confirm = false;
    skb.checksum = Checksum.UNNECESSARY;
    skb.packetType = PacketType.HOST;
    if (this.loopback) return this.#toNextHop(skb, way, this.loopback);
    return this.#backlog.enqueue(skb, this) ? DropReason.NONE : this.#refuse(skb, DropReason.CPU_BACKLOG);
  }
  /** Returns NONE when the packet was taken, else the reason to drop it. */
  #input(skb, device, loopback) {
    const { ip: ip2 } = this.counters;
    ip2.inReceives++;
    const malformed = checkHeader(skb);
    if (malformed !== NONE7) {
      if (malformed === DropReason.PKT_TOO_SMALL) ip2.inTruncatedPkts++;
      else ip2.inHdrErrors++;
      if (malformed === DropReason.IP_CSUM) ip2.inCsumErrors++;
      return malformed;
    }
    const { view, data: at } = skb;
    skb.network = at;
    const source = readIp4(view, at + SOURCE3);
    const destination = readIp4(view, at + DESTINATION2);
    const toGroup = isMulticast(destination);
    if (toGroup && !this.#groups.has(device, destination)) return DropReason.IP_NOT_LOCAL;
    const toHost = skb.packetType === HOST3;
    const direct = toHost && !this.#trafficConfirms;
    let toUsAlone = true;
    if (loopback) {
      toUsAlone = this.addressType(destination) === AddressType.LOCAL;
    } else if (!direct || !this.#router.isKnown(destination, source, device)) {
      const route = this.#route;
      const way = this.#router.find(route, destination, source, device, true);
      if (way === InputWay.REFUSED) {
        this.#router.tell(route, destination, source, device, skb.bytes, at - ETHERNET_HEADER);
        return this.#refused(skb, device, route.refusal);
      }
      if (toHost && !direct) this.#heard(skb, device, source);
      if (way === InputWay.LOCAL && direct) this.#router.know(destination, source, device);
      if (way === InputWay.FORWARD) return this.#forwarding.forward(skb, device, route, destination);
      toUsAlone = way === InputWay.LOCAL;
    }
    return this.#deliver(skb, device, toUsAlone);
  }
  /** Hands a packet that is for us to its protocol. Returns NONE when it was taken. */
  #deliver(skb, device, toUsAlone) {
    const { view, network: at } = skb;
    const { ip: ip2 } = this.counters;
    const source = readIp4(view, at + SOURCE3);
    const destination = readIp4(view, at + DESTINATION2);
    const headerLength = headerLengthOf(view, at);
    if (headerLength > HEADER4) {
      const reason = this.takeOptions(skb, device, toUsAlone ? destination : this.wayOfAnswer(source, INADDR_ANY).source);
      if (reason !== DropReason.NONE) return reason;
    }
    if (toUsAlone && skb.packetType !== HOST3 && this.conf.on(device).dropUnicastInL2Multicast) {
      return DropReason.UNICAST_IN_L2_MULTICAST;
    }
    if (view.getUint16(at + FRAGMENT) & PART2) {
      ip2.reasmFails++;
      return DropReason.IP_FRAGMENT;
    }
    const ttlAndProtocol = view.getUint16(at + TTL);
    const protocol = this.#protocols[ttlAndProtocol & 255];
    if (protocol === void 0) {
      ip2.inUnknownProtos++;
      this.errors?.sendError(skb, device, ICMP_DEST_UNREACH, PROTOCOL_UNREACHABLE);
      return DropReason.IP_NOPROTO;
    }
    ip2.inDelivers++;
    skb.transport = skb.pull(headerLength);
    const packet = this.#received;
    packet.source = source;
    packet.destination = destination;
    packet.ttl = ttlAndProtocol >>> 8;
    packet.toUsAlone = toUsAlone;
    packet.device = device;
    return protocol.receive(skb, packet);
  }
  /**
   * Checks the options of a packet that has some, and fills in `own` where they ask for it. Returns NONE when they are sound; else the
   * sender is told what is wrong.
   */
  takeOptions(skb, device, own) {
    const { view, network: at } = skb;
    const fault = this.#options.receive(view, at, at + headerLengthOf(view, at), own);
    if (fault === OPTIONS_SOUND) return DropReason.NONE;
    this.counters.ip.inHdrErrors++;
    if (fault !== OPTIONS_SOURCE_ROUTE) this.errors?.sendError(skb, device, ICMP_PARAMETER_PROBLEM, 0, fault << 24);
    return DropReason.IP_INHDR;
  }
  /** Confirms the next hop towards the source if the packet came straight from it (a profile's trafficConfirms). */
  #heard(skb, device, source) {
    const way = this.wayOfAnswer(source, INADDR_ANY);
    if (way.route?.device !== device) return;
    const entry = this.#neighbour(way, device);
    const from = skb.network - ETHERNET_HEADER + ETH_SOURCE;
    if (entry?.valid && entry.sameAddress(skb.bytes, from)) update(entry, null, 0, Nud.REACHABLE, 0);
  }
  /** Counts a packet that the look-up refused, and tells its sender where a router does. */
  #refused(skb, device, refusal) {
    const { view, network: at } = skb;
    const { reason, code, options } = treatmentOf(refusal);
    if (options && headerLengthOf(view, at) > IP_HEADER) {
      const malformed = this.takeOptions(skb, device, this.wayOfAnswer(readIp4(view, at + IP_SOURCE), INADDR_ANY).source);
      if (malformed !== DropReason.NONE) return malformed;
    }
    countRefusal(this.counters, refusal);
    if (code >= 0) this.errors?.sendError(skb, device, ICMP_DEST_UNREACH, code);
    return reason;
  }
};

// firmware-ts/ip4/family.ts
var Ip4Family = class {
  layer;
  echo;
  neighbours;
  constructor({ network, random, neighbours }) {
    this.layer = new Ipv4(network, random.fork("neigh"), neighbours);
    this.neighbours = this.layer.arp;
    this.echo = new Icmp(network, this.layer);
  }
};

// firmware-ts/families.ts
var FAMILIES = {
  4: (ground) => new Ip4Family(ground)
};
function makeFamilies(groundOf) {
  const made = Object.entries(FAMILIES).map(([version, make]) => [
    version,
    make(groundOf(Number(version)))
  ]);
  return Object.fromEntries(made);
}
function findFamily(families, version) {
  const byVersion = families;
  return byVersion[version];
}

// firmware-ts/ip/ip6.ts
var Ip6 = class {
  a;
  b;
  c;
  d;
  /** Spread over 32 bits in a way that differs between stacks: for tables of addresses. */
  hash;
  constructor(a, b, c, d, hash2) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.hash = hash2;
    Object.freeze(this);
  }
};
var RECENT_LOG2 = 8;
var FIRST_SWEEP = 1024;
var Ip6Interner = class {
  #seed;
  /** By the top bits of the hash; each gives way to the next address with the same ones. */
  #recent = new Array(1 << RECENT_LOG2).fill(null);
  /** By hash. Two addresses rarely share one. */
  #known = /* @__PURE__ */ new Map();
  #size = 0;
  #sweepAt = FIRST_SWEEP;
  /** @param seed any int32, different in each stack: nobody can choose addresses that meet in one place */
  constructor(seed) {
    this.#seed = seed | 1;
  }
  /** Addresses that are known; some of them may be collected already. */
  get size() {
    return this.#size;
  }
  /** Returns the address of four int32 words. Allocates nothing for one that was asked for a moment ago. */
  intern(a, b, c, d) {
    const hash2 = this.#hash(a, b, c, d);
    const place = hash2 >>> 32 - RECENT_LOG2;
    const recent = this.#recent[place];
    if (recent && same(recent, a, b, c, d)) return recent;
    const address = this.#find(hash2, a, b, c, d) ?? this.#make(hash2, a, b, c, d);
    this.#recent[place] = address;
    return address;
  }
  /** Reads the sixteen octets at `at` of a packet. */
  read(view, at) {
    return this.intern(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
  }
  #find(hash2, a, b, c, d) {
    for (const reference of this.#known.get(hash2) ?? []) {
      const address = reference.deref();
      if (address && same(address, a, b, c, d)) return address;
    }
    return null;
  }
  #make(hash2, a, b, c, d) {
    if (this.#size >= this.#sweepAt) this.#sweep();
    const address = new Ip6(a, b, c, d, hash2);
    const reference = new WeakRef(address);
    const others = this.#known.get(hash2);
    if (others) others.push(reference);
    else this.#known.set(hash2, [reference]);
    this.#size++;
    return address;
  }
  /** Forgets those that were collected. Done when as many were made as were left the last time: a constant cost for each. */
  #sweep() {
    this.#size = 0;
    for (const [hash2, references] of this.#known) {
      const left = references.filter((reference) => reference.deref() !== void 0);
      this.#size += left.length;
      if (left.length === 0) this.#known.delete(hash2);
      else if (left.length < references.length) this.#known.set(hash2, left);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#size);
  }
  #hash(a, b, c, d) {
    const seed = this.#seed;
    let hash2 = Math.imul(a ^ seed, MIX6);
    hash2 = Math.imul(hash2 ^ hash2 >>> 15 ^ b, seed);
    hash2 = Math.imul(hash2 ^ hash2 >>> 15 ^ c, MIX6);
    hash2 = Math.imul(hash2 ^ hash2 >>> 15 ^ d, seed);
    return hash2 ^ hash2 >>> 16;
  }
};
function same(address, a, b, c, d) {
  return address.d === d && address.c === c && address.b === b && address.a === a;
}
var MIX6 = 2654435761;

// firmware-ts/ip/destination.ts
var Destination = class {
  layer;
  /** As it was at the last use; IpLayer.refresh() brings it up to date. */
  way;
  /** 0 where there are no ports. */
  port;
  /** The source address that was asked for; null for the best. */
  from;
  constructor(layer, address, port, from) {
    this.layer = layer;
    this.way = layer.way(address, from);
    this.port = port;
    this.from = from;
  }
  get address() {
    return this.way.destination;
  }
  /** The source address that a datagram sent now would have; the unspecified address where there is none. */
  get source() {
    this.layer.refresh(this.way);
    return this.way.source;
  }
  /** Bytes behind the IP header that a datagram sent now could have; -1 when there is no route. */
  get room() {
    this.layer.refresh(this.way);
    return this.way.room;
  }
};

// firmware-ts/ip/ip6-text.ts
var GROUPS = 8;
function parseIpv6(text, interner) {
  const groups = expand(text);
  if (!groups) return null;
  const word2 = (at) => groups[at] << 16 | groups[at + 1];
  return interner.intern(word2(0), word2(2), word2(4), word2(6));
}
function formatIpv6({ a, b, c, d }) {
  const groups = [a >>> 16, a & 65535, b >>> 16, b & 65535, c >>> 16, c & 65535, d >>> 16, d & 65535];
  const embedded = a === 0 && b === 0 && (c === 65535 || c === 0 && d >>> 16 !== 0);
  if (embedded) return `::${c === 0 ? "" : "ffff:"}${formatIpv4(d)}`;
  const { start: start2, length } = longestZeros(groups);
  const hex4 = (from, to) => groups.slice(from, to).map((group) => group.toString(16)).join(":");
  return length < 2 ? hex4(0, GROUPS) : `${hex4(0, start2)}::${hex4(start2 + length, GROUPS)}`;
}
function expand(text) {
  const [front = "", back, ...rest] = text.split("::");
  if (rest.length > 0) return null;
  const head = groupsOf(front, back === void 0);
  const tail = back === void 0 ? [] : groupsOf(back, true);
  if (!head || !tail) return null;
  const missing = GROUPS - head.length - tail.length;
  if (back === void 0 ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array(missing).fill(0), ...tail];
}
function groupsOf(text, last) {
  if (text === "") return [];
  const groups = [];
  const parts2 = text.split(":");
  for (const [at, part] of parts2.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = last && at === parts2.length - 1 ? parseIpv4(part) : null;
    if (quad === null) return null;
    groups.push(quad >>> 16, quad & 65535);
  }
  return groups;
}
function longestZeros(groups) {
  let best2 = { start: 0, length: 0 };
  for (let start2 = 0; start2 < GROUPS; start2++) {
    let end2 = start2;
    while (end2 < GROUPS && groups[end2] === 0) end2++;
    if (end2 - start2 > best2.length) best2 = { start: start2, length: end2 - start2 };
    start2 = Math.max(start2, end2 - 1);
  }
  return best2;
}

// firmware-ts/ip/endpoint.ts
function parseIp(text, interner) {
  return parseIpv4(text) ?? parseIpv6(text, interner);
}
function formatIp(address) {
  return typeof address === "number" ? formatIpv4(address) : formatIpv6(address);
}

// firmware-ts/ip/layers.ts
var IpLayers = class {
  list;
  /** Makes the stack's IPv6 addresses. */
  interner;
  constructor(list, interner) {
    this.list = list;
    this.interner = interner;
  }
  /**
   * Reads an address; one that is read already stays as it is.
   * @throws InetError ADDRESS_INVALID
   */
  address(host) {
    if (typeof host !== "string") return host;
    const address = parseIp(host, this.interner);
    if (address === null) throw new InetError("ADDRESS_INVALID", `"${host}" is not an IP address; say e.g. 192.168.10.1`);
    return address;
  }
  /** @throws InetError FAMILY_UNSUPPORTED when the stack has no layer for the address */
  of(address) {
    const family = familyOf(address);
    const layer = this.list.find((one) => one.family === family);
    if (!layer) throw new InetError("FAMILY_UNSUPPORTED", `${formatIp(address)}: this stack has no IPv${family}`);
    return layer;
  }
  /**
   * Makes a destination.
   * @param from the source address; null for the best
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  destination(host, port, from) {
    const address = this.address(host);
    return new Destination(this.of(address), address, checkPort(port), from);
  }
};
function checkPort(port) {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new InetError("PORT_INVALID", `port ${port} is not 0..65535`);
}

// hal/kit/capabilities.ts
var SOFTWARE_CAPABILITIES = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: false,
  rxChecksum: false,
  exactGroups: Number.POSITIVE_INFINITY,
  groupHashBits: 0
};

// firmware-ts/net/loopback.ts
var LoopbackController = class {
  driver = "loopback";
  description = "loopback";
  simulated = false;
  address = new Uint8Array(MAC_BYTES);
  capabilities = SOFTWARE_CAPABILITIES;
  statistics = new LinkStatistics();
  #backlog;
  #host = null;
  constructor(backlog) {
    this.#backlog = backlog;
  }
  open(host) {
    this.#host = host;
    host.carrier(true);
    return Promise.resolve();
  }
  close() {
    if (this.#host) this.#backlog.purge(this, this.#host.drops);
    this.#host = null;
    return Promise.resolve();
  }
  /** Sends to ourselves. A packet for which the backlog has no room was neither sent nor received, and counts as dropped. */
  transmit(skb) {
    const host = this.#host;
    if (!host) return false;
    const { length } = skb;
    if (!this.#backlog.enqueue(skb, this)) {
      host.drops.drop(skb, DropReason.CPU_BACKLOG);
      return true;
    }
    const { statistics } = this;
    statistics.txPackets++;
    statistics.txBytes += length;
    statistics.rxPackets++;
    statistics.rxBytes += length;
    return true;
  }
  backlogged(skb) {
    if (this.#host) this.#host.receive(skb);
    else skb.drop(DropReason.DEV_READY);
  }
  /** Takes in nothing and is never called: the backlog is polled in its stead. */
  poll(_budget) {
    return 0;
  }
  setReceiveMode(_mode) {
  }
};

// firmware-ts/net/backlog.ts
var Line = class {
  packets = new SkBuffQueue();
  /** A ring as long as a power of two: the target of the packet `n` behind the head is at (#first + n) in it. */
  #targets = new Array(64).fill(null);
  #first = 0;
  get length() {
    return this.packets.length;
  }
  push(skb, target) {
    const { length } = this.packets;
    if (length === this.#targets.length) this.#grow();
    this.#targets[this.#first + length & this.#targets.length - 1] = target;
    this.packets.enqueue(skb);
  }
  /** Takes the target of the packet at the head, which is to be dequeued with it. */
  shift() {
    const target = this.#targets[this.#first];
    this.#first = this.#first + 1 & this.#targets.length - 1;
    return target;
  }
  #grow() {
    const old = this.#targets;
    const { length } = old;
    this.#targets = new Array(2 * length).fill(null);
    for (let at = 0; at < length; at++) this.#targets[at] = old[this.#first + at & length - 1];
    this.#first = 0;
  }
};
var Backlog = class {
  #softnet;
  #napi;
  /** New packets wait in the first, those that a poll has begun on in the second. Only the first counts towards the limit. */
  #input = new Line();
  #process = new Line();
  constructor(scheduler) {
    this.#softnet = scheduler.softnet;
    this.#napi = new Napi(scheduler, this, this.#weight);
    this.#napi.enable();
  }
  /** Packets that wait to be taken up by a poll. */
  get inputLength() {
    return this.#input.length;
  }
  /** Packets that a poll has taken up and not finished. */
  get processLength() {
    return this.#process.length;
  }
  /** False when there is no room; counted, but the packet stays the caller's, to be dropped as CPU_BACKLOG. */
  enqueue(skb, target) {
    if (this.#input.length > this.#softnet.netdevMaxBacklog) {
      this.#softnet.dropped++;
      return false;
    }
    this.#input.push(skb, target);
    if (!this.#napi.scheduled) this.#napi.schedule();
    return true;
  }
  poll(budget) {
    this.#napi.weight = this.#weight;
    let work = 0;
    for (; ; ) {
      while (this.#process.length > 0) {
        const target = this.#process.shift();
        target.backlogged(this.#process.packets.dequeue());
        if (++work >= budget) return work;
      }
      if (this.#input.length === 0) break;
      const empty = this.#process;
      this.#process = this.#input;
      this.#input = empty;
    }
    this.#napi.complete(work);
    return work;
  }
  /** Drops the packets of a target that goes away as QUEUE_PURGE. */
  purge(target, drops) {
    for (const line of [this.#process, this.#input]) {
      for (let left = line.length; left > 0; left--) {
        const whose = line.shift();
        const skb = line.packets.dequeue();
        if (whose === target) drops.drop(skb, DropReason.QUEUE_PURGE);
        else line.push(skb, whose);
      }
    }
  }
  get #weight() {
    return this.#softnet.devWeight * this.#softnet.devWeightRxBias;
  }
};

// firmware-ts/net/network.ts
var Network = class {
  clock;
  pool;
  napi;
  /** Packets to ourselves, waiting for their turn. */
  backlog;
  #devices = [];
  #handlers = /* @__PURE__ */ new Map();
  /** The handler that was looked up last: most frames are for the one that the frame before them was for. */
  #lastType = -1;
  #lastHandler;
  #listeners = [];
  #taps = [];
  #nextIndex = 1;
  constructor(clock, pool = new SkBuffPool(), napi = {}) {
    this.clock = clock;
    this.pool = pool;
    this.napi = new NapiScheduler(clock, napi);
    this.backlog = new Backlog(this.napi);
  }
  /** The devices in the order in which they were added. */
  get devices() {
    return this.#devices;
  }
  /** @throws RangeError when the name is taken */
  addDevice(name, controller, options = {}) {
    if (this.device(name)) throw new RangeError(`a device named ${name} exists already`);
    const device = new NetDevice(name, this.#nextIndex++, controller, this, options);
    this.#devices.push(device);
    this.deviceEvent(device, "register");
    return device;
  }
  /** Closes a device and takes it out; its controller may then be given to another stack. */
  async removeDevice(device) {
    await device.close();
    const at = this.#devices.indexOf(device);
    if (at < 0) return;
    this.#devices.splice(at, 1);
    this.deviceEvent(device, "unregister");
  }
  /** @throws DeviceError NAME_TAKEN, NAME_INVALID */
  rename(device, name) {
    const holder = this.device(name);
    if (holder && holder !== device) throw new DeviceError("NAME_TAKEN", `a device named ${name} exists already`);
    if (!isDeviceName(name))
      throw new DeviceError("NAME_INVALID", "a name has 1 to 15 characters, no space, / or :, and is not . or ..");
    device.name = name;
  }
  device(name) {
    return this.#devices.find((device) => device.name === name);
  }
  /** Registers the protocol for an EtherType. */
  handle(etherType, handler) {
    this.#handlers.set(etherType, handler);
    this.#lastType = -1;
  }
  onDeviceEvent(listener) {
    this.#listeners.push(listener);
  }
  /** Adds a tap; the returned function removes it. */
  tap(tap) {
    this.#taps.push(tap);
    return () => {
      const at = this.#taps.indexOf(tap);
      if (at >= 0) this.#taps.splice(at, 1);
    };
  }
  receiverOf(skb, device) {
    this.napi.softnet.processed++;
    const taps = this.#taps;
    for (let at = 0; at < taps.length; at++) taps[at]?.(skb, device, false);
    if (!pullHeader(skb, device.addressView)) {
      device.drops.drop(skb, DropReason.PKT_TOO_SMALL);
      return null;
    }
    if (skb.protocol !== this.#lastType) {
      this.#lastHandler = this.#handlers.get(skb.protocol);
      this.#lastType = skb.protocol;
    }
    const handler = this.#lastHandler;
    if (handler !== void 0) return handler;
    device.drops.drop(skb, skb.packetType === PacketType.OTHERHOST ? DropReason.OTHERHOST : DropReason.UNHANDLED_PROTO);
    return null;
  }
  transmitted(device, skb) {
    if (this.#taps.length === 0) return;
    if (skb.checksum === Checksum.PARTIAL) completeChecksum(skb);
    for (let at = 0; at < this.#taps.length; at++) this.#taps[at]?.(skb, device, true);
  }
  deviceEvent(device, event) {
    for (const listener of this.#listeners) listener(device, event);
  }
};
function isDeviceName(name) {
  return /^[^\s/:]{1,15}$/.test(name) && name !== "." && name !== "..";
}

// firmware-ts/ip/send-result.ts
var sent = Object.freeze({ status: "sent", reason: "" });
var queued = Object.freeze({ status: "queued", reason: "" });
var failed = Array.from(
  { length: DROP_REASONS },
  (_, reason) => Object.freeze({ status: "failed", reason: dropReasonName(reason) })
);
function sendResult(fate) {
  if (fate === DropReason.NONE) return sent;
  return fate === QUEUED ? queued : failed[fate];
}

// firmware-ts/transport/ping.ts
var IDS = 65536;
var Ping = class {
  #network;
  #layers;
  #echoes;
  #pingers = /* @__PURE__ */ new Map();
  #nextId = 1;
  /** @param echoes one for each of the layers */
  constructor(network, layers, echoes) {
    this.#network = network;
    this.#layers = layers;
    this.#echoes = echoes;
    for (const echo2 of echoes) echo2.echoListener = this;
  }
  /**
   * Makes a destination for echo requests: once for each host.
   * @param host an address, or its text
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED
   */
  to(host) {
    return this.#layers.destination(host, 0, null);
  }
  /** True when every identifier is in use: open() finds none. */
  get full() {
    return this.#pingers.size >= IDS;
  }
  /** @throws RangeError when full */
  open() {
    if (this.full) throw new RangeError("every identifier of an echo request is in use");
    while (this.#pingers.has(this.#nextId)) this.#nextId = this.#nextId + 1 & 65535;
    const id = this.#nextId;
    this.#nextId = this.#nextId + 1 & 65535;
    let sending = null;
    let dropped = DropReason.NONE;
    const settled = (skb, reason) => {
      if (skb === sending) dropped = reason;
      else if (reason !== DropReason.NONE) pinger.onFailure?.(skb.cookie, sendResult(reason));
    };
    const owner = { settled };
    const pinger = {
      id,
      onReply: null,
      onFailure: null,
      onError: null,
      send: (destination, sequence, dataBytes) => {
        const echo2 = this.#echoOf(destination.layer);
        const room = destination.room - ECHO_HEADER;
        if (destination.room < 0) return sendResult(destination.way.failure);
        if (dataBytes > room) return sendResult(DropReason.PKT_TOO_BIG);
        const skb = this.#network.pool.allocate();
        if (!skb) return sendResult(DropReason.NOMEM);
        skb.owner = owner;
        skb.cookie = sequence;
        for (let byte = 0, at = skb.put(dataBytes); byte < dataBytes; byte++) skb.bytes[at + byte] = byte & 255;
        sending = skb;
        dropped = DropReason.NONE;
        const fate = echo2.sendEcho(skb, destination.way, id, sequence);
        sending = null;
        return sendResult(dropped || fate);
      },
      close: () => this.#pingers.delete(id)
    };
    this.#pingers.set(id, pinger);
    return pinger;
  }
  echoReply({ source, ttl }, id, sequence, bytes) {
    this.#pingers.get(id)?.onReply?.({ source, sequence, ttl, bytes });
  }
  echoError(error, id, sequence) {
    const pinger = this.#pingers.get(id);
    pinger?.onError?.(sequence, error);
    return pinger !== void 0;
  }
  #echoOf(layer) {
    for (const echo2 of this.#echoes) if (echo2.layer === layer) return echo2;
    throw new Error("the destination was made by another stack");
  }
};

// firmware-ts/transport/udp-socket.ts
var SEND_BUFFER = 212992;
var SHORT2 = 64;
var UDP_HEADER = 8;
var UdpSocket = class {
  /** The address that it is bound to, and datagrams have to be for; null for any. */
  address;
  /** The source of what it sends, if it is bound to one of our addresses; null for the best. */
  source;
  port;
  sendBuffer = SEND_BUFFER;
  onDatagram = null;
  /**
   * Is called exactly once for every datagram for which send() said `sent` or `queued`: when the controller has sent it, or when it
   * was lost. A controller that is done at once calls it before send() returns.
   */
  onFate = null;
  onError = null;
  #udp;
  /** The device of the last datagram (the kernel's sk_napi_id), and the number of datagrams received. */
  #device = null;
  #received = 0;
  #awaited = 0;
  #memberships = [];
  #arrived = () => this.#received >= this.#awaited;
  /** The layer of the last destination, which is one of this stack's. */
  #lastLayer = null;
  #underWay = 0;
  #open = true;
  /** The datagram that is within transmit(): its drop there is send()'s answer, not a later fate. */
  #sending = null;
  /** The reason of a drop there, after the device had taken it. */
  #dropped = DropReason.NONE;
  constructor(udp2, address, source, port) {
    this.#udp = udp2;
    this.address = address;
    this.source = source;
    this.port = port;
  }
  /** Bytes (truesize) of datagrams neither sent nor lost yet. */
  get underWay() {
    return this.#underWay;
  }
  /**
   * Makes a destination for send(): once for each place to which the socket sends.
   * @param host an address, or its text
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  to(host, port) {
    return this.#udp.destination(host, port, this.source);
  }
  /**
   * Sends one datagram. Nothing is allocated; the payload is copied.
   * @param destination made by to() of this socket, or of another one that is bound to the same address
   * @param cookie comes back with onFate
   * @param confirm the caller knows that the next hop is alive (MSG_CONFIRM)
   * @returns `sent`, `queued` or `failed` and why: PKT_TOO_BIG, SOCKET_SNDBUF, NOMEM, IP_OUTNOROUTES, RTN_…, NEIGH_…, QDISC_DROP, …
   */
  send(payload, destination, cookie = 0, confirm2 = false) {
    this.#check(destination);
    const { layer, way } = destination;
    layer.refresh(way);
    const { room } = way;
    if (room < 0) {
      if (way.failure === DropReason.IP_OUTNOROUTES) layer.counters.ip.outNoRoutes++;
      return sendResult(way.failure);
    }
    if (UDP_HEADER + payload.length > room) return sendResult(DropReason.PKT_TOO_BIG);
    const charge = truesizeOf(layer.headerBytes + UDP_HEADER + payload.length);
    const full = this.#underWay > 0 && this.#underWay + charge > this.sendBuffer;
    const skb = full ? null : this.#udp.allocate();
    if (!skb) {
      layer.counters.udp.sndbufErrors++;
      return sendResult(full ? DropReason.SOCKET_SNDBUF : DropReason.NOMEM);
    }
    let sum = -1;
    if (payload.length <= SHORT2 && !way.offloadsChecksum) sum = copyAndSum(skb.view, skb.put(payload.length), payload);
    else skb.bytes.set(payload, skb.put(payload.length));
    skb.owner = this;
    skb.cookie = cookie;
    skb.confirm = confirm2;
    skb.truesize = charge;
    this.#underWay += charge;
    const outer = this.#sending;
    this.#sending = skb;
    this.#dropped = DropReason.NONE;
    const fate = this.#udp.transmit(this, skb, destination, sum);
    const dropped = this.#dropped;
    this.#sending = outer;
    this.#dropped = DropReason.NONE;
    return sendResult(dropped || fate);
  }
  /**
   * Notes that the next hop towards the destination is alive, and sends nothing (MSG_CONFIRM with MSG_PROBE). Its entry is confirmed as
   * of now and keeps its state; broadcast, multicast and our own addresses have nobody to confirm.
   */
  confirm(destination) {
    this.#check(destination);
    destination.layer.confirm(destination.way);
  }
  /**
   * Joins a group (IP_ADD_MEMBERSHIP): its datagrams to the socket's port come in by `device`. As in the kernel, any socket of that port
   * that is bound to no address hears them then. No router is told: there is no IGMP yet.
   * @param device default: that by which datagrams to the group go
   * @throws InetError ADDRESS_INVALID no group, ADDRESS_IN_USE joined already, DEVICE_MISSING, FAMILY_UNSUPPORTED
   */
  join(group, device = null) {
    if (!this.#open) throw new Error("the socket is closed");
    const made = this.#udp.membership(group, device);
    if (this.#memberships.some((one) => one.group === made.group && one.device === made.device)) {
      throw new InetError("ADDRESS_IN_USE", `${formatIp(made.group)} is joined already`);
    }
    made.layer.join(made.group, made.device);
    this.#memberships.push(made);
  }
  /**
   * Ends a join() (IP_DROP_MEMBERSHIP); close() ends all.
   * @param device default: the first on which the group was joined
   * @throws InetError ADDRESS_INVALID, ADDRESS_NOT_AVAILABLE not joined
   */
  leave(group, device = null) {
    const address = this.#udp.address(group);
    const at = this.#memberships.findIndex((one) => one.group === address && (device === null || one.device === device));
    const [gone] = at < 0 ? [] : this.#memberships.splice(at, 1);
    if (!gone) throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(address)} is not joined`);
    gone.layer.leave(gone.group, gone.device);
  }
  #check(destination) {
    if (!this.#open) throw new Error("the socket is closed");
    if (destination.layer !== this.#lastLayer) {
      if (!this.#udp.has(destination.layer)) throw new Error("the destination was made by another stack");
      this.#lastLayer = destination.layer;
    }
    if (destination.from !== this.source) throw new Error("the destination was made for another source address");
  }
  /**
   * Polls the device that the last datagram came by, until another one has come or `limit` milliseconds are over (SO_BUSY_POLL): the
   * answer is taken in, and onDatagram called, before this returns. Nothing else runs meanwhile. For a program that would rather
   * spend its processor than wait for the event loop's next turn; before the first datagram, and from within a receive handler, it
   * does nothing.
   * @param limit default net.core.busy_read, which is 0: one look
   * @returns whether a datagram came
   */
  busyPoll(limit) {
    if (!this.#open) throw new Error("the socket is closed");
    const before2 = this.#received;
    this.#awaited = before2 + 1;
    this.#device?.busyPoll(limit ?? this.#udp.busyRead, this.#arrived);
    return this.#received > before2;
  }
  close() {
    if (!this.#open) return;
    this.#open = false;
    for (const { layer, group, device } of this.#memberships.splice(0)) layer.leave(group, device);
    this.onDatagram = null;
    this.onError = null;
    this.#udp.closed(this);
  }
  settled(skb, reason) {
    this.#underWay -= skb.truesize;
    if (reason !== DropReason.NONE && skb === this.#sending) {
      this.#dropped = reason;
      return;
    }
    this.onFate?.(skb.cookie, sendResult(reason));
  }
  /** Takes a datagram from Udp, its payload at skb.data. */
  receive(skb, port, packet) {
    this.#device = packet.device;
    this.#received++;
    try {
      this.onDatagram?.(skb.bytes, skb.data, skb.length, packet.source, port, packet);
    } finally {
      skb.consume();
    }
  }
  /** Takes an error from Udp. */
  error(code, reporter, destination, port) {
    this.onError?.(code, reporter, destination, port);
  }
};

// firmware-ts/transport/udp.ts
var IPPROTO_UDP = 17;
var UDP_SOURCE = 0;
var UDP_DESTINATION = 2;
var UDP_LENGTH = 4;
var UDP_CHECKSUM = 6;
var SLOTS3 = 256;
var FIRST_EPHEMERAL = 32768;
var LAST_EPHEMERAL = 60999;
var HEADER5 = UDP_HEADER;
var { NONE: UNVERIFIED } = Checksum;
var { NONE: NONE8 } = DropReason;
var Udp = class {
  #network;
  #random;
  #layers;
  /** The sockets of each port: one for any address, or several with an address each. */
  #ports = /* @__PURE__ */ new Map();
  /** The lists of ports that were looked up, by the low bits of the port. A place belongs to the port that was asked for last. */
  #slots = new Array(SLOTS3).fill(null);
  constructor(network, random, layers) {
    this.#network = network;
    this.#random = random;
    this.#layers = layers;
    for (const layer of layers.list) layer.handle(IPPROTO_UDP, this);
  }
  /**
   * Opens a socket.
   * @param port 0 for any free one
   * @param host one of our addresses, or a group or broadcast address whose datagrams alone are wanted; null or INADDR_ANY for any
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  open(port = 0, host = null) {
    checkPort(port);
    const address = this.#bound(host);
    const bound = port || this.#freePort();
    const sockets = this.#ports.get(bound) ?? [];
    if (sockets.some((other) => other.address === address || other.address === null || address === null)) {
      throw new InetError("ADDRESS_IN_USE", `UDP port ${bound} is in use`);
    }
    const ours = address !== null && this.#layers.of(address).isLocal(address);
    const socket = new UdpSocket(this, address, ours ? address : null, bound);
    sockets.push(socket);
    this.#ports.set(bound, sockets);
    this.#slots[bound & SLOTS3 - 1] = sockets;
    return socket;
  }
  #bound(host) {
    const address = host === null ? INADDR_ANY : this.#layers.address(host);
    if (address === INADDR_ANY) return null;
    if (this.#layers.of(address).canBind(address)) return address;
    throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIp(address)} is not an address of this stack`);
  }
  closed(socket) {
    this.#slots[socket.port & SLOTS3 - 1] = null;
    const left = (this.#ports.get(socket.port) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#ports.set(socket.port, left);
    else this.#ports.delete(socket.port);
  }
  get busyRead() {
    return this.#network.napi.softnet.busyRead / 1e3;
  }
  allocate() {
    return this.#network.pool.allocate();
  }
  has(layer) {
    return this.#layers.list.includes(layer);
  }
  destination(host, port, from) {
    return this.#layers.destination(host, port, from);
  }
  address(host) {
    return this.#layers.address(host);
  }
  membership(group, device) {
    const address = this.#layers.address(group);
    const layer = this.#layers.of(address);
    return { layer, group: address, device: layer.deviceOfGroup(address, device) };
  }
  transmit(socket, skb, { layer, way, port }, payload) {
    const at = skb.push(UDP_HEADER);
    const view = skb.view;
    const length = skb.length;
    const pseudo = layer.pseudoHeader(way.source, way.destination, IPPROTO_UDP, length);
    let sum = 0;
    if (way.offloadsChecksum) {
      sum = partial(pseudo);
      skb.checksum = Checksum.PARTIAL;
      skb.csumStart = at;
      skb.csumOffset = UDP_CHECKSUM;
    } else {
      const head = pseudo + socket.port + port + length;
      sum = finish(payload < 0 ? sumPacket(skb, at + UDP_HEADER, length - UDP_HEADER, head) : head + payload);
      if (sum === 0) sum = 65535;
    }
    view.setInt32(at + UDP_SOURCE, socket.port << 16 | port);
    view.setInt32(at + UDP_LENGTH, length << 16 | sum);
    skb.transport = at;
    const fate = layer.send(skb, way, IPPROTO_UDP);
    const { udp: udp2 } = layer.counters;
    if (fate === DropReason.NEIGH_CREATEFAIL || fate === DropReason.QDISC_DROP) udp2.sndbufErrors++;
    else if (fate !== DropReason.IP_OUTNOROUTES && fate !== DropReason.PKT_TOO_BIG) udp2.outDatagrams++;
    return fate;
  }
  receive(skb, packet) {
    const { view, data: at } = skb;
    const { layer, source, destination } = packet;
    const { udp: udp2 } = layer.counters;
    const held = skb.tail - at;
    const ports = held < HEADER5 ? 0 : view.getInt32(at + UDP_SOURCE);
    const rest = held < HEADER5 ? 0 : view.getInt32(at + UDP_LENGTH);
    const length = rest >>> 16;
    if (length < HEADER5 || length > held) {
      udp2.inErrors++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.tail = at + length;
    if (skb.checksum === UNVERIFIED && (rest & 65535) !== 0) {
      const pseudo = layer.pseudoHeader(source, destination, IPPROTO_UDP, length);
      const head = pseudo + (ports >>> 16) + (ports & 65535) + length + (rest & 65535);
      if (finish(sumPacket(skb, at + HEADER5, length - HEADER5, head)) !== 0) {
        udp2.inErrors++;
        udp2.inCsumErrors++;
        return DropReason.UDP_CSUM;
      }
    }
    const socket = this.#find(ports & 65535, destination);
    if (socket === null) {
      if (packet.toUsAlone) {
        udp2.noPorts++;
        layer.refuse(skb, packet);
      } else {
        udp2.ignoredMulti++;
      }
      return DropReason.NO_SOCKET;
    }
    udp2.inDatagrams++;
    skb.data = at + HEADER5;
    socket.receive(skb, ports >>> 16, packet);
    return NONE8;
  }
  error(skb, error) {
    const { layer, source, transport } = error;
    const socket = this.#find(skb.view.getUint16(transport + UDP_SOURCE), source);
    if (!socket) {
      layer.counters.icmp.inErrors++;
      return false;
    }
    if (error.unreachable) {
      socket.error(error.code, error.reporter, error.destination, skb.view.getUint16(transport + UDP_DESTINATION));
    }
    return true;
  }
  /** Finds the socket that listens to the port at one of our addresses. */
  #find(port, address) {
    const slot = port & SLOTS3 - 1;
    let sockets = this.#slots[slot];
    if (sockets === null || sockets[0].port !== port) {
      sockets = this.#ports.get(port) ?? null;
      if (sockets === null) return null;
      this.#slots[slot] = sockets;
    }
    for (let at = 0; at < sockets.length; at++) {
      const socket = sockets[at];
      if (socket.address === null || socket.address === address) return socket;
    }
    return null;
  }
  #freePort() {
    const range = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const start2 = this.#random.below(range);
    for (let step = 0; step < range; step++) {
      const port = FIRST_EPHEMERAL + (start2 + step) % range;
      if (!this.#ports.has(port)) return port;
    }
    throw new InetError("ADDRESS_IN_USE", "every ephemeral UDP port is in use");
  }
};

// firmware-ts/transport/index.ts
var TRANSPORTS = {
  udp: ({ network, random, layers }) => new Udp(network, random.fork("udp"), layers),
  ping: ({ network, layers, echoes }) => new Ping(network, layers, echoes)
};
function makeTransports(ground) {
  return Object.fromEntries(Object.entries(TRANSPORTS).map(([name, make]) => [name, make(ground)]));
}

// firmware-ts/stack.ts
var Stack = class {
  clock;
  network;
  ip;
  /** The families that the transports have. */
  layers;
  icmp;
  /** All transports, by name. */
  transports;
  udp;
  ping;
  /** The loopback device, if there is one. */
  lo;
  #families;
  constructor(options) {
    const { clock, random } = options;
    this.clock = clock;
    this.network = new Network(clock, new SkBuffPool(options.pool), options.napi);
    const { sharedWith, ...settings } = options.neighbours ?? {};
    const { network } = this;
    const interner = new Ip6Interner(random.fork("ip6").below(4294967296));
    this.#families = makeFamilies((version) => ({
      network,
      random,
      interner,
      neighbours: sharedWith ? { table: sharedWith.neighbours(version).table } : settings
    }));
    this.ip = this.#families[4].layer;
    this.icmp = this.#families[4].echo;
    const families = Object.values(this.#families);
    this.layers = new IpLayers(
      families.map(({ layer }) => layer),
      interner
    );
    this.transports = makeTransports({ network, random, layers: this.layers, echoes: families.map(({ echo: echo2 }) => echo2) });
    this.udp = this.transports.udp;
    this.ping = this.transports.ping;
    this.lo = options.loopback ? this.#addLoopback() : null;
  }
  #addLoopback() {
    const lo = this.network.addDevice("lo", new LoopbackController(this.network.backlog), {
      flags: Iff.LOOPBACK,
      type: ARPHRD_LOOPBACK
    });
    this.ip.loopback = lo;
    void lo.open();
    this.ip.fib.addAddress(lo, ipv4("127.0.0.1"), 8);
    return lo;
  }
  /**
   * The neighbours of a family: entries, settings, counters.
   * @throws InetError FAMILY_UNSUPPORTED when the stack does not have the family
   */
  neighbours(version) {
    const family = findFamily(this.#families, version);
    if (!family) throw new InetError("FAMILY_UNSUPPORTED", `no IPv${version} in this stack`);
    return family.neighbours;
  }
  get devices() {
    return this.network.devices;
  }
  /** @throws RangeError when the name is taken */
  addDevice(name, controller, options) {
    return this.network.addDevice(name, controller, options);
  }
  /** Closes a device and takes it out, with its addresses, routes and neighbours; its controller may go to another stack. */
  removeDevice(device) {
    return this.network.removeDevice(device);
  }
  /**
   * Gives a device an address, `192.168.10.10/24`; without a length it is a host address (/32).
   * @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS, SCOPE_INVALID, LIFETIME_INVALID
   */
  addAddress(device, cidr, options = {}) {
    const { address, length } = prefix(cidr);
    if (address === INADDR_ANY) throw new InetError("ADDRESS_INVALID", "0.0.0.0 is nobody's address");
    return this.ip.fib.addAddress(device, address, length, options);
  }
  /**
   * Takes an address from a device; without a length the first one with this number. A primary address takes the secondary ones of its
   * subnet with it, unless promote_secondaries is set, the last one the device's routes and neighbours. Returns all addresses that went.
   * @throws InetError ADDRESS_INVALID, ADDRESS_MISSING
   */
  removeAddress(device, cidr) {
    const { address, length } = prefix(cidr);
    const exact = cidr.includes("/");
    const meant = (own2) => own2.local === address && (!exact || own2.prefixLength === length);
    const own = this.ip.addresses.of(device).find(meant);
    if (!own) throw new InetError("ADDRESS_MISSING", `${device.name} has no address ${cidr}`);
    return this.ip.fib.removeAddress(own);
  }
  /** @throws InetError ADDRESS_INVALID, ROUTE_INVALID, ROUTE_EXISTS, ROUTE_UNREACHABLE, DEVICE_DOWN, SOURCE_INVALID */
  addRoute(options) {
    const { address: destination, length: prefixLength } = destinationOf(options.to);
    const { to: _to, via, device, source, replace = false, nexthops = [], ...rest } = options;
    const gateway = via === void 0 ? 0 : ipv4(via);
    const leads2 = !refuses(options.type ?? RouteType.UNICAST) && nexthops.length === 0;
    if (leads2 && !device && gateway === 0) throw new InetError("ROUTE_UNREACHABLE", "a route needs via ADDRESS or a device");
    return this.ip.fib.addRoute({
      destination,
      prefixLength,
      gateway,
      device,
      source: source === void 0 ? source : ipv4(source),
      nexthops: nexthops.map(({ via: hop, ...leg }) => ({ ...leg, gateway: hop === void 0 ? 0 : ipv4(hop) })),
      ...rest,
      how: replace ? "replace" : "add"
    });
  }
  /**
   * Removes the first route that is as asked; what is left out may be anything.
   * @throws InetError ADDRESS_INVALID, ROUTE_MISSING
   */
  removeRoute(options) {
    const { address: destination, length: prefixLength } = destinationOf(options.to);
    const { via, device, source, metric, protocol, type, scope } = options;
    const route = this.ip.routes.remove({
      destination,
      prefixLength,
      gateway: via === void 0 ? via : ipv4(via),
      device,
      source: source === void 0 ? source : ipv4(source),
      metric,
      protocol,
      type,
      scope
    });
    if (!route) throw new InetError("ROUTE_MISSING", "there is no such route");
    return route;
  }
  /**
   * Makes or replaces a static (PERMANENT) neighbour entry: no ARP is sent for it and none changes it.
   * @throws InetError ADDRESS_INVALID, LLADDR_INVALID
   */
  addNeighbour(address, lladdr, device) {
    const key = ipv4(address);
    const mac2 = macAddress(lladdr);
    const { table } = this.neighbours(4);
    const entry = table.find(key, device) ?? table.create(key, device, true);
    update(entry, mac2, 0, Nud.PERMANENT, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
    return entry;
  }
  /** Closes every device and stops every timer. */
  async close() {
    for (const device of this.devices) await device.close();
    for (const { neighbours } of Object.values(this.#families)) neighbours.close();
  }
  /**
   * The counters of this stack as `nstat -az` would print them: names and values. Those of the neighbour table, which have no name in the
   * kernel, are the initial namespace's.
   */
  counters() {
    const { policy, table, namespace } = this.neighbours(4);
    const rows = this.ip.counters.list(policy.filtered);
    if (!namespace.initial) return rows;
    const { changed, flipFlops, contradicted, refused } = table.suspicions;
    rows.push(
      ["ArpTableFulls", table.statistics.tableFulls],
      ["ArpAddressChanges", changed],
      ["ArpAddressFlipFlops", flipFlops],
      ["ArpStaticContradictions", contradicted],
      ["ArpAddressRefusals", refused]
    );
    return rows;
  }
};
function ipv4(text) {
  const address = parseIpv4(text);
  if (address === null) throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 address; say e.g. 192.168.10.1`);
  return address;
}
function macAddress(text) {
  const address = parseMac(text);
  if (address === null) throw new InetError("LLADDR_INVALID", `"${text}" is not a link address; say e.g. 02:00:5e:10:00:fe`);
  return address;
}
function destinationOf(to) {
  return to === "default" ? { address: 0, length: 0 } : prefix(to);
}
function prefix(text) {
  const [address = "", length = "32", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 prefix; say e.g. 192.168.10.10/24`);
  }
  return { address: ipv4(address), length: Number(length) };
}

// hal/random.ts
var SeededRandom = class _SeededRandom {
  #seed;
  #a;
  #b;
  #c;
  #counter = 1;
  constructor(seed) {
    this.#seed = String(seed);
    const hash2 = fnv1a(this.#seed);
    this.#a = hash2;
    this.#b = Math.imul(hash2 ^ 2654435769, 2246822507);
    this.#c = Math.imul(hash2 ^ 3266489909, 668265263);
    for (let round = 0; round < 15; round++) this.next();
  }
  next() {
    const mixed = this.#a + this.#b + this.#counter++ | 0;
    this.#a = this.#b ^ this.#b >>> 9;
    this.#b = this.#c + (this.#c << 3) | 0;
    this.#c = (this.#c << 21 | this.#c >>> 11) + mixed | 0;
    return (mixed >>> 0) / 4294967296;
  }
  below(bound) {
    return Math.floor(this.next() * bound);
  }
  fork(name) {
    return new _SeededRandom(`${this.#seed}/${name}`);
  }
};
function fnv1a(text) {
  let hash2 = 2166136261;
  for (let at = 0; at < text.length; at++) hash2 = Math.imul(hash2 ^ text.charCodeAt(at), 16777619);
  return hash2;
}

// hal/interrupt.ts
var SimulatedInterrupt = class {
  asserted = false;
  onAssert = null;
  set(asserted) {
    if (asserted === this.asserted) return;
    this.asserted = asserted;
    if (asserted) this.onAssert?.();
  }
};

// hal/simulated/enc28j60/counters.ts
var ChipCounters = class {
  /** Written into the receive buffer. */
  received = 0;
  /** Arrived while reception was off: RXEN, MARXEN, RXRST, power save, no clock. */
  deaf = 0;
  /** Shorter than 18 bytes with FCS: the chip throws them away (section 5.1). */
  runts = 0;
  /** Longer than MAMXFL without HFRMEN. */
  tooLong = 0;
  /** MAC control frames, which only MACON1.PASSALL lets through. */
  control = 0;
  filtered = 0;
  /** Receive buffer full or EPKTCNT at 255. */
  overflowed = 0;
  /** Put on the wire with a good FCS. */
  transmitted = 0;
  /** Sent without a valid FCS: nobody received them. */
  sentWithoutFcs = 0;
  /** Finished with the PHY's transmitter off, in loopback or powered down: not on the wire. */
  notOnWire = 0;
  aborted = 0;
  /** Attempts that met another station's, and frames given up because of a late collision, real or not (erratum 13). */
  collisions = 0;
  lateCollisions = 0;
  /** Pause frames, both ways, that took effect. */
  pausesSent = 0;
  pausesObeyed = 0;
  /** Arrived while back pressure was on. */
  jammed = 0;
};

// hal/simulated/enc28j60/internet-checksum.ts
function internetChecksum(sum) {
  let folded = sum;
  while (folded > 65535) folded = (folded & 65535) + (folded >>> 16);
  return ~folded & 65535;
}

// hal/simulated/enc28j60/registers.ts
var RESERVED = 0;
var ETH = 1;
var MAC = 2;
var MII = 3;
var REGISTERS = 128;
var COMMON = 27;
var ERDPTL = 0;
var EWRPTL = 2;
var ETXSTL = 4;
var ETXSTH = 5;
var ETXNDL = 6;
var ETXNDH = 7;
var ERXSTL = 8;
var ERXSTH = 9;
var ERXNDL = 10;
var ERXNDH = 11;
var ERXRDPTL = 12;
var ERXRDPTH = 13;
var ERXWRPTL = 14;
var EDMASTL = 16;
var EDMANDL = 18;
var EDMADSTL = 20;
var EDMACSL = 22;
var EIE2 = 27;
var EIR = 28;
var ESTAT = 29;
var ECON22 = 30;
var ECON1 = 31;
var EHT0 = 32;
var EPMM0 = 40;
var EPMCSL = 48;
var EPMOL = 52;
var ERXFCON = 56;
var EPKTCNT = 57;
var MACON12 = 64;
var MACON3 = 66;
var MACON4 = 67;
var MABBIPG = 68;
var MAIPGL = 70;
var MAIPGH = 71;
var MACLCON1 = 72;
var MACLCON2 = 73;
var MAMXFLL = 74;
var MICMD = 82;
var MIREGADR = 84;
var MIWRL = 86;
var MIWRH = 87;
var MIRDL = 88;
var MIRDH = 89;
var EBSTSD = 102;
var EBSTCON = 103;
var EBSTCSL = 104;
var MISTAT = 106;
var EREVID = 114;
var ECOCON = 117;
var EFLOCON = 119;
var EPAUSL = 120;
var MAADR = [100, 101, 98, 99, 96, 97];
var INTIE = 128;
var PKTIF = 64;
var DMAIF = 32;
var LINKIF = 16;
var TXIF = 8;
var TXERIF = 2;
var RXERIF = 1;
var INT = 128;
var LATECOL = 16;
var RXBUSY = 4;
var TXABRT = 2;
var CLKRDY = 1;
var AUTOINC = 128;
var PKTDEC = 64;
var PWRSV = 32;
var TXRST = 128;
var RXRST = 64;
var DMAST = 32;
var CSUMEN = 16;
var TXRTS = 8;
var RXEN = 4;
var BSEL = 3;
var UCEN = 128;
var ANDOR = 64;
var CRCEN = 32;
var PMEN = 16;
var MPEN = 8;
var HTEN = 4;
var MCEN = 2;
var BCEN = 1;
var TXPAUS = 8;
var RXPAUS = 4;
var PASSALL = 2;
var MARXEN = 1;
var PADCFG_SHIFT = 5;
var TXCRCEN = 16;
var HFRMEN = 4;
var FRMLNEN = 2;
var FULDPX = 1;
var DEFER = 64;
var BPEN = 32;
var NOBKOFF = 16;
var FULDPXS = 4;
var FCEN = 3;
var MIISCAN = 2;
var MIIRD = 1;
var NVALID = 4;
var SCAN = 2;
var BUSY = 1;
var TABLE2 = [
  [0, "ERDPTL", ETH, 255, 250],
  [1, "ERDPTH", ETH, 31, 5],
  [2, "EWRPTL", ETH, 255, 0],
  [3, "EWRPTH", ETH, 31, 0],
  [4, "ETXSTL", ETH, 255, 0],
  [5, "ETXSTH", ETH, 31, 0],
  [6, "ETXNDL", ETH, 255, 0],
  [7, "ETXNDH", ETH, 31, 0],
  [8, "ERXSTL", ETH, 255, 250],
  [9, "ERXSTH", ETH, 31, 5],
  [10, "ERXNDL", ETH, 255, 255],
  [11, "ERXNDH", ETH, 31, 31],
  [12, "ERXRDPTL", ETH, 255, 250],
  [13, "ERXRDPTH", ETH, 31, 5],
  [14, "ERXWRPTL", ETH, 0, 0],
  [15, "ERXWRPTH", ETH, 0, 0],
  [16, "EDMASTL", ETH, 255, 0],
  [17, "EDMASTH", ETH, 31, 0],
  [18, "EDMANDL", ETH, 255, 0],
  [19, "EDMANDH", ETH, 31, 0],
  [20, "EDMADSTL", ETH, 255, 0],
  [21, "EDMADSTH", ETH, 31, 0],
  [22, "EDMACSL", ETH, 0, 0],
  [23, "EDMACSH", ETH, 0, 0],
  [27, "EIE", ETH, 251, 0],
  [28, "EIR", ETH, 43, 0],
  [29, "ESTAT", ETH, 82, 0],
  [30, "ECON2", ETH, 232, 128],
  [31, "ECON1", ETH, 255, 0],
  [32, "EHT0", ETH, 255, 0],
  [33, "EHT1", ETH, 255, 0],
  [34, "EHT2", ETH, 255, 0],
  [35, "EHT3", ETH, 255, 0],
  [36, "EHT4", ETH, 255, 0],
  [37, "EHT5", ETH, 255, 0],
  [38, "EHT6", ETH, 255, 0],
  [39, "EHT7", ETH, 255, 0],
  [40, "EPMM0", ETH, 255, 0],
  [41, "EPMM1", ETH, 255, 0],
  [42, "EPMM2", ETH, 255, 0],
  [43, "EPMM3", ETH, 255, 0],
  [44, "EPMM4", ETH, 255, 0],
  [45, "EPMM5", ETH, 255, 0],
  [46, "EPMM6", ETH, 255, 0],
  [47, "EPMM7", ETH, 255, 0],
  [48, "EPMCSL", ETH, 255, 0],
  [49, "EPMCSH", ETH, 255, 0],
  [52, "EPMOL", ETH, 255, 0],
  [53, "EPMOH", ETH, 31, 0],
  [56, "ERXFCON", ETH, 255, 161],
  [57, "EPKTCNT", ETH, 0, 0],
  [64, "MACON1", MAC, 15, 0],
  [66, "MACON3", MAC, 255, 0],
  [67, "MACON4", MAC, 112, 0],
  [68, "MABBIPG", MAC, 127, 0],
  [70, "MAIPGL", MAC, 127, 0],
  [71, "MAIPGH", MAC, 127, 0],
  [72, "MACLCON1", MAC, 15, 15],
  [73, "MACLCON2", MAC, 63, 55],
  [74, "MAMXFLL", MAC, 255, 0],
  [75, "MAMXFLH", MAC, 255, 6],
  [82, "MICMD", MII, 3, 0],
  [84, "MIREGADR", MII, 31, 0],
  [86, "MIWRL", MII, 255, 0],
  [87, "MIWRH", MII, 255, 0],
  [88, "MIRDL", MII, 0, 0],
  [89, "MIRDH", MII, 0, 0],
  [96, "MAADR5", MAC, 255, 0],
  [97, "MAADR6", MAC, 255, 0],
  [98, "MAADR3", MAC, 255, 0],
  [99, "MAADR4", MAC, 255, 0],
  [100, "MAADR1", MAC, 255, 0],
  [101, "MAADR2", MAC, 255, 0],
  [102, "EBSTSD", ETH, 255, 0],
  [103, "EBSTCON", ETH, 255, 0],
  [104, "EBSTCSL", ETH, 0, 0],
  [105, "EBSTCSH", ETH, 0, 0],
  [106, "MISTAT", MII, 0, 0],
  [114, "EREVID", ETH, 0, 0],
  [117, "ECOCON", ETH, 7, 4],
  [119, "EFLOCON", ETH, 3, 0],
  [120, "EPAUSL", ETH, 255, 0],
  [121, "EPAUSH", ETH, 255, 16]
];
var names2 = [];
var parts = new Uint8Array(REGISTERS);
var writable = new Uint8Array(REGISTERS);
var resets = new Uint8Array(REGISTERS);
for (const [address, name, part, mask, reset] of TABLE2) {
  names2[address] = name;
  parts[address] = part;
  writable[address] = mask;
  resets[address] = reset;
}
function registerName(index) {
  return names2[index] ?? `bank ${index >> 5} register ${(index & 31).toString(16).toUpperCase().padStart(2, "0")}h`;
}
var RegisterFile = class {
  bytes = new Uint8Array(REGISTERS);
  constructor() {
    this.bytes.set(resets);
  }
  /** All to their reset values. COCON keeps its setting through every reset but power-on (section 2.3), EREVID is fixed. */
  reset() {
    const clockOut = this.get(ECOCON);
    const revision = this.get(EREVID);
    this.bytes.set(resets);
    this.set(ECOCON, clockOut);
    this.set(EREVID, revision);
  }
  get(index) {
    return this.bytes[index];
  }
  set(index, value) {
    this.bytes[index] = value;
  }
  /** The register pair whose low byte is at `low`. */
  word(low) {
    return this.bytes[low] | this.bytes[low + 1] << 8;
  }
  setWord(low, value) {
    this.bytes[low] = value;
    this.bytes[low + 1] = value >> 8;
  }
  has(index, bits) {
    return (this.bytes[index] & bits) !== 0;
  }
  raise(index, bits) {
    this.bytes[index] = this.bytes[index] | bits;
  }
  lower(index, bits) {
    this.bytes[index] = this.bytes[index] & ~bits;
  }
  /** RESERVED, ETH, MAC or MII. */
  part(index) {
    return parts[index];
  }
  /** The bits of a register that the host can change. */
  writable(index) {
    return writable[index];
  }
};

// hal/simulated/enc28j60/memory.ts
var MEMORY_BYTES = 8192;
var ADDRESS_MASK2 = 8191;
var TRANSMIT_STATUS = 7;
var UNDEFINED = 165;
var BufferMemory = class {
  bytes = new Uint8Array(MEMORY_BYTES).fill(UNDEFINED);
  #registers;
  #violations;
  constructor(registers, violations) {
    this.#registers = registers;
    this.#violations = violations;
  }
  /** The next address on a walk round the receive buffer: ERXST follows ERXND. */
  behind(address) {
    return address === this.#registers.word(ERXNDL) ? this.#registers.word(ERXSTL) : address + 1 & ADDRESS_MASK2;
  }
  /** RBM: `skip` bytes are clocked out unheard, then `length` bytes into out[at..). ERDPT wraps with the receive buffer. */
  read(skip, out, at, length) {
    const registers = this.#registers;
    const bytes = this.bytes;
    const step = registers.has(ECON22, AUTOINC);
    const start2 = registers.word(ERXSTL);
    const end2 = registers.word(ERXNDL);
    const first = registers.word(ERDPTL);
    let address = first;
    for (let offset = -skip; offset < length; offset++) {
      if (offset >= 0) out[at + offset] = bytes[address];
      if (step) address = address === end2 ? start2 : address + 1 & ADDRESS_MASK2;
    }
    registers.setWord(ERDPTL, address);
    if (!registers.has(ECON1, TXRTS)) return;
    const count = step ? skip + length : 1;
    const ahead = first <= end2 ? Math.min(count, end2 - first + 1) : count;
    this.#guardTransmit(first, ahead, 0);
    this.#guardTransmit(start2, count - ahead, 0);
  }
  /** WBM: EWRPT wraps at the end of memory only. */
  write(data, at, length) {
    const registers = this.#registers;
    const bytes = this.bytes;
    const step = registers.has(ECON22, AUTOINC);
    const first = registers.word(EWRPTL);
    let address = first;
    for (let offset = 0; offset < length; offset++) {
      bytes[address] = data[at + offset];
      if (step) address = address + 1 & ADDRESS_MASK2;
    }
    registers.setWord(EWRPTL, address);
    const count = step ? length : Math.min(length, 1);
    if (registers.has(ECON1, TXRTS)) this.#guardTransmit(first, count, TRANSMIT_STATUS);
    if (!registers.has(ECON1, RXEN)) return;
    const ring = registers.word(ERXSTL);
    const hit = firstShared(first, count, ring, registers.word(ERXNDL) - ring + 1);
    if (hit >= 0) this.#violations.note("receive-buffer-written", hit);
  }
  /** @param status bytes behind the frame that may not be touched either */
  #guardTransmit(first, count, status) {
    const start2 = this.#registers.word(ETXSTL);
    const span = (this.#registers.word(ETXNDL) - start2 & ADDRESS_MASK2) + 1 + status;
    const hit = firstShared(first, count, start2, span);
    if (hit >= 0) this.#violations.note("transmit-buffer-touched", hit);
  }
};
function firstShared(first, count, start2, span) {
  if (count === 0) return -1;
  if ((first - start2 & ADDRESS_MASK2) < span) return first;
  return (start2 - first & ADDRESS_MASK2) < count ? start2 : -1;
}

// hal/simulated/enc28j60/dma.ts
var CLOCK = 4e-5;
var Dma = class {
  /** Called when it is through. */
  onDone = null;
  #registers;
  #memory;
  #errata;
  #violations;
  #timer;
  #instant;
  /** A frame came in meanwhile (erratum 17). */
  #disturbed = false;
  constructor({ clock, registers, memory, errata, violations, byteTime }) {
    this.#registers = registers;
    this.#memory = memory;
    this.#errata = errata;
    this.#violations = violations;
    this.#instant = byteTime === 0;
    this.#timer = clock.timer(() => {
      this.#finish();
      this.onDone?.();
    });
  }
  /** DMAST was set. */
  start() {
    const registers = this.#registers;
    const start2 = registers.word(EDMASTL);
    const end2 = registers.word(EDMANDL);
    if (start2 === end2) this.#violations.note("dma-single-byte", start2);
    this.#disturbed = false;
    const ring = start2 > end2 && start2 <= registers.word(ERXNDL);
    const span = ring ? registers.word(ERXNDL) - registers.word(ERXSTL) + 1 : ADDRESS_MASK2 + 1;
    const clocks = end2 >= start2 ? end2 - start2 + 1 : end2 - start2 + 1 + span;
    if (this.#instant) this.#finish();
    else this.#timer.arm(clocks * CLOCK * (registers.has(ECON1, CSUMEN) ? 1 : 2));
  }
  /** DMAST was cleared, or the chip was reset. */
  cancel() {
    this.#timer.cancel();
  }
  /** The receive logic writes to memory. */
  receiving() {
    this.#disturbed = true;
  }
  #finish() {
    const registers = this.#registers;
    const start2 = registers.word(EDMASTL);
    const end2 = registers.word(EDMANDL);
    if (start2 !== end2) {
      if (registers.has(ECON1, CSUMEN)) {
        const sum = checksum(this.#memory, start2, end2);
        registers.setWord(EDMACSL, this.#disturbed && this.#errata.strikes(17) ? sum ^ 256 : sum);
      } else {
        copy(this.#memory, start2, end2, registers.word(EDMADSTL));
      }
    }
    registers.lower(ECON1, DMAST);
    registers.raise(EIR, DMAIF);
  }
};
function copy(memory, start2, end2, to) {
  let from = start2;
  for (let count = 0; count <= ADDRESS_MASK2; count++) {
    memory.bytes[to + count & ADDRESS_MASK2] = memory.bytes[from];
    if (from === end2) return;
    from = memory.behind(from);
  }
}
function checksum(memory, start2, end2) {
  let sum = 0;
  let from = start2;
  for (let count = 0; count <= ADDRESS_MASK2; count++) {
    const byte = memory.bytes[from];
    sum += (count & 1) === 0 ? byte << 8 : byte;
    if (from === end2) break;
    from = memory.behind(from);
  }
  return internetChecksum(sum);
}

// hal/simulated/enc28j60/errata.ts
var EREVIDS = { B1: 2, B4: 4, B5: 5, B7: 6 };
var REVISIONS = Object.keys(EREVIDS);
var OLD = [EREVIDS.B1, EREVIDS.B4];
var NEW = [EREVIDS.B5, EREVIDS.B7];
var ALL = [...OLD, ...NEW];
var TABLE3 = [
  [1, 0.25, OLD],
  [2, 1, ALL],
  [5, 0.25, ALL],
  [6, 1 / 256, ALL],
  [9, 0.5, ALL],
  [10, 0.5, ALL],
  [11, 1, ALL],
  [12, 0.5, ALL],
  [13, 1 / 512, NEW],
  [14, 0.25, ALL],
  [15, 0.5, ALL],
  [16, 0.5, ALL],
  [17, 1, ALL],
  [18, 1 / 16, ALL],
  [19, 1, ALL]
];
var ERRATA = TABLE3.map(([erratum]) => erratum);
var Errata = class {
  #rates = new Float64Array(20);
  #sources = [];
  #strikes = new Uint32Array(20);
  /** Chances that pass before the next strike: drawn once a strike, so that a frame on which nothing strikes draws nothing. */
  #passes = new Int32Array(20);
  constructor(revision, options, random) {
    for (const [erratum, rate, revisions] of TABLE3) {
      const asked = options[erratum] ?? revisions.includes(revision);
      this.#rates[erratum] = asked === true ? rate : Number(asked);
      this.#sources[erratum] = random.fork(`erratum ${erratum}`);
      this.#draw(erratum);
    }
  }
  /** This chip has the fault. */
  has(erratum) {
    return this.#rates[erratum] > 0;
  }
  /** Here it could strike: does it? */
  strikes(erratum) {
    if (!this.has(erratum)) return false;
    const passes = this.#passes[erratum];
    if (passes > 0) {
      this.#passes[erratum] = passes - 1;
      return false;
    }
    this.#draw(erratum);
    this.#strikes[erratum] = this.#strikes[erratum] + 1;
    return true;
  }
  /** Draws the chances that pass before the next strike: a geometric distribution. */
  #draw(erratum) {
    const rate = this.#rates[erratum];
    if (rate === 0 || rate >= 1) return;
    const passes = Math.log(1 - this.#sources[erratum].next()) / Math.log(1 - rate);
    this.#passes[erratum] = Math.min(passes, 2147483647);
  }
  /** Counts its strikes, so that a test of a workaround can make sure that there was something to work around. */
  count(erratum) {
    return this.#strikes[erratum];
  }
  /** Anything below `bound`, from an erratum's own sequence. */
  below(erratum, bound) {
    return this.#sources[erratum].below(bound);
  }
};
function erevidOf(revision) {
  return typeof revision === "number" ? revision : EREVIDS[revision];
}
function revisionName2(erevid) {
  for (const [name, value] of Object.entries(EREVIDS)) if (value === erevid) return name;
  return `${erevid.toString(16).toUpperCase().padStart(2, "0")}h`;
}

// hal/kit/receive-filter.ts
function isBroadcast(bytes, at) {
  for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== 255) return false;
  return true;
}
function isMulticast2(bytes, at) {
  return (bytes[at] & 1) === 1 && !isBroadcast(bytes, at);
}
function isAddress(bytes, at, address) {
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[at + octet] !== address[octet]) return false;
  return true;
}
var ReceiveFilter = class {
  promiscuous = false;
  allMulticast = false;
  groups = [];
  #address;
  /** @param address station address; the filter follows its changes */
  constructor(address) {
    this.#address = address;
  }
  set(mode) {
    this.promiscuous = mode.promiscuous;
    this.allMulticast = mode.allMulticast;
    this.groups = copyGroups(mode);
  }
  /** Tells whether the frame that begins at bytes[at] is let through. */
  accepts(bytes, at) {
    if (this.promiscuous) return true;
    if ((bytes[at] & 1) === 1) return this.allMulticast || isBroadcast(bytes, at) || includesGroup(this.groups, bytes, at);
    return isAddress(bytes, at, this.#address);
  }
};
function copyGroups({ groups }) {
  return groups.map((group) => group.slice(0, MAC_BYTES));
}
function includesGroup(groups, bytes, at = 0) {
  for (let each = 0; each < groups.length; each++) if (isAddress(bytes, at, groups[each])) return true;
  return false;
}

// hal/simulated/enc28j60/filters.ts
var PATTERN_WINDOW = 64;
var HEADER6 = 14;
var MAGIC_SYNC = 6;
var MAGIC_REPEATS = 16;
var CHOICES = UCEN | PMEN | MPEN | HTEN | MCEN | BCEN;
function accepts(registers, errata, bytes, length, fcs, fcsOk) {
  const config = registers.get(ERXFCON);
  if ((config & CRCEN) !== 0 && !fcsOk) return false;
  if ((config & CHOICES) === 0) return true;
  const all = (config & ANDOR) !== 0;
  for (let filter2 = UCEN; filter2 !== 0; filter2 >>= 1) {
    if ((config & CHOICES & filter2) === 0) continue;
    const match = matches(filter2, registers, bytes, length, fcs) || filter2 === PMEN && errata.strikes(18);
    if (match !== all) return !all;
  }
  return all;
}
function matches(filter2, registers, bytes, length, fcs) {
  switch (filter2) {
    case UCEN:
      return isStation2(registers, bytes, 0);
    case PMEN:
      return matchesPattern(registers, bytes, length, fcs);
    case MPEN:
      return isStation2(registers, bytes, 0) && hasMagic(registers, bytes, length);
    case HTEN: {
      const index = hashIndex(bytes);
      return registers.has(EHT0 + (index >> 3), 1 << (index & 7));
    }
    case MCEN:
      return (bytes[0] & 1) !== 0;
    default:
      return isBroadcast(bytes, 0);
  }
}
function isStation2(registers, bytes, at) {
  for (let octet = 0; octet < 6; octet++) if (bytes[at + octet] !== registers.get(MAADR[octet])) return false;
  return true;
}
function hasMagic(registers, bytes, length) {
  const last = length - MAGIC_SYNC - 6 * MAGIC_REPEATS;
  for (let at = HEADER6; at <= last; at++) if (isBroadcast(bytes, at) && hasRepeats(registers, bytes, at + MAGIC_SYNC)) return true;
  return false;
}
function hasRepeats(registers, bytes, at) {
  for (let repeat = 0; repeat < MAGIC_REPEATS; repeat++) if (!isStation2(registers, bytes, at + 6 * repeat)) return false;
  return true;
}
function matchesPattern(registers, bytes, length, fcs) {
  const offset = registers.word(EPMOL);
  if (offset + PATTERN_WINDOW > length + 4) return false;
  let sum = 0;
  let high = true;
  for (let at = 0; at < PATTERN_WINDOW; at++) {
    if (!registers.has(EPMM0 + (at >> 3), 1 << (at & 7))) continue;
    const where = offset + at;
    const byte = where < length ? bytes[where] : fcs >>> 8 * (where - length) & 255;
    sum += high ? byte << 8 : byte;
    high = !high;
  }
  return internetChecksum(sum) === registers.word(EPMCSL);
}
function hashIndex(bytes) {
  const remainder = crcRegister(bytes, 0, 6);
  let index = 0;
  for (let bit = 3; bit <= 8; bit++) index = index << 1 | remainder >>> bit & 1;
  return index;
}

// hal/simulated/enc28j60/receive-logic.ts
var PREFIX = 6;
var SHORTEST = 14;
var LONGEST_LENGTH = 1500;
var TYPE_CONTROL = 34824;
var TYPE_VLAN = 33024;
var OPCODE_PAUSE = 1;
var PAUSE_ADDRESS = [1, 128, 194, 0, 0, 1];
var DROP_EVENT = 1 << 16;
var CRC_ERROR2 = 1 << 20;
var LENGTH_CHECK_ERROR = 1 << 21;
var LENGTH_OUT_OF_RANGE = 1 << 22;
var RECEIVED_OK = 1 << 23;
var MULTICAST2 = 1 << 24;
var BROADCAST2 = 1 << 25;
var CONTROL2 = 1 << 27;
var PAUSE = 1 << 28;
var UNKNOWN_OPCODE = 1 << 29;
var VLAN = 1 << 30;
var ReceiveLogic = class {
  /** A pause frame for this station, in full duplex, with RXPAUS. */
  onPause = null;
  /** A packet is written to memory. */
  onStore = null;
  #registers;
  #memory;
  #counters;
  #errata;
  /**
   * ERXRDPT has the value of the reset, or one that was written before reception began and with no packet in the ring. Drivers in
   * the field start with an even one (EtherCard, UIPEthernet: 0), and silicon bears it.
   */
  #initial = true;
  /** A frame was lost since the last one that was written; the next status vector tells it. */
  #dropped = false;
  /** Address of the next byte while a packet is written. */
  #address = 0;
  constructor({ registers, memory, counters, errata }) {
    this.#registers = registers;
    this.#memory = memory;
    this.#counters = counters;
    this.#errata = errata;
  }
  reset() {
    this.#dropped = false;
    this.#initial = true;
  }
  /** Both bytes of ERXRDPT have a new value. */
  readPointerWritten() {
    this.#initial = !this.#registers.has(ECON1, RXEN) && this.#registers.get(EPKTCNT) === 0;
  }
  /** One frame without its FCS, while the receiver has power and clock. */
  frame(bytes, length, fcsOk) {
    const registers = this.#registers;
    const counters = this.#counters;
    const enabled = registers.has(ECON1, RXEN) && !registers.has(ECON1, RXRST) && registers.has(MACON12, MARXEN);
    if (!enabled) {
      counters.deaf++;
      return;
    }
    if (length < SHORTEST) {
      counters.runts++;
      return;
    }
    if (length + FCS_BYTES > registers.word(MAMXFLL) && !registers.has(MACON3, HFRMEN)) {
      counters.tooLong++;
      return;
    }
    const right = frameCheckSequence(bytes, length);
    const fcs = fcsOk ? right : ~right;
    const control2 = fcsOk && typeOf(bytes) === TYPE_CONTROL;
    if (control2 && isPause(bytes, length) && length >= SHORTEST + 4) this.#pause(bytes);
    if (control2 && !registers.has(MACON12, PASSALL)) {
      counters.control++;
    } else if (!accepts(registers, this.#errata, bytes, length, fcs, fcsOk)) {
      counters.filtered++;
    } else if (PREFIX + length + FCS_BYTES + (length & 1) > this.#free() || registers.get(EPKTCNT) === 255) {
      counters.overflowed++;
      this.#dropped = true;
      registers.raise(EIR, RXERIF);
    } else {
      this.#store(bytes, length, fcs, fcsOk);
    }
  }
  /** Obeyed when it came to the pause address or to the station's own (IEEE 802.3 clause 31.5). */
  #pause(bytes) {
    const registers = this.#registers;
    if (!registers.has(MACON12, RXPAUS) || !registers.has(MACON3, FULDPX)) return;
    if (!isStation2(registers, bytes, 0) && !PAUSE_ADDRESS.every((octet, at) => bytes[at] === octet)) return;
    this.#counters.pausesObeyed++;
    this.onPause?.(bytes[16] << 8 | bytes[17]);
  }
  /** Bytes that may be written before the hardware would reach ERXRDPT (example 7-1). */
  #free() {
    const start2 = this.#registers.word(ERXSTL);
    const end2 = this.#registers.word(ERXNDL);
    const read = this.#registers.word(ERXRDPTL);
    const write = this.#registers.word(ERXWRPTL);
    return write >= read ? end2 - start2 - (write - read) : read - write - 1;
  }
  #store(bytes, length, fcs, fcsOk) {
    const registers = this.#registers;
    const memory = this.#memory;
    const start2 = registers.word(ERXSTL);
    const end2 = registers.word(ERXNDL);
    const first = registers.word(ERXWRPTL);
    this.#address = memory.behind(memory.behind(first));
    this.#put(this.#status(bytes, length, fcsOk), 4);
    const ring = memory.bytes;
    let address = this.#address;
    for (let at = 0; at < length; at++) {
      ring[address] = bytes[at];
      address = address === end2 ? start2 : address + 1 & ADDRESS_MASK2;
    }
    this.#address = address;
    this.#put(fcs, FCS_BYTES);
    const next = (this.#address & 1) === 0 ? this.#address : memory.behind(this.#address);
    this.#address = first;
    this.#put(next, 2);
    if (!this.#initial && (registers.get(ERXRDPTL) & 1) === 0 && this.#errata.strikes(14)) {
      ring[first] = ring[first] ^ 36;
      ring[memory.behind(first)] = ring[memory.behind(first)] ^ 3;
    }
    registers.setWord(ERXWRPTL, next);
    this.onStore?.();
    registers.set(EPKTCNT, registers.get(EPKTCNT) + 1);
    this.#counters.received++;
    this.#dropped = false;
  }
  /** Little-endian, round the ring. */
  #put(value, count) {
    for (let byte = 0; byte < count; byte++) {
      this.#memory.bytes[this.#address] = value >>> 8 * byte;
      this.#address = this.#memory.behind(this.#address);
    }
  }
  #status(bytes, length, fcsOk) {
    const type = typeOf(bytes);
    let status = length + FCS_BYTES & 65535;
    if (this.#dropped) status |= DROP_EVENT;
    status |= fcsOk ? RECEIVED_OK : CRC_ERROR2;
    if (type > LONGEST_LENGTH) status |= LENGTH_OUT_OF_RANGE;
    else if (this.#registers.has(MACON3, FRMLNEN) && !lengthFits(type, length)) status |= LENGTH_CHECK_ERROR;
    if (isBroadcast(bytes, 0)) status |= BROADCAST2;
    else if ((bytes[0] & 1) !== 0) status |= MULTICAST2;
    if (type === TYPE_VLAN) status |= VLAN;
    if (type === TYPE_CONTROL) status |= CONTROL2 | (isPause(bytes, length) ? PAUSE : UNKNOWN_OPCODE);
    return status;
  }
};
function typeOf(bytes) {
  return bytes[12] << 8 | bytes[13];
}
function isPause(bytes, length) {
  return length >= SHORTEST + 2 && (bytes[14] << 8 | bytes[15]) === OPCODE_PAUSE;
}
function lengthFits(field, length) {
  return field === length - SHORTEST || length <= 60 && field < length - SHORTEST;
}

// hal/simulated/enc28j60/flow-control.ts
var PAUSE_BYTES = 64;
var BODY = 60;
var QUANTUM = 64;
var Mode = { OFF: 0, ONCE: 1, PERIODIC: 2, RELEASE: 3 };
var FlowControl = class {
  #registers;
  #access;
  #port;
  #counters;
  #byteTime;
  #frame = new Uint8Array(BODY);
  #departure;
  #again;
  constructor({ clock, registers, counters, byteTime }, access2, port) {
    this.#registers = registers;
    this.#access = access2;
    this.#port = port;
    this.#counters = counters;
    this.#byteTime = byteTime;
    this.#departure = clock.timer(() => {
      this.#counters.pausesSent++;
      this.#port.transmit(this.#frame, 0, BODY);
    });
    this.#again = clock.timer(() => this.#repeat());
  }
  /** EFLOCON or the duplex mode was written. */
  update() {
    const mode = this.#registers.get(EFLOCON) & FCEN;
    this.#again.cancel();
    this.#access.press(!this.#access.fullDuplex && (mode & 1) !== 0);
    if (!this.#access.fullDuplex || mode === Mode.OFF) return;
    if (mode === Mode.PERIODIC) {
      this.#repeat();
      return;
    }
    this.#send(mode === Mode.RELEASE ? 0 : this.#registers.word(EPAUSL));
    this.#registers.lower(EFLOCON, FCEN);
  }
  reset() {
    this.#departure.cancel();
    this.#again.cancel();
    this.#access.press(false);
  }
  /** Sends the next pause before the last one is over, at half of its time. */
  #repeat() {
    const quanta = this.#registers.word(EPAUSL);
    this.#send(quanta);
    if (quanta > 0 && this.#byteTime > 0) this.#again.arm(quanta * QUANTUM * this.#byteTime / 2);
  }
  #send(quanta) {
    if (!this.#registers.has(MACON12, TXPAUS)) return;
    const frame = this.#frame;
    for (let octet = 0; octet < 6; octet++) {
      frame[octet] = PAUSE_ADDRESS[octet];
      frame[6 + octet] = this.#registers.get(MAADR[octet]);
    }
    frame[12] = TYPE_CONTROL >> 8;
    frame[13] = TYPE_CONTROL & 255;
    frame[14] = 0;
    frame[15] = 1;
    frame[16] = quanta >> 8;
    frame[17] = quanta & 255;
    this.#departure.arm(this.#access.reserve(PAUSE_BYTES));
  }
};

// hal/simulated/enc28j60/leds.ts
var STRETCH = [40, 73, 139, 139];
var STRCH = 2;
var FAST_BLINK = 50;
var SLOW_BLINK = 250;
var Code = {
  TRANSMIT: 1,
  RECEIVE: 2,
  COLLISION: 3,
  LINK: 4,
  DUPLEX: 5,
  TRAFFIC: 7,
  ON: 8,
  FAST: 10,
  SLOW: 11,
  LINK_RECEIVE: 12,
  LINK_TRAFFIC: 13,
  DUPLEX_COLLISION: 14
};
var Event = class {
  until = Number.NEGATIVE_INFINITY;
  note(now, duration) {
    this.until = Math.max(this.until, now + duration);
  }
};
var Leds = class {
  #clock;
  #phy;
  #errata;
  #transmit = new Event();
  #receive = new Event();
  #collision = new Event();
  constructor({ clock, errata }, phy) {
    this.#clock = clock;
    this.#phy = phy;
    this.#errata = errata;
  }
  /** LEDA is lit. */
  get a() {
    return this.#lit(this.#phy.ledControl >> 8 & 15);
  }
  get b() {
    return this.#lit(this.#phy.ledControl >> 4 & 15);
  }
  transmitted(duration) {
    this.#transmit.note(this.#clock.now(), duration);
  }
  /** The model hears of a frame when it is over: its time on the line is shown behind it. */
  received(duration) {
    this.#receive.note(this.#clock.now(), duration);
  }
  collided() {
    this.#collision.note(this.#clock.now(), 0);
  }
  #lit(code) {
    const stretched = (this.#phy.ledControl & STRCH) !== 0;
    switch (code) {
      case Code.TRANSMIT:
        return this.#goesOn(this.#transmit, stretched);
      case Code.RECEIVE:
        return this.#goesOn(this.#receive, stretched);
      case Code.COLLISION:
        return this.#goesOn(this.#collision, stretched);
      case Code.LINK:
        return this.#phy.link;
      case Code.DUPLEX:
        return this.#phy.fullDuplex;
      case Code.TRAFFIC:
        return this.#goesOn(this.#transmit, stretched) || this.#goesOn(this.#receive, stretched);
      case Code.ON:
        return true;
      case Code.FAST:
        return this.#blinks(FAST_BLINK);
      case Code.SLOW:
        return this.#blinks(SLOW_BLINK);
      // The combined ones are always stretched: lit by the state, dark for the event.
      case Code.LINK_RECEIVE:
        return this.#phy.link && !this.#goesOn(this.#receive, true);
      case Code.LINK_TRAFFIC:
        return this.#phy.link && !this.#goesOn(this.#receive, true) && !this.#goesOn(this.#transmit, true);
      case Code.DUPLEX_COLLISION:
        return this.#phy.fullDuplex || !this.#errata.has(11) && this.#goesOn(this.#collision, true);
      default:
        return false;
    }
  }
  #goesOn(event, stretched) {
    const longer = stretched ? STRETCH[this.#phy.ledControl >> 2 & 3] : 0;
    return this.#clock.now() <= event.until + longer;
  }
  #blinks(half) {
    return Math.floor(this.#clock.now() / half) % 2 === 0;
  }
};

// hal/simulated/enc28j60/line-access.ts
var PREAMBLE = 8;
var JAM = 4;
var SLOT2 = 64;
var DEFER_LIMIT = 3036;
var BACK_OFF_LIMIT = 10;
var FULL_GAP = 3;
var HALF_GAP = 6;
var LONGEST = 1526;
var State2 = { IDLE: 0, WAITING: 1, GAP: 2, TALKING: 3, JAMMING: 4, BACK_OFF: 5 };
var Outcome2 = { SENT: 0, LATE_COLLISION: 1, EXCESSIVE_COLLISIONS: 2, EXCESSIVE_DEFER: 3 };
var LineAccess = class {
  /** Collisions of the frame at hand. */
  collisions = 0;
  deferred = false;
  onDone = null;
  /** The frame has begun to go out and will be out in so many ms, jam or collision apart; for the LEDs. */
  onTalk = null;
  onCollision = null;
  #clock;
  #registers;
  #carrier;
  #errata;
  #random;
  /** ms for each byte on the line. */
  #byteTime;
  #timer;
  #task;
  #state = State2.IDLE;
  #bytes = 0;
  #began = 0;
  #gapBegan = 0;
  #asked = 0;
  #late = false;
  #pressing = false;
  /** The timer stands for a link pulse, not for the end of the frame. */
  #pulse = false;
  /** Times: our last frame ended, the wire fell silent, and the end of the pause that the partner asked for. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #idleAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  constructor({ clock, registers, errata, byteTime }, carrier, random) {
    this.#clock = clock;
    this.#registers = registers;
    this.#carrier = carrier;
    this.#errata = errata;
    this.#random = random;
    this.#byteTime = byteTime;
    this.#timer = clock.timer(() => this.#timeUp());
    this.#task = clock.task(() => this.#endAtOnce());
    carrier.attach(this);
  }
  get fullDuplex() {
    return this.#registers.has(MACON3, FULDPX);
  }
  /** Another station is on the wire. */
  get receiving() {
    return this.#byteTime > 0 && this.#carrier.heard(this);
  }
  get colliding() {
    return this.#state === State2.JAMMING;
  }
  /** Back pressure is on: whatever others send meets our preamble. */
  get pressing() {
    return this.#pressing;
  }
  /** A frame of `bytes`, FCS included, wants to go out. */
  request(bytes) {
    this.#bytes = bytes;
    this.collisions = 0;
    this.deferred = false;
    this.#asked = this.#clock.now();
    this.#contend();
  }
  /** The frame at hand is cut off, or was not sent yet and will not be. */
  cancel() {
    this.#timer.cancel();
    if (this.#state === State2.TALKING || this.#state === State2.JAMMING) this.#hush();
    this.#state = State2.IDLE;
  }
  /** The partner wants `quanta` of 512 bit times without frames; 0 lifts that. A frame under way is not stopped. */
  pause(quanta) {
    this.#pausedUntil = this.#clock.now() + quanta * SLOT2 * this.#byteTime;
    if (this.#state === State2.GAP && this.fullDuplex) this.#contend();
  }
  /** Takes the line for a frame of the MAC's own as soon as it is free. Returns the time until that frame has left, in ms. */
  reserve(bytes) {
    const now = this.#clock.now();
    const end2 = this.#state === State2.TALKING ? this.#began + (this.#bytes + PREAMBLE) * this.#byteTime : now;
    this.#sentAt = Math.max(end2, this.#sentAt + this.#backToBack()) + (bytes + PREAMBLE) * this.#byteTime;
    if (this.#state === State2.GAP) this.#contend();
    return this.#sentAt - now;
  }
  /** Switches back pressure. */
  press(on) {
    if (on === this.#pressing || this.#byteTime === 0) return;
    this.#pressing = on;
    if (on) this.#carrier.begin(this);
    else if (this.#state !== State2.TALKING && this.#state !== State2.JAMMING) this.#carrier.end(this);
  }
  collided() {
    if (this.#state !== State2.TALKING || this.fullDuplex) return;
    const sent2 = (this.#clock.now() - this.#began) / this.#byteTime - PREAMBLE;
    this.#late = sent2 > this.#registers.get(MACLCON2);
    this.#state = State2.JAMMING;
    this.#timer.arm(JAM * this.#byteTime);
    this.onCollision?.();
  }
  carrierIdle() {
    this.#idleAt = this.#clock.now();
    if (this.#state === State2.WAITING) this.#contend();
  }
  /** Goes as soon as the rules allow. */
  #contend() {
    if (this.#byteTime === 0) {
      this.#state = State2.TALKING;
      this.#task.schedule();
      return;
    }
    const now = this.#clock.now();
    let from = this.#sentAt + this.#backToBack();
    if (this.fullDuplex) {
      from = Math.max(from, this.#pausedUntil);
    } else if (this.#carrier.heard(this)) {
      this.deferred = true;
      this.#state = State2.WAITING;
      const limit = this.#asked + DEFER_LIMIT * this.#byteTime;
      if (this.#registers.has(MACON4, DEFER)) this.#timer.cancel();
      else this.#timer.arm(Math.max(0, limit - now));
      return;
    } else {
      from = Math.max(from, this.#idleAt + this.#nibbles(this.#registers.get(MAIPGL) + HALF_GAP));
    }
    this.#gapBegan = now;
    this.#state = State2.GAP;
    if (from > now) this.#timer.arm(from - now);
    else this.#launch();
  }
  #timeUp() {
    switch (this.#state) {
      case State2.WAITING:
        this.#end(Outcome2.EXCESSIVE_DEFER);
        break;
      case State2.GAP:
        this.#launch();
        break;
      case State2.TALKING:
        if (this.#pulse) this.collided();
        else this.#end(Outcome2.SENT);
        break;
      case State2.JAMMING:
        this.#jammed();
        break;
      case State2.BACK_OFF:
        this.#contend();
        break;
      default:
        break;
    }
  }
  #launch() {
    const now = this.#clock.now();
    const deaf = this.#gapBegan + this.#nibbles(this.#registers.get(MAIPGH));
    if (!this.fullDuplex && this.#carrier.heard(this, Math.min(now, deaf))) {
      this.#contend();
      return;
    }
    this.#state = State2.TALKING;
    this.#began = now;
    let bytes = this.#bytes + PREAMBLE;
    const pulse = this.#linkPulse();
    this.#pulse = pulse >= 0;
    if (this.#pulse) bytes = pulse;
    this.#timer.arm(bytes * this.#byteTime);
    this.onTalk?.(bytes * this.#byteTime);
    this.#carrier.begin(this);
  }
  /** Where in this frame a link pulse of the partner's is taken for a collision; -1: nowhere (erratum 13). */
  #linkPulse() {
    if (this.fullDuplex || !this.#errata.strikes(13)) return -1;
    const at = this.#errata.below(13, LONGEST);
    return at < this.#bytes + PREAMBLE ? at : -1;
  }
  #jammed() {
    this.#hush();
    this.#state = State2.IDLE;
    if (this.#late) {
      this.#end(Outcome2.LATE_COLLISION);
      return;
    }
    this.collisions++;
    if (this.collisions > this.#registers.get(MACLCON1)) {
      this.#end(Outcome2.EXCESSIVE_COLLISIONS);
      return;
    }
    const atOnce = this.#registers.has(MACON4, NOBKOFF) || this.#pressing && this.#registers.has(MACON4, BPEN);
    const slots = atOnce ? 0 : this.#random.below(1 << Math.min(this.collisions, BACK_OFF_LIMIT));
    this.#state = State2.BACK_OFF;
    if (slots > 0) this.#timer.arm(slots * SLOT2 * this.#byteTime);
    else this.#contend();
  }
  #end(outcome) {
    this.#timer.cancel();
    if (this.#state === State2.TALKING) this.#hush();
    this.#state = State2.IDLE;
    if (outcome === Outcome2.SENT) this.#sentAt = Math.max(this.#sentAt, this.#clock.now());
    this.onDone?.(outcome);
  }
  /** On a line that takes no time only a link pulse can meet a frame. */
  #endAtOnce() {
    if (this.#state !== State2.TALKING) return;
    const late = this.#linkPulse() > this.#registers.get(MACLCON2) + PREAMBLE;
    this.#end(late ? Outcome2.LATE_COLLISION : Outcome2.SENT);
  }
  #hush() {
    if (!this.#pressing) this.#carrier.end(this);
  }
  #backToBack() {
    return this.#nibbles(this.#registers.get(MABBIPG) + (this.fullDuplex ? FULL_GAP : HALF_GAP));
  }
  #nibbles(count) {
    return count / 2 * this.#byteTime;
  }
};

// hal/simulated/enc28j60/mii.ts
var ACCESS = 0.01024;
var MiiManagement = class {
  #clock;
  #registers;
  #phy;
  #violations;
  /** ms that an access takes. */
  #access;
  #busyUntil = Number.NEGATIVE_INFINITY;
  /** The value that a read under way leaves in MIRD; -1: no read is under way. */
  #reading = -1;
  #scanning = false;
  #scanStart = 0;
  /** The last turn of the scan whose value is in MIRD. */
  #scanned = 0;
  constructor({ clock, registers, violations, byteTime }, phy) {
    this.#clock = clock;
    this.#registers = registers;
    this.#phy = phy;
    this.#violations = violations;
    this.#access = byteTime === 0 ? 0 : ACCESS;
  }
  reset() {
    this.#busyUntil = Number.NEGATIVE_INFINITY;
    this.#reading = -1;
    this.#scanning = false;
  }
  /** MISTAT */
  get status() {
    if (!this.#scanning) return this.#busy ? BUSY : 0;
    return SCAN | BUSY | (this.#turn() === 0 ? NVALID : 0);
  }
  /** The host writes `value` to MICMD. A bit that would start what may not start now stays 0, so that it can be set later. */
  command(value) {
    const registers = this.#registers;
    const old = registers.get(MICMD);
    const started = value & ~old & (MIISCAN | MIIRD);
    this.refresh();
    if ((old & ~value & MIISCAN) !== 0) {
      this.#scanning = false;
      this.#busyUntil = this.#clock.now() + this.#access;
    }
    let forbidden = 0;
    if (this.#scanning || this.#busy && this.#reading < 0) forbidden = started;
    else if (this.#busy) forbidden = started & MIISCAN;
    else if ((started & MIISCAN) !== 0) forbidden = started & MIIRD;
    if (forbidden !== 0) this.#violations.note("mii-busy", MICMD);
    registers.set(MICMD, value & ~forbidden);
    const begun = started & ~forbidden;
    if ((begun & MIISCAN) !== 0) {
      this.#scanning = true;
      this.#scanStart = this.#clock.now();
      this.#scanned = 0;
    } else if ((begun & MIIRD) !== 0) {
      this.#reading = this.#phy.read(registers.get(MIREGADR));
      this.#busyUntil = this.#clock.now() + this.#access;
    }
  }
  /** The host writes MIWRH: all 16 bits go to the PHY. */
  write(value) {
    if (this.#scanning || this.#busy) {
      this.#violations.note("mii-busy", MIWRH);
      return;
    }
    this.refresh();
    this.#registers.set(MIWRH, value);
    this.#phy.write(this.#registers.get(MIREGADR), this.#registers.word(MIWRL));
    this.#busyUntil = this.#clock.now() + this.#access;
  }
  /** The host reads MIRDL or MIRDH, with the value that has arrived by now. */
  fetch(register) {
    this.refresh();
    if (this.#reading >= 0) this.#violations.note("mii-early", register);
  }
  /** Brings a value that has arrived by now into MIRD. */
  refresh() {
    if (this.#scanning) {
      const turn = this.#turn();
      if (turn === this.#scanned && this.#access > 0) return;
      this.#scanned = turn;
      this.#registers.setWord(MIRDL, this.#phy.read(this.#registers.get(MIREGADR)));
    } else if (this.#reading >= 0 && !this.#busy) {
      this.#registers.setWord(MIRDL, this.#reading);
      this.#reading = -1;
    }
  }
  /** A read or a write is under way, or the last turn of a scan that was stopped. */
  get #busy() {
    return this.#clock.now() < this.#busyUntil;
  }
  /** Complete turns of the scan. */
  #turn() {
    return this.#access === 0 ? 1 : Math.floor((this.#clock.now() - this.#scanStart) / this.#access);
  }
};

// hal/simulated/enc28j60/phy.ts
var PHCON1 = 0;
var PHSTAT1 = 1;
var PHID1 = 2;
var PHID2 = 3;
var PHCON2 = 16;
var PHSTAT2 = 17;
var PHIE = 18;
var PHIR = 19;
var PHLCON = 20;
var PRST = 32768;
var PLOOPBK = 16384;
var PPWRSV = 2048;
var PDPXMD2 = 256;
var FRCLNK = 16384;
var TXDIS = 8192;
var HDLDIS2 = 256;
var PFDPX = 4096;
var PHDPX = 2048;
var LLSTAT = 4;
var TXSTAT = 8192;
var RXSTAT = 4096;
var COLSTAT = 2048;
var LSTAT2 = 1024;
var DPXSTAT = 512;
var PLNK = 16;
var PGEIE = 2;
var PGIF = 4;
var IDENTIFIER_1 = 131;
var IDENTIFIER_2 = 5120;
var PHLCON_RESET = 13346;
function writableBits(address) {
  switch (address) {
    case PHCON1:
      return PRST | PLOOPBK | PPWRSV | PDPXMD2;
    case PHCON2:
      return FRCLNK | TXDIS | 1024 | HDLDIS2;
    case PHIE:
      return PLNK | PGEIE;
    case PHLCON:
      return 4094;
    case PHSTAT1:
    case PHID1:
    case PHID2:
    case PHSTAT2:
    case PHIR:
      return -1;
    default:
      return -2;
  }
}
var Phy2 = class {
  /** Shown as PHSTAT2.TXSTAT. */
  transmitting = false;
  /** The link came or went, perhaps some time after the wire's. */
  onLink = null;
  /** Shown as RXSTAT and COLSTAT. */
  line = null;
  #errata;
  /** From the wire's link to PHSTAT2.LSTAT, in ms. */
  #linkDelay;
  #linkTimer;
  /** LEDB is wired so that PDPXMD should be 1 after a reset (section 2.6). */
  #fullDuplexWiring;
  #violations;
  #registers = new Uint16Array(32);
  #powered = true;
  #wire = false;
  #link = false;
  /** LLSTAT: the link has been up ever since PHSTAT1 was read. */
  #linkHeld = false;
  /** PLNKIF */
  #linkChanged = false;
  constructor({ clock, violations, errata }, options) {
    this.#violations = violations;
    this.#errata = errata;
    this.#linkDelay = options.linkDelay ?? 0;
    this.#fullDuplexWiring = options.fullDuplexWiring ?? false;
    this.#linkTimer = clock.timer(() => this.#setLink(true));
    this.reset();
  }
  /** All registers to their reset values; the link is lost and, with a wire that has one, found again. */
  reset() {
    this.#registers.fill(0);
    this.#registers[PHLCON] = PHLCON_RESET;
    if (this.#fullDuplexWiring !== this.#errata.strikes(16)) this.#registers[PHCON1] = PDPXMD2;
    this.#linkTimer.cancel();
    this.#link = false;
    this.#linkHeld = false;
    this.#linkChanged = false;
    this.#update();
  }
  set wire(up) {
    this.#wire = up;
    this.#update();
  }
  set powered(powered) {
    this.#powered = powered;
    this.#update();
  }
  get link() {
    return this.#link;
  }
  /** PHLCON */
  get ledControl() {
    return this.#registers[PHLCON];
  }
  get fullDuplex() {
    return this.#has(PHCON1, PDPXMD2);
  }
  /** Frames that are sent come back: on request, and in half duplex unless HDLDIS switches that off (register 3-7). */
  get loopsBack() {
    return this.#has(PHCON1, PLOOPBK) || !this.fullDuplex && !this.#has(PHCON2, HDLDIS2);
  }
  /** A frame that is looped back does not arrive: the internal loopback is unreliable (errata 9 and 10). */
  loopFails() {
    return this.#has(PHCON1, PLOOPBK) && this.#errata.strikes(this.fullDuplex ? 10 : 9);
  }
  /** Frames reach the wire. */
  get sends() {
    return this.receives && !this.#has(PHCON2, TXDIS);
  }
  /** Frames from the wire reach the MAC. */
  get receives() {
    return this.#powered && !this.#has(PHCON1, PPWRSV) && !this.#has(PHCON1, PLOOPBK);
  }
  /** EIR.LINKIF shows this (section 12.1.5): a link change, with both PHY interrupt enables set. */
  get interrupt() {
    return this.#linkChanged && this.#has(PHIE, PLNK) && this.#has(PHIE, PGEIE);
  }
  /** Reading has effects: PHSTAT1's latch starts anew, PHIR is cleared. */
  read(address) {
    switch (address) {
      case PHSTAT1: {
        const held = this.#linkHeld;
        this.#linkHeld = this.#link;
        return PFDPX | PHDPX | (held ? LLSTAT : 0);
      }
      case PHSTAT2:
        return (this.transmitting ? TXSTAT : 0) | (this.line?.receiving ? RXSTAT : 0) | (this.line?.colliding ? COLSTAT : 0) | (this.#link ? LSTAT2 : 0) | (this.fullDuplex ? DPXSTAT : 0);
      case PHIR: {
        const flags = this.#linkChanged ? PLNK | (this.#has(PHIE, PLNK) ? PGIF : 0) : 0;
        this.#linkChanged = false;
        return flags;
      }
      case PHID1:
        return IDENTIFIER_1;
      case PHID2:
        return IDENTIFIER_2;
      default:
        if (writableBits(address) === -2) this.#violations.note("reserved-phy-register", address);
        return this.#registers[address];
    }
  }
  write(address, value) {
    const writable3 = writableBits(address);
    if (writable3 < 0) {
      this.#violations.note(writable3 === -1 ? "read-only-phy-register" : "reserved-phy-register", address);
    } else if (address === PHCON1 && (value & PRST) !== 0) {
      this.reset();
    } else {
      this.#registers[address] = this.#registers[address] & ~writable3 | value & writable3;
      this.#update();
    }
  }
  #has(address, bits) {
    return (this.#registers[address] & bits) !== 0;
  }
  #update() {
    const awake = this.#powered && !this.#has(PHCON1, PPWRSV);
    const forced = awake && this.#has(PHCON2, FRCLNK);
    const link2 = forced || awake && this.#wire;
    if (!link2) this.#linkTimer.cancel();
    if (link2 === this.#link) return;
    if (!link2 || forced || this.#linkDelay === 0) this.#setLink(link2);
    else if (!this.#linkTimer.armed) this.#linkTimer.arm(this.#linkDelay);
  }
  #setLink(link2) {
    this.#linkTimer.cancel();
    this.#link = link2;
    this.#linkChanged = true;
    if (!link2) this.#linkHeld = false;
    this.onLink?.();
  }
};

// hal/simulated/enc28j60/self-test.ts
var BISTST = 1;
var TME = 2;
var TMSEL_SHIFT = 2;
var PSV_SHIFT = 5;
var Fill = { RANDOM: 0, ADDRESS: 1, SHIFT: 2 };
function selfTest(registers, memory) {
  const control2 = registers.get(EBSTCON);
  registers.lower(EBSTCON, BISTST);
  if ((control2 & BISTST) === 0 || (control2 & TME) === 0) return;
  const mode = control2 >> TMSEL_SHIFT & 3;
  const shift = control2 >> PSV_SHIFT;
  let value = registers.get(EBSTSD);
  let sum = 0;
  for (let address = 0; address < MEMORY_BYTES; address++) {
    if (mode === Fill.ADDRESS) value = (address ^ address >> 8) & 255;
    memory.bytes[address] = value;
    sum += (address & 1) === 0 ? value << 8 : value;
    if (mode === Fill.SHIFT) value = (value << shift | value >> 8 - shift) & 255;
    else value = (value >> 1 | ((value >> 7 ^ value >> 5 ^ value >> 4 ^ value >> 3 ^ 1) & 1) << 7) & 255;
  }
  registers.setWord(EBSTCSL, internetChecksum(sum));
}

// hal/simulated/enc28j60/transmit-logic.ts
var SHORTEST2 = 14;
var LONGEST_LENGTH2 = 1500;
var POVERRIDE = 1;
var PCRCEN = 2;
var PPADEN = 4;
var PHUGEEN = 8;
var CRC_ERROR3 = 16;
var LENGTH_CHECK_ERROR2 = 32;
var LENGTH_OUT_OF_RANGE2 = 64;
var DONE2 = 128;
var MULTICAST3 = 1;
var BROADCAST3 = 2;
var DEFERRED = 4;
var EXCESSIVE_DEFER = 8;
var EXCESSIVE_COLLISIONS = 16;
var LATE_COLLISION2 = 32;
var GIANT = 64;
var CONTROL3 = 1;
var PAUSE2 = 2;
var BACK_PRESSURE = 4;
var VLAN2 = 8;
var TransmitLogic = class {
  /** Called when a transmission has ended by itself and flags have changed. */
  onDone = null;
  #registers;
  #memory;
  #phy;
  #port;
  #loop;
  #counters;
  #violations;
  #access;
  #errata;
  /** The frame as it goes out; buffer memory wraps and has no room for padding. */
  #frame = new Uint8Array(MEMORY_BYTES + 64);
  #underWay = false;
  /** After an abort in half duplex: nothing goes out until TXRST (erratum 12). */
  #hung = false;
  #start = 0;
  #end = 0;
  #control = 0;
  constructor(context, path) {
    this.#access = path.access;
    this.#errata = context.errata;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#phy = path.phy;
    this.#port = path.port;
    this.#loop = path.loop;
    this.#counters = context.counters;
    this.#violations = context.violations;
    path.access.onDone = (outcome) => this.#finish(outcome);
  }
  /** TXRTS was set. @param clocked the MAC has power and clock; without, the frame waits for good */
  start(clocked) {
    const registers = this.#registers;
    const start2 = registers.word(ETXSTL);
    if (registers.has(ECON1, TXRST)) {
      this.#violations.note("transmit-in-reset", start2);
      registers.lower(ECON1, TXRTS);
      return;
    }
    if (!clocked) {
      this.#violations.note("transmit-without-clock", start2);
      return;
    }
    this.#start = start2;
    this.#end = registers.word(ETXNDL);
    this.#control = this.#memory.bytes[start2];
    if (this.#end <= start2) this.#violations.note("transmit-empty", start2);
    else this.#checkRing();
    if (!this.#overrides(POVERRIDE) && this.#padding() && !registers.has(MACON3, TXCRCEN)) {
      this.#violations.note("padding-without-crc", registers.get(MACON3));
    }
    if (this.#hung) return;
    this.#underWay = true;
    this.#phy.transmitting = true;
    this.#access.request(this.#giant() ? registers.word(MAMXFLL) : this.#wireLength());
  }
  /** TXRTS was cleared by the host: the frame is cut off. */
  cancel() {
    if (!this.#underWay) return;
    this.#stop();
    this.#abort(0);
  }
  /** Transmit logic reset, by TXRST or with the whole chip. A frame under way ends as aborted, but without a status vector. */
  reset() {
    this.#hung = false;
    if (!this.#underWay) return;
    this.#stop();
    this.#counters.aborted++;
    this.#registers.lower(ECON1, TXRTS);
    this.#registers.raise(EIR, TXERIF);
  }
  #stop() {
    this.#access.cancel();
    this.#underWay = false;
    this.#phy.transmitting = false;
  }
  #finish(outcome) {
    if (!this.#underWay) return;
    this.#underWay = false;
    this.#phy.transmitting = false;
    if (outcome === Outcome2.LATE_COLLISION) this.#late();
    else if (outcome === Outcome2.EXCESSIVE_COLLISIONS) this.#abort(EXCESSIVE_COLLISIONS);
    else if (outcome === Outcome2.EXCESSIVE_DEFER) this.#abort(EXCESSIVE_DEFER);
    else if (this.#giant()) this.#abort(GIANT);
    else this.#send();
    this.onDone?.();
  }
  #late() {
    this.#counters.lateCollisions++;
    this.#abort(LATE_COLLISION2);
    if (!this.#errata.strikes(15)) this.#registers.raise(ESTAT, LATECOL);
  }
  #send() {
    const registers = this.#registers;
    const frame = this.#frame;
    const given = this.#length();
    this.#load(given);
    const total = this.#wireLength();
    let body = total - FCS_BYTES;
    let good = true;
    if (this.#appendsCrc()) {
      for (let at = given; at < body; at++) frame[at] = 0;
    } else {
      for (let at = given; at < total; at++) frame[at] = 0;
      good = hasFcs(frame, 0, total);
      body = Math.max(0, body);
    }
    let third = DONE2 | (good ? 0 : CRC_ERROR3);
    if (body >= SHORTEST2) {
      const type = typeOf(frame);
      if (type > LONGEST_LENGTH2) third |= LENGTH_OUT_OF_RANGE2;
      else if (registers.has(MACON3, FRMLNEN) && !lengthFits(type, body)) third |= LENGTH_CHECK_ERROR2;
    }
    this.#status(total, third | this.#collisions(), this.#addressBits() | this.#deferred(), this.#typeBits(body));
    registers.lower(ECON1, TXRTS);
    registers.raise(EIR, TXIF);
    if (!good) {
      this.#counters.sentWithoutFcs++;
      return;
    }
    if (this.#phy.sends) {
      this.#counters.transmitted++;
      this.#port.transmit(frame, 0, body);
    } else {
      this.#counters.notOnWire++;
    }
    if (this.#phy.loopsBack && !this.#phy.loopFails()) this.#loop.frame(frame, body, true);
  }
  /** @param fourth what the fourth byte of the status vector tells besides the address */
  #abort(fourth) {
    const given = this.#length();
    this.#load(given);
    const sent2 = fourth === GIANT ? this.#registers.word(MAMXFLL) : 0;
    this.#status(sent2, this.#collisions(), fourth | this.#addressBits() | this.#deferred(), this.#typeBits(given));
    this.#counters.aborted++;
    if (!this.#access.fullDuplex && this.#errata.strikes(12)) this.#hung = true;
    this.#registers.lower(ECON1, TXRTS);
    this.#registers.raise(EIR, TXIF | TXERIF);
    this.#registers.raise(ESTAT, TXABRT);
  }
  #status(bytes, third, fourth, seventh) {
    const memory = this.#memory.bytes;
    const at = this.#end + 1;
    memory[at & ADDRESS_MASK2] = bytes;
    memory[at + 1 & ADDRESS_MASK2] = bytes >> 8;
    memory[at + 2 & ADDRESS_MASK2] = third;
    memory[at + 3 & ADDRESS_MASK2] = fourth;
    memory[at + 4 & ADDRESS_MASK2] = bytes;
    memory[at + 5 & ADDRESS_MASK2] = bytes >> 8;
    memory[at + 6 & ADDRESS_MASK2] = seventh;
  }
  /** Collisions of this frame so far: four bits of the third byte. */
  #collisions() {
    return Math.min(this.#access.collisions, 15);
  }
  #deferred() {
    return this.#access.deferred ? DEFERRED : 0;
  }
  #addressBits() {
    if (isBroadcast(this.#frame, 0)) return BROADCAST3;
    return (this.#frame[0] & 1) !== 0 ? MULTICAST3 : 0;
  }
  #typeBits(length) {
    const pressed = this.#access.pressing ? BACK_PRESSURE : 0;
    if (length < SHORTEST2) return pressed;
    const type = typeOf(this.#frame);
    if (type === TYPE_VLAN) return pressed | VLAN2;
    if (type !== TYPE_CONTROL) return pressed;
    return pressed | (isPause(this.#frame, length) ? CONTROL3 | PAUSE2 : CONTROL3);
  }
  #load(length) {
    const memory = this.#memory.bytes;
    const frame = this.#frame;
    const first = this.#start + 1;
    for (let at = 0; at < length; at++) frame[at] = memory[first + at & ADDRESS_MASK2];
  }
  #checkRing() {
    const first = this.#registers.word(ERXSTL);
    const ring = this.#registers.word(ERXNDL) - first + 1;
    const span = this.#end - this.#start + 1 + TRANSMIT_STATUS;
    if (firstShared(this.#start, span, first, ring) >= 0) this.#violations.note("transmit-in-ring", this.#start);
  }
  /** Bytes of the frame in buffer memory. */
  #length() {
    return this.#end - this.#start & ADDRESS_MASK2;
  }
  #overrides(bit) {
    return (this.#control & POVERRIDE) !== 0 && (this.#control & bit) !== 0;
  }
  #follows(bit) {
    return (this.#control & POVERRIDE) === 0 && this.#registers.has(MACON3, bit);
  }
  #appendsCrc() {
    return this.#overrides(PCRCEN) || this.#follows(TXCRCEN);
  }
  #giant() {
    const huge = this.#overrides(PHUGEEN) || this.#follows(HFRMEN);
    return !huge && this.#wireLength() > this.#registers.word(MAMXFLL);
  }
  /** Bytes of the frame on the wire, with padding and FCS. */
  #wireLength() {
    return Math.max(this.#length(), this.#padTo()) + (this.#appendsCrc() ? FCS_BYTES : 0);
  }
  /** MACON3 asks for padding of some kind: PADCFG's odd values do (register 6-2). */
  #padding() {
    return (this.#registers.get(MACON3) >> PADCFG_SHIFT & 1) !== 0;
  }
  #padTo() {
    if ((this.#control & POVERRIDE) !== 0) return this.#overrides(PPADEN) ? 60 : 0;
    if (!this.#padding() || !this.#registers.has(MACON3, TXCRCEN)) return 0;
    switch (this.#registers.get(MACON3) >> PADCFG_SHIFT) {
      case 1:
        return 60;
      case 5:
        return this.#isTagged() ? 64 : 60;
      default:
        return 64;
    }
  }
  #isTagged() {
    const memory = this.#memory.bytes;
    const at = this.#start + 1 + 12;
    return this.#length() >= SHORTEST2 && (memory[at & ADDRESS_MASK2] << 8) + memory[at + 1 & ADDRESS_MASK2] === TYPE_VLAN;
  }
};

// hal/simulated/violations.ts
var ViolationCounters = class {
  #texts;
  #kinds;
  #counts = /* @__PURE__ */ new Map();
  #values = /* @__PURE__ */ new Map();
  #registerName;
  #total = 0;
  /** @param texts each kind, and what to tell about it; `%r` stands for the register, `%h` for the value or address at hand */
  constructor(texts, registerName3) {
    this.#texts = texts;
    this.#kinds = Object.keys(texts);
    this.#registerName = registerName3;
    for (const kind of this.#kinds) this.#counts.set(kind, 0);
  }
  /** Number of violations of all kinds together. */
  get total() {
    return this.#total;
  }
  count(kind) {
    return this.#counts.get(kind);
  }
  /** The last occurrence, in a sentence; empty if there was none. */
  message(kind) {
    const value = this.#values.get(kind);
    if (value === void 0) return "";
    const digits = (value >>> 0).toString(16).toUpperCase().padStart(2, "0");
    return this.#texts[kind].replace("%r", this.#registerName(value)).replace("%h", `${digits}h`);
  }
  /** The kinds that occurred, one line each with its count, for a test's failure message. */
  toString() {
    const lines = [];
    for (const kind of this.#kinds) if (this.count(kind) > 0) lines.push(`${this.count(kind)} x ${kind}: ${this.message(kind)}`);
    return lines.join("\n");
  }
  clear() {
    for (const kind of this.#kinds) this.#counts.set(kind, 0);
    this.#values.clear();
    this.#total = 0;
  }
  /** For the chip: `value` is the register, address or value that the message names. */
  note(kind, value) {
    this.#counts.set(kind, this.#counts.get(kind) + 1);
    this.#values.set(kind, value);
    this.#total++;
  }
};

// hal/simulated/enc28j60/violations.ts
var KINDS = {
  "unknown-command": "SPI command byte %h is none of the chip's seven commands (section 4.2)",
  "short-command": "SPI command byte %h came without its data byte",
  "long-command": "SPI command byte %h came with more than one data byte",
  "missing-dummy-byte": "%r was read without the dummy byte that MAC and MII registers send first (section 4.2.1)",
  "reserved-register": "%r is reserved and was touched",
  "read-only-register": "%r is read-only and was written",
  "bit-field-on-mac": "bit field set or clear on %r: allowed for ETH registers only (section 4.2.5)",
  "mac-not-ready": "%r was touched while the MAC's clock was not running (oscillator start-up, or within 1 ms after a reset: erratum 2)",
  "mac-in-power-save": "%r was touched in power save (section 14)",
  "mii-busy": "%r was to start an access to the PHY while MISTAT.BUSY told of another (sections 3.3.1 to 3.3.3)",
  "mii-early": "%r was read while MISTAT.BUSY was set: it holds what was read before (section 3.3.1)",
  "reserved-phy-register": "PHY register %h is reserved and was touched",
  "read-only-phy-register": "PHY register %h is read-only and was written",
  "even-erxrdpt": "ERXRDPT was set to the even address %h (erratum 14)",
  "receive-buffer-changed": "%r was written while ECON1.RXEN was set (section 7.2.1)",
  "receive-buffer-shape": "reception was enabled with ERXST %h: it must be even and below an odd ERXND, and ERXRDPT between them",
  "receive-buffer-written": "address %h in the receive buffer was written while ECON1.RXEN was set",
  "packet-count-underflow": "ECON2.PKTDEC was set with EPKTCNT at 0",
  "duplex-changed": "%r changed the duplex mode while ECON1.RXEN was set (section 7.2.1)",
  "duplex-mismatch": "MACON3.FULDPX and PHCON1.PDPXMD differ (section 6.6)",
  "transmit-pointer-changed": "%r was written while ECON1.TXRTS was set (section 7.1)",
  "transmit-buffer-touched": "address %h of the frame under way was read or written while ECON1.TXRTS was set (section 7.1)",
  "transmit-empty": "ECON1.TXRTS was set with ETXND not behind ETXST %h",
  "transmit-in-ring": "the frame at ETXST %h, or its status vector, lies in the receive buffer",
  "transmit-in-reset": "ECON1.TXRTS was set while ECON1.TXRST was",
  "transmit-without-clock": "ECON1.TXRTS was set in power save or before the clock ran",
  "padding-without-crc": "MACON3 %h asks for padding without TXCRCEN (register 6-2)",
  "power-save-while-active": "ECON2.PWRSV was set with ECON1 %h: reception and transmission must be over first (section 14)",
  "reset-in-power-save": "system reset in power save: it does nothing there (erratum 19)",
  "dma-single-byte": "DMA over the single byte at %h: EDMAND must lie behind EDMAST",
  "slow-clock": "%r was touched with SPI below 8 MHz, which revisions B1 and B4 do not take (erratum 1)"
};
var Violations = class extends ViolationCounters {
  constructor(registerName3) {
    super(KINDS, registerName3);
  }
};

// hal/simulated/enc28j60/chip.ts
var OSCILLATOR_START2 = 0.3;
var RESET_TIME2 = 1;
var TEN_MEGABIT = 1e7;
var SLOW_SPI = 8e6;
var FASTEST_SPI = 2e7;
var CRYSTAL = 25e6;
var CLOCK_DIVISORS = [0, 1, 2, 3, 4, 8, 0, 0];
var LINE_OVERHEAD = 12;
var READ_CONTROL = 0;
var READ_BUFFER2 = 58;
var WRITE_CONTROL = 2;
var WRITE_BUFFER = 122;
var BIT_FIELD_SET = 4;
var BIT_FIELD_CLEAR = 5;
var SYSTEM_RESET = 255;
var Enc28j60Chip = class {
  /** Asserted: the INT pin is low. */
  interrupt = new SimulatedInterrupt();
  port;
  description;
  violations = new Violations(registerName);
  counters = new ChipCounters();
  errata;
  leds;
  /** Clock frequency of SPI, in Hz. */
  spiHz;
  #clock;
  #strict;
  #registers = new RegisterFile();
  #memory;
  #phy;
  #mii;
  #receive;
  #transmit;
  #access;
  #flow;
  #dma;
  /** ms for each byte on the line. */
  #byteTime;
  /** PKTIF hides the packets that wait (erratum 6). */
  #flagLost = false;
  /** The oscillator has settled, and CLKRDY shows it, from this time on. */
  #oscillatorAt;
  /** When MAC, MII and PHY can be used. */
  #macAt;
  /** The value last written to ERXRDPTL; it takes effect with its high byte. */
  #readPointerLow;
  /** Powers the chip up, attached to `segment` as port `name`. */
  constructor(clock, segment, name, options = {}) {
    const revision = erevidOf(options.revision ?? "B7");
    const lineRate = options.lineRate ?? TEN_MEGABIT;
    const random = options.random ?? new SeededRandom(`enc28j60 ${name}`);
    const registers = this.#registers;
    this.#clock = clock;
    const byteTime = 8e3 / lineRate;
    this.#byteTime = byteTime;
    this.#strict = options.strict ?? false;
    this.spiHz = options.spiHz ?? FASTEST_SPI;
    this.description = `simulated ENC28J60 rev ${revisionName2(revision)}`;
    this.errata = new Errata(revision, options.errata ?? {}, random);
    registers.set(EREVID, revision);
    this.#memory = new BufferMemory(registers, this.violations);
    const { counters, violations, errata } = this;
    const context = { clock, registers, memory: this.#memory, counters, violations, errata, byteTime };
    this.#phy = new Phy2(context, options);
    this.#phy.onLink = () => this.#signal();
    this.leds = new Leds(context, this.#phy);
    this.#mii = new MiiManagement(context, this.#phy);
    this.#receive = new ReceiveLogic(context);
    this.#dma = new Dma(context);
    this.#access = new LineAccess(context, segment.stationCarrier(), random.fork("back-off"));
    this.#phy.line = this.#access;
    this.#oscillatorAt = clock.now() + OSCILLATOR_START2;
    this.#macAt = this.#oscillatorAt;
    this.#readPointerLow = registers.get(ERXRDPTL);
    this.port = segment.attach(name, this);
    this.#flow = new FlowControl(context, this.#access, this.port);
    const path = { access: this.#access, phy: this.#phy, port: this.port, loop: this.#receive };
    this.#transmit = new TransmitLogic(context, path);
    this.#receive.onPause = (quanta) => this.#access.pause(quanta);
    this.#receive.onStore = () => {
      this.#dma.receiving();
      this.#flagLost = this.errata.strikes(6);
    };
    this.#access.onTalk = (duration) => this.leds.transmitted(duration);
    this.#access.onCollision = () => {
      this.counters.collisions++;
      this.leds.collided();
    };
    this.#dma.onDone = () => this.#signal();
    this.#transmit.onDone = () => this.#signal();
  }
  /** Frequency at the CLKOUT pin, in Hz; 0: none, as in power save (erratum 4). */
  get clockOut() {
    const divisor = CLOCK_DIVISORS[this.#registers.get(ECOCON)];
    return divisor === 0 || this.#registers.has(ECON22, PWRSV) ? 0 : CRYSTAL / divisor;
  }
  exchange(write, writeAt, writeLength, read, readAt, readLength) {
    if (writeLength === 0) {
      read.fill(0, readAt, readAt + readLength);
      return;
    }
    const command = write[writeAt];
    const data = writeLength - 1;
    if (command === READ_BUFFER2) {
      this.#memory.read(data, read, readAt, readLength);
      return;
    }
    const opcode = command >> 5;
    if (opcode === READ_CONTROL) {
      this.#readControl(command & 31, data, read, readAt, readLength);
      return;
    }
    for (let at = 0; at < readLength; at++) read[readAt + at] = 0;
    if (command === WRITE_BUFFER) {
      this.#memory.write(write, writeAt + 1, data);
    } else if (command === SYSTEM_RESET) {
      this.#systemReset();
    } else if (opcode === WRITE_CONTROL || opcode === BIT_FIELD_SET || opcode === BIT_FIELD_CLEAR) {
      if (data === 0) {
        this.violations.note("short-command", command);
        return;
      }
      if (data > 1) this.violations.note("long-command", command);
      this.#writeControl(opcode, this.#index(command & 31), write[writeAt + 1]);
    } else {
      this.violations.note("unknown-command", command);
    }
    this.#signal();
  }
  wireFrame(bytes, length, fcsOk) {
    if (!this.#macClocked() || !this.#phy.receives) {
      this.counters.deaf++;
      return;
    }
    if (this.#access.pressing) {
      this.counters.jammed++;
      return;
    }
    this.leds.received((length + LINE_OVERHEAD) * this.#byteTime);
    this.#receive.frame(bytes, length, fcsOk);
    this.#signal();
  }
  wireLink(up) {
    this.#phy.wire = up;
    this.#signal();
  }
  /** The register that an address means with the bank selected now. */
  #index(address) {
    return address >= COMMON ? address : (this.#registers.get(ECON1) & BSEL) << 5 | address;
  }
  #macClocked() {
    return !this.#registers.has(ECON22, PWRSV) && this.#clock.now() >= this.#macAt;
  }
  /** Tells whether a MAC or MII register can be used now; notes it if not. */
  #reachable(index, part) {
    if (part === ETH) return true;
    if (part === RESERVED) {
      this.violations.note("reserved-register", index);
      return false;
    }
    if (!this.#macClocked()) {
      const asleep = this.#registers.has(ECON22, PWRSV);
      this.violations.note(asleep ? "mac-in-power-save" : "mac-not-ready", index);
      return false;
    }
    return !this.#tooSlow(index);
  }
  /** B1 and B4 lose accesses to the MAC at a slow SPI clock (erratum 1). */
  #tooSlow(index) {
    if (this.spiHz >= SLOW_SPI || !this.errata.has(1)) return false;
    this.violations.note("slow-clock", index);
    return this.errata.strikes(1);
  }
  #readControl(address, skip, read, readAt, readLength) {
    if (skip + readLength === 0) return;
    const index = this.#index(address);
    const part = this.#registers.part(index);
    const late = part === MAC || part === MII ? 1 : 0;
    if (skip + readLength === late) this.violations.note("missing-dummy-byte", index);
    const value = this.#reachable(index, part) ? this.#value(index) : 0;
    for (let at = 0; at < readLength; at++) read[readAt + at] = skip + at < late ? 0 : value;
  }
  #value(index) {
    const registers = this.#registers;
    switch (index) {
      case EIR:
        return this.#flagLost ? this.#flags() & ~PKTIF : this.#flags();
      case ESTAT: {
        const since = this.errata.has(2) ? this.#oscillatorAt : this.#macAt;
        const ready = !registers.has(ECON22, PWRSV) && this.#clock.now() >= since;
        const pending = (this.#flags() & registers.get(EIE2)) !== 0;
        const receiving = registers.has(ECON1, RXEN) && this.#access.receiving;
        return registers.get(ESTAT) | (ready ? CLKRDY : 0) | (pending ? INT : 0) | (receiving ? RXBUSY : 0);
      }
      case MIRDL:
      case MIRDH:
        this.#mii.fetch(index);
        this.#signal();
        return registers.get(index);
      case MISTAT:
        return this.#mii.status;
      case EFLOCON: {
        const full = registers.has(MACON3, FULDPX) ? FULDPXS : 0;
        return registers.get(index) | full;
      }
      default:
        return registers.get(index);
    }
  }
  #writeControl(opcode, index, data) {
    const registers = this.#registers;
    const part = registers.part(index);
    if (opcode !== WRITE_CONTROL && (part === MAC || part === MII)) {
      this.violations.note("bit-field-on-mac", index);
      if (this.#strict) return;
    }
    if (!this.#reachable(index, part)) return;
    const writable3 = registers.writable(index);
    if (writable3 === 0) {
      this.violations.note("read-only-register", index);
      return;
    }
    const old = registers.get(index);
    let value = data;
    if (opcode === BIT_FIELD_SET) value = old | data;
    else if (opcode === BIT_FIELD_CLEAR) value = old & ~data;
    this.#store(index, old, old & ~writable3 | value & writable3);
  }
  /** Writes a register, and carries out the effects of the write. */
  #store(index, old, value) {
    const registers = this.#registers;
    switch (index) {
      case EIR:
      case ESTAT:
        registers.set(index, old & value);
        return;
      case ECON22:
        this.#storeControl2(old, value);
        return;
      case ECON1:
        this.#storeControl1(old, value);
        return;
      case ERXRDPTL:
        this.#readPointerLow = value;
        return;
      case ERXRDPTH:
        registers.set(ERXRDPTL, this.#readPointerLow);
        registers.set(index, value);
        this.#receive.readPointerWritten();
        if ((this.#readPointerLow & 1) === 0) this.violations.note("even-erxrdpt", registers.word(ERXRDPTL));
        return;
      case ERXSTL:
      case ERXSTH:
      case ERXNDL:
      case ERXNDH:
        if (registers.has(ECON1, RXEN)) this.violations.note("receive-buffer-changed", index);
        registers.set(index, value);
        if (index <= ERXSTH) registers.setWord(ERXWRPTL, registers.word(ERXSTL));
        if (this.errata.strikes(5)) registers.setWord(ERXWRPTL, 0);
        return;
      case ETXSTL:
      case ETXSTH:
      case ETXNDL:
      case ETXNDH:
        if (registers.has(ECON1, TXRTS)) this.violations.note("transmit-pointer-changed", index);
        registers.set(index, value);
        return;
      case MACON3:
        registers.set(index, value);
        if (((old ^ value) & FULDPX) !== 0 && registers.has(ECON1, RXEN)) this.violations.note("duplex-changed", index);
        this.#flow.update();
        return;
      case MICMD:
        this.#mii.command(value);
        return;
      case MIWRH:
        this.#mii.write(value);
        return;
      case EBSTCON:
        registers.set(index, value);
        selfTest(registers, this.#memory);
        return;
      case EFLOCON:
        registers.set(index, value);
        this.#flow.update();
        return;
      default:
        registers.set(index, value);
    }
  }
  #storeControl2(old, value) {
    const registers = this.#registers;
    registers.set(ECON22, value & ~PKTDEC);
    if ((value & PKTDEC) !== 0) {
      const packets = registers.get(EPKTCNT);
      if (packets === 0) this.violations.note("packet-count-underflow", value);
      else registers.set(EPKTCNT, packets - 1);
    }
    if (((old ^ value) & PWRSV) === 0) return;
    if ((value & PWRSV) !== 0) {
      const active = registers.get(ECON1) & (RXEN | TXRTS);
      if (active !== 0) this.violations.note("power-save-while-active", registers.get(ECON1));
      this.#transmit.cancel();
      this.#phy.powered = false;
    } else {
      this.#oscillatorAt = this.#clock.now() + OSCILLATOR_START2;
      this.#macAt = this.#oscillatorAt;
      this.#phy.powered = true;
    }
  }
  #storeControl1(old, value) {
    const set = value & ~old;
    this.#registers.set(ECON1, value);
    if ((set & TXRST) !== 0) this.#transmit.reset();
    if ((set & DMAST) !== 0) this.#dma.start();
    if ((old & ~value & DMAST) !== 0) this.#dma.cancel();
    if ((set & TXRTS) !== 0) this.#transmit.start(this.#macClocked());
    if ((old & ~value & TXRTS) !== 0) this.#transmit.cancel();
    if ((set & RXEN) !== 0) this.#checkReception();
  }
  #checkReception() {
    const start2 = this.#registers.word(ERXSTL);
    const end2 = this.#registers.word(ERXNDL);
    const free = this.#registers.word(ERXRDPTL);
    const shapely = (start2 & 1) === 0 && (end2 & 1) === 1 && start2 < end2 && free >= start2 && free <= end2;
    if (!shapely) this.violations.note("receive-buffer-shape", start2);
    if (this.#registers.has(MACON3, FULDPX) !== this.#phy.fullDuplex) this.violations.note("duplex-mismatch", MACON3);
  }
  #systemReset() {
    if (this.#registers.has(ECON22, PWRSV)) {
      this.violations.note("reset-in-power-save", ECON22);
      if (this.errata.has(19)) return;
      this.#oscillatorAt = this.#clock.now() + OSCILLATOR_START2;
      this.#phy.powered = true;
    }
    this.#transmit.reset();
    this.#receive.reset();
    this.#flow.reset();
    this.#dma.cancel();
    this.#flagLost = false;
    this.#registers.reset();
    this.#readPointerLow = this.#registers.get(ERXRDPTL);
    this.#mii.reset();
    this.#phy.reset();
    this.#macAt = Math.max(this.#oscillatorAt, this.#clock.now() + RESET_TIME2);
  }
  /** EIR: two of its flags are only views of something else (sections 12.1.5 and 12.1.7). */
  #flags() {
    const packets = this.#registers.get(EPKTCNT) !== 0 ? PKTIF : 0;
    return this.#registers.get(EIR) | packets | (this.#phy.interrupt ? LINKIF : 0);
  }
  #signal() {
    const enabled = this.#registers.get(EIE2);
    this.interrupt.set((enabled & INTIE) !== 0 && (this.#flags() & enabled) !== 0);
  }
};

// hal/simulated/spi-bus.ts
var SpiCounters = class {
  batches = 0;
  transactions = 0;
  bytes = 0;
};
var SimulatedSpiBus = class {
  simulated = true;
  interrupt = null;
  /** Nothing here damages a byte; a test may have a driver believe that something does. */
  lossy = false;
  counters = new SpiCounters();
  #device;
  #roundTrip;
  #oneByOne;
  #timer;
  #waiting = null;
  /** Transactions of that batch that have taken place. */
  #done = 0;
  /**
   * @param roundTrip time between a batch and its answers, in ms; 0 answers within the call
   * @param oneByOne that is the time between each transaction and its answer
   */
  constructor(device, clock, roundTrip = 0, oneByOne = false) {
    this.#device = device;
    this.#roundTrip = roundTrip;
    this.#oneByOne = oneByOne;
    this.#timer = clock.timer(() => this.#answer());
  }
  get description() {
    return this.#device.description;
  }
  async open() {
  }
  async close() {
    this.#timer.cancel();
    const batch = this.#waiting;
    if (!batch) return;
    this.#waiting = null;
    batch.error = new Error("the SPI bus was closed");
    batch.onDone?.();
  }
  transfer(batch) {
    if (this.#waiting) throw new Error("SPI bus: a batch is under way");
    this.counters.batches++;
    this.counters.transactions += batch.length;
    this.counters.bytes += batch.bytes;
    this.#done = 0;
    if (this.#roundTrip > 0 && batch.length > 0) {
      this.#waiting = batch;
      this.#timer.arm(this.#roundTrip);
      return false;
    }
    this.#run(batch, batch.length);
    return true;
  }
  #run(batch, count) {
    for (const end2 = this.#done + count; this.#done < end2; this.#done++) {
      const t = batch.transaction(this.#done);
      this.#device.exchange(t.write, t.writeAt, t.writeLength, t.read, t.readAt, t.readLength);
    }
  }
  #answer() {
    const batch = this.#waiting;
    this.#run(batch, this.#oneByOne ? 1 : batch.length);
    if (this.#done < batch.length) {
      this.#timer.arm(this.#roundTrip);
      return;
    }
    this.#waiting = null;
    batch.onDone?.();
  }
};

// test/support/wire-format.ts
var BROADCAST4 = "ff:ff:ff:ff:ff:ff";
var ZERO = "00:00:00:00:00:00";
function mac(text) {
  return text.split(":").map((octet) => Number.parseInt(octet, 16));
}
function ip(text) {
  return text.split(".").map(Number);
}
function word(value) {
  return [value >> 8 & 255, value & 255];
}
function checksum2(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
    if (sum > 65535) sum -= 65535;
  }
  return 65535 - sum;
}
function ethernet(fields, to, from, type, body) {
  return Uint8Array.from([...mac(fields.to ?? to), ...mac(fields.from ?? from), ...word(fields.type ?? type), ...body]);
}
function arp(fields = {}) {
  const { hrd = 1, pro = 2048, hln = 6, pln = 4, op = 1, sha = T1, sip = "10.0.0.2", tha = ZERO, tip = "10.0.0.1" } = fields;
  const body = [...word(hrd), ...word(pro), hln, pln, ...word(op), ...mac(sha), ...ip(sip), ...mac(tha), ...ip(tip)];
  return ethernet(fields, BROADCAST4, sha, 2054, body);
}
function arpReply(fields = {}) {
  return arp({ op: 2, to: US, tha: US, ...fields });
}
function ipv4Frame(fields, protocol, payload) {
  const {
    version = 4,
    options = [],
    tos = 0,
    id = 0,
    fragment = 0,
    ttl = 64,
    source = "10.0.0.2",
    destination = "10.0.0.1"
  } = fields;
  const ihl = fields.ihl ?? 5 + options.length / 4;
  const total = fields.length ?? 20 + options.length + payload.length;
  const header = [version << 4 | ihl, tos, ...word(total), ...word(id), ...word(fragment), ttl, fields.protocol ?? protocol];
  header.push(0, 0, ...ip(source), ...ip(destination), ...options);
  header.splice(10, 2, ...word(fields.headerSum ?? checksum2(header)));
  return ethernet(fields, US, T1, 2048, [...header, ...Array.from(payload)]);
}
function udp(fields, payload) {
  const { sport = 4e3, dport = 5e3, source = "10.0.0.2", destination = "10.0.0.1" } = fields;
  const data = typeof payload === "string" ? Array.from(Buffer.from(payload)) : Array.from(payload);
  const length = fields.udpLength ?? 8 + data.length;
  const header = [...word(sport), ...word(dport), ...word(length)];
  const pseudo = [...ip(source), ...ip(destination), 0, 17, ...word(length)];
  const sum = fields.udpSum ?? (checksum2([...pseudo, ...header, 0, 0, ...data.slice(0, length - 8)]) || 65535);
  return ipv4Frame(fields, 17, [...header, ...word(sum), ...data]);
}
function icmp(fields, data = []) {
  const { icmpType = 8, code = 0, icmpId = 1, sequence = 1 } = fields;
  const message = [icmpType, code, 0, 0, ...word(icmpId), ...word(sequence), ...Array.from(data)];
  message.splice(2, 2, ...word(fields.icmpSum ?? checksum2(message)));
  return ipv4Frame(fields, 1, message);
}
var US = "02:00:00:00:00:01";
var T1 = "02:00:00:00:00:02";

// hal/mmio.ts
var NO_ANSWER2 = 4294967295;
var DmaAllocator = class {
  #memory;
  #used = 0;
  constructor(memory) {
    this.#memory = memory;
  }
  /** Bytes not dealt out. */
  get left() {
    return this.#memory.bytes.length - this.#used;
  }
  /**
   * Returns the offset of `length` bytes in the memory's `bytes`, zeroed; their bus address is base + offset.
   * @param align a power of two, at most 4096
   * @throws ControllerError DMA_NO_MEMORY
   */
  allocate(length, align) {
    const at = this.#used + align - 1 & ~(align - 1);
    const end2 = at + length;
    if (end2 > this.#memory.bytes.length) {
      throw new ControllerError(
        "DMA_NO_MEMORY",
        `the device's shared memory has ${this.left} bytes left and ${length} are needed; use smaller rings or a larger memory`
      );
    }
    this.#used = end2;
    this.#memory.bytes.fill(0, at, end2);
    return at;
  }
};

// drivers/e1000/registers.ts
var Register2 = {
  CTRL: 0,
  STATUS: 8,
  EERD: 20,
  MDIC: 32,
  FCAL: 40,
  FCAH: 44,
  FCT: 48,
  ICR: 192,
  ITR: 196,
  IMS: 208,
  IMC: 216,
  RCTL: 256,
  FCTTV: 368,
  TCTL: 1024,
  TIPG: 1040,
  RDBAL: 10240,
  RDBAH: 10244,
  RDLEN: 10248,
  RDH: 10256,
  RDT: 10264,
  RDTR: 10272,
  RADV: 10284,
  TDBAL: 14336,
  TDBAH: 14340,
  TDLEN: 14344,
  TDH: 14352,
  TDT: 14360,
  TIDV: 14368,
  TADV: 14380,
  RXCSUM: 20480,
  /** 128 words: a hash of 4096 bits. */
  MTA: 20992,
  /** 16 pairs, low then high. */
  RAL: 21504,
  RAH: 21508
};
var RingRegister = {
  BASE_HIGH: Register2.RDBAH - Register2.RDBAL,
  LENGTH: Register2.RDLEN - Register2.RDBAL,
  HEAD: Register2.RDH - Register2.RDBAL,
  TAIL: Register2.RDT - Register2.RDBAL
};
var Ctrl = {
  /** Link reset, not for a copper PHY. */
  LRST: 8,
  /** Auto-speed detection: take speed and duplex from the PHY. */
  ASDE: 32,
  /** Set link up: the MAC listens to the PHY. */
  SLU: 64,
  /** Invert loss of signal. */
  ILOS: 128,
  /** Force speed, force duplex: not from the PHY. */
  FRCSPD: 2048,
  FRCDPX: 4096,
  RST: 67108864,
  /** Obey and send pause frames. */
  RFCE: 134217728,
  TFCE: 268435456,
  /** VLAN tags apart from the frame. */
  VME: 1073741824,
  PHY_RST: 2147483648
};
var Status = {
  FD: 1,
  LU: 2,
  /** The far end has asked for silence by a pause frame. */
  TXOFF: 16
};
var Eerd = { START: 1, DONE: 16, ADDRESS_SHIFT: 8, DATA_SHIFT: 16 };
var Mdic = {
  REGISTER_SHIFT: 16,
  /** The PHY inside the chip has address 1. */
  PHY: 2097152,
  WRITE: 67108864,
  READ: 134217728,
  READY: 268435456,
  ERROR: 1073741824
};
var Cause = {
  /** A transmit descriptor that asked for it was written back. */
  TXDW: 1,
  /** Link status change. */
  LSC: 4,
  RXSEQ: 8,
  /** Few receive descriptors are left. */
  RXDMT0: 16,
  /** Frames were lost for want of memory. */
  RXO: 64,
  /** A frame was received, or the receive timer ran out. */
  RXT0: 128
};
var ALL_CAUSES = 4294967295;
var Rctl = {
  EN: 2,
  /** Unicast promiscuous. */
  UPE: 8,
  /** Multicast promiscuous. */
  MPE: 16,
  /** Accept broadcast. */
  BAM: 32768,
  /** Position of MO (bits 13:12), which chooses the bits of an address that select a bit of the MTA. */
  MO_SHIFT: 12,
  /** Strip the FCS. */
  SECRC: 67108864
};
var Tctl = {
  EN: 2,
  /** Pad short packets. */
  PSP: 8,
  /** Collision threshold 15. */
  CT: 240,
  COLD_FULL_DUPLEX: 262144,
  COLD_HALF_DUPLEX: 2097152
};
var TIPG_COPPER = 6299658;
var Rxcsum = { IPOFL: 256, TUOFL: 512 };
var RAH_VALID = 2147483648;
var RECEIVE_ADDRESSES = 16;
var MTA_WORDS = 128;
var DESCRIPTOR_WORDS = 4;
var DESCRIPTOR_BYTES = 16;
var DD = 1;
var RxStatus = {
  EOP: 2,
  /** The chip has not looked at checksums. */
  IXSM: 4,
  /** It has looked at that of TCP or UDP; */
  TCPCS: 32,
  /** and it is wrong. */
  TCPE: 8192,
  /** CE, SE, SEQ, RXE: the frame is damaged. */
  DAMAGED: 38656
};
var TxCommand = {
  EOP: 16777216,
  IFCS: 33554432,
  /** Report status: write DD back. */
  RS: 134217728,
  /** Context or data descriptor, not legacy. */
  DEXT: 536870912,
  /** Data descriptor; without it, a context descriptor. */
  DTYP_DATA: 1048576,
  /** Context descriptor: the packet is TCP. */
  TCP: 16777216
};
var TxStatus = {
  /** Excess collisions. */
  EC: 2,
  /** Late collision. */
  LC: 4,
  /** Data descriptor, POPTS: insert the TCP or UDP checksum. */
  TXSM: 512
};
var Phy3 = { BMCR: 0, ID1: 2 };
var Bmcr = {
  RESTART_AUTONEGOTIATION: 512,
  ISOLATE: 1024,
  POWER_DOWN: 2048,
  AUTONEGOTIATION: 4096,
  LOOPBACK: 16384
};
var Statistic = {
  CRCERRS: 16384,
  ALGNERRC: 16388,
  RXERRC: 16396,
  MPC: 16400,
  SCC: 16404,
  ECOL: 16408,
  MCC: 16412,
  LATECOL: 16416,
  COLC: 16424,
  DC: 16432,
  TNCRS: 16436,
  CEXTERR: 16444,
  XONRXC: 16456,
  XONTXC: 16460,
  XOFFRXC: 16464,
  XOFFTXC: 16468,
  GPRC: 16500,
  BPRC: 16504,
  MPRC: 16508,
  GPTC: 16512,
  /** The high half follows; reading it clears both. */
  GORC: 16520,
  GOTC: 16528,
  RNBC: 16544,
  RUC: 16548,
  RFC: 16552,
  ROC: 16556,
  MGPRC: 16564,
  MGPDC: 16568,
  MGPTC: 16572,
  /** All packets transmitted, whatever their kind: a second witness of GPTC. */
  TPT: 16596,
  MPTC: 16624,
  BPTC: 16628,
  TSCTC: 16632,
  TSCTFC: 16636
};

// drivers/e1000/sleep.ts
var LOOKS = 16;
var WAITS = 5;
function sleep(clock, ms) {
  return new Promise((resolve2) => clock.timer(resolve2).arm(ms));
}
async function waitFor(bus, clock, register, ended) {
  for (let wait2 = 0; ; wait2++) {
    for (let look2 = 0; look2 < LOOKS; look2++) {
      const value = bus.read32(register);
      if (ended(value) && bus.read32(register) === value) return value;
    }
    if (wait2 === WAITS) return null;
    await sleep(clock, 1);
  }
}

// drivers/e1000/eeprom.ts
var WORDS2 = 64;
var CHECKSUM = 47802;
async function readStationAddress(bus, clock) {
  const words = new Uint16Array(WORDS2);
  let sum = 0;
  for (let address = 0; address < WORDS2; address++) {
    const word2 = await readWord(bus, clock, address);
    words[address] = word2;
    sum = sum + word2 & 65535;
  }
  if (sum !== CHECKSUM) {
    throw bad(bus, `its ${WORDS2} words sum up to 0x${hex2(sum, 4)} instead of 0x${hex2(CHECKSUM, 4)}`);
  }
  const mac2 = new Uint8Array(MAC_BYTES);
  for (let at = 0; at < MAC_BYTES; at++) mac2[at] = words[at >> 1] >> 8 * (at & 1);
  if ((mac2[0] & 1) !== 0 || mac2.every((octet) => octet === 0)) {
    throw bad(bus, `its station address is ${Array.from(mac2, (octet) => hex2(octet, 2)).join(":")}, which no station may have`);
  }
  return mac2;
}
async function readWord(bus, clock, address) {
  bus.write32(Register2.EERD, Eerd.START | address << Eerd.ADDRESS_SHIFT);
  const value = await waitFor(bus, clock, Register2.EERD, (now) => now !== NO_ANSWER2 && (now & Eerd.DONE) !== 0);
  if (value === null) throw bad(bus, `reading word ${address} does not end`);
  return value >>> Eerd.DATA_SHIFT;
}
function bad(bus, what) {
  const message = `e1000: the EEPROM of ${bus.description} is not usable: ${what}; give the device a station address (mac=) to do without it`;
  return new ControllerError("E1000_EEPROM", message);
}
function hex2(value, digits) {
  return value.toString(16).padStart(digits, "0");
}

// drivers/e1000/phy.ts
async function wakePhy(bus, clock) {
  const id = await access(bus, clock, Mdic.READ | Phy3.ID1 << Mdic.REGISTER_SHIFT);
  if (id === 0 || id === 65535) throw silent(bus, `its identifier reads 0x${id.toString(16)}`);
  const control2 = await access(bus, clock, Mdic.READ | Phy3.BMCR << Mdic.REGISTER_SHIFT);
  const asleep = (control2 & (Bmcr.POWER_DOWN | Bmcr.ISOLATE | Bmcr.LOOPBACK)) !== 0;
  if (!asleep && (control2 & Bmcr.AUTONEGOTIATION) !== 0) return;
  const negotiate = Bmcr.AUTONEGOTIATION | Bmcr.RESTART_AUTONEGOTIATION;
  await access(bus, clock, Mdic.WRITE | Phy3.BMCR << Mdic.REGISTER_SHIFT | negotiate);
}
async function access(bus, clock, command) {
  bus.write32(Register2.MDIC, (command | Mdic.PHY) >>> 0);
  const value = await waitFor(bus, clock, Register2.MDIC, (now) => (now & (Mdic.READY | Mdic.ERROR)) !== 0);
  if (value === null) throw silent(bus, "the access does not end");
  if ((value & Mdic.ERROR) !== 0) throw silent(bus, "the access ended with an error");
  return value & 65535;
}
function silent(bus, what) {
  return new ControllerError("E1000_PHY", `e1000: the PHY of ${bus.description} does not answer: ${what}`);
}

// drivers/e1000/reading.ts
var LOOKS2 = 8;
var SILENCE = 4;
function steady(bus, register, health) {
  let value = bus.read32(register);
  for (let look2 = 1; look2 < LOOKS2; look2++) {
    const again = bus.read32(register);
    if (again === value) return value;
    health.suspicions++;
    value = again;
  }
  return value;
}
function silent2(bus) {
  for (let look2 = 0; look2 < SILENCE; look2++) if (bus.read32(Register2.STATUS) !== NO_ANSWER2) return false;
  return true;
}

// drivers/e1000/setup.ts
var { LRST, ILOS, FRCSPD, FRCDPX, RFCE, TFCE, VME, PHY_RST } = Ctrl;
var UNWANTED = LRST | ILOS | FRCSPD | FRCDPX | RFCE | TFCE | VME | PHY_RST;
var LINKED = Ctrl.SLU | Ctrl.ASDE;
var CTRL_MASK = (UNWANTED | LINKED | Ctrl.RST) >>> 0;
var CTRL_WANTED = LINKED;
var RESET_TIME3 = 10;
function probe2(bus) {
  if (!silent2(bus)) return;
  throw new ControllerError(
    "E1000_NOT_FOUND",
    `e1000: no 82540EM answers on ${bus.description}: STATUS reads 0xffffffff; check that the device is there and powered`
  );
}
function halt(bus, health) {
  bus.write32(Register2.IMC, ALL_CAUSES);
  bus.write32(Register2.RCTL, 0);
  bus.write32(Register2.TCTL, 0);
  const ctrl = steady(bus, Register2.CTRL, health);
  bus.write32(Register2.CTRL, ((ctrl === NO_ANSWER2 ? LINKED : ctrl) | Ctrl.RST) >>> 0);
}
function setUp(bus, itr, health) {
  const ctrl = steady(bus, Register2.CTRL, health);
  if ((ctrl & Ctrl.RST) !== 0) {
    const message = `e1000: ${bus.description} does not come out of reset: CTRL reads 0x${ctrl.toString(16)} after ${RESET_TIME3} ms`;
    throw new ControllerError("E1000_RESET", message);
  }
  bus.write32(Register2.IMC, ALL_CAUSES);
  bus.read32(Register2.ICR);
  bus.write32(Register2.CTRL, (ctrl & ~UNWANTED | LINKED) >>> 0);
  for (const register of [Register2.FCAL, Register2.FCAH, Register2.FCT, Register2.FCTTV]) bus.write32(register, 0);
  bus.write32(Register2.RXCSUM, Rxcsum.IPOFL | Rxcsum.TUOFL);
  bus.write32(Register2.TIPG, TIPG_COPPER);
  bus.write32(Register2.ITR, itr);
  for (const register of [Register2.RDTR, Register2.RADV, Register2.TIDV, Register2.TADV]) bus.write32(register, 0);
}
function tctl(status) {
  const cold = (status & Status.FD) !== 0 ? Tctl.COLD_FULL_DUPLEX : Tctl.COLD_HALF_DUPLEX;
  return Tctl.EN | Tctl.PSP | Tctl.CT | cold;
}

// drivers/e1000/bring-up.ts
async function bringUp(bus, clock, { mac: mac2, itr }, health, goOn) {
  halt(bus, health);
  await sleep(clock, RESET_TIME3);
  goOn();
  const address = mac2 ?? await readStationAddress(bus, clock);
  await wakePhy(bus, clock);
  goOn();
  setUp(bus, itr, health);
  return address;
}

// drivers/e1000/filters.ts
var EXACT_GROUPS = RECEIVE_ADDRESSES - 1;
var HASH_BITS3 = 32 * MTA_WORDS;
var MULTICAST_OFFSET = 0;
var HASH_SHIFTS = [4, 3, 2, 0];
var AddressFilter = class {
  /** Bits of RCTL that the receive mode adds. */
  #modeBits = 0;
  /** The group of each exact entry behind the station's. A group keeps its entry for as long as it is joined. */
  #entries = new Array(EXACT_GROUPS).fill(null);
  #hash = new Uint32Array(MTA_WORDS);
  /** Registers that a joined group depends on. */
  #words = [];
  /** RCTL while the receiver runs: buffers of 2048 bytes, frames of up to 1522, FCS stripped, no damaged frames. */
  get rctl() {
    return Rctl.EN | Rctl.BAM | Rctl.SECRC | MULTICAST_OFFSET << Rctl.MO_SHIFT | this.#modeBits;
  }
  /** One register after the other that a joined group depends on, as it ought to be; null while no group is joined. */
  word(turn) {
    const words = this.#words;
    return words.length === 0 ? null : words[turn % words.length];
  }
  /**
   * Takes over a receive mode.
   * @param bus where the chip runs: what has changed, RCTL excepted, is written there
   */
  set({ promiscuous, allMulticast, groups }, bus) {
    this.#modeBits = (promiscuous ? Rctl.UPE | Rctl.MPE : 0) | (allMulticast ? Rctl.MPE : 0);
    const [entries, hash2] = [this.#entries, this.#hash];
    const kept = entries.filter((entry) => entry !== null);
    const rest = groups.filter((group) => !includesGroup(kept, group));
    this.#entries = entries.map((entry) => {
      if (entry && includesGroup(groups, entry)) return entry;
      return rest.shift()?.slice(0, MAC_BYTES) ?? null;
    });
    this.#hash = new Uint32Array(MTA_WORDS);
    for (const group of rest) {
      const bit = hashOf2(group);
      this.#hash[bit >> 5] = this.#hash[bit >> 5] | 1 << (bit & 31);
    }
    this.#words = [...this.#exactWords(), ...this.#hashWords()];
    if (!bus) return;
    for (const [at, entry] of this.#entries.entries()) if (entry !== entries[at]) writeAddress(bus, at + 1, entry);
    for (const [word2, bits] of this.#hash.entries()) if (bits !== hash2[word2]) bus.write32(Register2.MTA + 4 * word2, bits);
  }
  /** Writes everything but RCTL. */
  write(bus, station) {
    writeAddress(bus, 0, station);
    for (const [at, entry] of this.#entries.entries()) writeAddress(bus, at + 1, entry);
    for (const [word2, bits] of this.#hash.entries()) bus.write32(Register2.MTA + 4 * word2, bits);
  }
  #exactWords() {
    return this.#entries.flatMap((entry, at) => {
      if (!entry) return [];
      const [low, high] = filterWords(entry);
      const number = at + 1;
      return [
        { name: `RAL${number}`, register: Register2.RAL + 8 * number, value: low },
        { name: `RAH${number}`, register: Register2.RAH + 8 * number, value: high }
      ];
    });
  }
  #hashWords() {
    const words = [...this.#hash.entries()].filter(([, bits]) => bits !== 0);
    return words.map(([word2, value]) => ({ name: `MTA${word2}`, register: Register2.MTA + 4 * word2, value }));
  }
};
function hashOf2(address) {
  const upper = address[4] | address[5] << 8;
  return upper >> HASH_SHIFTS[MULTICAST_OFFSET] & HASH_BITS3 - 1;
}
function filterWords(address) {
  if (!address) return [0, 0];
  const octet = (at) => address[at];
  const low = octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24;
  const high = octet(4) | octet(5) << 8 | RAH_VALID;
  return [low >>> 0, high >>> 0];
}
function writeAddress(bus, entry, address) {
  const [low, high] = filterWords(address);
  bus.write32(Register2.RAH + 8 * entry, 0);
  bus.write32(Register2.RAL + 8 * entry, low);
  if (high !== 0) bus.write32(Register2.RAH + 8 * entry, high);
}

// drivers/e1000/capabilities.ts
var CAPABILITIES2 = {
  maxFrame: MAX_FRAME,
  vlan: true,
  txChecksum: true,
  rxChecksum: true,
  exactGroups: EXACT_GROUPS,
  groupHashBits: HASH_BITS3
};

// drivers/e1000/errors.ts
function openAlready2(description) {
  return new ControllerError("E1000_OPEN", `e1000: ${description} is open already; close it first`);
}
function overtaken(description) {
  return new ControllerError("E1000_OPEN", `e1000: ${description} was closed while it was being opened`);
}
function silenced(description) {
  return new ControllerError("E1000_LOST", `e1000: ${description} stopped answering: registers read 0xffffffff`);
}
function beyondRepair(description, what) {
  return new ControllerError("E1000_BROKEN", `e1000: ${description} cannot be repaired: ${what}`);
}

// drivers/e1000/interrupts.ts
var ALWAYS = Cause.RXT0 | Cause.RXDMT0 | Cause.RXO | Cause.RXSEQ | Cause.LSC;
var InterruptMask = class {
  /** Nothing interrupts: a poll is due or under way, or the device is not up. */
  masked = true;
  #bus;
  #hearsSent = false;
  constructor(bus) {
    this.#bus = bus;
  }
  /** The least that IMS ought to show. */
  get wanted() {
    return this.masked ? 0 : ALWAYS;
  }
  /** The causes that are there, all of which are forgotten with that. */
  take() {
    return this.#bus.read32(Register2.ICR);
  }
  mask() {
    this.masked = true;
    this.#bus.write32(Register2.IMC, ALL_CAUSES);
  }
  /** May interrupt before it returns, and is masked again then. */
  unmask(sending) {
    this.masked = false;
    this.#hearsSent = sending;
    this.#bus.write32(Register2.IMS, sending ? ALWAYS | Cause.TXDW : ALWAYS);
  }
  /** Frames are on their way that nobody waits for. */
  hearSent() {
    if (this.masked || this.#hearsSent) return;
    this.#hearsSent = true;
    this.#bus.write32(Register2.IMS, Cause.TXDW);
  }
};

// drivers/e1000/options.ts
var DEFAULT_RING = 256;
var MULTIPLE = 8;
var SMALLEST = 8;
var LARGEST = 4096;
var DEFAULT_INTERRUPT_RATE = 2e4;
var ITR_UNIT = 256e-9;
var ITR_LARGEST = 65535;
var LOWEST_RATE = Math.ceil(1 / (ITR_LARGEST * ITR_UNIT));
var HIGHEST_RATE = 5e5;
function settingsOf(options) {
  const { mac: mac2 } = options;
  if (mac2 && !isStationAddress(mac2)) {
    const message = "e1000: the station address must be 6 bytes, the first one even, as in 02:00:5e:10:00:01";
    throw new ControllerError("E1000_ADDRESS", message);
  }
  return {
    rxRing: checkRing("rxRing", options.rxRing ?? DEFAULT_RING),
    txRing: checkRing("txRing", options.txRing ?? DEFAULT_RING),
    mac: mac2 ? mac2.slice() : null,
    itr: throttle(options.interruptRate ?? DEFAULT_INTERRUPT_RATE)
  };
}
function checkRing(what, descriptors) {
  if (Number.isInteger(descriptors) && descriptors % MULTIPLE === 0 && descriptors >= SMALLEST && descriptors <= LARGEST)
    return descriptors;
  throw new ControllerError(
    "E1000_RING",
    `e1000: ${what} cannot be ${descriptors}: a ring has ${SMALLEST} to ${LARGEST} descriptors, a multiple of ${MULTIPLE}`
  );
}
function throttle(rate) {
  if (rate === 0) return 0;
  if (rate >= LOWEST_RATE && rate <= HIGHEST_RATE) return Math.round(1 / (rate * ITR_UNIT));
  throw new ControllerError(
    "E1000_INTERRUPT_RATE",
    `e1000: an interrupt rate of ${rate} will not do: it takes ${LOWEST_RATE} to ${HIGHEST_RATE} a second, or 0 for no limit`
  );
}

// drivers/e1000/guard.ts
var LOOKS3 = 3;
var ALL2 = 4294967295;
var IN_VAIN = 3;
var TRUST = 60;
var SHORTEST3 = MIN_FRAME + FCS_BYTES;
var LONGEST2 = MAX_TAGGED_FRAME + FCS_BYTES;
var SELDOM = 2;
var Guard = class {
  #watched;
  #link;
  #health;
  #looks = 0;
  /** Descriptors are believed again from this look on. */
  #trustAt = 0;
  /** Times in a row that the set-up was lost, and that what was to be sent was not. */
  #losses = 0;
  #hangs = 0;
  /** Frames that the chip had sent when it was last known to send. */
  #sent = 0;
  #ral = 0;
  #rah = 0;
  /** The receiver's position when RDH was seen elsewhere; -1: RDH was right. */
  #strayedAt = -1;
  /** Lead of the settled frames over GPTC, TPT and GOTC when counting began, or found since. */
  #ahead = [0, 0, 0];
  /** Octets of the frames that were found missing last. */
  #octets = 0;
  /** @param link where frames that were counted as sent and were not are taken back */
  constructor(watched, link2, health) {
    this.#watched = watched;
    this.#link = link2;
    this.#health = health;
  }
  /** Forgets former findings: the device was opened anew. */
  trust() {
    this.#losses = 0;
    this.#hangs = 0;
    this.#trustAt = 0;
    this.#watched.transmitter.doubtful = false;
  }
  /** The last finding came too often: repairing does not help. */
  get inVain() {
    return this.#losses > IN_VAIN || this.#hangs > IN_VAIN;
  }
  /**
   * One look, once a second and when the link goes.
   * @returns why the chip has to be set up anew, in words; null when all is well, which is a proof of life
   */
  check(now) {
    const { chip, transmitter } = this.#watched;
    const lost2 = this.#lost();
    if (lost2 !== null) {
      this.#losses++;
      return lost2;
    }
    this.#losses = 0;
    const missing = this.#missing();
    if (missing > 0) return this.#deny(missing);
    if (chip.sum(Statistic.GPTC) !== this.#sent) this.#hangs = 0;
    this.#sent = chip.sum(Statistic.GPTC);
    if (this.#looks >= this.#trustAt) transmitter.doubtful = false;
    this.#health.provenAt = now;
    if (this.#looks % SELDOM === SELDOM - 1) chip.harvest();
    return null;
  }
  /** Asked once a second: frames are on their way, and none has gone for two seconds. */
  hung() {
    if (++this.#looks % SELDOM !== 0) return false;
    const { bus, chip, transmitter } = this.#watched;
    if (!transmitter.stuck() || (steady(bus, Register2.STATUS, this.#health) & Status.TXOFF) !== 0) return false;
    chip.own.txTimeouts++;
    this.#hangs++;
    return true;
  }
  /** The set-up was made: it is watched from here on. */
  begin(station) {
    const { chip } = this.#watched;
    [this.#ral, this.#rah] = filterWords(station);
    this.#strayedAt = -1;
    const { txDone, txOctets } = chip.own;
    this.#ahead = [txDone - chip.sum(Statistic.GPTC), txDone - chip.sum(Statistic.TPT), txOctets - chip.sum(Statistic.GOTC)];
  }
  /** The first register that is not as it ought to be, in words; null when all are. */
  #lost() {
    const { filter: filter2, interrupts, layout, receiver: receiver2, transmitter } = this.#watched;
    return this.#other("CTRL", Register2.CTRL, CTRL_WANTED, CTRL_MASK) ?? this.#other("RCTL", Register2.RCTL, filter2.rctl) ?? this.#other("TCTL", Register2.TCTL, transmitter.tctl) ?? this.#other("IMS", Register2.IMS, interrupts.wanted, interrupts.wanted) ?? this.#other("RDBAL", Register2.RDBAL, layout.receive.address) ?? this.#other("RDLEN", Register2.RDLEN, layout.receive.bytes) ?? this.#other("RDT", Register2.RDT, receiver2.tail) ?? this.#other("TDBAL", Register2.TDBAL, layout.transmit.address) ?? this.#other("TDLEN", Register2.TDLEN, layout.transmit.bytes) ?? this.#other("TDT", Register2.TDT, transmitter.tail) ?? this.#other("RAL0", Register2.RAL, this.#ral) ?? this.#other("RAH0", Register2.RAH, this.#rah) ?? this.#groupLost() ?? this.#strayed();
  }
  /** One register after the other that a joined group depends on, one a look. */
  #groupLost() {
    const word2 = this.#watched.filter.word(this.#looks);
    return word2 && this.#other(word2.name, word2.register, word2.value);
  }
  /** Frames that were settled as sent and that the chip has not counted; 0 when there is none, or nothing is certain. */
  #missing() {
    const { chip, layout, transmitter } = this.#watched;
    const witnesses = [Statistic.GPTC, Statistic.TPT, Statistic.GOTC];
    for (const counter of witnesses) chip.take(counter);
    const { txDone, txOctets } = chip.own;
    const unsettled = transmitter.outstanding ? layout.transmit.size : 0;
    const [good = 0, total = 0, octets = 0] = witnesses.map(
      (counter, at) => (counter === Statistic.GOTC ? txOctets : txDone) - chip.sum(counter) - this.#ahead[at]
    );
    for (const [at, short] of [good, total, octets].entries()) {
      const early = unsettled * (at === 2 ? LONGEST2 : 1);
      const off = short > 0 ? short : Math.min(0, short + early);
      this.#ahead[at] = this.#ahead[at] + off;
    }
    if (good <= 0 && total <= 0 && octets <= 0) return 0;
    if (good > 0 && good === total && octets >= SHORTEST3 * good) {
      this.#octets = octets;
      return good;
    }
    this.#health.suspicions++;
    return 0;
  }
  /** Takes back what was said of frames that never left. */
  #deny(frames) {
    const { chip, transmitter } = this.#watched;
    const link2 = this.#link;
    link2.txPackets -= frames;
    link2.txBytes -= Math.min(link2.txBytes, this.#octets - FCS_BYTES * frames);
    chip.own.txErrors += frames;
    chip.own.txAborted += frames;
    transmitter.doubtful = true;
    this.#trustAt = this.#looks + TRUST;
    this.#hangs++;
    return `${frames} frames were marked as sent that the chip has not counted`;
  }
  #other(name, register, wanted, mask = ALL2) {
    const { bus } = this.#watched;
    let value = 0;
    for (let look2 = 0; look2 < LOOKS3; look2++) {
      value = bus.read32(register);
      if ((value & mask) >>> 0 === wanted) {
        if (look2 > 0) this.#health.suspicions++;
        return null;
      }
    }
    return `${name} is ${hex3(value)} instead of ${hex3(wanted)}`;
  }
  /** The chip fills other descriptors than those that are looked at: for certain, if it did so a second ago and nothing came since. */
  #strayed() {
    const { bus, receiver: receiver2 } = this.#watched;
    const rdh = bus.read32(Register2.RDH);
    if (rdh === receiver2.head || receiver2.ready) {
      this.#strayedAt = -1;
      return null;
    }
    if (this.#strayedAt === receiver2.head) return `RDH is ${rdh} instead of ${receiver2.head}`;
    this.#strayedAt = receiver2.head;
    return null;
  }
};
function hex3(value) {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

// drivers/e1000/receiver.ts
var BATCH = 16;
var BATCH_OF_RING = 4;
var LONGEST3 = SLOT_BYTES - HEADROOM;
var { EOP, DAMAGED, IXSM, TCPCS, TCPE } = RxStatus;
var DONE3 = DD;
var { UNNECESSARY } = Checksum;
var START2 = HEADROOM;
var SHORTEST4 = ETHERNET_HEADER;
var CHECKED = IXSM | TCPCS;
var SOUND = EOP | DAMAGED;
var GROUP3 = 1;
var Receiver2 = class {
  #bus;
  #ring;
  #pool;
  /** Bus address of the shared memory's first byte, plus headroom; as 32 bits with sign, which V8 keeps without an object. */
  #base;
  #link;
  #own;
  /** The packet whose memory each descriptor points to. */
  #packets;
  /** Next descriptor that the chip will have filled. */
  #next = 0;
  /** Next descriptor to be given to the chip; one before `#next` when all are its. */
  #fill = 0;
  /** Descriptors that wait for a buffer. */
  #empty;
  /** The rest of a frame that has begun in another buffer: it cannot be had whole. */
  #discarding = false;
  #running = false;
  #batch;
  constructor(bus, layout, link2, own) {
    this.#bus = bus;
    this.#ring = layout.receive;
    this.#pool = layout.pool;
    this.#base = layout.memory.base + HEADROOM | 0;
    this.#link = link2;
    this.#own = own;
    this.#packets = new Array(this.#ring.size).fill(null);
    this.#empty = this.#ring.size - 1;
    this.#batch = Math.min(BATCH, this.#ring.size / BATCH_OF_RING);
  }
  /** The chip has filled a descriptor that nobody has looked at. */
  get ready() {
    const { words, start: start2 } = this.#ring;
    return this.#running && (words[start2 + 4 * this.#next + 3] & DD) !== 0 && this.#packets[this.#next] !== null;
  }
  /** The value that RDT was told. */
  get tail() {
    return this.#fill;
  }
  /** RDH, once every frame that came has been taken. */
  get head() {
    return this.#next;
  }
  /** The pool had too few buffers: refill() wants to be called again. */
  get starving() {
    return this.#running && this.#empty > 0;
  }
  /** Tells the chip where the ring is; the receiver has to be off. */
  setUp() {
    this.#next = 0;
    this.#fill = 0;
    this.#empty = this.#ring.size - 1;
    this.#discarding = false;
    this.#ring.announce(this.#bus, Register2.RDBAL);
    this.#running = true;
  }
  /** Takes every buffer back; the receiver has to be off. Frames that the chip has delivered and nobody has seen are lost. */
  stop(host) {
    if (!this.#running) return;
    this.#running = false;
    const { size, words, start: start2 } = this.#ring;
    for (let left = size; left > 0; left--) {
      const packet = this.#packets[this.#next];
      if (packet) {
        const status = words[start2 + 4 * this.#next + 3];
        if ((status & DD) !== 0 && (status & RxStatus.EOP) !== 0) host.drops.count(DropReason.QUEUE_PURGE);
        this.#packets[this.#next] = null;
        packet.consume();
      }
      this.#next = this.#next + 1 === size ? 0 : this.#next + 1;
    }
  }
  /** Hands up at most `budget` frames and returns how many descriptors it took for that. */
  poll(host, budget) {
    const { size, words, start: start2 } = this.#ring;
    const packets = this.#packets;
    let work = 0;
    while (work < budget) {
      const at = this.#next;
      const word2 = start2 + 4 * at;
      const status = words[word2 + 3];
      if ((status & DONE3) === 0) break;
      const packet = packets[at];
      if (packet === null) break;
      const length = words[word2 + 2] & 65535;
      packets[at] = null;
      this.#next = at + 1 === size ? 0 : at + 1;
      this.#empty++;
      work++;
      if (this.#accept(packet, status, length)) {
        host.receive(packet);
        if (this.#running === false) return work;
      } else {
        packet.consume();
      }
      if (this.#empty >= this.#batch) this.refill();
    }
    return work;
  }
  /** Gives the chip a buffer for every descriptor that has none, as far as there are buffers. */
  refill() {
    if (this.#running === false || this.#empty === 0) return;
    const { size, words, start: start2 } = this.#ring;
    const packets = this.#packets;
    const base = this.#base;
    const pool = this.#pool;
    const before2 = this.#fill;
    let empty = this.#empty;
    let at = before2;
    while (empty > 0) {
      const packet = pool.allocate();
      if (packet === null) {
        this.#own.noBuffer++;
        break;
      }
      const word2 = start2 + 4 * at;
      words[word2] = base + packet.offset;
      words[word2 + 3] = 0;
      packets[at] = packet;
      at = at + 1 === size ? 0 : at + 1;
      empty--;
    }
    if (at === before2) return;
    this.#empty = empty;
    this.#fill = at;
    this.#bus.write32(Register2.RDT, at);
  }
  #accept(packet, status, length) {
    if ((status & SOUND) !== EOP || this.#discarding || length < SHORTEST4 || length > LONGEST3) return this.#refuse(status);
    packet.tail = START2 + length;
    if ((status & CHECKED) === TCPCS) {
      if ((status & TCPE) === 0) {
        packet.checksum = UNNECESSARY;
        this.#own.checksumGood++;
      } else {
        this.#own.checksumErrors++;
      }
    }
    const link2 = this.#link;
    link2.rxPackets++;
    link2.rxBytes += length;
    if ((packet.bytes[START2] & GROUP3) !== 0 && isMulticast2(packet.bytes, START2)) link2.rxMulticast++;
    return true;
  }
  /** Notes where a frame ends that cannot be used. @returns false, for #accept() */
  #refuse(status) {
    this.#discarding = (status & EOP) === 0;
    if ((status & DAMAGED) === 0 && !this.#discarding) this.#own.rxLength++;
    return false;
  }
};

// drivers/e1000/rings.ts
var BUFFERS_PER_DESCRIPTOR = 4;
var PAGE = 4096;
var DescriptorRing = class {
  size;
  /** The shared memory in words; descriptor n begins at word start + 4n. */
  words;
  start;
  /** Bus address. */
  address;
  constructor(memory, allocator, size) {
    const at = allocator.allocate(size * DESCRIPTOR_BYTES, PAGE);
    this.size = size;
    this.words = memory.words;
    this.start = at >> 2;
    this.address = memory.base + at;
  }
  get bytes() {
    return this.size * DESCRIPTOR_BYTES;
  }
  /**
   * Empties the ring and tells the chip where it is, while the chip leaves it alone.
   * @param base RDBAL or TDBAL; the registers of both rings lie alike behind them (SDM table 13-2)
   */
  announce(bus, base) {
    this.words.fill(0, this.start, this.start + this.size * DESCRIPTOR_WORDS);
    bus.write32(base + RingRegister.LENGTH, 0);
    bus.write32(base + RingRegister.TAIL, 0);
    bus.write32(base + RingRegister.HEAD, 0);
    bus.write32(base, this.address);
    bus.write32(base + RingRegister.BASE_HIGH, 0);
    bus.write32(base + RingRegister.LENGTH, this.bytes);
  }
};
var DmaLayout = class {
  memory;
  receive;
  transmit;
  /** Packet memory for received frames. Its packets may outlive the device's being open. */
  pool;
  /** One slot a transmit descriptor, for frames that come in memory which the chip does not see. */
  bounce;
  /** @throws ControllerError DMA_NO_MEMORY */
  constructor(memory, rxRing, txRing) {
    const allocator = new DmaAllocator(memory);
    this.memory = memory;
    this.receive = new DescriptorRing(memory, allocator, rxRing);
    this.transmit = new DescriptorRing(memory, allocator, txRing);
    const bounce = allocator.allocate(txRing * SLOT_BYTES, PAGE);
    this.bounce = Array.from({ length: txRing }, (_, slot) => slice(memory, bounce + slot * SLOT_BYTES, SLOT_BYTES));
    const room = Math.floor((allocator.left & -PAGE) / SLOT_BYTES);
    const buffers = Math.max(rxRing, Math.min(rxRing * BUFFERS_PER_DESCRIPTOR, room));
    const slots = allocator.allocate(buffers * SLOT_BYTES, PAGE);
    this.pool = new SkBuffPool({ memory: slice(memory, slots, buffers * SLOT_BYTES) });
  }
};
function slice(memory, at, length) {
  return memory.bytes.subarray(at, at + length);
}

// drivers/e1000/transmitter.ts
var MOST_DESCRIPTORS = 2;
var WAKE_AT = 32;
var WAKE_PART_OF_RING = 4;
var TCP_CHECKSUM_AT = 16;
var SHORT3 = 128;
var FARTHEST = 255;
var DONE4 = DD;
var { PARTIAL } = Checksum;
var SHORTEST5 = MIN_FRAME;
var SLOT3 = SLOT_BYTES;
var FCS = FCS_BYTES;
var WHOLE = TxCommand.EOP | TxCommand.IFCS | TxCommand.RS;
var OFFLOADED = WHOLE | TxCommand.DEXT | TxCommand.DTYP_DATA;
var { TXSM } = TxStatus;
var FAILED = TxStatus.EC | TxStatus.LC;
var Transmitter2 = class {
  #bus;
  #ring;
  /** Bus address of the shared memory's first byte, as 32 bits with sign, which V8 keeps without an object. */
  #base;
  #memory;
  #bounce;
  #bounceViews;
  #bounceOffsets;
  #wakeAt;
  #link;
  #own;
  /** The frame that each descriptor ends; null for a context descriptor. */
  #frames;
  /** Next descriptor to be written. */
  #next = 0;
  /** Oldest descriptor that is not known to be done. */
  #clean = 0;
  /** The value that TDT was told. */
  #rung = 0;
  /** The context in the chip: TUCSS, TUCSO and TUCMD in one number; -1 for none. */
  #context = -1;
  #running = false;
  /** Somebody was turned away and has been promised a wake(). */
  #stopped = false;
  /** Frames that were found done, ever: stands still when the chip does. */
  #completed = 0;
  /** Frames that the chip had not sent when it was stopped, to be given to it again before any other. */
  #kept = new SkBuffQueue();
  /** A descriptor was marked done that was not: DD is believed only of those that TDH has passed. */
  doubtful = false;
  /** The value that TCTL was told since the last set-up; 0 for nothing. */
  tctl = 0;
  /** Both as stuck() saw them last. */
  #completedThen = 0;
  #outstandingThen = false;
  constructor(bus, layout, link2, own) {
    this.#bus = bus;
    this.#ring = layout.transmit;
    this.#base = layout.memory.base | 0;
    this.#memory = layout.memory.bytes.buffer;
    this.#bounce = layout.bounce;
    this.#bounceOffsets = Int32Array.from(layout.bounce, ({ byteOffset }) => byteOffset);
    this.#bounceViews = layout.bounce.map(({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length));
    this.#wakeAt = Math.min(WAKE_AT, this.#ring.size / WAKE_PART_OF_RING);
    this.#link = link2;
    this.#own = own;
    this.#frames = new Array(this.#ring.size).fill(null);
  }
  /** Frames are on their way, whether the chip knows of them or not. */
  get outstanding() {
    return this.#clean !== this.#next;
  }
  /** The value that TDT was told. */
  get tail() {
    return this.#rung;
  }
  /** Frames wait for the doorbell. */
  get unrung() {
    return this.#rung !== this.#next;
  }
  /** Tells the chip where the ring is; transmission has to be off. */
  setUp() {
    this.#next = 0;
    this.#clean = 0;
    this.#rung = 0;
    this.#context = -1;
    this.#outstandingThen = false;
    this.#ring.announce(this.#bus, Register2.TDBAL);
    this.#running = true;
    this.tctl = 0;
  }
  /** Switches transmission on for the link that STATUS shows: collisions are looked for in half duplex only, and farther. */
  negotiated(status) {
    const wanted = tctl(status);
    if (wanted === this.tctl) return;
    this.tctl = wanted;
    this.#bus.write32(Register2.TCTL, wanted);
  }
  /**
   * Drops every frame on its way, or keeps it for goOn() (null); transmission has to be off. Those that the chip has finished
   * meanwhile count as sent. Frames are refused until setUp(), and whoever was refused hears of goOn().
   */
  stop(host, reason) {
    if (this.#running) this.#empty(host);
    if (reason === null) return;
    for (let frame = this.#kept.dequeue(); frame; frame = this.#kept.dequeue()) {
      if (reason === DropReason.QUEUE_PURGE) host.drops.drop(frame, reason);
      else this.refuse(host, frame, reason);
    }
  }
  /** Drops a frame that is too short or too long, or has no link to go by. @returns true, for transmit() */
  misfit(host, skb) {
    if (skb.length < ETHERNET_HEADER) return this.refuse(host, skb, DropReason.PKT_TOO_SMALL);
    return this.refuse(host, skb, skb.length > MAX_TAGGED_FRAME ? DropReason.PKT_TOO_BIG : DropReason.TX_CARRIER);
  }
  /** Drops a frame that cannot go, and counts it. @returns true, for transmit() */
  refuse(host, skb, reason) {
    this.#own.txErrors++;
    if (reason === DropReason.TX_CARRIER) this.#own.txCarrier++;
    if (reason === DropReason.TX_ABORTED) this.#own.txAborted++;
    host.drops.drop(skb, reason);
    return true;
  }
  /** After setUp(), with transmission on: gives the chip again what it had not sent; then the queue runs again if it was stopped. */
  goOn(host) {
    if (this.#kept.length > 0) {
      while (this.#kept.length > 0 && this.#free() >= MOST_DESCRIPTORS) this.#put(this.#kept.dequeue(), host);
      this.ring();
    }
    if (this.#kept.length > 0 || !this.#stopped) return;
    this.#stopped = false;
    this.#own.txRestarts++;
    host.wake();
  }
  /** Keeps what the chip has not sent. What it was given and could not send before goes first again. */
  #empty(host) {
    this.#reclaim(host);
    this.#running = false;
    const before2 = this.#kept.length;
    while (this.#clean !== this.#next) {
      const at = this.#clean;
      const frame = this.#frames[at];
      this.#clean = this.#after(at);
      if (!frame) continue;
      this.#frames[at] = null;
      this.#kept.enqueue(frame);
    }
    for (let turn = 0; turn < before2; turn++) this.#kept.enqueue(this.#kept.dequeue());
  }
  /** Nobody is waiting for wake() any more. */
  forget() {
    this.#stopped = false;
  }
  /** Puts a frame into the ring; false when it has no room. The frame must not be longer than the chip can send. */
  accept(skb, host) {
    if (this.#running === false || this.#kept.length > 0 || this.#free() < MOST_DESCRIPTORS) {
      this.#stopped = true;
      return false;
    }
    this.#put(skb, host);
    return true;
  }
  #put(skb, host) {
    let command = WHOLE;
    let options = 0;
    if (skb.checksum === PARTIAL) {
      if (!this.#setContext(skb)) {
        this.refuse(host, skb, DropReason.TX_ABORTED);
        return;
      }
      command = OFFLOADED;
      options = TXSM;
    }
    const at = this.#next;
    const length = skb.tail - skb.data;
    const padded = length < SHORTEST5 ? SHORTEST5 : length;
    const { words, start: start2 } = this.#ring;
    const word2 = start2 + 4 * at;
    words[word2] = this.#place(skb, at, padded);
    words[word2 + 1] = 0;
    words[word2 + 2] = command | padded;
    words[word2 + 3] = options;
    this.#frames[at] = skb;
    this.#own.txGiven++;
    this.#next = this.#after(at);
  }
  /** Rings the doorbell. */
  ring() {
    this.#rung = this.#next;
    this.#bus.write32(Register2.TDT, this.#next);
  }
  /** Takes back what the chip has sent, and lets a queue that was stopped run again. */
  clean(host) {
    this.#reclaim(host);
    if (this.#running && (this.#kept.length > 0 || this.#stopped && this.#free() >= this.#wakeAt)) this.goOn(host);
  }
  /** Frames are on their way, as they were when this was asked the last time, and none has been sent since. */
  stuck() {
    const { outstanding } = this;
    const stuck = outstanding && this.#outstandingThen && this.#completed === this.#completedThen;
    this.#completedThen = this.#completed;
    this.#outstandingThen = outstanding;
    return stuck;
  }
  #reclaim(host) {
    if (this.#clean === this.#rung) return;
    const { words, start: start2, size } = this.#ring;
    const frames = this.#frames;
    const own = this.#own;
    const link2 = this.#link;
    const end2 = this.doubtful ? this.#passed() : -1;
    while (this.#running !== false && this.#clean !== this.#rung) {
      let at = this.#clean;
      if (at === end2) return;
      if (frames[at] === null) at = at + 1 === size ? 0 : at + 1;
      if (at === end2) return;
      const status = words[start2 + 4 * at + 3];
      if ((status & DONE4) === 0) return;
      const frame = frames[at];
      frames[at] = null;
      this.#clean = at + 1 === size ? 0 : at + 1;
      this.#completed = this.#completed + 1 | 0;
      if ((status & FAILED) === 0) {
        const length = frame.tail - frame.data;
        own.txDone++;
        own.txOctets += (length < SHORTEST5 ? SHORTEST5 : length) + FCS;
        link2.txPackets++;
        link2.txBytes += length;
        frame.consume();
      } else {
        host.drops.drop(frame, DropReason.TX_ABORTED);
      }
    }
  }
  /** How far the chip has come: TDH, or nowhere when that is not between what was settled last and what it was given. */
  #passed() {
    const { size } = this.#ring;
    const tdh = this.#bus.read32(Register2.TDH);
    if (tdh >= size) return this.#clean;
    const gone = (tdh - this.#clean + size) % size;
    return gone > (this.#rung - this.#clean + size) % size ? this.#clean : tdh;
  }
  /** Returns the frame's bus address: where it lies, if the chip sees that memory, else of a copy. `padded` bytes are valid there. */
  #place(skb, at, padded) {
    const { bytes, data, tail } = skb;
    const end2 = data + padded;
    if (end2 <= SLOT3 && skb.memory === this.#memory) {
      clear(skb, end2);
      return this.#base + skb.offset + data;
    }
    const bounce = this.#bounce[at];
    let from = data;
    if (padded <= SHORT3 && end2 <= SLOT3) {
      copyWords(this.#bounceViews[at], skb.view, data, tail);
    } else {
      bounce.set(bytes);
    }
    if (end2 > SLOT3) {
      bounce.copyWithin(0, data, tail);
      from = 0;
    }
    if (padded > tail - data) bounce.fill(0, from + (tail - data), from + padded);
    return this.#base + this.#bounceOffsets[at] + from;
  }
  /**
   * Tells the chip where the checksum of the frames that follow is, unless it knows. The chip sums up to the frame's end (TUCSE 0).
   * @returns false when the field is not within the frame, or beyond the chip's reach
   */
  #setContext(skb) {
    const first = skb.csumStart - skb.data;
    const field = first + skb.csumOffset;
    if (first < 0 || skb.csumOffset < 0 || field > FARTHEST || field + 2 > skb.tail - skb.data) return false;
    const tcp = skb.csumOffset === TCP_CHECKSUM_AT ? 1 : 0;
    const context = first | field << 8 | tcp << 16;
    if (context === this.#context) return true;
    this.#context = context;
    const at = this.#next;
    const { words, start: start2 } = this.#ring;
    const word2 = start2 + 4 * at;
    words[word2] = 0;
    words[word2 + 1] = first | field << 8;
    words[word2 + 2] = TxCommand.DEXT | (tcp === 1 ? TxCommand.TCP : 0);
    words[word2 + 3] = 0;
    this.#frames[at] = null;
    this.#next = this.#after(at);
    return true;
  }
  #free() {
    const used2 = this.#next - this.#clean;
    return this.#ring.size - 1 - (used2 < 0 ? used2 + this.#ring.size : used2);
  }
  #after(at) {
    return at + 1 === this.#ring.size ? 0 : at + 1;
  }
};
function copyWords(slot, from, start2, end2) {
  let at = start2 & -4;
  if ((start2 & 2) !== 0) {
    at = start2 & -2;
    slot.setInt16(at, from.getInt16(at, true), true);
    at += 2;
  }
  for (; at < end2; at += 4) slot.setInt32(at, from.getInt32(at, true), true);
}

// drivers/e1000/parts.ts
function makeParts(ground, { rxRing, txRing }) {
  const { bus, link: link2, chip, health } = ground;
  const layout = new DmaLayout(bus.dma, rxRing, txRing);
  const receiver2 = new Receiver2(bus, layout, link2, chip.own);
  const transmitter = new Transmitter2(bus, layout, link2, chip.own);
  return { layout, receiver: receiver2, transmitter, guard: new Guard({ ...ground, layout, receiver: receiver2, transmitter }, link2, health) };
}

// drivers/e1000/statistics.ts
var WIDE = /* @__PURE__ */ new Set([Statistic.GORC, Statistic.GOTC]);
var OFFSETS = Object.values(Statistic);
var TWO_32 = 2 ** 32;
var SENT2 = /* @__PURE__ */ new Set([Statistic.GPTC, Statistic.TPT, Statistic.MPTC, Statistic.BPTC]);
var FRAMES_PER_MS = 1500;
var BURST4 = 1e5;
var LONGEST4 = 1522;
var OwnStatistics = class {
  /** Frames that the chip was given, twice if it had to be; and those that it said it had sent. */
  txGiven = 0;
  txDone = 0;
  /** Octets of the latter on the wire, with padding and FCS. */
  txOctets = 0;
  /** Frames that were handed over and did not go out, of which: */
  txErrors = 0;
  /** given up: the transmitter was stuck, or the frame asked for what the chip cannot do. */
  txAborted = 0;
  /** The link was down. */
  txCarrier = 0;
  /** Frames that the chip handed up with a length that none can have. */
  rxLength = 0;
  /** The transmitter was found stuck. */
  txTimeouts = 0;
  /** The queue ran again after it was full. */
  txRestarts = 0;
  checksumGood = 0;
  checksumErrors = 0;
  /** No buffer was free when the receive ring wanted one. */
  noBuffer = 0;
};
var ChipStatistics = class {
  own = new OwnStatistics();
  #clock;
  #bus;
  #health;
  #sums = new Map(OFFSETS.map((offset) => [offset, 0]));
  /** When all were read last, in the clock's ms. */
  #readAt = 0;
  constructor(clock, bus, health) {
    this.#clock = clock;
    this.#bus = bus;
    this.#health = health;
  }
  /** Makes the chip forget what it has counted up to now. */
  discard() {
    for (const offset of OFFSETS) this.#read(offset);
    this.#readAt = this.#clock.now();
  }
  /** Adds what the chip has counted since the last time. */
  harvest() {
    for (const offset of OFFSETS) this.take(offset);
    this.#readAt = this.#clock.now();
  }
  /** Adds what one counter has counted since the last time. */
  take(offset) {
    const count = this.#read(offset);
    if (count <= this.#most(offset)) this.#sums.set(offset, this.sum(offset) + count);
    else this.#health.suspicions++;
  }
  /** Value of one counter. */
  sum(offset) {
    return this.#sums.get(offset);
  }
  /** Writes the errors into `link`; frames and octets in it are the driver's own, without FCS. */
  publish(link2) {
    const { own } = this;
    const missed = this.sum(Statistic.MPC);
    const length = this.sum(Statistic.RUC) + this.sum(Statistic.ROC) + this.sum(Statistic.RFC) + own.rxLength;
    const collided = this.sum(Statistic.ECOL) + this.sum(Statistic.LATECOL);
    link2.rxOverErrors = missed;
    link2.rxLengthErrors = length;
    link2.rxCrcErrors = this.sum(Statistic.CRCERRS);
    link2.rxErrors = this.#receiveErrors() + missed + length;
    link2.collisions = this.sum(Statistic.COLC);
    link2.txErrors = own.txErrors + collided;
    link2.txAbortedErrors = own.txAborted + collided;
    link2.txCarrierErrors = own.txCarrier;
  }
  /** All there is, with the names, the order and the meaning that `ethtool -S` gives an e1000 on Linux. Octets include the FCS. */
  entries() {
    const { own } = this;
    const at = (offset) => this.sum(offset);
    const length = at(Statistic.RUC) + at(Statistic.ROC);
    return [
      ["rx_packets", at(Statistic.GPRC)],
      ["tx_packets", at(Statistic.GPTC)],
      ["rx_bytes", at(Statistic.GORC)],
      ["tx_bytes", at(Statistic.GOTC)],
      ["rx_broadcast", at(Statistic.BPRC)],
      ["tx_broadcast", at(Statistic.BPTC)],
      ["rx_multicast", at(Statistic.MPRC)],
      ["tx_multicast", at(Statistic.MPTC)],
      ["rx_errors", this.#receiveErrors() + length],
      ["tx_errors", at(Statistic.ECOL) + at(Statistic.LATECOL)],
      ["tx_dropped", own.txErrors],
      ["multicast", at(Statistic.MPRC)],
      ["collisions", at(Statistic.COLC)],
      ["rx_length_errors", length],
      // The kernel's driver leaves these and the like at 0; they are here so that a script finds every name it looks for.
      ["rx_over_errors", 0],
      ["rx_crc_errors", at(Statistic.CRCERRS)],
      ["rx_frame_errors", at(Statistic.ALGNERRC)],
      ["rx_no_buffer_count", at(Statistic.RNBC)],
      ["rx_missed_errors", at(Statistic.MPC)],
      ["tx_aborted_errors", at(Statistic.ECOL)],
      ["tx_carrier_errors", at(Statistic.TNCRS)],
      ["tx_fifo_errors", 0],
      ["tx_heartbeat_errors", 0],
      ["tx_window_errors", at(Statistic.LATECOL)],
      ["tx_abort_late_coll", at(Statistic.LATECOL)],
      ["tx_deferred_ok", at(Statistic.DC)],
      ["tx_single_coll_ok", at(Statistic.SCC)],
      ["tx_multi_coll_ok", at(Statistic.MCC)],
      ["tx_timeout_count", own.txTimeouts],
      ["tx_restart_queue", own.txRestarts],
      ["rx_long_length_errors", at(Statistic.ROC)],
      ["rx_short_length_errors", at(Statistic.RUC)],
      ["rx_align_errors", at(Statistic.ALGNERRC)],
      ["tx_tcp_seg_good", at(Statistic.TSCTC)],
      ["tx_tcp_seg_failed", at(Statistic.TSCTFC)],
      ["rx_flow_control_xon", at(Statistic.XONRXC)],
      ["rx_flow_control_xoff", at(Statistic.XOFFRXC)],
      ["tx_flow_control_xon", at(Statistic.XONTXC)],
      ["tx_flow_control_xoff", at(Statistic.XOFFTXC)],
      ["rx_long_byte_count", at(Statistic.GORC)],
      ["rx_csum_offload_good", own.checksumGood],
      ["rx_csum_offload_errors", own.checksumErrors],
      ["alloc_rx_buff_failed", own.noBuffer],
      ["tx_smbus", at(Statistic.MGPTC)],
      ["rx_smbus", at(Statistic.MGPRC)],
      ["dropped_smbus", at(Statistic.MGPDC)]
    ];
  }
  #receiveErrors() {
    const { RXERRC, CRCERRS: CRCERRS2, ALGNERRC, CEXTERR } = Statistic;
    return this.sum(RXERRC) + this.sum(CRCERRS2) + this.sum(ALGNERRC) + this.sum(CEXTERR);
  }
  /** The most that a counter can have counted since it was read last. */
  #most(offset) {
    if (SENT2.has(offset)) return this.own.txGiven - this.sum(offset);
    const frames = BURST4 + FRAMES_PER_MS * (this.#clock.now() - this.#readAt);
    return WIDE.has(offset) ? LONGEST4 * frames : frames;
  }
  #read(offset) {
    const low = this.#bus.read32(offset);
    return WIDE.has(offset) ? low + this.#bus.read32(offset + 4) * TWO_32 : low;
  }
};

// drivers/e1000/e1000.ts
var WATCH = 1e3;
var STARVED = 5;
var State3 = { CLOSED: 0, OPENING: 1, OPEN: 2, RESETTING: 3, CLOSING: 4, FAILED: 5 };
var [SHORTEST6, LONGEST5] = [ETHERNET_HEADER, MAX_TAGGED_FRAME];
var E1000 = class {
  driver = "e1000";
  capabilities = CAPABILITIES2;
  address = new Uint8Array(MAC_BYTES);
  #clock;
  #bus;
  #settings;
  #filter = new AddressFilter();
  #link = new LinkStatistics();
  health = new ControllerHealth();
  #chip;
  #interrupts;
  #doorbell;
  #linkCheck;
  #failTask;
  #watchdog;
  #starved;
  #resetTimer;
  #onAssert = () => this.#interrupt();
  #state = State3.CLOSED;
  #opening = null;
  #failure = null;
  /** The last one that opened it: a poll that was due, and frames that come late, are still told of. */
  #host = null;
  /** Made when the device's memory is first seen, and kept. */
  #layout = null;
  #receiver;
  #transmitter;
  #guard;
  #polling = false;
  #carrier = false;
  /** The fault that the reset under way is to mend. */
  #repairing = null;
  /** @throws ControllerError E1000_RING, E1000_ADDRESS, E1000_INTERRUPT_RATE: the options make no sense */
  constructor(clock, bus, options = {}) {
    this.#settings = settingsOf(options);
    this.address.set(this.#settings.mac ?? []);
    this.#clock = clock;
    this.#bus = bus;
    this.#chip = new ChipStatistics(clock, bus, this.health);
    this.#interrupts = new InterruptMask(bus);
    this.#doorbell = clock.task(() => this.#ring());
    this.#linkCheck = clock.task(() => this.#checkLink());
    this.#failTask = clock.task(() => this.#fail());
    this.#watchdog = clock.timer(() => this.#watch());
    this.#starved = clock.timer(() => this.#feed());
    this.#resetTimer = clock.timer(() => this.#restart());
  }
  get simulated() {
    return this.#bus.simulated;
  }
  get description() {
    const bus = this.#bus.description;
    return /82540EM|e1000/i.test(bus) ? bus : `82540EM on ${bus}`;
  }
  /** The chip's error counters are fetched on reading, some 40 register accesses. */
  get statistics() {
    if (this.#state === State3.OPEN) this.#chip.harvest();
    this.#chip.publish(this.#link);
    return this.#link;
  }
  /** Packet memory of received frames, which counts those out in the stack; null before the first open(). */
  get buffers() {
    return this.#layout?.pool ?? null;
  }
  /** Every counter, named, ordered and meant as `ethtool -S` has them for an e1000 on Linux. */
  driverStatistics() {
    if (this.#state === State3.OPEN) this.#chip.harvest();
    return this.#chip.entries();
  }
  /**
   * Takes some 20 ms. A device that failed may be opened again without being closed.
   * @throws ControllerError E1000_NOT_FOUND, E1000_RESET, E1000_EEPROM, E1000_PHY, DMA_NO_MEMORY, E1000_OPEN (open already, or
   * closed meanwhile), or what the bus throws
   */
  async open(host) {
    if (this.#state === State3.FAILED) await this.close();
    if (this.#state !== State3.CLOSED) throw openAlready2(this.description);
    this.#state = State3.OPENING;
    this.#opening = this.#open(host).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }
  async close() {
    if (this.#state === State3.CLOSED || this.#state === State3.CLOSING) return;
    const before2 = this.#state;
    this.#state = State3.CLOSING;
    if (before2 === State3.OPENING) {
      await this.#opening?.catch(() => void 0);
      return;
    }
    if (before2 === State3.OPEN) this.#chip.harvest();
    this.#quiet();
    if (before2 !== State3.FAILED) halt(this.#bus, this.health);
    this.#release(DropReason.QUEUE_PURGE);
    this.#carrier = false;
    await this.#bus.close();
    this.#state = State3.CLOSED;
  }
  transmit(skb) {
    const host = this.#host;
    const open = this.#state === State3.OPEN || this.#state === State3.RESETTING;
    const fits = skb.length >= SHORTEST6 && skb.length <= LONGEST5;
    if (host === null || !open || this.#carrier === false || !fits) return this.#turnAway(skb);
    if (this.#transmitter.accept(skb, host)) {
      if (this.#polling === false) this.#doorbell.schedule();
      return true;
    }
    if (this.#transmitter.unrung) this.#transmitter.ring();
    return false;
  }
  /** Drops a frame that cannot be sent now, or ever. @returns true, for transmit() */
  #turnAway(skb) {
    const host = this.#host;
    if (host && (this.#state === State3.OPEN || this.#state === State3.RESETTING)) return this.#transmitter.misfit(host, skb);
    if (host) host.drops.drop(skb, DropReason.DEV_READY);
    else skb.drop(DropReason.DEV_READY);
    return true;
  }
  poll(budget) {
    const host = this.#host;
    if (!host || this.#state !== State3.OPEN) {
      if (budget > 0) host?.complete(0);
      return 0;
    }
    let work = 0;
    let complete3 = false;
    this.#polling = true;
    try {
      this.#transmitter.clean(host);
      work = this.#receiver.poll(host, budget);
      if (work < budget && this.#working()) complete3 = host.complete(work);
    } finally {
      this.#polling = false;
      if (this.#working() && this.#transmitter.unrung) {
        this.#transmitter.ring();
        this.#transmitter.clean(host);
      }
      this.#feed();
    }
    if (complete3 && this.#working()) this.#unmask();
    return work;
  }
  setReceiveMode(mode) {
    const before2 = this.#filter.rctl;
    const open = this.#state === State3.OPEN;
    this.#filter.set(mode, open ? this.#bus : null);
    if (open && this.#filter.rctl !== before2) this.#bus.write32(Register2.RCTL, this.#filter.rctl);
  }
  async #open(host) {
    const bus = this.#bus;
    this.#host = host;
    this.#failure = null;
    try {
      await bus.open();
      bus.onFailed = (error) => this.#failed(error);
      try {
        this.#notClosed();
        probe2(bus);
        if (!this.#layout) {
          const ground = { bus, filter: this.#filter, interrupts: this.#interrupts, chip: this.#chip, link: this.#link };
          const parts2 = makeParts({ ...ground, health: this.health }, this.#settings);
          ({ receiver: this.#receiver, transmitter: this.#transmitter, guard: this.#guard, layout: this.#layout } = parts2);
        }
        this.#transmitter.forget();
        this.address.set(await bringUp(bus, this.#clock, this.#settings, this.health, () => this.#notClosed()));
      } catch (error) {
        bus.onFailed = null;
        await bus.close();
        throw this.#failure ?? error;
      }
    } catch (error) {
      this.#state = State3.CLOSED;
      throw error;
    }
    this.#chip.discard();
    this.#repairing = null;
    this.#guard.trust();
    const status = this.#start();
    this.health.provenAt = this.#clock.now();
    this.#carrier = status !== NO_ANSWER2 && (status & Status.LU) !== 0;
    host.carrier(this.#carrier);
  }
  #notClosed() {
    if (this.#failure) throw this.#failure;
    if (this.#state !== State3.OPENING) throw overtaken(this.description);
  }
  /** After setUp(): rings, filters, and everything on. Returns STATUS. */
  #start() {
    const bus = this.#bus;
    this.#filter.write(bus, this.address);
    this.#receiver.setUp();
    this.#transmitter.setUp();
    this.#state = State3.OPEN;
    bus.interrupt.onAssert = this.#onAssert;
    this.#watchdog.arm(WATCH);
    bus.write32(Register2.RCTL, this.#filter.rctl);
    this.#guard.begin(this.address);
    const status = steady(bus, Register2.STATUS, this.health);
    this.#transmitter.negotiated(status);
    this.#feed();
    this.#unmask();
    return status;
  }
  #interrupt() {
    if (this.#state !== State3.OPEN || this.#interrupts.masked) return;
    const causes = this.#interrupts.take();
    if (causes === 0 && !this.#receiver.ready) return;
    if (causes === NO_ANSWER2 && this.#gone()) return;
    if ((causes & (Cause.LSC | Cause.RXSEQ)) !== 0) this.#linkCheck.schedule();
    this.#schedulePoll();
  }
  #schedulePoll() {
    this.#interrupts.mask();
    this.#host?.schedule();
  }
  #unmask() {
    this.#interrupts.unmask(this.#transmitter.outstanding);
    if (this.#interrupts.masked || this.#state !== State3.OPEN) return;
    if (this.#receiver.ready) this.#schedulePoll();
    else if (this.#bus.interrupt.asserted) this.#interrupt();
  }
  #feed() {
    if (this.#state !== State3.OPEN) return;
    this.#receiver.refill();
    if (this.#receiver.starving && !this.#starved.armed) this.#starved.arm(STARVED);
  }
  /** The doorbell task: frames that were sent outside of a poll. */
  #ring() {
    const host = this.#host;
    if (!host || this.#state !== State3.OPEN) return;
    const transmitter = this.#transmitter;
    if (transmitter.unrung) transmitter.ring();
    transmitter.clean(host);
    if (transmitter.outstanding && this.#working()) this.#interrupts.hearSent();
  }
  #checkLink() {
    const host = this.#host;
    if (!host || this.#state !== State3.OPEN) return;
    const status = steady(this.#bus, Register2.STATUS, this.health);
    if (status === NO_ANSWER2 && this.#gone()) return;
    const up = (status & Status.LU) !== 0;
    if (up === this.#carrier || status === NO_ANSWER2) return;
    if (up) this.#transmitter.negotiated(status);
    else if (!this.#sound()) return;
    this.#carrier = up;
    host.carrier(up);
    if (!up && this.#state === State3.OPEN && this.#transmitter.outstanding) this.#reset(DropReason.TX_CARRIER);
  }
  #watch() {
    const host = this.#host;
    if (!host || this.#state !== State3.OPEN) return;
    this.#watchdog.arm(WATCH);
    this.#transmitter.clean(host);
    if (!this.#working() || !this.#sound()) return;
    this.#checkLink();
    if (!this.#working() || this.#failure) return;
    if (this.#receiver.ready && !this.#interrupts.masked) this.#schedulePoll();
    if (this.#guard.hung()) this.#repair("it does not send", DropReason.TX_ABORTED);
  }
  /** The chip is as it ought to be; false: it is being repaired, or has failed. */
  #sound() {
    const wrong = this.#guard.check(this.#clock.now());
    if (wrong === null) return true;
    if (!this.#gone()) this.#repair(wrong, this.#carrier ? null : DropReason.TX_CARRIER);
    return false;
  }
  /** Sets a chip up anew of which `what` was found, or gives it up. What becomes of its frames, see #reset(). */
  #repair(what, reason) {
    this.#repairing = reason === DropReason.TX_ABORTED ? null : what;
    if (this.#guard.inVain) this.#failed(beyondRepair(this.description, what));
    else this.#reset(reason);
  }
  /** Takes the chip through a reset; frames in the transmit ring are dropped with `reason`, or sent after it (null); later ones wait. */
  #reset(reason) {
    this.#chip.harvest();
    this.#state = State3.RESETTING;
    this.#quiet();
    halt(this.#bus, this.health);
    this.#resetTimer.arm(RESET_TIME3);
    this.#release(reason);
  }
  #restart() {
    const host = this.#host;
    if (!host || this.#state !== State3.RESETTING) return;
    try {
      setUp(this.#bus, this.#settings.itr, this.health);
      this.#start();
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#checkLink();
    if (this.#working()) this.#transmitter.goOn(host);
    if (this.#repairing === null || !this.#working()) return;
    this.health.repairs++;
    host.repaired?.(this.#repairing);
    this.#repairing = null;
  }
  #working() {
    return this.#state === State3.OPEN;
  }
  /** No interrupt, no timer. */
  #quiet() {
    this.#bus.interrupt.onAssert = null;
    this.#interrupts.masked = true;
    this.#watchdog.cancel();
    this.#starved.cancel();
    this.#resetTimer.cancel();
  }
  /** Gives back every buffer that the chip had. */
  #release(reason) {
    const host = this.#host;
    if (!host) return;
    this.#receiver.stop(host);
    this.#transmitter.stop(host, reason);
  }
  /** A register read all ones: whether it was the device, which has failed then, or the reading. */
  #gone() {
    if (silent2(this.#bus)) this.#failed(silenced(this.description));
    return this.#failure !== null;
  }
  /** May be heard in the middle of anything that touches a register: what follows is done when that has ended. */
  #failed(error) {
    if (this.#failure) return;
    this.#failure = error;
    this.#failTask.schedule();
  }
  #fail() {
    const error = this.#failure;
    if (!error || this.#state !== State3.OPEN && this.#state !== State3.RESETTING) return;
    const host = this.#host;
    this.#state = State3.FAILED;
    this.#quiet();
    this.#release(DropReason.TX_ABORTED);
    if (this.#carrier) {
      this.#carrier = false;
      host?.carrier(false);
    }
    host?.failed(error);
  }
};

// hal/event-loop.ts
function eventLoop() {
  return typeof setImmediate === "function" && typeof globalThis.process?.nextTick === "function" ? NODE : new MessageLoop();
}
var NODE = {
  enqueue: (task) => {
    setImmediate(run, task);
  },
  // Called from a promise job, as VirtualClock does: Node runs ticks once the queue of promise jobs is empty.
  afterPromises: (task) => {
    process.nextTick(run, task);
  }
};
function run(task) {
  task.run();
}
var Turns = class {
  #waiting = [];
  #running = [];
  /** Number of tasks that wait for the next turn. */
  get waiting() {
    return this.#waiting.length;
  }
  add(task) {
    this.#waiting.push(task);
  }
  /** Runs the tasks that wait now. Those behind one that throws come first in the next turn. */
  run() {
    const batch = this.#waiting;
    this.#waiting = this.#running;
    this.#running = batch;
    try {
      for (let task = batch.shift(); task; task = batch.shift()) task.run();
    } finally {
      if (batch.length > 0) this.#waiting.unshift(...batch.splice(0));
    }
  }
};
var MessageLoop = class {
  #turns = new Turns();
  #port;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    Object.assign(port1, { onmessage: () => this.#turn() });
    this.#port = port2;
  }
  enqueue(task) {
    this.#turns.add(task);
    if (this.#turns.waiting === 1) this.#port.postMessage(null);
  }
  afterPromises(task) {
    this.enqueue(task);
  }
  #turn() {
    try {
      this.#turns.run();
    } catch (error) {
      if (this.#turns.waiting > 0) this.#port.postMessage(null);
      throw error;
    }
  }
};

// hal/time.ts
var Task = class {
  pending = false;
  #enqueue;
  #callback;
  constructor(enqueue2, callback) {
    this.#enqueue = enqueue2;
    this.#callback = callback;
  }
  schedule() {
    if (this.pending) return;
    this.pending = true;
    this.#enqueue(this);
  }
  /** Runs the callback; for clocks only. */
  run() {
    this.pending = false;
    this.#callback();
  }
};

// hal/timer.ts
var Timer = class {
  /** Absolute time at which it fires, in the clock's milliseconds; meaningful while armed. */
  due = 0;
  /** Its place in the heap, -1 while not armed. Kept by the heap. */
  slot = -1;
  /** Arming order: timers due at the same instant fire in the order in which they were armed. Kept by the heap. */
  order = 0;
  #queue;
  #callback;
  constructor(queue, callback) {
    this.#queue = queue;
    this.#callback = callback;
  }
  get armed() {
    return this.slot >= 0;
  }
  /** Fires `delay` ms from now; a timer that is armed already is moved. */
  arm(delay) {
    this.due = this.#queue.now() + Math.max(0, delay);
    this.#queue.schedule(this);
  }
  /** Fires at the absolute time `due`, or at once (but never within this call) if that has passed. */
  armAt(due) {
    this.due = due;
    this.#queue.schedule(this);
  }
  cancel() {
    if (this.slot >= 0) this.#queue.unschedule(this);
  }
  /** Runs the callback; for clocks only. */
  fire() {
    this.#callback();
  }
};

// hal/timer-heap.ts
var TimerHeap = class {
  #timers = [];
  #order = 0;
  /** Arms `timer` for `timer.due`, moving it if it is armed already, whatever it was due at before. */
  insert(timer) {
    if (timer.slot >= 0) this.remove(timer);
    timer.order = this.#order++;
    this.#timers.push(timer);
    this.#up(this.#timers.length - 1, timer);
  }
  /** Takes an armed timer out. */
  remove(timer) {
    const slot = timer.slot;
    const last = this.#timers.pop();
    timer.slot = -1;
    if (last === timer) return;
    const parent = this.#timers[slot - 1 >> 1];
    if (slot > 0 && parent && before(last, parent)) this.#up(slot, last);
    else this.#down(slot, last);
  }
  peek() {
    return this.#timers[0];
  }
  clear() {
    for (const timer of this.#timers) timer.slot = -1;
    this.#timers.length = 0;
  }
  #up(start2, timer) {
    let slot = start2;
    while (slot > 0) {
      const above = slot - 1 >> 1;
      const parent = this.#timers[above];
      if (!before(timer, parent)) break;
      this.#place(parent, slot);
      slot = above;
    }
    this.#place(timer, slot);
  }
  #down(start2, timer) {
    const size = this.#timers.length;
    let slot = start2;
    for (; ; ) {
      let below = 2 * slot + 1;
      if (below >= size) break;
      let child = this.#timers[below];
      const right = this.#timers[below + 1];
      if (right && before(right, child)) {
        child = right;
        below++;
      }
      if (!before(child, timer)) break;
      this.#place(child, slot);
      slot = below;
    }
    this.#place(timer, slot);
  }
  #place(timer, slot) {
    this.#timers[slot] = timer;
    timer.slot = slot;
  }
};
function before(a, b) {
  return a.due < b.due || a.due === b.due && a.order < b.order;
}

// hal/virtual-clock.ts
var STALL_LIMIT = 1e7;
var STEPS_PER_TURN = 64;
var EPOCH = 17672256e5;
var VirtualClock = class {
  #heap = new TimerHeap();
  #epoch;
  #now = 0;
  #tasks = new Turns();
  #steps = 0;
  #loop = eventLoop();
  #enqueue = (task) => {
    this.#tasks.add(task);
  };
  /** @param epoch wall time at virtual time 0, in ms since 1970-01-01 UTC */
  constructor(epoch = EPOCH) {
    this.#epoch = epoch;
  }
  now() {
    return this.#now;
  }
  wallTime() {
    return this.#epoch + this.#now;
  }
  timer(callback) {
    return new Timer(this, callback);
  }
  task(callback) {
    return new Task(this.#enqueue, callback);
  }
  schedule(timer) {
    timer.due = Math.max(timer.due, this.#now);
    this.#heap.insert(timer);
  }
  unschedule(timer) {
    this.#heap.remove(timer);
  }
  /**
   * Moves time on by `ms`, firing what comes due on the way and letting promises settle after every step. The event loop has its turn at
   * the beginning, at the end and now and then in between. Whoever waits for something outside of virtual time advances in small steps.
   * @throws Error when timers keep re-arming themselves for the present instant
   */
  async advance(ms) {
    const end2 = this.#now + ms;
    await this.#turn();
    let left = STEPS_PER_TURN;
    while (this.#step(end2)) {
      if (--left > 0) await this.#settle();
      else {
        await this.#turn();
        left = STEPS_PER_TURN;
      }
    }
    if (left < STEPS_PER_TURN) await this.#turn();
  }
  /** As {@link advance}, without letting promises settle: for set-ups whose buses all answer at once. */
  advanceSync(ms) {
    const end2 = this.#now + ms;
    while (this.#step(end2)) ;
  }
  /** Time goes on and nothing runs, as when a process is stopped (SIGSTOP): what has come due meanwhile is late, and runs next. */
  stall(ms) {
    this.#now += ms;
  }
  /** Resolves when every promise that could settle without outside help has done so. */
  #settle() {
    return new Promise((resolve2) => this.#loop.afterPromises({ run: resolve2 }));
  }
  /** As settle(), and the event loop has had its turn. */
  #turn() {
    return new Promise((resolve2) => this.#loop.enqueue({ run: resolve2 }));
  }
  /** Runs the deferred tasks, or jumps to the next timer; false when neither is left before `end`. */
  #step(end2) {
    if (this.#tasks.waiting > 0) {
      this.#tasks.run();
      return this.#count(1);
    }
    const timer = this.#heap.peek();
    if (!timer || timer.due > end2) {
      this.#now = end2;
      this.#steps = 0;
      return false;
    }
    if (timer.due > this.#now) {
      this.#now = timer.due;
      this.#steps = 0;
    }
    this.#heap.remove(timer);
    timer.fire();
    return this.#count(1);
  }
  #count(steps) {
    this.#steps += steps;
    if (this.#steps > STALL_LIMIT)
      throw new Error(`virtual time stands still at ${this.#now} ms: something re-arms itself for now`);
    return true;
  }
};

// hal/simulated/e1000/counters.ts
var ChipCounters2 = class {
  /** Written to host memory. */
  received = 0;
  /** Arrived while the chip could not receive: RCTL.EN off, no link, or a chip that is closed or broken. */
  deaf = 0;
  /** Wrong check sequence, and RCTL.SBP off. */
  damaged = 0;
  /** Shorter than 64 bytes with FCS. */
  runts = 0;
  /** Longer than 1522 bytes with FCS without RCTL.LPE, or than 16384. */
  tooLong = 0;
  filtered = 0;
  /** MAC control frames that RCTL.PMCF or DPF keep from the host. */
  control = 0;
  /** Lost because the receive FIFO was full: MPC. */
  missed = 0;
  /** Lost because they waited in the receive FIFO when the chip was reset. */
  purged = 0;
  /** Put on the wire. */
  transmitted = 0;
  /** Given back to the receiver by MAC or PHY loopback. */
  looped = 0;
  /** Sent without IFCS and without a valid FCS of their own: nobody received them. */
  sentWithoutFcs = 0;
  /** Not sent: longer than the chip can send, or a chip reset while they were being put together. */
  aborted = 0;
};

// hal/simulated/e1000/registers.ts
var CTRL = 0;
var STATUS = 8;
var EECD = 16;
var EERD = 20;
var CTRL_EXT = 24;
var MDIC = 32;
var VET = 56;
var ICR = 192;
var ITR = 196;
var ICS = 200;
var IMS = 208;
var IMC = 216;
var RCTL = 256;
var TCTL = 1024;
var LEDCTL = 3584;
var PBA = 4096;
var RDBAL = 10240;
var RDBAH = 10244;
var RDLEN = 10248;
var RDH = 10256;
var RDT = 10264;
var RDTR = 10272;
var RADV = 10284;
var RSRPD = 11264;
var TDBAL = 14336;
var TDBAH = 14340;
var TDLEN = 14344;
var TDH = 14352;
var TDT = 14360;
var TIDV = 14368;
var TXDCTL = 14376;
var TADV = 14380;
var RXCSUM = 20480;
var MTA = 20992;
var RAL = 21504;
var RAH = 21508;
var VFTA = 22016;
var MANC = 22560;
var ADDRESSES = 16;
var CTRL_SLU = 64;
var CTRL_RST = 67108864;
var CTRL_RFCE = 134217728;
var CTRL_TFCE = 268435456;
var CTRL_VME = 1073741824;
var CTRL_PHY_RST = 2147483648;
var STATUS_FD = 1;
var STATUS_LU = 2;
var STATUS_SPEED_1000 = 128;
var STATUS_ASDV_1000 = 512;
var EECD_SK = 1;
var EECD_CS = 2;
var EECD_DI = 4;
var EECD_DO = 8;
var EECD_REQ = 64;
var EECD_GNT = 128;
var EERD_START = 1;
var EERD_DONE = 16;
var EXT_EE_RST = 8192;
var MDIC_WRITE = 1;
var MDIC_READ = 2;
var MDIC_READY = 268435456;
var MDIC_INTERRUPT = 536870912;
var MDIC_ERROR = 1073741824;
var TXDW = 1;
var TXQE = 2;
var LSC = 4;
var RXDMT0 = 16;
var RXO = 64;
var RXT0 = 128;
var MDAC = 512;
var TXD_LOW = 32768;
var SRPD = 65536;
var CAUSES = 131071;
var RCTL_EN = 2;
var RCTL_SBP = 4;
var RCTL_UPE = 8;
var RCTL_MPE = 16;
var RCTL_LPE = 32;
var RCTL_LBM_SHIFT = 6;
var RCTL_RDMTS_SHIFT = 8;
var RCTL_MO_SHIFT = 12;
var RCTL_BAM = 32768;
var RCTL_BSIZE_SHIFT = 16;
var RCTL_VFE = 262144;
var RCTL_CFIEN = 524288;
var RCTL_CFI = 1048576;
var RCTL_DPF = 4194304;
var RCTL_PMCF = 8388608;
var RCTL_BSEX = 33554432;
var RCTL_SECRC = 67108864;
var TCTL_EN = 2;
var TCTL_PSP = 8;
var FLUSH = 2147483648;
var LWTHRESH_SHIFT = 25;
var PCSS = 255;
var IPOFL = 256;
var TUOFL = 512;
var RAH_AV = 2147483648;
var STATISTICS = 16384;
var CRCERRS = 16384;
var MPC = 16400;
var RLEC = 16448;
var XONRXC = 16456;
var XOFFRXC = 16464;
var FCRUC = 16472;
var PRC64 = 16476;
var GPRC = 16500;
var BPRC = 16504;
var MPRC = 16508;
var GPTC = 16512;
var GORCL = 16520;
var GOTCL = 16528;
var RNBC = 16544;
var RUC = 16548;
var RFC = 16552;
var ROC = 16556;
var RJC = 16560;
var TORL = 16576;
var TOTL = 16584;
var TPR = 16592;
var TPT = 16596;
var PTC64 = 16600;
var MPTC = 16624;
var BPTC = 16628;
var TSCTC = 16632;
var STATISTICS_END = 16640;
var UNKNOWN = 0;
var READ_ONLY = 1;
var PLAIN2 = 2;
var ACTIVE = 3;
var ALL3 = 4294967295;
var ROWS = [
  [CTRL, "CTRL", ACTIVE, 513, ALL3],
  [STATUS, "STATUS", READ_ONLY, 0, 0],
  [EECD, "EECD", ACTIVE, 272, 119],
  [EERD, "EERD", ACTIVE, 0, 0],
  [CTRL_EXT, "CTRL_EXT", ACTIVE, 0, 16777215],
  [MDIC, "MDIC", ACTIVE, MDIC_READY, 0],
  [40, "FCAL", PLAIN2, 12746753, ALL3],
  [44, "FCAH", PLAIN2, 256, 65535],
  [48, "FCT", PLAIN2, 34824, 65535],
  [VET, "VET", PLAIN2, 33024, 65535],
  [ICR, "ICR", ACTIVE, 0, 0],
  [ITR, "ITR", ACTIVE, 0, 65535],
  [ICS, "ICS", ACTIVE, 0, 0],
  [IMS, "IMS", ACTIVE, 0, 0],
  [IMC, "IMC", ACTIVE, 0, 0],
  [RCTL, "RCTL", ACTIVE, 0, 115326974],
  [368, "FCTTV", PLAIN2, 0, 65535],
  [376, "TXCW", PLAIN2, 0, ALL3],
  [TCTL, "TCTL", ACTIVE, 0, 67108858],
  [1040, "TIPG", PLAIN2, 6299656, 1073741823],
  [1112, "AIT", PLAIN2, 0, 65535],
  [LEDCTL, "LEDCTL", PLAIN2, 117867266, ALL3],
  [PBA, "PBA", ACTIVE, 1048624, 65535],
  [8544, "FCRTL", PLAIN2, 0, 2147549176],
  [8552, "FCRTH", PLAIN2, 0, 2147549176],
  [RDBAL, "RDBAL", ACTIVE, 0, 4294967280],
  [RDBAH, "RDBAH", ACTIVE, 0, ALL3],
  [RDLEN, "RDLEN", ACTIVE, 0, 1048448],
  [RDH, "RDH", ACTIVE, 0, 65535],
  [RDT, "RDT", ACTIVE, 0, 65535],
  [RDTR, "RDTR", ACTIVE, 0, 65535],
  [10280, "RXDCTL", PLAIN2, 65536, 20922175],
  [RADV, "RADV", PLAIN2, 0, 65535],
  [RSRPD, "RSRPD", PLAIN2, 0, 4095],
  [TDBAL, "TDBAL", ACTIVE, 0, 4294967280],
  [TDBAH, "TDBAH", ACTIVE, 0, ALL3],
  [TDLEN, "TDLEN", ACTIVE, 0, 1048448],
  [TDH, "TDH", ACTIVE, 0, 65535],
  [TDT, "TDT", ACTIVE, 0, 65535],
  [TIDV, "TIDV", ACTIVE, 0, 65535],
  [TXDCTL, "TXDCTL", PLAIN2, 0, 4282335039],
  [TADV, "TADV", PLAIN2, 0, 65535],
  [14384, "TSPMT", PLAIN2, 16778240, ALL3],
  [RXCSUM, "RXCSUM", PLAIN2, 0, 1023],
  [22528, "WUC", PLAIN2, 0, 15],
  [22536, "WUFC", PLAIN2, 0, 1016063],
  [22544, "WUS", PLAIN2, 0, 0],
  [MANC, "MANC", PLAIN2, 0, ALL3]
];
var STATISTICS_NAMES = "CRCERRS ALGNERRC SYMERRS RXERRC MPC SCC ECOL MCC LATECOL - COLC - DC TNCRS SEC CEXTERR RLEC - XONRXC XONTXC XOFFRXC XOFFTXC FCRUC PRC64 PRC127 PRC255 PRC511 PRC1023 PRC1522 GPRC BPRC MPRC GPTC - GORCL GORCH GOTCL GOTCH - - RNBC RUC RFC ROC RJC MGTPRC MGTPDC MGTPTC TORL TORH TOTL TOTH TPR TPT PTC64 PTC127 PTC255 PTC511 PTC1023 PTC1522 MPTC BPTC TSCTC TSCTFC";
var FILE = 32768;
var kinds = new Uint8Array(FILE >> 2);
var resets2 = new Uint32Array(FILE >> 2);
var masks = new Uint32Array(FILE >> 2);
var names3 = /* @__PURE__ */ new Map();
function define([offset, name, kind, reset, writable3]) {
  kinds[offset >> 2] = kind;
  resets2[offset >> 2] = reset;
  masks[offset >> 2] = writable3;
  names3.set(offset, name);
}
for (const row of ROWS) define(row);
STATISTICS_NAMES.split(" ").forEach((name, at) => {
  if (name !== "-") define([STATISTICS + 4 * at, name, READ_ONLY, 0, 0]);
});
for (let at = 0; at < 128; at++) {
  define([MTA + 4 * at, `MTA[${at}]`, PLAIN2, 0, ALL3]);
  define([VFTA + 4 * at, `VFTA[${at}]`, PLAIN2, 0, ALL3]);
}
for (let at = 0; at < ADDRESSES; at++) {
  define([RAL + 8 * at, `RAL[${at}]`, PLAIN2, 0, ALL3]);
  define([RAH + 8 * at, `RAH[${at}]`, PLAIN2, 0, 2147745791]);
}
function registerName2(offset) {
  return names3.get(offset) ?? `${offset.toString(16).toUpperCase().padStart(5, "0")}h`;
}
var UNDEFINED2 = 2779096485;
function isTable(offset) {
  return offset >= MTA && offset < MTA + 512 || offset >= VFTA && offset < VFTA + 512;
}
var RegisterFile2 = class {
  #values = new Uint32Array(FILE >> 2);
  /** As after power-up. The contents of the filter tables are undefined then, so here they are something that a driver notices. */
  constructor() {
    this.reset();
    for (let at = 0; at < 128; at++) {
      this.set(MTA + 4 * at, UNDEFINED2);
      this.set(VFTA + 4 * at, UNDEFINED2);
    }
  }
  /** Every register to 0, the tables too. */
  clear() {
    this.#values.fill(0);
  }
  /** Resets as CTRL.RST does: hash table and VLAN filter are memories and keep their contents (sections 13.5.1 and 13.5.4). */
  reset() {
    for (let at = 0; at < resets2.length; at++) if (!isTable(4 * at)) this.#values[at] = resets2[at];
  }
  /** READ_ONLY, PLAIN, ACTIVE or UNKNOWN. */
  kind(offset) {
    return offset < FILE ? kinds[offset >> 2] : UNKNOWN;
  }
  get(offset) {
    return this.#values[offset >> 2];
  }
  set(offset, value) {
    this.#values[offset >> 2] = value;
  }
  /** Any of `bits` is set. */
  has(offset, bits) {
    return (this.#values[offset >> 2] & bits) !== 0;
  }
  /** Stores a value that the host writes; bits that cannot be written stay as they are. */
  store(offset, value) {
    const mask = masks[offset >> 2];
    const values = this.#values;
    values[offset >> 2] = values[offset >> 2] & ~mask | value & mask;
  }
};

// hal/simulated/e1000/eeprom-wires.ts
var ADDRESS_BITS = 6;
var WORD_BITS = 16;
var INSTRUCTION_BITS = 3 + ADDRESS_BITS;
var READ = 6;
var WRITE = 5;
var ERASE = 7;
var EXTENDED = 4;
var ENABLE = 3;
var DISABLE = 0;
var BLANK = 65535;
var EepromWires = class {
  #words;
  #violations;
  #lines = 0;
  /** Clocks since the start bit, which is the first of them. */
  #count = 0;
  #instruction = 0;
  #data = 0;
  /** DO, as the EEPROM drives it: high when idle, which after a WRITE means done. */
  #out = true;
  #writable = false;
  constructor(words, violations) {
    this.#words = words;
    this.#violations = violations;
  }
  /** DO, while the chip is selected; null: nobody drives it. */
  get out() {
    return (this.#lines & EECD_CS) !== 0 ? this.#out : null;
  }
  /** EECD was written. */
  drive(lines) {
    if ((lines & (EECD_SK | EECD_CS | EECD_DI)) !== 0 && (lines & EECD_REQ) === 0) this.#violations.note("eeprom-wires", lines);
    const before2 = this.#lines;
    this.#lines = lines;
    if ((lines & EECD_CS) === 0) {
      if ((before2 & EECD_CS) !== 0) this.#deselect();
    } else if ((lines & ~before2 & EECD_SK) !== 0) {
      this.#clock((lines & EECD_DI) !== 0 ? 1 : 0);
    }
  }
  /** The chip was reset and lets go of the wires; an instruction under way is lost. */
  reset() {
    this.#lines = 0;
    this.#begin();
  }
  #begin() {
    this.#count = 0;
    this.#instruction = 0;
    this.#data = 0;
    this.#out = true;
  }
  #clock(bit) {
    if (this.#count === 0 && bit === 0) return;
    const past = this.#count++ - INSTRUCTION_BITS;
    if (past < 0) {
      this.#instruction = this.#instruction << 1 | bit;
      if (past === -1 && this.#opcode === READ) this.#out = false;
    } else if (this.#opcode === READ) {
      const word2 = this.#words[(this.#address + Math.floor(past / WORD_BITS)) % this.#words.length];
      this.#out = (word2 >> WORD_BITS - 1 - past % WORD_BITS & 1) === 1;
    } else if (past < WORD_BITS) {
      this.#data = this.#data << 1 | bit;
    }
  }
  get #opcode() {
    return this.#instruction >> ADDRESS_BITS;
  }
  get #address() {
    return this.#instruction & (1 << ADDRESS_BITS) - 1;
  }
  #deselect() {
    if (this.#count >= INSTRUCTION_BITS) this.#carryOut();
    this.#begin();
  }
  #carryOut() {
    const kind = this.#address >> ADDRESS_BITS - 2;
    if (this.#opcode === EXTENDED && (kind === ENABLE || kind === DISABLE)) this.#writable = kind === ENABLE;
    if (!this.#writable) return;
    if (this.#opcode === ERASE) this.#words[this.#address] = BLANK;
    else if (this.#opcode === WRITE && this.#count >= INSTRUCTION_BITS + WORD_BITS) this.#words[this.#address] = this.#data;
  }
};

// hal/simulated/e1000/eeprom.ts
var WORDS3 = 64;
var CHECKSUM2 = 47802;
var CONTENT = [
  [3, 0],
  // compatibility
  [8, 12288],
  // part number
  [9, 4096],
  [10, 25603],
  // initialization control 1
  [11, 4110],
  // subsystem
  [12, 32902],
  [13, 4110],
  // device
  [14, 32902],
  [15, 12352],
  // initialization control 2
  [33, 30819]
  // initialization control 3
];
var Eeprom = class {
  /** For tests that damage it. */
  words = new Uint16Array(WORDS3).fill(65535);
  wires;
  #violations;
  /** Reads of EERD before it says DONE. */
  #busyReads;
  #left = 0;
  #register = 0;
  constructor(mac2, busyReads, violations) {
    this.#violations = violations;
    this.wires = new EepromWires(this.words, violations);
    this.#busyReads = busyReads;
    for (let at = 0; at < 3; at++) this.words[at] = mac2[2 * at] | mac2[2 * at + 1] << 8;
    for (const [at, value] of CONTENT) this.words[at] = value;
    let sum = 0;
    for (let at = 0; at < WORDS3 - 1; at++) sum += this.words[at];
    this.words[WORDS3 - 1] = CHECKSUM2 - sum;
  }
  /** Writes EERD. */
  command(value) {
    if (this.#left > 0) this.#violations.note("eeprom-busy", value);
    this.#register = value & 65280;
    this.#left = 0;
    if ((value & EERD_START) === 0) return;
    const address = value >>> 8 & 255;
    if (address >= WORDS3) this.#violations.note("eeprom-address", address);
    this.#register |= this.words[address % WORDS3] << 16 | EERD_DONE;
    this.#left = this.#busyReads;
  }
  /** Reads EERD. START stays set as long as it takes. */
  read() {
    if (this.#left === 0) return this.#register >>> 0;
    this.#left--;
    return this.#register & 65280 | EERD_START;
  }
  reset() {
    this.#register = 0;
    this.#left = 0;
    this.wires.reset();
  }
};

// hal/simulated/e1000/interrupts.ts
var INTERVAL5 = 256e-6;
var Interrupts = class {
  line = new SimulatedInterrupt();
  #clock;
  #timer;
  #causes = 0;
  #mask = 0;
  /** In ms. */
  #interval = 0;
  #notBefore = 0;
  #enabled = false;
  constructor(clock) {
    this.#clock = clock;
    this.#timer = clock.timer(() => this.signal());
  }
  get causes() {
    return this.#causes;
  }
  get mask() {
    return this.#mask;
  }
  /** Sets causes. The line follows with signal(), at the end of the chip's current work. */
  raise(causes) {
    this.#causes |= causes & CAUSES;
  }
  clear(causes) {
    this.#causes &= ~causes;
    this.signal();
  }
  allow(causes) {
    this.#mask |= causes & CAUSES;
    this.signal();
  }
  forbid(causes) {
    this.#mask &= ~causes;
    this.signal();
  }
  /** ITR, in its units. A running interval is not changed by a new value, but 0 ends it, and the line may follow: signal(). */
  throttle(units) {
    this.#interval = units * INTERVAL5;
    if (units > 0) return;
    this.#notBefore = 0;
    this.#timer.cancel();
  }
  /** Whether the line reaches anybody. */
  set enabled(enabled) {
    this.#enabled = enabled;
    this.signal();
  }
  reset() {
    this.#causes = 0;
    this.#mask = 0;
    this.#interval = 0;
    this.#notBefore = 0;
    this.#timer.cancel();
    this.signal();
  }
  signal() {
    const line = this.line;
    if (!this.#enabled || (this.#causes & this.#mask) === 0) {
      line.set(false);
      return;
    }
    if (line.asserted) return;
    if (this.#interval > 0 || this.#notBefore > 0) {
      const now = this.#clock.now();
      if (now < this.#notBefore) {
        if (!this.#timer.armed) this.#timer.armAt(this.#notBefore);
        return;
      }
      this.#notBefore = this.#interval > 0 ? now + this.#interval : 0;
    }
    line.set(true);
  }
};

// hal/simulated/e1000/mdic.ts
var PHY_ADDRESS = 1;
var Mdic2 = class {
  #phy;
  #violations;
  /** Reads of MDIC before it says READY. */
  #busyReads;
  #left = 0;
  #register = MDIC_READY;
  constructor(phy, busyReads, violations) {
    this.#phy = phy;
    this.#busyReads = busyReads;
    this.#violations = violations;
  }
  /** Writes MDIC; true when that ends in an interrupt. */
  command(value) {
    if (this.#left > 0) this.#violations.note("mdic-busy", value);
    const opcode = value >>> 26 & 3;
    const register = value >>> 16 & 31;
    const interrupts = (value & MDIC_INTERRUPT) !== 0;
    this.#register = value & (268435455 | MDIC_INTERRUPT) | MDIC_READY;
    this.#left = interrupts ? 0 : this.#busyReads;
    if (opcode !== MDIC_READ && opcode !== MDIC_WRITE) this.#violations.note("mdic-command", value);
    else if ((value >>> 21 & 31) !== PHY_ADDRESS) this.#register |= MDIC_ERROR;
    else if (opcode === MDIC_WRITE) this.#phy.write(register, value & 65535);
    else this.#register = this.#register & ~65535 | this.#phy.read(register);
    return interrupts;
  }
  read() {
    if (this.#left === 0) return this.#register >>> 0;
    this.#left--;
    return (this.#register & ~MDIC_READY) >>> 0;
  }
  reset() {
    this.#register = MDIC_READY;
    this.#left = 0;
  }
};

// hal/simulated/e1000/memory.ts
var LONGEST6 = 16384 + 64;
var FIFO_BYTES = 65536;
var FIFO_ROOM = 2 * FIFO_BYTES;
var ChipMemory = class {
  bytes;
  words;
  base;
  /** Everything: host memory from 0, then the chip's. */
  all;
  /** Offsets in `all`: the frame that comes from the wire, the frame that is put together to be sent, the receive FIFO. */
  receiveAt;
  transmitAt;
  fifoAt;
  fifoRoom = FIFO_ROOM;
  /** The frame from the wire; the first SLOT_BYTES of it, as large as packet memory; and the same of the frame to be sent. */
  receive;
  transmit;
  transmitSlot;
  /** `receive` and `transmit`, to be summed. */
  incoming;
  outgoing;
  constructor(size, base) {
    if (!Number.isSafeInteger(size) || size < 4096 || size % 4096 !== 0) {
      throw new RangeError(`shared memory of ${size} bytes: a multiple of 4096 is needed`);
    }
    if (!Number.isSafeInteger(base) || base < 0 || base % 4096 !== 0 || base + size > 2 ** 32) {
      throw new RangeError(`shared memory at ${base}: a multiple of 4096 is needed, and an end below 2^32`);
    }
    this.base = base;
    this.receiveAt = size;
    this.transmitAt = size + LONGEST6;
    this.fifoAt = size + 2 * LONGEST6;
    const buffer = new ArrayBuffer(this.fifoAt + FIFO_ROOM);
    this.all = new Uint8Array(buffer);
    this.bytes = new Uint8Array(buffer, 0, size);
    this.words = new Uint32Array(buffer, 0, size >> 2);
    this.receive = new Uint8Array(buffer, this.receiveAt, LONGEST6);
    this.transmit = new Uint8Array(buffer, this.transmitAt, LONGEST6);
    this.incoming = { bytes: this.receive, halves: new Uint16Array(buffer, this.receiveAt, LONGEST6 >> 1) };
    this.outgoing = { bytes: this.transmit, halves: new Uint16Array(buffer, this.transmitAt, LONGEST6 >> 1) };
    this.transmitSlot = new Uint8Array(buffer, this.transmitAt, SLOT_BYTES);
  }
  /** Offset in `bytes` of the bus address high:low, or -1 when `length` bytes from there do not all lie in host memory. */
  offset(low, high, length) {
    const at = low - this.base;
    return high === 0 && at >= 0 && at + length <= this.bytes.length ? at : -1;
  }
  /** Brings a frame from the wire's memory into the chip's, at the start of `receive`. */
  load(bytes, length) {
    const { receive } = this;
    if (bytes.length <= receive.length) receive.set(bytes);
    else for (let at = 0; at < length; at++) receive[at] = bytes[at];
  }
};

// hal/simulated/e1000/phy.ts
var BMCR = 0;
var BMSR = 1;
var SPECIFIC_STATUS = 17;
var BMCR_RESET = 32768;
var BMCR_LOOPBACK = 16384;
var BMCR_POWER_DOWN = 2048;
var BMCR_ISOLATE = 1024;
var BMCR_RESTART = 512;
var BMSR_ABILITIES = 31049;
var BMSR_NEGOTIATED = 32;
var BMSR_LINK = 4;
var SPECIFIC_UP = 44032;
var REGISTERS2 = [
  [BMCR, 4416, 32192],
  [BMSR, BMSR_ABILITIES, 0],
  [2, 321, 0],
  // Marvell's identifier
  [3, 3104, 0],
  // model 88E1011
  [4, 3553, 65535],
  // advertised
  [5, 480, 0],
  // partner's abilities
  [6, 0, 0],
  [7, 8193, 65535],
  // next page
  [8, 0, 0],
  [9, 3584, 65280],
  // 1000BASE-T control
  [10, 15360, 0],
  // 1000BASE-T status: both receivers fine, partner does 1000
  [15, 12288, 0],
  // extended status: 1000BASE-T
  [16, 864, 65535],
  // specific control
  [17, 0, 0],
  [18, 0, 65535],
  // interrupt enable
  [19, 0, 0],
  [20, 3424, 65535],
  // extended specific control
  [21, 0, 0],
  // receive errors
  [24, 16640, 65535],
  // LED control
  [29, 0, 65535],
  [30, 0, 65535]
];
var ABSENT = -1;
var writable2 = new Int32Array(32).fill(ABSENT);
for (const [address, , bits] of REGISTERS2) writable2[address] = bits;
var Phy4 = class {
  /** Called when `link` has changed. */
  onLink = () => {
  };
  #violations;
  #registers = new Uint16Array(32);
  #negotiation;
  #timer;
  #wire = false;
  #held = false;
  #link = false;
  /** BMSR's link bit: the link has been up ever since it was read (IEEE 802.3 clause 22.2.4.2.13). */
  #latched = false;
  /** @param negotiation ms from the wire's link to the PHY's */
  constructor(clock, negotiation, violations) {
    this.#violations = violations;
    this.#negotiation = negotiation;
    this.#timer = clock.timer(() => this.#set(this.#able));
    this.#fill();
  }
  get link() {
    return this.#link;
  }
  /** Loopback: frames that are sent come back, and none gets on the wire. */
  get loopsBack() {
    return this.#has(BMCR_LOOPBACK);
  }
  set wire(up) {
    this.#wire = up;
    this.#update();
  }
  /** CTRL.PHY_RST resets the registers, and there is no link while it is held. */
  set held(held) {
    this.#held = held;
    if (held) this.#fill();
    this.#update();
  }
  read(address) {
    const bits = writable2[address];
    if (bits === ABSENT) {
      this.#violations.note("unknown-phy-register", address);
      return 0;
    }
    if (address === SPECIFIC_STATUS) return this.#link ? SPECIFIC_UP : 0;
    if (address !== BMSR) return this.#registers[address];
    const status = BMSR_ABILITIES | (this.#link ? BMSR_NEGOTIATED : 0) | (this.#latched ? BMSR_LINK : 0);
    this.#latched = this.#link;
    return status;
  }
  write(address, value) {
    const bits = writable2[address];
    if (bits === ABSENT || bits === 0) {
      this.#violations.note(bits === 0 ? "read-only-phy-register" : "unknown-phy-register", address);
      return;
    }
    if (address === BMCR && (value & BMCR_RESET) !== 0) {
      this.#fill();
      this.#renegotiate();
      return;
    }
    this.#registers[address] = this.#registers[address] & ~bits | value & bits;
    if (address !== BMCR) return;
    if ((value & BMCR_RESTART) !== 0) this.#renegotiate();
    else this.#update();
  }
  get #able() {
    return this.#wire && !this.#held && !this.#has(BMCR_POWER_DOWN) && !this.#has(BMCR_ISOLATE);
  }
  #has(bits) {
    return (this.#registers[BMCR] & bits) !== 0;
  }
  #fill() {
    this.#registers.fill(0);
    for (const [address, reset] of REGISTERS2) this.#registers[address] = reset;
  }
  #renegotiate() {
    this.#timer.cancel();
    this.#set(false);
    this.#update();
  }
  #update() {
    if (!this.#able) {
      this.#timer.cancel();
      this.#set(false);
    } else if (!this.#link && !this.#timer.armed) {
      if (this.#negotiation > 0) this.#timer.arm(this.#negotiation);
      else this.#set(true);
    }
  }
  #set(link2) {
    if (link2 === this.#link) return;
    this.#link = link2;
    if (!link2) this.#latched = false;
    this.onLink();
  }
};

// hal/simulated/e1000/quirks.ts
var SILICON = {
  resetValues: false,
  weakReset: false,
  linkWithoutSlu: false,
  linkUpDelay: 0,
  receiveHold: 0,
  instantManagement: false,
  hashesUnicast: false,
  hidesHash: false,
  padsReceived: false,
  omitsFcs: false,
  tagsEveryDescriptor: false,
  noReceiveChecksum: false,
  noReceiveFifo: false,
  thresholdEveryFrame: false,
  countsAcceptedOnly: false,
  noPadding: false,
  alwaysAppendsFcs: false,
  transmitsWithoutLink: false,
  noMacLoopback: false,
  noDelays: false,
  ignoresControlFrames: false
};
var QEMU = {
  resetValues: true,
  weakReset: true,
  linkWithoutSlu: true,
  linkUpDelay: 500,
  receiveHold: 1e3,
  instantManagement: true,
  hashesUnicast: true,
  hidesHash: true,
  padsReceived: true,
  omitsFcs: true,
  tagsEveryDescriptor: true,
  noReceiveChecksum: true,
  noReceiveFifo: true,
  thresholdEveryFrame: true,
  countsAcceptedOnly: true,
  noPadding: true,
  alwaysAppendsFcs: true,
  transmitsWithoutLink: true,
  noMacLoopback: true,
  noDelays: true,
  ignoresControlFrames: true
};
function quirksOf(asked) {
  if (asked === "none") return SILICON;
  if (asked === "qemu") return QEMU;
  return { ...SILICON, ...asked };
}

// hal/simulated/e1000/filters.ts
function typeOf2(bytes) {
  return bytes[12] << 8 | bytes[13];
}
var REJECTED = 0;
var ACCEPTED = 1;
var HASHED = 2;
function filter(registers, quirks, bytes) {
  const control2 = registers.get(RCTL);
  if ((control2 & RCTL_VFE) !== 0 && typeOf2(bytes) === registers.get(VET)) {
    const tag = bytes[14] << 8 | bytes[15];
    const canonical = (tag & 4096) !== 0;
    if ((control2 & RCTL_CFIEN) !== 0 && canonical !== ((control2 & RCTL_CFI) !== 0)) return REJECTED;
    const id = tag & 4095;
    if (!registers.has(VFTA + 4 * (id >> 5), 1 << (id & 31))) return REJECTED;
  }
  const group = (bytes[0] & 1) !== 0;
  if ((control2 & (group ? RCTL_MPE : RCTL_UPE)) !== 0) return ACCEPTED;
  if ((control2 & RCTL_BAM) !== 0 && isBroadcast(bytes, 0)) return ACCEPTED;
  if (isListed(registers, bytes)) return ACCEPTED;
  const hashed = (group || quirks.hashesUnicast) && isHashed(registers, bytes, control2 >> RCTL_MO_SHIFT & 3);
  return hashed ? HASHED : REJECTED;
}
function isListed(registers, bytes) {
  const low = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24 | 0;
  const high = bytes[4] | bytes[5] << 8;
  for (let entry = 0; entry < 8 * ADDRESSES; entry += 8) {
    const upper = registers.get(RAH + entry);
    if ((upper & RAH_AV) !== 0 && (upper & 65535) === high && (registers.get(RAL + entry) | 0) === low) return true;
  }
  return false;
}
function hashOf3(bytes, offset) {
  const shift = offset === 3 ? 0 : 4 - offset;
  return (bytes[4] | bytes[5] << 8) >> shift & 4095;
}
function isHashed(registers, bytes, offset) {
  const hash2 = hashOf3(bytes, offset);
  return registers.has(MTA + 4 * (hash2 >> 5), 1 << (hash2 & 31));
}

// hal/simulated/e1000/checksum.ts
var IXSM2 = 4;
var TCPCS2 = 32;
var IPCS = 64;
var TCPE2 = 32 << 8;
var IPE = 64 << 8;
var TYPE_IPV4 = 2048;
var TYPE_IPV6 = 34525;
var IPV6_HEADER = 40;
var TCP = 6;
var UDP = 17;
var HEADER7 = 14;
var SNAP = 8;
function sumOf(frame, at, end2, sum) {
  if (at >= end2) return fold(sum);
  const { halves } = frame;
  const odd = (at & 1) !== 0;
  let half = at >> 1;
  const stop = end2 >> 1;
  let total = 0;
  if (odd) total = halves[half++] & 65280;
  for (; half + 4 <= stop; half += 4) {
    total += halves[half] + halves[half + 1] + halves[half + 2] + halves[half + 3];
  }
  for (; half < stop; half++) total += halves[half];
  if ((end2 & 1) !== 0) total += halves[stop] & 255;
  total = fold(total);
  return fold((odd ? total : (total & 255) << 8 | total >> 8) + sum);
}
function fold(sum) {
  const once = (sum & 65535) + (sum >>> 16);
  return (once & 65535) + (once >>> 16);
}
function judge(frame, length, tagged, enabled) {
  const { bytes } = frame;
  let at = tagged ? HEADER7 + 4 : HEADER7;
  if (length < at + SNAP) return IXSM2;
  let type = bytes[at - 2] << 8 | bytes[at - 1];
  if (type <= 1500 && isSnap(bytes, at)) {
    at += SNAP;
    type = bytes[at - 2] << 8 | bytes[at - 1];
  }
  let said = 0;
  if (type === TYPE_IPV4) said = judgeIpv4(frame, at, length, enabled);
  else if (type === TYPE_IPV6 && (enabled & TUOFL) !== 0) said = judgeIpv6(frame, at, length);
  return said === 0 ? IXSM2 : said;
}
function isTagged(bytes, vet) {
  return typeOf2(bytes) === vet;
}
function isSnap(bytes, at) {
  return bytes[at] === 170 && bytes[at + 1] === 170 && bytes[at + 2] === 3 && bytes[at + 3] === 0 && bytes[at + 4] === 0;
}
function judgeIpv4(frame, at, length, enabled) {
  const { bytes } = frame;
  const first = bytes[at];
  const header = 4 * (first & 15);
  if (first >> 4 !== 4 || header < 20 || at + header > length) return 0;
  let said = 0;
  if ((enabled & IPOFL) !== 0) said = sumOf(frame, at, at + header, 0) === 65535 ? IPCS : IPCS | IPE;
  if ((enabled & TUOFL) === 0) return said;
  const total = bytes[at + 2] << 8 | bytes[at + 3];
  const fragment = (bytes[at + 6] << 8 | bytes[at + 7]) & 16383;
  if (fragment !== 0 || total < header || at + total > length) return said;
  const addresses = sumOf(frame, at + 12, at + 20, 0);
  return said | judgeTransport(frame, at + header, at + total, bytes[at + 9], addresses);
}
function judgeIpv6(frame, at, length) {
  const { bytes } = frame;
  if (bytes[at] >> 4 !== 6 || at + IPV6_HEADER > length) return 0;
  const end2 = at + IPV6_HEADER + (bytes[at + 4] << 8 | bytes[at + 5]);
  if (end2 > length) return 0;
  return judgeTransport(frame, at + IPV6_HEADER, end2, bytes[at + 6], sumOf(frame, at + 8, at + 40, 0));
}
function judgeTransport(frame, at, end2, protocol, addresses) {
  const { bytes } = frame;
  if (protocol !== TCP && protocol !== UDP) return 0;
  const field = at + (protocol === TCP ? 16 : 6);
  if (field + 2 > end2) return 0;
  if (protocol === UDP && bytes[field] === 0 && bytes[field + 1] === 0) return 0;
  return sumOf(frame, at, end2, addresses + protocol + (end2 - at)) === 65535 ? TCPCS2 : TCPCS2 | TCPE2;
}

// hal/simulated/e1000/delay.ts
var UNIT = 1024e-6;
var InterruptDelay = class {
  #clock;
  #timer;
  #fire;
  #waiting = false;
  /** End of the packet timer, in the clock's ms. Each event moves it; the clock's timer follows when it fires. */
  #packet = 0;
  #absolute = 0;
  constructor(clock, fire) {
    this.#clock = clock;
    this.#fire = fire;
    this.#timer = clock.timer(() => this.#expire());
  }
  /** An event with these delays, in units; an absolute delay of 0 means none. */
  start(packet, absolute) {
    const now = this.#clock.now();
    this.#packet = now + packet * UNIT;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#absolute = absolute === 0 ? Number.POSITIVE_INFINITY : now + absolute * UNIT;
    this.#timer.armAt(Math.min(this.#packet, this.#absolute));
  }
  /** Raises the interrupt now and ends a delay under way. */
  flush() {
    this.cancel();
    this.#fire();
  }
  cancel() {
    this.#waiting = false;
    this.#timer.cancel();
  }
  #expire() {
    const due = Math.min(this.#packet, this.#absolute);
    if (this.#clock.now() < due) {
      this.#timer.armAt(due);
      return;
    }
    this.#waiting = false;
    this.#fire();
  }
};

// hal/simulated/e1000/fifo.ts
var UNIT2 = 16;
var MOST_FRAMES = FIFO_BYTES / (2 * UNIT2);
var ReceiveFifo = class {
  /** Frames that wait. */
  count = 0;
  /** Bytes of packet buffer memory that they take. */
  used = 0;
  #memory;
  #registers;
  #places = new Int32Array(MOST_FRAMES);
  #lengths = new Int32Array(MOST_FRAMES);
  #marks = new Int32Array(MOST_FRAMES);
  #first = 0;
  /** Place of the next frame. The room is larger than the part that may be used: see ChipMemory. */
  #next = 0;
  constructor({ memory, registers }) {
    this.#memory = memory;
    this.#registers = registers;
  }
  /** A frame of `length` bytes, FCS apart, would find room. */
  fits(length) {
    const capacity = Math.min(this.#registers.get(PBA) & 65535, FIFO_BYTES / 1024) * 1024;
    return this.used + sizeOf(length) <= capacity && this.count < MOST_FRAMES;
  }
  /** Takes in the frame in `memory.receive`, of `length` bytes; `mark` comes out with it. Ask fits() before. */
  push(length, mark) {
    const memory = this.#memory;
    if (this.#next + length > memory.fifoRoom) this.#next = 0;
    const at = memory.fifoAt + this.#next;
    memory.all.copyWithin(at, memory.receiveAt, memory.receiveAt + length);
    this.#next += length;
    const slot = (this.#first + this.count) % MOST_FRAMES;
    this.#places[slot] = at;
    this.#lengths[slot] = length;
    this.#marks[slot] = mark;
    this.count++;
    this.used += sizeOf(length);
  }
  get length() {
    return this.#lengths[this.#first];
  }
  get mark() {
    return this.#marks[this.#first];
  }
  /** Brings the oldest frame back to `memory.receive`; it stays in the FIFO. */
  load() {
    const at = this.#places[this.#first];
    this.#memory.all.copyWithin(this.#memory.receiveAt, at, at + this.length);
  }
  /** The oldest frame is gone. */
  shift() {
    this.used -= sizeOf(this.length);
    this.#first = (this.#first + 1) % MOST_FRAMES;
    this.count--;
  }
  clear() {
    this.count = 0;
    this.used = 0;
    this.#next = 0;
  }
};
function sizeOf(length) {
  return UNIT2 + (length + FCS_BYTES + UNIT2 - 1 & -UNIT2);
}

// hal/simulated/e1000/ring.ts
var DESCRIPTOR_BYTES2 = 16;
var DESCRIPTOR_WORDS2 = 4;
var MOST_BYTES = 65536;
var BAH = 4;
var LEN = 8;
var HEAD = 16;
var TAIL = 24;
var Ring2 = class {
  /** Descriptors in the ring; 0: it cannot be used. */
  count = 0;
  head = 0;
  tail = 0;
  #bal;
  /** Descriptors must be given with their status word cleared, as those of reception. */
  #clear;
  #registers;
  #memory;
  #violations;
  /** Offset of descriptor 0 in `memory.words`. */
  #first = 0;
  #given = new Uint32Array(MOST_BYTES / 4);
  /** The ring has changed since its tail was written: the contents remembered then are those of other descriptors, or of none. */
  #changed = false;
  /** @param bal offset of RDBAL or TDBAL */
  constructor(bal, { registers, memory, violations }) {
    this.#bal = bal;
    this.#clear = bal === RDBAL;
    this.#registers = registers;
    this.#memory = memory;
    this.#violations = violations;
  }
  /** Descriptors that are the hardware's. */
  get owned() {
    const count = this.tail - this.head;
    return count < 0 ? count + this.count : count;
  }
  /** There is a ring, and head and tail are in it. */
  get usable() {
    return this.head < this.count && this.tail < this.count;
  }
  /** Index in `memory.words` of the head descriptor. */
  get word() {
    return this.#first + DESCRIPTOR_WORDS2 * this.head;
  }
  reset() {
    this.count = 0;
    this.head = 0;
    this.tail = 0;
    this.#changed = false;
  }
  /** A register of the ring was written, and stored. @param running the ring's engine is enabled */
  configure(offset, value, running) {
    const registers = this.#registers;
    if (running) this.#violations.note("ring-changed", offset);
    if (offset === this.#bal && (value & 15) !== 0) this.#violations.note("ring-alignment", offset);
    if (offset === this.#bal + LEN && ((value & 127) !== 0 || value > MOST_BYTES)) this.#violations.note("ring-length", offset);
    if (offset === this.#bal + HEAD) this.head = registers.get(offset);
    else this.#locate();
    this.#changed = this.head !== this.tail;
    if (running) this.#renew();
  }
  /** The engine is switched on. Notes a ring that cannot work. */
  check() {
    this.#renew();
    if (this.count > 0 || this.head === this.tail) return;
    const missing = this.#registers.get(this.#bal + LEN) === 0;
    this.#violations.note(missing ? "ring-missing" : "ring-outside-memory", this.#bal);
  }
  /** The tail was written. */
  give(tail) {
    const register = this.#bal + TAIL;
    const before2 = this.owned;
    let at = this.tail;
    this.tail = tail;
    if (tail >= this.count) {
      if (tail > 0) this.#violations.note(this.count === 0 ? "ring-missing" : "tail-beyond-ring", register);
      return;
    }
    if (this.head >= this.count) return;
    if (at >= this.count) at = this.head;
    else if (this.owned < before2) {
      this.#violations.note("tail-moved-back", register);
      return;
    }
    this.#remember(at);
  }
  /** Notes a head descriptor that has changed since it was given. */
  verify() {
    const words = this.#memory.words;
    const given = this.#given;
    const from = this.word;
    const to = DESCRIPTOR_WORDS2 * this.head;
    if (given[to] !== words[from] || given[to + 1] !== words[from + 1] || given[to + 2] !== words[from + 2] || given[to + 3] !== words[from + 3]) {
      this.#violations.note("descriptor-changed", this.#address(this.head));
    }
  }
  /** The head descriptor is done with. */
  advance() {
    this.head = this.head + 1 === this.count ? 0 : this.head + 1;
  }
  /** Contents of the descriptors from index `from` up to the tail. */
  #remember(from) {
    const words = this.#memory.words;
    const given = this.#given;
    for (let at = from; at !== this.tail; at = at + 1 === this.count ? 0 : at + 1) {
      const source = this.#first + DESCRIPTOR_WORDS2 * at;
      const to = DESCRIPTOR_WORDS2 * at;
      given[to] = words[source];
      given[to + 1] = words[source + 1];
      given[to + 2] = words[source + 2];
      given[to + 3] = words[source + 3];
      if (this.#clear && words[source + 3] !== 0) this.#violations.note("descriptor-done", this.#address(at));
    }
  }
  /** The ring is as the engine will use it, or it is in use already. */
  #renew() {
    if (!this.#changed || !this.usable) return;
    this.#changed = false;
    this.#remember(this.head);
  }
  #address(index) {
    return this.#memory.base + 4 * this.#first + DESCRIPTOR_BYTES2 * index;
  }
  #locate() {
    const registers = this.#registers;
    const bytes = Math.min(registers.get(this.#bal + LEN), MOST_BYTES);
    const at = this.#memory.offset(registers.get(this.#bal), registers.get(this.#bal + BAH), bytes);
    this.count = at < 0 ? 0 : bytes / DESCRIPTOR_BYTES2;
    this.#first = at < 0 ? 0 : at >> 2;
  }
};

// hal/simulated/e1000/rx-engine.ts
var SHORTEST7 = 60;
var LONGEST7 = 1522;
var LONGEST_LONG = 16384;
var ADDRESSES2 = 12;
var TAG = 4;
var DD2 = 1;
var EOP2 = 2;
var VP = 8;
var PIF = 128;
var CE = 1 << 8;
var BAD = 65536;
var TYPE_CONTROL2 = 34824;
var OPCODE_PAUSE2 = 1;
var RxEngine = class {
  ring;
  fifo;
  #registers;
  #memory;
  #statistics;
  #interrupts;
  #counters;
  #violations;
  #quirks;
  #delay;
  #hold;
  /** The chip may use the bus. */
  #master = false;
  /** From RCTL, when it was written. */
  #enabled = false;
  #bufferBytes = 2048;
  #threshold = 0;
  /** Bytes of the FIFO's oldest frame that are in host memory already. */
  #done = 0;
  constructor(context) {
    const { clock, interrupts } = context;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#statistics = context.statistics;
    this.#interrupts = interrupts;
    this.#counters = context.counters;
    this.#violations = context.violations;
    this.#quirks = context.quirks;
    this.ring = new Ring2(RDBAL, context);
    this.fifo = new ReceiveFifo(context);
    this.#delay = new InterruptDelay(clock, () => {
      interrupts.raise(RXT0);
      interrupts.signal();
    });
    this.#hold = clock.timer(() => {
      this.drain();
      interrupts.signal();
    });
  }
  get enabled() {
    return this.#enabled;
  }
  set master(master) {
    this.#master = master;
    this.drain();
  }
  reset() {
    this.#counters.purged += this.fifo.count;
    this.fifo.clear();
    this.ring.reset();
    this.#delay.cancel();
    this.#hold.cancel();
    this.#enabled = false;
    this.#done = 0;
  }
  /** RCTL was written. */
  control() {
    const control2 = this.#registers.get(RCTL);
    const size = control2 >> RCTL_BSIZE_SHIFT & 3;
    const extended = (control2 & RCTL_BSEX) !== 0;
    if (extended && size === 0) this.#violations.note("reserved-buffer-size", control2);
    this.#bufferBytes = extended && size !== 0 ? 32768 >> size : 2048 >> size;
    const loopback = control2 >> RCTL_LBM_SHIFT & 3;
    if (loopback === 1 || loopback === 2) this.#violations.note("reserved-loopback", control2);
    const enabled = (control2 & RCTL_EN) !== 0;
    if (enabled && !this.#enabled) this.ring.check();
    this.#enabled = enabled;
    if (this.#quirks.receiveHold > 0) this.#hold.arm(this.#quirks.receiveHold);
    this.drain();
  }
  /** RDT was written. */
  give(tail) {
    this.ring.give(tail);
    this.drain();
  }
  /** RDTR was written with its flush bit: a delayed interrupt comes now. */
  flush() {
    this.#delay.flush();
  }
  /** One frame without its FCS. */
  frame(bytes, length, fcsOk) {
    if (!this.#enabled) {
      this.#counters.deaf++;
      return;
    }
    if (this.#quirks.noReceiveFifo) {
      this.#outside(bytes, length, fcsOk);
      return;
    }
    const mark = this.#admit(bytes, length, fcsOk);
    if (mark < 0) return;
    const { fifo } = this;
    const free = this.#ready ? this.ring.owned : 0;
    if (free === 0) this.#statistics.count(RNBC);
    const direct = fifo.count === 0 && free * this.#bufferBytes >= length + FCS_BYTES;
    if (!direct && !fifo.fits(length)) {
      this.#statistics.count(MPC);
      this.#interrupts.raise(RXO);
      this.#counters.missed++;
      return;
    }
    if ((mark & BAD) === 0) this.#countGood(bytes, length);
    this.#memory.load(bytes, length);
    if (direct) {
      this.#store(length, mark);
    } else {
      fifo.push(length, mark);
      this.drain();
    }
  }
  /** A frame of our own, round the loop. In QEMU it does not wait. */
  loop(bytes, length) {
    if (this.#quirks.noReceiveFifo && !(this.#ready && this.ring.owned > 0)) this.#counters.missed++;
    else this.frame(bytes, length, true);
  }
  /** Moves frames that wait in the FIFO to host memory, as far as there are descriptors. */
  drain() {
    const { fifo } = this;
    while (fifo.count > 0 && this.#enabled && this.#ready && this.ring.owned > 0) {
      fifo.load();
      if (this.#quirks.noReceiveFifo) {
        const { length, mark } = fifo;
        fifo.shift();
        this.#late(length, mark !== 0);
      } else {
        if (!this.#store(fifo.length, fifo.mark)) return;
        fifo.shift();
      }
    }
  }
  /** Frames can be moved to host memory, if there are descriptors. */
  get #ready() {
    return this.#master && this.ring.usable && !this.#hold.armed;
  }
  /** Applies length, address and VLAN filters and counts. Returns further bits for the descriptor, or -1 to drop the frame. */
  #admit(bytes, length, fcsOk) {
    const statistics = this.#statistics;
    const registers = this.#registers;
    const counters = this.#counters;
    const quirks = this.#quirks;
    const total = length + FCS_BYTES;
    if (!quirks.countsAcceptedOnly) this.#countAll(total);
    if (!quirks.ignoresControlFrames && length >= 16 && typeOf2(bytes) === TYPE_CONTROL2 && !this.#control(bytes)) {
      counters.control++;
      return -1;
    }
    const verdict = filter(registers, quirks, bytes);
    if (verdict === REJECTED) {
      counters.filtered++;
      return -1;
    }
    const stores = registers.has(RCTL, RCTL_SBP);
    let mark = verdict === HASHED && !quirks.hidesHash ? PIF : 0;
    if (total > (registers.has(RCTL, RCTL_LPE) ? LONGEST_LONG : LONGEST7)) {
      statistics.count(fcsOk ? ROC : RJC);
      statistics.count(RLEC);
      mark |= BAD;
      if (!stores || total > LONGEST_LONG) {
        counters.tooLong++;
        return -1;
      }
    } else if (length < SHORTEST7) {
      statistics.count(fcsOk ? RUC : RFC);
      statistics.count(RLEC);
      mark |= BAD;
      if (!stores) {
        counters.runts++;
        return -1;
      }
    } else if (!fcsOk) {
      statistics.count(CRCERRS);
    }
    if (fcsOk) return mark;
    if (!stores) {
      counters.damaged++;
      return -1;
    }
    return mark | BAD | CE;
  }
  /**
   * Counts a MAC control frame. Returns whether RCTL lets the host have it, if the address filters do (section 13.4.22, DPF and
   * PMCF).
   */
  #control(bytes) {
    const registers = this.#registers;
    if ((bytes[14] << 8 | bytes[15]) !== OPCODE_PAUSE2) {
      this.#statistics.count(FCRUC);
      return registers.has(RCTL, RCTL_PMCF);
    }
    const xon = bytes[16] === 0 && bytes[17] === 0;
    this.#statistics.count(xon ? XONRXC : XOFFRXC);
    const group = (bytes[0] & 1) !== 0;
    return group || !registers.has(RCTL, RCTL_DPF);
  }
  #countAll(total) {
    this.#statistics.count(TPR);
    this.#statistics.add(TORL, total);
  }
  #countGood(bytes, length) {
    const statistics = this.#statistics;
    statistics.count(GPRC);
    statistics.add(GORCL, length + FCS_BYTES);
    statistics.size(PRC64, length + FCS_BYTES);
    if ((bytes[0] & 1) === 0) return;
    statistics.count(isBroadcast(bytes, 0) ? BPRC : MPRC);
  }
  /** QEMU's way in: a frame that cannot be taken yet waits outside. */
  #outside(bytes, length, fcsOk) {
    this.#memory.load(bytes, length);
    if (this.#ready && this.ring.owned > 0) {
      this.#late(length, fcsOk);
    } else if (this.fifo.fits(length)) {
      this.fifo.push(length, fcsOk ? 1 : 0);
    } else {
      this.#counters.missed++;
    }
  }
  /** QEMU's way in, for the frame in `memory.receive`, once there is a descriptor. */
  #late(arrived, fcsOk) {
    const { receive } = this.#memory;
    let length = arrived;
    if (this.#quirks.padsReceived && length < SHORTEST7) {
      receive.fill(0, length, SHORTEST7);
      length = SHORTEST7;
    }
    const mark = this.#admit(receive, length, fcsOk);
    if (mark < 0) return;
    const registers = this.#registers;
    const stripped = registers.has(CTRL, CTRL_VME) && isTagged(receive, registers.get(VET)) ? TAG : 0;
    const total = length - stripped + (registers.has(RCTL, RCTL_SECRC) ? 0 : FCS_BYTES);
    if (this.ring.owned * this.#bufferBytes < total) {
      this.#statistics.count(RNBC);
      this.#statistics.count(MPC);
      this.#interrupts.raise(RXO);
      this.#counters.missed++;
      return;
    }
    if (this.#quirks.countsAcceptedOnly) this.#countAll(length + FCS_BYTES);
    if ((mark & BAD) === 0) this.#countGood(receive, length);
    this.#store(length, mark);
  }
  /**
   * Moves the frame in `memory.receive` to host memory, from #done on. False: descriptors ran out, it is not through.
   * @param mark the value of #admit() for it
   */
  #store(length, mark) {
    const { ring } = this;
    const registers = this.#registers;
    const memory = this.#memory;
    const frame = memory.receive;
    let start2 = 0;
    let end2 = length;
    let last = mark & 255 | DD2 | EOP2;
    let special = 0;
    let checksum3 = 0;
    const tagged = isTagged(frame, registers.get(VET));
    const enabled = registers.get(RXCSUM);
    const verdict = enabled === 0 || this.#quirks.noReceiveChecksum ? IXSM2 : judge(memory.incoming, length, tagged, enabled);
    if (!registers.has(RCTL, RCTL_SECRC)) {
      if (!this.#quirks.omitsFcs) this.#appendFcs(length, (mark & CE) === 0);
      end2 += FCS_BYTES;
    }
    if (tagged && registers.has(CTRL, CTRL_VME)) {
      special = frame[14] << 8 | frame[15];
      last |= VP;
      frame.copyWithin(TAG, 0, ADDRESSES2);
      start2 = TAG;
    }
    if (enabled !== 0) checksum3 = ~sumOf(memory.incoming, start2 + (enabled & PCSS), Math.max(end2, start2), 0) & 65535;
    last |= verdict & 255;
    const errors = (mark | verdict) & 65280;
    const between = this.#quirks.tagsEveryDescriptor ? DD2 | last & VP | special << 16 : DD2;
    const size = this.#bufferBytes;
    let at = start2 + this.#done;
    while (at < end2) {
      if (ring.owned === 0) {
        this.#done = at - start2;
        return false;
      }
      const chunk = end2 - at > size ? size : end2 - at;
      const final = at + chunk === end2;
      this.#place(at, this.#quirks.omitsFcs ? Math.max(0, Math.min(chunk, length - at)) : chunk);
      const word2 = ring.word;
      memory.words[word2 + 2] = final ? chunk | checksum3 << 16 : chunk;
      memory.words[word2 + 3] = final ? last | errors | special << 16 : between;
      this.#next();
      at += chunk;
    }
    this.#done = 0;
    this.#counters.received++;
    this.#announce(length);
    return true;
  }
  #appendFcs(length, right) {
    const frame = this.#memory.receive;
    const fcs = frameCheckSequence(frame, length);
    putFcs(frame, length, right ? fcs : ~fcs);
  }
  /** Writes receive[at..+length) to the buffer of the head descriptor. */
  #place(at, length) {
    const memory = this.#memory;
    this.ring.verify();
    const word2 = this.ring.word;
    const low = memory.words[word2];
    const to = memory.offset(low, memory.words[word2 + 1], this.#bufferBytes);
    if (to < 0) {
      this.#violations.note("dma-outside-memory", low);
      return;
    }
    const from = memory.receiveAt + at;
    memory.all.copyWithin(to, from, from + length);
  }
  /** The head descriptor is used up. Raises a cause when few are left. */
  #next() {
    const { ring } = this;
    const before2 = ring.owned;
    ring.advance();
    const threshold = ring.count >> (this.#registers.get(RCTL) >> RCTL_RDMTS_SHIFT & 3) + 1;
    this.#threshold = threshold;
    if (before2 === threshold + 1) this.#interrupts.raise(RXDMT0);
  }
  /** A frame is in host memory. */
  #announce(length) {
    const registers = this.#registers;
    const interrupts = this.#interrupts;
    const { noDelays, thresholdEveryFrame } = this.#quirks;
    if (thresholdEveryFrame && this.ring.owned <= this.#threshold) interrupts.raise(RXDMT0);
    const packet = noDelays ? 0 : registers.get(RDTR);
    if (packet === 0) {
      interrupts.raise(RXT0);
      return;
    }
    if (length + FCS_BYTES <= registers.get(RSRPD)) interrupts.raise(SRPD);
    this.#delay.start(packet, registers.get(RADV));
  }
};

// hal/simulated/e1000/statistics.ts
var MOST = 4294967295;
var Statistics = class {
  #values = new Uint32Array(STATISTICS_END - STATISTICS >> 2);
  /** Adds 1 to a register. */
  count(register) {
    const at = register - STATISTICS >> 2;
    const value = this.#values[at];
    if (value !== MOST) this.#values[at] = value + 1;
  }
  /** Adds to a pair of registers, named by its lower half. */
  add(low, amount) {
    const at = low - STATISTICS >> 2;
    const values = this.#values;
    const sum = values[at] + amount;
    values[at] = sum;
    if (sum <= MOST) return;
    if (values[at + 1] === MOST) values[at] = MOST;
    else values[at + 1] = values[at + 1] + 1;
  }
  /** Adds 1 to the register of a length class: six of them from `first`, for 64, 127, 255, 511, 1023 and more bytes with FCS. */
  size(first, bytes) {
    let step = 0;
    if (bytes > 64) step = bytes < 128 ? 1 : bytes < 256 ? 2 : bytes < 512 ? 3 : bytes < 1024 ? 4 : 5;
    this.count(first + 4 * step);
  }
  /** Reading the upper half of a pair clears both halves: read the lower one first. */
  read(register) {
    const at = register - STATISTICS >> 2;
    const value = this.#values[at];
    if (isLow(register)) return value;
    this.#values[at] = 0;
    if (isLow(register - 4)) this.#values[at - 1] = 0;
    return value;
  }
  /** For tests of what happens at the end of the range. */
  poke(register, value) {
    this.#values[register - STATISTICS >> 2] = value;
  }
  clear() {
    this.#values.fill(0);
  }
};
function isLow(register) {
  return register === GORCL || register === GOTCL || register === TORL || register === TOTL;
}

// hal/simulated/e1000/packet.ts
var LONGEST8 = 16288;
var MOST_HEADER = 256;
var ADDRESSES3 = 12;
var TUCMD_TCP = 1;
var TUCMD_IP = 2;
var POPTS_IXSM = 1;
var POPTS_TXSM = 2;
var FIN_PSH = 9;
var Context = class {
  ipStart = 0;
  ipField = 0;
  ipEnd = 0;
  start = 0;
  field = 0;
  end = 0;
  command = 0;
  header = 0;
  segment = 0;
  load(word0, word1, word2, word3) {
    this.ipStart = word0 & 255;
    this.ipField = word0 >>> 8 & 255;
    this.ipEnd = word0 >>> 16;
    this.start = word1 & 255;
    this.field = word1 >>> 8 & 255;
    this.end = word1 >>> 16;
    this.command = word2 >>> 24;
    this.header = word3 >>> 8 & 255;
    this.segment = word3 >>> 16;
  }
};
var FrameBuilder = class {
  /** Segments that may still be made. A frame that needs more is cut there; the chip does not send its rest. */
  segmentsLeft = 0;
  #memory;
  #violations;
  #sink;
  /** The chip remembers two contexts: of checksums alone, and of segmentation. */
  #plain = new Context();
  #large = new Context();
  #header = new Uint8Array(MOST_HEADER);
  #context = this.#plain;
  /** Bytes so far. */
  #length = 0;
  /** Bytes the frame may have before it is a segment of its own; 0: it is not segmented. */
  #limit = 0;
  /** Segments, and bytes of payload in them, that are out. */
  #segments = 0;
  #sent = 0;
  #options = 0;
  /** Legacy descriptors: where the sum starts and where it belongs. */
  #sumStart = 0;
  #sumField = 0;
  /** There is a first descriptor. */
  #begun = false;
  #spoiled = false;
  constructor({ memory, violations }, sink) {
    this.#memory = memory;
    this.#violations = violations;
    this.#sink = sink;
  }
  /** The chip has taken descriptors of a frame, but not its last. */
  get begun() {
    return this.#begun;
  }
  reset() {
    this.#length = 0;
    this.#limit = 0;
    this.#begun = false;
  }
  /** A context descriptor. True: of segmentation. */
  context(word0, word1, word2, word3, segmentation) {
    (segmentation ? this.#large : this.#plain).load(word0, word1, word2, word3);
  }
  /** Before the first piece of a frame. @param options POPTS of a data descriptor */
  begin(segmentation, options, sumStart, sumField) {
    this.#begun = true;
    this.#spoiled = false;
    this.#length = 0;
    this.#limit = 0;
    this.#segments = 0;
    this.#sent = 0;
    this.#options = options;
    this.#sumStart = sumStart;
    this.#sumField = sumField;
    this.#context = segmentation ? this.#large : this.#plain;
    if (!segmentation) return;
    const { header, segment } = this.#context;
    if (header === 0 || segment === 0) {
      this.#violations.note("segmentation-setup", header === 0 ? header : segment);
      this.#spoiled = true;
    } else {
      this.#limit = header + segment;
    }
  }
  /** A piece of the frame, from host memory. @param tag as in finish(), for the segments that end within this piece */
  append(low, high, length, tag) {
    if (length === 0 || low === 0 && high === 0) return;
    const memory = this.#memory;
    let from = memory.offset(low, high, length);
    if (from < 0) {
      this.#violations.note("dma-outside-memory", low);
      this.#spoiled = true;
    }
    if (this.#spoiled) return;
    const most = this.#limit > 0 ? Math.min(this.#limit, LONGEST8) : LONGEST8;
    let left = length;
    while (left > 0) {
      if (this.#length === most) {
        if (this.#limit === 0 || this.#limit > LONGEST8) {
          this.#violations.note("transmit-too-long", this.#length + left);
          this.#spoiled = true;
          return;
        }
        if (!this.#segment(false, true, tag)) return;
      }
      const room = most - this.#length;
      const chunk = left < room ? left : room;
      memory.all.copyWithin(memory.transmitAt + this.#length, from, from + chunk);
      this.#length += chunk;
      from += chunk;
      left -= chunk;
    }
  }
  /**
   * After the last piece. False: the frame cannot be sent.
   * @param tag what to insert behind the addresses, a VLAN tag's type and value, or -1
   */
  finish(appendFcs2, insertSum, tag) {
    this.#begun = false;
    if (this.#spoiled) return false;
    if (this.#length === 0) return true;
    if (this.#limit > 0) return this.#segment(true, appendFcs2, tag);
    const context = this.#context;
    if (insertSum) this.#legacySum();
    if ((this.#options & POPTS_IXSM) !== 0) this.#insert(context.ipStart, context.ipEnd, context.ipField, 0);
    if ((this.#options & POPTS_TXSM) !== 0) this.#insert(context.start, context.end, context.field, 0);
    this.#out(appendFcs2, tag);
    return true;
  }
  /** IC is ignored where its places are not in the frame (section 3.3.3.1). */
  #legacySum() {
    if (this.#sumStart < this.#length && this.#sumField < this.#length - 1) this.#insert(this.#sumStart, 0, this.#sumField, 0);
  }
  /** Ones' complement sum of [start..end], end 0 for the whole frame, on top of `sum`; its complement goes to `field`. */
  #insert(start2, end2, field, sum) {
    const frame = this.#memory.transmit;
    const stop = end2 === 0 || end2 >= this.#length ? this.#length : end2 + 1;
    if (field + 2 > this.#length || start2 > stop) {
      this.#violations.note("checksum-outside-frame", field);
      return;
    }
    const result = ~sumOf(this.#memory.outgoing, start2, stop, sum) & 65535;
    const written = result === 0 ? 65535 : result;
    frame[field] = written >> 8;
    frame[field + 1] = written;
  }
  /** One segment out (section 3.5.9); its header is kept for the next. False: there have been too many. */
  #segment(last, appendFcs2, tag) {
    if (this.segmentsLeft === 0) {
      this.#violations.note("transmit-too-many", this.#segments);
      this.#spoiled = true;
      return false;
    }
    this.segmentsLeft--;
    const frame = this.#memory.transmit;
    const header = this.#header;
    const context = this.#context;
    const { header: size, ipStart, start: start2, command } = context;
    if (this.#segments === 0) for (let at = 0; at < size; at++) header[at] = frame[at];
    const payload = this.#length - size;
    if ((command & TUCMD_IP) !== 0) {
      put16(frame, ipStart + 2, this.#length - ipStart);
      put16(frame, ipStart + 4, get16(header, ipStart + 4) + this.#segments);
    } else {
      put16(frame, ipStart + 4, this.#length - ipStart - 40);
    }
    if ((command & TUCMD_TCP) !== 0) {
      const sequence = get16(header, start2 + 4) * 65536 + get16(header, start2 + 6) + this.#sent;
      put16(frame, start2 + 4, Math.floor(sequence / 65536));
      put16(frame, start2 + 6, sequence);
      if (!last) frame[start2 + 13] = header[start2 + 13] & ~FIN_PSH;
    } else {
      put16(frame, start2 + 4, this.#length - start2);
    }
    if ((this.#options & POPTS_IXSM) !== 0) this.#insert(ipStart, context.ipEnd, context.ipField, 0);
    if ((this.#options & POPTS_TXSM) !== 0) this.#insert(start2, context.end, context.field, this.#length - start2);
    this.#out(appendFcs2, tag);
    this.#segments++;
    this.#sent += payload;
    for (let at = 0; at < size; at++) frame[at] = header[at];
    this.#length = size;
    return true;
  }
  #out(appendFcs2, tag) {
    const frame = this.#memory.transmit;
    let length = this.#length;
    if (tag !== -1) {
      frame.copyWithin(ADDRESSES3 + 4, ADDRESSES3, length);
      put16(frame, ADDRESSES3, tag >>> 16);
      put16(frame, ADDRESSES3 + 2, tag);
      length += 4;
    }
    this.#sink.send(length, appendFcs2);
  }
};
function get16(bytes, at) {
  return bytes[at] << 8 | bytes[at + 1];
}
function put16(bytes, at, value) {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

// hal/simulated/e1000/tx-engine.ts
var SHORTEST8 = 60;
var LINE_OVERHEAD2 = 20;
var MOST_SEGMENTS = 16384;
var EOP3 = 1;
var IFCS = 2;
var IC = 4;
var TSE = 4;
var RS = 8;
var DEXT = 32;
var VLE = 64;
var IDE = 128;
var DTYP_CONTEXT = 0;
var DTYP_DATA = 1;
var DD3 = 1;
var STATUS2 = 15;
var TxEngine = class {
  ring;
  /** Set when the wire is there. */
  port = null;
  #clock;
  #registers;
  #memory;
  #phy;
  #loop;
  #statistics;
  #interrupts;
  #counters;
  #violations;
  #quirks;
  #builder;
  #delay;
  #timer;
  /** ms for each byte on the line. */
  #byteTime;
  /** The line is free again at this time, in the clock's ms. */
  #freeAt = 0;
  #master = false;
  #link = false;
  #stalled = false;
  /** @param loop where frames go in loopback, of the PHY or of the MAC */
  constructor(context, phy, loop) {
    const { clock, interrupts } = context;
    this.#clock = clock;
    this.#byteTime = context.byteTime;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#phy = phy;
    this.#loop = loop;
    this.#statistics = context.statistics;
    this.#interrupts = interrupts;
    this.#counters = context.counters;
    this.#violations = context.violations;
    this.#quirks = context.quirks;
    this.ring = new Ring2(TDBAL, context);
    this.#builder = new FrameBuilder(context, this);
    this.#delay = new InterruptDelay(clock, () => {
      interrupts.raise(TXDW);
      interrupts.signal();
    });
    this.#timer = clock.timer(() => {
      this.#run();
      interrupts.signal();
    });
  }
  get enabled() {
    return this.#registers.has(TCTL, TCTL_EN);
  }
  get stalled() {
    return this.#stalled;
  }
  set stalled(stalled) {
    this.#stalled = stalled;
    this.#run();
  }
  set master(master) {
    this.#master = master;
    this.#run();
  }
  set link(up) {
    this.#link = up;
    this.#run();
  }
  reset() {
    if (this.#builder.begun) this.#counters.aborted++;
    this.#builder.reset();
    this.ring.reset();
    this.#delay.cancel();
    this.#timer.cancel();
    this.#stalled = false;
    this.#freeAt = 0;
  }
  /** TCTL was written. */
  control(wasEnabled) {
    if (this.enabled && !wasEnabled) this.ring.check();
    this.#run();
  }
  /** TDT was written. */
  give(tail) {
    this.ring.give(tail);
    this.#run();
  }
  /** TIDV was written with its flush bit. */
  flush() {
    this.#delay.flush();
  }
  /** A frame is put together: onto the wire, or round the loop. Called by the builder. */
  send(given, wantsFcs) {
    const frame = this.#memory.transmit;
    const appendFcs2 = wantsFcs || this.#quirks.alwaysAppendsFcs;
    let length = given;
    if (appendFcs2 && length < SHORTEST8) {
      if (this.#registers.has(TCTL, TCTL_PSP)) {
        if (!this.#quirks.noPadding) {
          frame.fill(0, length, SHORTEST8);
          length = SHORTEST8;
        }
      } else {
        this.#violations.note("transmit-too-short", length);
      }
    }
    const good = appendFcs2 || hasFcs(frame, 0, length);
    if (!appendFcs2) length = Math.max(0, length - FCS_BYTES);
    if (this.#byteTime > 0) {
      this.#freeAt = Math.max(this.#freeAt, this.#clock.now()) + (length + FCS_BYTES + LINE_OVERHEAD2) * this.#byteTime;
    }
    this.#count(frame, length);
    if (!good) {
      this.#counters.sentWithoutFcs++;
      return;
    }
    const slot = this.#memory.transmitSlot;
    const bytes = length <= slot.length ? slot : frame;
    if (this.#loops) {
      this.#counters.looped++;
      this.#loop.loop(bytes, length);
    } else {
      this.#counters.transmitted++;
      this.port?.transmit(bytes, 0, length);
    }
  }
  get #loops() {
    const loopback = this.#registers.get(RCTL) >> RCTL_LBM_SHIFT & 3;
    return this.#phy.loopsBack || loopback === 3 && !this.#quirks.noMacLoopback;
  }
  #count(frame, length) {
    const statistics = this.#statistics;
    const total = length + FCS_BYTES;
    statistics.count(TPT);
    statistics.add(TOTL, total);
    statistics.size(PTC64, total);
    if (total >= SHORTEST8 + FCS_BYTES) {
      statistics.count(GPTC);
      statistics.add(GOTCL, total);
    }
    if ((frame[0] & 1) === 0) return;
    statistics.count(isBroadcast(frame, 0) ? BPTC : MPTC);
  }
  #run() {
    const { ring } = this;
    if (this.#stalled || !this.#master || !this.enabled || ring.head === ring.tail || !ring.usable) return;
    if (!this.#link && !this.#quirks.transmitsWithoutLink && !this.#loops) return;
    const threshold = 8 * (this.#registers.get(TXDCTL) >>> LWTHRESH_SHIFT);
    this.#builder.segmentsLeft = MOST_SEGMENTS;
    while (ring.head !== ring.tail) {
      if (this.#byteTime > 0 && !this.#builder.begun && this.#clock.now() < this.#freeAt) {
        if (!this.#timer.armed) this.#timer.armAt(this.#freeAt);
        return;
      }
      if (this.#byteTime > 0) ring.verify();
      this.#descriptor();
      ring.advance();
      if (ring.owned === threshold && !this.#quirks.noDelays) this.#interrupts.raise(TXD_LOW);
    }
    this.#interrupts.raise(TXQE);
  }
  #descriptor() {
    const { words } = this.#memory;
    const at = this.ring.word;
    const word2 = words[at + 2];
    const word3 = words[at + 3];
    const command = word2 >>> 24;
    const type = word2 >>> 20 & 15;
    if ((command & DEXT) === 0) {
      if (!this.#builder.begun) this.#builder.begin(false, 0, word3 >>> 8 & 255, word2 >>> 16 & 255);
      this.#piece(at, word2 & 65535, command, word3, (command & IC) !== 0);
    } else if (type === DTYP_DATA) {
      if (!this.#builder.begun) this.#builder.begin((command & TSE) !== 0, word3 >>> 8 & 255, 0, 0);
      this.#piece(at, word2 & 1048575, command, word3, false);
    } else if (type === DTYP_CONTEXT) {
      const segmentation = (command & TSE) !== 0;
      this.#builder.context(words[at], words[at + 1], word2, word3, segmentation);
      if (segmentation) this.#statistics.count(TSCTC);
    } else {
      this.#violations.note("transmit-type", type);
    }
    if ((command & RS) === 0) return;
    words[at + 3] = word3 & ~STATUS2 | DD3;
    const packet = this.#quirks.noDelays || (command & IDE) === 0 ? 0 : this.#registers.get(TIDV);
    if (packet === 0) this.#interrupts.raise(TXDW);
    else this.#delay.start(packet, this.#registers.get(TADV));
  }
  #piece(at, length, command, word3, insertSum) {
    const { words } = this.#memory;
    const registers = this.#registers;
    const tagged = (command & VLE) !== 0 && registers.has(CTRL, CTRL_VME);
    const tag = tagged ? registers.get(VET) << 16 | word3 >>> 16 : -1;
    this.#builder.append(words[at], words[at + 1], length, tag);
    if ((command & EOP3) === 0) return;
    if (!this.#builder.finish((command & IFCS) !== 0, insertSum, tag)) this.#counters.aborted++;
  }
};

// hal/simulated/e1000/violations.ts
var KINDS2 = {
  "access-while-closed": "%r was touched while the device was closed",
  "unaligned-access": "offset %h was touched: registers are 32 bits wide and their offsets multiples of 4",
  "unknown-register": "%r was touched: no such register in this model",
  "read-only-register": "%r is read-only and was written",
  "access-in-reset": "%r was touched within 1 \xB5s after CTRL.RST (section 13.4.1)",
  "flow-control-not-modelled": "CTRL was set to %h: RFCE and TFCE ask for flow control, which this model does not have",
  "eeprom-wires": "EECD was set to %h: the EEPROM's wires are driven, and EE_REQ did not ask for them (section 13.4.3)",
  "eeprom-busy": "EERD was written while the word asked for before was not there yet",
  "eeprom-address": "EERD asked for word %h: there are 64",
  "mdic-busy": "MDIC was written while the command before was not done",
  "mdic-command": "MDIC was set to %h: neither read nor write",
  "unknown-phy-register": "PHY register %h is none of this PHY's and was touched",
  "read-only-phy-register": "PHY register %h is read-only and was written",
  "ring-alignment": "%r was set to an address that is not a multiple of 16",
  "ring-length": "%r was set to a length that is not a multiple of 128 or above 65536 bytes",
  "ring-outside-memory": "the ring at %r does not lie in shared memory",
  "ring-missing": "%r: enabled, or its tail moved, with a ring of length 0",
  "ring-changed": "%r was written while its engine was enabled",
  "tail-beyond-ring": "%r was set to a descriptor behind the ring's end; this model stops there, silicon never stops",
  "tail-moved-back": "%r was moved back: descriptors that were the hardware's were taken away, or all of a ring was given",
  "descriptor-changed": "the descriptor at %h was changed while it was the hardware's",
  "descriptor-done": "the receive descriptor at %h was given with its status not cleared",
  "reserved-buffer-size": "RCTL %h asks for a reserved buffer size (BSEX with BSIZE 0)",
  "reserved-loopback": "RCTL %h asks for a reserved loopback mode (LBM 1 or 2)",
  "dma-outside-memory": "address %h: the chip was sent to read or write outside shared memory",
  "transmit-type": "a transmit descriptor has the reserved type %h",
  "transmit-too-long": "a frame of %h bytes: at most 16288 can be sent",
  "transmit-too-many": "segmentation made more than 16384 frames in one go: this model cuts the frame off after %h segments of it",
  "transmit-too-short": "a frame of %h bytes without TCTL.PSP goes out as a fragment",
  "checksum-outside-frame": "a checksum was to go to offset %h, which is not in the frame",
  "segmentation-setup": "segmentation with a header or segment size of %h: a context descriptor must give both, and MSS a value"
};
var Violations2 = class extends ViolationCounters {
  constructor(registerName3) {
    super(KINDS2, registerName3);
  }
};

// hal/simulated/e1000/chip.ts
var DEFAULT_MEMORY = 16 * 1024 * 1024;
var DEFAULT_BASE = 1048576;
var RESET_TIME4 = 1e-3;
var PACKET_BUFFER = 64;
var QEMU_RESETS = [
  [CTRL, 1311296],
  [EECD, 392],
  [LEDCTL, 1538],
  [MANC, 2237184],
  [PBA, 1048624],
  [VET, 33024]
];
var QEMU_STATUS = 2148009859;
var E1000Chip = class {
  description;
  simulated = true;
  dma;
  interrupt;
  onFailed = null;
  port;
  violations = new Violations2(registerName2);
  counters = new ChipCounters2();
  eeprom;
  #clock;
  #quirks;
  #registers = new RegisterFile2();
  #statistics = new Statistics();
  #interrupts;
  #phy;
  #mdic;
  #rx;
  #tx;
  #open = false;
  #failed = false;
  #link = false;
  /** End of a reset under way, in the clock's ms; 0: none is. */
  #resetUntil = 0;
  /** Powers the chip up, attached to `segment` as port `name`. @throws RangeError on impossible memory or address */
  constructor(clock, segment, name, options) {
    if (options.mac.length !== 6) throw new RangeError(`a station address of ${options.mac.length} bytes: 6 are needed`);
    const quirks = quirksOf(options.quirks ?? "none");
    const busyReads = quirks.instantManagement ? 0 : options.busyReads ?? 1;
    const registers = this.#registers;
    this.#clock = clock;
    this.#quirks = quirks;
    this.description = options.quirks === "qemu" ? "simulated 82540EM, as QEMU has it" : "simulated 82540EM";
    this.dma = new ChipMemory(options.memoryBytes ?? DEFAULT_MEMORY, options.memoryBase ?? DEFAULT_BASE);
    this.eeprom = new Eeprom(options.mac, busyReads, this.violations);
    this.#interrupts = new Interrupts(clock);
    this.interrupt = this.#interrupts.line;
    this.#phy = new Phy4(clock, quirks.linkUpDelay || (options.negotiation ?? 0), this.violations);
    this.#mdic = new Mdic2(this.#phy, busyReads, this.violations);
    const context = {
      clock,
      registers,
      memory: this.dma,
      statistics: this.#statistics,
      interrupts: this.#interrupts,
      counters: this.counters,
      violations: this.violations,
      quirks,
      byteTime: 8e3 / (options.lineRate ?? Number.POSITIVE_INFINITY)
    };
    this.#rx = new RxEngine(context);
    this.#tx = new TxEngine(context, this.#phy, this.#rx);
    this.#fill();
    this.#phy.onLink = () => this.#linkChanged();
    this.port = segment.attach(name, this);
    this.#tx.port = this.port;
  }
  /** The chip takes no descriptors of the transmit ring, as one that hangs, until this is cleared or the chip is reset. */
  get transmitStalled() {
    return this.#tx.stalled;
  }
  set transmitStalled(stalled) {
    this.#tx.stalled = stalled;
    this.#interrupts.signal();
  }
  async open() {
    if (this.#failed) {
      this.#failed = false;
      this.#reset();
    }
    this.#master(true);
  }
  async close() {
    this.#master(false);
  }
  /** The device stops answering, as if it had been pulled out; open() brings it back. */
  fail(error = new ControllerError("DEVICE_GONE", `${this.description}: pulled out`)) {
    if (this.#failed) return;
    this.#failed = true;
    this.#master(false);
    this.onFailed?.(error);
  }
  read32(offset) {
    if (!this.#open) {
      if (!this.#failed) this.violations.note("access-while-closed", offset);
      return NO_ANSWER2;
    }
    const register = this.#register(offset);
    if (register >= STATISTICS && register < STATISTICS_END) {
      if (this.#registers.kind(register) === UNKNOWN) this.violations.note("unknown-register", register);
      return this.#statistics.read(register);
    }
    switch (register) {
      case ICR: {
        const causes = this.#interrupts.causes;
        this.#interrupts.clear(causes);
        return causes;
      }
      case STATUS:
        return this.#status();
      case RDH:
        return this.#rx.ring.head;
      case RDT:
        return this.#rx.ring.tail;
      case TDH:
        return this.#tx.ring.head;
      case TDT:
        return this.#tx.ring.tail;
      case EECD:
        return this.#eecd();
      case EERD:
        return this.eeprom.read();
      case MDIC:
        return this.#mdic.read();
      case IMS:
        return this.#interrupts.mask;
      default:
        if (this.#registers.kind(register) !== UNKNOWN) return this.#registers.get(register);
        this.violations.note("unknown-register", register);
        return 0;
    }
  }
  write32(offset, value) {
    if (!this.#open) {
      if (!this.#failed) this.violations.note("access-while-closed", offset);
      return;
    }
    const register = this.#register(offset);
    switch (this.#registers.kind(register)) {
      case PLAIN2:
        this.#registers.store(register, value);
        return;
      case ACTIVE:
        this.#write(register, value);
        this.#interrupts.signal();
        return;
      case READ_ONLY:
        this.violations.note("read-only-register", register);
        return;
      default:
        this.violations.note("unknown-register", register);
    }
  }
  wireFrame(bytes, length, fcsOk) {
    if (!this.#open || !this.#link) {
      this.counters.deaf++;
      return;
    }
    this.#rx.frame(bytes, length, fcsOk);
    this.#interrupts.signal();
  }
  wireLink(up) {
    this.#phy.wire = up;
  }
  /** Returns the register of an access; notes accesses that are forbidden. */
  #register(offset) {
    if (this.#resetUntil > 0) {
      if (this.#clock.now() < this.#resetUntil) this.violations.note("access-in-reset", offset);
      else this.#resetUntil = 0;
    }
    if ((offset & 3) === 0) return offset;
    this.violations.note("unaligned-access", offset);
    return offset & ~3;
  }
  #write(register, value) {
    const registers = this.#registers;
    switch (register) {
      case TDT:
        registers.store(register, value);
        this.#tx.give(registers.get(register));
        return;
      case RDT:
        registers.store(register, value);
        this.#rx.give(registers.get(register));
        return;
      case IMS:
        this.#interrupts.allow(value);
        return;
      case IMC:
        this.#interrupts.forbid(value);
        return;
      case ICR:
        this.#interrupts.clear(value);
        return;
      case ICS:
        this.#interrupts.raise(value);
        return;
      case ITR:
        registers.store(register, value);
        this.#interrupts.throttle(registers.get(register));
        return;
      case MDIC:
        if (this.#mdic.command(value)) this.#interrupts.raise(MDAC);
        return;
      case EERD:
        this.eeprom.command(value);
        return;
      case CTRL:
        this.#control(value);
        return;
      case RCTL:
        registers.store(register, value);
        this.#rx.control();
        return;
      case TCTL: {
        const { enabled } = this.#tx;
        registers.store(register, value);
        this.#tx.control(enabled);
        return;
      }
      case RDTR:
        registers.store(register, value);
        if ((value & FLUSH) !== 0) this.#rx.flush();
        return;
      case TIDV:
        registers.store(register, value);
        if ((value & FLUSH) !== 0) this.#tx.flush();
        return;
      case EECD:
        this.eeprom.wires.drive(value);
        registers.store(register, value);
        registers.set(register, registers.get(register) & ~EECD_GNT | ((value & EECD_REQ) !== 0 ? EECD_GNT : 0));
        return;
      case CTRL_EXT:
        registers.store(register, value & ~EXT_EE_RST);
        if ((value & EXT_EE_RST) !== 0) this.#loadAddress();
        return;
      case PBA: {
        const receive = value & 65535;
        registers.set(register, receive | Math.max(0, PACKET_BUFFER - receive) << 16);
        return;
      }
      default:
        this.#configure(register, value);
    }
  }
  /** A base, length or head of a ring. */
  #configure(register, value) {
    this.#registers.store(register, value);
    const receive = register < TDBAL;
    const ring = receive ? this.#rx.ring : this.#tx.ring;
    ring.configure(register, value, receive ? this.#rx.enabled : this.#tx.enabled);
  }
  #control(value) {
    const registers = this.#registers;
    if ((value & CTRL_RST) !== 0 && !this.#quirks.weakReset) {
      this.#reset();
      this.#resetUntil = this.#clock.now() + RESET_TIME4;
      return;
    }
    registers.store(CTRL, value & ~CTRL_RST);
    if ((value & (CTRL_RFCE | CTRL_TFCE)) !== 0) this.violations.note("flow-control-not-modelled", value);
    this.#phy.held = (value & CTRL_PHY_RST) !== 0;
    this.#linkChanged();
  }
  /** Resets all but the PHY and the PCI configuration (section 14.3). */
  #reset() {
    this.#rx.reset();
    this.#tx.reset();
    this.#registers.reset();
    this.#statistics.clear();
    this.#mdic.reset();
    this.eeprom.reset();
    this.#fill();
    this.#phy.held = false;
    this.#linkChanged();
    this.#interrupts.reset();
  }
  /** Sets the registers whose reset values are no constants of the register file. */
  #fill() {
    const registers = this.#registers;
    if (this.#quirks.resetValues) {
      registers.clear();
      for (const [register, value] of QEMU_RESETS) registers.set(register, value);
    }
    this.#loadAddress();
  }
  /** Loads the EEPROM's first three words into RAL0 and RAH0. */
  #loadAddress() {
    const { words } = this.eeprom;
    this.#registers.set(RAL, words[0] | words[1] << 16);
    this.#registers.set(RAH, words[2] | RAH_AV);
  }
  #master(master) {
    this.#open = master;
    this.#rx.master = master;
    this.#tx.master = master;
    this.#interrupts.enabled = master;
  }
  #eecd() {
    const { out } = this.eeprom.wires;
    const register = this.#registers.get(EECD);
    return out === null ? register : register & ~EECD_DO | (out ? EECD_DO : 0);
  }
  #status() {
    if (this.#quirks.resetValues) return (this.#link ? QEMU_STATUS : QEMU_STATUS & ~STATUS_LU) >>> 0;
    return this.#link ? STATUS_FD | STATUS_LU | STATUS_SPEED_1000 | STATUS_ASDV_1000 : 0;
  }
  /** The MAC sees the PHY's link with CTRL.SLU only (section 13.4.1). */
  #linkChanged() {
    const up = this.#phy.link && (this.#quirks.linkWithoutSlu || this.#registers.has(CTRL, CTRL_SLU));
    if (up === this.#link) return;
    this.#link = up;
    this.#interrupts.raise(LSC);
    this.#tx.link = up;
    this.#interrupts.signal();
  }
};

// hal/kit/poll-loop.ts
var PollLoop = class {
  #task;
  /** A poll is due or under way. */
  #due = false;
  /** Another was asked for meanwhile. */
  #missed = false;
  #stopped = false;
  /** @param poll polls the controller, and returns what that returned */
  constructor(clock, poll) {
    this.#task = clock.task(() => {
      if (!this.#due || this.#stopped) return;
      const work = poll();
      if (work !== POLL_PENDING) this.again();
    });
  }
  /** As ControllerHost.schedule(). */
  schedule() {
    if (this.#due) {
      this.#missed = true;
      return false;
    }
    this.#due = true;
    this.#task.schedule();
    return true;
  }
  /** As ControllerHost.complete(). */
  complete() {
    if (this.#missed) {
      this.#missed = false;
      return false;
    }
    this.#due = false;
    return true;
  }
  /** A poll has ended, or what it waited for is there: the next one, if one is due. */
  again() {
    if (this.#due && !this.#stopped) this.#task.schedule();
  }
  start() {
    this.#due = false;
    this.#missed = false;
    this.#stopped = false;
  }
  /** No poll begins after this, until start(). */
  stop() {
    this.#stopped = true;
  }
};

// test/bench/ring-engine.ts
var MEMORY = 8 * 1024 * 1024;
var BASE = 1048576;
var WIRE_FRAMES = 64;
var REGISTERS3 = 32768;
var IPCS2 = 64;
var PHY_ANSWER = 4096;
var RingEngine = class {
  description = "e1000 rings without a chip";
  simulated = true;
  interrupt = new SimulatedInterrupt();
  dma;
  onFailed = null;
  /** Frames that went out onto the wire. */
  frames = 0;
  #registers = new Uint32Array(REGISTERS3 >> 2);
  /** Shared memory, and the wire behind it: one buffer, so that a block copy needs no view. */
  #all;
  #words;
  /** No chip checks checksums. */
  #sums;
  #causes = 0;
  #mask = 0;
  #receiveHead = 0;
  #transmitHead = 0;
  #slot = 0;
  /** @param sums checksums are checked on receive, as the chip does; else the stack has to */
  constructor(sums) {
    this.#sums = sums;
    const buffer = new ArrayBuffer(MEMORY + WIRE_FRAMES * SLOT_BYTES);
    this.#all = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer, 0, MEMORY >> 2);
    this.dma = { bytes: new Uint8Array(buffer, 0, MEMORY), words: this.#words, base: BASE };
    this.#registers[Register2.STATUS >> 2] = Status.FD | Status.LU;
    this.#registers[Register2.EERD >> 2] = Eerd.DONE;
    this.#registers[Register2.MDIC >> 2] = Mdic.READY | PHY_ANSWER;
  }
  async open() {
  }
  async close() {
  }
  read32(offset) {
    if (offset === Register2.ICR) {
      const causes = this.#causes;
      this.#causes = 0;
      this.#signal();
      return causes;
    }
    return offset === Register2.CTRL ? 0 : this.#registers[offset >> 2];
  }
  write32(offset, value) {
    switch (offset) {
      case Register2.STATUS:
      case Register2.EERD:
      case Register2.MDIC:
        return;
      case Register2.IMS:
        this.#mask |= value;
        this.#signal();
        return;
      case Register2.IMC:
        this.#mask &= ~value;
        this.#signal();
        return;
      case Register2.RDH:
        this.#receiveHead = value;
        return;
      case Register2.TDH:
        this.#transmitHead = value;
        return;
      case Register2.TDT:
        this.#registers[offset >> 2] = value;
        if (this.#register(Register2.TDLEN) > 0) this.#transmit(value);
        return;
      default:
        this.#registers[offset >> 2] = value;
    }
  }
  /** A frame from the wire; false when the driver has given no buffer for it. */
  receive(frame) {
    const head = this.#receiveHead;
    if (head === this.#register(Register2.RDT)) return false;
    const word2 = this.#word(Register2.RDBAL, head);
    const words = this.#words;
    this.#all.set(frame, words[word2] - BASE);
    words[word2 + 2] = frame.length;
    const sums = this.#sums && (this.#register(Register2.RXCSUM) & Rxcsum.TUOFL) !== 0;
    words[word2 + 3] = DD | RxStatus.EOP | (sums ? IPCS2 | RxStatus.TCPCS : RxStatus.IXSM);
    this.#receiveHead = this.#after(head, Register2.RDLEN);
    this.#causes |= Cause.RXT0;
    this.#signal();
    return true;
  }
  #transmit(tail) {
    const all = this.#all;
    const words = this.#words;
    while (this.#transmitHead !== tail) {
      const word2 = this.#word(Register2.TDBAL, this.#transmitHead);
      const command = words[word2 + 2];
      if ((command & (TxCommand.DEXT | TxCommand.DTYP_DATA)) !== TxCommand.DEXT) {
        const from = words[word2] - BASE;
        const length = command & 65535;
        all.copyWithin(MEMORY + SLOT_BYTES * this.#slot, from, from + length);
        this.#slot = this.#slot + 1 & WIRE_FRAMES - 1;
        words[word2 + 3] = DD;
        this.frames++;
      }
      this.#transmitHead = this.#after(this.#transmitHead, Register2.TDLEN);
    }
    this.#causes |= Cause.TXDW;
    this.#signal();
  }
  #signal() {
    this.interrupt.set((this.#causes & this.#mask) !== 0);
  }
  #register(offset) {
    return this.#registers[offset >> 2];
  }
  #word(ring, index) {
    return (this.#register(ring) - BASE >> 2) + 4 * index;
  }
  #after(index, length) {
    return 16 * (index + 1) === this.#register(length) ? 0 : index + 1;
  }
};

// hal/simulated/carrier.ts
var PROPAGATION = 5e-4;
var Carrier = class {
  /** How long a station that began to talk is not heard by the others yet, in ms. */
  propagation = PROPAGATION;
  #clock;
  #users = [];
  #talkers = [];
  /** When each of the talkers began. */
  #since = [];
  constructor(clock) {
    this.#clock = clock;
  }
  attach(user) {
    this.#users.push(user);
  }
  /** Somebody other than `user` is talking and has been heard since `before`, by default now. */
  heard(user, before2 = this.#clock.now()) {
    for (let at = 0; at < this.#talkers.length; at++) {
      if (this.#talkers[at] !== user && this.#since[at] + this.propagation <= before2) return true;
    }
    return false;
  }
  /** More than one is talking. */
  get colliding() {
    return this.#talkers.length > 1;
  }
  /** `user` begins to talk. When others talk already, they and `user` have a collision. */
  begin(user) {
    if (this.#talkers.includes(user)) return;
    this.#talkers.push(user);
    this.#since.push(this.#clock.now());
    if (this.colliding) for (let at = this.#talkers.length - 1; at >= 0; at--) this.#talkers[at]?.collided();
  }
  end(user) {
    const at = this.#talkers.indexOf(user);
    if (at < 0) return;
    const last = this.#talkers.pop();
    const since = this.#since.pop();
    if (at < this.#talkers.length) {
      this.#talkers[at] = last;
      this.#since[at] = since;
    }
    if (this.#talkers.length === 0) for (let index = 0; index < this.#users.length; index++) this.#users[index]?.carrierIdle();
  }
};

// hal/simulated/segment.ts
var MAX_WIRE_FRAME = 2044;
var SegmentPort = class {
  name;
  station;
  #segment;
  #plugged = true;
  /** Told to the station last. */
  linkUp = false;
  constructor(segment, name, station) {
    this.#segment = segment;
    this.name = name;
    this.station = station;
  }
  get plugged() {
    return this.#plugged;
  }
  /** Plugs or pulls this end of the cable. */
  set plugged(plugged) {
    this.#plugged = plugged;
    this.#segment.linkChanged();
  }
  /** Puts bytes[at..at+length) on the wire, without FCS. Without a link it goes nowhere. @param view as WirePort has it */
  transmit(bytes, at, length, view = null) {
    this.#segment.carry(this, bytes, at, length, view);
  }
};
var FlyingFrame = class {
  /** As large as packet memory, so that frames are copied from and to it whole. */
  bytes = new Uint8Array(SLOT_BYTES);
  view = new DataView(this.bytes.buffer);
  length = 0;
  due = 0;
  fcsOk = true;
  from = null;
};
var EthernetSegment = class {
  latency;
  loss;
  duplication;
  corruption;
  /** Frames put on the wire, and what became of them there; `unlinked` and `jabber` (too long) never got that far. */
  counters = {
    unlinked: 0,
    jabber: 0,
    carried: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0
  };
  /** The carrier, for stations that share the wire in half duplex. */
  carrier;
  #clock;
  #random;
  #ports = [];
  #taps = [];
  /** Ring of frames in flight, a power of two of them; grows to the most that were ever in flight together. */
  #flying = [new FlyingFrame()];
  #first = 0;
  #count = 0;
  #timer;
  #task;
  constructor(clock, random, options = {}) {
    this.#clock = clock;
    this.carrier = new Carrier(clock);
    this.#random = random;
    this.latency = options.latency ?? 0;
    this.loss = options.loss ?? 0;
    this.duplication = options.duplication ?? 0;
    this.corruption = options.corruption ?? 0;
    this.#timer = clock.timer(() => this.#arrive());
    this.#task = clock.task(() => this.#arrive());
  }
  get ports() {
    return this.#ports;
  }
  attach(name, station) {
    const port = new SegmentPort(this, name, station);
    this.#ports.push(port);
    this.linkChanged();
    return port;
  }
  detach(port) {
    const at = this.#ports.indexOf(port);
    if (at < 0) return;
    this.#ports.splice(at, 1);
    if (port.linkUp) {
      port.linkUp = false;
      port.station.wireLink(false);
    }
    this.linkChanged();
  }
  stationCarrier() {
    return this.carrier;
  }
  /** Adds a tap; the returned function removes it. */
  tap(tap) {
    this.#taps.push(tap);
    return () => {
      const at = this.#taps.indexOf(tap);
      if (at >= 0) this.#taps.splice(at, 1);
    };
  }
  /** Tells every station whose link changed. Called by ports. */
  linkChanged() {
    for (const port of [...this.#ports]) {
      const up = this.#hasLink(port);
      if (up === port.linkUp) continue;
      port.linkUp = up;
      port.station.wireLink(up);
    }
  }
  /** Called by ports: see SegmentPort.transmit. */
  carry(from, bytes, at, length, view) {
    if (!from.linkUp || length > MAX_WIRE_FRAME) {
      if (from.linkUp) this.counters.jabber++;
      else this.counters.unlinked++;
      return;
    }
    this.counters.carried++;
    if (this.#taps.length > 0) {
      const frame = bytes.subarray(at, at + length);
      for (const tap of this.#taps) tap(frame, length, this.#clock.now(), from);
    }
    if (this.loss > 0 && this.#random.next() < this.loss) {
      this.counters.lost++;
      return;
    }
    this.#launch(from, bytes, at, length, view);
    if (this.duplication > 0 && this.#random.next() < this.duplication) {
      this.counters.duplicated++;
      this.#launch(from, bytes, at, length, view);
    }
  }
  #hasLink(port) {
    if (!port.plugged || this.#ports.length < 2) return false;
    return this.#ports.length > 2 || this.#ports.every((end2) => end2.plugged);
  }
  #launch(from, bytes, at, length, view) {
    const frame = this.#claim();
    copyFrameByWords(frame.bytes, frame.view, 0, bytes, view, at, length);
    frame.length = length;
    frame.from = from;
    frame.fcsOk = true;
    if (this.corruption > 0 && this.#random.next() < this.corruption) {
      const bit = this.#random.below(length * 8);
      frame.bytes[bit >> 3] = frame.bytes[bit >> 3] ^ 1 << (bit & 7);
      frame.fcsOk = false;
      this.counters.corrupted++;
    }
    if (this.latency > 0) {
      frame.due = this.#clock.now() + this.latency;
      if (!this.#timer.armed) this.#timer.armAt(frame.due);
    } else {
      frame.due = 0;
      this.#task.schedule();
    }
  }
  #claim() {
    if (this.#count === this.#flying.length) {
      const grown = [];
      for (let at = 0; at < 2 * this.#count; at++) {
        grown.push(at < this.#count ? this.#flying[this.#first + at & this.#count - 1] : new FlyingFrame());
      }
      this.#flying = grown;
      this.#first = 0;
    }
    return this.#flying[this.#first + this.#count++ & this.#flying.length - 1];
  }
  /** Delivers the frames that have arrived by now. Answers of the stations fly off after this. */
  #arrive() {
    const now = this.#clock.now();
    for (let left = this.#count; left > 0; left--) {
      const frame = this.#flying[this.#first];
      if (frame.due > now) break;
      for (let index = 0; index < this.#ports.length; index++) {
        const port = this.#ports[index];
        if (port !== frame.from && port.linkUp) port.station.wireFrame(frame.bytes, frame.length, frame.fcsOk, frame.view);
      }
      this.#first = this.#first + 1 & this.#flying.length - 1;
      this.#count--;
    }
    if (this.#count === 0) return;
    const next = this.#flying[this.#first];
    if (next.due > now) this.#timer.armAt(next.due);
    else this.#task.schedule();
  }
};

// hal/kit/received-frames.ts
var ReceivedFrames = class {
  #queue = new SkBuffQueue();
  #limit;
  #host = null;
  #masked = false;
  constructor(limit) {
    this.#limit = limit;
  }
  /** The host that opened the controller; null when it is closed. */
  get host() {
    return this.#host;
  }
  get full() {
    return this.#queue.length >= this.#limit;
  }
  open(host) {
    this.#host = host;
    this.#masked = false;
  }
  /** Drops the frames that wait. */
  close() {
    const host = this.#host;
    this.#host = null;
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) host?.drops.drop(skb, DropReason.QUEUE_PURGE);
  }
  add(skb) {
    this.#queue.enqueue(skb);
    this.#interrupt();
  }
  /** As EthernetController.poll(). @param statistics of who counts a frame when it is handed up and not when it came */
  poll(budget, statistics) {
    const host = this.#host;
    if (!host) return 0;
    let work = 0;
    while (work < budget) {
      const skb = this.#queue.dequeue();
      if (!skb) break;
      work++;
      if (statistics) {
        statistics.rxPackets++;
        statistics.rxBytes += skb.length;
      }
      host.receive(skb);
    }
    if (work < budget && host.complete(work)) {
      this.#masked = false;
      if (this.#queue.length > 0) this.#interrupt();
    }
    return work;
  }
  #interrupt() {
    if (this.#masked) return;
    this.#masked = true;
    this.#host?.schedule();
  }
};

// hal/simulated/wire-frame.ts
function copyFromWire(skb, bytes, length, view) {
  copyFrameByWords(skb.bytes, skb.view, skb.put(length), bytes, view, 0, length);
}
function transmitPadded(port, skb) {
  const length = pad(skb);
  port.transmit(skb.bytes, skb.data, length, skb.view);
}

// hal/simulated/wire-nic.ts
var DEFAULT_QUEUE = 256;
var WireNic = class {
  driver = "wire";
  simulated = true;
  address = new Uint8Array(MAC_BYTES);
  capabilities = SOFTWARE_CAPABILITIES;
  statistics = new LinkStatistics();
  #name;
  #received;
  #filter = new ReceiveFilter(this.address);
  #linkUp = false;
  /** Its end of the cable; pull it with `port.plugged = false`. */
  port;
  /** @param _clock as every simulated part takes one; this one has no delays of its own */
  constructor(_clock, segment, name, address, options = {}) {
    this.#name = name;
    this.#received = new ReceivedFrames(options.queue ?? DEFAULT_QUEUE);
    this.address.set(address);
    this.port = segment.attach(name, this);
  }
  get description() {
    return `ideal controller ${this.#name} on a simulated wire`;
  }
  /** @throws ControllerError WIRE_OPEN when it is open already */
  async open(host) {
    if (this.#received.host) throw new ControllerError("WIRE_OPEN", `${this.description} is open already; close it first`);
    this.#received.open(host);
    host.carrier(this.#linkUp);
  }
  async close() {
    this.#received.close();
  }
  setReceiveMode(mode) {
    this.#filter.set(mode);
  }
  /** Never full: a frame is on the wire when this returns. */
  transmit(skb) {
    const host = this.#received.host;
    if (!host) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (skb.length > MAX_TAGGED_FRAME) {
      this.statistics.txErrors++;
      host.drops.drop(skb, DropReason.PKT_TOO_BIG);
      return true;
    }
    if (!this.#linkUp) {
      this.statistics.txErrors++;
      this.statistics.txCarrierErrors++;
      host.drops.drop(skb, DropReason.TX_CARRIER);
      return true;
    }
    if (!ensureChecksum(skb)) {
      this.statistics.txErrors++;
      this.statistics.txAbortedErrors++;
      host.drops.drop(skb, DropReason.TX_ABORTED);
      return true;
    }
    this.statistics.txPackets++;
    this.statistics.txBytes += skb.length;
    transmitPadded(this.port, skb);
    skb.consume();
    return true;
  }
  poll(budget) {
    return this.#received.poll(budget, null);
  }
  wireFrame(bytes, length, fcsOk, view = null) {
    const host = this.#received.host;
    if (!host) return;
    const statistics = this.statistics;
    if (!fcsOk) {
      statistics.rxErrors++;
      statistics.rxCrcErrors++;
      return;
    }
    if (length < ETHERNET_HEADER || length > MAX_TAGGED_FRAME) {
      statistics.rxErrors++;
      statistics.rxLengthErrors++;
      return;
    }
    if (!this.#filter.accepts(bytes, 0)) return;
    if (this.#received.full) {
      statistics.rxErrors++;
      statistics.rxOverErrors++;
      return;
    }
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      return;
    }
    copyFromWire(skb, bytes, length, view);
    statistics.rxPackets++;
    statistics.rxBytes += length;
    if (isMulticast2(bytes, 0)) statistics.rxMulticast++;
    this.#received.add(skb);
  }
  wireLink(up) {
    this.#linkUp = up;
    this.#received.host?.carrier(up);
  }
};

// test/bench/wire-bench.ts
var BURST5 = 64;
var TICK = 1 / 4096;
var BIG_COUNT = 3e9;
var Sink = class {
  frames = 0;
  /** So that somebody looks at what arrived. */
  last = 0;
  wireFrame(bytes, length) {
    this.frames++;
    this.last = bytes[length - 1];
  }
  wireLink() {
  }
};
var WireBench = class _WireBench {
  clock;
  segment;
  stack;
  eth0;
  sink = new Sink();
  port;
  constructor(make) {
    const random = new SeededRandom(1);
    this.clock = new VirtualClock();
    this.segment = new EthernetSegment(this.clock, random.fork("wire"));
    const controller = make(this.clock, this.segment);
    this.stack = new Stack({ clock: this.clock, random: random.fork("stack") });
    this.eth0 = this.stack.addDevice("eth0", controller);
    this.port = this.segment.attach("sink", this.sink);
  }
  static async open(make = wireNic("eth0", US)) {
    const bench = new _WireBench(make);
    bench.clock.advanceSync(1.5);
    const opened = bench.eth0.open();
    await bench.clock.advance(100);
    await opened;
    bench.stack.addAddress(bench.eth0, "10.0.0.1/24");
    const { statistics } = bench.eth0;
    statistics.rxBytes = BIG_COUNT;
    statistics.txBytes = BIG_COUNT;
    return bench;
  }
  /** 10.0.0.2 is asked for and answers, as in life. */
  resolve() {
    const socket = this.stack.udp.open();
    socket.send(Uint8Array.of(0), socket.to("10.0.0.2", 9));
    this.tick();
    const reply = arpReply();
    this.port.transmit(reply, 0, reply.length);
    this.tick();
    this.sink.frames = 0;
  }
  /** As resolve(), for so many hosts of 10.1.0.0/16; their addresses. */
  resolveMany(count) {
    this.stack.addAddress(this.eth0, "10.1.0.1/16");
    const socket = this.stack.udp.open();
    const peers = [];
    for (let number = 0; number < count; number++) {
      const [high, low] = [(number >> 8) + 1, number & 255];
      const text = `10.1.${high}.${low}`;
      const hex4 = [high, low].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
      socket.send(Uint8Array.of(0), socket.to(text, 9));
      this.tick();
      const reply = arpReply({ sip: text, sha: `02:00:00:01:${hex4}`, tip: "10.1.0.1" });
      this.port.transmit(reply, 0, reply.length);
      this.tick();
      peers.push(text);
    }
    socket.close();
    this.sink.frames = 0;
    return peers;
  }
  /** 10.0.0.2 is a static entry. */
  pin() {
    this.stack.addNeighbour("10.0.0.2", T1, this.eth0);
  }
  /** Everything that is under way arrives. */
  tick() {
    this.clock.advanceSync(TICK);
  }
};
function wireNic(name, address) {
  return (clock, segment) => new WireNic(clock, segment, name, Uint8Array.from(mac(address)));
}
function inBursts(count, operation, tick, burst = BURST5) {
  for (let done = 0; done < count; ) {
    const end2 = Math.min(count, done + burst);
    for (; done < end2; done++) operation();
    tick();
  }
}
function expectCount(name, found, wanted) {
  if (found !== wanted) throw new Error(`${name}: ${found} of ${wanted} arrived; the figures would mean nothing`);
}

// test/bench/driver-bench.ts
var BUDGET = 64;
var SHARED = 2 * 1024 * 1024;
var DriverBench = class _DriverBench {
  clock = new VirtualClock();
  engine = new RingEngine(true);
  pool;
  drops = new DropCounters();
  received = 0;
  #driver;
  #loop;
  constructor() {
    const { bytes } = this.engine.dma;
    this.pool = new SkBuffPool({ memory: bytes.subarray(bytes.length - SHARED) });
    this.#driver = new E1000(this.clock, this.engine, { mac: Uint8Array.from(mac(US)) });
    this.#loop = new PollLoop(this.clock, () => this.#driver.poll(BUDGET));
  }
  static async open() {
    const bench = new _DriverBench();
    bench.#loop.start();
    const opened = bench.#driver.open(bench);
    await bench.clock.advance(100);
    await opened;
    return bench;
  }
  /** Sends a packet of so many bytes, whatever lies in its memory. */
  send(length) {
    const skb = this.pool.allocate();
    skb.put(length);
    if (!this.#driver.transmit(skb)) throw new Error("the ring is full");
  }
  tick() {
    this.clock.advanceSync(TICK);
  }
  schedule() {
    return this.#loop.schedule();
  }
  receive(skb) {
    this.received++;
    skb.consume();
  }
  complete() {
    return this.#loop.complete();
  }
  polled() {
    this.#loop.again();
  }
  wake() {
  }
  carrier() {
  }
  failed(error) {
    throw error;
  }
  repaired() {
  }
};

// test/bench/poll-times.ts
var PollTimes = class {
  #device;
  constructor(device) {
    this.#device = device;
  }
  /** Runs `subject` until `polls` full ones are timed. The device is not fit for other measurements afterwards. */
  measure(subject, polls) {
    const device = this.#device;
    const times = new Float64Array(polls);
    let timed = 0;
    const poll = device.poll.bind(device);
    device.poll = (budget) => {
      const start2 = performance.now();
      const work = poll(budget);
      if (work === BURST5 && timed < polls) times[timed++] = performance.now() - start2;
      return work;
    };
    while (timed < polls) subject.run(BURST5 * (polls - timed));
    times.sort();
    const at = (part) => 1e3 * times[Math.min(polls - 1, Math.floor(part * polls))];
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1), polls };
  }
};

// test/bench/traffic.ts
var PEER = "10.0.0.2";
var PORT = 5e3;
var HEADERS = 42;
var FILL = 90;
function sender(bench, bytes, peers = [PEER]) {
  const socket = bench.stack.udp.open();
  const destinations = peers.map((peer) => socket.to(peer, 9));
  const payload = new Uint8Array(bytes).fill(FILL);
  const { sink } = bench;
  let sent2 = 0;
  let next = 0;
  const send = () => {
    if (socket.send(payload, destinations[next]).status === "sent") sent2++;
    next = next + 1 === destinations.length ? 0 : next + 1;
  };
  const tick = () => bench.tick();
  return (count) => {
    sent2 = 0;
    sink.frames = 0;
    inBursts(count, send, tick);
    expectCount("udp send", sent2, count);
    expectCount("udp send, on the wire", sink.frames, count);
  };
}
function receiver(bench, say, burst = BURST5) {
  let received = 0;
  bench.stack.udp.open(PORT).onDatagram = (datagram, at, length) => {
    if (datagram[at + length - 1] === FILL) received++;
  };
  const tick = () => bench.tick();
  return (count) => {
    received = 0;
    inBursts(count, say, tick, burst);
    expectCount("udp receive", received, count);
  };
}

// test/bench/e1000.ts
var SMALL = 18;
var LARGE = 1472;
var SHARED2 = 2 * 1024 * 1024;
var E1000_SUBJECTS = {
  "e1000 rings, udp receive, 60 B frame": () => ringReceive(SMALL, true),
  "e1000 rings, udp receive, 1514 B frame": () => ringReceive(LARGE, true),
  "e1000 rings, no offload, udp receive, 60 B": () => ringReceive(SMALL, false),
  "e1000 rings, no offload, udp receive, 1514 B": () => ringReceive(LARGE, false),
  "e1000 rings, udp send, 60 B frame": () => ringSend(SMALL, false),
  "e1000 rings, udp send, 1514 B frame": () => ringSend(LARGE, false),
  "e1000 rings, shared pool, udp send, 60 B": () => ringSend(SMALL, true),
  "e1000 rings, shared pool, udp send, 1514 B": () => ringSend(LARGE, true),
  "e1000 rings, arp request answered": () => ringArp(),
  "e1000 rings, driver alone, receive 60 B": () => driverReceive(),
  "e1000 rings, driver alone, send 60 B": () => driverSend(),
  "e1000 model, udp receive, 60 B frame": () => chipReceive(SMALL),
  "e1000 model, udp receive, 1514 B frame": () => chipReceive(LARGE),
  "e1000 model, udp send, 60 B frame": () => chipSend(SMALL),
  "e1000 model, udp send, 1514 B frame": () => chipSend(LARGE)
};
var RingBench = class _RingBench {
  clock = new VirtualClock();
  stack;
  eth0;
  sink;
  /** @param shared the stack's packets lie in memory that the rings' descriptors can point to */
  constructor(sums, shared) {
    this.sink = new RingEngine(sums);
    const { bytes } = this.sink.dma;
    const pool = shared ? { pool: { memory: bytes.subarray(bytes.length - SHARED2) } } : {};
    this.stack = new Stack({ clock: this.clock, random: new SeededRandom(1), ...pool });
    this.eth0 = this.stack.addDevice("eth0", new E1000(this.clock, this.sink, { mac: Uint8Array.from(mac(US)) }));
  }
  static async open(sums, shared) {
    const bench = new _RingBench(sums, shared);
    bench.clock.advanceSync(1.5);
    const opened = bench.eth0.open();
    await bench.clock.advance(100);
    await opened;
    bench.stack.addAddress(bench.eth0, "10.0.0.1/24");
    bench.stack.addNeighbour("10.0.0.2", T1, bench.eth0);
    const { statistics } = bench.eth0;
    statistics.rxBytes = BIG_COUNT;
    statistics.txBytes = BIG_COUNT;
    return bench;
  }
  tick() {
    this.clock.advanceSync(TICK);
  }
};
async function ringReceive(bytes, sums) {
  const bench = await RingBench.open(sums, false);
  const frame = udp({}, new Uint8Array(bytes).fill(FILL));
  const say = () => {
    if (!bench.sink.receive(frame)) throw new Error("no buffer in the ring");
  };
  return {
    floor: { frame: HEADERS + bytes, copies: 1, payloadSums: sums ? 0 : 1, headerSums: 1 },
    run: receiver(bench, say),
    polls: new PollTimes(bench.eth0),
    lwip: `receive ${bytes}`
  };
}
async function ringSend(bytes, shared) {
  const bench = await RingBench.open(true, shared);
  return {
    floor: { frame: HEADERS + bytes, copies: shared ? 2 : 3, payloadSums: 0, headerSums: 1 },
    run: sender(bench, bytes),
    lwip: `send ${bytes} 1`
  };
}
async function ringArp() {
  const bench = await RingBench.open(true, true);
  const request = arp();
  const { sink } = bench;
  return {
    floor: { frame: HEADERS, copies: 2, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      sink.frames = 0;
      inBursts(
        count,
        () => {
          if (!sink.receive(request)) throw new Error("no buffer in the ring");
        },
        () => bench.tick()
      );
      expectCount("arp", sink.frames, count);
    },
    lwip: "arp-ring"
  };
}
async function driverReceive() {
  const bench = await DriverBench.open();
  const frame = udp({}, new Uint8Array(SMALL).fill(FILL));
  return {
    floor: { frame: HEADERS + SMALL, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      bench.received = 0;
      inBursts(
        count,
        () => {
          if (!bench.engine.receive(frame)) throw new Error("no buffer in the ring");
        },
        () => bench.tick()
      );
      expectCount("receive", bench.received, count);
    }
  };
}
async function driverSend() {
  const bench = await DriverBench.open();
  const frame = udp({}, new Uint8Array(SMALL).fill(FILL));
  return {
    floor: { frame: HEADERS + SMALL, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      bench.engine.frames = 0;
      inBursts(
        count,
        () => bench.send(frame.length),
        () => bench.tick()
      );
      expectCount("send", bench.engine.frames, count);
    }
  };
}
async function chipBench() {
  const bench = await WireBench.open((clock, segment) => {
    const chip = new E1000Chip(clock, segment, "eth0", { mac: Uint8Array.from(mac(US)) });
    return new E1000(clock, chip, { interruptRate: 0 });
  });
  bench.pin();
  return bench;
}
async function chipReceive(bytes) {
  const bench = await chipBench();
  const frame = udp({}, new Uint8Array(bytes).fill(FILL));
  return {
    // Onto the wire, into the chip, into the ring; the chip takes the payload's checksum.
    floor: { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 2 },
    run: receiver(bench, () => bench.port.transmit(frame, 0, frame.length)),
    polls: new PollTimes(bench.eth0)
  };
}
async function chipSend(bytes) {
  const bench = await chipBench();
  return { floor: { frame: HEADERS + bytes, copies: 4, payloadSums: 1, headerSums: 1 }, run: sender(bench, bytes) };
}

// test/bench/subjects.ts
var LWIP_TABLE = 10;
var SUBJECTS = {
  "udp send, static neighbour, 32 B": () => udpSend(32, "static"),
  "udp send, resolved neighbour, 32 B": () => udpSend(32, "resolved"),
  "udp send, static neighbour, 1472 B": () => udpSend(1472, "static"),
  "udp send, resolved neighbour, 1472 B": () => udpSend(1472, "resolved"),
  "udp send, 10 neighbours in turn, 32 B": () => udpRotation(32, 10),
  "udp send, 1000 neighbours in turn, 32 B": () => udpRotation(32, 1e3),
  "udp receive, 32 B": () => udpReceive(32),
  "udp receive, 1472 B": () => udpReceive(1472),
  "echo request answered, 56 B": () => echo(56),
  "echo request answered, 1472 B": () => echo(1472),
  "arp request answered": () => arpRequest(),
  "two stacks, there and back, 32 B": () => thereAndBack(32),
  "two stacks, there and back, 1472 B": () => thereAndBack(1472),
  "enc28j60 model, udp send, 32 B": () => chipSend2(32),
  "enc28j60 model, udp send, 1472 B": () => chipSend2(1472),
  "enc28j60 model, udp receive, 32 B": () => chipReceive2(32),
  "enc28j60 model, udp receive, 1472 B": () => chipReceive2(1472),
  ...E1000_SUBJECTS
};
var CONTROL4 = "control: one view";
function subjectNamed(name) {
  if (name === CONTROL4) return Promise.resolve(control());
  const make = SUBJECTS[name];
  if (!make) throw new RangeError(`no subject "${name}"; there are: ${Object.keys(SUBJECTS).join("; ")}`);
  return make();
}
function control() {
  const bytes = new Uint8Array(2048);
  let view = bytes;
  return {
    floor: { frame: HEADERS, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      for (let op = 0; op < count; op++) view = bytes.subarray(view[0], op & 1023);
    }
  };
}
async function udpSend(bytes, neighbour) {
  const bench = await WireBench.open();
  if (neighbour === "static") bench.pin();
  else bench.resolve();
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: sender(bench, bytes),
    ...neighbour === "resolved" ? { lwip: `send ${bytes} 1` } : {}
  };
}
async function udpRotation(bytes, neighbours) {
  const bench = await WireBench.open();
  const peers = bench.resolveMany(neighbours);
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: sender(bench, bytes, peers),
    lwip: `send ${bytes} ${Math.min(neighbours, LWIP_TABLE)}`
  };
}
async function udpReceive(bytes) {
  const bench = await WireBench.open();
  return {
    floor: { frame: HEADERS + bytes, copies: 2, payloadSums: 1, headerSums: 1 },
    run: receiver(bench, datagrams(bench, bytes)),
    lwip: `take ${bytes}`
  };
}
function datagrams(bench, bytes) {
  return speaker(bench, udp({}, new Uint8Array(bytes).fill(FILL)));
}
function speaker(bench, frame) {
  return () => bench.port.transmit(frame, 0, frame.length);
}
async function echo(bytes) {
  const bench = await WireBench.open();
  bench.resolve();
  const run2 = answered(bench, icmp({}, new Uint8Array(bytes).fill(FILL)), "echo");
  return { floor: { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 2 }, run: run2 };
}
async function arpRequest() {
  const bench = await WireBench.open();
  bench.resolve();
  const run2 = answered(bench, arp(), "arp");
  return { floor: { frame: HEADERS, copies: 3, payloadSums: 0, headerSums: 0 }, run: run2, lwip: "arp" };
}
function answered(bench, request, name) {
  const say = speaker(bench, request);
  const tick = () => bench.tick();
  return (count) => {
    bench.sink.frames = 0;
    inBursts(count, say, tick);
    bench.tick();
    expectCount(name, bench.sink.frames, count);
  };
}
async function thereAndBack(bytes) {
  const bench = await WireBench.open();
  const far = new Stack({ clock: bench.clock, random: new SeededRandom(2) });
  bench.port.plugged = false;
  const device = far.addDevice("eth0", wireNic("far", "02:00:00:00:00:02")(bench.clock, bench.segment));
  const opened = device.open();
  await bench.clock.advance(1);
  await opened;
  far.addAddress(device, "10.0.0.2/24");
  const payload = new Uint8Array(bytes).fill(FILL);
  const near = bench.stack.udp.open(5e3);
  const other = far.udp.open(5e3);
  let back = 0;
  const backTo = other.to("10.0.0.1", 5e3);
  other.onDatagram = () => {
    other.send(payload, backTo);
  };
  near.onDatagram = () => {
    back++;
  };
  const there = near.to(PEER, 5e3);
  const send = () => {
    near.send(payload, there);
  };
  const tick = () => bench.tick();
  send();
  tick();
  return {
    floor: { frame: HEADERS + bytes, copies: 6, payloadSums: 4, headerSums: 4 },
    run: (count) => {
      back = 0;
      inBursts(count, send, tick);
      expectCount("there and back", back, count);
    }
  };
}
async function chipBench2() {
  let bus = null;
  const bench = await WireBench.open((clock, segment) => {
    const chip = new Enc28j60Chip(clock, segment, "eth0", { lineRate: Number.POSITIVE_INFINITY });
    bus = new SimulatedSpiBus(chip, clock);
    return new Enc28j60(bus, clock, { address: Uint8Array.from(mac(US)), interrupt: chip.interrupt });
  });
  bench.pin();
  return { bench, bus };
}
async function chipSend2(bytes) {
  const { bench, bus } = await chipBench2();
  return loaded(bus, { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 1 }, sender(bench, bytes));
}
async function chipReceive2(bytes) {
  const { bench, bus } = await chipBench2();
  const burst = bytes > 500 ? 4 : 16;
  return loaded(
    bus,
    { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 1 },
    receiver(bench, datagrams(bench, bytes), burst)
  );
}
function loaded(bus, floor, run2) {
  const { counters } = bus;
  let operations = 0;
  const [transactions, bytes] = [counters.transactions, counters.bytes];
  return {
    floor,
    run: (count) => {
      operations += count;
      run2(count);
    },
    busLoad: () => ({
      transactions: (counters.transactions - transactions) / operations,
      bytes: (counters.bytes - bytes) / operations
    })
  };
}

// ../../tmp/loopb.ts
var s = await subjectNamed(process.argv[2]);
s.run(1e5);
var best = 1e9;
var end = performance.now() + 1e3 * Number(process.argv[3] ?? 3);
var n = 0;
while (performance.now() < end) {
  const c = process.cpuUsage();
  s.run(16384);
  const d = process.cpuUsage(c);
  const ns = (d.user + d.system) * 1e3 / 16384;
  if (ns < best) best = ns;
  n++;
}
console.log(process.argv[2], best.toFixed(1), "ns least of", n);
