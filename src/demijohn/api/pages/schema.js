// Show schemas: a line of type and limits, and a tree that opens step by step.
// What is below is made when it is opened, so a model may contain itself.

import { make, makeLazy } from "./elements.js";
import { resolve } from "./source.js";
import { showText } from "./text.js";

const isNull = (schema) => resolve(schema).value.type === "null";
const show = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Merge what `allOf` joins into one schema. */
function flatten(value, depth = 0) {
  if (!value.allOf || depth > 8) return value;
  const { allOf, ...own } = value;
  const merged = {};
  for (const part of [...allOf.map((it) => flatten(resolve(it).value, depth + 1)), own]) {
    Object.assign(merged, part, {
      properties: merged.properties || part.properties ? { ...merged.properties, ...part.properties } : undefined,
      required: [...(merged.required ?? []), ...(part.required ?? [])],
    });
  }
  return merged;
}

/** Say whether a schema stands for a file. */
export function isFile(schema) {
  const { value } = resolve(schema);
  return (
    value.format === "binary" ||
    (value.contentMediaType !== undefined && value.contentEncoding === undefined && !value.contentSchema)
  );
}

/** Return a type in words, such as "list of Order or null". */
export function describeType(schema, depth = 0) {
  if (schema === undefined || schema === true) return "anything";
  if (schema === false) return "nothing";
  const { value, name } = resolve(schema);
  if (name) return name;
  if (depth > 6) return "…";
  const below = (part) => describeType(part, depth + 1);
  const alternatives = value.oneOf ?? value.anyOf;
  if (alternatives) return [...new Set(alternatives.map(below))].join(" or ");
  if (value.allOf) return value.allOf.map(below).join(" and ");
  if (value.const !== undefined) return show(value.const);
  if (isFile(value)) return "file";
  const words = [value.type ?? (value.properties ? "object" : value.enum ? "value" : "anything")].flat().map((type) => {
    if (type === "array" && value.prefixItems) return `[${value.prefixItems.map(below).join(", ")}]`;
    if (type === "array") return `${value.uniqueItems ? "set" : "list"} of ${below(value.items)}`;
    if (type === "object" && !value.properties && typeof value.additionalProperties === "object")
      return `map of ${below(value.additionalProperties)}`;
    if (type === "object" && value.title) return value.title;
    return type === "string" && value.format ? `string (${value.format})` : type;
  });
  return words.join(" or ");
}

function describeRange(least, most, unit) {
  if (least === undefined && most === undefined) return null;
  if (least === most) return `exactly ${least} ${unit}`;
  if (most === undefined) return `at least ${least} ${unit}`;
  return least ? `${least} to ${most} ${unit}` : `at most ${most} ${unit}`;
}

/** Return the limits of a schema, each a short text. */
function describeLimits(schema) {
  let { value } = resolve(schema);
  const other = (value.anyOf ?? value.oneOf)?.filter((part) => !isNull(part));
  if (other?.length === 1) value = { ...resolve(other[0]).value, ...value };
  return [
    value.minimum !== undefined && `≥ ${value.minimum}`,
    value.exclusiveMinimum !== undefined && `> ${value.exclusiveMinimum}`,
    value.maximum !== undefined && `≤ ${value.maximum}`,
    value.exclusiveMaximum !== undefined && `< ${value.exclusiveMaximum}`,
    value.multipleOf !== undefined && `multiple of ${value.multipleOf}`,
    describeRange(value.minLength, value.maxLength, "characters"),
    describeRange(value.minItems, value.maxItems, "items"),
    describeRange(value.minProperties, value.maxProperties, "keys"),
    value.pattern !== undefined && `pattern ${value.pattern}`,
    value.contentMediaType !== undefined && value.contentMediaType,
    value.default !== undefined && `default ${show(value.default)}`,
    value.readOnly && "read only",
    value.writeOnly && "write only",
  ].filter(Boolean);
}

/** Make the line of a value: type, limits, choices, whether it is required. */
export function showType(schema, { required = false, deprecated = false } = {}) {
  const { value } = resolve(schema);
  const { value: items } = resolve(value.items);
  const alternatives = (value.anyOf ?? value.oneOf ?? []).map((part) => resolve(part).value);
  const choices = [value, items, ...alternatives].find((it) => it.enum)?.enum;
  return make(
    "span",
    { class: "type" },
    make("span", { class: "kind" }, describeType(schema)),
    required && make("span", { class: "required" }, "required"),
    (deprecated || value.deprecated) && make("span", { class: "limit old" }, "deprecated"),
    describeLimits(schema).map((limit) => make("span", { class: "limit" }, limit)),
    choices &&
      make(
        "span",
        { class: "limit" },
        "one of ",
        choices.map((choice, index) => [index ? ", " : "", make("code", {}, show(choice))]),
      ),
  );
}

/** Say whether there is something to open below a schema. */
export function hasParts(schema, trail = []) {
  const { value, name } = resolve(schema);
  if (typeof value !== "object" || (name && trail.includes(name)) || trail.length > 12) return false;
  if (value.properties && Object.keys(value.properties).length) return true;
  const below = [
    value.items,
    value.additionalProperties,
    ...(value.prefixItems ?? []),
    ...(value.oneOf ?? []),
    ...(value.anyOf ?? []),
    ...(value.allOf ?? []),
  ];
  return below.some((part) => part && hasParts(part, [...trail, name ?? ""]));
}

function showField(name, property, required) {
  const { value } = resolve(property);
  return make(
    "li",
    {},
    make("code", { class: "name" }, name),
    " ",
    showType(property, { required }),
    showText(value.description),
    value.examples?.length > 0 &&
      make("p", { class: "quiet" }, "for example ", make("code", {}, show(value.examples[0]))),
    hasParts(property) &&
      makeLazy({ class: "below" }, `Fields of ${describeType(property)}`, () => showSchema(property)),
  );
}

function showAlternatives(value, alternatives) {
  const by = value.discriminator?.propertyName;
  return [
    make(
      "p",
      { class: "quiet" },
      value.oneOf ? "Exactly one of" : "Any of",
      by && [", told by ", make("code", {}, by)],
      ":",
    ),
    make(
      "ul",
      { class: "fields" },
      alternatives.map((part) =>
        make(
          "li",
          {},
          showType(part),
          hasParts(part) && makeLazy({ class: "below" }, `Fields of ${describeType(part)}`, () => showSchema(part)),
        ),
      ),
    ),
  ];
}

/** Make the tree of a schema, its first level open. */
export function showSchema(schema, depth = 0) {
  const value = flatten(resolve(schema).value);
  const parts = [];
  const alternatives = (value.oneOf ?? value.anyOf)?.filter((part) => !isNull(part));
  if (alternatives?.length === 1 && depth < 8) return showSchema(alternatives[0], depth + 1);
  if (alternatives?.length) parts.push(...showAlternatives(value, alternatives));
  const required = new Set(value.required ?? []);
  const fields = Object.entries(value.properties ?? {}).map(([name, property]) =>
    showField(name, property, required.has(name)),
  );
  if (fields.length) parts.push(make("ul", { class: "fields" }, fields));
  const below = [
    ["Each item", value.items],
    ["Each value", value.additionalProperties],
  ];
  for (const [index, item] of (value.prefixItems ?? []).entries()) below.push([`Item ${index + 1}`, item]);
  for (const [label, part] of below) {
    if (typeof part !== "object") continue;
    const isAlone = !parts.length && below.length === 2;
    if (!isAlone || !hasParts(part)) parts.push(make("p", { class: "quiet" }, `${label}: `, showType(part)));
    if (hasParts(part))
      parts.push(
        makeLazy({ class: "below", open: isAlone }, `Fields of ${describeType(part)}`, () => showSchema(part)),
      );
  }
  if (value.additionalProperties === false && fields.length)
    parts.push(make("p", { class: "quiet" }, "No other fields."));
  return make("div", { class: "schema" }, parts.length ? parts : showType(schema));
}
