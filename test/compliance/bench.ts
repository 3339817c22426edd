/** A controller under the compliance suite: its driver, its host, and who is at the far end of its wire. */
import type { Clock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { FakeHost } from "../support/controller-host.ts";

export interface BenchWish {
  /** Frames a poll may hand up. Default 64. */
  budget?: number;
  /** Packets in the host's pool. Default 4096. */
  pool?: number;
}

/** One controller with the far end of its wire, made afresh for each case and removed after it. */
export interface ControllerBench {
  readonly clock: Clock;
  readonly controller: EthernetController;
  readonly host: FakeHost;
  /** Frames that came out at the far end, in order; the suite's own only. */
  readonly arrived: readonly Uint8Array[];
  open(): Promise<void>;
  close(): Promise<void>;
  /** The far end sends a frame of 60 bytes at least. */
  inject(frame: Uint8Array): void;
  /** As inject(), but where the wire takes time the frame is there when this returns. */
  injectNow(frame: Uint8Array): void;
  /** The far end goes away, and comes back. */
  plug(up: boolean): void;
  /** Lets time pass until `done` holds; false when it does not for as long as anything here may take. */
  until(done: () => boolean): Promise<boolean>;
  /** Lets time pass until whatever is under way has arrived. */
  settle(): Promise<void>;
  /** The process stands still (SIGSTOP), in real time for longer than anything waits for an answer; 30 s in virtual time. */
  stall(): void;
  /** The driver's timers that are armed. */
  armed(): number;
  /** The chip loses everything that the driver has told it, and the driver is not told. Where the kind does not say that it cannot. */
  resetBehind?(): void;
  /** For so many ms of the bench's time, nothing that the driver reads of its chip is true. Where the kind does not say that it cannot. */
  lie?(ms: number): void;
  /** Closes, and leaves nothing behind. */
  remove(): Promise<void>;
}

/** A row of the suite: how to make such a bench, and what cannot be the same for every controller. */
export interface ControllerKind {
  readonly name: string;
  /** Names the things that are missing here, or false. */
  readonly skip: string | false;
  /** Full frames that it holds for sure before it is polled. */
  readonly holds: number;
  /** Small frames that it cannot hold all of. */
  readonly floods: number;
  /** How often it is opened and closed: a thousand times where that takes no time, less where the kernel makes and removes an interface. */
  readonly openings: number;
  /**
   * The account of frames lost for want of room: each is counted; the chip says that it lost some, not how many; or nothing is lost in
   * it, for it takes no frame from its wire while it has no room (QEMU's, whose wire loses them then and counts).
   */
  readonly overflow: "each" | "some" | "outside";
  /** Why one of these cannot be done to it, in words for the report; a kind that says nothing has the bench's method. */
  readonly cannot: { readonly [What in "resetBehind" | "lie" | "stall" | "suspend"]?: string };
  make(wish?: BenchWish): Promise<ControllerBench>;
}

/** Frames that were lost and are accounted for. */
export function counted({ controller, host }: ControllerBench): number {
  return controller.statistics.rxErrors + host.drops.total;
}

/** An EtherType for local experiments (IEEE 802 0x88b5), behind a tag or not: no kernel sends or answers it. */
export function isOurs(frame: Uint8Array): boolean {
  let at = 12;
  while ((frame[at] === 0x81 && frame[at + 1] === 0x00) || (frame[at] === 0x88 && frame[at + 1] === 0xa8)) at += 4;
  return frame[at] === 0x88 && frame[at + 1] === 0xb5;
}

/** A host for a bench; frames of others than the suite are not kept. */
export function hostFor(clock: Clock, wish: BenchWish = {}): FakeHost {
  return new FakeHost(clock, { ...wish, keepOnly: isOurs });
}
