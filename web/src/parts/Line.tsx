import { categoryName, clientName, mayWrite, me } from "../desk";
import { gone, unread } from "../lists";
import { place } from "../places";
import { selectedIds } from "../selection";
import type { Row } from "../shapes";
import { age, minutesSince, whole } from "../times";
import { say } from "../words";
import { Avatar, initials } from "./Avatar";
import { Icon } from "./icons";

const AMBER_MIN = 5; // minutes of waiting from which a row is marked, and from which it is marked strongly
const RED_MIN = 10;

interface Shown {
  row: Row;
  at: number;
  top: number;
  isTab: boolean;
  size: number;
  press(event: MouseEvent): void;
}

/** One conversation in the list. Its box is for pointers alone: a row is selected as an option of the list is. */
export function Line({ row, at, top, isTab, size, press }: Shown) {
  const isHere = place.value.id === row.id;
  const isUnread = unread.value.has(row.id);
  const last = row.lastMessage;
  const waited = row.waitingSince === null || row.holder !== "queue" ? null : minutesSince(row.waitingSince);
  const category = categoryName(row.categoryId);
  return (
    <div
      role="option"
      class={`row${isHere ? " here" : ""}${isUnread ? " unread" : ""}${gone.value.has(row.id) ? " gone" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      aria-selected={selectedIds.value.has(row.id)}
      aria-current={isHere ? "true" : undefined}
      aria-posinset={at + 1}
      aria-setsize={size}
      tabIndex={isTab ? 0 : -1}
      data-at={at}
      data-id={row.id}
      onClick={press}
    >
      <span class="hidden">{nameOf(row, waited, isUnread, category)}</span>
      <span class="pick" aria-hidden="true">
        <Avatar person={row.author} />
        {mayWrite.value && (
          <span class="box">
            <Icon name="check" />
          </span>
        )}
      </span>
      <span class="rowmain" aria-hidden="true">
        <span class="rowtop">
          <span class="rowname">{clientName(row)}</span>
          {category !== null && <span class="chip">{category}</span>}
          <span class="grow" />
          <time dateTime={last?.creationTime ?? row.creationTime} title={whole(last?.creationTime ?? row.creationTime)}>
            {age(last?.creationTime ?? row.creationTime)}
          </time>
        </span>
        <span class="rowlast">
          <span class="rowtext">
            {last?.isByBot && <Icon name="bot" />}
            {last?.isByTeam && !last.isByBot && <span class="quiet">{last.authorId === me.value?.id ? say("you.wrote") : (last.authorName ?? "")}: </span>}
            {last?.text ?? row.title ?? say("list.silent")}
          </span>
          <Marks row={row} waited={waited} isUnread={isUnread} />
        </span>
      </span>
    </div>
  );
}

function Marks({ row, waited, isUnread }: { row: Row; waited: number | null; isUnread: boolean }) {
  return (
    <span class="marks">
      {row.sentiment === "complaint" && (
        <span class="sentiment" title={say("sentiment.complaint")}>
          <Icon name="warning" />
        </span>
      )}
      {row.sentiment === "praise" && (
        <span class="sentiment praise" title={say("sentiment.praise")}>
          <Icon name="star" />
        </span>
      )}
      {row.feedback !== null && <span class="chip">{row.feedback.isPositive ? "👍" : "👎"}</span>}
      {waited !== null && (
        <span class={`wait${waited >= RED_MIN ? " red" : waited >= AMBER_MIN ? " amber" : ""}`}>
          <Icon name={waited >= AMBER_MIN ? "warning" : "clock"} />
          {waited === 0 ? say("wait.new") : say("age.minutes", { count: waited })}
        </span>
      )}
      {row.holder === "bot" && (
        <span class="holder" title={say("holder.bot")}>
          <Icon name="bot" />
        </span>
      )}
      {row.assignee !== null && row.holder === "teammate" && (
        <span class="holder initials" title={row.assignee.name ?? ""}>
          {initials(row.assignee.name)}
        </span>
      )}
      {row.isClosed && (
        <span class="holder" title={say("holder.nobody")}>
          <Icon name="check" />
        </span>
      )}
      {isUnread && <span class="unreaddot" />}
    </span>
  );
}

/** The one name that a row has for screen readers. */
function nameOf(row: Row, waited: number | null, isUnread: boolean, category: string | null): string {
  return [
    clientName(row),
    category,
    row.title,
    row.lastMessage?.text.slice(0, 80),
    waited !== null ? say("row.waiting", { count: waited }) : say(`holder.${row.holder}`),
    row.holder === "teammate" ? row.assignee?.name : null,
    row.sentiment !== null ? say(`sentiment.${row.sentiment}`) : null,
    isUnread ? say("row.unread") : null,
  ]
    .filter(Boolean)
    .join(", ");
}
