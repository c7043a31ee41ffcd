/**
 * The shortest way of an INSERT of many rows of literals (literal-insert.ts): that of one that begins like the one before it in the same transaction block (lane.ts). Its head is compared,
 * not read, and plan, width and locks are those of before; what is left is to read the rows and to insert them. The twin is the longer way.
 *
 * D3  A text with the same head is the same statement of parameters if its rows are as wide, and to whatever is not, the reader of the rows says no (L2 of parser/literal-rows.ts).
 */
import { mutants } from '../../base/mutants.js';
import type { EncodedRows } from '../../executor/encoded-rows.js';
import { defaultMaxLength } from '../../parser/parse.js';
import type { Backend } from '../backend.js';
import { LaneMark } from './lane.js';
import type { ModifyResult } from './quick-modify.js';

export class LiteralLane {
  readonly #mark: LaneMark;
  readonly #head: string;
  readonly #headBytes: number;
  readonly #rows: EncodedRows;
  readonly #command: string;

  private constructor(mark: LaneMark, head: string, rows: EncodedRows, command: string) {
    this.#mark = mark;
    this.#head = head;
    this.#headBytes = Buffer.byteLength(head);
    this.#rows = rows;
    this.#command = command;
  }

  /** For the statement of that head that has just ended well by the longer way, through `rows`; undefined when there is none for it. */
  static behind(backend: Backend, head: string, rows: EncodedRows, command: string): LiteralLane | undefined {
    const mark = LaneMark.of(backend);
    return mark === undefined ? undefined : new LiteralLane(mark, head, rows, command);
  }

  /** Whether it leads on from where the session is. */
  isOpen(backend: Backend): boolean {
    return backend.isReady && this.#mark.isAt(backend);
  }
  isFor(text: string): boolean {
    return text.length <= defaultMaxLength && (text.startsWith(this.#head) || (mutants.on && mutants.has('engine.lane-of-another-head')));
  }

  /** While it is open, for a text that it is for; undefined: see D2. @throws DbError of the statement */
  run(text: string): ModifyResult | undefined {
    const rows = this.#rows;
    if (!rows.setLiterals(text, this.#headBytes)) return undefined;
    const { backend, tx } = this.#mark;
    backend.note(text);
    let rowCount: number | undefined;
    try {
      tx.beginStatement(backend.infoOfText(text));
      rowCount = rows.insert({ tx, env: backend.executorEnv() });
      tx.endStatement();
    } catch (error) {
      this.#mark.fail();
      throw error;
    }
    return rowCount === undefined ? undefined : { command: this.#command, rowCount };
  }
}
