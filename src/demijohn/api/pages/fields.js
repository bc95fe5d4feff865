// Make what is filled in for an operation: parameters, forms, files, the editor of a body.

import { isJson, make, makeField, makeSelect } from "./elements.js";
import { readValues } from "./request.js";
import { makeSample, readExamples } from "./sample.js";
import { describeType, isFile, showType } from "./schema.js";
import { resolve } from "./source.js";

const write = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const isForm = (mediaType) => /^(multipart\/|application\/x-www-form-urlencoded)/i.test(mediaType);

/** Return the one schema that a value has where it is not null. */
function strip(schema) {
  const { value } = resolve(schema);
  const others = (value.anyOf ?? value.oneOf)?.filter((part) => resolve(part).value.type !== "null");
  return others?.length === 1 ? { ...resolve(others[0]).value, ...value } : value;
}

const hasType = (schema, type) => [schema.type].flat().includes(type);

/** Make the input for a schema, and what reads the values out of it. */
function makeInput(schema, { required, example, hint }) {
  const value = strip(schema);
  const items = strip(value.items);
  const isList = hasType(value, "array");
  const isObject = hasType(value, "object") || value.properties !== undefined;
  if (isFile(value) || (isList && isFile(items))) {
    const input = make("input", {
      type: "file",
      multiple: isList,
      accept: value.contentMediaType ?? items.contentMediaType,
    });
    return { input, isObject: false, read: () => [...input.files] };
  }
  const choices = value.enum ?? (hasType(value, "boolean") ? [true, false] : null);
  if (choices) {
    const input = makeSelect([["", required ? "choose …" : "—"], ...choices.map((it) => [write(it), write(it)])]);
    if (example !== undefined) input.value = write(example);
    return { input, isObject: false, read: () => (input.value === "" ? [] : [input.value]) };
  }
  const rows = isList ? 2 : 4;
  const input =
    isList || isObject
      ? make("textarea", { rows, spellcheck: "false" })
      : make("input", {
          type: value.format === "password" || value.writeOnly ? "password" : "text",
          autocomplete: "off",
          spellcheck: "false",
        });
  input.placeholder =
    hint === undefined
      ? isList
        ? "one value a line"
        : isObject
          ? "JSON"
          : ""
      : `for example ${[hint].flat().map(write).join(", ")}`;
  if (example !== undefined) input.value = isList ? [example].flat().map(write).join("\n") : write(example);
  return { input, isObject, read: () => (input.value === "" ? [] : readValues({ isList }, input.value)) };
}

/** Return the value that a parameter begins with, or a hint where it may be left out. */
function chooseExample(parameter, schema) {
  const own = parameter.example !== undefined || parameter.examples ? readExamples(parameter)[0][1] : undefined;
  return parameter.required ? { example: own ?? makeSample(schema) } : { hint: own };
}

/** Make the fields of parameters, each with what reads its values. */
export function makeParameters(parameters) {
  return parameters.map((parameter) => {
    const [media] = Object.values(parameter.content ?? {});
    const schema = parameter.schema ?? media?.schema ?? {};
    const field = makeInput(schema, { required: parameter.required, ...chooseExample(parameter, schema) });
    field.input.required = Boolean(parameter.required);
    return {
      parameter,
      ...field,
      element: makeField(
        [make("code", {}, parameter.name), ` ${parameter.in} `, showType(schema, parameter)],
        field.input,
      ),
    };
  });
}

/** Make the fields of a form: each property of its schema. */
function makeFormBody(media) {
  const schema = strip(media.schema ?? {});
  const required = new Set(schema.required ?? []);
  const sample = readExamples(media, "request")[0][1] ?? {};
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const field = makeInput(property, {
      required: required.has(name),
      example: required.has(name) ? sample[name] : undefined,
    });
    const label = [make("code", {}, name), " ", showType(property, { required: required.has(name) })];
    return { name, ...field, element: makeField(label, field.input) };
  });
  return {
    element: make(
      "div",
      { class: "grid" },
      fields.map((field) => field.element),
    ),
    read: () => ({ fields: fields.flatMap(({ name, read }) => read().map((value) => [name, value])) }),
  };
}

function makeFileBody() {
  const input = make("input", { type: "file" });
  return { element: makeField("File", input), read: () => (input.files[0] ? { file: input.files[0] } : { text: "" }) };
}

/** Make the editor of a body that is text, filled with the first example. */
function makeTextBody(media, mediaType) {
  const examples = readExamples(media, "request").map(([name, value]) => [
    name,
    typeof value === "string" && !isJson(mediaType) ? value : JSON.stringify(value, null, 2),
  ]);
  const area = make("textarea", { class: "editor", spellcheck: "false", autocapitalize: "off" });
  const fault = make("p", { class: "fault", role: "status" });
  const check = () => {
    area.rows = Math.min(24, Math.max(4, area.value.split("\n").length + 1));
    fault.textContent = "";
    if (!isJson(mediaType)) return;
    try {
      JSON.parse(area.value);
    } catch (error) {
      fault.textContent = `It is no JSON yet: ${error.message}`;
    }
  };
  const fill = (index) => {
    area.value = examples[index][1];
    check();
  };
  area.addEventListener("input", check);
  fill(0);
  const chooser = makeSelect(examples.map(([name], index) => [index, name]));
  chooser.addEventListener("change", () => fill(chooser.value));
  const reset = make("button", { type: "button", class: "small", onclick: () => fill(chooser.value || 0) }, "Reset");
  const element = make(
    "div",
    {},
    examples.length > 1 && makeField("Example", chooser),
    makeField(`Body, ${describeType(media.schema ?? media.itemSchema)}`, area),
    fault,
    reset,
  );
  return { element, read: () => ({ text: area.value }) };
}

/** Make the fields of a body, with what reads it. */
export function makeBody(requestBody) {
  const { value } = resolve(requestBody);
  const types = Object.entries(value.content ?? {});
  if (!types.length) return { element: null, read: () => null };
  const chooser = makeSelect(types.map(([name]) => [name, name]));
  const sends = make("input", { type: "checkbox", checked: true });
  const place = make("div", {});
  let body;
  const lay = () => {
    const media = resolve(value.content[chooser.value]).value;
    const isBinary =
      isFile(media.schema ?? {}) || /^(image|audio|video)\/|octet-stream|\/zip$|\/pdf$/.test(chooser.value);
    body = isForm(chooser.value) ? makeFormBody(media) : isBinary ? makeFileBody() : makeTextBody(media, chooser.value);
    place.replaceChildren(body.element);
    place.hidden = !sends.checked;
  };
  chooser.addEventListener("change", lay);
  sends.addEventListener("change", () => (place.hidden = !sends.checked));
  lay();
  const element = make(
    "div",
    {},
    types.length > 1 ? makeField("Content type", chooser) : make("p", { class: "quiet" }, types[0][0]),
    !value.required && make("p", {}, make("label", {}, sends, " Send a body")),
    place,
  );
  return { element, read: () => (sends.checked ? { mediaType: chooser.value, ...body.read() } : null) };
}
