/** Frames for pages within a budget. The implementation follows in this file; the types below are the contract. */
import type { FreezablePool, PageIo } from './page-io.js';

export interface BufferPoolStats {
  readonly frameCount: number;
  readonly residentCount: number;
  readonly dirtyCount: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

export declare class BufferPool implements FreezablePool {
  /** `cacheBytes` is a hard bound; at least 8 frames are kept. Slabs are allocated as they come into use. */
  constructor(io: PageIo, cacheBytes: number);
  readonly pageSizeBytes: number;
  stats(): BufferPoolStats;
  freezeDirty(): number;
  writeFrozen(pageCountMax: number): number;
  thaw(): void;
  abandonFreeze(): void;
}
