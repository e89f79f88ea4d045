import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusHeading, takeNext, wanted as whenThere } from "../actions";
import { categoryName, mayWrite, me, words } from "../desk";
import { failed, fresh, gone, hasMore, hold, isLoading, loadList, loadMore, query, rows, settle, unread } from "../lists";
import { go, place } from "../places";
import type { Row } from "../shapes";
import { age, minutesSince, whole } from "../times";
import { say } from "../words";
import { Avatar, initials } from "./Avatar";
import { Icon } from "./icons";

const ROW_REM = 4.25; // the height of a row
const BEYOND = 8; // rows drawn above and below what is seen
const SEARCH_AFTER_MS = 250;
const AMBER_MIN = 5; // minutes of waiting from which a row is marked, and from which it is marked strongly
const RED_MIN = 10;

export function List() {
  const title = place.value.category === null ? say(`view.${place.value.view}`) : (categoryName(place.value.category) ?? "");
  useEffect(() => void loadList(), [place.value.view, place.value.category, query.value]);
  return (
    <section class="listpane" aria-label={say("list.label")} data-pane>
      <header class="listhead">
        <h2 class="panehead">{title}</h2>
        {mayWrite.value && (
          <button type="button" class="small" onClick={() => void takeNext()} title={say("do.next") + " (N)"}>
            <Icon name="hand" /> {say("next.button")}
          </button>
        )}
      </header>
      <Search />
      {fresh.value.length > 0 && (
        <button type="button" class="fresh" onClick={settle}>
          <Icon name="up" /> {say("list.fresh", { count: fresh.value.length })}
        </button>
      )}
      <Rows />
    </section>
  );
}

function Search() {
  const timer = useRef<ReturnType<typeof setTimeout>>();
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        id="search"
        type="search"
        placeholder={say("search.label")}
        aria-label={say("search.label")}
        defaultValue={query.value}
        onInput={(event) => {
          const text = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => (query.value = text), SEARCH_AFTER_MS);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.currentTarget.value = "";
          query.value = "";
          event.currentTarget.blur();
        }}
      />
    </div>
  );
}

function Rows() {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(800);
  const focused = useSignal(0);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const rowHeight = ROW_REM * rem;
  const all = rows.value;
  const first = Math.max(0, Math.floor(top.value / rowHeight) - BEYOND);
  const last = Math.min(all.length, Math.ceil((top.value + height.value) / rowHeight) + BEYOND);
  const openAt = all.findIndex((each) => each.id === place.value.id);
  const tabAt = Math.min(focused.value, Math.max(0, all.length - 1));
  const wanted = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => (height.value = element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, [all.length === 0]); // the box is there when rows are
  useEffect(() => {
    if (last > all.length - 20 && hasMore.value) void loadMore();
  }, [last, all.length]);
  useEffect(() => {
    if (openAt < 0) return;
    focused.value = openAt;
    show(openAt);
  }, [place.value.id, openAt < 0]);
  useLayoutEffect(() => {
    if (wanted.current !== null) focusDrawn(wanted.current);
    else if (whenThere.list && all.length > 0) {
      whenThere.list = false;
      focusAt(0);
    }
  });

  function show(at: number) {
    const element = box.current;
    if (element === null) return;
    if (at * rowHeight < element.scrollTop) element.scrollTop = at * rowHeight;
    else if ((at + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * rowHeight - element.clientHeight;
  }

  function focusAt(at: number) {
    const to = Math.max(0, Math.min(all.length - 1, at));
    wanted.current = to;
    focused.value = to;
    show(to);
    focusDrawn(to);
  }

  /** At once when the row is drawn, so that the next key meets it; else when it has been. */
  function focusDrawn(to: number) {
    const row = box.current?.querySelector<HTMLElement>(`[data-at="${to}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  }

  function move(event: KeyboardEvent) {
    const at = Number((event.target as HTMLElement).dataset.at ?? tabAt);
    const page = Math.max(1, Math.floor(height.value / rowHeight) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      focusAt(to);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const row = all[at];
      if (row) go({ id: row.id });
      focusHeading();
    }
  }

  if (failed.value !== null && all.length === 0)
    return (
      <div class="empty" role="alert">
        <p>{words(failed.value)}</p>
        <button type="button" onClick={() => void loadList(true)}>
          {say("again")}
        </button>
      </div>
    );
  if (all.length === 0)
    return (
      <div class="empty" id="list">
        {!isLoading.value && (
          <>
            <Icon name={query.value ? "search" : "check"} />
            <p>{query.value ? say("list.nothing") : say(`empty.${place.value.view}`)}</p>
          </>
        )}
      </div>
    );
  const drawn = all.slice(first, last).map((row, index) => ({ row, at: first + index }));
  const tabRow = all[tabAt];
  if (tabRow !== undefined && (tabAt < first || tabAt >= last)) drawn.push({ row: tabRow, at: tabAt });
  return (
    <div
      class="rows"
      id="list"
      ref={box}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
      onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)}
      onPointerLeave={(event) => !event.currentTarget.contains(document.activeElement) && hold(false)}
      onFocusCapture={() => hold(true)}
      onBlurCapture={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) && !event.currentTarget.matches(":hover"))
          hold(false);
      }}
      onKeyDown={move}
    >
      <div role="listbox" aria-label={say("list.label")} class="rowsinside" style={{ height: `${all.length * rowHeight}px` }}>
        {drawn.map(({ row, at }) => (
          <Line key={row.id} row={row} at={at} top={at * rowHeight} isTab={at === tabAt} size={hasMore.value ? -1 : all.length} />
        ))}
      </div>
    </div>
  );
}

function Line({ row, at, top, isTab, size }: { row: Row; at: number; top: number; isTab: boolean; size: number }) {
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
      aria-selected={isHere}
      aria-posinset={at + 1}
      aria-setsize={size}
      tabIndex={isTab ? 0 : -1}
      data-at={at}
      data-id={row.id}
      onClick={() => go({ id: row.id })}
    >
      <span class="hidden">{nameOf(row, waited, isUnread, category)}</span>
      <Avatar person={row.author} />
      <span class="rowmain" aria-hidden="true">
        <span class="rowtop">
          <span class="rowname">{row.author.name ?? row.author.email ?? say("client")}</span>
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
    row.author.name ?? row.author.email ?? say("client"),
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
