import { announced, dismiss, notices } from "../notices";
import { say } from "../words";
import { Icon } from "./icons";

export function Notices() {
  return (
    <>
      <div class="hidden" role="status" aria-live="polite">
        {announced}
      </div>
      <div class="notices" role="region" aria-label={say("notices.label")}>
        {notices.value.map((each) => (
          <div key={each.id} class={`notice${each.isError ? " error" : ""}`} role={each.isError ? "alert" : "status"}>
            {each.isError && <Icon name="warning" />}
            <span>{each.text}</span>
            <button type="button" class="plain" aria-label={say("shut")} onClick={() => dismiss(each.id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}
