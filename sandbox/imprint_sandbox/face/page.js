// Puts into the page what the server has rendered anew. What was open stays open, and the focus stays where it was.
const live = document.getElementById("live");

function say(state, text) {
  live.dataset.state = state;
  live.textContent = text;
}

function replace(section, html) {
  const open = [...section.querySelectorAll("details[open]")].map((each) => each.id);
  const focused = section.contains(document.activeElement) ? document.activeElement.id : "";
  section.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const source = new EventSource("/_sandbox/page/stream");
source.onopen = () => say("live", "Live");
source.onerror = () => say("lost", "Not connected");
source.onmessage = (message) => {
  for (const [id, html] of Object.entries(JSON.parse(message.data))) replace(document.getElementById(id), html);
};
