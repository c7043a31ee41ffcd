/**
 * What stands around the text of dist/engine/core.cjs, so that it may be read either way (build/core.mjs): required as a CommonJS module it runs; as a script, outside of any function, it evaluates to a
 * function of a module's parameters. As a script it is compiled as it was read, without a copy that has such a function put around it.
 */
export const coreBanner = "(typeof arguments === 'undefined' ? (run) => run : (run) => run(...arguments))((function (exports, require, module, __filename, __dirname) {";
export const coreFooter = '}));';
