import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, LineError, RefusedError } from "../api";
import { words } from "../desk";
import type { Estimates, Report, Spread } from "../shapes";
import { span } from "../times";
import { locale, say } from "../words";
import { Plot } from "./Plot";
import { Figure } from "./Queue";

const DAYS = [1, 7, 30, 90];

export default function ReportsPage() {
  const days = useSignal(7);
  const report = useSignal<Report | null>(null);
  const failed = useSignal<unknown>(null);
  useEffect(() => {
    document.title = `${say("rail.reports")} · Parley`;
    get<Report>(`/agents/reports?days=${days.value}`)
      .then((read) => {
        report.value = read;
        failed.value = null;
      })
      .catch((error: unknown) => {
        if (!(error instanceof LineError || error instanceof RefusedError)) throw error;
        failed.value = error;
      });
  }, [days.value]);
  const at = report.value;
  return (
    <main class="page" data-pane tabIndex={-1}>
      <header class="pagehead">
        <h1>{say("rail.reports")}</h1>
        <div class="kinds" role="group" aria-label={say("reports.days")}>
          {DAYS.map((each) => (
            <button key={each} type="button" aria-pressed={days.value === each} onClick={() => (days.value = each)}>
              {say("reports.lastDays", { count: each })}
            </button>
          ))}
        </div>
      </header>
      {at === null && failed.value !== null && <p role="alert">{words(failed.value)}</p>}
      {at !== null && <Drawn at={at} />}
    </main>
  );
}

function Drawn({ at }: { at: Report }) {
  const told = at.feedback.positive + at.feedback.negative;
  const times = at.buckets.map((each) => Date.parse(each.time) / 1000);
  const sum = (name: "arrived" | "taken" | "gaveUp" | "closed") => at.buckets.reduce((all, each) => all + each[name], 0);
  return (
    <>
      <ul class="figures">
        <Figure name={say("plot.arrived")} value={number(sum("arrived"))} hint={say("reports.taken", { taken: sum("taken"), gaveUp: sum("gaveUp") })} />
        <Figure name={say("reports.wait")} value={span(at.waits.p50)} hint={most(at.waits)} />
        <Figure name={say("reports.firstAnswer")} value={span(at.firstAnswer.p50)} hint={most(at.firstAnswer)} />
        <Figure name={say("reports.handling")} value={span(at.handling.p50)} hint={most(at.handling)} />
        <Figure name={say("reports.pleased")} value={told === 0 ? "–" : percent(at.feedback.positive / told)} hint={say("reports.told", { count: told })} />
      </ul>
      <section class="card">
        <h2>{say("reports.traffic")}</h2>
        <Plot
          label={say("reports.trafficHint")}
          series={[
            { name: say("plot.arrived"), colour: 2 },
            { name: say("plot.taken"), colour: 3 },
            { name: say("plot.gaveUp"), colour: 4, isDashed: true },
            { name: say("plot.closed"), colour: 5 },
            { name: say("plot.waiting"), colour: 1 },
          ]}
          data={[
            times,
            at.buckets.map((each) => each.arrived),
            at.buckets.map((each) => each.taken),
            at.buckets.map((each) => each.gaveUp),
            at.buckets.map((each) => each.closed),
            at.buckets.map((each) => each.waiting),
          ]}
        />
      </section>
      <section class="card">
        <h2>{say("reports.estimates")}</h2>
        {at.estimates.points.length === 0 ? <p class="quiet">{say("reports.noEstimates")}</p> : <Truth estimates={at.estimates} />}
      </section>
    </>
  );
}

/** What people were told against what came: each point on the line is a promise kept. */
function Truth({ estimates }: { estimates: Estimates }) {
  const points = estimates.points.toSorted((a, b) => a.estimated - b.estimated);
  return (
    <>
      <p>
        {estimates.coverage !== null && say("reports.coverage", { share: percent(estimates.coverage) })}{" "}
        {estimates.meanError !== null && say("reports.meanError", { time: span(estimates.meanError) })}
      </p>
      <Plot
        label={say("reports.estimatesHint")}
        isTime={false}
        unit={(seconds) => span(seconds)}
        xLabel={say("plot.estimated")}
        height={280}
        series={[
          { name: say("plot.actual"), colour: 2, isPoints: true },
          { name: say("plot.exact"), colour: 1 },
          { name: say("plot.p10"), colour: 5, isDashed: true },
          { name: say("plot.p90"), colour: 4, isDashed: true },
        ]}
        data={[
          points.map((each) => each.estimated),
          points.map((each) => each.actual),
          points.map((each) => each.estimated),
          points.map((each) => each.p10),
          points.map((each) => each.p90),
        ]}
      />
    </>
  );
}

function most(spread: Spread): string {
  return spread.p90 === null ? say("reports.none") : say("reports.most", { time: span(spread.p90) });
}

function percent(share: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}
