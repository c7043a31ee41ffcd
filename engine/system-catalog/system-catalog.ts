/** All system tables of a database, by name and oid. Their definitions do not depend on the session; their rows do. */
import type { FunctionDef } from '../../functions/registry.js';
import type { TableDef } from '../../planner/catalog.js';
import type { Instance } from '../instance.js';
import { activityTables } from './activity.js';
import { concurrencyTables } from './concurrency.js';
import { extensionTables } from './extensions.js';
import { informationSchema } from './information-schema/information-schema.js';
import { operatorClassTables } from './operator-classes.js';
import { relationTables } from './relations.js';
import { numberedFunctions, typeTables } from './types-and-functions.js';
import { emptyTable, virtualTableDef, type VirtualTable } from './virtual-table.js';

/** Catalogs of features that do not exist here. */
const emptyTables: readonly (readonly [oid: number, name: string, columns: string])[] = [
  [2600, 'pg_aggregate', 'aggfnoid:regproc aggkind:char aggnumdirectargs:int2'],
  [2602, 'pg_amop', 'oid:oid amopfamily:oid amoplefttype:oid amoprighttype:oid amopstrategy:int2 amoppurpose:char amopopr:oid amopmethod:oid amopsortfamily:oid'],
  [2611, 'pg_inherits', 'inhrelid:oid inhparent:oid inhseqno:int4 inhdetachpending:bool'],
  [2620, 'pg_trigger', 'oid:oid tgrelid:oid tgparentid:oid tgname:name tgfoid:oid tgtype:int2 tgenabled:char tgisinternal:bool tgconstrrelid:oid tgconstrindid:oid tgconstraint:oid tgdeferrable:bool tginitdeferred:bool tgnargs:int2 tgattr:int2vector tgargs:bytea tgqual:text tgoldtable:name tgnewtable:name'],
  [3256, 'pg_policy', 'oid:oid polname:name polrelid:oid polcmd:char polpermissive:bool polroles:_oid polqual:text polwithcheck:text'],
  [3381, 'pg_statistic_ext', 'oid:oid stxrelid:oid stxname:name stxnamespace:oid stxowner:oid stxstattarget:int4 stxkeys:int2vector stxkind:_char stxexprs:text'],
  [6104, 'pg_publication', 'oid:oid pubname:name pubowner:oid puballtables:bool pubinsert:bool pubupdate:bool pubdelete:bool pubtruncate:bool pubviaroot:bool'],
  [6106, 'pg_publication_rel', 'oid:oid prpubid:oid prrelid:oid prqual:text prattrs:int2vector'],
  [6237, 'pg_publication_namespace', 'oid:oid pnpubid:oid pnnspid:oid'],
  [6100, 'pg_subscription', 'oid:oid subdbid:oid subname:name subowner:oid subenabled:bool subbinary:bool substream:bool subtwophasestate:char subdisableonerr:bool subconninfo:text subslotname:name subsynccommit:text subpublications:_text'],
  [2603, 'pg_amproc', 'oid:oid amprocfamily:oid amproclefttype:oid amprocrighttype:oid amprocnum:int2 amproc:regproc'],
  [2607, 'pg_conversion', 'oid:oid conname:name connamespace:oid conowner:oid conforencoding:int4 contoencoding:int4 conproc:regproc condefault:bool'],
  [3576, 'pg_transform', 'oid:oid trftype:oid trflang:oid trffromsql:regproc trftosql:regproc'],
  [3601, 'pg_ts_parser', 'oid:oid prsname:name prsnamespace:oid prsstart:regproc prstoken:regproc prsend:regproc prsheadline:regproc prslextype:regproc'],
  [3764, 'pg_ts_template', 'oid:oid tmplname:name tmplnamespace:oid tmplinit:regproc tmpllexize:regproc'],
  [1418, 'pg_user_mapping', 'oid:oid umuser:oid umserver:oid umoptions:_text'],
  [12204, 'pg_user_mappings', 'umid:oid srvid:oid srvname:name umuser:oid usename:name umoptions:_text'],
  [3118, 'pg_foreign_table', 'ftrelid:oid ftserver:oid ftoptions:_text'],
  [1417, 'pg_foreign_server', 'oid:oid srvname:name srvowner:oid srvfdw:oid srvtype:text srvversion:text srvacl:_text srvoptions:_text'],
  [2328, 'pg_foreign_data_wrapper', 'oid:oid fdwname:name fdwowner:oid fdwhandler:oid fdwvalidator:oid fdwacl:_text fdwoptions:_text'],
  [3350, 'pg_partitioned_table', 'partrelid:oid partstrat:char partnatts:int2 partdefid:oid partattrs:int2vector partclass:oidvector partcollation:oidvector partexprs:text'],
  [3466, 'pg_event_trigger', 'oid:oid evtname:name evtevent:name evtowner:oid evtfoid:oid evtenabled:char evttags:_text'],
  [1261, 'pg_auth_members', 'roleid:oid member:oid grantor:oid admin_option:bool'],
  [2964, 'pg_db_role_setting', 'setdatabase:oid setrole:oid setconfig:_text'],
  [2396, 'pg_shdescription', 'objoid:oid classoid:oid description:text'],
  [1214, 'pg_shdepend', 'dbid:oid classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid deptype:char'],
  [3596, 'pg_seclabel', 'objoid:oid classoid:oid objsubid:int4 provider:text label:text'],
  [3600, 'pg_ts_dict', 'oid:oid dictname:name dictnamespace:oid dictowner:oid dicttemplate:oid dictinitoption:text'],
  [3602, 'pg_ts_config', 'oid:oid cfgname:name cfgnamespace:oid cfgowner:oid cfgparser:oid'],
  [826, 'pg_default_acl', 'oid:oid defaclrole:oid defaclnamespace:oid defaclobjtype:char defaclacl:_text'],
  [2995, 'pg_largeobject_metadata', 'oid:oid lomowner:oid lomacl:_text'],
  [12200, 'pg_group', 'groname:name grosysid:oid grolist:_oid'],
  [12201, 'pg_rules', 'schemaname:name tablename:name rulename:name definition:text'],
  [12202, 'pg_policies', 'schemaname:name tablename:name policyname:name permissive:text roles:_name cmd:text qual:text with_check:text'],
];

const definitions: readonly VirtualTable[] = [
  ...relationTables, ...typeTables, ...activityTables, ...concurrencyTables, ...informationSchema, ...operatorClassTables, ...extensionTables,
  ...emptyTables.map((table) => emptyTable('pg_catalog', table)),
];

export class SystemCatalog {
  readonly instance: Instance;
  readonly #tables: readonly TableDef[];
  readonly #byName: ReadonlyMap<string, TableDef>;
  readonly #byOid: ReadonlyMap<number, TableDef>;

  constructor(instance: Instance) {
    this.instance = instance;
    this.#tables = definitions.map(virtualTableDef);
    this.#byName = new Map(this.#tables.map((table) => [`${table.schema}.${table.name}`, table]));
    this.#byOid = new Map(this.#tables.map((table) => [table.oid, table]));
  }

  table(schema: string, name: string): TableDef | undefined {
    return this.#byName.get(`${schema}.${name}`);
  }
  tableByOid(oid: number): TableDef | undefined {
    return this.#byOid.get(oid);
  }
  tables(): Iterable<TableDef> {
    return this.#tables;
  }
  names(): readonly string[] {
    return this.#tables.map((table) => table.name);
  }

  /** A built-in function by its oid. */
  builtin(oid: number): FunctionDef | undefined {
    return numberedFunctions().byOid.get(oid);
  }
  /** All built-in functions of a name. */
  builtinsNamed(name: string): readonly { readonly oid: number; readonly definition: FunctionDef }[] {
    return (numberedFunctions().byName.get(name) ?? []).map((oid) => ({ oid, definition: numberedFunctions().byOid.get(oid)! }));
  }
}
