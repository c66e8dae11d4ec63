"use strict";
// Works the pages of a review: theme, filter, keys, unfolding, decisions. Everything can be read
// without it. It makes no markup from text: elements and text nodes only.
const freebsdPort = (() => {
  const memory = {
    get(key) {
      try { return localStorage.getItem(`freebsd-port.${key}`); } catch { return null; }
    },
    set(key, value) {
      try { localStorage.setItem(`freebsd-port.${key}`, value); } catch { /* kept for this page */ }
    },
  };
  const html = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = memory.get("theme");
  html.classList.add("js");
  if (chosen === "dark" || chosen === "light") html.dataset.theme = chosen;

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  // --- theme -------------------------------------------------------------------------------
  const isDark = () => (html.dataset.theme ? html.dataset.theme === "dark" : prefersDark.matches);
  function showTheme() {
    one("#theme").textContent = isDark() ? "Light" : "Dark";
    one("#theme").setAttribute("aria-label", isDark() ? "Switch to light" : "Switch to dark");
  }
  function switchTheme() {
    html.dataset.theme = isDark() ? "light" : "dark";
    memory.set("theme", html.dataset.theme);
    showTheme();
  }

  // --- filter: its state is the query of the address, so that links carry it -----------------
  const state = { flags: new Set(), since: "", text: "" };
  let order = [];

  function readState() {
    const query = new URLSearchParams(location.search);
    state.flags = new Set((query.get("show") || "").split(" ").filter(Boolean));
    state.since = query.get("since") || "";
    state.text = query.get("q") || "";
  }
  function writeQuery() {
    const query = new URLSearchParams();
    if (state.flags.size) query.set("show", [...state.flags].sort().join(" "));
    if (state.since) query.set("since", state.since);
    if (state.text) query.set("q", state.text);
    const text = query.toString();
    return text ? `?${text}` : "";
  }
  function fits(flags, text) {
    const has = new Set(flags.split(" "));
    return [...state.flags].every((flag) => has.has(flag))
      && (!state.since || has.has(`since-${state.since}`))
      && state.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }
  const texts = new Map();
  function textOf(item) {
    if (!texts.has(item)) {
      const head = item.tagName === "TR" ? one("th", item).textContent.toLowerCase() : "";
      texts.set(item, `${head} ${item.dataset.text}`);
    }
    return texts.get(item);
  }
  const filterable = () => all("tr[data-flags], section.hunk");
  const shown = () => filterable().filter((item) => !item.hidden);

  function applyFilter() {
    const items = filterable();
    for (const item of items) item.hidden = !fits(item.dataset.flags, textOf(item));
    for (const file of all(".file")) file.hidden = all(".hunk", file).every((hunk) => hunk.hidden);
    const left = items.filter((item) => !item.hidden).length;
    const isOn = Boolean(writeQuery());
    const bar = one(".filter");
    if (bar) {
      one("output", bar).textContent = isOn ? `${left} of ${items.length}` : "";
      one("[type=reset]", bar).hidden = !isOn;
      for (const button of all("[data-flag]", bar)) {
        button.setAttribute("aria-pressed", String(state.flags.has(button.dataset.flag)));
      }
      if (bar.q.value !== state.text) bar.q.value = state.text;
      if (bar.since) bar.since.value = state.since;
    }
    const none = one(".none");
    if (none) none.hidden = left > 0 || !items.length;
  }
  // A link to another page takes the filter along, set when somebody is about to follow it.
  function carryFilter(event) {
    const link = event.target.closest?.("a[href]");
    if (link && link.pathname !== location.pathname) link.search = writeQuery();
  }
  function changeFilter() {
    history.replaceState(null, "", `${location.pathname}${writeQuery()}${location.hash}`);
    applyFilter();
  }
  function wireFilter() {
    const bar = one(".filter");
    if (!bar) return;
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.addEventListener("input", () => {
      state.text = bar.q.value;
      state.since = bar.since ? bar.since.value : "";
      changeFilter();
    });
    bar.addEventListener("click", (event) => {
      const flag = event.target.closest("[data-flag]")?.dataset.flag;
      if (!flag) return;
      if (!state.flags.delete(flag)) state.flags.add(flag);
      changeFilter();
    });
    bar.addEventListener("reset", (event) => {
      event.preventDefault();
      Object.assign(state, { flags: new Set(), since: "", text: "" });
      changeFilter();
      bar.q.focus();
    });
  }

  // --- where the reader is -------------------------------------------------------------------
  let current = null;
  function goTo(item, { scroll = true } = {}) {
    if (!item) return;
    current?.classList.remove("current");
    current = item;
    item.classList.add("current");
    (one("th a", item) || item).focus({ preventScroll: true });
    if (scroll) item.scrollIntoView({ block: item.tagName === "TR" ? "nearest" : "start" });
  }
  function step(by) {
    const items = shown();
    if (!items.length) return;
    const at = items.indexOf(current);
    let next = at + by;
    if (at < 0) {
      const below = items.findIndex((item) => item.getBoundingClientRect().bottom > 120);
      next = below < 0 ? items.length - 1 : below;
    }
    goTo(items[Math.min(Math.max(next, 0), items.length - 1)]);
  }
  function followHash() {
    const target = location.hash.startsWith("#hunk-")
      && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) {
      Object.assign(state, { flags: new Set(), since: "", text: "" });
      changeFilter();
    }
    goTo(target);
  }
  function turnPage(by) {
    const root = document.body.dataset.root;
    const here = order.findIndex(([page]) => page === document.body.dataset.page);
    for (let at = here + by; at >= 0 && at < order.length; at += by) {
      const [page, flags] = order[at];
      const has = new Set(flags.split(" "));
      const isLeft = [...state.flags].every((flag) => has.has(flag))
        && (!state.since || has.has(`since-${state.since}`));
      if (isLeft) {
        location.href = `${root}${page}${writeQuery()}`;
        return;
      }
    }
  }

  // --- unfolding: each file comes once, as released, with what every patch makes of it ----------
  const files = new Map();
  const waiting = new Map();
  const policy = window.trustedTypes?.createPolicy("freebsd-port", {
    createScriptURL(path) {
      if (/^(\.\.\/)?files\/[a-z0-9_.-]+\.js$/.test(path)) return path;
      throw new TypeError("not a file of this site");
    },
  });
  function load(path) {
    if (files.has(path)) return Promise.resolve(files.get(path));
    return new Promise((resolve, reject) => {
      const heard = waiting.get(path);
      waiting.set(path, [...(heard || []), resolve]);
      if (heard) return;
      const script = make("script");
      const source = document.body.dataset.root + path;
      script.src = policy ? policy.createScriptURL(source) : source;
      script.onerror = reject;
      document.head.append(script);
    });
  }
  function receive(path, file) {
    files.set(path, file);
    for (const resolve of waiting.get(path) || []) resolve(file);
    waiting.delete(path);
  }
  // Rows of the whole file around one patch: [change, old line, new line, text].
  function lay(file, version) {
    let lines = file.base;
    for (const steps of file.steps.slice(0, version)) {
      lines = [...lines];
      for (const [start, removed, added] of [...steps].reverse()) {
        lines = [...lines.slice(0, start), ...added, ...lines.slice(start + removed)];
      }
    }
    const rows = [];
    let old = 0;
    let now = 0;
    const keepTo = (stop) => {
      while (old < stop) rows.push(["k", old + 1, ++now, lines[old++]]);
    };
    for (const [start, removed, added] of file.steps[version]) {
      keepTo(start);
      for (const stop = old + removed; old < stop; old++) rows.push(["r", old + 1, 0, lines[old]]);
      for (const text of added) rows.push(["a", 0, ++now, text]);
    }
    keepTo(lines.length);
    return rows;
  }
  const TOKEN = /("""|''')|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(#.*)|\b(False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b|\b(\d[\d_.xXa-fA-F]*)\b/g;
  // Kinds of the words of each row, following strings of several lines from the file's top.
  function colour(rows) {
    let open = "";
    return rows.map(([, , , text]) => {
      const spans = [];
      let at = 0;
      while (at < text.length) {
        if (open) {
          const end = text.indexOf(open, at);
          spans.push([at, end < 0 ? text.length : end + 3, "text"]);
          if (end < 0) break;
          at = end + 3;
          open = "";
          continue;
        }
        TOKEN.lastIndex = at;
        const found = TOKEN.exec(text);
        if (!found) break;
        at = found.index + found[0].length;
        if (found[1]) {
          open = found[1];
          at -= 3;
          const end = text.indexOf(open, at + 3);
          spans.push([at, end < 0 ? text.length : end + 3, "text"]);
          if (end < 0) break;
          at = end + 3;
          open = "";
          continue;
        }
        const kind = found[2] ? "text" : found[3] ? "comment" : found[4] ? "keyword" : "number";
        spans.push([found.index, at, kind]);
      }
      return spans;
    });
  }
  const UNSEEN = /[^\P{C}\t]|[\u2028\u2029]/gu;
  function nameUnseen(character) {
    const code = character.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16).toUpperCase()}`;
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    return code === 0x7f ? "DEL" : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  }
  function appendText(parent, text) {
    let at = 0;
    for (const found of text.matchAll(UNSEEN)) {
      parent.append(text.slice(at, found.index), make("span", "unseen", nameUnseen(found[0])));
      at = found.index + found[0].length;
    }
    parent.append(text.slice(at));
  }
  const LONGEST = 2000;
  function drawRow([change, old, now, text], spans) {
    const row = make("tr", `${change} unfolded`);
    row.append(make("td", "n", old ? String(old) : ""), make("td", "n", now ? String(now) : ""));
    row.append(make("td", "m", { k: "", r: "\u2212", a: "+" }[change]));
    const code = make("td", "c");
    let at = 0;
    for (const [start, stop, kind] of text.length > LONGEST ? [] : spans) {
      appendText(code, text.slice(at, start));
      const span = make("span", kind);
      appendText(span, text.slice(start, stop));
      code.append(span);
      at = stop;
    }
    appendText(code, text.slice(at, LONGEST));
    if (text.length > LONGEST) {
      code.append(" ", make("span", "cut", `${text.length - LONGEST} more characters are not shown`));
    }
    row.append(code);
    return row;
  }

  const FEW = 20;
  class Fold {
    constructor(hunk, file) {
      this.hunk = hunk;
      this.file = file;
      this.body = one("tbody", hunk);
      this.rows = null;
      this.above = this.addBar("above", true);
      this.below = this.addBar("below", false);
    }
    addBar(where, isFirst) {
      const bar = make("tr", "unfold");
      const cell = make("td");
      cell.colSpan = 4;
      const few = make("button", "", `${FEW} more lines ${where}`);
      const whole = make("button", "whole", "Whole file");
      const left = make("span", "left");
      for (const button of [few, whole]) button.type = "button";
      few.addEventListener("click", () => this.more(isFirst, FEW));
      whole.addEventListener("click", () => this.toggle());
      cell.append(few, whole, left);
      bar.append(cell);
      this.body[isFirst ? "prepend" : "append"](bar);
      return { bar, few, whole, left };
    }
    async prepare() {
      if (this.rows) return;
      const { file: path, version } = this.file.dataset;
      const file = await load(path);
      const { line, old, new: now, count } = this.hunk.dataset;
      this.rows = lay(file, Number(version));
      this.kinds = this.file.hasAttribute("data-python") ? colour(this.rows) : this.rows.map(() => []);
      const isOf = ([, a, b]) => (a >= Number(line) && a < Number(line) + Number(old))
        || (b >= Number(now) && b < Number(now) + Number(count));
      this.first = this.start = this.rows.findIndex(isOf);
      this.last = this.stop = this.rows.findLastIndex(isOf) + 1;
    }
    draw(from, to) {
      const part = document.createDocumentFragment();
      for (let at = from; at < to; at++) part.append(drawRow(this.rows[at], this.kinds[at]));
      return part;
    }
    async more(isAbove, many) {
      await this.prepare();
      if (isAbove) {
        const from = Math.max(this.start - many, 0);
        const anchor = this.above.bar.nextElementSibling;
        const before = anchor.getBoundingClientRect().top;
        this.above.bar.after(this.draw(from, this.start));
        this.start = from;
        if (many !== FEW) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
      } else {
        const to = Math.min(this.stop + many, this.rows.length);
        this.below.bar.before(this.draw(this.stop, to));
        this.stop = to;
      }
      this.tell();
    }
    fold() {
      for (const row of all("tr.unfolded", this.body)) row.remove();
      this.start = this.first;
      this.stop = this.last;
      this.tell();
      this.hunk.scrollIntoView({ block: "start" });
    }
    async toggle() {
      await this.prepare();
      if (this.start === 0 && this.stop === this.rows.length) {
        this.fold();
        return;
      }
      await this.more(false, Infinity);
      await this.more(true, Infinity);
    }
    tell() {
      const isWhole = this.start === 0 && this.stop === this.rows.length;
      for (const [bar, left] of [[this.above, this.start], [this.below, this.rows.length - this.stop]]) {
        bar.few.hidden = left === 0;
        bar.left.textContent = left ? `${left} left` : "";
        bar.whole.textContent = isWhole ? "Fold" : "Whole file";
      }
    }
  }
  const folds = new Map();
  function wireFolds() {
    for (const file of all(".file[data-file]")) {
      for (const hunk of all(".hunk[data-line]", file)) folds.set(hunk, new Fold(hunk, file));
    }
  }

  // --- decisions -------------------------------------------------------------------------------
  async function decide(event) {
    event.preventDefault();
    const form = event.target;
    const told = one(".refused", form);
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    for (const button of all("button", form)) button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: fields, headers: { Accept: "application/json" },
      });
      const value = await answer.json();
      if (value.ok) {
        const hunk = form.closest(".hunk");
        const stays = writeQuery() ? shown()[shown().indexOf(hunk) + 1] : hunk;
        const hash = hunk && stays ? `#${stays.id}` : "";
        history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
        location.reload();
        return;
      }
      told.textContent = value.problems.map((problem) => problem.what).join("; ");
    } catch {
      told.textContent = "The server does not answer; is it still running?";
    }
    for (const button of all("button", form)) button.disabled = false;
  }

  // --- keys ------------------------------------------------------------------------------------
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: () => turnPage(1),
    p: () => turnPage(-1),
    o: () => { location.href = `${document.body.dataset.root}index.html${writeQuery()}`; },
    u: () => folds.get(current || shown()[0])?.toggle(),
    t: switchTheme,
    "?": () => one("#help").showModal(),
    "/": () => { one(".filter [name=q]")?.focus(); },
    a: () => current && one(".decide .approve", current)?.click(),
    r: () => current && one(".decide textarea", current)?.focus(),
  };
  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest?.("input, textarea, select");
    if (field && field.type !== "checkbox") {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (one("#help").open || memory.get("keys") === "off") return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
    prefersDark.addEventListener("change", showTheme);
    one("#theme").addEventListener("click", switchTheme);
    one("#keys").addEventListener("click", () => one("#help").showModal());
    one("#use-keys").checked = memory.get("keys") !== "off";
    one("#use-keys").addEventListener("change", (event) => {
      memory.set("keys", event.target.checked ? "on" : "off");
    });
    readState();
    wireFilter();
    applyFilter();
    wireFolds();
    document.addEventListener("pointerdown", carryFilter);
    document.addEventListener("focusin", carryFilter);
    for (const form of all("form.decide")) form.addEventListener("submit", decide);
    document.addEventListener("keydown", press);
    document.addEventListener("focusin", (event) => {
      const hunk = event.target.closest?.("section.hunk");
      if (hunk && hunk !== current) {
        current?.classList.remove("current");
        current = hunk;
        hunk.classList.add("current");
      }
    });
    addEventListener("hashchange", followHash);
    addEventListener("popstate", () => { readState(); applyFilter(); });
    followHash();
  });
  return { file: receive, order: (rows) => { order = rows; } };
})();
