/** Node's cryptography, loaded when it is first used: a program that opens a file and reads rows needs none of it, and loading takes 3 ms and three quarters of a MiB. */
import { createRequire } from 'node:module';
import type * as Crypto from 'node:crypto';
import { once } from './once.js';

/** A module of Node's own is the same from wherever it is asked for; where this file is, a bundler may not have kept. */
export const nodeCrypto = once(() => createRequire(process.execPath)('node:crypto') as typeof Crypto);
