"""The dress of the label page: what it adds to the report's style sheet, and its keyboard."""

from modelmix.report.dress import STYLE

LABEL_STYLE = (
    STYLE
    + """
body{max-width:84rem;padding-bottom:0}
header{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.2rem;margin:0}
progress{width:100%;height:.5rem;accent-color:var(--bar)}
.asked pre{max-height:14rem;border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem}
.sides{margin:.8rem 0;align-items:start}
.side h2{font-size:.95rem;border:0;margin:0 0 .3rem;padding:0;color:var(--soft);font-weight:600}
.side pre{max-height:24rem}
.empty{color:var(--soft);font-style:italic}
mark{background:var(--stakecard);color:inherit;border-bottom:2px solid var(--stake);border-radius:.15rem}
body.plain mark{background:none;border-bottom:0}
.verdicts{position:sticky;bottom:0;background:var(--paper);border-top:1px solid var(--line);
margin:0 -1.25rem;padding:.6rem 1.25rem .7rem}
.verdicts fieldset{border:0;margin:0;padding:0;min-width:0;display:grid;gap:.5rem;
grid-template-columns:repeat(4,minmax(0,1fr))}
.verdicts legend{font-size:.9rem;color:var(--soft);padding:0 0 .35rem}
.more{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin-top:.5rem}
.more form{margin:0}
button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:.45rem;
padding:.55rem .7rem;min-height:2.75rem;cursor:pointer}
.more button{padding:.3rem .7rem;min-height:2.25rem;font-size:.9rem}
button:hover{border-color:var(--bar)}
button:focus-visible,pre:focus-visible{outline:3px solid var(--bar);outline-offset:1px}
kbd{font:.8em ui-monospace,"SF Mono",Menlo,Consolas,monospace;border:1px solid var(--line);
border-radius:.25rem;padding:.05rem .35rem;background:var(--paper);color:var(--soft);margin-left:.35rem}
#help{margin:.5rem 0}
#help dl{margin:.3rem 0}
.keys{margin-left:auto;color:var(--soft);font-size:.9rem}
article h2{font-size:1.05rem;border:0;margin:0 0 .3rem;padding:0}
.end{padding-bottom:2.5rem}
@media (max-width:44rem){
.verdicts{margin:0 -.9rem;padding:.45rem .9rem .5rem}
.verdicts fieldset{grid-template-columns:repeat(2,minmax(0,1fr));gap:.4rem}
.verdicts legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.asked pre{max-height:9rem}
.side pre{max-height:15rem}
button{padding:.4rem .5rem}
.keys{display:none}
}
@media (pointer:coarse){kbd{display:none}}
@media (forced-colors:active){mark{border:1px solid}}
"""
)

LABEL_SCRIPT = """
(function () {
  "use strict";
  var sent = false;
  document.addEventListener("submit", function (event) {
    if (sent) { event.preventDefault(); }
    sent = true;
  });
  // Who goes back to a page may send its form again.
  window.addEventListener("pageshow", function () { sent = false; });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) { return; }
    var key = event.key.toLowerCase();
    if (key === "=") { key = "0"; }
    if (key === "d") { document.body.classList.toggle("plain"); return; }
    if (key === "?") {
      var help = document.getElementById("help");
      if (help) { help.open = !help.open; event.preventDefault(); }
      return;
    }
    var button = document.querySelector('button[data-key="' + (/^[a-z0-9]$/.test(key) ? key : "none") + '"]');
    if (button) { event.preventDefault(); button.click(); }
  });
})();
"""
