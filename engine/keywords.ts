/** The words of the language in lower case, for completion and colouring. */
import { keywords } from '../parser/keywords.js';

export const sqlKeywords: readonly string[] = [...keywords.keys()];
