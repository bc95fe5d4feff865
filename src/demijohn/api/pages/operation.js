// Show one operation: what it is for, what it takes, what it answers, and a try.

import { showSecurity } from "./authorize.js";
import { make, makeCode, makeCopy, makeJson, makeLazy, makeSelect } from "./elements.js";
import { readExamples } from "./sample.js";
import { hasParts, showSchema, showType } from "./schema.js";
import { resolve } from "./source.js";
import { makeLink, showText } from "./text.js";
import { makeTrial } from "./trial.js";

const METHOD_CLASSES = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** Return the link to an operation, within the page. */
export const linkTo = (entry) => `#operation/${encodeURIComponent(entry.id)}`;

/** Make the sign of a method. */
export function showMethod(method) {
  return make("span", { class: `method ${METHOD_CLASSES.has(method) ? method.toLowerCase() : "other"}` }, method);
}

/** Make a path whose variables stand out, and which breaks after a slash. */
function showPath(path) {
  return make(
    "code",
    { class: "path" },
    path
      .split(/(\{[^{}]*\}|\/)/)
      .map((part) => (part === "/" ? ["/", make("wbr")] : part.startsWith("{") ? make("em", {}, part) : part)),
  );
}

function showParameters(parameters) {
  const places = ["path", "query", "querystring", "header", "cookie"];
  return places
    .filter((place) => parameters.some((it) => it.in === place))
    .map((place) => [
      make(
        "h5",
        {},
        { path: "Path", query: "Query", querystring: "The whole query", header: "Headers", cookie: "Cookies" }[place],
      ),
      make(
        "ul",
        { class: "fields" },
        parameters
          .filter((it) => it.in === place)
          .map((parameter) => {
            const schema = parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema ?? {};
            const example = parameter.example ?? (parameter.examples && readExamples(parameter)[0][1]);
            return make(
              "li",
              {},
              make("code", { class: "name" }, parameter.name),
              " ",
              showType(schema, parameter),
              showText(parameter.description ?? resolve(schema).value.description),
              example !== undefined &&
                make(
                  "p",
                  { class: "quiet" },
                  "for example ",
                  make("code", {}, typeof example === "string" ? example : JSON.stringify(example)),
                ),
            );
          }),
      ),
    ]);
}

function showMedia(media, mode) {
  const schema = media.schema ?? media.itemSchema;
  const examples = makeLazy({}, "Example", () =>
    readExamples(media, mode)
      .map(([name, value], index, all) => [
        all.length > 1 && make("p", { class: "quiet" }, name),
        typeof value === "string" ? makeCode(value) : makeJson(JSON.stringify(value)),
      ])
      .flat()
      .filter(Boolean),
  );
  return [
    schema !== undefined && make("p", {}, media.itemSchema ? "A stream, each item: " : "", showType(schema)),
    schema !== undefined && hasParts(schema) && showSchema(schema),
    schema !== undefined && examples,
  ].filter(Boolean);
}

/** Make the content of a body: its media types, one shown at a time. */
function showContent(content, mode) {
  const types = Object.keys(content ?? {});
  if (!types.length) return null;
  const place = make("div", {});
  const lay = (type) => place.replaceChildren(...showMedia(resolve(content[type]).value, mode));
  lay(types[0]);
  const chooser = makeSelect(
    types.map((type) => [type, type]),
    { "aria-label": "Content type" },
  );
  chooser.addEventListener("change", () => lay(chooser.value));
  return make("div", {}, types.length > 1 ? chooser : make("p", { class: "quiet" }, types[0]), place);
}

function showHeaders(headers) {
  return make(
    "ul",
    { class: "fields" },
    Object.entries(headers).map(([name, header]) => {
      const { value } = resolve(header);
      return make(
        "li",
        {},
        make("code", { class: "name" }, name),
        " ",
        showType(value.schema ?? {}, value),
        showText(value.description),
      );
    }),
  );
}

function showResponse(status, response) {
  const { value } = resolve(response);
  const hasMore = value.content || value.headers;
  const head = [make("strong", { class: `status s${status[0]}` }, status), " ", value.description ?? ""];
  if (!hasMore) return make("div", { class: "response" }, head);
  return makeLazy({ class: "response", open: status[0] === "2" }, head, () =>
    [value.headers && [make("h5", {}, "Headers"), showHeaders(value.headers)], showContent(value.content, "response")]
      .flat()
      .filter(Boolean),
  );
}

function showRequestBody(requestBody) {
  const { value } = resolve(requestBody);
  if (!value.content) return null;
  return [
    make(
      "h4",
      {},
      "Request body ",
      value.required ? make("span", { class: "required" }, "required") : make("span", { class: "limit" }, "optional"),
    ),
    showText(value.description),
    showContent(value.content, "request"),
  ];
}

/** Return the parts of an operation that are below its line. */
function showDetails(entry, findBase) {
  const { operation, parameters } = entry;
  const docs = operation.externalDocs;
  return [
    make(
      "div",
      { class: "actions" },
      makeCopy("Copy link", () => new URL(linkTo(entry), location.href).href),
      makeCopy("Copy path", () => entry.path),
      operation.operationId && make("span", { class: "quiet" }, "operation ", make("code", {}, operation.operationId)),
    ),
    operation.deprecated && make("p", { class: "fault" }, "Deprecated: it may go away."),
    showText(operation.description),
    docs && make("p", {}, makeLink(docs.url, docs.description ?? "More about it")),
    showSecurity(operation),
    !entry.isWebhook && makeLazy({ class: "try" }, "Try it", () => makeTrial(entry, findBase)),
    parameters.length > 0 && [make("h4", {}, "Parameters"), showParameters(parameters)],
    showRequestBody(operation.requestBody),
    operation.responses && [
      make("h4", {}, "Responses"),
      Object.entries(operation.responses).map(([status, response]) => showResponse(status, response)),
    ],
  ]
    .flat(Infinity)
    .filter(Boolean);
}

/** Make an operation: one line, the rest when it is opened. */
export function showOperation(entry, findBase) {
  const heading = make("h3", {}, showMethod(entry.method), " ", showPath(entry.path));
  const summary = [
    heading,
    make("span", { class: "title" }, entry.operation.summary ?? ""),
    entry.operation.deprecated && make("span", { class: "limit old" }, "deprecated"),
  ];
  return makeLazy({ class: "operation", id: linkTo(entry).slice(1) }, summary.filter(Boolean), () =>
    make("div", { class: "inside" }, showDetails(entry, findBase)),
  );
}
