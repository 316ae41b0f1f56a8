"""How the report looks: light and dark; wide things scroll by themselves, the graph from its end."""

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1c2024;--soft:#5d666f;--line:#dcdfe3;--mark:#0b6e69;
--own:#0b6e69;--own-ink:#fff;--bad:#b3261e;--warn:#8a5a00;--node:#e3f0ee;--shade:#f1f3f4}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e7eaec;--soft:#9aa4ad;--line:#343a40;
--mark:#4fc3b8;--own:#4fc3b8;--own-ink:#10201f;--bad:#ff8a80;--warn:#f0b95c;--node:#1f3b39;--shade:#23282d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.7rem;margin:0 0 4px;line-height:1.2}h2{font-size:1.1rem;margin:34px 0 10px}
p{margin:6px 0}.lead{color:var(--soft);margin-bottom:18px}.faint{color:var(--soft)}
code,.hash{font:13px/1.4 ui-monospace,"SFMono-Regular","DejaVu Sans Mono",monospace}
.hash{display:inline-block;max-width:17ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:18px 0}
.cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.cards b{display:block;font-size:1.5rem;line-height:1.2;font-variant-numeric:tabular-nums}
.cards span{color:var(--soft);font-size:13px}
.graph{display:flex;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 0 12px 14px}
.graph>svg{flex:none}.scroll{overflow-x:auto;flex:1;min-width:0;direction:rtl}
.scroll>svg{direction:ltr;margin-right:auto}
.scroll:focus-visible{outline:2px solid var(--mark)}
svg{display:block}.legend svg{flex:none}
svg text{font:13px system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--ink)}
svg text.faint{fill:var(--soft)}svg text.middle{text-anchor:middle}svg text.number{font-weight:600}
svg text.own{fill:var(--own-ink)}svg text.past{fill:var(--soft)}
.lane{stroke:var(--line)}.edge{stroke:var(--mark);stroke-width:2;fill:none}.edge.faded{stroke:var(--line)}
.edge.faded{marker-end:none}.edge.back{stroke-dasharray:5 4}.tip{fill:var(--mark)}
.node{fill:var(--node);stroke:var(--mark);stroke-width:2}.node.own{fill:var(--own)}
.node.past{fill:var(--card);stroke:var(--soft);stroke-dasharray:3 3}.node.none{fill:var(--card);stroke:var(--bad)}
.cross{stroke:var(--bad);stroke-width:2;fill:none}.in{fill:var(--mark)}.past .in{fill:var(--card);stroke:var(--soft);
stroke-width:2}.out{fill:var(--card);stroke:var(--warn);stroke-width:2}.slash{stroke:var(--warn);stroke-width:2}
.bad{fill:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;color:var(--soft);font-size:13px;margin:10px 2px}
.legend span{display:inline-flex;align-items:center;gap:5px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;max-height:560px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:7px 12px;border-bottom:1px solid var(--line);vertical-align:top}
th{position:sticky;top:0;background:var(--shade);font-weight:600;white-space:nowrap}tr:last-child td{border-bottom:0}
td.n,th.n,.when{white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.text{display:inline-block;min-width:30ch}
.chip{display:inline-block;border-radius:99px;padding:0 9px;font-size:13px;border:1px solid;white-space:nowrap}
.chip.good{color:var(--mark)}.chip.bad{color:var(--bad)}.chip.warn{color:var(--warn)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media(max-width:640px){dl{grid-template-columns:1fr}dd{margin-bottom:6px}main{padding:18px 12px 40px}}
@media print{.wide,.scroll{overflow:visible;max-height:none}}
"""
