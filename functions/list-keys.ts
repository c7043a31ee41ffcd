/** Which keys each list of the catalogue has, so that only the lists with a key need be made to look it up (definition-lists.ts). Here nothing is known; the build asks the lists it has built and puts the answer in this file's place. */
import type { CatalogueKeys } from './catalogue.js';

export const listKeys: CatalogueKeys | undefined = undefined;
