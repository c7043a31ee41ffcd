/**
 * The tables of all decisions of the grammar (lookahead.ts), so that none of its rules need be recorded. Here there are none; the build makes them with the grammar it
 * has built and puts them in this file's place.
 */
import type { LookaheadTables } from './lookahead.js';

export const lookaheadTables: LookaheadTables | undefined = undefined;
