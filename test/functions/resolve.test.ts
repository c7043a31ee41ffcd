/** Shows that overloads are chosen as PostgreSQL chooses them; the expectations were read off a PostgreSQL 15 server. */
import { describe, expect, test } from 'vitest';
import { builtinTypes, TypeOid, typeName } from '../../base/types.js';
import { functionsNamed, operatorsNamed, resolverFor } from '../../functions/catalogue.js';

const resolver = resolverFor(builtinTypes);
const op = (left: number | undefined, name: string, right: number): string => {
  const found = resolver.resolveOperator(operatorsNamed(name), left, right);
  return typeof found === 'string' ? found : `${found.declared.map((oid) => typeName(oid)).join(',')}->${typeName(found.resultType)}`;
};
const call = (name: string, ...args: number[]): string => {
  const found = resolver.resolveFunction(functionsNamed(name), args);
  return typeof found === 'string' ? found : `${found.declared.map((oid) => typeName(oid)).join(',')}->${typeName(found.returnType)}`;
};
const { int2, int4, int8, float4, float8, numeric, text, varchar, unknown, bool, textArray, int4Array, oid } = TypeOid;

describe('operators', () => {
  test('mixed numbers', () => {
    expect(op(int4, '+', int8)).toBe('integer,bigint->bigint');
    expect(op(int4, '+', numeric)).toBe('numeric,numeric->numeric');
    expect(op(int4, '+', float4)).toBe('double precision,real->double precision');
    expect(op(numeric, '+', float8)).toBe('double precision,double precision->double precision');
    expect(op(int2, '/', int4)).toBe('smallint,integer->integer');
    expect(op(oid, '=', int4)).toBe('oid,oid->boolean');
  });
  test('an untyped literal takes the other side', () => {
    expect(op(int4, '=', unknown)).toBe('integer,integer->boolean');
    expect(op(unknown, '<', numeric)).toBe('numeric,numeric->boolean');
    expect(op(varchar, '=', unknown)).toBe('text,text->boolean');
    expect(op(unknown, '=', unknown)).toBe('text,text->boolean');
  });
  test('no operator', () => {
    expect(op(text, '+', int4)).toBe('none');
    expect(op(int4, '=', text)).toBe('none');
    expect(op(bool, '+', bool)).toBe('none');
  });
  test('arrays', () => {
    expect(op(textArray, '=', textArray)).toBe('text[],text[]->boolean');
    expect(op(textArray, '=', int4Array)).toBe('none');
    expect(op(int4Array, '=', unknown)).toBe('integer[],integer[]->boolean');
  });
  test('prefix', () => {
    expect(op(undefined, '-', int4)).toBe('integer->integer');
    expect(op(undefined, '-', unknown)).toBe('ambiguous');
  });
});

describe('functions', () => {
  test('aggregates and windows', () => {
    expect(call('sum', int4)).toBe('integer->bigint');
    expect(call('sum', int8)).toBe('bigint->numeric');
    expect(call('count', text)).toBe('"any"->bigint');
    expect(call('max', varchar)).toBe('text->text');
    expect(call('array_agg', int4)).toBe('integer->integer[]');
    expect(call('array_agg', int4Array)).toBe('integer[]->integer[]');
    expect(call('lag', int4, int4, numeric)).toBe('numeric,integer,numeric->numeric');
    expect(call('abs', unknown)).toBe('double precision->double precision');
    expect(call('mod', int4, numeric)).toBe('numeric,numeric->numeric');
  });
});

test('common types', () => {
  const common = (...oids: number[]): string | undefined => {
    const found = resolver.commonType(oids);
    return found === undefined ? undefined : typeName(found);
  };
  expect(common(int4, int8)).toBe('bigint');
  expect(common(int4, numeric, unknown)).toBe('numeric');
  expect(common(unknown, unknown)).toBe('text');
  expect(common(varchar, text)).toBe('character varying');
  expect(common(varchar, unknown)).toBe('character varying');
  expect(common(int4, text)).toBeUndefined();
});
