/** A database in memory for one test, closed whatever becomes of it. */
import { open, type Database, type OpenOptions } from '../../engine/index.js';

export async function withDatabase<T>(body: (db: Database) => Promise<T>, options: OpenOptions = {}): Promise<T> {
  const db = await open(':memory:', options);
  try {
    return await body(db);
  } finally {
    await db.close();
  }
}
