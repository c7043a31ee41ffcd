/** Schedules with known outcomes, most of them measured on PostgreSQL; schedules.ts holds them, design/concurrency.md section 13 explains them. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { schedules } from './schedules.js';

describe('schedules', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });
  for (const schedule of schedules) it(schedule.name, () => schedule.run());
});
