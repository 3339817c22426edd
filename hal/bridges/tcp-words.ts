/** Errors of TCP in words: what went wrong, without the name of a system call. */

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EADDRNOTAVAIL: "no interface of this machine has that address",
    EAI_AGAIN: "its name cannot be looked up now",
    ECONNREFUSED: "nothing listens there",
    ECONNRESET: "the other side ended the connection",
    EHOSTUNREACH: "the host does not answer",
    ENETUNREACH: "no route leads there",
    ENOTFOUND: "there is no host of that name",
    ETIMEDOUT: "the host does not answer",
  }),
);

/** The words of an error of a socket; the message of one that has none. */
export function tcpWords({ code, message }: NodeJS.ErrnoException): string {
  return (code === undefined ? undefined : WORDS.get(code)) ?? message;
}
