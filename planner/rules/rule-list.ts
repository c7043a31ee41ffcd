/** The rewrite rules in the order they run. */
import type { Rule } from '../optimize.js';
import { inlineCtes } from './inline-ctes.js';

export const ruleList: readonly Rule[] = [inlineCtes];
