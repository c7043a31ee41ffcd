/**
 * The schedules that tell a right implementation from one that looks right: numbers are those of design/concurrency.md, section 13.
 * Each throws when something else happens than must. Used by schedules.test.ts, and by the mutants as killers.
 */
import type { Schedule } from './schedule.js';
import { cycleSchedules } from './schedules-of-cycles.js';
import { singleSchedules } from './schedules-of-singles.js';
import { updateSchedules } from './schedules-of-updates.js';
import { upsertSchedules } from './schedules-of-upserts.js';
import { visibilitySchedules } from './schedules-of-visibility.js';
import { waitSchedules } from './schedules-of-waits.js';
import { writeSchedules } from './schedules-of-writes.js';

export const schedules: readonly Schedule[] = [...cycleSchedules, ...visibilitySchedules, ...waitSchedules, ...writeSchedules, ...updateSchedules, ...upsertSchedules, ...singleSchedules];
