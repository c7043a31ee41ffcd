/** SELECT ... INTO t: the clause stands in the first SELECT of the query, however many set operations there are over it. */
import { leftSpine, type IntoClause, type Query, type QueryBody, type SetOperation } from './ast.js';

export function intoOf(query: Query): IntoClause | undefined {
  let { body } = query as { body: QueryBody };
  while (body.kind === 'setOperation' || body.kind === 'query') body = body.kind === 'query' ? body.body : body.left;
  return body.kind === 'select' ? body.into : undefined;
}

/** The query without the clause. */
export function withoutInto(query: Query): Query {
  return { ...query, body: bodyWithoutInto(query.body) };
}

function bodyWithoutInto(body: QueryBody): QueryBody {
  switch (body.kind) {
    case 'select':
      return { ...body, into: undefined };
    case 'query':
      return withoutInto(body);
    case 'setOperation': {
      const links = leftSpine<QueryBody, SetOperation>(body, (node): node is SetOperation => node.kind === 'setOperation');
      let left = bodyWithoutInto(links[0]!.left);
      for (const link of links) left = { ...link, left };
      return left;
    }
    case 'values':
      return body;
  }
}
