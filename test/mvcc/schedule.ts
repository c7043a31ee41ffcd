/** What schedules are made of. */
import { strict as assert } from 'node:assert';
import type { Script} from './client.js';
import { type Client, outcome, settle } from './client.js';

export interface Schedule {
  readonly name: string;
  run(): Promise<void>;
}

export const S = 'serializable';
export const RR = 'repeatable read';
export const RC = 'read committed';
export const set = (value: string) => (): string => value;

/** The promise must block; returns it wrapped, so that awaiting this does not wait for it. */
export async function blocked(client: Client, promise: Promise<unknown>): Promise<{ outcome: Promise<string> }> {
  const result = outcome(promise);
  await settle();
  assert.equal(client.transaction.isWaiting, true, 'must wait');
  return { outcome: result };
}

/** As many newcomers as a row's lock lets pass its first waiter. */
export async function passFour(script: Script, t: Parameters<Client['lock']>[0]): Promise<void> {
  for (let i = 0; i < 4; i++) {
    const passing = script.begin(RC);
    await passing.lock(t, 'k', 'share');
    await passing.commit();
  }
}
