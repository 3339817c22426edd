/**
 * Runs TypeScript as it stands, for development: `node --import ./firmware-ts/cli/dev.mjs FILE.ts`, or `npm run dev`.
 *
 * ts-node's ESM loader, translating with swc (tsconfig.json says so) and without checking types: about 0.3 s to start where the
 * checked loader takes one to five. Registered from here and not by `--loader`, which prints an ExperimentalWarning.
 * What is shipped and what `npm start` runs is compiled JavaScript.
 */
import { register } from "node:module";

// Resolved from here, configured from the project's root, so that it works from any working directory.
process.env.TS_NODE_PROJECT ??= new URL("../../tsconfig.json", import.meta.url).pathname;
register("ts-node/esm", import.meta.url);
