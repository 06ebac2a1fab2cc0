"use strict";

const TYPES = {
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.file",
  feather: "application/vnd.apache.arrow.file",
  csv: "text/csv",
  json: "application/json",
};
// A recording, known by its content.
const RECORDING = "application/octet-stream";
const SCORES = { macro_f1: "F1, mean of classes", mae: "Mean absolute error", rmse: "Root mean square error", r2: "R²" };
const SHOWN_NOTES = 20;
const SHOWN_CYCLES = 8;
const at = (id) => document.getElementById(id);
const asked = { file: undefined, type: undefined, model: {}, predictions: [] };

function make(name, text, attributes = {}, ...children) {
  const found = document.createElement(name);
  if (text !== undefined) found.textContent = text;
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

function draw(name, attributes, text) {
  const found = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text !== undefined) found.textContent = text;
  return found;
}

// A class or column in words, as reporting/names.py writes it.
function words(value) {
  const text = String(value).replaceAll("_", " ").trim();
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// The service and its model

async function health() {
  const shown = at("health");
  try {
    const live = await (await fetch("v2/health/live")).json();
    const ready = await (await fetch("v2/health/ready")).json();
    const good = live.live && ready.ready;
    shown.className = good ? "good" : "bad";
    const replaced = live.workers_replaced ? `, ${live.workers_replaced} replaced` : "";
    shown.textContent = `${good ? "ready" : "not ready"}: ${ready.model}, version ${ready.version}; ` +
      `${live.workers_alive} of ${live.workers} workers alive${replaced}; ${counted(ready.waiting, "request")} waiting` +
      (ready.last_failed_swap ? "; a newer model could not be used" : "");
  } catch {
    shown.className = "bad";
    shown.textContent = "the service does not answer";
  }
}

function headers(type) {
  const key = at("key").value;
  return { ...(type ? { "Content-Type": type } : {}), ...(key ? { "X-API-Key": key } : {}) };
}

function mark(simulated) {
  at("simulated").hidden = !simulated;
  at("simulated").textContent = "SIMULATED DATA: the model was trained on it or is asked about it. Nothing on this page is a finding about people.";
}

// The card is Markdown of headings, paragraphs, lists and tables; what stands in it becomes text
const MARKS = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "]\\(": "](", "\\|": "|" };
const plain = (text) => text.replace(/^\*\*(.*)\*\*$/, "$1").replace(/&lt;|&gt;|&amp;|\]\\\(|\\\|/g, (mark) => MARKS[mark]);

function cardParts(card) {
  return card.split(/\n\s*\n/).map((block) => block.trim()).filter(Boolean).map((block) => {
    const lines = block.split("\n");
    const heading = /^#+ (.*)$/.exec(block);
    if (heading) return make("h3", plain(heading[1]));
    if (lines.every((line) => line.startsWith("- "))) {
      return make("ul", undefined, {}, ...lines.map((line) => make("li", plain(line.slice(2)))));
    }
    if (lines.every((line) => line.startsWith("|"))) {
      const [columns, , ...rows] = lines.map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((each) => plain(each.trim())));
      return table("", columns.map(words), rows);
    }
    return make("p", plain(lines.join(" ")));
  });
}

async function describe() {
  const answer = await fetch("v1/model", { headers: headers() });
  if (!answer.ok) return;
  const model = await answer.json();
  asked.model = model;
  at("title").textContent = model.title || model.name;
  at("use").textContent = model.intended_use || "";
  mark(model.training?.simulated);
  const scores = Object.entries(model.metrics || {}).map(([name, one]) =>
    [SCORES[name] || words(name), cell(one.value), one.low === null || one.low === undefined ? "" : `${number(one.low)} to ${number(one.high)}`]);
  const trained = model.training ? `Trained on ${counted(model.training.n_subjects, "person").replace("persons", "people")}, ` +
    `${counted(model.training.n_rows, "row")}. Scores are of people not trained on; intervals are over people.` : "";
  at("scores").replaceChildren(make("p", trained), ...(scores.length ? [table("Scores", ["Score", "Value", "95 % interval"], scores)] : []));
  at("limits").replaceChildren(...(model.limits || []).map((text) => make("li", text)));
  at("card").replaceChildren(...cardParts(model.card || ""));
  at("model").hidden = !(scores.length || model.card);
}

const named = (file) => `file=${encodeURIComponent(file.name.slice(-120))}`;

async function post(path, file, type) {
  const answer = await fetch(path, { method: "POST", body: file, headers: headers(type) });
  const content = await answer.json();
  if (!answer.ok) {
    const { expected, got, where, fix, details = [] } = content;
    const parts = { expected, "got:": got, "where:": where, "what to do:": fix };
    const lines = Object.entries(parts).filter(([, text]) => text).map(([word, text]) => `${word} ${text}`);
    const places = details.filter((each) => each.problem !== "missing").slice(0, 5);
    throw new Error([...(expected ? lines : [content.error]), ...places.map((each) => `${each.where}: ${each.problem}`)].join("\n"));
  }
  return content;
}

// Answers: one row a person, its cycles folded below

function number(value) {
  return Number.isInteger(value) ? String(value) : Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0);
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.map(cell).join(", ");
  if (typeof value === "object") {
    if ("part" in value) return `${value.part} ${value.change > 0 ? "+" : "−"}${Math.abs(value.change).toFixed(2)}`;
    return Object.entries(value).map(([name, one]) => `${words(name)} ${cell(one)}`).join(", ");
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : words(value);
}

function columnTitle(name) {
  const percent = Math.round(100 * (asked.model.conformal?.coverage ?? 0.9));
  const titles = {
    prediction: "Predicted", set: `Prediction set (${percent} %)`, low: `Lower limit (${percent} %)`, high: `Upper limit (${percent} %)`,
    outside: "Out of distribution", imputed: "Missing features filled", contributions: "What weighs most", task_id: "Condition",
  };
  return titles[name] || words(name);
}

function table(caption, columns, rows, outside = []) {
  const width = columns.length <= 3 ? "narrow" : columns.length <= 8 ? "middle" : "wide";
  const head = make("thead", undefined, {}, make("tr", undefined, {}, ...columns.map((name) => make("th", name, { scope: "col" }))));
  const body = make("tbody", undefined, {}, ...rows.map((row, place) => make("tr", undefined, outside[place] ? { class: "outside" } : {},
    ...row.map((text, column) => (column ? make("td", text, { "data-column": columns[column] }) : make("th", text, { scope: "row", "data-column": columns[column] }))))));
  return make("div", undefined, { class: `table ${width}` }, make("table", undefined, {}, ...(caption ? [make("caption", caption)] : []), head, body));
}

function cyclesTable(rows) {
  const skipped = new Set(["subject", "reason", "quality"]);
  const same = (name) => rows.every((row) => JSON.stringify(row[name]) === JSON.stringify(rows[0][name]));
  const needless = (name) => ["task", "task_id"].includes(name) && same(name) && rows.length > 1;
  const names = Object.keys(rows[0]).filter((name) => !skipped.has(name) && !needless(name));
  return table("", names.map(columnTitle), rows.map((row) => names.map((name) => (name === "step" ? String(row[name]) : cell(row[name])))),
    rows.map((row) => row.outside));
}

function isOf(person, row) {
  return String(row.subject) === String(person.subject) && (!("task" in person) || row.task === person.task);
}

function personRow(person, rows) {
  const votes = person.votes?.[person.prediction];
  const label = "task" in person ? `${person.subject}, ${words(person.task).toLowerCase()}` : String(person.subject);
  const unit = asked.unit ? ` ${asked.unit}` : "";
  const told = [
    ["Person", label],
    person.votes ? ["Majority vote", `${words(person.prediction)} (${votes} of ${counted(person.cycles, "cycle")})`] : ["Mean prediction", cell(person.prediction) + unit],
    ...(person.probabilities ? [["Mean probability", cell(person.probabilities[person.prediction])]] : []),
    ...(person.set ? [[columnTitle("set"), cell(person.set) || "none"]] : []),
    ...("low" in person && person.low !== null ? [["Interval", `${cell(person.low)} to ${cell(person.high)}${unit}`]] : []),
    [columnTitle("outside"), `${person.outside} of ${person.cycles}`],
  ];
  const spans = told.map(([name, text]) => make("span", text, { "data-column": name }));
  const folded = make("details", undefined, { class: person.outside ? "person outside" : "person" }, make("summary", undefined, {}, ...spans), cyclesTable(rows));
  return { folded, names: told.map(([name]) => name) };
}

function findings(quality) {
  const cycles = new Map();
  for (const each of quality) {
    const told = `${each.severity}: ${each.channel || "the cycle"}: ${each.finding.replace(/ \([^()]*\)$/, "")}`;
    cycles.set(told, [...(cycles.get(told) || []), each.cycle]);
  }
  return [...cycles].map(([told, own]) => {
    const shown = own.slice(0, SHOWN_CYCLES).join(", ") + (own.length > SHOWN_CYCLES ? ", ..." : "");
    return `${told}, in ${counted(own.length, "cycle")}: ${shown}`;
  });
}

function summary(content) {
  const [units, noun] = content.people.length ? [content.people, "person"] : [content.predictions, "row"];
  const plural = (count) => (noun === "person" && count !== 1 ? `${count} people` : counted(count, noun));
  const outside = content.predictions.filter((row) => row.outside).length;
  const counts = new Map();
  for (const row of units) counts.set(row.prediction, (counts.get(row.prediction) || 0) + 1);
  const told = asked.model.kind === "regression" ? [] : [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([name, count]) => `${cell(name)} ${count}`);
  return `${words(content.target || "prediction")} of ${plural(units.length)}, ${counted(content.predictions.length, "cycle")}` +
    (told.length ? `: ${told.join(", ")}` : "") + (outside ? `; ${counted(outside, "cycle")} out of distribution` : "") + ".";
}

function showPredictions(content) {
  asked.predictions = content.predictions;
  asked.unit = content.unit;
  mark(content.simulated);
  at("summary").textContent = summary(content);
  const told = new Set(content.history);
  const assumed = [...told].filter((text) => text.startsWith("assumed"));
  const notes = [...assumed, ...content.warnings.filter((text) => !told.has(text)), ...findings(content.quality)];
  at("history").hidden = !told.size;
  at("history").firstChild.textContent = `What was done to the data: ${told.size === 1 ? "1 entry" : `${told.size} entries`}`;
  at("entries").replaceChildren(...[...told].map((text) => make("li", text)));
  const more = notes.length > SHOWN_NOTES ? [`and ${notes.length - SHOWN_NOTES} more: in the JSON of v1/predict`] : [];
  at("warnings").replaceChildren(...[...notes.slice(0, SHOWN_NOTES), ...more].map((text) => make("li", text)));
  const shown = content.people.map((person) => personRow(person, content.predictions.filter((row) => isOf(person, row))));
  const head = shown.length ? [make("div", undefined, { class: "people-head" }, ...shown[0].names.map((name) => make("span", name)))] : [];
  at("people").replaceChildren(...head, ...shown.map((each) => each.folded), ...(shown.length ? [] : [cyclesTable(content.predictions)]));
  const names = [...new Set(content.people.map((person) => String(person.subject)))];
  at("person").replaceChildren(...names.map((name) => make("option", name, { value: name })));
}

// A cell that a spreadsheet would take for a formula gets an apostrophe, as in the CSV of runs.
function csvCell(value) {
  let text = value === null || value === undefined ? "" : Array.isArray(value)
    ? value.map((each) => (typeof each === "object" ? cell(each) : String(each))).join("; ") : String(value);
  if (typeof value !== "number" && /^[=+\-@]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const rows = asked.predictions.map(({ probabilities, ...row }) => ({
    ...row, ...Object.fromEntries(Object.entries(probabilities || {}).map(([name, value]) => [`p_${name}`, value])),
  }));
  const names = [...new Set(rows.flatMap(Object.keys))];
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function download() {
  const address = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  const link = make("a", undefined, { href: address, download: "predictions.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// Curves of one person over the norm

function panel(channel, phase, task) {
  const scaled = (values) => values.map((value) => (value === null ? null : value * channel.shown_factor));
  const curves = channel.curves.map(scaled);
  const band = channel.mean && [-1, 1].map((sign) => scaled(channel.mean.map((mean, i) => mean + sign * channel.sd[i])));
  const all = [...curves, ...(band || [])].flat().filter((value) => value !== null);
  if (!all.length) return null;
  const low = Math.min(...all), high = Math.max(...all), span = high - low || 1;
  const [left, right, top, bottom] = [50, 240, 8, 128];
  const x = (percent) => left + ((right - left) * percent) / 100;
  const y = (value) => bottom - ((bottom - top) * (value - low)) / span;
  const line = (values) => values.map((value, i) => (value === null ? null : `${x(phase[i]).toFixed(1)},${y(value).toFixed(1)}`)).filter(Boolean).join(" ");
  const svg = draw("svg", { viewBox: "0 0 252 160", role: "img", "aria-label": `${channel.title}, ${task}` });
  if (band) {
    svg.append(draw("polygon", { class: "band", points: `${line(band[0])} ${line(band[1]).split(" ").reverse().join(" ")}` }));
    svg.append(draw("polyline", { class: "mean", points: line(scaled(channel.mean)) }));
  }
  for (const curve of curves) svg.append(draw("polyline", { class: "curve", points: line(curve) }));
  svg.append(draw("polyline", { class: "axis", points: `${left},${top} ${left},${bottom} ${right},${bottom}` }));
  const rounded = (value) => String(span >= 10 ? Math.round(value) : Number(value.toFixed(span >= 1 ? 1 : 2))).replace("-", "−");
  for (const value of [low, high]) svg.append(draw("text", { x: left - 4, y: y(value) + 4, "text-anchor": "end" }, rounded(value)));
  for (const percent of [0, 50, 100]) svg.append(draw("text", { x: x(percent), y: bottom + 13, "text-anchor": "middle" }, percent));
  svg.append(draw("text", { x: (left + right) / 2, y: bottom + 27, "text-anchor": "middle" }, "Gait cycle (%)"));
  svg.append(draw("text", { x: 10, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 10 ${(top + bottom) / 2})` }, channel.axis));
  return make("figure", undefined, {}, make("figcaption", channel.title), svg);
}

function showCurves(content) {
  const panels = [], notes = [];
  for (const task of content.tasks) {
    const sources = [...new Set(task.channels.map((each) => each.source).filter(Boolean))];
    notes.push(`${words(task.task)}: ${task.shown} of ${counted(task.cycles, "cycle")} (blue)` +
      (sources.length ? `; grey: healthy adults, mean ± 1 SD (${sources.join("; ")})` : "; no published norm"));
    panels.push(...task.channels.map((each) => panel(each, content.phase_percent, task.task)).filter(Boolean));
  }
  at("legend").textContent = notes.join(" · ") + (at("simulated").hidden ? "" : " · simulated data");
  at("curves").replaceChildren(...panels);
}

async function curvesOf() {
  at("curves").replaceChildren();
  at("legend").textContent = "";
  const person = at("person").value;
  if (!person) return;
  try {
    const content = await post(`v1/curves?subject=${encodeURIComponent(person)}&${named(asked.file)}`, asked.file, asked.type);
    if (at("person").value === person) showCurves(content);
  } catch (error) {
    at("error").textContent = error.message;
  }
}

async function predict(event) {
  event.preventDefault();
  const file = at("file").files[0];
  at("error").textContent = "";
  at("answer").hidden = true;
  const type = TYPES[file.name.split(".").pop().toLowerCase()] || RECORDING;
  at("send").disabled = true;
  try {
    Object.assign(asked, { file, type });
    showPredictions(await post(`v1/predict?explain=${at("explain").checked}&${named(file)}`, file, type));
    at("answer").hidden = false;
    await curvesOf();
  } catch (error) {
    at("error").textContent = error.message;
  } finally {
    at("send").disabled = false;
    health();
  }
}

function dropped(event) {
  event.preventDefault();
  at("drop").classList.remove("over");
  if (event.dataTransfer.files.length) at("file").files = event.dataTransfer.files;
}

at("form").addEventListener("submit", predict);
at("key").addEventListener("change", describe);
at("person").addEventListener("change", curvesOf);
at("download").addEventListener("click", download);
at("drop").addEventListener("drop", dropped);
at("drop").addEventListener("dragover", (event) => { event.preventDefault(); at("drop").classList.add("over"); });
at("drop").addEventListener("dragleave", () => at("drop").classList.remove("over"));
health();
describe();
setInterval(health, 15000);
