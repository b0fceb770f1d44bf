// The book's script: colours of code, light or dark, the contents on a phone, the search. Everything else works without it.
"use strict";

const korean = document.documentElement.lang === "ko";

for (const code of document.querySelectorAll("code[data-code]")) {
  const language = code.dataset.code;
  if (language) code.innerHTML = hljs.highlight(language, code.textContent, true).value;
}

// ---- Light or dark: the system's choice, until somebody chooses ----

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a page from a file may have no storage */ }
});

// ---- Contents ----

const menu = document.getElementById("menu");
const contents = document.getElementById("contents");
const open = (is) => {
  document.body.classList.toggle("menu-open", is);
  menu.setAttribute("aria-expanded", is);
};
menu.addEventListener("click", () => open(!document.body.classList.contains("menu-open")));
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

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const hits = [];
  for (const section of window.bookIndex) {
    const page = section.page.toLowerCase(), heading = section.heading.toLowerCase(), body = section.text.toLowerCase();
    let score = 0;
    for (const word of words) {
      const inPage = page.includes(word), inHeading = heading.includes(word), at = body.indexOf(word);
      if (!inPage && !inHeading && at < 0) { score = 0; break; }
      score += (inHeading ? 20 : 0) + (inPage ? 5 : 0) + (at >= 0 ? 1 + Math.min(5, body.split(word).length - 1) : 0);
    }
    if (score) hits.push({ section, score, words });
  }
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
    text.append(...excerpt(section.text, words));
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
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { found.hidden = true; query.blur(); open(false); }
  if (event.key === "/" && !event.target.closest("input")) { event.preventDefault(); query.focus(); }
});
