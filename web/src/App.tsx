import { lazy, Suspense } from "./later";
import { detailsFolded, viewsFolded } from "./actions";
import { isFurnished, session } from "./desk";
import { layer, question } from "./layers";
import { place } from "./places";
import { talk } from "./talk";
import { Details } from "./parts/Details";
import { List } from "./parts/List";
import { Notices } from "./parts/Notices";
import { Palette } from "./parts/Palette";
import { Rail } from "./parts/Rail";
import { Shortcuts } from "./parts/Shortcuts";
import { SignIn } from "./parts/SignIn";
import { Sure } from "./parts/Sure";
import { Thread } from "./parts/Thread";
import { Views } from "./parts/Views";
import { say, spoken } from "./words";

const QueuePage = lazy(() => import("./pages/Queue"));
const ReportsPage = lazy(() => import("./pages/Reports"));
const SettingsPage = lazy(() => import("./pages/Settings"));

export function App() {
  void spoken.value;
  if (session.value === undefined) return null;
  if (session.value === null)
    return (
      <>
        <SignIn />
        <Notices />
      </>
    );
  const { page, id } = place.value;
  return (
    <>
      <div class={`shell${id !== null && page === "inbox" ? " opened" : ""}`}>
        <Rail />
        {page === "inbox" && isFurnished.value && (
          <div class={`desk${viewsFolded.value ? " noviews" : ""}${detailsFolded.value || talk.value === null ? " nodetails" : ""}`}>
            <Views />
            <main class="panes">
              {id === null && <h1 class="hidden">{say("rail.inbox")}</h1>}
              <List />
              <Thread />
            </main>
            <Details />
          </div>
        )}
        {page === "queue" && <Suspense of={QueuePage} />}
        {page === "reports" && <Suspense of={ReportsPage} />}
        {page === "settings" && <Suspense of={SettingsPage} />}
      </div>
      {layer.value === "shortcuts" && <Shortcuts />}
      {layer.value === "sure" && question.value !== null && <Sure question={question.value} />}
      {layer.value !== null && layer.value !== "shortcuts" && layer.value !== "sure" && <Palette key={layer.value} kind={layer.value} />}
      <Notices />
    </>
  );
}
