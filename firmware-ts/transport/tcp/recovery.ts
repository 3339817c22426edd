/** Loss detection by time, RACK (RFC 8985), and by duplicate acknowledgments where the peer has no SACK (RFC 6582). */
import type { Segment } from "./segment.ts";
import { Sent } from "./sent-segments.ts";
import { after, before } from "./sequence.ts";
import { Ca, type Tcb, Wait } from "./tcb.ts";
import { armWait, rearmRto } from "./wait.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { SACKED, LOST, RETRANS, EVER_RETRANS } = Sent;

/** Duplicate acknowledgments, or segments sacked, that mean a loss (RFC 5681 3.2). */
const DUP_THRESHOLD = 3;
/** Most quarters of the least round trip that a segment may come late (RFC 8985 6.2). */
const REO_STEPS_MOST = 40;

/** Notes that the peer has a segment, sent at this time and ending there (RFC 8985 6.2, step 1 and 2). */
export function noteDelivered(c: Tcb, time: number, end: number, everRetrans: boolean): void {
  const rtt = (c.tcp.ticks[0]! - time) | 0;
  // The acknowledgment may be for the first copy: then the second one has not arrived at all.
  if (everRetrans && rtt < c.minRtt * 1000) return;
  const age = (time - c.rackTime) | 0;
  if (c.rackKnown && (age < 0 || (age === 0 && !after(end, c.rackEnd)))) return;
  c.rackKnown = true;
  c.rackTime = time;
  c.rackEnd = end;
  c.rackRtt = rtt;
}

/** Takes the SACK blocks of a segment. Returns the number of segments that they tell of for the first time. */
export function takeSack(c: Tcb, segment: Segment): number {
  const { sent } = c;
  let first = 0;
  let count = 0;
  if (isDsack(segment)) {
    first = 1;
    c.tcp.counters.dsackRecv++;
    // A needless retransmission: the next one waits longer (RFC 8985 6.2, step 4).
    if (c.reoSteps < REO_STEPS_MOST) c.reoSteps++;
    c.tlpRetrans = false;
  }
  for (let block = first; block < segment.sackCount; block++) {
    const from = segment.sack[2 * block]!;
    const to = segment.sack[2 * block + 1]!;
    if (!before(from, to) || before(from, c.sndUna) || after(to, c.sndNxt)) continue;
    let start = c.sndUna;
    for (let place = 0; place < sent.count; place++) {
      const end = sent.end(place);
      if (after(end, to)) break;
      const flags = sent.flags(place);
      if (!before(start, from) && (flags & SACKED) === 0) {
        count++;
        noteSacked(c, place, start, end, flags);
      }
      start = end;
    }
  }
  return count;
}

function noteSacked(c: Tcb, place: number, start: number, end: number, flags: number): void {
  if ((flags & LOST) !== 0) c.lostOut--;
  if ((flags & RETRANS) !== 0) c.retransOut--;
  c.sackedOut++;
  c.sent.setFlags(place, (flags & ~(LOST | RETRANS)) | SACKED);
  if ((flags & EVER_RETRANS) === 0 && before(start, c.highSacked) && !c.reordering) {
    c.reordering = true;
    c.tcp.counters.sackReorder++;
  }
  if (after(end, c.highSacked)) c.highSacked = end;
  noteDelivered(c, c.sent.time(place), end, (flags & EVER_RETRANS) !== 0);
}

/** The first block tells of a segment that came twice: it lies below what is acknowledged, or within the second block (RFC 2883 4). */
function isDsack(segment: Segment): boolean {
  if (segment.sackCount === 0) return false;
  const from = segment.sack[0]!;
  const to = segment.sack[1]!;
  if (before(from, segment.ack)) return true;
  return segment.sackCount > 1 && !before(from, segment.sack[2]!) && !after(to, segment.sack[3]!);
}

/** Holds those segments lost that were sent well before one that has arrived. */
export function detectLosses(c: Tcb): void {
  if (!c.rackKnown) return;
  const { sent } = c;
  const window = reorderingWindow(c);
  const now = c.tcp.ticks[0]!;
  let timeout = 0;
  for (let place = 0; place < sent.count; place++) {
    const flags = sent.flags(place);
    if ((flags & SACKED) !== 0 || ((flags & LOST) !== 0 && (flags & RETRANS) === 0)) continue;
    const time = sent.time(place);
    const age = (c.rackTime - time) | 0;
    if (age < 0 || (age === 0 && !after(c.rackEnd, sent.end(place)))) continue;
    const left = (((time - now) | 0) + c.rackRtt + window) | 0;
    if (left <= 0) markLost(c, place);
    else if (left > timeout) timeout = left;
  }
  if (timeout > 0) armWait(c, Wait.REORDERING, timeout / 1000);
  else if (c.wait === Wait.REORDERING) rearmRto(c);
}

/** In us. */
function reorderingWindow(c: Tcb): number {
  if (!c.reordering && (c.ca >= Ca.RECOVERY || c.sackedOut >= DUP_THRESHOLD)) return 0;
  if (Number.isNaN(c.minRtt)) return 0;
  return Math.floor(Math.min((c.reoSteps * c.minRtt) / 4, c.srtt) * 1000);
}

/** Holds a segment lost that is not sacked. */
export function markLost(c: Tcb, place: number): void {
  const flags = c.sent.flags(place);
  if ((flags & RETRANS) !== 0) c.retransOut--;
  if ((flags & LOST) === 0) c.lostOut++;
  c.sent.setFlags(place, (flags & ~RETRANS) | LOST);
}

/** A time-out: all is held lost that is not sacked, copies that were sent again included. */
export function markAllLost(c: Tcb, forgetSacks: boolean): void {
  const { sent } = c;
  for (let place = 0; place < sent.count; place++) {
    const flags = sent.flags(place);
    if ((flags & SACKED) !== 0) {
      if (!forgetSacks) continue;
      c.sackedOut--;
      sent.setFlags(place, flags & ~SACKED);
    }
    markLost(c, place);
  }
}

/** Without SACK each duplicate acknowledgment stands for a segment that has arrived; the third means that the oldest has not. */
export function takeDuplicate(c: Tcb): void {
  if (c.sackedOut < c.sent.count - 1) c.sackedOut++;
  if (c.sackedOut >= DUP_THRESHOLD && c.ca !== Ca.RECOVERY && c.ca !== Ca.LOSS) markLost(c, 0);
}

/** Without SACK: what arrived beyond the oldest segment is not known any more. */
export function forgetDuplicates(c: Tcb, acked: number): void {
  c.sackedOut = Math.max(0, Math.min(c.sackedOut - Math.max(acked - 1, 0), c.sent.count - 1));
}
