/** Measures one size of a row of growth.ts in this process and prints the nanoseconds of an operation: `growth-child.ts NAME SIZE`. */
import { runGrowth } from "./growth.ts";

const [name = "", size = "1"] = process.argv.slice(2);
console.log(await runGrowth(name, Number(size)));
