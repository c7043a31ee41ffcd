/** Room in the log is found before a commit takes effect (reserved-log-trial.ts). */
import { it } from 'vitest';
import { fullDiskTrial, reservedLogTrial } from './reserved-log-trial.js';

it('commits of every kind append no more than they have reserved', async () => {
  for (let seed = 1; seed <= 15; seed++) await reservedLogTrial(seed);
});

it('a disk that is full refuses commits, also those that follow each other within a turn, and shuts nothing down', async () => {
  for (let seed = 1; seed <= 60; seed++) await fullDiskTrial(seed);
});
