/**
 * Serialite on a machine whose power can be cut at any operation on its disk (test/sim/crash-vfs.ts), as a target of the laboratory. Clock, turns and
 * torn writes come from the seed. Pages and log are small, so that checkpoints, evictions and new segments fall into short schedules.
 */
import type { Clock } from '../../base/clock.js';
import { seededPrng, type Prng } from '../../base/prng.js';
import { open, type Database } from '../../engine/index.js';
import type { LabMachine, LabTarget } from '../../lab/target.js';
import { targetOver } from '../../lab/targets/serialite.js';
import { CrashVfs, PowerCut } from '../sim/crash-vfs.js';
import { SimTime } from '../sim/sim-time.js';

export async function crashTarget(seed: number, durability: 'full' | 'relaxed' = 'full'): Promise<LabTarget> {
  const machine = new CrashMachine(seed, durability);
  await machine.start();
  return { name: 'Serialite on a failing machine', kind: 'serialite', machine, connect: (label) => machine.target.connect(label), close: () => machine.target.close() };
}

class CrashMachine implements LabMachine {
  readonly #prng: Prng;
  /** Some turns of the event loop: other sessions go on while a commit is on its way to the disk. */
  readonly #duringSync = async (): Promise<void> => {
    for (let turns = this.#prng.below(8); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  };
  /** On a slow disk commits gather for a common sync that lets others run; on a fast one each commit syncs at once. */
  readonly #syncMs: number;
  #spentMs = 0;
  #disk = new CrashVfs();
  #image: CrashVfs | undefined;
  #target: LabTarget | undefined;

  readonly #durability: 'full' | 'relaxed';

  constructor(seed: number, durability: 'full' | 'relaxed') {
    this.#durability = durability;
    this.#prng = seededPrng(seed);
    this.#syncMs = this.#prng.below(3) === 0 ? 0 : 20;
  }
  get target(): LabTarget {
    return this.#target!;
  }
  get isCut(): boolean {
    return this.#image !== undefined;
  }
  async start(): Promise<void> {
    this.#target = targetOver(await this.#open(), true);
  }
  #open(): Promise<Database> {
    const time = new SimTime(this.#prng);
    const clock: Clock = { now: () => time.now(), monotonic: () => time.monotonic() + this.#spentMs };
    this.#watch(this.#disk.hooks.onOperation);
    return open('machine.slt', {
      vfs: this.#disk, clock, scheduler: time, prng: this.#prng, durability: this.#durability, pageSizeBytes: 1024, cacheBytes: 1024 * 128, checkpointWalBytes: 16 << 10, checkpointIntervalMs: 0,
    });
  }

  cutAfter(operations: number): void {
    if (operations === 0) return this.#cut();
    let left = operations;
    this.#watch(() => {
      if (left-- > 0) return;
      this.#cut();
      throw new PowerCut();
    });
  }
  #watch(onOperation: (operation: string) => void = () => undefined): void {
    this.#disk.hooks = {
      duringSync: this.#duringSync,
      onOperation: (operation) => {
        if (operation === 'sync' || operation === 'writeThrough') this.#spentMs += this.#syncMs;
        onOperation(operation);
      },
    };
  }
  #cut(): void {
    this.#image = this.#disk.powerCut(this.#prng);
    this.#disk.kill();
  }

  /** Now and then the power goes once more while the database is being opened. */
  async reopen(): Promise<void> {
    for (;;) {
      this.#disk = this.#image!;
      this.#image = undefined;
      if (this.#prng.below(3) === 0) this.cutAfter(1 + this.#prng.below(12));
      try {
        const database = await this.#open();
        this.#watch();
        if (!this.isCut) {
          this.#target = targetOver(database, true);
          return;
        }
      } catch (error) {
        if (!this.isCut) throw error;
      }
    }
  }
}
