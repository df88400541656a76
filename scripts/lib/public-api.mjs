import ts from 'typescript';

const isInternal = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
const isPrivate = (node) =>
  (ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) === true;

/**
 * Checks the published declarations of a package's entries.
 *
 * - A public signature names only types that an entry exports. Members with the tag `@internal` are left out.
 * - Every function, class and decorator has an `@example`. For a class, the example may belong to a method.
 *
 * @param files - the paths of the entries' declarations
 * @param folder - the folder of the package's declarations
 * @returns one sentence for each problem
 */
export function apiProblems(files, folder) {
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const resolved = (symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = new Map(
    files.flatMap((file) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file));
      return checker.getExportsOfModule(module).map((symbol) => [resolved(symbol), symbol.name]);
    }),
  );

  /** The names of the package's own types in a signature that no entry exports. */
  function hiddenTypes(node) {
    if (isInternal(node) || isPrivate(node)) return [];
    const name = typeNameOf(node);
    const symbol = name && checker.getSymbolAtLocation(name);
    const isHidden = symbol !== undefined && isOwn(resolved(symbol)) && !exported.has(resolved(symbol));
    const inner = [];
    ts.forEachChild(node, (child) => void inner.push(...hiddenTypes(child)));
    return isHidden ? [name.getText(), ...inner] : inner;
  }

  function isOwn({ flags, declarations = [] }) {
    if (flags & (ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Property)) return false;
    return declarations.some((declaration) => declaration.getSourceFile().fileName.startsWith(folder));
  }

  function isCallable(symbol) {
    if (!(symbol.flags & ts.SymbolFlags.Value)) return false;
    const type = checker.getTypeOfSymbol(symbol);
    return type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0 || isClass(symbol);
  }

  const isClass = ({ flags }) => (flags & ts.SymbolFlags.Class) !== 0;

  return [...exported].flatMap(([symbol, name]) => {
    const declarations = symbol.declarations ?? [];
    const problems = declarations
      .flatMap(hiddenTypes)
      .map((type) => `${name} names ${type}, which is not exported.`);
    const hasExample = declarations.some((node) => [node, ...(node.members ?? [])].some(isExample));
    return isCallable(symbol) && !hasExample ? [...problems, `${name} has no @example.`] : problems;
  });
}

const isExample = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'example');

/** The identifier of a type that a node names; `undefined` for other nodes. */
function typeNameOf(node) {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isTypeQueryNode(node)) return node.exprName;
  return ts.isExpressionWithTypeArguments(node) ? node.expression : undefined;
}
