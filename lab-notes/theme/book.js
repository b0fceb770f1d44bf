// The book's script: colours of code, light or dark, C or Rust or both, the contents as a drawer, the search. Everything else works without it.
"use strict";

const korean = document.documentElement.lang === "ko";

for (const code of document.querySelectorAll("code[data-code]")) {
  const language = code.dataset.code;
  if (language) code.innerHTML = hljs.highlight(language, code.textContent, true).value;
}

// No line ends behind the hyphens of an option.
for (const code of document.querySelectorAll("article :not(pre) > code:not(.pl-ui *)"))
  if (!code.children.length) code.innerHTML = code.innerHTML.replace(/(?<!\S)-[\w-]+/g, '<span class="option">$&</span>');

// ---- Light or dark: the system's choice, until somebody chooses ----

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember("theme", root.dataset.theme);
});

function remember(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch { /* a page from a file may have no storage */ }
}

// ---- C, Rust or both ----

for (const steps of document.querySelectorAll(".steps")) {
  const group = document.createElement("div");
  group.className = "choose";
  group.role = "group";
  group.ariaLabel = korean ? "보여 줄 코드" : "Code to show";
  for (const [code, name] of [["c", "C"], ["rust", "Rust"], ["", korean ? "둘 다" : "both"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.dataset.choice = code;
    button.addEventListener("click", () => {
      const before = button.getBoundingClientRect().top;
      if (code) document.documentElement.dataset.code = code;
      else delete document.documentElement.dataset.code;
      remember("code", code);
      chosen();
      scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" });
    });
    group.append(button);
  }
  steps.prepend(group);
}
function chosen() {
  for (const button of document.querySelectorAll(".choose button"))
    button.ariaPressed = button.dataset.choice === (document.documentElement.dataset.code ?? "");
}
chosen();

// ---- What can be scrolled can have the focus, and nothing else does for no reason ----

const scrolls = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll("article :is(pre, table, .scroll, .calls ol):not(.player .pl-ui *)")) scrolls.observe(box);

// ---- Contents ----

const menu = document.getElementById("menu");
const contents = document.getElementById("contents");
const open = (is) => {
  document.body.classList.toggle("menu-open", is);
  menu.setAttribute("aria-expanded", is);
};
menu.addEventListener("click", () => {
  open(!document.body.classList.contains("menu-open"));
  if (menu.ariaExpanded === "true") (contents.querySelector("[aria-current=page]") ?? contents.querySelector("a")).focus();
});
document.getElementById("main").addEventListener("click", () => open(false));

const current = contents.querySelector("[aria-current=page]");
if (current) {
  const sections = document.createElement("ol");
  for (const heading of document.querySelectorAll("article h2[id]")) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#" + heading.id;
    link.textContent = heading.textContent;
    link.addEventListener("click", () => open(false));
    item.append(link);
    sections.append(item);
  }
  if (sections.children.length) current.after(sections);
  current.scrollIntoView({ block: "nearest" });
  contents.scrollTop = Math.max(0, current.offsetTop - 160);
}

// ---- Search: every word of the query as a part of the text, so that 소켓 finds 소켓을 ----

const query = document.getElementById("query");
const found = document.getElementById("found");
let loading = null;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "search.js";
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

/** How often a word is there. What is written in Latin letters counts fully as a whole word only: read is not thread. */
function times(text, word) {
  let n = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const part = /\w/.test(word) && (/\w/.test(text[at - 1] ?? "") || /\w/.test(text[at + word.length] ?? ""));
    n += part ? 0.2 : 1;
  }
  return n;
}

/** Of exercises and of pages about the book nobody wants to know first what a word means. */
const ASIDE = /^(index|map|glossary|exercises|instructors|mistakes)\.html|#exercise/;

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean), whole = words.join(" ");
  const hits = [], pages = new Map();
  const often = (text, word) => { const n = times(text, word); return n / (n + 1 + text.length / 1000); };
  for (const section of words.length ? window.bookIndex : []) {
    const [page, heading, body, shown] = [section.page, section.heading, section.text, section.shown].map((s) => s.toLowerCase());
    let score = 0;
    for (const word of words) {
      const more = 20 * Math.min(1, times(heading, word)) + 5 * Math.min(1, times(page, word)) + 12 * often(body, word) + 3 * often(shown, word);
      if (!more) { score = 0; break; }
      score += more;
    }
    // A term of the glossary is looked up where it is explained, whatever else has the word.
    if (section.explains?.some((term) => term.toLowerCase() === whole)) score += 1000;
    if (!score) continue;
    // A slide's title says what it is about; the section that has it in bold type is where it is explained.
    if (/#slide-/.test(section.url)) score += 5;
    // Whoever looks up an error wants to know what has failed.
    if (/^E[A-Z]{3,}$/.test(text.trim()) && section.url.includes("#failures")) score += 10;
    if (section.terms.some((term) => times(term.toLowerCase(), whole) >= 1)) score += 15;
    hits.push({ section, score: ASIDE.test(section.url) ? score / 2 : score, words });
    pages.set(section.page, (pages.get(section.page) ?? 0) + 1);
  }
  for (const hit of hits) hit.score += Math.min(5, pages.get(hit.section.page));
  return hits.sort((a, b) => b.score - a.score).slice(0, 20);
}

function excerpt(text, words) {
  const at = Math.max(0, Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((i) => i >= 0), text.length) - 30);
  const piece = (at > 0 ? "…" : "") + text.slice(at, at + 110) + (at + 110 < text.length ? "…" : "");
  const pattern = new RegExp("(" + words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "gi");
  return piece.split(pattern).map((part, i) => {
    if (i % 2 === 0) return document.createTextNode(part);
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}

async function show() {
  const text = query.value.trim();
  if (!text) { found.hidden = true; return; }
  await load();
  const hits = search(text);
  found.replaceChildren();
  if (!hits.length) {
    found.textContent = korean ? "찾지 못했어요." : "Nothing found.";
  }
  for (const { section, words } of hits) {
    const link = document.createElement("a");
    link.href = section.url;
    const title = document.createElement("strong");
    title.textContent = section.heading === section.page ? section.page : section.page + " › " + section.heading;
    const text = document.createElement("span");
    const inText = words.some((word) => section.text.toLowerCase().includes(word));
    text.append(...excerpt(inText ? section.text : section.shown || section.text, words));
    link.append(title, text);
    link.addEventListener("click", () => { found.hidden = true; });
    found.append(link);
  }
  found.hidden = false;
}

query.addEventListener("focus", load);
query.addEventListener("input", show);
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const first = found.querySelector("a");
  if (first) location.href = first.href;
});
document.addEventListener("click", (event) => { if (!event.target.closest("#search")) found.hidden = true; });
// Where the focus goes elsewhere, nothing stays in the way.
document.addEventListener("focusin", ({ target }) => {
  if (!target.closest("#search")) found.hidden = true;
  if (!target.closest("#contents, #menu")) open(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (contents.contains(document.activeElement)) menu.focus();
    if (found.contains(document.activeElement)) query.focus();
    found.hidden = true;
    open(false);
  }
  if (event.key === "/" && !event.target.closest("input")) { event.preventDefault(); query.focus(); }
});
