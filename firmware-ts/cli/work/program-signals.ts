/**
 * The signals of a program that shares its process with a stack. Packages that tidy up at any end (signal-exit and its like) end the
 * process themselves, but only where they see no listener besides their own: so ours is there only while the program has none.
 */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A signal that the program does not listen to ends it, as it ends others, once `close` is done.
 * @param close closes the devices, once; it is not waited for longer than it waits itself
 */
export function obeySignals(close: () => Promise<void>): void {
  for (const signal of SIGNALS) obey(signal, close);
}

function obey(signal: NodeJS.Signals, close: () => Promise<void>): void {
  const heard = (): void => {
    // The signal may come before the listener has stepped aside.
    if (process.listenerCount(signal) > 1) return;
    void close().finally(() => {
      process.off("removeListener", comeBack);
      process.off(signal, heard);
      process.kill(process.pid, signal);
    });
  };
  const isThere = (): boolean => process.listeners(signal).includes(heard);
  const stepAside = (): void => {
    if (process.listenerCount(signal) > 1) process.off(signal, heard);
  };
  function comeBack(name: string | symbol): void {
    if (name === signal && process.listenerCount(signal) === 0) process.on(signal, heard);
  }
  // A package that was loaded with node (NODE_OPTIONS) may listen already.
  comeBack(signal);
  // Later: the other one is not there yet, and a signal with no listener at all would end the process at once.
  process.on("newListener", (name, listener) => {
    if (name === signal && listener !== heard && isThere()) process.nextTick(stepAside);
  });
  // Before Node's own, which stops to hear the signal where no listener is left.
  const events: NodeJS.EventEmitter = process;
  events.prependListener("removeListener", comeBack);
}
