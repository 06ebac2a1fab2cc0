"use strict";

// Draws openapi.json: each operation with its parameters, bodies, answers and a call of curl.

function make(name, text, ...children) {
  const found = document.createElement(name);
  if (text) found.textContent = text;
  found.append(...children);
  return found;
}

function resolved(described, schema, seen = []) {
  // Schemas refer to each other; each is put in where it is used, once on every way down.
  if (Array.isArray(schema)) return schema.map((each) => resolved(described, each, seen));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    if (seen.includes(name)) return { $ref: name };
    return resolved(described, described.components.schemas[name], [...seen, name]);
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(described, value, seen)]));
}

function folded(title, described, content) {
  const parts = Object.entries(content || {}).map(([type, { schema }]) => make("details", "",
    make("summary", `${title}: ${type}`), make("pre", JSON.stringify(resolved(described, schema ?? {}), null, 1))));
  return parts.length ? parts : [make("p", title)];
}

function table(caption, columns, rows) {
  const head = make("thead", "", make("tr", "", ...columns.map((name) => make("th", name))));
  const body = make("tbody", "", ...rows.map((row) => make("tr", "", ...row.map((text) => make("td", text)))));
  const found = make("div", "", make("table", "", make("caption", caption), head, body));
  found.className = "table";
  return found;
}

function curl(path, method, operation) {
  const key = operation.security ? ' -H "X-API-Key: $KEY"' : "";
  const bodies = Object.keys(operation.requestBody?.content || {});
  const body = bodies.length ? ` -H "Content-Type: ${bodies[0]}" --data-binary @body.json` : "";
  return `curl -X ${method.toUpperCase()}${key}${body} ${new URL(path.slice(1), document.baseURI)}`;
}

function operation(described, path, method, each) {
  const parameters = (each.parameters || []).map((one) =>
    [one.name, `${one.in}${one.required ? ", required" : ""}`, one.schema?.type || (one.schema?.anyOf || []).map((kind) => kind.type).join(" or ")]);
  const answers = Object.entries(each.responses || {}).flatMap(([status, one]) =>
    folded(`${status} ${one.description}`, described, one.content));
  const section = make("section", "", make("h2", `${method.toUpperCase()} ${path}`),
    ...(each.description || each.summary || "").split("\n\n").map((text) => make("p", text)),
    make("pre", curl(path, method, each)));
  if (parameters.length) section.append(table("Parameters", ["Name", "Where", "Type"], parameters));
  if (each.requestBody) section.append(make("h3", "Body"), ...folded("Body", described, each.requestBody.content));
  section.append(make("h3", "Answers"), ...answers);
  return section;
}

async function show() {
  try {
    const described = await (await fetch("openapi.json")).json();
    for (const [path, methods] of Object.entries(described.paths))
      for (const [method, each] of Object.entries(methods))
        document.getElementById("operations").append(operation(described, path, method, each));
  } catch (error) {
    document.getElementById("error").textContent = `openapi.json could not be read: ${error.message}`;
  }
}

show();
