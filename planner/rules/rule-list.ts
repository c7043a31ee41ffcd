/**
 * The rewrite rules in the order they run: what makes expressions smaller first, then what makes subqueries joins, then what moves conditions to
 * where they can be used, then what drops the unused.
 */
import type { Rule } from '../optimize.js';
import { foldConstants } from './fold-constants.js';
import { dropUnreadCtes, inlineCtes } from './inline-ctes.js';
import { inlineSetFunctions } from './inline-set-functions.js';
import { minMaxByIndex } from './min-max-by-index.js';
import { orToInList } from './or-to-in-list.js';
import { pruneColumns } from './prune-columns.js';
import { pruneEmpty } from './prune-empty.js';
import { pullProjections } from './pull-projections.js';
import { pushLimit } from './push-limit.js';
import { pushPredicates } from './push-predicates.js';
import { redundantDistinct } from './redundant-distinct.js';
import { refuseNullableLocks } from './refuse-nullable-locks.js';
import { simplifyConditions } from './simplify-conditions.js';
import { simplifyOuterJoins } from './simplify-outer-joins.js';
import { unnestSubqueries } from './unnest-subqueries.js';

export const ruleList: readonly Rule[] = [
  inlineSetFunctions, inlineCtes, foldConstants, simplifyConditions, orToInList, unnestSubqueries, pullProjections, simplifyOuterJoins, refuseNullableLocks, pruneEmpty, dropUnreadCtes, pushPredicates, minMaxByIndex, redundantDistinct, pruneColumns, pushLimit,
];
