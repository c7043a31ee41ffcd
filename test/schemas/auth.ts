/** Authentication libraries over their own schemas: what they are made to do, and what that observes over PostgreSQL 15. */
import { createRequire } from 'node:module';
import type { ForeignClient, Library } from './libraries.js';

const load = createRequire(import.meta.url);

/** The part of a pool of node-postgres that Kysely's dialect uses: everything runs in the one session. */
export function poolOver(client: ForeignClient): object {
  return { connect: () => Promise.resolve({ query: (text: string, values?: readonly unknown[]) => client.query(text, values), release: () => undefined }), query: (text: string, values?: readonly unknown[]) => client.query(text, values), end: () => Promise.resolve() };
}

interface Migrations {
  readonly toBeCreated: readonly { readonly table: string }[];
  readonly toBeAdded: readonly { readonly table: string; readonly fields: object }[];
  runMigrations(): Promise<void>;
}
export interface AuthModule {
  betterAuth(options: object): { readonly api: AuthApi };
}
interface AuthApi {
  signUpEmail(call: object): Promise<{ readonly token: string; readonly user: { readonly id: string; readonly email: string } }>;
  signInEmail(call: object): Promise<{ readonly token: string }>;
  getSession(call: object): Promise<{ readonly user: { readonly email: string } } | null>;
  createOrganization(call: object): Promise<{ readonly id: string; readonly slug: string }>;
  listOrganizations(call: object): Promise<readonly { readonly slug: string }[]>;
  setActiveOrganization(call: object): Promise<unknown>;
  getFullOrganization(call: object): Promise<{ readonly members: readonly { readonly role: string }[] }>;
  listUsers(call: object): Promise<{ readonly total: number; readonly users: readonly { readonly name: string }[] }>;
  signOut(call: object): Promise<{ readonly success: boolean }>;
}
export interface AuthDatabase {
  getMigrations(options: object): Promise<Migrations>;
  getAdapter(options: object): Promise<object>;
}
type Plugins = Readonly<Record<'organization' | 'admin' | 'twoFactor' | 'username' | 'bearer' | 'apiKey' | 'jwt', (options?: object) => object>>;

export const loadAuth = (): AuthModule => load('./node_modules/better-auth') as AuthModule;
export const loadAuthDatabase = (): AuthDatabase => load('./node_modules/better-auth/dist/db/index.cjs') as AuthDatabase;

const people = ['ada', 'bob', 'cy'] as const;

export const betterAuth: Library = {
  name: 'better-auth',
  about: 'authentication: its migrations, computed from what it finds in the catalog, in two steps; people signed up, in, out; sessions, organizations with members, lists by page',
  expected: [
    ['account', 'session', 'user', 'verification'], 'nothing to migrate', ['apikey', 'invitation', 'jwks', 'member', 'organization', 'twoFactor'], ['session: activeOrganizationId, impersonatedBy', 'user: banExpires, banReason, banned, displayUsername, role, twoFactorEnabled, username'], 'nothing to migrate',
    ['ada@example.org', 'bob@example.org', 'cy@example.org'], 'refused: User already exists. Use another email.', 'refused: Invalid email or password', 'ada@example.org', 'acme', ['acme'], ['owner'], [3, ['ada', 'bob']], ['ada'], true, 'no session', [3, 3, 3],
  ],
  async run(client) {
    const { getMigrations } = loadAuthDatabase();
    const plugins = load('./node_modules/better-auth/dist/plugins/index.cjs') as Plugins;
    const options = { database: poolOver(client), secret: 'a secret of at least thirty-two letters', baseURL: 'http://localhost', emailAndPassword: { enabled: true }, telemetry: { enabled: false }, logger: { disabled: true } };
    const seen: unknown[] = [];
    const migrate = async (of: object): Promise<Migrations> => {
      const migrations = await getMigrations(of);
      await migrations.runMigrations();
      return migrations;
    };
    const left = async (of: object): Promise<unknown> => {
      const { toBeCreated, toBeAdded } = await getMigrations(of);
      return toBeCreated.length === 0 && toBeAdded.length === 0 ? 'nothing to migrate' : { toBeCreated, toBeAdded };
    };
    seen.push((await migrate(options)).toBeCreated.map(({ table }) => table).sort(), await left(options));
    const more = { ...options, plugins: [plugins.organization(), plugins.admin({ adminRoles: ['admin'] }), plugins.twoFactor(), plugins.username(), plugins.bearer(), plugins.apiKey(), plugins.jwt()] };
    const { toBeCreated, toBeAdded } = await migrate(more);
    seen.push(toBeCreated.map(({ table }) => table).sort(), toBeAdded.map(({ table, fields }) => `${table}: ${Object.keys(fields).sort().join(', ')}`).sort(), await left(more));

    const { api } = loadAuth().betterAuth(more);
    const refused = (error: unknown): string => `refused: ${(error as { body?: { message?: string } }).body?.message ?? (error as Error).message}`;
    const tokens: string[] = [];
    const emails: string[] = [];
    for (const name of people) {
      const { token, user } = await api.signUpEmail({ body: { email: `${name}@example.org`, password: `password of ${name}`, name } });
      tokens.push(token);
      emails.push(user.email);
    }
    seen.push(emails);
    seen.push(await api.signUpEmail({ body: { email: 'ada@example.org', password: 'another password', name: 'ada' } }).then(() => 'let in', refused));
    seen.push(await api.signInEmail({ body: { email: 'ada@example.org', password: 'a wrong password' } }).then(() => 'let in', refused));
    const { token } = await api.signInEmail({ body: { email: 'ada@example.org', password: 'password of ada' } });
    const headers = new Headers({ authorization: `Bearer ${token}` });
    seen.push((await api.getSession({ headers }))!.user.email);
    const organization = await api.createOrganization({ headers, body: { name: 'Acme', slug: 'acme' } });
    seen.push(organization.slug, (await api.listOrganizations({ headers })).map(({ slug }) => slug));
    await api.setActiveOrganization({ headers, body: { organizationId: organization.id } });
    seen.push((await api.getFullOrganization({ headers })).members.map(({ role }) => role));
    await client.query(`update "user" set role = 'admin' where name = 'ada'`);
    const page = await api.listUsers({ headers, query: { limit: 2, sortBy: 'name', sortDirection: 'asc' } });
    seen.push([page.total, page.users.map(({ name }) => name)]);
    seen.push((await api.listUsers({ headers, query: { searchValue: 'ad', searchField: 'name', searchOperator: 'contains' } })).users.map(({ name }) => name));
    seen.push((await api.signOut({ headers })).success, (await api.getSession({ headers })) === null ? 'no session' : 'a session');
    const counts = (await client.query('select (select count(*)::int from "user") as users, (select count(*)::int from session) as sessions, (select count(*)::int from account) as accounts') as { rows: Record<string, number>[] }).rows[0]!;
    seen.push([counts['users'], counts['sessions'], counts['accounts']]);
    return seen;
  },
};

interface Adapter {
  createUser(user: object): Promise<{ readonly id: number }>;
  getUser(id: unknown): Promise<object | null>;
  getUserByEmail(email: string): Promise<{ readonly name: string } | null>;
  getUserByAccount(account: object): Promise<{ readonly email: string } | null>;
  updateUser(user: object): Promise<{ readonly name: string; readonly email: string }>;
  linkAccount(account: object): Promise<unknown>;
  createSession(session: object): Promise<{ readonly sessionToken: string }>;
  getSessionAndUser(token: string): Promise<{ readonly session: { readonly expires: Date }; readonly user: { readonly email: string } } | null>;
  updateSession(session: object): Promise<unknown>;
  deleteSession(token: string): Promise<unknown>;
  createVerificationToken(token: object): Promise<unknown>;
  useVerificationToken(token: object): Promise<{ readonly identifier: string } | null>;
  unlinkAccount(account: object): Promise<unknown>;
  deleteUser(id: unknown): Promise<unknown>;
}

/** The tables that the adapter's documentation asks for. */
const authTables = `
  CREATE TABLE verification_token (identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token));
  CREATE TABLE accounts (id SERIAL, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL, "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT, scope TEXT, session_state TEXT, token_type TEXT, PRIMARY KEY (id));
  CREATE TABLE sessions (id SERIAL, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL, PRIMARY KEY (id));
  CREATE TABLE users (id SERIAL, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT, PRIMARY KEY (id));
`;

export const authAdapter: Library = {
  name: '@auth/pg-adapter',
  about: 'the adapter of Auth.js: every function of it, over the tables that it documents',
  expected: [true, 'Ada', 'none', ['Ada L.', 'ada@example.org'], 'ada@example.org', ['ada@example.org', '2030-01-01T00:00:00.000Z'], '2031-01-01T00:00:00.000Z', 'none', ['ada@example.org', 'none'], 'none', 'none', [0, 0, 0]],
  async run(client) {
    const { default: makeAdapter } = (await import(new URL('./node_modules/@auth/pg-adapter/index.js', import.meta.url).href)) as { default: (client: object) => Adapter };
    await client.query(authTables);
    const adapter = makeAdapter(client);
    const seen: unknown[] = [];
    const { id } = await adapter.createUser({ name: 'Ada', email: 'ada@example.org', emailVerified: new Date('2024-05-06T07:08:09.010Z'), image: null });
    seen.push((await adapter.getUser(id)) !== null, (await adapter.getUserByEmail('ada@example.org'))!.name, (await adapter.getUserByEmail('nobody@example.org')) ?? 'none');
    const { name, email } = await adapter.updateUser({ id, name: 'Ada L.' });
    seen.push([name, email]);
    const account = { provider: 'github', providerAccountId: '1234' };
    await adapter.linkAccount({ ...account, userId: id, type: 'oauth', access_token: 'x', expires_at: 1_900_000_000, refresh_token: 'r', id_token: null, scope: 'user', session_state: null, token_type: 'bearer' });
    seen.push((await adapter.getUserByAccount(account))!.email);
    await adapter.createSession({ sessionToken: 't', userId: id, expires: new Date('2030-01-01') });
    const both = (await adapter.getSessionAndUser('t'))!;
    seen.push([both.user.email, both.session.expires.toISOString()]);
    await adapter.updateSession({ sessionToken: 't', expires: new Date('2031-01-01') });
    seen.push((await adapter.getSessionAndUser('t'))!.session.expires.toISOString());
    await adapter.deleteSession('t');
    seen.push((await adapter.getSessionAndUser('t')) ?? 'none');
    await adapter.createVerificationToken({ identifier: 'ada@example.org', token: 'v', expires: new Date('2030-01-01') });
    const use = async (): Promise<string> => (await adapter.useVerificationToken({ identifier: 'ada@example.org', token: 'v' }))?.identifier ?? 'none';
    seen.push([await use(), await use()]);
    await adapter.unlinkAccount(account);
    seen.push((await adapter.getUserByAccount(account)) ?? 'none');
    await adapter.deleteUser(id);
    seen.push((await adapter.getUser(id)) ?? 'none');
    const counts = (await client.query('select (select count(*)::int from users) as a, (select count(*)::int from accounts) as b, (select count(*)::int from sessions) as c') as { rows: Record<string, number>[] }).rows[0]!;
    seen.push([counts['a'], counts['b'], counts['c']]);
    return seen;
  },
};
