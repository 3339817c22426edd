/** `whohas udp send` and `whohas udp listen`. */
import { Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withInstance } from "./connect.ts";
import { printable, printableJson } from "./printable.ts";

export interface UdpSendOptions {
  to: string;
  text: string;
  from?: string;
  count: number;
  /** ms */
  interval: number;
  confirm: boolean;
}

/** Prints one line for each datagram: sent, queued or failed; and one more line for the fate of a queued one. With -j an object a line. */
export function udpSend(globals: Globals, options: UdpSendOptions): Promise<number> {
  return withInstance(globals, async (client) => {
    let anyFailed = false;
    client.onNotification = (name, note) => {
      if (name !== "udp.datagram") return;
      const { status, reason } = note;
      anyFailed ||= status === "failed";
      if (globals.json) console.log(printableJson({ event: "datagram", ...note }));
      else console.log(status === "failed" ? `failed ${reason}` : status);
    };
    await client.call("udp.send", { ...options });
    return anyFailed ? Exit.NO : Exit.DONE;
  });
}

/** An address as it stands in front of a port. */
function host(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

export interface UdpListenOptions {
  bind: string;
  /** The device by which a group is heard. */
  dev?: string;
  /** Ends after so many; undefined: never. */
  count?: number;
}

/** Prints one line for each datagram: ADDR:PORT LENGTH TEXT, or with -j an object. */
export function udpListen(globals: Globals, options: UdpListenOptions): Promise<number> {
  return withInstance(globals, async (client) => {
    client.onNotification = (name, note) => {
      if (name !== "udp.received") return;
      if (globals.json) console.log(printableJson({ event: "datagram", ...note }));
      else console.log(`${host(note.from)}:${note.port} ${note.length} ${printable(note.text)}`);
    };
    await client.call("udp.listen", { ...options });
    return Exit.DONE;
  });
}
