/** Checks of settings beyond their type: what a value means must exist. Each returns the form that is kept. */
import { DbError } from '../../base/errors.js';
import { parseInterval } from '../../base/interval-text.js';
import { findTimeZone } from '../../base/timezone.js';
import type { SettingCheck } from './settings.js';

const invalid = (name: string, value: string, detail?: string): DbError => new DbError('22023', `invalid value for parameter "${name}": "${value}"`, { detail });

/** `SET TIME ZONE 2`, `-5.5` and `INTERVAL '+02:00'` become PostgreSQL's `<+02>-02` form, which is POSIX: the sign is the other way round. */
function timeZone(value: string): string {
  const number = /^[-+]?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (number !== undefined) return posixZone(Math.round(number * 3600));
  const interval = /^interval\s*'([^']*)'$/i.exec(value);
  if (interval !== null) return posixZone(secondsEast(interval[1]!, value));
  const zone = findTimeZone(value);
  if (zone === undefined) throw invalid('TimeZone', value);
  return zone.name;
}

/** @throws DbError 22023 for an interval whose length in seconds depends on the date */
function secondsEast(text: string, value: string): number {
  const { months, days, micros } = parseInterval(text, -1);
  if (months !== 0) throw invalid('TimeZone', value, 'Cannot specify months in time zone interval.');
  if (days !== 0) throw invalid('TimeZone', value, 'Cannot specify days in time zone interval.');
  return Math.trunc(Number(micros) / 1_000_000);
}

function posixZone(seconds: number): string {
  const sign = seconds < 0 ? '-' : '+';
  const total = Math.abs(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop();
  const text = parts.map(two).join(':');
  return `<${sign}${text}>${sign === '+' ? '-' : '+'}${text}`;
}

/** Any subset of a format and an order, in any order of words; the result is always both. */
function dateStyle(value: string): string {
  let format = 'ISO';
  let order = 'MDY';
  for (const word of value.split(',').map((part) => part.trim().toUpperCase())) {
    if (word === 'ISO' || word === 'SQL') format = word;
    else if (word.startsWith('POSTGRES')) format = 'Postgres';
    else if (word === 'GERMAN') {
      format = 'German';
      order = 'DMY';
    } else if (word === 'YMD' || word === 'MDY' || word === 'DMY') order = word;
    else if (word === 'US' || word.startsWith('NONEURO')) order = 'MDY';
    else if (word.startsWith('EURO')) order = 'DMY';
    else if (word !== 'DEFAULT') throw invalid('DateStyle', value, `Unrecognized key word: "${word.toLowerCase()}".`);
  }
  return `${format}, ${order}`;
}

function clientEncoding(value: string): string {
  const name = value.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (name === 'UTF8' || name === 'UNICODE') return 'UTF8';
  if (name === 'SQLASCII') return 'SQL_ASCII';
  throw new DbError('22023', `invalid value for parameter "client_encoding": "${value}"`, { detail: 'The only encoding is UTF8.' });
}

/** A switch of PostgreSQL's that has one position here. */
function only(name: string, wanted: string, why: string): SettingCheck {
  return (value) => {
    if (value !== wanted) throw new DbError('0A000', `setting "${name}" to "${value}" is not supported`, { detail: why });
    return value;
  };
}

function role(value: string): string {
  if (value !== 'postgres' && value !== 'none') throw new DbError('22023', `role "${value}" does not exist`);
  return value;
}

export const settingChecks: ReadonlyMap<string, SettingCheck> = new Map<string, SettingCheck>([
  ['timezone', timeZone],
  ['datestyle', dateStyle],
  ['client_encoding', clientEncoding],
  ['standard_conforming_strings', only('standard_conforming_strings', 'on', 'Backslashes in ordinary strings are always literal.')],
  ['role', role],
  ['session_authorization', role],
]);
