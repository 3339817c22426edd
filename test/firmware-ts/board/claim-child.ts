/**
 * A process that claims a name whenever it is told to: a line in is the moment, in ms since 1970, or `release`; a line out is `won`,
 * `lost` and why, or `released`.
 */
import { createInterface } from "node:readline";
import { ControlServer } from "../../../firmware-ts/board/control-socket.ts";
import { claimInstance, type InstanceClaim } from "../../../firmware-ts/board/instance-claim.ts";

const held: { claim: InstanceClaim; server: ControlServer }[] = [];

async function claimed(): Promise<string> {
  try {
    const claim = await claimInstance("race");
    const server = new ControlServer(new Map());
    await server.listen(claim.path);
    held.push({ claim, server });
    return "won";
  } catch (error) {
    return `lost ${(error as Error).message}`;
  }
}

console.log("up");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "release") {
    for (const { claim, server } of held.splice(0)) {
      await server.close();
      claim.release();
    }
    console.log("released");
  } else {
    while (Date.now() < Number(line));
    console.log(await claimed());
  }
}
