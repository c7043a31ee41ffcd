/** `serialite/lab`: the laboratory as a library. */
export { labCommand, targets } from './cli.js';
export { isAllowed, levels, runAnomaly, type Anomaly, type AnomalyRun, type AnomalyStep, type Level } from './catalogue/anomaly.js';
export { checkHistory, describeCycle, type CheckResult, type CycleAnomaly, type CycleKind, type CycleStep, type HistoryLevel } from './checker/check.js';
export type { History, HistoryOp, HistoryTransaction } from './checker/history.js';
export { judgeFailures, type Precision } from './checker/needless.js';
export { runWorkload, type Failure, type WorkloadRun } from './generator/run-workload.js';
export { planTransaction, swarm, workloads, type OpKind, type PlannedOp, type PlannedTransaction, type WorkloadOptions } from './generator/workload.js';
export { hermitage } from './catalogue/hermitage.js';
export { catalogue } from './catalogue/catalogue.js';
export { anomalyTable, renderTable, runOn, type TableCell, type TableRow } from './catalogue/table.js';
export { readSpecFolder } from './specs/files.js';
export { serialOrder } from './specs/judge.js';
export { allInterleavings, parseSpec, type Blocker, type PermutationStep, type Spec, type SpecSession, type SpecStep } from './specs/spec-parser.js';
export { runPermutation, type PermutationRun } from './specs/spec-runner.js';
export { runSpec, splitTranscript, type Judge, type PermutationReport, type SpecFiles, type SpecReport, type Verdict } from './specs/spec-suite.js';
export type { LabColumn, LabError, LabOutcome, LabResult, LabSession, LabTarget, TargetFactory } from './target.js';
export { postgresTarget } from './targets/postgres.js';
export { serialiteTarget, targetOver } from './targets/serialite.js';
