/**
 * What expressions may ask of a running statement (functions/registry.ts): its clock readings, settings, types, deadline, and through
 * `system` whatever belongs to the session. One object per statement; what is costly is computed when it is first asked for.
 */
import { DbError } from '../base/errors.js';
import type { Prng } from '../base/prng.js';
import type { TextEnv } from '../base/text-env.js';
import type { TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import type { Backend } from './backend.js';
import type { SystemFunctions } from './system-functions.js';

/** Unix time in milliseconds to microseconds since 2000-01-01. */
export function toTimestamp(unixMs: number): number {
  return Math.round(unixMs * 1000) - 946_684_800_000_000;
}

export class StatementContext implements EvalContext {
  readonly backend: Backend;
  readonly types: TypeRegistry;
  readonly prng: Prng;
  readonly transactionTimestamp: number;
  readonly statementTimestamp: number;
  /** Monotonic milliseconds after which the statement fails; Infinity without limit. */
  readonly deadlineMs: number;

  constructor(backend: Backend, types: TypeRegistry, transactionTimestamp: number, statementTimestamp: number, deadlineMs: number) {
    this.backend = backend;
    this.types = types;
    this.prng = backend.prng;
    this.transactionTimestamp = transactionTimestamp;
    this.statementTimestamp = statementTimestamp;
    this.deadlineMs = deadlineMs;
  }

  get system(): SystemFunctions {
    return this.backend.system;
  }
  get timeZone(): string {
    return this.backend.settings.get('timezone')!;
  }
  clockTimestamp(): number {
    return toTimestamp(this.backend.instance.clock.now());
  }
  setting(name: string): string | undefined {
    return this.backend.showSetting(name);
  }
  setSetting(name: string, value: string, isLocal: boolean): void {
    this.backend.setSetting(name, value, isLocal);
  }
  /** @throws DbError 57014 */
  checkDeadline(): void {
    const error: DbError | undefined = this.backend.interruption(this.deadlineMs);
    if (error !== undefined) throw error;
  }
}

/** Reads texts of values before their statement has begun: whatever asks for its time, or for names, cannot be read so. */
export class TimelessEnv implements TextEnv {
  readonly types: TypeRegistry;
  readonly #backend: Backend;
  readonly system = { call: untimely };

  constructor(backend: Backend, types: TypeRegistry) {
    this.#backend = backend;
    this.types = types;
  }
  get transactionTimestamp(): number {
    return untimely();
  }
  get timeZone(): string {
    return this.#backend.settings.get('timezone')!;
  }
  setting(name: string): string | undefined {
    return this.#backend.showSetting(name);
  }
}
function untimely(): never {
  throw new DbError('25000', 'the statement has not begun');
}

/** Writes values the same way whatever the session's settings are: for texts that the catalog keeps. */
export class NeutralContext extends StatementContext {
  constructor(backend: Backend, types: TypeRegistry) {
    super(backend, types, 0, 0, Infinity);
  }
  override get timeZone(): string {
    return 'UTC';
  }
  override setting(name: string): string | undefined {
    return neutralSettings.get(name) ?? super.setting(name);
  }
}
const neutralSettings: ReadonlyMap<string, string> = new Map([['datestyle', 'ISO, YMD'], ['intervalstyle', 'postgres'], ['bytea_output', 'hex'], ['extra_float_digits', '1'], ['timezone', 'UTC']]);
