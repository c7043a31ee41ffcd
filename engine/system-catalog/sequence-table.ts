/** A sequence read as a table, as `SELECT last_value FROM s`: one row, whatever the snapshot, for sequences stand outside transactions. */
import type { TableDef } from '../../planner/catalog.js';
import type { SequenceRecord } from '../catalog/catalog-objects.js';
import { int8Datum } from '../sequences.js';
import { virtualTableDef } from './virtual-table.js';

export function sequenceTable(record: SequenceRecord, schema: string): TableDef {
  return virtualTableDef({
    oid: record.oid, schema, name: record.name, columns: 'last_value:int8 log_cnt:int8 is_called:bool',
    *rows(backend) {
      const { last, isCalled } = backend.instance.sequences.peek(record);
      yield { last_value: int8Datum(last), log_cnt: 0, is_called: isCalled };
    },
  });
}
