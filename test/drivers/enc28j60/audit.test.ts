/** The audit by itself: which registers it asks for, what it takes for wrong, and where it believes that packets wait. */
import t from "tap";
import { Audit, type Finding } from "../../../drivers/enc28j60/audit.ts";
import { CommandList } from "../../../drivers/enc28j60/command-list.ts";
import { Filters } from "../../../drivers/enc28j60/filters.ts";
import { Pointer } from "../../../drivers/enc28j60/quiet-looks.ts";
import { Register } from "../../../drivers/enc28j60/registers.ts";
import { ReceiveRing } from "../../../drivers/enc28j60/ring.ts";
import { Session } from "../../../drivers/enc28j60/session.ts";

const { ECON1, ECON2, EIE, ERXWRPT, MACON1, MACON4 } = Register;
const ADDRESS = Uint8Array.of(2, 0, 0x5e, 0x10, 0, 1);

/** Answers reads from a map of registers. */
class Registers extends CommandList {
  readonly held = new Map<number, number>();
  readonly asked: number[] = [];
  readonly #at = new Map<number, number>();

  override clear(): void {
    super.clear();
    this.asked.length = 0;
    this.#at.clear();
  }

  override read(register: number): number {
    const at = super.read(register);
    this.#at.set(at, register);
    this.asked.push(register);
    return at;
  }

  override value(index: number): number {
    const register = this.#at.get(index);
    if (register === undefined) throw new Error(`nothing was read at ${index}`);
    return this.held.get(register) ?? 0;
  }
}

interface AuditBench {
  audit: Audit;
  registers: Registers;
  ring: ReceiveRing;
  /** Looks at all registers, or as `prepare` says; the finding, in words, or "". */
  look: (prepare?: (registers: Registers) => void) => string;
  /** The registers that it last asked for. */
  asked: () => number[];
}

/** An audit and a chip that holds all that it should. */
function auditBench(fullDuplex = true): AuditBench {
  const session = new Session(fullDuplex);
  session.transmitEnd = 0x1a40;
  const [ring, filters, registers] = [new ReceiveRing(), new Filters(), new Registers()];
  filters.tell();
  const audit = new Audit(session, ADDRESS, ring, filters);
  const find = (prepare: (registers: Registers) => void): Finding | null => {
    registers.clear();
    prepare(registers);
    return audit.wrong(registers);
  };
  const all = (commands: Registers): void => audit.prepareAll(commands);
  // It tells of one at a time; of none twice.
  for (let found = find(all); found && !registers.held.has(found.register); found = find(all)) {
    registers.held.set(found.register, found.wanted);
  }
  return {
    audit,
    registers,
    ring,
    look: (prepare = all) => find(prepare)?.reason.message ?? "",
    asked: () => [...registers.asked],
  };
}

t.test("each register, one bit wrong: told by its name", async (t) => {
  const { registers, look, asked } = auditBench();
  t.equal(look(), "");
  const rows: [register: number, wanted: number, name: string][] = [
    [EIE, 0x5b, "EIE"],
    [Register.ETXST + 1, 0x1a, "ETXSTH"],
    [Register.ETXND, 0x40, "ETXND"],
    [Register.ERXND, 0xff, "ERXND"],
    [Register.ERXND + 1, 0x19, "ERXNDH"],
    [Register.ERXRDPT + 1, 0x19, "ERXRDPTH"],
    [Register.ERXFCON, 0xa1, "ERXFCON"],
    [MACON1, 0x0d, "MACON1"],
    [Register.MACON3, 0x31, "MACON3"],
    [MACON4, 0x00, "MACON4"],
    [Register.MABBIPG, 0x15, "MABBIPG"],
    [Register.MAMXFL, 0xf2, "MAMXFL"],
    [Register.MAMXFL + 1, 0x05, "MAMXFLH"],
    [Register.EPAUS + 1, 0x01, "EPAUSH"],
    [Register.MACLCON1, 0x0f, "MACLCON1"],
    [0xe4, 0x02, "MAADR"],
    [0xe1, 0x01, "MAADR"],
  ];
  for (const [register, wanted, name] of rows) {
    t.ok(asked().includes(register), `${name} is asked for`);
    t.equal(registers.held.get(register) ?? 0, wanted, name);
    for (const bit of [0x01, 0x80]) {
      registers.held.set(register, wanted ^ bit);
      const found = (wanted ^ bit).toString(16).padStart(2, "0");
      t.equal(look(), `${name} holds 0x${found} instead of 0x${wanted.toString(16).padStart(2, "0")}`);
    }
    registers.held.set(register, wanted);
  }
  t.equal(look(), "");
});

t.test("half duplex has other values", async (t) => {
  const { registers } = auditBench(false);
  const held = (register: number): number => registers.held.get(register) ?? 0;
  t.same(
    [MACON1, Register.MACON3, MACON4, Register.MABBIPG, Register.MAIPGH, Register.MACLCON2].map(held),
    [0x01, 0x30, 0x40, 0x12, 0x0c, 63],
  );
});

t.test("ECON1: reception on, nothing that stops the chip, bank 0; TXRTS comes and goes. ECON2: AUTOINC, no PWRSV", async (t) => {
  const { registers, look } = auditBench();
  const rows: [register: number, value: number, right: boolean][] = [
    [ECON1, 0x04, true],
    [ECON1, 0x0c, true],
    [ECON1, 0x00, false],
    [ECON1, 0x08, false],
    [ECON1, 0x84, false],
    [ECON1, 0x44, false],
    [ECON1, 0x24, false],
    [ECON1, 0x14, false],
    [ECON1, 0x05, false],
    [ECON1, 0x06, false],
    [ECON2, 0x80, true],
    [ECON2, 0x88, true],
    [ECON2, 0x00, false],
    [ECON2, 0xa0, false],
  ];
  for (const [register, value, right] of rows) {
    const before = registers.held.get(register) ?? 0;
    registers.held.set(register, value);
    t.equal(look() === "", right, `${register.toString(16)} ${value.toString(16)}`);
    registers.held.set(register, before);
  }
});

t.test("groups: each has ECON1, ECON2 and the write pointer; together they have every register once", async (t) => {
  const { audit, look, asked } = auditBench();
  look();
  const always = [ERXWRPT, ERXWRPT + 1, ECON1, ECON2];
  const all = asked();
  t.same(all.slice(0, 4), always);
  const inGroups: number[] = [];
  for (let group = 0; group < audit.groups; group++) {
    look((commands) => audit.prepareGroup(commands, group));
    t.same(asked().slice(0, 4), always);
    const others = asked().slice(4);
    t.ok(others.length > 0 && others.length <= 6, `${others.length} in group ${group}`);
    inGroups.push(...others);
  }
  t.same(inGroups, all.slice(4));
});

t.test("a quiet look asks for what it names, and for ECON1; what the chip was not told is left out", async (t) => {
  const { audit, registers, look, asked } = auditBench();
  const quietly = (wanted: readonly number[], pointer: Pointer = Pointer.LOW): string =>
    look((commands) => audit.prepareQuietly(commands, { registers: wanted, pointer, link: false }));
  t.equal(quietly([EIE, ECON2, MACON1]), "");
  t.same(asked(), [ERXWRPT, ECON1, EIE, ECON2, MACON1]);
  t.equal(quietly([Register.EHT0, MACON1], Pointer.NONE), "");
  t.same(asked(), [ECON1, MACON1], "no hash table");
  registers.held.set(MACON1, 0);
  t.match(quietly([MACON1]), /^MACON1 holds 0x00/);
});

t.test("packets wait where the write pointer is not at the ring's head", async (t) => {
  const { audit, registers, ring, look } = auditBench();
  const waits = (pointer: Pointer, write: number): boolean => {
    registers.held.set(ERXWRPT, write & 0xff);
    registers.held.set(ERXWRPT + 1, write >> 8);
    look((commands) => audit.prepareQuietly(commands, { registers: [EIE], pointer, link: false }));
    return audit.packetsWait(registers);
  };
  ring.head = 0x1234;
  t.same([waits(Pointer.BOTH, 0x1234), waits(Pointer.LOW, 0x1234), waits(Pointer.NONE, 0x1234)], [false, false, false]);
  t.same([waits(Pointer.BOTH, 0x1236), waits(Pointer.LOW, 0x1236), waits(Pointer.NONE, 0x1236)], [true, true, false]);
  t.same([waits(Pointer.BOTH, 0x1334), waits(Pointer.LOW, 0x1334)], [true, false], "the low half is all that it was told");
  t.same(
    [Pointer.NONE, Pointer.LOW, Pointer.BOTH].map((pointer) => {
      waits(pointer, 0x1234);
      return audit.toldOfPackets;
    }),
    [false, true, true],
  );
});

t.test("a register that may be blind is left out from then on, until another chip may be there; no other is", async (t) => {
  const { audit, registers, look, asked } = auditBench();
  registers.held.set(MACON4, 0x55);
  t.match(look(), /^MACON4 /);
  t.same(
    [audit.overlook(MACON4), audit.overlook(MACON1), audit.overlook(EIE), audit.overlook(Register.EPAUS + 1)],
    [true, false, false, true],
  );
  t.equal(look(), "");
  t.notOk(asked().includes(MACON4) || asked().includes(Register.EPAUS + 1));
  audit.forget();
  t.match(look(), /^MACON4 /);
});
