/* "Did you say this?": looks a pasted text, link or picture up in the index of what was released. The first look
   happens in the reader's browser: it asks only for the part of the index that begins with three hex digits. What is
   not found word for word is compared on the ministry's server, if the reader sends it there. The rules of form and
   cutting are those of said.py. */
"use strict";
(() => {
  const page = document.getElementById("ask");
  if (!page) return;
  const [form, field, file, out] = ["form", "text", "file", "answer"].map((id) => document.getElementById(id));
  const say = (key, gaps = {}) =>
    page.querySelector(`[data-say="${key}"]`).textContent.replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);

  // --- the form of a sentence, of a link, of a picture -----------------------------------------------------

  const cjk = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/u;
  const ends = /[.!?\u2026\u061f\u06d4\u0964]+(?=\s|$)|[\u3002\uff01\uff1f]+|[\r\n\u2028\u2029]+/u;
  const tidy = (text) => text.normalize("NFKC").replace(/https?:\/\/\S+/giu, " ").replace(/\p{Cf}+/gu, "").toLowerCase()
    .normalize("NFKC").replace(/(?<![\p{L}\p{N}])[-\u2010-\u2015](?=\p{N})/gu, "\u2212")
    .replace(/[^\p{L}\p{M}\p{N}\p{Sc}\p{Sm}%\u2030]+/gu, " ").trim();
  const sentences = (text) => text.split(ends).map(tidy).filter((one) => [...one].length >= (cjk.test(one) ? 5 : 12));

  function link(text) {
    if (/\s/.test(text.trim())) return "";
    try {
      const url = new URL(text.trim());
      if (!/^https?:$/.test(url.protocol)) return "";
      const film = url.searchParams.get("v");
      const path = decodeURIComponent(url.pathname).replace(/\/+$/, "");
      return url.hostname.replace(/^www\./, "") + (url.port ? `:${url.port}` : "") + path + (film ? `?v=${film}` : "");
    } catch { return ""; }
  }

  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
  const digest = async (kind, value) => (await sha256(new TextEncoder().encode(`${kind}\n${value}`))).slice(0, 24);

  async function looks(blob) {
    const [wide, high, field] = [9, 8, 16];
    const canvas = document.createElement("canvas");
    canvas.width = wide * field;
    canvas.height = high * field;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.imageSmoothingQuality = "high";
    pen.drawImage(await createImageBitmap(blob), 0, 0, canvas.width, canvas.height);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const shade = (column, row) => {
      let sum = 0;
      for (let y = row * field; y < (row + 1) * field; y += 1)
        for (let x = column * field; x < (column + 1) * field; x += 1) {
          const at = (y * canvas.width + x) * 4;
          sum += data[at] * 299 + data[at + 1] * 587 + data[at + 2] * 114;
        }
      return sum;
    };
    let bits = 0n;
    for (let row = 0; row < high; row += 1)
      for (let column = 0; column < high; column += 1)
        bits = bits << 1n | BigInt(shade(column, row) < shade(column + 1, row));
    return bits.toString(16).padStart(16, "0");
  }

  // --- looking up -------------------------------------------------------------------------------------------

  class Failed extends Error {}
  async function read(path) {
    const answer = await fetch(path, { credentials: "omit" });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Failed(path);
    return answer.json();
  }

  /** The edition that holds most of these digests, as the server would answer; null when none holds any. */
  async function exact(digests, what) {
    const counts = new Map();
    const parts = new Map();
    for (const one of new Set(digests)) {
      const prefix = one.slice(0, 3);
      if (!parts.has(prefix)) parts.set(prefix, read(`/said/index/${prefix}.json`));
      for (const name of (await parts.get(prefix))?.[one.slice(3)] ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!counts.size) return null;
    const total = new Set(digests).size;
    const rev = (name) => Number(name.split(":").at(-2));
    const [name, found] = [...counts].sort((a, b) => b[1] - a[1] || rev(b[0]) - rev(a[0]))[0];
    const state = await read(`/said/state/${name.split(":")[0]}.json`);
    const edition = state?.editions[name.split(":").slice(1).join(":")];
    if (!edition) throw new Failed(name);
    const verdict = state.withdrawn ? "withdrawn" : rev(name) < state.newest ? "corrected" : "official";
    return { verdict, what, ...edition, lang: name.split(":").at(-1), found, total, change: [] };
  }

  async function ask(body) {
    const answer = await fetch("/said/near", {
      method: "POST", credentials: "omit", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      throw new Failed([said.detail, said.mend].filter(Boolean).join(" "));
    }
    return answer.json();
  }

  const nothing = (what) => ({ verdict: "unknown", what, change: [], found: 0, total: 0 });

  async function find() {
    const picture = file.files[0];
    if (picture) {
      const sum = await sha256(await picture.arrayBuffer());
      return await exact([await digest("picture", sum)], "picture")
        ?? ask({ picture: sum, looks: await looks(picture).catch(() => "") });
    }
    const text = field.value;
    const address = link(text);
    if (address) return await exact([await digest("link", address)], "link") ?? nothing("link");
    const forms = sentences(text);
    const found = forms.length ? await exact(await Promise.all(forms.map((one) => digest("text", one))), "text") : null;
    return found && found.found === found.total ? found : ask({ text });
  }

  // --- the answer -------------------------------------------------------------------------------------------

  function paragraph(words, name = "") {
    const made = document.createElement("p");
    made.className = name;
    made.append(...[words].flat());
    return made;
  }

  function anchor(href, words, lang) {
    const made = document.createElement("a");
    made.href = href;
    if (lang) { made.lang = lang; made.dir = "auto"; }
    made.textContent = words;
    return made;
  }

  function change(pieces, lang) {
    const made = document.createElement("blockquote");
    made.className = "change";
    made.lang = lang;
    made.dir = "auto";
    for (const [stroke, text] of pieces) {
      const piece = document.createElement(stroke === "same" ? "span" : stroke);
      piece.textContent = text;
      made.append(piece);
    }
    return made;
  }

  function show(found) {
    const when = found.released
      ? new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(found.released))
      : "";
    const key = found.what === "text" ? found.verdict : `${found.what}_${found.verdict}`;
    const model = page.querySelector(`[data-say="said_${key}"]`) ? key : found.verdict;
    const parts = [paragraph(say(`said_${model}`, { when }), "says")];
    if (found.verdict === "official" && found.total > 1) parts.push(paragraph(say("said_extract", found)));
    if (found.verdict === "altered" && found.change.length) {
      parts.push(paragraph(say("said_how"), "hint"), change(found.change, found.lang));
    }
    if (found.verdict === "unknown") parts.push(paragraph(say("said_unknown_more"), "hint"));
    if (found.url) parts.push(paragraph(anchor(found.url, found.title || say("said_read"), found.lang)));
    if (found.verdict === "corrected") parts.push(paragraph(anchor(found.newest, say("said_newest"))));
    out.dataset.verdict = found.verdict;
    out.replaceChildren(...parts);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value.trim() && !file.files.length) return field.focus();
    out.removeAttribute("data-verdict");
    out.replaceChildren(paragraph(say("said_looking")));
    try {
      show(await find());
    } catch (problem) {
      out.replaceChildren(paragraph((problem instanceof Failed && problem.message.includes(" ") && problem.message) || say("said_failed"), "says"));
    }
  });
  document.getElementById("pick").hidden = false;
})();
