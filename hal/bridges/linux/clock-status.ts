/** Whether the kernel's wall clock is synchronised (adjtimex(2)): chrony, ntpd and systemd-timesyncd all tell the kernel so. */

/** Larger than struct timex on every machine; all zero it only asks. */
const STRUCT_TIMEX = 512;
/** adjtimex's answer for a clock that nobody has set, or that was left alone for too long (TIME_ERROR). */
const TIME_ERROR = 5;

/** Asks each time it is called. @throws where this is not Linux, or koffi does not load */
export async function loadClockStatus(): Promise<() => boolean> {
  if (process.platform !== "linux") throw new Error("the clock's status is known on Linux only");
  const { default: koffi } = await import("koffi");
  const adjtimex = koffi.load(null).func("adjtimex", "int", ["void *"]);
  return () => {
    const state = adjtimex(new Uint8Array(STRUCT_TIMEX)) as number;
    return state >= 0 && state !== TIME_ERROR;
  };
}
