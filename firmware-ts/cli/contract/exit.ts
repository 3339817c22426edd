/** How a command ends. The `ip`-shaped ones end as `ip` ends; everything else 0 done, 1 no, 2 wrong words; 3 no such instance. */
export const Exit = {
  DONE: 0,
  NO: 1,
  WORDS: 2,
  NO_INSTANCE: 3,
  IP_REFUSED: 2,
  IP_WORDS: 255,
  INTERRUPTED: 130,
  SIGPIPE: 141,
} as const;

/** Ends a command with one line for people. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = Exit.WORDS) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
