/* The eligibility checker. The table of the page is evaluated here, in the reader's browser: no answer leaves it. The
   first half knows no page and gives what lib/eligibility/evaluate.py gives (tests/public/test_checker.py runs both over
   every combination). Without scripts the page is a plain form, answered by the reception. */
"use strict";
const eligibility = (() => {
  // --- what a table says to given answers ---------------------------------------------------------------------

  const order = ["no", "depends", "yes"];

  function holds(condition, answer) {
    if (condition.in) return condition.in.includes(answer);
    if (condition.not) return !condition.not.includes(answer);
    if ("is" in condition) return answer === condition.is;
    return (condition.least === undefined || condition.least <= answer)
      && (condition.most === undefined || answer <= condition.most);
  }

  function state(row, given) {
    const names = Object.keys(row.when);
    const answered = names.filter((name) => name in given);
    if (answered.some((name) => !holds(row.when[name], given[name]))) return "out";
    return answered.length === names.length ? "holds" : "open";
  }

  function fresh(table, outcome, rows, today) {
    const { changed, last } = table.standing;
    const stale = (number) => changed.includes(number) || (last[number] !== undefined && last[number] < today);
    let sound = rows.filter((row) => !row.facts.some(stale));
    if (outcome === "yes" && table.rows.some((row) => row.facts.some(stale))) sound = [];
    const id = (row) => row.id;
    if (rows.length && !sound.length) return { outcome: "revised", rows: rows.map(id), ask: "" };
    return { outcome, rows: sound.map(id), ask: "" };
  }

  /** The answer, or the question to ask next. `given`: question -> code, number, true or false, or day as text. */
  function evaluate(table, given, today) {
    const held = table.rows.filter((row) => state(row, given) === "holds");
    if (!held.some((row) => row.outcome === "no")) {
      const wanted = new Set(table.rows.filter((row) => state(row, given) === "open")
        .flatMap((row) => Object.keys(row.when)).filter((name) => !(name in given)));
      const ask = table.questions.find((question) => wanted.has(question.id));
      if (ask) return { outcome: "open", rows: [], ask: ask.id };
    }
    const outcome = order.find((one) => held.some((row) => row.outcome === one)) ?? "unknown";
    return fresh(table, outcome, held.filter((row) => row.outcome === outcome), today);
  }

  /** An answer as a form holds it, in the question's kind; undefined for none, null for what is none of that kind. */
  function read(question, value) {
    const text = value.trim();
    if (text === "") return undefined;
    if (question.kind === "yes-no") return { yes: true, no: false }[text] ?? null;
    if (question.kind === "date") return isDay(text) ? text : null;
    if (question.kind !== "number") return text;
    if (!/^[0-9]{1,6}$/.test(text)) return null;
    return Number(text) >= question.least && Number(text) <= question.most ? Number(text) : null;
  }

  function isDay(text) {
    if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text < "0001") return false;
    const day = new Date(`${text}T00:00:00Z`);
    return !Number.isNaN(day.valueOf()) && day.toISOString().slice(0, 10) === text;
  }

  return { evaluate, read };
})();

if (typeof module === "object") module.exports = eligibility;
else (() => {
  // --- the page ----------------------------------------------------------------------------------------------

  const form = document.getElementById("check");
  if (!form) return;
  const table = JSON.parse(document.getElementById("table").textContent);
  const result = document.getElementById("result");
  const status = document.getElementById("next");
  const again = document.getElementById("again");
  const button = form.querySelector("button[type=submit]");
  const boxes = new Map(table.questions.map((question) => [question.id, document.getElementById(`q-${question.id}`)]));

  const today = () => {
    try {
      return new Intl.DateTimeFormat("en-CA", { timeZone: table.zone, year: "numeric", month: "2-digit", day: "2-digit" })
        .format(new Date());
    } catch { return new Date().toISOString().slice(0, 10); }
  };
  const value = (id) => new FormData(form).get(id) ?? "";
  const focusable = (box) => box.querySelector("input:checked, select, input");

  /** Asks what still matters, question by question, and says the answer when there is one. */
  function walk() {
    const given = {};
    const seen = [];
    let found = eligibility.evaluate(table, given, today());
    while (found.ask) {
      const question = table.questions.find((one) => one.id === found.ask);
      const answer = eligibility.read(question, String(value(question.id)));
      seen.push(question.id);
      wrong(question.id, answer === null);
      if (answer === undefined || answer === null) break;
      given[question.id] = answer;
      found = eligibility.evaluate(table, given, today());
    }
    for (const [id, box] of boxes) box.hidden = !seen.includes(id);
    return { found, last: seen.at(-1) ?? "" };
  }

  function wrong(id, bad) {
    const box = boxes.get(id);
    const words = box.querySelector(".wrong");
    if (words) words.hidden = !bad;
    focusable(box).setAttribute("aria-invalid", String(bad));
  }

  function show({ found, last }) {
    const open = found.outcome === "open";
    button.hidden = !open;
    result.hidden = open;
    again.hidden = !Object.keys(Object.fromEntries([...new FormData(form)].filter(([, one]) => one !== ""))).length;
    status.textContent = open
      ? status.dataset.words.replace("{question}", boxes.get(last).querySelector("legend").textContent) : "";
    if (open) return;
    result.dataset.outcome = found.outcome;
    for (const one of result.querySelectorAll("[data-say]")) one.hidden = one.dataset.say !== found.outcome;
    for (const one of result.querySelectorAll("[data-row]"))
      one.hidden = found.outcome === "revised" || !found.rows.includes(one.dataset.row);
    const cited = new Set(table.rows.filter((row) => found.rows.includes(row.id)).flatMap((row) => row.facts));
    for (const one of result.querySelectorAll("[data-fact]")) one.hidden = !cited.has(one.dataset.fact);
    result.querySelector("[data-part=why]").hidden = found.outcome === "revised" || !found.rows.length;
    result.querySelector("[data-part=facts]").hidden = !cited.size;
  }

  form.addEventListener("change", () => show(walk()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const now = walk();
    show(now);
    if (now.found.outcome === "open") focusable(boxes.get(now.last)).focus();
    else result.focus();
  });
  again.addEventListener("click", () => {
    form.reset();
    show(walk());
    focusable(boxes.get(table.questions[0].id)).focus();
  });
  document.documentElement.classList.add("scripted");
  show(walk());
})();
