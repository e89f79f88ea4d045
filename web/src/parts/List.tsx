import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusHeading, focusList, takeNext, wanted as whenThere } from "../actions";
import { categoryName, mayWrite, words } from "../desk";
import { failed, fresh, hasMore, hold, isLoading, loadList, loadMore, query, rows, settle } from "../lists";
import { go, place } from "../places";
import { extendTo, hand, handAt, hasHand, isChoosing, isListSeen, reach, selectedCount, toggle } from "../selection";
import { letGo } from "../together";
import { say } from "../words";
import { Icon } from "./icons";
import { Line } from "./Line";
import { SelectionBar } from "./Selection";

const ROW_REM = 4.25; // the height of a row
const BEYOND = 8; // rows drawn above and below what is seen
const SEARCH_AFTER_MS = 250;

export function List() {
  const title = place.value.category === null ? say(`view.${place.value.view}`) : (categoryName(place.value.category) ?? "");
  useEffect(() => void loadList(), [place.value.view, place.value.category, query.value]);
  return (
    <section class="listpane" aria-label={say("list.label")} data-pane>
      <header class="listhead">
        <h2 class="panehead">{title}</h2>
        {mayWrite.value && <SelectSeveral />}
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
      <SelectionBar />
    </section>
  );
}

/** For whoever has no keys and sees no boxes: while it is pressed, a press on a row selects it. */
function SelectSeveral() {
  return (
    <button
      type="button"
      class="plain small toggle"
      aria-pressed={isChoosing.value}
      aria-label={say("selection.choose")}
      title={say("selection.choose")}
      onClick={() => (isChoosing.value ? letGo() : (isChoosing.value = true))}
    >
      <Icon name="select" />
    </button>
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
          event.preventDefault(); // a browser would clear the field, and the selection goes first
          if (letGo()) return;
          clearTimeout(timer.current);
          event.currentTarget.value = "";
          whenThere.list = query.value !== "";
          if (!whenThere.list) focusList();
          query.value = "";
        }}
      />
    </div>
  );
}

const touched = matchMedia("(pointer: coarse)");

/** Whether a press on a row selects it. By touch it does while something is selected: there the boxes are too small to go on. */
function isPick(event: MouseEvent): boolean {
  return (
    isChoosing.value ||
    event.ctrlKey ||
    event.metaKey ||
    (touched.matches && selectedCount.value > 0) ||
    (event.target as Element).closest(".pick") !== null
  );
}

function Rows() {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(800);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const rowHeight = ROW_REM * rem;
  const all = rows.value;
  const first = Math.max(0, Math.floor(top.value / rowHeight) - BEYOND);
  const last = Math.min(all.length, Math.ceil((top.value + height.value) / rowHeight) + BEYOND);
  const openAt = all.findIndex((each) => each.id === place.value.id);
  const tabAt = handAt.value;
  const hadFocus = hasFocus();
  const wanted = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      height.value = element.clientHeight;
      if (element.contains(document.activeElement)) show(handAt.peek()); // the bar of the selection makes it lower
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, [all.length === 0]); // the box is there when rows are
  useEffect(() => {
    // Effects come late: a list that was empty when it was drawn may be there by now, and nobody is near its end.
    if (all.length > 0 && last > all.length - 20 && hasMore.value) void loadMore();
  }, [last, all.length]);
  useEffect(() => {
    if (openAt < 0) return;
    reach(openAt);
  }, [place.value.id, openAt < 0]);
  useEffect(() => {
    if (hasFocus()) focusAt(handAt.value);
    else show(handAt.value);
  }, [hand.value]);
  useLayoutEffect(() => {
    if (wanted.current !== null) focusDrawn(wanted.current);
    else if (whenThere.list && all.length > 0) {
      whenThere.list = false;
      focusAt(tabAt);
    } else if (hadFocus && document.activeElement === document.body) focusAt(tabAt); // its row has left
  });

  function hasFocus(): boolean {
    return box.current?.contains(document.activeElement) ?? false;
  }

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
    reach(to);
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
      if (event.shiftKey && mayWrite.value) extendTo(to);
      focusAt(to);
    } else if (event.key === " " && mayWrite.value) {
      event.preventDefault();
      reach(at);
      toggle();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(at);
      focusHeading();
    }
  }

  function open(at: number) {
    go({ id: all[at]?.id ?? null });
  }

  function press(event: MouseEvent, at: number) {
    const isRange = mayWrite.value && event.shiftKey;
    if (isRange && hasHand.value) extendTo(at);
    else {
      reach(at);
      if (isRange || (mayWrite.value && isPick(event))) toggle();
      else open(at);
      if (!isListSeen.value) focusHeading(); // the thread has taken the place of the list
    }
    if (isRange) focusAt(at); // the browser was kept from it, see below
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
      class={`rows${isChoosing.value || selectedCount.value > 0 ? " choosing" : ""}`}
      id="list"
      ref={box}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
      onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)}
      onPointerLeave={(event) => !event.currentTarget.contains(document.activeElement) && hold(false)}
      onFocusCapture={(event) => {
        hold(true);
        reach(Number((event.target as HTMLElement).dataset.at));
      }}
      onBlurCapture={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) && !event.currentTarget.matches(":hover"))
          hold(false);
      }}
      onMouseDown={(event) => event.shiftKey && event.preventDefault()} // no text is meant, and no other row is at hand yet
      onKeyDown={move}
    >
      <div role="listbox" aria-multiselectable={mayWrite.value} aria-label={say("list.label")} class="rowsinside" style={{ height: `${all.length * rowHeight}px` }}>
        {drawn.map(({ row, at }) => (
          <Line key={row.id} row={row} at={at} top={at * rowHeight} isTab={at === tabAt} size={hasMore.value ? -1 : all.length} press={(event) => press(event, at)} />
        ))}
      </div>
    </div>
  );
}
