// Make a value that a schema admits, to begin with.

import { resolve } from "./source.js";

const TEXTS = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  time: "12:00:00",
  duration: "PT1H30M",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  email: "ada@example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  decimal: "9.99",
  byte: "ZXhhbXBsZQ==",
};

function sampleNumber(schema, isInteger) {
  const step = schema.multipleOf ?? (isInteger ? 1 : 0.5);
  const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + step);
  const most = schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - step);
  let value = least ?? (most === undefined || most >= 1 ? 1 : most);
  if (schema.multipleOf) value = Math.ceil(value / schema.multipleOf) * schema.multipleOf;
  return value;
}

function sampleText(schema) {
  let text = TEXTS[schema.format] ?? schema.title?.toLowerCase() ?? "text";
  while (text.length < (schema.minLength ?? 0)) text += text;
  return schema.maxLength === undefined ? text : text.slice(0, schema.maxLength);
}

function sampleObject(schema, mode, trail) {
  const result = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const { value } = resolve(property);
    if ((mode === "request" && value.readOnly) || (mode === "response" && value.writeOnly)) continue;
    const sample = makeSample(property, mode, trail);
    if (sample !== undefined) result[name] = sample;
  }
  if (!schema.properties && typeof schema.additionalProperties === "object") {
    const sample = makeSample(schema.additionalProperties, mode, trail);
    if (sample !== undefined) result.key = sample;
  }
  return result;
}

function sampleList(schema, mode, trail) {
  const items = (schema.prefixItems ?? []).map((item) => makeSample(item, mode, trail));
  if (!schema.prefixItems && typeof schema.items === "object") {
    const sample = makeSample(schema.items, mode, trail);
    if (sample !== undefined) items.push(sample);
    while (sample !== undefined && items.length < Math.min(schema.minItems ?? 0, 5)) items.push(sample);
  }
  return items;
}

/**
 * Make a value for a schema; undefined where it would contain itself for ever.
 * A mode of "request" leaves out what is read only, "response" what is write only.
 */
export function makeSample(schema, mode = "request", trail = []) {
  const { value, name } = resolve(schema);
  if (typeof value !== "object") return null;
  if (name && trail.includes(name)) return undefined;
  const next = name ? [...trail, name] : trail;
  const given = [value.example, value.examples?.[0], value.const, value.default, value.enum?.[0]].find(
    (it) => it !== undefined,
  );
  if (given !== undefined) return given;
  if (next.length > 12) return undefined;
  if (value.allOf) {
    const parts = [...value.allOf, { ...value, allOf: undefined }].map((part) => makeSample(part, mode, next));
    return parts.some((part) => part && typeof part === "object") ? Object.assign({}, ...parts) : parts[0];
  }
  const alternatives = value.oneOf ?? value.anyOf;
  if (alternatives) {
    const samples = alternatives.map((part) => makeSample(part, mode, next)).filter((sample) => sample !== undefined);
    return samples.find((sample) => sample !== null) ?? samples[0];
  }
  const types = [value.type].flat();
  const type = types.find((it) => it !== "null") ?? types[0];
  if (type === "object" || value.properties) return sampleObject(value, mode, next);
  if (type === "array") return sampleList(value, mode, next);
  if (type === "integer" || type === "number") return sampleNumber(value, type === "integer");
  if (type === "boolean") return true;
  if (type === "string") return sampleText(value);
  return type === "null" ? null : {};
}

/** Return the examples of a parameter or media type: name and value, at least one. */
export function readExamples(holder, mode) {
  const named = Object.entries(holder.examples ?? {}).map(([name, example]) => {
    const { value } = resolve(example);
    return [value.summary ?? name, value.dataValue ?? value.value ?? value.serializedValue];
  });
  if (holder.example !== undefined) named.unshift(["Example", holder.example]);
  if (named.length) return named;
  const sample = makeSample(holder.schema ?? holder.itemSchema ?? {}, mode);
  return [["Example", sample === undefined ? null : sample]];
}
