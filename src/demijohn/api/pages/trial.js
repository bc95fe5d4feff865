// Try an operation: the fields, the request that they make, the answer.

import { showAnswer } from "./answer.js";
import { findCredentials } from "./credentials.js";
import { make, makeCopy } from "./elements.js";
import { makeBody, makeParameters } from "./fields.js";
import { buildRequest, writeCurl } from "./request.js";
import { resolve } from "./source.js";

const collectTypes = (operation) =>
  [
    ...new Set(Object.values(operation.responses ?? {}).flatMap((it) => Object.keys(resolve(it).value.content ?? {}))),
  ].join(", ") || "*/*";

/** Make the form by which an operation is tried; `findBase` gives the server's URL. */
export function makeTrial(entry, findBase) {
  const parameters = makeParameters(entry.parameters);
  const body = makeBody(entry.operation.requestBody);
  const answer = make("div", { class: "answer" });
  // It is there before it says something, which is when screen readers read it out.
  const state = make("p", { class: "state", role: "status" });
  const stop = make("button", { type: "button", hidden: true }, "Stop");
  const send = make("button", { type: "submit", class: "main" }, "Send");
  let running;
  const build = () =>
    buildRequest({
      base: findBase(entry),
      method: entry.method,
      path: entry.path,
      accept: collectTypes(entry.operation),
      credentials: findCredentials(entry.operation),
      body: body.read(),
      filled: parameters.map((field) => ({ ...field, values: field.read() })).filter(({ values }) => values.length),
    });
  stop.addEventListener("click", () => running?.abort());
  const submit = async (event) => {
    event.preventDefault();
    running?.abort();
    const mine = (running = new AbortController());
    stop.hidden = false;
    answer.setAttribute("aria-busy", "true");
    answer.replaceChildren();
    await showAnswer(build(), state, answer, mine.signal);
    if (running !== mine) return;
    stop.hidden = true;
    answer.removeAttribute("aria-busy");
  };
  return make(
    "form",
    { class: "trial", onsubmit: submit },
    parameters.length || body.element ? null : make("p", { class: "quiet" }, "It takes no parameters."),
    make(
      "div",
      { class: "grid" },
      parameters.map((field) => field.element),
    ),
    body.element,
    make(
      "div",
      { class: "actions" },
      send,
      stop,
      makeCopy("Copy as curl", () => writeCurl(build())),
    ),
    state,
    answer,
  );
}
