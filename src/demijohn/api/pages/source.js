// The document as it was fetched, and what is found in it.

const METHODS = ["get", "post", "put", "patch", "delete", "query", "head", "options", "trace"];

/** The document; `load` fills it. */
export let root = {};

/** Fetch the document. */
export async function load(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The server answered ${response.status} ${response.statusText}`.trim());
  root = await response.json();
  return root;
}

/** Read a step of a JSON Pointer in a fragment (RFC 6901, section 6). */
function readStep(step) {
  return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
}

function find(reference) {
  if (!reference.startsWith("#")) return undefined;
  let value = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const name = readStep(step);
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Follow references: the value, with what stands beside the reference, and its name. */
export function resolve(node) {
  const seen = new Set();
  let name = null;
  let value = node;
  while (typeof value?.$ref === "string" && !seen.has(value.$ref)) {
    const { $ref, ...beside } = value;
    seen.add($ref);
    name ??= readStep($ref.slice($ref.lastIndexOf("/") + 1));
    const target = find($ref);
    value = target !== null && typeof target === "object" ? { ...target, ...beside } : (target ?? beside);
  }
  return { value: value ?? {}, name };
}

function mergeParameters(...lists) {
  const merged = new Map();
  for (const item of lists.flat()) {
    const parameter = resolve(item).value;
    merged.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  return [...merged.values()];
}

function readItem(path, item, isWebhook) {
  const value = resolve(item).value;
  const methods = METHODS.filter((method) => value[method]).map((method) => [method.toUpperCase(), value[method]]);
  return [...methods, ...Object.entries(value.additionalOperations ?? {})].map(([method, operation]) => ({
    method,
    path,
    operation,
    isWebhook,
    id: operation.operationId ?? `${method.toLowerCase()}${path}`,
    title: operation.summary ?? operation.operationId ?? path,
    group: isWebhook ? "Webhooks" : (operation.tags?.[0] ?? ""),
    servers: operation.servers ?? value.servers,
    parameters: mergeParameters(value.parameters ?? [], operation.parameters ?? []),
    text: [method, path, operation.summary, operation.operationId, ...(operation.tags ?? []), operation.description]
      .join(" ")
      .toLowerCase(),
  }));
}

/** Return the operations in groups: tags in the document's order, then the rest. */
export function readGroups() {
  const all = [
    ...Object.entries(root.paths ?? {}).flatMap(([path, item]) => readItem(path, item, false)),
    ...Object.entries(root.webhooks ?? {}).flatMap(([name, item]) => readItem(name, item, true)),
  ];
  const described = new Map((root.tags ?? []).map((tag) => [tag.name, tag.description]));
  const groups = new Map([...described.keys()].map((name) => [name, []]));
  for (const entry of all) {
    if (!groups.has(entry.group)) groups.set(entry.group, []);
    groups.get(entry.group).push(entry);
  }
  const ranks = { "": 1, Webhooks: 2 };
  const rank = (name) => (described.has(name) ? 0 : (ranks[name] ?? 0));
  return [...groups]
    .filter(([, entries]) => entries.length)
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([name, entries]) => ({
      name: name || (groups.size > 1 ? "Other operations" : "Operations"),
      description: described.get(name),
      entries,
    }));
}

/** Return what an operation asks of the caller: alternatives of schemes with scopes. */
export const readSecurity = (operation) => operation.security ?? root.security ?? [];

/** Return the security schemes by name. */
export function readSchemes() {
  return Object.entries(root.components?.securitySchemes ?? {}).map(([name, scheme]) => [name, resolve(scheme).value]);
}
