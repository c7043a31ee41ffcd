/** Results that are text alone: what SHOW and EXPLAIN answer. */
import type { Datum } from '../base/datum.js';
import { types } from '../base/types.js';
import type { Backend, Call, StatementResult } from './backend.js';
import { convertRows, type ResultColumn } from './values.js';

/** Rows of text columns: SHOW, EXPLAIN. */
export function textResult(backend: Backend, command: string, names: readonly string[], rows: readonly (readonly Datum[])[], call: Call): StatementResult {
  const columns: ResultColumn[] = names.map((name) => ({ name, type: types.text }));
  return { command, rows: convertRows(rows, columns, call.format, backend.context(Infinity)), rowCount: null, columns };
}
