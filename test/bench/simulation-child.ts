/** Runs one simulation of the bench in this process and prints what it took, as JSON: `simulation-child.ts NAME`. */
import { runSimulation } from "./simulations.ts";

console.log(JSON.stringify(await runSimulation(process.argv[2] ?? "")));
