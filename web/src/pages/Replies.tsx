import { useSignal } from "@preact/signals";
import { ask } from "../api";
import { mayWrite, words } from "../desk";
import { tell } from "../notices";
import { hasReplies, loadReplies, savedReplies, type SavedReply } from "../replies";
import { Icon } from "../parts/icons";
import { say } from "../words";

/** Saved replies: read, written, changed and removed. */
export function Replies() {
  const edited = useSignal<SavedReply | null>(null);
  if (!hasReplies.value) return <p class="quiet">{say("settings.notHere")}</p>;

  async function save(reply: SavedReply) {
    const body = { shortcut: reply.shortcut, text: reply.text, isShared: reply.isShared };
    try {
      if (reply.id === 0) await ask("POST", "/agents/saved-replies", { body });
      else await ask("PATCH", `/agents/saved-replies/${reply.id}`, { body });
      edited.value = null;
      await loadReplies();
    } catch (error) {
      tell(words(error), true);
    }
  }

  async function remove(reply: SavedReply) {
    try {
      await ask("DELETE", `/agents/saved-replies/${reply.id}`);
      await loadReplies();
    } catch (error) {
      tell(words(error), true);
    }
  }

  return (
    <section class="card">
      <p class="quiet">{say("replies.hint")}</p>
      <ul class="things">
        {savedReplies.value.map((each) => (
          <li key={each.id}>
            <span class="grow">
              <strong>/{each.shortcut}</strong> {!each.isShared && <span class="chip">{say("replies.own")}</span>}
              <span class="quiet clamp">{each.text}</span>
            </span>
            {mayWrite.value && (
              <>
                <button type="button" class="small" onClick={() => (edited.value = each)} aria-label={`${say("edit")} /${each.shortcut}`}>
                  {say("edit")}
                </button>
                <button type="button" class="small" onClick={() => void remove(each)} aria-label={`${say("remove")} /${each.shortcut}`}>
                  {say("remove")}
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
      {mayWrite.value && edited.value === null && (
        <button type="button" onClick={() => (edited.value = { id: 0, shortcut: "", text: "", isShared: true, lastModifiedTime: "" })}>
          <Icon name="plus" /> {say("replies.add")}
        </button>
      )}
      {edited.value !== null && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (edited.value) void save(edited.value);
          }}
        >
          <label>
            {say("replies.shortcut")}
            <input
              required
              value={edited.value.shortcut}
              onInput={(event) => edited.value && (edited.value = { ...edited.value, shortcut: event.currentTarget.value.replace(/^\//, "") })}
            />
          </label>
          <label>
            {say("replies.text")}
            <textarea
              required
              rows={5}
              value={edited.value.text}
              onInput={(event) => edited.value && (edited.value = { ...edited.value, text: event.currentTarget.value })}
            />
          </label>
          <label class="choice">
            <input
              type="checkbox"
              checked={edited.value.isShared}
              onChange={(event) => edited.value && (edited.value = { ...edited.value, isShared: event.currentTarget.checked })}
            />
            {say("replies.shared")}
          </label>
          <div class="formrow">
            <button type="submit" class="main">
              {say("save")}
            </button>
            <button type="button" onClick={() => (edited.value = null)}>
              {say("cancel")}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
