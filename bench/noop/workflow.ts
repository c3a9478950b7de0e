/** Starts and ends: what one workflow execution costs before a shop does anything in it. */
export async function noop(): Promise<void> {}
