/** Time, injected. Ordering never uses wall time; timeouts use the monotonic clock, which a simulation advances by hand. */

export interface Clock {
  /** Wall time, milliseconds since 1970 with microseconds in the fraction where the platform has them. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start. */
  monotonic(): number;
}

/** Constant, and costly to ask for. */
const { timeOrigin } = performance;

export const realClock: Clock = {
  now: () => timeOrigin + performance.now(),
  monotonic: () => performance.now(),
};
