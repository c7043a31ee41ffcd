/** All anomalies, in the order in which they are told. */
import type { Anomaly } from './anomaly.js';
import { classics } from './classics.js';
import { constraints } from './constraints.js';
import { hermitage } from './hermitage.js';
import { stories } from './stories.js';

export const catalogue: readonly Anomaly[] = [...hermitage, ...classics, ...stories, ...constraints];
