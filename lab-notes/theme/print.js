// The whole book on paper, as one page of HTML: what was an id of one page gets that page's name, and links between pages lead
// inside; to a step of a scene, which is only played, to its picture. `labnotes build --pdf` puts it into what it gives the browser to print.
"use strict";
{
const inside = (page, id) => (id ? `${page}--${id.replace(/^(.+)-step-\d+$/, "player-$1")}` : page);
const rules = [];
for (const part of document.querySelectorAll("[data-page]")) {
  const { page } = part.dataset;
  for (const element of part.querySelectorAll("[id]")) element.id = inside(page, element.id);
  for (const link of part.querySelectorAll("a[href]")) {
    const [file, id] = link.getAttribute("href").split("#");
    if (!file.includes(":")) link.href = `#${inside(file.replace(/\.html$/, "") || page, id)}`;
  }
  const title = part.querySelector("h1")?.textContent;
  if (!title) continue;
  part.id = page;
  part.style.page = page;
  rules.push(`@page ${page} { @top-right { content: ${JSON.stringify(title)}; } }`);
}
document.head.append(Object.assign(document.createElement("style"), { textContent: rules.join("\n") }));
// What is too much for paper stays folded, and is left out.
for (const answer of document.querySelectorAll("details:not(.whole, .more, .fact *, .departure *)")) answer.open = true;
for (const code of document.querySelectorAll(":not(pre) > code"))
  if (!code.children.length) code.innerHTML = code.innerHTML.replace(/(?<!\S)-[\w-]+/g, '<span class="option">$&</span>');
for (const code of document.querySelectorAll("code[data-code]"))
  if (code.dataset.code) code.innerHTML = hljs.highlight(code.dataset.code, code.textContent, true).value;
}
