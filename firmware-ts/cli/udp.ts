/** `whohas udp send` and `whohas udp listen`. */
import type { Caller } from "../control/methods/client.ts";
import { Exit } from "./exit.ts";

export interface UdpSendOptions {
  to: string;
  text: string;
  from?: string;
  count: number;
  /** ms */
  interval: number;
  confirm: boolean;
}

/** One line a datagram: sent, queued or failed, and one more for what became of a queued one. */
export async function udpSend(client: Caller, options: UdpSendOptions): Promise<number> {
  let anyFailed = false;
  client.onNotification = (name, note) => {
    if (name !== "udp.datagram") return;
    const { status, reason } = note;
    anyFailed ||= status === "failed";
    console.log(status === "failed" ? `failed ${reason}` : status);
  };
  await client.call("udp.send", { ...options });
  return anyFailed ? Exit.NO : Exit.DONE;
}

/** One line a datagram: ADDR:PORT LENGTH TEXT. */
export async function udpListen(client: Caller, bind: string, count: number | undefined): Promise<number> {
  client.onNotification = (name, note) => {
    if (name === "udp.received") console.log(`${note.from}:${note.port} ${note.length} ${printable(note.text)}`);
  };
  await client.call("udp.listen", { bind, ...(count === undefined ? {} : { count }) });
  return Exit.DONE;
}

/** The text of a datagram, which must neither make lines of its own nor drive the terminal: control characters as \xHH. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}
