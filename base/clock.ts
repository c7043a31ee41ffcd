/** Time, injected. Ordering never uses wall time; timeouts use the monotonic clock, which a simulation advances by hand. */

export interface Clock {
  /** Wall time, milliseconds since 1970 with microseconds in the fraction where the platform has them. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start. */
  monotonic(): number;
}

/** The global is looked up by an accessor each time, and the origin, which is constant, costs more than the time. */
const timer = performance;
const { timeOrigin } = timer;

export const realClock: Clock = {
  now: () => timeOrigin + timer.now(),
  monotonic: () => timer.now(),
};
