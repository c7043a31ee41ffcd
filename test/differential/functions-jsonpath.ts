/** jsonpath. A bar inside a path would divide alternatives, so they stand with broken bars. */
import type { TemplateSet } from './templates.js';

const path = '{?$¦$.a¦$.b[*]¦$.b[0 to 1]¦$.*¦$[*]¦$.b ? (@ > 1)¦$[*] ? (@.k == 3)¦strict $.a¦lax $.c.d¦$.b.size()¦$.a.type()¦$.** ? (@ == 1)¦$.keyvalue().key}';

export const jsonPathFunctions: TemplateSet = {
  safe: {
    jsonb: ["jsonb_path_query_array({jsonb}, '{?$.b[*]|$[*]|$.*}')", "jsonb_path_query_first({jsonb}, '{?$.a|$.b[*]|$.b ? (@ > 1)|$[*] ? (@.k == 3)}')"],
    bool: ["{jsonb} @? '{?$.a|$.b[*] ? (@ > 1)|$.zz}'", "{jsonb} @@ '{?$.a == 1|$.b[0] > 0|exists($.c)}'", "jsonb_path_exists({jsonb}, '$.{?a|b}')", "jsonb_path_match({jsonb}, 'exists($.a)')"],
  },
  risky: {
    jsonb: [`jsonb_path_query_first({jsonb}, '${path}')`],
    bool: ["jsonb_path_match({jsonb}, '{?$.a|$.b[0] == 1|strict $.zz > 1}')", "jsonb_path_exists({jsonb}, '{?strict $.q|$[|$.a ? (@ like_regex \"^x\")|$.a.double()|$.b[last]}')"],
  },
};
