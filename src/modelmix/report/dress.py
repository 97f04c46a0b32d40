"""The dress of the report: its style sheet, and the script that draws its charts."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b2126;--soft:#57626c;--line:#dbe0e4;--paper:#fff;--card:#f5f7f9;
--bar:#2f6fc4;--good:#146c3c;--stake:#855700;--bad:#b3261e;--goodcard:#e8f4ec;--badcard:#fbecea;
--stakecard:#fbf3e0}
@media (prefers-color-scheme:dark){:root{--ink:#e7eaed;--soft:#a2adb7;--line:#363e46;--paper:#13171b;
--card:#1b2025;--bar:#6aa5f2;--good:#6fcb96;--stake:#e6b95c;--bad:#ff8f86;--goodcard:#172a1f;
--badcard:#331c1b;--stakecard:#2d2615}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:66rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.75rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line)}
h3{font-size:1.02rem;margin:0 0 .35rem}
h4{font-size:.98rem;margin:1rem 0 .25rem}
h5,h6{font-size:.92rem;margin:.9rem 0 .2rem}
h6{font-weight:550;color:var(--soft)}
h6+.bad{margin-top:0}
p{margin:.4rem 0}
a{color:var(--bar)}
.soft{color:var(--soft)}
.small{font-size:.9rem}
.note{border-left:4px solid var(--stake);background:var(--stakecard);padding:.5rem .8rem;margin:.6rem 0}
.good{color:var(--good);font-weight:600}
.bad{color:var(--bad);font-weight:600}
.stake{color:var(--stake);font-weight:600}
.wide{overflow-x:auto;max-width:100%}
.wide:focus-visible{outline:2px solid var(--bar)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin:.25rem 0}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem;font-size:.9rem}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;
vertical-align:top;overflow-wrap:normal}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9rem}
tbody th{font-weight:500}
thead th{border-bottom:2px solid var(--line);font-size:.9rem}
table.candidates th:nth-child(2){text-align:left}
table.candidates th,table.candidates td{padding-left:.4rem;padding-right:.4rem}
.wide caption span{display:block;position:sticky;left:0;max-width:min(100%,100vw - 4.5rem)}
td.text{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:12rem}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.9em}
table.receipt{background:var(--card);border:1px solid var(--line);border-radius:.6rem;border-spacing:0;
border-collapse:separate;margin:1rem 0}
table.receipt caption{padding:.5rem .9rem .2rem}
table.receipt th,table.receipt td{padding:.65rem .9rem;white-space:normal}
table.receipt tbody tr:last-child>*{border-bottom:0}
table.receipt .what{display:block;font-size:1.02rem;font-weight:650}
table.receipt .more{display:block;color:var(--soft);font-size:.88rem;font-weight:400}
table.receipt td.usd{font-size:1.15rem;font-weight:650}
table.receipt td.usd,table.receipt td.nowrap,table.receipt .held{white-space:nowrap}
table.receipt tr.proven td.usd,table.receipt tr.proven .what{color:var(--good)}
table.receipt tr.refused td.usd,table.receipt tr.refused .what{color:var(--bad)}
table.receipt tr.undecided td.usd,table.receipt tr.undecided .what{color:var(--stake)}
table.receipt tr.unknown td.usd{font-weight:400;color:var(--soft)}
.bar{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:center;justify-content:space-between;
margin:.45rem 0;font-variant-numeric:tabular-nums}
.bar span:first-child{min-width:3.2rem}
.bar span:last-child{min-width:6rem;text-align:right}
.track{flex:1;height:1.1rem;background:var(--card);border-radius:.25rem;overflow:hidden;display:flex}
.fill{display:block;height:100%;background:var(--bar)}
.fill.saved{background:repeating-linear-gradient(45deg,var(--good) 0 4px,transparent 4px 8px)}
.chart{width:100%;min-width:0}
article{border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1.1rem;margin:.9rem 0}
section.declined{border-left:4px solid var(--bad);padding:.1rem 0 .1rem .9rem;margin:1.1rem 0 .2rem}
section.declined h4{margin-top:0;color:var(--bad)}
.badge{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-size:.82rem;font-weight:650;
border:1px solid currentColor;white-space:nowrap}
.badge.proven{color:var(--good);background:var(--goodcard)}
.badge.refused{color:var(--bad);background:var(--badcard)}
.badge.undecided{color:var(--stake);background:var(--stakecard)}
.badge.unmeasured{color:var(--soft)}
ul{margin:.3rem 0;padding-left:1.2rem}
details{margin:.5rem 0}
summary{cursor:pointer;font-weight:550}
summary:focus-visible{outline:2px solid var(--bar)}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.7rem}
.side{min-width:0;border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem}
.side.right{border-left:4px solid var(--good)}
.side.wrong{border-left:4px solid var(--bad)}
.side .title{font-size:.88rem;color:var(--soft)}
pre{margin:.2rem 0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;max-height:22rem;
overflow:auto;font:.86rem/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.1rem;margin:.5rem 0}
dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media (max-width:44rem){
body{padding:1.1rem .9rem 3rem}
th,td{padding:.35rem .4rem}
th:first-child,td:first-child{min-width:6rem}
table.receipt,table.receipt caption,table.receipt tbody,table.receipt tr,
table.receipt th,table.receipt td{display:block;width:100%}
table.receipt thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.receipt th,table.receipt td{text-align:left;border:0;padding:.12rem .9rem;min-width:0}
table.receipt tr{border-bottom:1px solid var(--line);padding:.6rem 0}
table.receipt tbody tr:last-child{border-bottom:0}
table.receipt td[data-heading]::before{content:attr(data-heading) ": ";color:var(--soft)}
table.receipt td.absent{display:none}
.bar .track{flex:1 0 100%;order:1}
dl{grid-template-columns:1fr}
dd{margin-bottom:.4rem}
}
@media print{
:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#fff;--bar:#2f6fc4;--good:#146c3c;
--stake:#855700;--bad:#b3261e;--goodcard:#fff;--badcard:#fff;--stakecard:#fff;color-scheme:light}
body{max-width:none;padding:0;font-size:10.5pt}
.wide{overflow:visible}
article,tr,.side{break-inside:avoid}
pre{max-height:none;overflow:visible}
details>summary{list-style:none}
details::details-content{content-visibility:visible;block-size:auto}
h2{break-after:avoid}
}
"""

SCRIPT = """
(function () {
  "use strict";
  var plotly = window.Plotly;
  if (!plotly) { return; }
  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  function dressed(key, value) {
    return typeof value === "string" && value.slice(0, 4) === "var:" ? variable(value.slice(4)) : value;
  }
  function draw() {
    document.querySelectorAll("script[data-chart]").forEach(function (source) {
      var place = document.getElementById(source.dataset.chart);
      var chart = JSON.parse(source.textContent, dressed);
      var layout = chart.layout;
      layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
      layout.font = { color: variable("--ink"), size: 13,
        family: getComputedStyle(document.body).fontFamily };
      ["xaxis", "yaxis"].forEach(function (axis) {
        layout[axis].gridcolor = layout[axis].zerolinecolor = variable("--line");
      });
      layout.hoverlabel = { bgcolor: variable("--card"), bordercolor: variable("--line"),
        font: { color: variable("--ink") } };
      plotly.react(place, chart.data, layout, { displayModeBar: false, responsive: true })
        .then(function () { place.dataset.drawn = "yes"; });
    });
  }
  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
"""
