/** `whohas gateway`: the registrar's side on this machine's kernel. */
import { readFileSync } from "node:fs";
import { SystemClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { KEY_FORM, keyOf } from "../../apps/registrar/message.ts";
import { KernelRegistry, KernelRegistryError } from "../../board/registry-on-kernel.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import { untilTold } from "./way-down.ts";

export interface GatewayRequest {
  readonly device: string;
  readonly keyFile: string;
  readonly port: number;
  readonly six: boolean;
}

/** @throws CommandError for a key that is none, and for what the kernel refuses */
export async function gateway({ device, keyFile, port, six }: GatewayRequest): Promise<number> {
  const key = readKey(keyFile);
  return untilTold(async ({ terminal, told }) => {
    const clock = new SystemClock();
    try {
      const tell = (event: string, address: string, lladdr: string): void =>
        terminal.print(lladdr === "" ? `${address} ${event}` : `${address} lladdr ${lladdr} dev ${device} ${event}`);
      const complain = ({ message }: KernelRegistryError): void => terminal.complain(`whohas: gateway: ${message}`);
      const served = new KernelRegistry({ clock, random: new SeededRandom(1), device, key, port, six, tell, refused: complain });
      await served.open();
      terminal.print(`ready: registrar of ${device} at port ${port}`);
      await told;
      await served.close();
      const { registered, refreshed, refused, expired, ignored } = served.registry.counters;
      terminal.print(
        `nodes       ${registered} registered, ${refreshed} times again, ${refused} refused, ${expired} expired; ${ignored} datagrams ignored`,
      );
      return Exit.DONE;
    } catch (error) {
      if (error instanceof KernelRegistryError) throw new CommandError(`gateway: ${error.message}`, Exit.NO);
      throw error;
    } finally {
      clock.stop();
    }
  });
}

function readKey(file: string): Uint8Array {
  let text = "";
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CommandError(
      `gateway: ${file}: ${(error as NodeJS.ErrnoException).code}; say a file with 32 to 128 hexadecimal digits`,
    );
  }
  if (!KEY_FORM.test(text))
    throw new CommandError(`gateway: ${file}: not a key; say 32 to 128 hexadecimal digits, as openssl rand -hex 16 makes`);
  return keyOf(text);
}
