/** The Hermitage table: which level lets which anomaly happen, on one target or two side by side. */
import type { TargetFactory } from '../target.js';
import { isAllowed, levels, runAnomaly, type Anomaly, type AnomalyRun, type Level } from './anomaly.js';

export interface TableCell {
  readonly level: Level;
  readonly happened: boolean;
  readonly isExpected: boolean;
  readonly errors: readonly string[];
}
export interface TableRow {
  readonly anomaly: Anomaly;
  readonly cells: readonly TableCell[];
}

/** Runs every script at every level, each on a fresh target. */
export async function anomalyTable(anomalies: readonly Anomaly[], makeTarget: TargetFactory): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for (const anomaly of anomalies) {
    const cells: TableCell[] = [];
    for (const level of levels) {
      const run = await runOn(anomaly, level, makeTarget);
      cells.push({ level, happened: run.happened, isExpected: run.happened === isAllowed(anomaly, level, run.kind), errors: run.errors.map((e) => e.code) });
    }
    rows.push({ anomaly, cells });
  }
  return rows;
}

export async function runOn(anomaly: Anomaly, level: Level, makeTarget: TargetFactory): Promise<AnomalyRun> {
  const target = await makeTarget();
  try {
    return await runAnomaly(anomaly, level, target);
  } finally {
    await target.close();
  }
}

/** `happens` / `prevented`, with `!` where it is not what the catalogue says. */
export function renderTable(name: string, rows: readonly TableRow[]): string {
  const width = Math.max(...rows.map((row) => row.anomaly.phenomenon.length), 10);
  const column = 18;
  const lines = [`${name}`, `${'anomaly'.padEnd(width)}  ${levels.map((level) => level.padEnd(column)).join('')}script`];
  for (const row of rows) {
    const cells = row.cells.map((cell) => `${cell.happened ? 'happens' : 'prevented'}${cell.errors.includes('40001') ? ' 40001' : ''}${cell.isExpected ? '' : ' !'}`.padEnd(column)).join('');
    lines.push(`${row.anomaly.phenomenon.padEnd(width)}  ${cells}${row.anomaly.id}`);
  }
  return `${lines.join('\n')}\n`;
}
