/** Deliberate bugs in pages, buffer pool and trees; planted by test/mutants/btree.ts. See base/mutants.ts. */
import type { MutantDescription } from '../base/mutants.js';

export const treeMutants: readonly MutantDescription[] = [
  { name: 'storage.leaf-stamp-not-copied-on-split', breaks: 'T3: the new leaf forgets changes made before the split, so old snapshots read new rows (concurrency.md, invariant 4)' },
  { name: 'storage.leaf-stamp-lost-on-merge', breaks: 'T3: the absorbing leaf keeps its own stamp although it takes over younger changes' },
  { name: 'storage.leaf-stamp-lost-on-borrow', breaks: 'T3: leaves that exchanged entries forget their stamps' },
  { name: 'storage.separator-too-short', breaks: 'S1: the separator does not tell the last key on the left from the first on the right' },
  { name: 'storage.prefix-never-shortened', breaks: 'S3: a key that does not begin with the page\'s prefix is stored as if it did' },
  { name: 'storage.short-keys-never-given-up', breaks: 'S5: a key of another length is stored in a leaf with short keys as if it were one of them' },
  { name: 'storage.overflow-chain-leaked', breaks: 'O2: the pages of a replaced long value are never freed' },
  { name: 'storage.frozen-frame-changed-in-place', breaks: 'B2: a checkpoint writes what was changed after its freeze (storage.md, invariants 6 and 9)' },
  { name: 'storage.shadow-written-as-current', breaks: 'B2: the old content of a page that was changed during a checkpoint replaces the new' },
  { name: 'storage.eviction-drops-dirty', breaks: 'a changed page is dropped from the pool without being written' },
  { name: 'storage.evicts-pinned', breaks: 'B1: a page is evicted under its reader' },
  { name: 'storage.edge-of-before', breaks: 'the end of the tree is taken for where it was before the last leaf changed' },
  { name: 'storage.run-unstamped', breaks: 'R2: a leaf that took many entries at a time keeps the stamp it had' },
  { name: 'storage.run-prefix-unchecked', breaks: 'S3: of many entries put at a time, those that do not begin with the page\'s prefix are stored as if they did' },
  { name: 'storage.run-of-short-keys-unchecked', breaks: 'S5: of many entries put at a time, those of another length are stored as short keys' },
  { name: 'storage.run-of-values-unstamped', breaks: 'R2: a leaf that many entries of were replaced at a time keeps the stamp it had' },
  { name: 'storage.run-of-removals-unstamped', breaks: 'R2: a leaf that many entries went out of at a time keeps the stamp it had' },
  { name: 'storage.run-of-values-not-counted', breaks: 'L2: bytes that shorter values have left, many at a time, are lost to the page' },
  { name: 'storage.run-of-removals-not-counted', breaks: 'L2: cells that went out many at a time are lost to the page' },
  { name: 'storage.walk-from-changed-fence', breaks: 'C3: a walk goes on at the fence that the leaf has now, not where the walk had come to' },
  { name: 'storage.watchers-not-warned', breaks: 'C3: a page changes without those being told who still want its fences' },
  { name: 'storage.shadow-taken-for-page', breaks: 'B3: a step to the next leaf finds the copy of it that a checkpoint has yet to write' },
  { name: 'storage.view-of-before', breaks: 'V1: a descent goes by what an inner page was before it changed' },
  { name: 'storage.step-below-changed-parent', breaks: 'C3: a walk goes on to the next child of a page that has got or lost children, or is another page by now' },
];
