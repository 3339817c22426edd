/** What somebody asked for cannot be done as it was said: one line for them, and no stack trace. */
export class Refusal extends Error {}
