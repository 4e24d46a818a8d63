// Keys for queues and cases: each presses a button or chooses a field that is on the page anyway.

const typing = (target) => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]") !== null;
const form = document.getElementById("decide");

// Countdowns: how long a decision can be taken back, a lease holds, a clock runs.
function left(until) {
  const seconds = Math.round((new Date(until).getTime() - Date.now()) / 1000);
  if (!Number.isFinite(seconds)) return "";
  const size = Math.abs(seconds);
  const text = size < 90 ? `${size} s` : size < 5400 ? `${Math.round(size / 60)} min` : size < 172800 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86400)} days`;
  return seconds < 0 ? `${text} ago` : text;
}
function tick() {
  for (const element of document.querySelectorAll(".countdown[data-until]")) {
    const over = new Date(element.dataset.until).getTime() <= Date.now();
    element.textContent = over ? "" : ` ${left(element.dataset.until)}`;
    if (over) element.closest("button")?.removeAttribute("data-key");
  }
  for (const element of document.querySelectorAll("time[data-until], time[data-due]")) {
    const text = left(element.dateTime);
    element.textContent = text.endsWith("ago") ? `overdue ${text}` : `in ${text}`;
  }
}
tick();
setInterval(tick, 1000);

function actionChosen() {
  return form?.querySelector("input[name=action]:checked");
}

// Reasons that the chosen action does not take are greyed out.
function fit() {
  const action = actionChosen();
  if (!action) return;
  for (const reason of form.querySelectorAll("input[name=finding]")) {
    const fits = action.hasAttribute("data-needs-policy") && reason.dataset.actions.split(" ").includes(action.value);
    reason.disabled = !fits;
    if (!fits) reason.checked = false;
  }
  openWords();
}

// Words of the message that have to be filled in open their fields.
function openWords() {
  const wanted = [...form.querySelectorAll("input[name=finding]:checked")].flatMap((reason) => reason.dataset.open.split(" ").filter(Boolean));
  for (const label of form.querySelectorAll("[data-fill]")) {
    label.hidden = !wanted.includes(label.dataset.fill);
    label.querySelector("input").required = !label.hidden;
  }
  if (wanted.length > 0) {
    form.querySelector("details").open = true;
    form.querySelector(`[data-fill="${wanted[0]}"] input`).focus();
  }
}
form?.addEventListener("change", (event) => {
  if (event.target.name === "action") fit();
  if (event.target.name === "finding") openWords();
});
if (form) fit();

function keys() {
  const rows = [["?", "these keys"], ["Ctrl K", "go to a page"], ["j k", "move through rows"], ["Enter", "open, or decide"]];
  for (const button of document.querySelectorAll("[data-key]")) rows.push([button.dataset.key, button.textContent.trim()]);
  for (const action of document.querySelectorAll("[data-action-key]")) rows.push([action.dataset.actionKey, action.closest("label").firstChild.nextSibling.textContent.trim()]);
  for (const reason of document.querySelectorAll("[data-reason-key]")) rows.push([reason.dataset.reasonKey, reason.closest("label").querySelector("span").textContent.trim()]);
  if (document.querySelector("[data-focus=p]")) rows.push(["p", "pass on, put off"]);
  if (document.querySelector("[data-focus=c]")) rows.push(["c", "comment"]);
  return rows;
}

function box(title, ...children) {
  document.querySelector("dialog.box")?.remove();
  const dialog = document.createElement("dialog");
  dialog.className = "box";
  const head = document.createElement("h2");
  head.textContent = title;
  dialog.append(head, ...children);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function showKeys() {
  const list = document.createElement("dl");
  list.className = "facts";
  for (const [key, says] of keys()) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    const what = document.createElement("dd");
    what.textContent = says;
    row.append(term, what);
    list.append(row);
  }
  box("Keys", list);
}

// The palette leads to the places that the page and the main menu link to.
function palette() {
  const field = document.createElement("input");
  field.type = "search";
  field.setAttribute("aria-label", "Go to");
  const list = document.createElement("ul");
  list.className = "plain";
  const places = new Map();
  for (const link of document.querySelectorAll("nav a[href^='/'], main a[href^='/queues/'], main a[href^='/cases/']")) {
    const name = link.textContent.trim();
    if (name && !places.has(name)) places.set(name, link.getAttribute("href"));
  }
  const draw = () => {
    list.replaceChildren();
    for (const [name, href] of places) {
      if (!name.toLowerCase().includes(field.value.trim().toLowerCase()) || list.childElementCount >= 12) continue;
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = href;
      link.textContent = name;
      item.append(link);
      list.append(item);
    }
  };
  field.addEventListener("input", draw);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); list.querySelector("a")?.click(); }
    if (event.key === "ArrowDown") { event.preventDefault(); list.querySelector("a")?.focus(); }
  });
  draw();
  box("Go to", field, list);
  field.focus();
}

function choose(input) {
  if (!input || input.disabled) return false;
  if (input.type === "checkbox") input.checked = !input.checked;
  else input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]") || typing(event.target)) return;
  const key = event.key;
  if (key === "?") { showKeys(); return; }
  if (key === "Enter" && form && actionChosen() && !event.target.closest("a, button, summary")) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (!/^[a-z0-9]$/.test(key)) return;
  const action = document.querySelector(`[data-action-key="${key}"]`);
  if (action) {
    event.preventDefault();
    choose(action);
    // Nothing more has to be said: decide at once.
    if (!action.hasAttribute("data-needs-policy")) form.requestSubmit();
    return;
  }
  if (choose(document.querySelector(`[data-reason-key="${key}"]`))) { event.preventDefault(); return; }
  const field = document.querySelector(`[data-focus="${key}"]`);
  if (field) {
    event.preventDefault();
    const around = field.closest("details");
    if (around) around.open = true;
    field.focus();
    return;
  }
  const button = document.querySelector(`[data-key="${key}"]`);
  if (button) { event.preventDefault(); button.form.requestSubmit(button); }
});
