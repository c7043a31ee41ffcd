/**
 * A PostgreSQL server to compare with. SERIALITE_POSTGRES_URL names one that runs; otherwise a cluster of its own is made in a temporary folder
 * when PostgreSQL's programs are installed, and removed at `stop`. Without either there is no oracle, and what needs one says that it was skipped.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface PostgresServer {
  /** Connects as a superuser to the maintenance database. */
  readonly url: string;
  /** The same server, another database. */
  urlOf(database: string): string;
  /** The same through the local socket, where it is known. */
  socketUrlOf(database: string): string;
  /** A database, dropped first if there is one of this name: empty, in UTF8 with byte order, or a copy of `template`. */
  createDatabase(name: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  stop(): void;
}

/** undefined when no server is named and PostgreSQL is not installed. `isDurable: false` trades safety for speed: for comparing answers. */
export async function startPostgres(options: { readonly isDurable?: boolean } = {}): Promise<PostgresServer | undefined> {
  const named = process.env['SERIALITE_POSTGRES_URL'];
  if (named !== undefined) return describe(named, undefined, () => undefined);
  const bin = findBinaries();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'serialite-postgres-'));
  const owner = serverOwner();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const run = (program: string, args: readonly string[]): void => {
    execFileSync(join(bin, program), args, { stdio: 'ignore', cwd: folder, ...(owner ?? {}), env: { ...process.env, LC_ALL: 'C' } });
  };
  const data = join(folder, 'data');
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const port = await freePort();
  const fsync = options.isDurable === true ? 'on' : 'off';
  run('pg_ctl', ['-D', data, '-w', '-s', '-l', join(folder, 'log'), '-o', `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=${fsync} -c max_connections=100`, 'start']);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    run('pg_ctl', ['-D', data, '-m', 'immediate', '-s', 'stop']);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  return describe(`postgres://postgres@127.0.0.1:${port}/postgres`, `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}&port=${port}`, stop);
}

/** For commands that are nothing without an oracle. */
export async function requirePostgres(options?: { readonly isDurable?: boolean }): Promise<PostgresServer> {
  const server = await startPostgres(options);
  if (server === undefined) throw new Error('there is no PostgreSQL to compare with: install one, or name a server in SERIALITE_POSTGRES_URL');
  return server;
}

function describe(url: string, socketUrl: string | undefined, stop: () => void): PostgresServer {
  const inDatabase = (base: string, database: string): string => {
    const other = new URL(base);
    other.pathname = `/${database}`;
    return other.href;
  };
  const urlOf = (database: string): string => inDatabase(url, database);
  const administer = async (...commands: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const command of commands) await client.query(command);
    } finally {
      await client.end();
    }
  };
  const drop = (name: string): string => `drop database if exists "${name}" with (force)`;
  return {
    url, urlOf, stop,
    socketUrlOf: (database) => inDatabase(socketUrl ?? url, database),
    async createDatabase(name, template) {
      const source = template === undefined ? "template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'" : `"${template}"`;
      await administer(drop(name), `create database "${name}" template ${source}`);
      return urlOf(name);
    },
    dropDatabase: (name) => administer(drop(name)),
  };
}

/** The folder of the newest installed server's programs: initdb refuses to run as root, so it need not be on the path. */
function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}

/** The server does not run as root: then it runs as the user that its package made. */
function serverOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
