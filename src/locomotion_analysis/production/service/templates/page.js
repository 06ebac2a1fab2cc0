"use strict";

const TYPES = {
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.file",
  feather: "application/vnd.apache.arrow.file",
  csv: "text/csv",
  json: "application/json",
};
const SHOWN_NOTES = 20;
const SHOWN_CYCLES = 8;
const DEGREES = 180 / Math.PI;
const UNITS = { rad: "°", rad_s: "°/s", rad_s2: "°/s²", Nm_kg: "Nm/kg", W_kg: "W/kg", BW: "body weights" };
const QUANTITIES = { angle: "angle", velocity: "velocity", moment: "moment", power: "power", grf: "force", cop: "position" };
const at = (id) => document.getElementById(id);

function make(name, text, attributes = {}) {
  const found = document.createElement(name);
  if (text !== undefined) found.textContent = text;
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  return found;
}

function draw(name, attributes, text) {
  const found = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text !== undefined) found.textContent = text;
  return found;
}

async function health() {
  const shown = at("health");
  try {
    const live = await (await fetch("v2/health/live")).json();
    const ready = await (await fetch("v2/health/ready")).json();
    const good = live.live && ready.ready;
    shown.className = good ? "good" : "bad";
    const replaced = live.workers_replaced ? `, ${live.workers_replaced} replaced` : "";
    shown.textContent = `${good ? "ready" : "not ready"}: ${ready.model}, version ${ready.version}; ` +
      `${live.workers_alive} of ${live.workers} workers alive${replaced}; ${ready.waiting} requests waiting` +
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

async function describe() {
  const answer = await fetch("v1/model", { headers: headers() });
  if (!answer.ok) return;
  const model = await answer.json();
  at("title").textContent = model.title || model.name;
  at("use").textContent = model.intended_use || "";
}

async function post(path, file, type) {
  const answer = await fetch(path, { method: "POST", body: file, headers: headers(type) });
  const content = await answer.json();
  if (!answer.ok) {
    const places = (content.details || []).slice(0, 5).map((each) => `${each.where}: ${each.problem}`);
    throw new Error([content.error, ...places].join("\n"));
  }
  return content;
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(3);
  if (Array.isArray(value)) return value.map(cell).join(", ");
  if (typeof value === "object") {
    if ("part" in value) return `${value.part} ${value.change > 0 ? "+" : "−"}${Math.abs(value.change).toFixed(2)}`;
    return Object.entries(value).map(([name, number]) => `${name} ${cell(number)}`).join(", ");
  }
  return String(value);
}

function findings(quality) {
  const cycles = new Map();
  for (const each of quality) {
    const told = `${each.severity}: ${each.channel || "the cycle"}: ${each.finding.replace(/ \([^()]*\)$/, "")}`;
    cycles.set(told, [...(cycles.get(told) || []), each.cycle]);
  }
  return [...cycles].map(([told, own]) => {
    const shown = own.slice(0, SHOWN_CYCLES).join(", ") + (own.length > SHOWN_CYCLES ? ", ..." : "");
    return `${told}, in ${own.length} ${own.length === 1 ? "cycle" : "cycles"}: ${shown}`;
  });
}

function showPredictions(content) {
  const counts = {};
  for (const row of content.predictions) counts[cell(row.prediction)] = (counts[cell(row.prediction)] || 0) + 1;
  const outside = content.predictions.filter((row) => row.outside).length;
  const told = Object.entries(counts).sort((a, b) => b[1] - a[1]).slice(0, 5);
  at("summary").textContent = `${content.target}: ` +
    told.map(([name, count]) => `${name} in ${count} of ${content.predictions.length}`).join(", ") +
    (outside ? `; ${outside} outside the training data` : "");
  const notes = [...content.warnings, ...findings(content.quality)];
  const more = notes.length > SHOWN_NOTES ? [`and ${notes.length - SHOWN_NOTES} more: in the JSON of v1/predict`] : [];
  at("warnings").replaceChildren(...[...notes.slice(0, SHOWN_NOTES), ...more].map((text) => make("li", text)));
  const skipped = new Set(["reason", "quality"]);
  const names = Object.keys(content.predictions[0]).filter((name) => !skipped.has(name));
  const head = make("tr");
  head.append(...names.map((name) => make("th", name)));
  const rows = content.predictions.map((row) => {
    const line = make("tr", undefined, row.outside ? { class: "outside" } : {});
    line.append(...names.map((name) => make("td", cell(row[name]))));
    return line;
  });
  at("predictions").replaceChildren(head, ...rows);
}

function axisTitle(channel) {
  const quantity = Object.keys(QUANTITIES).find((each) => channel.name.split("_").includes(each));
  const unit = UNITS[channel.unit] || channel.unit;
  return quantity ? `${QUANTITIES[quantity]} (${unit})` : unit;
}

function panel(channel, phase, task) {
  const factor = channel.unit.startsWith("rad") ? DEGREES : 1;
  const scaled = (values) => values.map((value) => (value === null ? null : value * factor));
  const curves = channel.curves.map(scaled);
  const band = channel.mean && [-1, 1].map((sign) => channel.mean.map((mean, i) => (mean + sign * channel.sd[i]) * factor));
  const all = [...curves, ...(band || [])].flat().filter((value) => value !== null);
  if (!all.length) return null;
  const low = Math.min(...all), high = Math.max(...all), span = high - low || 1;
  const [left, right, top, bottom] = [44, 240, 8, 128];
  const x = (percent) => left + ((right - left) * percent) / 100;
  const y = (value) => bottom - ((bottom - top) * (value - low)) / span;
  const line = (values) => values.map((value, i) => (value === null ? null : `${x(phase[i]).toFixed(1)},${y(value).toFixed(1)}`)).filter(Boolean).join(" ");
  const svg = draw("svg", { viewBox: "0 0 252 160", role: "img", "aria-label": `${channel.name}, ${task}` });
  if (band) {
    svg.append(draw("polygon", { class: "band", points: `${line(band[0])} ${line(band[1]).split(" ").reverse().join(" ")}` }));
    svg.append(draw("polyline", { class: "mean", points: line(scaled(channel.mean)) }));
  }
  for (const curve of curves) svg.append(draw("polyline", { class: "curve", points: line(curve) }));
  svg.append(draw("polyline", { class: "axis", points: `${left},${top} ${left},${bottom} ${right},${bottom}` }));
  for (const value of [low, high]) svg.append(draw("text", { x: left - 4, y: y(value) + 4, "text-anchor": "end" }, Number(value.toPrecision(3))));
  for (const percent of [0, 50, 100]) svg.append(draw("text", { x: x(percent), y: bottom + 13, "text-anchor": "middle" }, percent));
  svg.append(draw("text", { x: (left + right) / 2, y: bottom + 27, "text-anchor": "middle" }, "gait cycle (%)"));
  svg.append(draw("text", { x: 10, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 10 ${(top + bottom) / 2})` }, axisTitle(channel)));
  const figure = make("figure");
  figure.append(make("figcaption", channel.name.replace(`_${channel.unit}`, "").replaceAll("_", " ")), svg);
  return figure;
}

function showCurves(content) {
  const panels = [], notes = [];
  for (const task of content.tasks) {
    const sources = [...new Set(task.channels.map((each) => each.source).filter(Boolean))];
    notes.push(`${task.task}: ${task.shown} of ${task.cycles} cycles (blue)` +
      (sources.length ? `; grey: healthy adults, mean ± 1 SD (${sources.join("; ")})` : "; no published band"));
    panels.push(...task.channels.map((each) => panel(each, content.phase_percent, task.task)).filter(Boolean));
  }
  at("legend").textContent = notes.join(" · ");
  at("curves").replaceChildren(...panels);
}

async function predict(event) {
  event.preventDefault();
  const file = at("file").files[0];
  at("error").textContent = "";
  at("answer").hidden = true;
  const type = TYPES[file.name.split(".").pop().toLowerCase()];
  at("send").disabled = true;
  try {
    if (!type) throw new Error("expected a file that ends in .parquet, .arrow, .csv or .json");
    showPredictions(await post(`v1/predict?explain=${at("explain").checked}`, file, type));
    at("curves").replaceChildren();
    at("legend").textContent = "";
    at("answer").hidden = false;
    showCurves(await post("v1/curves", file, type));
  } catch (error) {
    at("error").textContent = error.message;
  } finally {
    at("send").disabled = false;
    health();
  }
}

at("form").addEventListener("submit", predict);
at("key").addEventListener("change", describe);
health();
describe();
setInterval(health, 15000);
