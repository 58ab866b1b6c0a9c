/* Follows the talks on their live page: new entries at the top, each announced once; a number that is missing is
   asked for again in the files, and the reader is told. While the stream is away the files are asked. */
"use strict";
(() => {
  const page = document.getElementById("live");
  const news = document.getElementById("news");
  const state = document.querySelector("#state span");
  const spoken = document.getElementById("spoken");
  if (!page || !news || !globalThis.fetch) return;
  const lang = page.dataset.lang;
  const keep = Number(page.dataset.keep) || Infinity;
  const shown = new Map([...news.querySelectorAll(".entry")].map((item) => [Number(item.dataset.number), item]));
  const floor = Math.min(...shown.keys(), (Number(page.dataset.last) || 0) + 1);
  let last = Number(page.dataset.last) || 0; // the newest number of these talks on the page
  let seen = Number(page.dataset.event) || 0; // the newest number in the stream of all, to go on from
  let lostAt = null;
  let recovered = [];
  let source = null;
  let wait = 1000;
  let polling = 0;
  let work = Promise.resolve(); // one look at the files at a time

  const words = (key, gaps = {}) =>
    page.querySelector(`[data-say="${key}"]`).textContent.replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);
  const locale = lang === "en" ? "en-GB" : lang;
  const clock = (date) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" }).format(date);
  /** In the zone of the talks, as the rest of the page has it. */
  const moment = (at, zone) => {
    const form = { numberingSystem: "latn", timeZone: zone };
    const day = new Intl.DateTimeFormat(locale, { ...form, dateStyle: "long" }).format(at);
    const time = new Intl.DateTimeFormat(locale, { ...form, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
    return words("day_time", { day, time });
  };
  /** The zone by its city where the page names that, else by its distance alone. */
  const offset = (at, zone) => {
    const form = { timeZone: zone, timeZoneName: "shortOffset", numberingSystem: "latn" };
    const parts = new Intl.DateTimeFormat("en", form).formatToParts(at);
    const away = parts.find((part) => part.type === "timeZoneName").value.replace("GMT", "UTC");
    const named = page.dataset.zoneName;
    if (away === "UTC" || away === "UTC+0") return "UTC";
    return zone === page.dataset.zone && named.endsWith(`(${away})`) ? named : `(${away})`;
  };
  const make = (name, classes = "", text = "") => {
    const element = document.createElement(name);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
  };
  const link = (url, text, hidden = "") => {
    const element = make("a", "", text);
    element.href = url;
    if (hidden) element.append(make("span", "vh", ` ${hidden}`));
    return element;
  };
  const list = (numbers) => [...numbers].sort((a, b) => a - b).join(", ");

  /** Words of a line; a moment in it keeps its own order where the words run from right to left. */
  const dated = (text) => text.split(/(\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC(?:[+-]\d{2}:\d{2})?)/).map((part, place) => {
    if (place % 2 === 0) return part;
    const moment = make("bdi", "", part);
    moment.dir = "ltr";
    return moment;
  });
  const worded = (name, text) => { const element = make(name); element.append(...dated(text)); return element; };

  /** What the stream and the files say of an entry, in one form. */
  const normal = (one) => ({ ...one, number: one.talks?.number ?? one.number, what: one.talks?.what ?? one.what });

  /** Its title and paragraphs in the reader's language. An agreed line is its own title. */
  function said(one) {
    const text = one.texts?.[lang];
    if (!text || one.withdrawn) return { title: one.withdrawn ? words("withdrawn_title") : "", parts: [] };
    if (one.what === "protocol") return { title: words("talks_protocol_now", { number: one.rev }), parts: [] };
    if (text.title) return { title: text.title, parts: [text.summary, ...(text.plain ?? "").split("\n\n")].filter(Boolean) };
    const lines = (text.body ?? "").split("\n").filter(Boolean);
    return lines.length === 1 ? { title: lines[0], parts: [] } : { title: "", parts: lines };
  }

  function item(one) {
    const made = make("li", one.what === "pulse" ? "entry pulse" : "entry");
    made.id = `e${one.number}`;
    made.dataset.number = one.number;
    made.dataset.ref = one.ref;
    const number = make("span", "no");
    number.append(make("span", "vh", words("live_entry") + " "), String(one.number));
    const at = new Date(one.at);
    const when = make("p", "when");
    const time = make("time", "", moment(at, one.zone));
    time.dateTime = one.at;
    when.append(time, make("span", "", offset(at, one.zone)));
    if (one.what !== "pulse") when.append(make("span", "mark", words(`talks_what_${one.what}`)));
    const url = one.texts?.[lang]?.url;
    if (url) when.append(link(url, words("live_link"), one.number));
    when.append(link(one.proof, words("live_proof"), one.number));
    if (one.consents?.length) when.append(make("span", "", words("talks_signed", { names: names(one.consents) })));
    when.append(make("span", "", words("talks_at_once", { langs: Object.keys(one.texts ?? {}).join(" ") })));
    if (one.corrected_by) when.append(make("span", "mark", words("talks_corrected", { number: one.corrected_by })));
    made.append(number, when);
    const { title, parts } = said(one);
    if (title) made.append(worded("h2", title));
    if (parts.length) {
      const box = make("div", one.what === "joint" ? "joint" : "");
      for (const part of parts) box.append(worded("p", part));
      made.append(box);
    }
    return made;
  }

  function names(consents) {
    const known = new Map([...page.querySelectorAll("[data-party]")].map((one) => [one.dataset.party, one.textContent]));
    const signed = new Set(consents.map((one) => one.party));
    const ordered = [...known.keys()].filter((name) => signed.has(name)).map((name) => known.get(name));
    return new Intl.ListFormat(locale, { type: "conjunction" }).format(ordered);
  }

  /** Put an entry in its place by its number; false when it stands there already. */
  function put(one) {
    if (shown.has(one.number) || one.number < floor) return false;
    let place = news.querySelector("ol.stream");
    if (!place) {
      place = make("ol", "stream");
      place.reversed = true;
      news.querySelector(".empty")?.remove();
      news.append(place);
    }
    const made = item(one);
    const after = [...place.children].find((other) => Number(other.dataset.number) < one.number);
    place.insertBefore(made, after ?? null);
    shown.set(one.number, made);
    if (one.number > last) {
      last = one.number;
      news.querySelector(".entry.new")?.classList.remove("new");
      made.classList.add("new");
      confirmed(one);
    }
    replaced(one);
    while (shown.size > keep) {
      const oldest = Math.min(...shown.keys());
      shown.get(oldest).remove();
      shown.delete(oldest);
    }
    if (lostAt !== null) recovered.push(one.number);
    return true;
  }

  /** What an entry corrects says so from now on. */
  function replaced(one) {
    if (one.what !== "joint" || one.rev < 2) return;
    for (const [number, other] of shown) {
      if (number >= one.number || other.dataset.ref !== one.ref || other.querySelector(".replaced")) continue;
      other.querySelector(".when").append(make("span", "mark replaced", words("talks_corrected", { number: one.number })));
    }
  }

  function confirmed(one) {
    const at = new Date(one.at);
    const when = document.querySelector("#confirmed time");
    if (when) [when.textContent, when.dateTime] = [moment(at, one.zone), one.at];
    const due = document.querySelector("#due time");
    if (!due) return;
    const next = new Date(at.getTime() + Number(document.getElementById("due").dataset.minutes) * 60000);
    [due.textContent, due.dateTime] = [moment(next, page.dataset.zone), next.toISOString()];
    document.getElementById("late")?.remove();
  }

  function overdue() {
    const due = document.querySelector("#due time");
    if (!due || Date.now() < new Date(due.dateTime).getTime() + 90000 || document.getElementById("late")) return;
    const late = make("span", "late", words("talks_overdue", { time: due.textContent }));
    late.id = "late";
    document.getElementById("due").after(late);
  }

  const speak = (text) => { spoken.textContent = text; };
  const tell = (one) => speak(words("talks_spoken", { number: one.number, title: said(one).title || said(one).parts[0] || "" }));

  function note(text) {
    const gap = make("p", "gap");
    gap.setAttribute("role", "note");
    gap.append(make("span", "", text));
    news.prepend(gap);
    speak(text);
  }

  async function read(path) {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  /** Everything after `number` that the files have and the page has not, oldest first. */
  async function newer(number) {
    let cut = await read(page.dataset.entries);
    let found = cut.entries;
    while (cut.older && cut.entries.length && cut.entries.at(-1).number > number + 1) {
      cut = await read(cut.older);
      found = [...found, ...cut.entries];
    }
    const fresh = new Map(found.filter((one) => one.number > number && !shown.has(one.number)).map((one) => [one.number, one]));
    return [...fresh.values()].sort((a, b) => a.number - b.number);
  }

  const once = (job) => { work = work.then(job, job); return work; };

  /** Ask the files for what is missing below `number`. */
  const fill = (from, number) => once(async () => {
    const wanted = [];
    for (let one = from + 1; one < number; one += 1) if (!shown.has(one)) wanted.push(one);
    if (!wanted.length) return;
    let found = [];
    try { found = (await newer(from)).filter((one) => one.number < number); } catch { /* told below */ }
    for (const one of found) put(normal(one));
    const missing = wanted.filter((one) => !shown.has(one));
    if (lostAt === null || missing.length) note(words(missing.length ? "talks_hole" : "talks_missed", { numbers: list(missing.length ? missing : wanted) }));
  });

  /** The stream's event: shown, or the reason to look into the files. */
  function show(event) {
    seen = Math.max(seen, event.number);
    if (event.talks?.process !== page.dataset.process) return;
    const one = normal(event);
    if (event.kind === "withdrawal") { emptied(one.number); return; }
    const before = last;
    if (!put(one)) return;
    tell(one);
    state.textContent = words("live_on", { number: last });
    if (one.number > before + 1) fill(before, one.number);
  }

  function emptied(number) {
    const old = shown.get(number);
    if (!old) return;
    old.querySelector("div")?.remove();
    const title = old.querySelector("h2") ?? old.appendChild(make("h2"));
    title.textContent = words("withdrawn_title");
    speak(words("talks_spoken", { number, title: title.textContent }));
  }

  /** Once more the files, now that the stream is back: then it can be said whether anything is missing. */
  const back = () => once(async () => {
    if (lostAt === null) return;
    try { for (const one of await newer(last)) put(normal(one)); } catch { return; }
    const gaps = { from: clock(lostAt), to: clock(new Date()), numbers: list(recovered) };
    note(words(recovered.length ? "talks_gap" : "talks_gap_none", gaps));
    lostAt = null;
    recovered = [];
  });

  function connected() {
    wait = 1000;
    clearTimeout(polling);
    polling = 0;
    page.dataset.state = "on";
    state.textContent = last ? words("live_on", { number: last }) : words("live_on_none");
    back();
  }

  function lost() {
    if (lostAt === null) {
      lostAt = new Date();
      speak(words("talks_lost", { time: clock(lostAt) }));
    }
    page.dataset.state = "lost";
    state.textContent = words("talks_lost", { time: clock(lostAt) });
    if (!polling) polling = setTimeout(poll, 3000 * (0.5 + Math.random()));
  }

  /** While there is no stream: the files, every ten seconds or so. */
  function poll() {
    once(async () => {
      const found = await newer(last).catch(() => []);
      for (const one of found) put(normal(one));
      if (found.length) tell(normal(found.at(-1)));
    });
    polling = setTimeout(poll, 10000 * (0.5 + Math.random()));
  }

  function follow() {
    if (!globalThis.EventSource) { poll(); return; }
    source = new EventSource(`${page.dataset.stream}?last=${seen}`);
    source.onopen = connected;
    source.onmessage = (message) => { try { show(JSON.parse(message.data)); } catch { source.onerror(); } };
    source.onerror = () => {
      source.close();
      lost();
      setTimeout(follow, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, 30000);
    };
  }
  document.getElementById("alone")?.remove();
  setInterval(overdue, 15000);
  overdue();
  follow();
})();
