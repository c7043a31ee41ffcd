/** A value that is made when it is first asked for, and kept: tables that most programs never need cost them neither time nor memory. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
