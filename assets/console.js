// Saves keystrokes; every page is complete without it.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;

// Moments: "4 min ago" for what is recent, and the reader's own time zone in the tooltip.
const STEPS = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [7 * 86400, 86400, "day"]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

function showMoments() {
  for (const element of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const seconds = (Date.now() - moment.getTime()) / 1000;
    const step = STEPS.find(([limit]) => seconds < limit);
    element.title = local.format(moment);
    if (seconds < -5) continue;
    if (seconds < 5) element.textContent = "just now";
    else if (step) element.textContent = ago.format(-Math.floor(seconds / step[1]), step[2]);
  }
}
showMoments();
setInterval(showMoments, 30_000);

// Copy buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

// Keys: / searches, j and k move through rows; Enter follows the focused link by itself.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-focus-key='/']");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
    return;
  }
  if (event.key !== "j" && event.key !== "k") return;
  const links = [...document.querySelectorAll("[data-row] .title")];
  if (links.length === 0) return;
  const at = links.indexOf(document.activeElement);
  const next = event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
  links[next].focus();
});
