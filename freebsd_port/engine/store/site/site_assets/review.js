"use strict";
// Works the pages of a review: theme, filter, search, keys, unfolding, halves, notes, decisions.
// Everything can be read without it. It makes no markup from text: elements and text nodes only.
const freebsdPort = (() => {
  const memory = {
    get(key) {
      try { return localStorage.getItem(`freebsd-port.${key}`); } catch { return null; }
    },
    set(key, value) {
      try { localStorage.setItem(`freebsd-port.${key}`, value); } catch { /* kept for this page */ }
    },
    remove(key) {
      try { localStorage.removeItem(`freebsd-port.${key}`); } catch { /* was not kept */ }
    },
    keys(start) {
      try {
        return Object.keys(localStorage)
          .filter((key) => key.startsWith(`freebsd-port.${start}`))
          .map((key) => key.slice("freebsd-port.".length)).sort();
      } catch { return []; }
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
  function hasFlags(flags) {
    const has = new Set(flags.split(" "));
    return [...state.flags].every((flag) => has.has(flag))
      && (!state.since || has.has(`since-${state.since}`));
  }
  const filterable = () => all("tr[data-flags], section.hunk");
  const shown = () => filterable().filter((item) => !item.hidden);

  // --- search: over the index of all patches, which comes when somebody first searches -----------
  const INDEX = "search.js";
  function readIndex(rows) {
    return rows.map(([prose, hunks]) => ({
      lines: prose.split("\n"),
      text: prose.toLowerCase().replace(/\s+/g, " "),
      hunks: hunks.map(([id, head, lines]) => (
        { id, head, lines, text: `${head}\n${lines.join("\n")}`.toLowerCase() }
      )),
    }));
  }
  // Words, or several "in quotes"; all have to be found, in the prose or in one and the same hunk.
  function wanted() {
    const found = state.text.toLowerCase().matchAll(/"([^"]+)"?|[^\s"]+/g);
    return [...found].map(([word, quoted]) => quoted || word);
  }
  // What of a patch matches: null, or its hunks that do and the words that its prose has not.
  function match(patch, words) {
    if (!patch) return null;
    const missing = words.filter((word) => !patch.text.includes(word));
    const hunks = patch.hunks.filter(({ text }) => missing.every((word) => text.includes(word)));
    return hunks.length || !missing.length ? { hunks, missing } : null;
  }
  const MOST_HITS = 3;
  function showHits(row, patch, words) {
    one(".hits", row)?.remove();
    if (!words.length || !patch) return;
    const link = one("th a", row);
    const known = one("th", row).textContent.toLowerCase();
    const sought = words.filter((word) => !known.includes(word));
    if (!sought.length) return;
    const has = (line) => sought.some((word) => line.toLowerCase().includes(word));
    const { hunks, missing } = match(patch, words);
    const hits = missing.length ? [] : patch.lines.filter(has).slice(0, 1).map((line) => [line, ""]);
    for (const hunk of missing.length ? hunks : []) {
      const line = hunk.lines.find(has) || hunk.head;
      hits.push([line, `#hunk-${hunk.id}`]);
    }
    const list = make("ul", "hits");
    for (const [line, hash] of hits.slice(0, MOST_HITS)) {
      const item = make("li");
      const to = make("a");
      to.href = `${link.pathname}${writeQuery()}${hash}`;
      appendText(to, line.trim().slice(0, 200));
      item.append(to);
      list.append(item);
    }
    const more = hits.length - MOST_HITS;
    if (more > 0) list.append(make("li", "", `and in ${more} more ${more > 1 ? "hunks" : "hunk"}`));
    one("th", row).append(list);
  }

  const MARKED = "h1, h3, .path, .place, .prose p, .prose pre, td.c, .remark, .grid th a, .subject, .hits a";
  const MOST_MARKS = 5000;
  function mark(words) {
    if (!window.Highlight) return;
    const ranges = [];
    for (const block of words.length ? all(MARKED) : []) {
      if (ranges.length > MOST_MARKS) break;
      if (block.closest("[hidden]")) continue;
      const text = block.textContent.toLowerCase();
      if (!words.some((word) => text.includes(word))) continue;
      const nodes = [];
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
      for (let at = 0; walker.nextNode(); at += walker.currentNode.length) {
        nodes.push([at, walker.currentNode]);
      }
      const place = (at) => nodes.findLast(([start]) => start <= at);
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const [[from, first], [to, last]] = [place(at), place(at + word.length - 1)];
          const range = new StaticRange({
            startContainer: first, startOffset: Math.min(at - from, first.length),
            endContainer: last, endOffset: Math.min(at + word.length - to, last.length),
          });
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  async function applyFilter() {
    const bar = one(".filter");
    if (bar) showFilter(bar);
    if (bar && wanted().length && !files.has(INDEX)) {
      one("output", bar).textContent = "Searching\u2026";
      try {
        await load(INDEX);
      } catch {
        one("output", bar).textContent = "The index of the search cannot be loaded";
        return;
      }
    }
    const index = files.get(INDEX) || [];
    const words = bar ? wanted() : [];
    const items = filterable();
    const here = index[order.findIndex(([page]) => page === document.body.dataset.page)];
    const found = new Set(words.length ? match(here, words)?.hunks.map(({ id }) => `hunk-${id}`) : []);
    for (const [at, item] of items.entries()) {
      const isRow = item.tagName === "TR";
      const isFound = !words.length || (isRow ? match(index[at], words) : found.has(item.id));
      item.hidden = Boolean(bar) && !(isFound && hasFlags(item.dataset.flags));
      if (isRow) showHits(item, item.hidden ? null : index[at], words);
    }
    for (const file of all(".file")) file.hidden = all(".hunk", file).every((hunk) => hunk.hidden);
    const left = items.filter((item) => !item.hidden).length;
    if (bar) {
      const isOn = Boolean(writeQuery());
      one("output", bar).textContent = isOn ? `${left} of ${items.length} ${bar.dataset.what}` : "";
    }
    const none = one(".none");
    if (none) none.hidden = left > 0 || !items.length;
    mark(words);
  }
  function showFilter(bar) {
    one("[type=reset]", bar).hidden = !writeQuery();
    for (const button of all("[data-flag]", bar)) {
      const isPressed = state.flags.has(button.dataset.flag);
      button.setAttribute("aria-pressed", String(isPressed));
      button.hidden = !isPressed && one(".many", button).textContent === "0";
    }
    if (bar.q.value !== state.text) bar.q.value = state.text;
    if (bar.since) bar.since.value = state.since;
  }
  // A link to another page takes the filter along, set when somebody is about to follow it.
  function carryFilter(event) {
    const link = event.target.closest?.("a[href]");
    if (link && link.pathname !== location.pathname) link.search = writeQuery();
  }
  function changeFilter() {
    history.replaceState(null, "", `${location.pathname}${writeQuery()}${location.hash}`);
    return applyFilter();
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
  async function followHash() {
    const target = location.hash.startsWith("#hunk-")
      && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) {
      Object.assign(state, { flags: new Set(), since: "", text: "" });
      await changeFilter();
    }
    goTo(target);
  }
  async function turnPage(by) {
    const root = document.body.dataset.root;
    const here = order.findIndex(([page]) => page === document.body.dataset.page);
    const words = wanted();
    const index = words.length ? await load(INDEX).catch(() => []) : [];
    for (let at = here + by; at >= 0 && at < order.length; at += by) {
      const [page, flags] = order[at];
      if (hasFlags(flags) && (!words.length || match(index[at], words))) {
        location.href = `${root}${page}${writeQuery()}`;
        return;
      }
    }
  }

  // --- loading: by script, as a page opened from a disk can fetch nothing ------------------------
  const files = new Map();
  const waiting = new Map();
  const policy = window.trustedTypes?.createPolicy("freebsd-port", {
    createScriptURL(path) {
      if (/^(\.\.\/)?(files\/[a-z0-9_.-]+|search)\.js$/.test(path)) return path;
      throw new TypeError("not a file of this site");
    },
  });
  function load(path) {
    if (files.has(path)) return Promise.resolve(files.get(path));
    return new Promise((resolve, reject) => {
      const heard = waiting.get(path);
      waiting.set(path, [...(heard || []), { resolve, reject }]);
      if (heard) return;
      const script = make("script");
      const source = document.body.dataset.root + path;
      script.src = policy ? policy.createScriptURL(source) : source;
      script.onerror = () => {
        for (const one of waiting.get(path)) one.reject(new Error(`${path} cannot be loaded`));
        waiting.delete(path);
      };
      document.head.append(script);
    });
  }
  function receive(path, file) {
    files.set(path, file);
    for (const { resolve } of waiting.get(path) || []) resolve(file);
    waiting.delete(path);
  }

  // --- unfolding: each file comes once, as released, with what every patch makes of it ----------
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

  // --- side by side: on wide screens the rows of a table can stand in two halves -----------------
  const isWide = matchMedia("(min-width: 75rem)");
  let isSplit = memory.get("split") === "on";
  const unified = new Map(); // rows and head of each table that stands in halves
  const isKind = (row, kind) => row.classList.contains(kind);
  function makeHead() {
    const columns = make("colgroup");
    const head = make("tr");
    for (const side of ["before", "after"]) {
      for (const [look, name] of [["n", "Line"], ["m", "Change"], ["c", "Code"]]) {
        columns.append(make("col", look));
        const cell = make("th", "", `${name} ${side}`);
        cell.scope = "col";
        head.append(cell);
      }
    }
    const section = make("thead", "aside");
    section.append(head);
    return { columns, head: section };
  }
  function half(row, number) {
    if (!row) return [0, 1, 2].map(() => make("td", "void"));
    return [row.cells[number], row.cells[2], row.cells[3]].map((cell) => {
      const copy = cell.cloneNode(true);
      copy.classList.add(...row.classList);
      return copy;
    });
  }
  function pair(left, right) {
    const row = make("tr", "halves");
    row.append(...half(left, 0), ...half(right, 1));
    return row;
  }
  function setHead(table, { columns, head }, span) {
    one("colgroup", table).replaceWith(columns);
    table.tHead.replaceWith(head);
    for (const cell of all(".unfold > td, .remark > td", table)) cell.colSpan = span;
  }
  function halve(table) {
    const rows = [...table.tBodies[0].rows];
    const has = (...kinds) => rows.some((row) => kinds.some((kind) => isKind(row, kind)));
    if (unified.has(table) || !has("k", "r") || !has("k", "a")) return;
    const made = [];
    let removed = [];
    let added = [];
    let last = null; // the line that a remark stands below
    const flush = () => {
      for (let at = 0; at < Math.max(removed.length, added.length); at++) {
        const lines = [removed[at], added[at]];
        made.push(pair(...lines.map((line) => line?.row)));
        for (const line of lines) made.push(...(line?.remarks || []));
      }
      [removed, added, last] = [[], [], null];
    };
    for (const row of rows) {
      if (isKind(row, "remark") && last) {
        last.remarks.push(row);
      } else if (isKind(row, "r") || isKind(row, "a")) {
        if (isKind(row, "r") && added.length) flush();
        last = { row, remarks: [] };
        (isKind(row, "r") ? removed : added).push(last);
      } else {
        flush();
        made.push(isKind(row, "k") ? pair(row, row) : row);
      }
    }
    flush();
    unified.set(table, { rows, columns: one("colgroup", table), head: table.tHead });
    table.tBodies[0].replaceChildren(...made);
    setHead(table, makeHead(), 6);
  }
  function unite(table) {
    const kept = unified.get(table);
    if (!kept) return;
    table.tBodies[0].replaceChildren(...kept.rows);
    setHead(table, kept, 4);
    unified.delete(table);
  }
  function showSplit() {
    const isOn = isSplit && isWide.matches;
    html.classList.toggle("split", isOn);
    one("#split")?.setAttribute("aria-pressed", String(isSplit));
    for (const table of all("table.diff")) (isOn ? halve : unite)(table);
    mark(wanted());
  }
  function switchSplit() {
    if (!one("#split") || !isWide.matches) return;
    isSplit = !isSplit;
    memory.set("split", isSplit ? "on" : "off");
    showSplit();
  }
  // Changes a table as it is unified, whatever it looks like.
  function inUnified(table, change) {
    const wasSplit = unified.has(table);
    unite(table);
    change();
    if (wasSplit) halve(table);
    mark(wanted());
  }

  const FEW = 20;
  class Fold {
    constructor(hunk, file) {
      this.hunk = hunk;
      this.file = file;
      this.table = one("table.diff", hunk);
      this.body = this.table.tBodies[0];
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
      const before = this.below.bar.getBoundingClientRect().top;
      const from = isAbove ? Math.max(this.start - many, 0) : this.stop;
      const to = isAbove ? this.start : Math.min(this.stop + many, this.rows.length);
      inUnified(this.table, () => {
        if (isAbove) this.above.bar.after(this.draw(from, to));
        else this.below.bar.before(this.draw(from, to));
      });
      if (isAbove) this.start = from;
      else this.stop = to;
      if (isAbove && many !== FEW) {
        scrollBy({ top: this.below.bar.getBoundingClientRect().top - before, behavior: "instant" });
      }
      this.tell();
    }
    fold() {
      inUnified(this.table, () => {
        for (const row of all("tr.unfolded", this.body)) row.remove();
      });
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

  // --- notes: what is typed stays in this browser until it is saved ------------------------------
  const noteKey = (of) => `note.${document.body.dataset.project}.${of}`;
  function readNote(key) {
    try { return JSON.parse(memory.get(key)); } catch { return null; }
  }
  function showKept(area) {
    one(".kept", area.form).hidden = !readNote(noteKey(area.dataset.note));
  }
  function keepNote(area) {
    const key = noteKey(area.dataset.note);
    if (area.value.trim()) {
      const { page } = document.body.dataset;
      const hunk = area.closest(".hunk");
      const title = [one("h1").textContent, hunk && one("h3", hunk).textContent];
      memory.set(key, JSON.stringify({
        text: area.value, page, hunk: hunk?.id, title: title.filter(Boolean).join(": "),
      }));
    } else {
      memory.remove(key);
    }
    showKept(area);
  }
  function wireNotes() {
    for (const area of all("textarea[data-note]")) {
      const kept = readNote(noteKey(area.dataset.note));
      if (kept) area.value = kept.text;
      showKept(area);
      area.addEventListener("input", () => keepNote(area));
      area.closest("details")?.toggleAttribute("open", Boolean(kept));
    }
  }
  // On the overview, so that a note is found again even if its hunk or patch is gone.
  function listNotes() {
    const section = one("#unsaved");
    if (!section) return;
    const items = memory.keys(noteKey("")).map((key) => {
      const { text = "", title = "", page = "", hunk } = readNote(key) || {};
      const item = make("li");
      const isThere = order.some(([known]) => known === page);
      const name = make(isThere ? "a" : "span", "", title);
      if (isThere) name.href = `${page}${hunk ? `#${hunk}` : ""}`;
      const discard = make("button", "quiet", "Discard");
      discard.type = "button";
      discard.setAttribute("aria-label", `Discard the note on ${title}`);
      discard.addEventListener("click", () => {
        memory.remove(key);
        listNotes();
        one("#main").focus();
      });
      const quote = make("blockquote");
      for (const [at, line] of text.split("\n").entries()) {
        if (at) quote.append("\n");
        appendText(quote, line);
      }
      item.append(name, " ", discard, quote);
      return item;
    });
    one("ul", section).replaceChildren(...items);
    section.hidden = !items.length;
  }

  // --- decisions: made in place; what they change is taken from the page as it is afterwards -----
  const MADE = {
    approved: "Approved", "changes-requested": "Changes requested", reset: "Decision removed",
  };
  function readPage() {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("GET", location.pathname);
      request.responseType = "document";
      request.onload = () => (
        request.status === 200 ? resolve(request.responseXML) : reject(new Error(request.status))
      );
      request.onerror = reject;
      request.send();
    });
  }
  function takeLive(page) {
    for (const part of all("[data-live]")) {
      const now = one(`[data-live="${CSS.escape(part.dataset.live)}"]`, page);
      if (now && !part.isEqualNode(now)) part.replaceWith(document.importNode(now, true));
    }
    for (const hunk of all("section.hunk")) {
      const now = page.getElementById(hunk.id);
      if (now) hunk.dataset.flags = now.dataset.flags;
    }
    const whole = one(".decide-all");
    if (whole) whole.hidden = one(".decide-all", page)?.hidden ?? true;
  }
  // Goes on to the next hunk that the filter leaves, unless somebody is busy elsewhere by now.
  async function goOn(hunk) {
    const items = shown();
    const at = items.indexOf(hunk);
    const { activeElement } = document;
    const isFree = activeElement === document.body || hunk?.contains(activeElement);
    await applyFilter();
    if (!hunk?.hidden) {
      if (document.activeElement === document.body) (hunk || one("#main")).focus({ preventScroll: true });
      return;
    }
    if (current === hunk) {
      hunk.classList.remove("current");
      current = null;
    }
    if (!isFree) return;
    const next = [...items.slice(at + 1), ...items.slice(0, at).reverse()].find((item) => !item.hidden);
    if (next) goTo(next);
    else one("#main").focus({ preventScroll: true });
  }
  async function send(form, fields, note) {
    const refused = one(".refused", form);
    refused.textContent = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: fields, headers: { Accept: "application/json" },
      });
      const value = await answer.json();
      if (!value.ok) {
        refused.textContent = value.problems
          .map(({ what, hint }) => (hint ? `${what}; ${hint}` : what)).join("; ");
        return;
      }
      if (form.note.value === note) form.note.value = "";
      keepNote(form.note);
      one("#said").textContent = value.hunks.length > 1
        ? `${MADE[value.verdict]}: ${value.hunks.length} hunks` : MADE[value.verdict];
    } catch {
      refused.textContent = "The server does not answer; is it still running? Your note is kept.";
      return;
    }
    try {
      takeLive(await readPage());
    } catch {
      refused.textContent = "The decision is saved, but the page cannot be read again: reload it.";
      return;
    }
    await goOn(form.closest(".hunk"));
  }
  let sent = Promise.resolve(); // one after the other, so that the page read last is the newest
  function decide(event) {
    event.preventDefault();
    const form = event.target;
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    const note = form.note.value;
    sent = sent.then(() => send(form, fields, note)).finally(() => form.removeAttribute("aria-busy"));
  }

  // --- keys ------------------------------------------------------------------------------------
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: () => turnPage(1),
    p: () => turnPage(-1),
    o: () => { location.href = `${document.body.dataset.root}index.html${writeQuery()}`; },
    u: () => folds.get(current || shown()[0])?.toggle(),
    s: switchSplit,
    t: switchTheme,
    "?": () => one("#help").showModal(),
    "/": () => { one(".filter [name=q]")?.focus(); },
    a: () => current && one(".decide .approve", current)?.click(),
    r: () => current && one(".decide textarea", current)?.focus(),
  };
  function press(event) {
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    const { target } = event;
    if (target.closest?.("input, textarea, select") || target.isContentEditable) {
      if (event.key === "Escape" && !hasModifier && !event.isComposing) target.blur();
      return;
    }
    if (hasModifier || event.isComposing || event.defaultPrevented) return;
    if (one("#help").open || memory.get("keys") === "off") return;
    const act = keys[event.key];
    if (!act || (event.repeat && event.key === "a")) return; // a held key decides once
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
    wireFolds();
    wireNotes();
    listNotes();
    showSplit();
    isWide.addEventListener("change", showSplit);
    one("#split")?.addEventListener("click", switchSplit);
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
    applyFilter().then(followHash);
  });
  return {
    file: receive,
    order: (rows) => { order = rows; },
    search: (rows) => receive(INDEX, readIndex(rows)),
  };
})();
