/** Refuses a request of the user: the command prints its one line, without a stack trace. */
export class Refusal extends Error {}
