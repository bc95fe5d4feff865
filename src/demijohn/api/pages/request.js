// Turn what was filled in into a request: values only, no part of the page.

const RESERVED = new Set(["accept", "content-type", "authorization"]); // OpenAPI 3.1, "Parameter Object"

/** Return the values that were filled into a field: an array's are one a line. */
export function readValues(parameter, text) {
  return parameter.isList ? text.split("\n").filter((line) => line !== "") : [text];
}

const SEPARATORS = { form: ",", spaceDelimited: " ", pipeDelimited: "|", simple: "," };

/** Return a query parameter as pairs, by its `style` and `explode`. */
function writeQuery({ name, style = "form", explode = style === "form" || style === "deepObject" }, values, isObject) {
  if (isObject) {
    let fields;
    try {
      fields = Object.entries(JSON.parse(values[0]));
    } catch {
      return [[name, values[0]]];
    }
    const write = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    if (style === "deepObject") return fields.map(([key, value]) => [`${name}[${key}]`, write(value)]);
    if (explode) return fields.flatMap(([key, value]) => [value].flat().map((item) => [key, write(item)]));
    return [[name, fields.flatMap(([key, value]) => [key, write(value)]).join(",")]];
  }
  return explode ? values.map((value) => [name, value]) : [[name, values.join(SEPARATORS[style] ?? ",")]];
}

const encodeQuery = (text) => encodeURIComponent(text).replaceAll("%20", "+").replaceAll("%2C", ",");

/** Return a path with its variables filled in. */
function fillPath(path, filled) {
  return path.replace(/\{([^{}]+)\}/g, (whole, name) => {
    const entry = filled.find(({ parameter }) => parameter.in === "path" && parameter.name === name);
    if (!entry) return whole;
    return encodeURIComponent(entry.values.join(","));
  });
}

/**
 * Build a request.
 *
 * `filled` has the parameters with their values, `credentials` what schemes
 * add, `body` is `{ mediaType, text | fields | file }` or null.
 */
export function buildRequest({ base, method, path, accept, filled, credentials, body }) {
  const of = (place) => filled.filter(({ parameter }) => parameter.in === place);
  const query = [
    ...of("query").flatMap(({ parameter, values, isObject }) => writeQuery(parameter, values, isObject)),
    ...credentials.query,
  ];
  const raw = of("querystring").map(({ values }) => values[0]);
  const text = [...query.map((pair) => pair.map(encodeQuery).join("=")), ...raw].join("&");
  const headers = [["Accept", accept]];
  for (const { parameter, values } of of("header")) {
    if (!RESERVED.has(parameter.name.toLowerCase())) headers.push([parameter.name, values.join(",")]);
  }
  headers.push(...credentials.headers);
  if (body && !body.mediaType.startsWith("multipart/")) headers.push(["Content-Type", body.mediaType]);
  const cookies = [
    ...of("cookie").map(({ parameter, values }) => [parameter.name, values.join(",")]),
    ...credentials.cookies,
  ];
  return {
    url: `${base.replace(/\/+$/, "")}${fillPath(path, filled)}${text && `?${text}`}`,
    method,
    headers,
    cookies,
    body,
  };
}

/** Return what `fetch` sends as the body of a request. */
export function writeBody(body) {
  if (!body) return undefined;
  if (body.file) return body.file;
  if (!body.fields) return body.text;
  if (!body.mediaType.startsWith("multipart/")) return new URLSearchParams(body.fields).toString();
  const form = new FormData();
  for (const [name, value] of body.fields) form.append(name, value);
  return form;
}

const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

/** Return the request as a command line for curl. */
export function writeCurl({ url, method, headers, cookies, body }) {
  const parts = [`curl -X ${quote(method).replace(/^'([A-Z]+)'$/, "$1")} ${quote(url)}`];
  for (const [name, value] of headers) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (cookies.length) parts.push(`-b ${quote(cookies.map((pair) => pair.join("=")).join("; "))}`);
  if (body?.file) parts.push(`--data-binary ${quote(`@${body.file.name}`)}`);
  else if (body?.fields) {
    const isMultipart = body.mediaType.startsWith("multipart/");
    for (const [name, value] of body.fields) {
      const isFile = typeof value !== "string";
      // `--form-string` takes a value that begins with "@" or "<" as it is.
      if (isMultipart)
        parts.push(isFile ? `-F ${quote(`${name}=@"${value.name}"`)}` : `--form-string ${quote(`${name}=${value}`)}`);
      else parts.push(`--data-raw ${quote(new URLSearchParams([[name, value]]).toString())}`);
    }
  } else if (body) parts.push(`--data-raw ${quote(body.text)}`);
  return parts.join(" \\\n  ");
}
