/** An error that Go's standard library would report. A builtin turns it into its own error. */
export class GoError extends Error {}
