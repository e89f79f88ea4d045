import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { isDark } from "../look";
import { locale, say } from "../words";

export interface Series {
  name: string;
  /** The number of one of the plot colours. */
  colour: number;
  isDashed?: boolean;
  isPoints?: boolean;
}

interface Given {
  label: string;
  series: Series[];
  /** The first column is x: seconds since 1970, or a value when `isTime` is false. */
  data: (number | null)[][];
  isTime?: boolean;
  height?: number;
  unit?: (value: number) => string;
  xLabel?: string;
  yLabel?: string;
}

const DAY_S = 24 * 3600;
const LABEL_PX = 80; // from one time to the next, so that their words do not touch
const DAYS = [1, 2, 7, 14, 28, 56].map((days) => days * DAY_S);
/** Seconds that are said in a round number. */
const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, DAY_S, 2 * DAY_S, 7 * DAY_S, 14 * DAY_S];

/** A plot with its legend in words, and its figures as a table for whoever does not see it. */
export function Plot(given: Given) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const plot = new uPlot(optionsOf(given, element), given.data as uPlot.AlignedData, element);
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: given.height ?? 220 }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [given.data, isDark.value, locale()]);
  return (
    <figure class="plot">
      <figcaption>{given.label}</figcaption>
      <ul class="legend">
        {given.series.map((each) => (
          <li key={each.name}>
            <span class={`key plot-${each.colour}${each.isDashed ? " dashed" : ""}`} aria-hidden="true" /> {each.name}
          </li>
        ))}
      </ul>
      <div class="plotbox" ref={box} aria-hidden="true" />
      <details>
        <summary>{say("plot.table")}</summary>
        <div class="tablebox" tabIndex={0} role="region" aria-label={given.label}>
          <table>
            <thead>
              <tr>
                <th scope="col">{given.xLabel ?? say("plot.time")}</th>
                {given.series.map((each) => (
                  <th scope="col" key={each.name}>
                    {each.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{(given.data[0] ?? []).slice(-60).map((x, at, some) => tableRow(given, x, (given.data[0]?.length ?? 0) - some.length + at))}</tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function tableRow(given: Given, x: number | null, at: number) {
  const time = (given.isTime ?? true) && x !== null ? new Date(x * 1000).toLocaleString(locale(), { dateStyle: "short", timeStyle: "short" }) : null;
  return (
    <tr key={at}>
      <th scope="row">{time ?? valueOf(given, x)}</th>
      {given.data.slice(1).map((column, index) => (
        <td key={index}>{valueOf(given, column[at] ?? null)}</td>
      ))}
    </tr>
  );
}

function valueOf(given: Given, value: number | null): string {
  if (value === null) return "–";
  return given.unit ? given.unit(value) : new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(value);
}

function optionsOf(given: Given, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const quiet = { stroke: colour("--quiet"), grid: { stroke: colour("--border"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const isTime = given.isTime ?? true;
  const format = (value: number) => valueOf(given, value);
  const round = given.unit ? { incrs: SPANS } : {};
  return {
    width: element.clientWidth,
    height: given.height ?? 220,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: isTime }, y: { range: (_, __, max) => [0, Math.max(max * 1.08, 1)] } },
    axes: [
      { ...quiet, ...(isTime ? timeAxis(given.data[0] ?? []) : { ...round, values: (_, values) => values.map(format) }) },
      { ...quiet, ...round, size: 52, values: (_, values) => values.map((each) => (Number.isInteger(each) || given.unit ? format(each) : "")) },
    ],
    series: [
      {},
      ...given.series.map((each): uPlot.Series => {
        const stroke = colour(`--plot-${each.colour}`);
        if (each.isPoints) return { stroke, paths: () => null, points: { show: true, size: 6, fill: stroke, stroke } };
        return { stroke, width: 2, points: { show: false }, ...(each.isDashed ? { dash: [6, 4] } : {}) };
      }),
    ],
  };
}

/** The hour, or over some days the date, which then stands once for each. */
function timeAxis(times: (number | null)[]): uPlot.Axis {
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * DAY_S;
  const form = new Intl.DateTimeFormat(locale(), isLong ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
  return {
    space: LABEL_PX,
    ...(isLong ? { incrs: DAYS } : {}),
    values: (_, shown) => shown.map((time) => form.format(new Date(time * 1000))),
  };
}
