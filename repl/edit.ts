/** Text that the user changes in an editor of their own: the query buffer (`\\e`), a function, a view. What comes back is read as if it had been typed. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../engine/index.js';
import type { Shell } from './shell.js';

/** Edits `file` itself, or the buffer (when that is empty, the last statement) in a file of its own. */
export async function editBuffer(shell: Shell, file: string | undefined): Promise<void> {
  if (file === undefined) return editText(shell, `${shell.buffer.trim() === '' ? shell.lastQuery : shell.buffer}\n`, shell.buffer.trim() !== '');
  runEditor(file);
  await take(shell, readFileSync(file, 'utf8'));
}

/** Lets the user change `text`. When the editor is left without a change nothing is run, and the buffer is kept if that was what it was about. */
export async function editText(shell: Shell, text: string, isBuffer = false): Promise<void> {
  const path = join(tmpdir(), `serialite-${process.pid}.sql`);
  writeFileSync(path, text, { mode: 0o600 });
  try {
    runEditor(path);
    const edited = readFileSync(path, 'utf8');
    if (edited !== text) await take(shell, edited);
    else if (!isBuffer) shell.buffer = '';
  } finally {
    rmSync(path, { force: true });
  }
}

function runEditor(path: string): void {
  const editor = process.env['SERIALITE_EDITOR'] ?? process.env['EDITOR'] ?? process.env['VISUAL'] ?? 'vi';
  const done = spawnSync(`${editor} '${path.replaceAll("'", "'\\''")}'`, { shell: true, stdio: 'inherit' });
  if (done.status !== 0) throw new DatabaseError('58000', `could not run the editor "${editor}"`);
}

async function take(shell: Shell, text: string): Promise<void> {
  shell.buffer = '';
  await shell.feed(text.trimEnd());
}
