/**
 * Loaded into a process of the shop ahead of its own code. SIGUSR2 then keeps its event loop from turning, as an endless
 * computation would; the engine's native threads go on and believe that somebody is at work.
 */
const blockedMs = 10_000

process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs)
})
