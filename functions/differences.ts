/** Functions whose results differ from PostgreSQL's on purpose, and how; the statements are in repl/syntax-help.ts. docs/sql.md lists them. */
export const functionDifferences: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['power', 'dpow', 'exp', 'ln', 'log', 'log10', 'cbrt', 'sin', 'cos', 'tan', 'cot', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'].map((name) => [name, 'the last digit of a double may be another.'])),
  version: 'names this product behind the version of PostgreSQL that it follows.',
  pg_backend_pid: 'the number of the session; there are no processes.',
  pg_column_size: 'the size of the value as it is here.',
  pg_relation_size: 'pages of the file here.',
  pg_total_relation_size: 'pages of the file here.',
  pg_database_size: 'the size of the file.',
  pg_has_role: 'true: there is one user.',
  row_security_active: 'false: there are no policies.',
  pg_trigger_depth: 'zero: there are no triggers.',
  pg_jit_available: 'false: what is compiled is JavaScript.',
};
