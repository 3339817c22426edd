/**
 * Leaves the processor to those that wait for real time, for files that compute and wait for nothing: they take what is left of it.
 *
 * And keeps tap from following every promise, for files that make millions: half of their time went there (async_hooks). To be imported
 * before tap. An error that no promise of a test hands on then ends the process, and so fails the file, with its stack trace on
 * standard error; tap would have failed the one test.
 */
import hooks from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import { getPriority, setPriority } from "node:os";

/**
 * Beside a process of the usual priority, which is 0, such a one has a third of the time (sched(7)); with less, a busy machine would
 * never come to it.
 */
const LOW = 5;

if (getPriority() < LOW) setPriority(LOW);

const { createHook } = hooks;

hooks.createHook = () => createHook({});
syncBuiltinESMExports();
