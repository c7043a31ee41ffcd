/**
 * A session of Serialite in the shape of a client or pool of node-postgres, which is what libraries written for PostgreSQL take. It counts the
 * statements sent and keeps those that failed, so that a library that swallows errors cannot hide them.
 *
 * C1  A text without values, or with none in their array, is a script, as in the simple protocol: one result for one statement, an array for several.
 * C2  int8 arrives as a string, as node-postgres gives it.
 */
import { splitStatements, type Database, type QueryParams, type QueryResult } from '../../engine/index.js';

export interface QueryObject {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface FailedStatement {
  readonly text: string;
  readonly code: string;
  readonly message: string;
}

export type ClientResult = QueryResult | QueryResult[];

export interface Client {
  query(input: string | QueryObject, values?: readonly unknown[]): Promise<ClientResult>;
  end(): Promise<void>;
  readonly statements: number;
  readonly failed: readonly FailedStatement[];
}

export function connectAsClient(database: Database): Client {
  const session = database.connect({ int8: 'string' });
  const failed: FailedStatement[] = [];
  let statements = 0;
  return {
    get statements() {
      return statements;
    },
    failed,
    async query(input, values) {
      const text = typeof input === 'string' ? input : input.text;
      const params = values ?? (typeof input === 'string' ? undefined : input.values);
      try {
        if (params !== undefined && params.length > 0) {
          statements++;
          return await session.query(text, params as QueryParams);
        }
        statements += splitStatements(text).statements.length;
        const results = await session.exec(text);
        return results.length === 1 ? results[0]! : results;
      } catch (error) {
        failed.push({ text, code: (error as { code?: string }).code ?? '', message: (error as Error).message });
        throw error;
      }
    },
    end: () => session.close(),
  };
}
