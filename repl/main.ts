#!/usr/bin/env node
/** The command `serialite`. Where Node can (22.1 on), it keeps what V8 compiles of our files for the next time; that has to be said before any of them is loaded. */
import module from 'node:module';

(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
await import('./command-line.js');
