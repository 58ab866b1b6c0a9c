/* Checks in the reader's browser that the text shown on this page is the text in the public record.
   Rebuilds the sealed bytes from the elements that are shown, finds their SHA-256 in the record's entry, follows the
   inclusion proof to the signed head, checks the head's signature with the key this page names, and counts the
   witnesses against the record's policy. Says "verified" only after all of it. No library, no other site. */
"use strict";
(() => {
  const box = document.getElementById("verify");
  const verdict = document.getElementById("verdict");
  const article = document.getElementById("text");
  if (!box || !verdict || !article) return;

  class Refused extends Error { constructor(key) { super(key); this.key = key; } }
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true });

  function say(key, gaps = {}) {
    const model = box.querySelector(`[data-say="${key}"]`).cloneNode(true);
    const words = model.querySelector("span:last-child");
    words.textContent = words.textContent.replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);
    box.dataset.tone = ["good", "ask", "bad", "wait"].find((tone) => model.classList.contains(tone));
    box.dataset.verdict = key;
    verdict.replaceChildren(model);
  }

  // --- the sealed bytes, from what is shown -------------------------------------------------------------

  const blank = /[ \t\n\r\f\v]+/g;
  const tidy = (text) => text.replace(/ +/g, " ").replace(/ ?(?:\n ?)+/g, "\n").replace(/^[ \n]+|[ \n]+$/g, "");
  const line = (element) => element.textContent.replace(blank, " ").replace(/^ +| +$/g, "");

  function words(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data.replace(blank, " ");
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    const inner = () => [...node.childNodes].map(words).join("");
    switch (node.localName) {
      case "br": return "\n";
      case "em": case "strong": return inner();
      case "a": {
        const cite = node.dataset.cite;
        if (cite === undefined) return `${inner()} <${node.getAttribute("href")}>`;
        const shown = node.textContent;
        return `[${cite === shown || cite.endsWith("/" + shown) ? cite : shown}]`;
      }
      default: throw new Refused("v_bad_text");
    }
  }

  function block(element) {
    const one = (mark) => [mark + tidy([...element.childNodes].map(words).join(""))];
    switch (element.localName) {
      case "p": return one("");
      case "h2": return one("## ");
      case "h3": return one("### ");
      case "blockquote": return [...element.children].flatMap(block).map((text) => "> " + text);
      case "ul": case "ol": {
        const start = element.localName === "ol" ? element.start : 0;
        return [...element.children].map((item, place) => {
          if (item.localName !== "li") throw new Refused("v_bad_text");
          return (start ? `${start + place}. ` : "- ") + tidy([...item.childNodes].map(words).join(""));
        });
      }
      default: throw new Refused("v_bad_text");
    }
  }

  function sealed() {
    const shown = (selector) => [...article.querySelectorAll(selector)];
    const [title, ...titles] = shown("h1");
    const [lead, ...leads] = shown(".lead");
    const [body, ...bodies] = shown(".body");
    if (!title || !body || titles.length || leads.length || bodies.length) throw new Refused("v_bad_text");
    for (const node of body.childNodes)
      if (node.nodeType === Node.TEXT_NODE && node.data.trim()) throw new Refused("v_bad_text");
    const blocks = ["# " + line(title)];
    if (lead && line(lead)) blocks.push(line(lead));
    for (const element of body.children) blocks.push(...block(element));
    return encoder.encode(blocks.join("\n\n").normalize("NFC") + "\n");
  }

  // --- bytes and hashes ---------------------------------------------------------------------------------

  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = (a, b) => a.length === b.length && a.every((byte, place) => byte === b[place]);
  const join = (...parts) => {
    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { out.set(part, at); at += part.length; }
    return out;
  };
  function base64(text) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Refused("v_bad_proof");
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }
  const whole = (text) => {
    const value = Number(text);
    if (!/^(0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(value)) throw new Refused("v_bad_proof");
    return value;
  };

  class Unread extends Error {}
  async function read(path) {
    try {
      const answer = await fetch(path, { credentials: "omit", cache: "no-cache" });
      if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    } catch { /* said below */ }
    throw new Unread(path);
  }

  // --- notes, proofs, policy (C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-policy) -----------------

  function note(text) {
    const cut = text.lastIndexOf("\n\n");
    if (cut < 0 || !text.endsWith("\n")) throw new Refused("v_bad_proof");
    const signatures = text.slice(cut + 2, -1).split("\n").map((one) => {
      const match = /^\u2014 (\S+) ([A-Za-z0-9+/=]+)$/.exec(one);
      if (!match) throw new Refused("v_bad_proof");
      const blob = base64(match[2]);
      return { name: match[1], id: hex(blob.slice(0, 4)), blob: blob.slice(4) };
    });
    return { body: text.slice(0, cut + 1), signatures };
  }

  function checkpoint(body) {
    const lines = body.split("\n");
    const root = base64(lines[2] ?? "");
    if (lines.length < 4 || root.length !== 32) throw new Refused("v_bad_proof");
    return { origin: lines[0], size: whole(lines[1]), root };
  }

  function proofOf(text) {
    const cut = text.indexOf("\n\n");
    const lines = text.slice(0, cut).split("\n");
    if (cut < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Refused("v_bad_proof");
    if (lines[0]?.startsWith("extra ")) lines.shift();
    const index = /^index (\d+)$/.exec(lines.shift() ?? "");
    if (!index || lines.length > 63) throw new Refused("v_bad_proof");
    return { index: whole(index[1]), path: lines.map(base64), signed: note(text.slice(cut + 2)) };
  }

  async function key(vkey) {
    const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
    if (!match) throw new Refused("v_bad_sign");
    const raw = base64(match[3]);
    const id = (await sha256(join(encoder.encode(match[1] + "\n"), raw))).slice(0, 4);
    if (hex(id) !== match[2]) throw new Refused("v_bad_sign");
    return { name: match[1], id: match[2], type: raw[0], point: raw.slice(1), vkey };
  }

  async function policyOf(text) {
    const found = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
    for (const line of text.split("\n")) {
      const parts = line.trim().split(/\s+/);
      if (!parts[0] || parts[0].startsWith("#")) continue;
      if (parts[0] === "log") found.logs.push(await key(parts[1]));
      else if (parts[0] === "witness") found.witnesses.set(parts[1], await key(parts[2]));
      else if (parts[0] === "group") found.groups.set(parts[1], { rule: parts[2], members: parts.slice(3) });
      else if (parts[0] === "quorum") found.quorum = parts[1];
      else throw new Refused("v_bad_sign");
    }
    if (found.quorum === null) throw new Refused("v_bad_sign");
    return found;
  }

  function reached(policy, name, signed) {
    if (name === "none") return true;
    const group = policy.groups.get(name);
    if (!group) return signed.has(name);
    const need = group.rule === "all" ? group.members.length : group.rule === "any" ? 1 : Number(group.rule);
    return need >= 1 && group.members.filter((member) => reached(policy, member, signed)).length >= need;
  }

  function needed(policy, name) {
    const group = policy.groups.get(name);
    if (!group) return 1;
    const counts = group.members.map((member) => needed(policy, member)).sort((a, b) => a - b);
    const need = group.rule === "all" ? counts.length : group.rule === "any" ? 1 : Number(group.rule);
    return counts.slice(0, need).reduce((sum, count) => sum + count, 0);
  }

  /** The root that a leaf at `index` leads to (RFC 9162, 2.1.3.2). */
  async function climb(leaf, index, size, path) {
    if (index >= size) throw new Refused("v_bad_proof");
    let [place, last, hash] = [index, size - 1, leaf];
    const up = (left, right) => sha256(join(Uint8Array.of(1), left, right));
    const half = (value) => Math.floor(value / 2);
    for (const sibling of path) {
      if (last === 0 || sibling.length !== 32) throw new Refused("v_bad_proof");
      if (place % 2 === 1 || place === last) {
        hash = await up(sibling, hash);
        while (place % 2 === 0 && place !== 0) { place = half(place); last = half(last); }
      } else hash = await up(hash, sibling);
      place = half(place); last = half(last);
    }
    if (last !== 0) throw new Refused("v_bad_proof");
    return hash;
  }

  // --- signatures -----------------------------------------------------------------------------------------

  class CannotCheck extends Error {}
  async function signedBy(one, signature, message) {
    let imported;
    try { imported = await crypto.subtle.importKey("raw", one.point, { name: "Ed25519" }, false, ["verify"]); }
    catch (error) { throw error instanceof DOMException && error.name === "NotSupportedError" ? new CannotCheck() : new Refused("v_bad_sign"); }
    if (!await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message)) throw new Refused("v_bad_sign");
  }

  /** By the key that the page names; a key that has since been replaced must be vouched for by the policy's. */
  async function signedByLog(signed, head, pinned, policy) {
    const message = encoder.encode(signed.body);
    const known = policy.logs.some((one) => one.vkey === pinned.vkey) ? [pinned, ...policy.logs] : [pinned];
    for (const one of known) {
      const line = signed.signatures.find((each) => each.name === one.name && each.id === one.id);
      if (!line || head.origin !== one.name || one.type !== 1) continue;
      await signedBy(one, line.blob, message);
      return;
    }
    throw new Refused("v_bad_sign");
  }

  /** The witnesses that signed, with their times. A known key whose signature fails spoils the whole note. */
  async function cosigned(signed, policy) {
    const times = new Map();
    for (const [name, one] of policy.witnesses) {
      const line = signed.signatures.find((each) => each.name === one.name && each.id === one.id);
      if (!line || one.type !== 4) continue;
      if (line.blob.length !== 72) throw new Refused("v_bad_sign");
      const time = new DataView(line.blob.buffer, line.blob.byteOffset).getBigUint64(0);
      const message = encoder.encode(`cosignature/v1\ntime ${time}\n${signed.body}`);
      await signedBy(one, line.blob.slice(8), message);
      times.set(name, Number(time));
    }
    return times;
  }

  // --- the check ------------------------------------------------------------------------------------------

  async function entry(proof, size) {
    if (box.dataset.leaf !== undefined) return encoder.encode(box.dataset.leaf);
    const bundle = Math.floor(proof.index / 256);
    const groups = String(bundle).padStart(Math.ceil(String(bundle).length / 3) * 3, "0").match(/\d{3}/g);
    const name = groups.map((group, place) => (place < groups.length - 1 ? "x" + group : group)).join("/");
    const full = Math.floor(size / 256) > bundle;
    const bytes = await read(`/record/tile/entries/${name}${full ? "" : ".p/" + (size % 256)}`);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (let skip = proof.index % 256; skip > 0; skip -= 1) at += 2 + view.getUint16(at);
    return bytes.slice(at + 2, at + 2 + view.getUint16(at));
  }

  async function checkPictures(leaf) {
    const known = new Set((leaf.media ?? []).map((one) => one.sha256));
    for (const picture of article.querySelectorAll("img, video, audio, picture, svg, object, iframe, canvas")) {
      const digest = picture.localName === "img" ? picture.dataset.sha256 : "";
      if (!known.has(digest) || hex(await sha256(await read(picture.getAttribute("src")))) !== digest)
        throw new Refused("v_bad_picture");
    }
  }

  async function check() {
    const { ref, rev, lang, index, key: pinned } = box.dataset;
    const digest = hex(await sha256(sealed()));
    const [proofText, policyText] = await Promise.all([read(box.dataset.proof), read("/record/policy")]);
    const proof = proofOf(decoder.decode(proofText));
    const head = checkpoint(proof.signed.body);
    const bytes = await entry(proof, head.size);
    const leaf = JSON.parse(decoder.decode(bytes));
    if (leaf.id !== ref || String(leaf.rev) !== rev || String(proof.index) !== index) throw new Refused("v_bad_entry");
    const text = leaf.texts.find((one) => one.lang === lang);
    if (!text || text.sha256 !== digest) throw new Refused("v_bad_text");
    await checkPictures(leaf);
    const root = await climb(await sha256(join(Uint8Array.of(0), bytes)), proof.index, head.size, proof.path);
    if (!same(root, head.root)) throw new Refused("v_bad_proof");
    const policy = await policyOf(decoder.decode(policyText));
    const log = await key(pinned);
    await signedByLog(proof.signed, head, log, policy);
    return { policy, times: await cosigned(proof.signed, policy) };
  }

  function showTimes(times, all) {
    const list = box.querySelector("ul.w");
    const model = box.querySelector('[data-say="time"]');
    if (!all) return;
    const number = new Intl.NumberFormat(box.dataset.lang, { numberingSystem: "latn" });
    document.getElementById("signed").textContent = box.querySelector('[data-say="signed"]').textContent
      .replace("{signed}", number.format(times.size)).replace("{all}", number.format(all));
    if (!times.size) return;
    const row = model.cloneNode(true);
    const latest = new Date(Math.max(...times.values()) * 1000);
    row.removeAttribute("data-say");
    row.querySelector("bdi").textContent = latest.toISOString().slice(0, 16).replace("T", " ") + " UTC";
    list.append(row);
  }

  async function run() {
    say("v_checking");
    if (!globalThis.crypto?.subtle) { say("v_ask_browser"); return; }
    try {
      const { policy, times } = await check();
      showTimes(times, policy.witnesses.size);
      if (policy.quorum === "none") say("v_ask_alone");
      else if (reached(policy, policy.quorum, times)) say("v_ok");
      else say("v_ask_witness", { signed: times.size, needed: needed(policy, policy.quorum) });
    } catch (error) {
      if (error instanceof Refused) {
        say(error.key);
        if (error.key === "v_bad_text") article.dataset.tampered = "";
      } else if (error instanceof CannotCheck) say("v_ask_browser");
      else if (error instanceof Unread) say("v_ask_unread");
      else say("v_bad_proof"); // files that are no JSON, no UTF-8 or too short
    }
  }
  run();
  addEventListener("dragoman:check", run);
})();
