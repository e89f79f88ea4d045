// Runs in the page before its own scripts. It notes when each marked text stands in the opened thread and in the list,
// when the frame with it was painted, and when the key was pressed that sent it. Times are those of the system's clock.
(() => {
  const MARK = /#(\d+)#/g;
  const noted = { thread: {}, threadPainted: {}, row: {}, rowPainted: {}, pressed: {} };
  const now = () => performance.timeOrigin + performance.now();

  const note = (name, marks, at) => {
    for (const mark of marks) noted[name][mark] ??= at;
  };

  /** The first message after the next frame comes when that frame has been painted. */
  const whenPainted = (work) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = work;
      channel.port2.postMessage(null);
    });

  const placeOf = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (element === null || element.closest(".unsent")) return null;
    if (element.closest("#list")) return "row";
    return element.closest("[role=log]") ? "thread" : null;
  };

  const changed = (records) => {
    const at = now();
    const found = { thread: new Set(), row: new Set() };
    for (const record of records)
      for (const node of record.type === "characterData" ? [record.target] : record.addedNodes) {
        const place = placeOf(node);
        if (place !== null) for (const [, mark] of node.textContent.matchAll(MARK)) found[place].add(mark);
      }
    for (const [place, marks] of Object.entries(found)) {
      if (marks.size === 0) continue;
      note(place, marks, at);
      whenPainted(() => note(`${place}Painted`, marks, now()));
    }
  };

  const pressed = (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "TEXTAREA") return;
    for (const [, mark] of event.target.value.matchAll(MARK)) noted.pressed[mark] = performance.timeOrigin + event.timeStamp;
  };

  new MutationObserver(changed).observe(document, { subtree: true, childList: true, characterData: true });
  document.addEventListener("keydown", pressed, { capture: true });
  window.benchNoted = noted;
  window.benchNow = now;
})();
