/** What schedules are made of. */
import { strict as assert } from 'node:assert';
import { type Client, Script, outcome, settle } from './client.js';

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

/** Three writers, of which the third is one more than are listed with a tree, and a reader whose snapshot is older than what they change. */
export async function threeWriters() {
  const script = await Script.open({ bulkWritersMax: 2, mappedClaimsMax: 9 });
  const t = await script.table({ a: '0', b: '0', c: '0', j: '0', k: '0' });
  const old = script.begin('repeatable read');
  assert.equal(await old.get(t, 'k'), '0');
  const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
  await b.update(t, 'b', set('1'));
  return { script, t, old, a, b, c };
}
