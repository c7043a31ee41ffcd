/** A turn of the event loop (engine/loop-turn.ts) that is over for every call. */
import type { LoopTurn } from '../../engine/loop-turn.js';

/** Every call waits for one turn: none goes the short way, and who has waited goes on. */
export function waitForTurn(turn: LoopTurn): void {
  let hasWaited = false;
  turn.over = (isBrief) => {
    if (isBrief) return Promise.resolve();
    if (!hasWaited) {
      return new Promise((resolve) => setImmediate(() => {
        hasWaited = true;
        resolve();
      }));
    }
    hasWaited = false;
    return undefined;
  };
}
