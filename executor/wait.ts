/**
 * Waiting without promises on the path that does not wait. A step that needs a lock either goes on at once or returns the promise of the
 * lock, having changed nothing but locks; whoever called it hands the promise up to the driver and calls the same step again afterwards.
 * The step then starts from the top and meets the lock as its own: after a wait everything is looked at afresh, as it must be, because
 * the world may have moved between the wake-up and the next line.
 */
export type Wait = Promise<unknown>;

export function isWait(value: unknown): value is Wait {
  return value instanceof Promise;
}
