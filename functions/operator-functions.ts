/**
 * The functions behind operators under the names that pg_proc has for them: `int4pl(1, 2)` is `1 + 2`. Only the names stand here; signature, volatility and
 * implementation are the operator's own, so that the two cannot drift. Those that the catalogue has anyway are left out.
 *
 * Source. pg_operator.dat (oprcode).
 */
import type { FunctionDef, OperatorDef } from './registry.js';
import { typeOids } from './define.js';

/** By operator: name and operands. One operand is of both sides; `-` stands for the one that a prefix operator has not. */
const names: Readonly<Record<string, string>> = {
  '<':
    'boollt bool, oidlt oid, cash_lt money, date_lt date, time_lt time, timestamp_lt timestamp, timestamptz_lt timestamptz, int2lt int2, int24lt int2 int4, ' +
    'int28lt int2 int8, int42lt int4 int2, int4lt int4, int48lt int4 int8, int82lt int8 int2, int84lt int8 int4, int8lt int8, float4lt float4, ' +
    'float48lt float4 float8, float84lt float8 float4, float8lt float8, numeric_lt numeric, text_lt text, namelt name, namelttext name text, ' +
    'textltname text name, charlt char, bpcharlt bpchar, bytealt bytea, uuid_lt uuid, bitlt bit, varbitlt varbit, timetz_lt timetz, interval_lt interval, ' +
    'jsonb_lt jsonb, array_lt anyarray, record_lt record, range_lt anyrange, multirange_lt anymultirange, enum_lt anyenum, date_lt_timestamp date timestamp, ' +
    'date_lt_timestamptz date timestamptz, timestamp_lt_date timestamp date, timestamp_lt_timestamptz timestamp timestamptz, ' +
    'timestamptz_lt_date timestamptz date, timestamptz_lt_timestamp timestamptz timestamp, tidlt tid, xid8lt xid8',
  '<=':
    'boolle bool, oidle oid, cash_le money, date_le date, time_le time, timestamp_le timestamp, timestamptz_le timestamptz, int2le int2, int24le int2 int4, ' +
    'int28le int2 int8, int42le int4 int2, int4le int4, int48le int4 int8, int82le int8 int2, int84le int8 int4, int8le int8, float4le float4, ' +
    'float48le float4 float8, float84le float8 float4, float8le float8, numeric_le numeric, text_le text, namele name, nameletext name text, ' +
    'textlename text name, charle char, bpcharle bpchar, byteale bytea, uuid_le uuid, bitle bit, varbitle varbit, timetz_le timetz, interval_le interval, ' +
    'jsonb_le jsonb, array_le anyarray, record_le record, range_le anyrange, multirange_le anymultirange, enum_le anyenum, date_le_timestamp date timestamp, ' +
    'date_le_timestamptz date timestamptz, timestamp_le_date timestamp date, timestamp_le_timestamptz timestamp timestamptz, ' +
    'timestamptz_le_date timestamptz date, timestamptz_le_timestamp timestamptz timestamp, tidle tid, xid8le xid8',
  '=':
    'booleq bool, oideq oid, cash_eq money, date_eq date, time_eq time, timestamp_eq timestamp, timestamptz_eq timestamptz, int2eq int2, int24eq int2 int4, ' +
    'int28eq int2 int8, int42eq int4 int2, int4eq int4, int48eq int4 int8, int82eq int8 int2, int84eq int8 int4, int8eq int8, float4eq float4, ' +
    'float48eq float4 float8, float84eq float8 float4, float8eq float8, numeric_eq numeric, texteq text, nameeq name, nameeqtext name text, ' +
    'texteqname text name, chareq char, bpchareq bpchar, byteaeq bytea, uuid_eq uuid, biteq bit, varbiteq varbit, timetz_eq timetz, interval_eq interval, ' +
    'jsonb_eq jsonb, array_eq anyarray, record_eq record, range_eq anyrange, multirange_eq anymultirange, enum_eq anyenum, date_eq_timestamp date timestamp, ' +
    'date_eq_timestamptz date timestamptz, timestamp_eq_date timestamp date, timestamp_eq_timestamptz timestamp timestamptz, ' +
    'timestamptz_eq_date timestamptz date, timestamptz_eq_timestamp timestamptz timestamp, tideq tid, xid8eq xid8, xideq xid, xideqint4 xid int4, cideq cid',
  '<>':
    'boolne bool, oidne oid, cash_ne money, date_ne date, time_ne time, timestamp_ne timestamp, timestamptz_ne timestamptz, int2ne int2, int24ne int2 int4, ' +
    'int28ne int2 int8, int42ne int4 int2, int4ne int4, int48ne int4 int8, int82ne int8 int2, int84ne int8 int4, int8ne int8, float4ne float4, ' +
    'float48ne float4 float8, float84ne float8 float4, float8ne float8, numeric_ne numeric, textne text, namene name, namenetext name text, ' +
    'textnename text name, charne char, bpcharne bpchar, byteane bytea, uuid_ne uuid, bitne bit, varbitne varbit, timetz_ne timetz, interval_ne interval, ' +
    'jsonb_ne jsonb, array_ne anyarray, record_ne record, range_ne anyrange, multirange_ne anymultirange, enum_ne anyenum, date_ne_timestamp date timestamp, ' +
    'date_ne_timestamptz date timestamptz, timestamp_ne_date timestamp date, timestamp_ne_timestamptz timestamp timestamptz, ' +
    'timestamptz_ne_date timestamptz date, timestamptz_ne_timestamp timestamptz timestamp, tidne tid, xid8ne xid8, xidneq xid, xidneqint4 xid int4',
  '>=':
    'boolge bool, oidge oid, cash_ge money, date_ge date, time_ge time, timestamp_ge timestamp, timestamptz_ge timestamptz, int2ge int2, int24ge int2 int4, ' +
    'int28ge int2 int8, int42ge int4 int2, int4ge int4, int48ge int4 int8, int82ge int8 int2, int84ge int8 int4, int8ge int8, float4ge float4, ' +
    'float48ge float4 float8, float84ge float8 float4, float8ge float8, numeric_ge numeric, text_ge text, namege name, namegetext name text, ' +
    'textgename text name, charge char, bpcharge bpchar, byteage bytea, uuid_ge uuid, bitge bit, varbitge varbit, timetz_ge timetz, interval_ge interval, ' +
    'jsonb_ge jsonb, array_ge anyarray, record_ge record, range_ge anyrange, multirange_ge anymultirange, enum_ge anyenum, date_ge_timestamp date timestamp, ' +
    'date_ge_timestamptz date timestamptz, timestamp_ge_date timestamp date, timestamp_ge_timestamptz timestamp timestamptz, ' +
    'timestamptz_ge_date timestamptz date, timestamptz_ge_timestamp timestamptz timestamp, tidge tid, xid8ge xid8',
  '>':
    'boolgt bool, oidgt oid, cash_gt money, date_gt date, time_gt time, timestamp_gt timestamp, timestamptz_gt timestamptz, int2gt int2, int24gt int2 int4, ' +
    'int28gt int2 int8, int42gt int4 int2, int4gt int4, int48gt int4 int8, int82gt int8 int2, int84gt int8 int4, int8gt int8, float4gt float4, ' +
    'float48gt float4 float8, float84gt float8 float4, float8gt float8, numeric_gt numeric, text_gt text, namegt name, namegttext name text, ' +
    'textgtname text name, chargt char, bpchargt bpchar, byteagt bytea, uuid_gt uuid, bitgt bit, varbitgt varbit, timetz_gt timetz, interval_gt interval, ' +
    'jsonb_gt jsonb, array_gt anyarray, record_gt record, range_gt anyrange, multirange_gt anymultirange, enum_gt anyenum, date_gt_timestamp date timestamp, ' +
    'date_gt_timestamptz date timestamptz, timestamp_gt_date timestamp date, timestamp_gt_timestamptz timestamp timestamptz, ' +
    'timestamptz_gt_date timestamptz date, timestamptz_gt_timestamp timestamptz timestamp, tidgt tid, xid8gt xid8',
  '+':
    'int2pl int2, int24pl int2 int4, int28pl int2 int8, int42pl int4 int2, int4pl int4, int48pl int4 int8, int82pl int8 int2, int84pl int8 int4, int8pl int8, ' +
    'float4pl float4, float48pl float4 float8, float84pl float8 float4, float8pl float8, numeric_add numeric, int2up - int2, int4up - int4, int8up - int8, ' +
    'float4up - float4, float8up - float8, numeric_uplus - numeric, date_pli date int4, integer_pl_date int4 date, date_pl_interval date interval, ' +
    'interval_pl_date interval date, datetime_pl date time, timedate_pl time date, datetimetz_pl date timetz, timetzdate_pl timetz date, ' +
    'timestamp_pl_interval timestamp interval, interval_pl_timestamp interval timestamp, timestamptz_pl_interval timestamptz interval, ' +
    'interval_pl_timestamptz interval timestamptz, time_pl_interval time interval, interval_pl_time interval time, timetz_pl_interval timetz interval, ' +
    'interval_pl_timetz interval timetz, interval_pl interval, range_union anyrange, multirange_union anymultirange, cash_pl money',
  '-':
    'int2mi int2, int24mi int2 int4, int28mi int2 int8, int42mi int4 int2, int4mi int4, int48mi int4 int8, int82mi int8 int2, int84mi int8 int4, int8mi int8, ' +
    'float4mi float4, float48mi float4 float8, float84mi float8 float4, float8mi float8, numeric_sub numeric, int2um - int2, int4um - int4, int8um - int8, ' +
    'float4um - float4, float8um - float8, numeric_uminus - numeric, date_mii date int4, date_mi date, date_mi_interval date interval, ' +
    'timestamp_mi_interval timestamp interval, timestamptz_mi_interval timestamptz interval, timestamp_mi timestamp, timestamptz_mi timestamptz, ' +
    'time_mi_interval time interval, time_mi_time time, timetz_mi_interval timetz interval, interval_mi interval, interval_um - interval, ' +
    'jsonb_delete jsonb text, jsonb_delete jsonb int4, jsonb_delete jsonb _text, range_minus anyrange, multirange_minus anymultirange, cash_mi money',
  '*':
    'int2mul int2, int24mul int2 int4, int28mul int2 int8, int42mul int4 int2, int4mul int4, int48mul int4 int8, int82mul int8 int2, int84mul int8 int4, ' +
    'int8mul int8, float4mul float4, float48mul float4 float8, float84mul float8 float4, float8mul float8, numeric_mul numeric, interval_mul interval float8, ' +
    'mul_d_interval float8 interval, range_intersect anyrange, multirange_intersect anymultirange, cash_mul_int2 money int2, int2_mul_cash int2 money, ' +
    'cash_mul_int4 money int4, int4_mul_cash int4 money, cash_mul_int8 money int8, int8_mul_cash int8 money, cash_mul_flt4 money float4, ' +
    'flt4_mul_cash float4 money, cash_mul_flt8 money float8, flt8_mul_cash float8 money',
  '/':
    'int2div int2, int24div int2 int4, int28div int2 int8, int42div int4 int2, int4div int4, int48div int4 int8, int82div int8 int2, int84div int8 int4, ' +
    'int8div int8, float4div float4, float48div float4 float8, float84div float8 float4, float8div float8, numeric_div numeric, interval_div interval float8, ' +
    'cash_div_cash money, cash_div_int2 money int2, cash_div_int4 money int4, cash_div_int8 money int8, cash_div_flt4 money float4, ' +
    'cash_div_flt8 money float8',
  '%': 'int2mod int2, int4mod int4, int8mod int8, numeric_mod numeric',
  '&': 'int2and int2, int4and int4, int8and int8, bitand bit',
  '|': 'int2or int2, int4or int4, int8or int8, bitor bit',
  '#': 'int2xor int2, int4xor int4, int8xor int8, bitxor bit',
  '~': 'int2not - int2, int4not - int4, int8not - int8, textregexeq text, nameregexeq name text, bpcharregexeq bpchar text, bitnot - bit',
  '<<':
    'int2shl int2 int4, int4shl int4, int8shl int8 int4, range_before anyrange, range_before_multirange anyrange anymultirange, ' +
    'multirange_before_range anymultirange anyrange, multirange_before_multirange anymultirange, bitshiftleft bit int4',
  '>>':
    'int2shr int2 int4, int4shr int4, int8shr int8 int4, range_after anyrange, range_after_multirange anyrange anymultirange, ' +
    'multirange_after_range anymultirange anyrange, multirange_after_multirange anymultirange, bitshiftright bit int4',
  '@': 'int2abs - int2, int4abs - int4, int8abs - int8, float4abs - float4, float8abs - float8, numeric_abs - numeric',
  '@>':
    'arraycontains anyarray, jsonb_contains jsonb, range_contains anyrange, range_contains_multirange anyrange anymultirange, ' +
    'multirange_contains_range anymultirange anyrange, multirange_contains_multirange anymultirange, range_contains_elem anyrange anyelement, ' +
    'multirange_contains_elem anymultirange anyelement',
  '<@':
    'arraycontained anyarray, jsonb_contained jsonb, range_contained_by anyrange, range_contained_by_multirange anyrange anymultirange, ' +
    'multirange_contained_by_range anymultirange anyrange, multirange_contained_by_multirange anymultirange, elem_contained_by_range anyelement anyrange, ' +
    'elem_contained_by_multirange anyelement anymultirange',
  '&&':
    'arrayoverlap anyarray, range_overlaps anyrange, range_overlaps_multirange anyrange anymultirange, multirange_overlaps_range anymultirange anyrange, ' +
    'multirange_overlaps_multirange anymultirange',
  '||':
    'array_cat anycompatiblearray, array_append anycompatiblearray anycompatible, array_prepend anycompatible anycompatiblearray, textcat text, ' +
    'anytextcat anynonarray text, textanycat text anynonarray, jsonb_concat jsonb, byteacat bytea, bitcat varbit',
  '^@': 'starts_with text',
  '~<~': 'text_pattern_lt text, bpchar_pattern_lt bpchar',
  '~<=~': 'text_pattern_le text, bpchar_pattern_le bpchar',
  '~>=~': 'text_pattern_ge text, bpchar_pattern_ge bpchar',
  '~>~': 'text_pattern_gt text, bpchar_pattern_gt bpchar',
  '~~': 'textlike text, namelike name text, bpcharlike bpchar text, bytealike bytea',
  '!~~': 'textnlike text, namenlike name text, bpcharnlike bpchar text, byteanlike bytea',
  '~~*': 'texticlike text, nameiclike name text, bpchariclike bpchar text',
  '!~~*': 'texticnlike text, nameicnlike name text, bpcharicnlike bpchar text',
  '!~': 'textregexne text, nameregexne name text, bpcharregexne bpchar text',
  '~*': 'texticregexeq text, nameicregexeq name text, bpcharicregexeq bpchar text',
  '!~*': 'texticregexne text, nameicregexne name text, bpcharicregexne bpchar text',
  '^': 'dpow float8, numeric_power numeric',
  '|/': 'dsqrt - float8',
  '||/': 'dcbrt - float8',
  '->': 'json_object_field json text, jsonb_object_field jsonb text, json_array_element json int4, jsonb_array_element jsonb int4',
  '->>': 'json_object_field_text json text, jsonb_object_field_text jsonb text, json_array_element_text json int4, jsonb_array_element_text jsonb int4',
  '#>': 'json_extract_path json _text, jsonb_extract_path jsonb _text',
  '#>>': 'json_extract_path_text json _text, jsonb_extract_path_text jsonb _text',
  '?': 'jsonb_exists jsonb text',
  '?|': 'jsonb_exists_any jsonb _text',
  '?&': 'jsonb_exists_all jsonb _text',
  '#-': 'jsonb_delete_path jsonb _text',
  '@?': 'jsonb_path_exists_opr jsonb jsonpath',
  '@@': 'jsonb_path_match_opr jsonb jsonpath',
  '&<':
    'range_overleft anyrange, range_overleft_multirange anyrange anymultirange, multirange_overleft_range anymultirange anyrange, ' +
    'multirange_overleft_multirange anymultirange',
  '&>':
    'range_overright anyrange, range_overright_multirange anyrange anymultirange, multirange_overright_range anymultirange anyrange, ' +
    'multirange_overright_multirange anymultirange',
  '-|-':
    'range_adjacent anyrange, range_adjacent_multirange anyrange anymultirange, multirange_adjacent_range anymultirange anyrange, ' +
    'multirange_adjacent_multirange anymultirange',
  '*=': 'record_image_eq record',
  '*<>': 'record_image_ne record',
  '*<': 'record_image_lt record',
  '*<=': 'record_image_le record',
  '*>': 'record_image_gt record',
  '*>=': 'record_image_ge record',
};

/** One definition for each operator whose name is known; names that are taken stay. */
export function operatorFunctions(operators: Iterable<OperatorDef>, isTaken: (name: string) => boolean): FunctionDef[] {
  const byOperands = new Map<string, string>();
  for (const [symbol, list] of Object.entries(names)) {
    for (const item of list.split(', ')) {
      const [name, left, right = left] = item.split(' ');
      byOperands.set(`${symbol} ${left === '-' ? '' : typeOids(left!)[0]!} ${typeOids(right!)[0]!}`, name!);
    }
  }
  const found: FunctionDef[] = [];
  for (const op of operators) {
    const name = byOperands.get(`${op.name} ${op.left ?? ''} ${op.right}`);
    if (name !== undefined && !isTaken(name)) found.push({ ...op.function, name, schema: 'pg_catalog' });
  }
  return found;
}
