/** The sqllogictest files beside the project, with what PostgreSQL 15 itself does not pass. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const sltFolder = join(import.meta.dirname, '../../../shared/data/slt');

interface Expected {
  readonly smoke: readonly string[];
  readonly files: Readonly<Record<string, { readonly passes: number; readonly skipped: number; readonly postgres15Fails: readonly number[] }>>;
}

export interface SltFile {
  readonly name: string;
  readonly text: string;
  readonly isSmoke: boolean;
  readonly except: ReadonlySet<number>;
}

export const hasSltFiles = existsSync(join(sltFolder, 'expected.json'));

export function sltFileNames(onlySmoke: boolean): string[] {
  const expected = JSON.parse(readFileSync(join(sltFolder, 'expected.json'), 'utf8')) as Expected;
  return onlySmoke ? [...expected.smoke] : Object.keys(expected.files);
}

export function readSltFile(name: string): SltFile {
  const expected = JSON.parse(readFileSync(join(sltFolder, 'expected.json'), 'utf8')) as Expected;
  return { name, text: readFileSync(join(sltFolder, name), 'utf8'), isSmoke: expected.smoke.includes(name), except: new Set(expected.files[name]?.postgres15Fails ?? []) };
}
