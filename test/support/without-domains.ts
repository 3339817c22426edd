/**
 * Keeps tap from following every promise, for files that make millions: half of their time went there (async_hooks). To be imported
 * before tap. An error that no promise of a test hands on then ends the process, and so fails the file, with its stack trace on
 * standard error; tap would have failed the one test.
 */
import hooks from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";

const { createHook } = hooks;

hooks.createHook = () => createHook({});
syncBuiltinESMExports();
